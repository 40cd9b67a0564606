package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const fileHead = `# Bawn master keys. Whoever has this file can read every secret in the store;
# without it nobody can. Keep a copy, but not beside a copy of the store.
# The first key seals, the others only open. Line: bawn-master-key ID KEY
`

const keyWord = "bawn-master-key"

// maxFile bounds a master key file in bytes.
const maxFile = 64 << 10

// EncodeFile returns the content of the master key file for kr.
func EncodeFile(kr *Keyring) []byte {
	var b bytes.Buffer
	b.WriteString(fileHead)
	for _, m := range kr.masters {
		fmt.Fprintf(&b, "%s %x %s\n", keyWord, m.id, base64.RawStdEncoding.EncodeToString(m.key))
	}
	return b.Bytes()
}

// ParseFile reads the content of a master key file. Errors name the line and
// never show a key.
func ParseFile(content []byte) (*Keyring, error) {
	if len(content) > maxFile {
		return nil, fmt.Errorf("seal: a master key file of %d bytes", len(content))
	}
	var keys [][]byte
	for i, line := range strings.Split(string(content), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("seal: line %d: %w", i+1, err)
		}
		keys = append(keys, key)
	}
	return New(keys...)
}

func parseLine(line string) ([]byte, error) {
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != keyWord {
		return nil, errors.New("not a master key line")
	}
	id, err := hex.DecodeString(words[1])
	if err != nil || len(id) != idSize {
		return nil, errors.New("the key id is not 8 hexadecimal digits")
	}
	key, err := base64.RawStdEncoding.Strict().DecodeString(words[2])
	if err != nil || len(key) != KeySize {
		return nil, errors.New("the key is not 32 bytes in base64")
	}
	if !bytes.Equal(expand(key, "key id", "", nil, idSize), id) {
		return nil, errors.New("key and id do not belong together: the line is damaged")
	}
	return key, nil
}

// Load reads the master key file. It refuses a file that others than its
// owner may read or write. A missing file is fs.ErrNotExist.
func Load(path string) (*Keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("master key: %s is not a file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("master key: %s has mode %04o, so others than its owner can use it; run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	kr, err := ParseFile(content)
	if err != nil {
		return nil, fmt.Errorf("master key: %s: %w", path, err)
	}
	return kr, nil
}

// LoadOrCreate is Load, but a missing file is made (0600, durable before it
// is used) with a new key. Of two processes that make it at once, both get the
// key of one. Call it only where no sealed data can exist yet; elsewhere a
// missing file is an error that Load reports.
func LoadOrCreate(path string) (*Keyring, error) {
	kr, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return kr, err
	}
	if err := create(path, EncodeFile(Generate())); err != nil {
		return nil, fmt.Errorf("make the master key: %w", err)
	}
	return Load(path)
}

// create writes a new file that appears whole or not at all. It is no error
// if the file is there already.
func create(path string, content []byte) error {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, ".master-key-*") // mode 0600, O_EXCL
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // its second name stays
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Sync()
	}
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	// A link, not a rename: it never replaces a key that is there.
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
