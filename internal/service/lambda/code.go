package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

// codeStore keeps packages by their hash. The zip files are what is durable;
// the unpacked folders are made anew in each process, when first needed, so a
// crash cannot leave half of one.
type codeStore struct {
	dir      string
	unpacked string
	ids      *ids.Source

	mu    sync.Mutex // held while packages are added and removed
	ready map[string]*unpacking
}

// unpacking is one package's folder in the making.
type unpacking struct {
	once sync.Once
	dir  string
	err  error
}

func openCodeStore(dir string, source *ids.Source) (*codeStore, error) {
	old, err := filepath.Glob(filepath.Join(dir, "unpacked-*"))
	if err != nil {
		return nil, fmt.Errorf("lambda: code folder: %w", err)
	}
	for _, d := range old {
		if err := os.RemoveAll(d); err != nil {
			return nil, fmt.Errorf("lambda: code folder: %w", err)
		}
	}
	unpacked, err := os.MkdirTemp(dir, "unpacked-")
	if err != nil {
		return nil, fmt.Errorf("lambda: code folder: %w", err)
	}
	if err := os.Chmod(unpacked, 0o755); err != nil {
		return nil, fmt.Errorf("lambda: code folder: %w", err)
	}
	return &codeStore{dir: dir, unpacked: unpacked, ids: source, ready: map[string]*unpacking{}}, nil
}

func (c *codeStore) zipFile(id string) string { return filepath.Join(c.dir, id+".zip") }

// add checks a package by unpacking it and keeps it. It is durable when add
// returns. The caller holds c.mu until the record that uses it is committed, so
// that it is not removed in between.
func (c *codeStore) add(data []byte) (id string, err error) {
	sum := sha256.Sum256(data)
	id = hex.EncodeToString(sum[:])
	if _, err := os.Stat(c.zipFile(id)); err == nil {
		return id, nil
	}
	dir := filepath.Join(c.unpacked, id)
	if err := c.unpackTo(data, dir); err != nil {
		return "", err
	}
	done := &unpacking{dir: dir}
	done.once.Do(func() {})
	c.ready[id] = done
	return id, writeDurable(c.zipFile(id), data)
}

// unpackTo unpacks beside dir and then gives the folder its name.
func (c *codeStore) unpackTo(data []byte, dir string) error {
	tmp := dir + "-" + hex.EncodeToString(c.ids.Bytes(4))
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	err := unpack(data, tmp)
	if err == nil {
		err = os.Chmod(tmp, 0o755)
	}
	if err == nil {
		if err = os.Rename(tmp, dir); errors.Is(err, fs.ErrExist) {
			_ = os.RemoveAll(tmp) // unpacked by another call
			return nil
		}
	}
	if err != nil {
		_ = os.RemoveAll(tmp)
		return fmt.Errorf("unpack: %w", err)
	}
	return nil
}

// folder returns the unpacked code of a package.
func (c *codeStore) folder(id string) (string, error) {
	c.mu.Lock()
	u := c.ready[id]
	if u == nil {
		u = &unpacking{dir: filepath.Join(c.unpacked, id)}
		c.ready[id] = u
	}
	c.mu.Unlock()
	u.once.Do(func() {
		data, err := os.ReadFile(c.zipFile(id))
		if err == nil {
			err = c.unpackTo(data, u.dir)
		}
		u.err = err
	})
	return u.dir, u.err
}

// remove drops a package nobody uses. The caller holds c.mu.
func (c *codeStore) remove(id string) {
	delete(c.ready, id)
	_ = os.Remove(c.zipFile(id))
	_ = os.RemoveAll(filepath.Join(c.unpacked, id))
}

// writeDurable writes a file so that it is whole or absent after a crash.
func writeDurable(name string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "incoming-")
	if err != nil {
		return fmt.Errorf("write package: %w", err)
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err == nil {
		err = syncDir(filepath.Dir(name))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write package: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// source is where a request says its code is.
type source struct {
	zip                  []byte
	bucket, key, version *string
}

// code is what a source gave.
type code struct {
	sha256 string // base64
	size   int64
	local  string // dev: the folder
	data   []byte // else the package
}

// fetch reads the code of a request. A package from a bucket is read with the
// caller's rights.
func (s *Service) fetch(ctx context.Context, call *awsapi.Call, src source) (*code, error) {
	operation := call.Operation()
	switch {
	case len(src.zip) > 0 && src.bucket != nil:
		return nil, invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
	case len(src.zip) > maxZipped:
		return nil, zipTooLarge(operation)
	case len(src.zip) > 0:
		return packed(src.zip), nil
	case src.bucket == nil || src.key == nil:
		return nil, invalid("Please provide a source for function code.")
	case *src.bucket == LocalCodeBucket:
		return s.localCode(*src.key)
	}
	out, err := call.Invoke(ctx, "s3", "GetObject",
		&s3.GetObjectInput{Bucket: src.bucket, Key: src.key, VersionId: src.version}, "lambda.amazonaws.com")
	if err != nil {
		return nil, bucketError(err)
	}
	object, ok := out.(*s3.GetObjectOutput)
	if !ok {
		return nil, fmt.Errorf("lambda: GetObject returned %T", out)
	}
	if c, ok := object.Body.(io.Closer); ok {
		defer c.Close()
	}
	data, err := io.ReadAll(io.LimitReader(object.Body, maxUnzipped+1))
	if err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	if len(data) > maxUnzipped {
		return nil, unzippedTooLarge()
	}
	return packed(data), nil
}

func packed(data []byte) *code {
	sum := sha256.Sum256(data)
	return &code{sha256: base64.StdEncoding.EncodeToString(sum[:]), size: int64(len(data)), data: data}
}

// bucketError words an error of S3 as Lambda does.
func bucketError(err error) error {
	var e *awsapi.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Code == "AccessDenied" {
		return awsapi.Errorf("AccessDeniedException", "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for the given key. S3 Error Code: %s. S3 Error Message: %s", e.Code, e.Message).WithStatus(403)
	}
	return invalid("Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s", e.Code, e.Message)
}

// localCode takes a folder below LocalCodeRoot as code.
func (s *Service) localCode(dir string) (*code, error) {
	if s.cfg.LocalCodeRoot == "" {
		return nil, invalid("Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist")
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || !filepath.IsAbs(dir) {
		return nil, invalid("The folder of local code does not exist.")
	}
	rel, err := filepath.Rel(s.cfg.LocalCodeRoot, real)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, invalid("The folder of local code is outside the allowed root.")
	}
	sum, size, err := hashFolder(real)
	if err != nil {
		return nil, invalid("The folder of local code cannot be read: %v", err)
	}
	return &code{sha256: sum, size: size, local: real}, nil
}

// hashFolder returns a hash of the names and contents below dir, without
// installed packages, and the size of the files.
func hashFolder(dir string) (string, int64, error) {
	h := sha256.New()
	var size int64
	files := 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "node_modules" && name != dir {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if files++; files > maxFiles {
			return errUnzipped
		}
		fmt.Fprintf(h, "%d %s %v\n", len(rel), rel, d.Type())
		if !d.Type().IsRegular() {
			return nil
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		n, err := io.Copy(h, io.LimitReader(f, maxUnzipped-size+1))
		if size += n; size > maxUnzipped {
			return errUnzipped
		}
		fmt.Fprintf(h, "\n%d\n", n)
		return err
	})
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), size, err
}

// keep stores a fetched package. See codeStore.add for the lock.
func (s *Service) keep(c *code) error {
	if c.local != "" {
		return nil
	}
	_, err := s.code.add(c.data)
	switch {
	case errors.Is(err, errUnzipped):
		return unzippedTooLarge()
	case errors.Is(err, errBadZip):
		return badZip()
	}
	return err
}

// codeID is the name of a package in the code store.
func codeID(sha string) string {
	b, err := base64.StdEncoding.DecodeString(sha)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(b)
}
