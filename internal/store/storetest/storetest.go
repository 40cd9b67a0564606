// Package storetest is the suite that every storage engine passes: order,
// isolation, conflicts, versions, large scans, watches, random histories
// compared with a model, concurrent counters and transfers, linearizability of
// single keys, and reopening.
//
// May import: store, driver.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// Engine is what the suite needs to know of an engine.
type Engine struct {
	// Open opens the store that lives in the folder dir, or makes it. The
	// suite closes it.
	Open func(t testing.TB, dir string) driver.Store
	// Durable says that a store opened again has what it had.
	Durable bool
}

// Run runs the whole suite.
func Run(t *testing.T, e Engine) {
	with := func(test func(t *testing.T, s driver.Store)) func(t *testing.T) {
		return func(t *testing.T) {
			s := e.Open(t, t.TempDir())
			defer func() {
				if err := s.Close(); err != nil {
					t.Error("close:", err)
				}
			}()
			test(t, s)
		}
	}
	t.Run("Order", with(testOrder))
	t.Run("Bytes", with(testBytes))
	t.Run("LargeScan", with(testLargeScan))
	t.Run("BigValues", with(testBigValues))
	t.Run("Isolation", with(testIsolation))
	t.Run("Conflict", with(testConflict))
	t.Run("WriteOrder", with(testWriteOrder))
	t.Run("Versions", with(testVersions))
	t.Run("RangeDelete", with(testRangeDelete))
	t.Run("Watch", with(testWatch))
	t.Run("Buffers", with(testBuffers))
	t.Run("History", with(testHistory))
	t.Run("Counters", with(testCounters))
	t.Run("Transfers", with(testTransfers))
	t.Run("OneWinner", with(testOneWinner))
	t.Run("RangeAgainstCheck", with(testRangeAgainstCheck))
	t.Run("Linearizable", with(testLinearizable))
	t.Run("Closed", func(t *testing.T) { testClosed(t, e) })
	if e.Durable {
		t.Run("Reopen", func(t *testing.T) { testReopen(t, e) })
	}
}

func putWrite(key, value string) driver.Write {
	return driver.Write{Kind: driver.Put, Key: []byte(key), Value: []byte(value)}
}

func deleteWrite(key string) driver.Write {
	return driver.Write{Kind: driver.Delete, Key: []byte(key)}
}

func rangeWrite(lo, hi string) driver.Write {
	w := driver.Write{Kind: driver.DeleteRange, Key: []byte(lo), End: []byte(hi)}
	if hi == "" {
		w.End = nil
	}
	return w
}

func commit(t testing.TB, s driver.Store, writes ...driver.Write) driver.Version {
	t.Helper()
	v, err := s.Commit(context.Background(), nil, writes)
	if err != nil {
		t.Fatal("commit:", err)
	}
	return v
}

// view runs fn on a fresh snapshot.
func view(t testing.TB, s driver.Store, fn func(snap driver.Snapshot)) {
	t.Helper()
	snap, err := s.View(context.Background())
	if err != nil {
		t.Fatal("view:", err)
	}
	defer snap.Close()
	defer func() {
		if err := snap.Durable(context.Background()); err != nil {
			t.Error("wait for durability:", err)
		}
	}()
	fn(snap)
}

func get(t testing.TB, snap driver.Snapshot, key string) driver.Record {
	t.Helper()
	rec, err := snap.Get([]byte(key))
	if err != nil {
		t.Fatal("get:", err)
	}
	return rec
}

// getNow reads one key on a fresh snapshot.
func getNow(t testing.TB, s driver.Store, key string) (rec driver.Record) {
	t.Helper()
	view(t, s, func(snap driver.Snapshot) { rec = get(t, snap, key) })
	return rec
}

// scan lists a range as key=value words; hi "" is no upper end.
func scan(t testing.TB, snap driver.Snapshot, lo, hi string, reverse bool, limit int) []string {
	t.Helper()
	r := driver.Range{Lo: []byte(lo), Hi: []byte(hi)}
	if hi == "" {
		r.Hi = nil
	}
	var out []string
	for rec, err := range snap.Scan(r, reverse, limit) {
		if err != nil {
			t.Fatal("scan:", err)
		}
		if rec.Version == 0 {
			t.Fatalf("scan: %q has no version", rec.Key)
		}
		out = append(out, string(rec.Key)+"="+string(rec.Value))
	}
	return out
}

func wantScan(t testing.TB, snap driver.Snapshot, lo, hi string, reverse bool, limit int, want ...string) {
	t.Helper()
	if got := scan(t, snap, lo, hi, reverse, limit); !slices.Equal(got, want) {
		t.Errorf("scan [%q, %q) reverse=%v limit=%d:\n got %q\nwant %q", lo, hi, reverse, limit, got, want)
	}
}

func testClosed(t *testing.T, e Engine) {
	s := e.Open(t, t.TempDir())
	ended, cancel := context.WithCancel(context.Background())
	defer cancel()
	ch, err := s.Watch(ended, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, open := <-ch; open {
		t.Error("a watch got a signal from Close")
	}
	if _, err := s.View(context.Background()); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("View: %v", err)
	}
	if _, err := s.Commit(context.Background(), nil, []driver.Write{putWrite("a", "b")}); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("Commit: %v", err)
	}
	if _, err := s.Watch(context.Background(), nil); !errors.Is(err, driver.ErrClosed) {
		t.Errorf("Watch: %v", err)
	}
}

func testReopen(t *testing.T, e Engine) {
	dir := t.TempDir()
	var highest driver.Version
	want := map[string]string{}
	for round := range 4 {
		s := e.Open(t, dir)
		view(t, s, func(snap driver.Snapshot) {
			if got := scan(t, snap, "", "", false, 0); len(got) != len(want) {
				t.Errorf("round %d: %d records, want %d", round, len(got), len(want))
			}
			for k, v := range want {
				if rec := get(t, snap, k); string(rec.Value) != v || rec.Version > highest {
					t.Errorf("round %d: %s = %q version %d", round, k, rec.Value, rec.Version)
				}
			}
		})
		for i := range 200 {
			k, v := fmt.Sprintf("k%03d", (i*7+round*50)%300), fmt.Sprintf("%d/%d", round, i)
			version := commit(t, s, putWrite(k, v), putWrite("last", k))
			if version <= highest {
				t.Fatalf("round %d: version %d after %d", round, version, highest)
			}
			highest = version
			want[k], want["last"] = v, k
		}
		highest = commit(t, s, rangeWrite("k050", "k070"), deleteWrite("k100"))
		for i := 50; i < 70; i++ {
			delete(want, fmt.Sprintf("k%03d", i))
		}
		delete(want, "k100")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// testBuffers checks that engine and caller do not share changing memory.
func testBuffers(t *testing.T, s driver.Store) {
	key, value := []byte("key"), []byte("value")
	w := []driver.Write{{Kind: driver.Put, Key: key, Value: value}}
	if _, err := s.Commit(context.Background(), nil, w); err != nil {
		t.Fatal(err)
	}
	copy(key, "xxx")
	copy(value, "xxxxx")
	var kept []driver.Record
	view(t, s, func(snap driver.Snapshot) {
		kept = append(kept, get(t, snap, "key"))
		for rec, err := range snap.Scan(driver.Range{}, false, 0) {
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, rec)
		}
	})
	for i := range 100 {
		commit(t, s, putWrite("key", fmt.Sprint(i)))
	}
	for _, rec := range kept {
		if !bytes.Equal(rec.Key, []byte("key")) || !bytes.Equal(rec.Value, []byte("value")) {
			t.Errorf("a record changed after its snapshot: %q=%q", rec.Key, rec.Value)
		}
	}
	if len(kept) != 2 {
		t.Errorf("%d records", len(kept))
	}
}
