package pebblestore

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
)

func openFS(t testing.TB, fs vfs.FS) *Store {
	t.Helper()
	s, err := Open("data", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writes(kind driver.WriteKind, keys ...string) (w []driver.Write) {
	for _, k := range keys {
		w = append(w, driver.Write{Kind: kind, Key: []byte(k), Value: []byte("v " + k)})
	}
	return w
}

// readThen opens a snapshot, does read, and waits for durability.
func readThen(t *testing.T, s *Store, read func(snap driver.Snapshot) error) {
	t.Helper()
	snap, err := s.View(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if err := errors.Join(read(snap), snap.Durable(context.Background())); err != nil {
		t.Fatal(err)
	}
}

func getKey(key string, want bool) func(driver.Snapshot) error {
	return func(snap driver.Snapshot) error {
		rec, err := snap.Get([]byte(key))
		if err == nil && (rec.Version != 0) != want {
			err = errors.New(key + ": presence is not as wanted")
		}
		return err
	}
}

func scanAll(snap driver.Snapshot) error {
	for _, err := range snap.Scan(driver.Range{}, false, 0) {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestReadersWaitForTheDisk holds the sync of the log back: a reader of old
// records goes on, a reader of the new ones does not.
func TestReadersWaitForTheDisk(t *testing.T) {
	for _, c := range []struct {
		name  string
		write []driver.Write
		read  func(driver.Snapshot) error
	}{
		{"new value", writes(driver.Put, "new"), getKey("new", true)},
		{"changed value", writes(driver.Put, "changed"), getKey("changed", true)},
		{"deleted value", writes(driver.Delete, "changed"), getKey("changed", false)},
		{"deleted range", []driver.Write{{Kind: driver.DeleteRange, Key: []byte("c"), End: []byte("d")}}, getKey("changed", false)},
		{"scan over a new value", writes(driver.Put, "new"), scanAll},
		{"scan over a deleted value", writes(driver.Delete, "changed"), scanAll},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := newGateFS(vfs.NewMem())
			s := openFS(t, fs)
			if _, err := s.Commit(context.Background(), nil, writes(driver.Put, "old", "changed")); err != nil {
				t.Fatal(err)
			}
			fs.set(true, nil)
			_, wait, err := s.Apply(context.Background(), nil, c.write)
			if err != nil {
				t.Fatal(err)
			}
			// This would block for ever if it waited for the commit under way.
			readThen(t, s, getKey("old", true))

			var released atomic.Bool
			done := make(chan struct{})
			started := make(chan struct{})
			go func() {
				defer close(done)
				readThen(t, s, func(snap driver.Snapshot) error {
					defer close(started)
					err := c.read(snap)
					if uint64(snap.(*snapshot).seen) <= s.marks.durable.Load() {
						t.Error("the snapshot does not know that it read what is not on disk")
					}
					return err
				})
				if !released.Load() {
					t.Error("a reader told what was not on disk")
				}
			}()
			<-started
			released.Store(true)
			fs.set(false, nil)
			if err := wait(); err != nil {
				t.Error(err)
			}
			<-done
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestUpdateOnUnsyncedRead checks that an Update that only fails, having read
// what is not on disk yet, waits as well.
func TestUpdateOnUnsyncedRead(t *testing.T) {
	fs := newGateFS(vfs.NewMem())
	s := openFS(t, fs)
	db := store.New(s)
	key := store.K("k")
	fs.set(true, nil)
	_, wait, err := s.Apply(context.Background(), nil, []driver.Write{{Kind: driver.Put, Key: key}})
	if err != nil {
		t.Fatal(err)
	}
	var released atomic.Bool
	exists := errors.New("exists")
	done := make(chan error)
	read := make(chan struct{})
	go func() {
		err := db.Update(context.Background(), func(tx *store.Tx) error {
			defer close(read)
			if _, ok, err := tx.Get(key); err != nil || !ok {
				return err
			}
			return exists
		})
		if !released.Load() {
			t.Error("a failed Update told what was not on disk")
		}
		done <- err
	}()
	<-read
	released.Store(true)
	fs.set(false, nil)
	if err := wait(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, exists) {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// TestFailedSync checks that after a failed sync nothing is told any more.
func TestFailedSync(t *testing.T) {
	fs := newGateFS(vfs.NewMem())
	s := openFS(t, fs)
	if _, err := s.Commit(context.Background(), nil, writes(driver.Put, "old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is broken")
	fs.set(false, broken)
	if _, err := s.Commit(context.Background(), nil, writes(driver.Put, "new")); !errors.Is(err, broken) {
		t.Errorf("the commit whose sync failed: %v", err)
	}
	fs.set(false, nil)
	if _, err := s.Commit(context.Background(), nil, writes(driver.Put, "newer")); !errors.Is(err, broken) {
		t.Errorf("a later commit: %v", err)
	}
	snap, err := s.View(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if _, err := snap.Get([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := snap.Durable(context.Background()); !errors.Is(err, broken) {
		t.Errorf("a reader of what may be lost: %v", err)
	}
}

func TestOpenLocked(t *testing.T) {
	dir := t.TempDir()
	s := openAny(t, dir)
	_, err := Open(dir, Options{})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second Open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openAny(t, dir).Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("a second Close: %v", err)
	}
}
