package fileblob

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/bawn-dev/bawn/internal/blob"
	"github.com/bawn-dev/bawn/internal/blob/blobtest"
	"github.com/bawn-dev/bawn/internal/ids"
)

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, ids.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSuite(t *testing.T) {
	blobtest.Run(t, func(t testing.TB) blob.Store { return open(t, filepath.Join(t.TempDir(), "blobs")) })
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
			info, err := d.Info()
			if err != nil {
				return err
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestPartialIsInvisible looks at the store while a piece is being written.
func TestPartialIsInvisible(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r, w := io.Pipe()
	done := make(chan blob.Info)
	go func() {
		info, err := s.Put(context.Background(), r, -1)
		if err != nil {
			t.Error(err)
		}
		done <- info
	}()
	if _, err := w.Write(make([]byte, 300_000)); err != nil {
		t.Fatal(err)
	}
	for info := range s.List(context.Background()) {
		t.Errorf("a piece being written is listed: %+v", info)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if info := <-done; info.Size != 300_000 {
		t.Errorf("%+v", info)
	}
}

// TestReopen checks that pieces stay and that what a crash left goes.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	info, err := s.Put(context.Background(), bytes.NewReader([]byte("content")), -1)
	if err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(dir, incoming, "0123456789abcdef0123456789abcdef")
	if err := os.WriteFile(orphan, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if left := files(t, dir); len(left) != 1 {
		t.Errorf("files after reopening: %v", left)
	}
	rc, err := s.Open(context.Background(), info.ID, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if b, err := io.ReadAll(rc); err != nil || string(b) != "te" {
		t.Errorf("%q %v", b, err)
	}
}

// TestFailedPutLeavesNothing checks the folder, not only List.
func TestFailedPutLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.Put(context.Background(), bytes.NewReader(make([]byte, 100)), 99); err == nil {
		t.Fatal("no error")
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
