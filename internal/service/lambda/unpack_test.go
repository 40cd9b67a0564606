package lambda

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// zipEntry is one entry of a package made for an attack.
type zipEntry struct {
	name, text string
	mode       fs.FileMode
}

func makeZip(t testing.TB, entries ...zipEntry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		f, err := w.CreateHeader(h)
		if err == nil && e.text != "" {
			_, err = io.WriteString(f, e.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpack(t *testing.T) {
	dir := t.TempDir()
	data := makeZip(t, zipEntry{name: "lib/"}, zipEntry{name: "lib/a.js", text: "a"}, zipEntry{name: "bin/run", text: "b", mode: 0o4755},
		zipEntry{name: "node_modules/.bin/x", text: "../../bin/run", mode: fs.ModeSymlink | 0o777})
	if err := unpack(data, dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"lib/a.js": "a", "bin/run": "b", "node_modules/.bin/x": "b"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "bin/run")); err != nil || info.Mode() != 0o755 {
		t.Errorf("mode %v, %v: no set-user-id, but executable", info.Mode(), err)
	}
}

// TestAttack07Unpack: traversal in archive entries, and relatives of it.
func TestAttack07Unpack(t *testing.T) {
	link := func(name, to string) zipEntry { return zipEntry{name, to, fs.ModeSymlink | 0o777} }
	file := func(name string) zipEntry { return zipEntry{name: name, text: "evil"} }
	for name, entries := range map[string][]zipEntry{
		"absolute":             {file("/etc/evil")},
		"parent":               {file("../evil")},
		"parent inside":        {file("a/../../evil")},
		"backslash":            {file(`..\evil`)},
		"nul":                  {file("a\x00b")},
		"empty part":           {file("a//b")},
		"long":                 {file(strings.Repeat("a/", 600) + "b")},
		"link absolute":        {link("l", "/etc")},
		"link parent":          {link("l", "../x")},
		"link deep":            {link("a/l", "../../x")},
		"link climbs late":     {link("a/b/x", "../.."), link("l", "a/b/x/../..")},
		"file through link":    {file("real/a"), link("l", "real"), file("l/evil")},
		"folder over link":     {link("l", "."), {name: "l/x/"}},
		"file over link":       {link("l", "target"), file("l")},
		"twice":                {file("a"), file("a")},
		"file is folder":       {file("a"), file("a/b")},
		"device":               {{"d", "", fs.ModeDevice | 0o666}},
		"pipe":                 {{"p", "", fs.ModeNamedPipe | 0o666}},
		"socket":               {{"s", "", fs.ModeSocket | 0o666}},
		"link without a place": {link("l", "a//b")},
		"no entries":           {},
	} {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "code")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unpack(makeZip(t, entries...), dir); !errors.Is(err, errBadZip) {
				t.Errorf("got %v", err)
			}
			if left, err := os.ReadDir(outer); err != nil || len(left) != 1 {
				t.Errorf("outside the folder: %v, %v", left, err)
			}
		})
	}
}

func TestUnpackBomb(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for _, name := range []string{"a", "b"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 150 {
			if _, err := f.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := unpack(b.Bytes(), t.TempDir()); !errors.Is(err, errUnzipped) {
		t.Errorf("300 MB from %d bytes: %v", b.Len(), err)
	}
}

// zeroHeaders makes a package as old archivers under a new Node do: right
// compressed size, checksum and uncompressed size zero.
func zeroHeaders(t testing.TB, name, text string) []byte {
	var body bytes.Buffer
	w, err := flate.NewWriter(&body, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	common := func(b []byte) []byte {
		b = le.AppendUint16(b, 20) // version needed
		b = le.AppendUint16(b, 0)  // flags
		b = le.AppendUint16(b, zip.Deflate)
		b = le.AppendUint32(b, 0) // time, date
		b = le.AppendUint32(b, 0) // checksum
		b = le.AppendUint32(b, uint32(body.Len()))
		b = le.AppendUint32(b, 0) // uncompressed size
		b = le.AppendUint16(b, uint16(len(name)))
		return le.AppendUint16(b, 0) // extra
	}
	out := common(le.AppendUint32(nil, 0x04034b50))
	out = append(append(out, name...), body.Bytes()...)
	start := len(out)
	out = le.AppendUint32(out, 0x02014b50)
	out = common(le.AppendUint16(out, 3<<8|20))
	out = append(out, make([]byte, 2+2+2)...) // comment, disk, attributes
	out = le.AppendUint32(out, 0o100644<<16)
	out = le.AppendUint32(out, 0)
	out = append(out, name...)
	size := len(out) - start
	out = le.AppendUint32(out, 0x06054b50)
	out = append(out, 0, 0, 0, 0, 1, 0, 1, 0)
	out = le.AppendUint32(out, uint32(size))
	out = le.AppendUint32(out, uint32(start))
	return append(out, 0, 0)
}

func TestUnpackOfOldArchivers(t *testing.T) {
	dir := t.TempDir()
	if err := unpack(zeroHeaders(t, "index.js", "exports.handler = 1"), dir); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "index.js")); err != nil || string(got) != "exports.handler = 1" {
		t.Errorf("got %q, %v", got, err)
	}
	// A checksum that is set must be right.
	bad := makeZip(t, zipEntry{name: "a", text: "abc"})
	at := bytes.LastIndex(bad, []byte("PK\x01\x02"))
	bad[at+16] ^= 1
	if err := unpack(bad, t.TempDir()); !errors.Is(err, errBadZip) {
		t.Errorf("a wrong checksum: %v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(makeZip(f, zipEntry{name: "a/b", text: "text"}, zipEntry{"l", "a", fs.ModeSymlink | 0o777}))
	f.Add(zeroHeaders(f, "index.js", "1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "code")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = unpack(data, dir)
		if left, err := os.ReadDir(outer); err != nil || len(left) != 1 {
			t.Errorf("outside the folder: %v, %v", left, err)
		}
	})
}
