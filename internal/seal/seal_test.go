package seal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestXAES checks the two vectors of c2sp.org/XAES-256-GCM.
func TestXAES(t *testing.T) {
	for _, v := range []struct {
		key    byte
		ad     string
		sealed string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x := newXAES(bytes.Repeat([]byte{v.key}, KeySize))
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		got := x.seal(nil, nonce, []byte("XAES-256-GCM"), []byte(v.ad))
		if hex.EncodeToString(got) != v.sealed {
			t.Errorf("key %d: %x, want %s", v.key, got, v.sealed)
		}
		if plain, err := x.open(nonce, got, []byte(v.ad)); err != nil || string(plain) != "XAES-256-GCM" {
			t.Errorf("key %d: open: %q %v", v.key, plain, err)
		}
	}
}

func TestSealOpen(t *testing.T) {
	kr := Generate()
	s := kr.Sealer("test")
	for _, plain := range []string{"", "x", strings.Repeat("long", 1000)} {
		box := s.Seal([]byte(plain), []byte("ad"))
		if len(box) != len(plain)+Overhead {
			t.Errorf("a box of %d bytes for %d", len(box), len(plain))
		}
		got, err := kr.Sealer("test").Open(box, []byte("ad"))
		if err != nil || string(got) != plain {
			t.Errorf("open: %q %v", got, err)
		}
		if len(plain) > 16 && bytes.Contains(box, []byte(plain)) {
			t.Error("the box shows what is in it")
		}
		if bytes.Equal(box, s.Seal([]byte(plain), []byte("ad"))) {
			t.Error("two boxes are equal")
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	kr := Generate()
	s := kr.Sealer("purpose")
	box := s.Seal([]byte("secret"), []byte("ad"))
	refused := func(name string, s *Sealer, box []byte, ad string) {
		t.Helper()
		if plain, err := s.Open(box, []byte(ad)); !errors.Is(err, ErrOpen) || plain != nil {
			t.Errorf("%s: %q %v", name, plain, err)
		}
	}
	refused("another purpose", kr.Sealer("purpose2"), box, "ad")
	refused("another master key", Generate().Sealer("purpose"), box, "ad")
	refused("other associated data", s, box, "AD")
	refused("no associated data", s, box, "")
	refused("longer", s, append(bytes.Clone(box), 0), "ad")
	for n := range box {
		refused("truncated", s, box[:n], "ad")
		for bit := range 8 {
			changed := bytes.Clone(box)
			changed[n] ^= 1 << bit
			refused("one bit changed", s, changed, "ad")
		}
	}
	if got, err := s.Open(box, []byte("ad")); err != nil || string(got) != "secret" {
		t.Errorf("the box itself: %q %v", got, err)
	}
}

func TestRotation(t *testing.T) {
	old := Generate()
	now := old.Rotated()
	box := old.Sealer("p").Seal([]byte("secret"), nil)
	s := now.Sealer("p")
	if got, err := s.Open(box, nil); err != nil || string(got) != "secret" {
		t.Errorf("an old box: %q %v", got, err)
	}
	if s.Current(box) {
		t.Error("an old box counts as current")
	}
	fresh := s.Seal([]byte("secret"), nil)
	if !s.Current(fresh) {
		t.Error("a new box does not count as current")
	}
	if _, err := old.Sealer("p").Open(fresh, nil); !errors.Is(err, ErrOpen) {
		t.Error("the old keyring opens a new box")
	}
	all := now.DeriveAll("p", []byte("i"), 16)
	if len(all) != 2 || !bytes.Equal(all[0], now.Derive("p", []byte("i"), 16)) || !bytes.Equal(all[1], old.Derive("p", []byte("i"), 16)) {
		t.Error("DeriveAll does not give present and old keys")
	}
}

func TestDerive(t *testing.T) {
	key := bytes.Repeat([]byte{7}, KeySize)
	kr, err := New(key)
	if err != nil {
		t.Fatal(err)
	}
	// Every combination gives another key; purpose and info do not run into
	// each other.
	seen := map[string]string{}
	for _, c := range [][2]string{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "c"}, {"a\nb", ""}, {"a", "\nb"}, {"1:a", ""}} {
		got := string(kr.Derive(c[0], []byte(c[1]), 32))
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q give one key", c, other)
		}
		seen[got] = c[0] + "|" + c[1]
	}
	again, err := New(key)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kr.Derive("a", nil, 64), again.Derive("a", nil, 64)) || len(kr.Derive("a", nil, 64)) != 64 {
		t.Error("Derive is not a function of its inputs")
	}
	// Pinned: data sealed or keyed today must open tomorrow.
	if got, want := hex.EncodeToString(kr.Derive("purpose", []byte("info"), 16)), pinnedDerive; got != want {
		t.Errorf("Derive = %s, want %s", got, want)
	}
	box, err := hex.DecodeString(pinnedBox)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := kr.Sealer("purpose").Open(box, []byte("ad")); err != nil || string(got) != "plain" {
		t.Errorf("the pinned box: %q %v", got, err)
	}
}

func TestNewRefuses(t *testing.T) {
	k := make([]byte, KeySize)
	for name, masters := range map[string][][]byte{
		"none": nil, "short": {k[:31]}, "long": {append(k, 0)}, "twice": {k, k},
	} {
		if _, err := New(masters...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFile(t *testing.T) {
	kr := Generate().Rotated()
	content := EncodeFile(kr)
	got, err := ParseFile(content)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(EncodeFile(got), content) {
		t.Error("the file does not round-trip")
	}
	line := strings.Split(string(content), "\n")[3]
	words := strings.Fields(line)
	for name, bad := range map[string]string{
		"empty":        "",
		"only remarks": "# nothing\n",
		"other word":   "key " + words[1] + " " + words[2],
		"bad id":       words[0] + " zz " + words[2],
		"bad key":      words[0] + " " + words[1] + " !!",
		"short key":    words[0] + " " + words[1] + " " + words[2][:20],
		"wrong id":     words[0] + " 00000000 " + words[2],
		"more words":   line + " x",
		"twice":        line + "\n" + line,
	} {
		_, err := ParseFile([]byte(bad))
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), words[2][:20]) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
}

func TestLoadOrCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of a missing file: %v", err)
	}
	var wg sync.WaitGroup
	derived := make([]string, 8)
	for i := range derived {
		wg.Go(func() {
			kr, err := LoadOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			derived[i] = string(kr.Derive("p", nil, 32))
		})
	}
	wg.Wait()
	for _, d := range derived {
		if d != derived[0] {
			t.Error("two callers got different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".master*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, mode := range []os.FileMode{0o644, 0o640, 0o620, 0o604} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrCreate(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	kr, err := New(bytes.Repeat([]byte{7}, KeySize))
	if err != nil {
		f.Fatal(err)
	}
	s := kr.Sealer("purpose")
	genuine, err := hex.DecodeString(pinnedBox)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genuine, []byte("ad"))
	f.Add(genuine[:40], []byte{})
	f.Fuzz(func(t *testing.T, box, ad []byte) {
		if _, err := s.Open(box, ad); (err == nil) != (bytes.Equal(box, genuine) && string(ad) == "ad") {
			t.Fatalf("Open(%x, %x): %v", box, ad, err)
		}
	})
}

func FuzzParseFile(f *testing.F) {
	f.Add(EncodeFile(Generate()))
	f.Fuzz(func(t *testing.T, content []byte) {
		kr, err := ParseFile(content)
		if err != nil {
			return
		}
		if _, err := ParseFile(EncodeFile(kr)); err != nil {
			t.Fatal(err)
		}
	})
}
