package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
)

func twoNodes(t *testing.T, opts Options) (a, b *Store) {
	t.Helper()
	opts.Schema = schemaOf(t.TempDir())
	a, b = open(t, opts), open(t, opts)
	t.Cleanup(func() {
		if err := errors.Join(a.Close(), b.Close()); err != nil {
			t.Error(err)
		}
	})
	return a, b
}

func put(t *testing.T, s *Store, key, value string) driver.Version {
	t.Helper()
	v, err := s.Commit(t.Context(), nil, []driver.Write{{Kind: driver.Put, Key: []byte(key), Value: []byte(value)}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestNodesCount has two nodes count up the same keys.
func TestNodesCount(t *testing.T) {
	a, b := twoNodes(t, Options{})
	const clients, rounds = 4, 40
	var wg sync.WaitGroup
	for _, s := range []*Store{a, b} {
		db := store.New(s)
		for range clients {
			wg.Go(func() {
				for range rounds {
					err := db.Update(context.Background(), func(tx *store.Tx) error {
						old, _, err := tx.Get(store.K("count"))
						n, _ := strconv.Atoi(string(old))
						tx.Put(store.K("count"), strconv.AppendInt(nil, int64(n+1), 10))
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	wg.Wait()
	snap, err := a.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if rec, err := snap.Get(store.K("count")); err != nil || string(rec.Value) != fmt.Sprint(2*clients*rounds) {
		t.Errorf("counted %s (%v), want %d", rec.Value, err, 2*clients*rounds)
	}
}

// TestAbsenceAgainstInsert has nodes write one key each if the other's is
// absent: never both.
func TestAbsenceAgainstInsert(t *testing.T) {
	a, b := twoNodes(t, Options{})
	for round := range 60 {
		keys := [2]string{fmt.Sprintf("x/%d", round), fmt.Sprintf("y/%d", round)}
		var done atomic.Int32
		var wg sync.WaitGroup
		for i, s := range []*Store{a, b} {
			wg.Go(func() {
				_, err := s.Commit(context.Background(), []driver.Check{{Key: []byte(keys[1-i])}},
					[]driver.Write{{Kind: driver.Put, Key: []byte(keys[i])}})
				switch {
				case err == nil:
					done.Add(1)
				case !errors.Is(err, driver.ErrConflict):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := done.Load(); n != 1 {
			t.Fatalf("round %d: %d commits happened, want 1", round, n)
		}
	}
}

func TestWatchOtherNode(t *testing.T) {
	a, b := twoNodes(t, Options{Poll: 50 * time.Millisecond})
	watch := func(prefix string) <-chan struct{} {
		ch, err := b.Watch(t.Context(), []byte(prefix))
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	ch := watch("k/")
	put(t, a, "k/1", "x")
	<-ch
	// Without its connection for notifications the node polls, and makes
	// another.
	_, err := a.writers.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and pid <> pg_backend_pid()")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		put(t, a, fmt.Sprintf("k/%d", i), "y")
		<-ch
	}
	// A node that dies between a commit and its notification.
	a.ledger.mu.Lock()
	_, err = a.writers.Exec(t.Context(), a.sql("select nextval('SCHEMA.version')"))
	a.ledger.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	<-ch
}

func TestLedger(t *testing.T) {
	type step struct {
		now, under, own int64
		missed          bool
	}
	for name, steps := range map[string][]step{
		"nothing":                 {{10, 0, 0, false}, {10, 0, 0, false}},
		"own commits":             {{13, 0, 3, false}, {14, 0, 1, false}},
		"own commit under way":    {{11, 1, 0, false}, {11, 1, 0, false}, {11, 0, 1, false}, {11, 0, 0, false}},
		"told a moment later":     {{12, 0, 0, false}, {12, 0, 2, false}, {12, 0, 0, false}},
		"missed":                  {{12, 0, 0, false}, {12, 0, 0, true}, {12, 0, 0, false}},
		"missed again":            {{12, 0, 0, false}, {13, 0, 0, true}, {13, 0, 0, true}, {13, 0, 0, false}},
		"told of what is not new": {{10, 0, 2, false}, {10, 0, 0, false}, {11, 0, 0, false}, {11, 0, 0, true}},
	} {
		l := ledger{known: 10}
		for i, st := range steps {
			l.known += st.own
			if got := l.reconcile(st.now, st.under); got != st.missed {
				t.Errorf("%s, step %d: missed %v", name, i, got)
			}
		}
	}
}

func TestTold(t *testing.T) {
	long := make([]byte, 3000)
	for i := range long {
		long[i] = 0xff
	}
	for _, w := range [][]driver.Write{
		{{Kind: driver.Put, Key: []byte("a\x00b")}, {Kind: driver.Delete, Key: []byte{0xff}}},
		{{Kind: driver.DeleteRange, Key: []byte("a"), End: []byte("b")}, {Kind: driver.DeleteRange, Key: []byte("z")}},
		{{Kind: driver.Put, Key: nil}},
	} {
		node, commits, got, err := decodeTold(encodeTold(7, 3, w))
		if err != nil || node != 7 || commits != 3 || fmt.Sprint(got) != fmt.Sprint(w) {
			t.Errorf("%v came back as %v (%v)", w, got, err)
		}
	}
	if _, _, got, err := decodeTold(encodeTold(1, 1, nil)); err != nil || fmt.Sprint(got) != fmt.Sprint(everything) {
		t.Errorf("nothing told is %v, %v", got, err)
	}
	if w := cut(driver.Write{Kind: driver.Put, Key: long}); w.Kind != driver.DeleteRange || w.End != nil || len(w.Key) != maxKeyTold {
		t.Errorf("a long key of 0xff is told as %v", w)
	}
	for _, bad := range []string{"", "x", "1", "1 -1 ", "1 1 !", "1 1 AQ", "1 1 AQAF"} {
		if _, _, _, err := decodeTold(bad); err == nil {
			t.Errorf("%q is understood", bad)
		}
	}
}

func FuzzDecodeTold(f *testing.F) {
	f.Add(encodeTold(1, 2, []driver.Write{{Kind: driver.DeleteRange, Key: []byte("a"), End: []byte("b")}}))
	f.Add("1 1 AQAF")
	f.Fuzz(func(t *testing.T, text string) {
		_, commits, writes, err := decodeTold(text)
		if err == nil && (commits < 0 || len(writes) == 0) {
			t.Errorf("%q: %d commits, %v", text, commits, writes)
		}
	})
}
