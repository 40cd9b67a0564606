package lambda

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Limits of a deployment package (Lambda quotas; the number of files is ours).
const (
	maxZipped   = 50 << 20 // handed over in the request
	maxUnzipped = 262144000
	maxFiles    = 100000
	maxPathLen  = 1024
	maxLinkLen  = 1024
)

var (
	errBadZip   = errors.New("not a zip file Lambda can unpack")
	errUnzipped = errors.New("unpacked size over the limit")
)

// unpack extracts a package into dir, which is empty. It trusts nothing in it:
// no name or link leads out of dir, only files, folders and links are made, and
// size and number of files are bounded while unpacking, whatever the headers
// say. Archivers of old Node tools write zero for checksum and size where they
// did not know them; those are not compared.
func unpack(data []byte, dir string) error {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("%w: %w", errBadZip, err)
	}
	if len(r.File) == 0 || len(r.File) > maxFiles {
		return fmt.Errorf("%w: %d entries", errBadZip, len(r.File))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	u := &unpacker{root: root, left: maxUnzipped, dirs: map[string]bool{".": true}}
	for _, f := range r.File {
		if err := u.entry(f); err != nil {
			return fmt.Errorf("entry %q: %w", f.Name, err)
		}
	}
	return nil
}

type unpacker struct {
	root *os.Root
	left int64
	dirs map[string]bool // made by us, so no links
}

func (u *unpacker) entry(f *zip.File) error {
	name, err := entryName(f.Name)
	if err != nil {
		return err
	}
	mode := f.Mode()
	switch {
	case strings.HasSuffix(f.Name, "/") || mode.IsDir():
		return u.mkdir(name)
	case mode&fs.ModeType == 0:
		if err := u.mkdir(path.Dir(name)); err != nil {
			return err
		}
		return u.file(f, name)
	case mode&fs.ModeType == fs.ModeSymlink:
		if err := u.mkdir(path.Dir(name)); err != nil {
			return err
		}
		return u.link(f, name)
	}
	return fmt.Errorf("%w: is a %v", errBadZip, mode.Type())
}

// entryName returns the cleaned relative path, or refuses one that is absolute,
// leads out or could be read as something else.
func entryName(name string) (string, error) {
	if name == "" || len(name) > maxPathLen || strings.ContainsAny(name, "\x00\\") || strings.HasPrefix(name, "/") {
		return "", fmt.Errorf("%w: name", errBadZip)
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(name, "/"), "/") {
		if part == ".." || part == "" {
			return "", fmt.Errorf("%w: name", errBadZip)
		}
	}
	return path.Clean(name), nil
}

// mkdir makes a folder and its parents. A link in the way is refused: what lies
// below it would lie elsewhere than its name says.
func (u *unpacker) mkdir(name string) error {
	if u.dirs[name] {
		return nil
	}
	if err := u.mkdir(path.Dir(name)); err != nil {
		return err
	}
	err := u.root.Mkdir(name, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: a file is in the way", errBadZip)
	}
	if err != nil {
		return err
	}
	if err := u.root.Chmod(name, 0o755); err != nil {
		return err
	}
	u.dirs[name] = true
	return nil
}

// body returns the entry's bytes. The reader ends with an error where the
// content is not what a header that is set says.
func (u *unpacker) body(f *zip.File) (io.Reader, error) {
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadZip, err)
	}
	switch f.Method {
	case zip.Store:
		return raw, nil
	case zip.Deflate:
		return flate.NewReader(raw), nil
	}
	return nil, fmt.Errorf("%w: method %d", errBadZip, f.Method)
}

func (u *unpacker) file(f *zip.File, name string) error {
	src, err := u.body(f)
	if err != nil {
		return err
	}
	perm := fs.FileMode(0o644)
	if f.Mode()&0o111 != 0 {
		perm = 0o755
	}
	dst, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: stands twice", errBadZip)
	}
	if err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	n, err := io.Copy(io.MultiWriter(dst, sum), io.LimitReader(src, u.left+1))
	if err == nil {
		err = dst.Chmod(perm)
	}
	if closeErr := dst.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errBadZip, err)
	}
	if u.left -= n; u.left < 0 {
		return errUnzipped
	}
	if f.CRC32 != 0 && f.CRC32 != sum.Sum32() || f.UncompressedSize64 != 0 && f.UncompressedSize64 != uint64(n) {
		return fmt.Errorf("%w: content is not what its header says", errBadZip)
	}
	return nil
}

// link makes a symbolic link that stays inside. Its target may climb only at
// its start, where the folders are known to be real.
func (u *unpacker) link(f *zip.File, name string) error {
	src, err := u.body(f)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(src, maxLinkLen+1))
	if err != nil || len(b) == 0 || len(b) > maxLinkLen || bytes.IndexByte(b, 0) >= 0 {
		return fmt.Errorf("%w: link", errBadZip)
	}
	depth, descended := strings.Count(name, "/"), false
	for part := range strings.SplitSeq(string(b), "/") {
		switch part {
		case "..":
			if depth--; depth < 0 || descended {
				return fmt.Errorf("%w: link leads out", errBadZip)
			}
		case "":
			return fmt.Errorf("%w: link leads out", errBadZip)
		case ".":
		default:
			descended = true
		}
	}
	if err := u.root.Symlink(string(b), name); err != nil {
		return fmt.Errorf("%w: %w", errBadZip, err)
	}
	return nil
}
