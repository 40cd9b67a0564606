package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/memstore"
)

func TestKeyRoundTripAndOrder(t *testing.T) {
	part := rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 'a', 'b', 0xFE, 0xFF}), 0, 4).Draw(t, "part"))
	})
	tuple := rapid.SliceOfN(part, 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := tuple.Draw(t, "a"), tuple.Draw(t, "b")
		ka, kb := store.K(a...), store.K(b...)
		got, err := ka.Parts()
		if err != nil || !slices.Equal(got, a) {
			t.Fatalf("Parts of %q = %q, %v", a, got, err)
		}
		if want := slices.Compare(a, b); bytes.Compare(ka, kb) != want {
			t.Fatalf("order of %q and %q: %d, want %d", a, b, bytes.Compare(ka, kb), want)
		}
		lo, hi := ka.Prefix()
		under := len(b) > len(a) && slices.Equal(b[:len(a)], a)
		in := bytes.Compare(kb, lo) >= 0 && (hi == nil || bytes.Compare(kb, hi) < 0)
		if len(a) > 0 && in != under {
			t.Fatalf("%q under %q: %v, want %v", b, a, in, under)
		}
		if !bytes.Equal(ka.With(b...), store.K(append(slices.Clone(a), b...)...)) {
			t.Fatal("With differs from K of the whole tuple")
		}
	})
}

func TestKeyPartsRefusesForeignBytes(t *testing.T) {
	for _, k := range []string{"a", "a\x00", "a\x00\x02", "\x00\x01x", "\x00"} {
		if parts, err := store.Key(k).Parts(); err == nil {
			t.Errorf("Parts(%q) = %q, want an error", k, parts)
		}
	}
}

func FuzzKeyParts(f *testing.F) {
	f.Add([]byte(store.K("a", "b\x00c", "")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if parts, err := store.Key(b).Parts(); err == nil && !bytes.Equal(store.K(parts...), b) {
			t.Fatalf("%x decodes to %q, which encodes differently", b, parts)
		}
	})
}

func put(t *testing.T, db *store.DB, kv ...string) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for i := 0; i < len(kv); i += 2 {
			tx.Put(store.K(kv[i]), []byte(kv[i+1]))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// list scans everything as "key=value" words.
func list(tx *store.Tx, reverse bool, limit int) (words []string, err error) {
	for rec, err := range tx.Scan(nil, nil, reverse, limit) {
		if err != nil {
			return nil, err
		}
		parts, err := store.Key(rec.Key).Parts()
		if err != nil {
			return nil, err
		}
		words = append(words, parts[0]+"="+string(rec.Value))
	}
	return words, nil
}

func TestTxSeesItsOwnWrites(t *testing.T) {
	db := store.New(memstore.New())
	put(t, db, "a", "1", "b", "2", "c", "3", "d", "4", "e", "5")
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		tx.Put(store.K("b"), []byte("new"))
		tx.Put(store.K("bb"), []byte("own"))
		tx.Delete(store.K("a"))
		tx.DeleteRange(store.K("c"), store.K("e"))
		tx.Put(store.K("d"), []byte("again"))
		tx.Put(store.K("z"), nil)
		for _, c := range []struct {
			reverse bool
			limit   int
			want    string
		}{
			{false, 0, "[b=new bb=own d=again e=5 z=]"},
			{true, 0, "[z= e=5 d=again bb=own b=new]"},
			{false, 2, "[b=new bb=own]"},
			{true, 3, "[z= e=5 d=again]"},
		} {
			got, err := list(tx, c.reverse, c.limit)
			if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("scan reverse=%v limit=%d: %v %v, want %s", c.reverse, c.limit, got, err, c.want)
			}
		}
		values, err := tx.GetMany([]store.Key{store.K("a"), store.K("b"), store.K("c"), store.K("e"), store.K("z")})
		if err != nil || fmt.Sprintf("%q", values) != `["" "new" "" "5" ""]` || values[0] != nil || values[4] == nil {
			t.Errorf("GetMany: %q %v", values, err)
		}
		if _, ok, _ := tx.Get(store.K("c")); ok {
			t.Error("c is there after DeleteRange")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(tx *store.Tx) error {
		got, err := list(tx, false, 0)
		if want := "[b=new bb=own d=again e=5 z=]"; fmt.Sprint(got) != want {
			t.Errorf("after commit: %v, want %s", got, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestScanDoesNotSeeWritesOfItsOwnLoop(t *testing.T) {
	db := store.New(memstore.New())
	put(t, db, "a", "1", "b", "2")
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		tx.Put(store.K("0"), []byte("0"))
		n := 0
		for rec, err := range tx.Scan(nil, nil, false, 0) {
			if err != nil {
				return err
			}
			n++
			tx.Put(store.Key(rec.Key).With("copy"), rec.Value)
			tx.Delete(store.K("b"))
		}
		if n != 3 {
			t.Errorf("the loop saw %d records, want 3", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUpdateRunsAgainAfterConflict(t *testing.T) {
	db := store.New(memstore.New())
	for _, present := range []bool{false, true} {
		if present {
			put(t, db, "k", "old")
		}
		runs := 0
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			runs++
			v, _, err := tx.Get(store.K("k"))
			if err != nil {
				return err
			}
			if runs == 1 {
				put(t, db, "k", "other")
			} else if string(v) != "other" {
				t.Errorf("second run read %q", v)
			}
			tx.Put(store.K("k"), []byte("mine"))
			return nil
		})
		if err != nil || runs != 2 {
			t.Fatalf("present=%v: %d runs, %v; want 2", present, runs, err)
		}
	}
}

func TestUpdateGivesUp(t *testing.T) {
	db := store.New(memstore.New())
	runs := 0
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		runs++
		if _, _, err := tx.Get(store.K("k")); err != nil {
			return err
		}
		// A commit from outside, past the in-process locks, every time.
		w := []driver.Write{{Kind: driver.Put, Key: store.K("k"), Value: []byte("x")}}
		if _, err := db.Engine().Commit(t.Context(), nil, w); err != nil {
			return err
		}
		tx.Put(store.K("k"), nil)
		return nil
	})
	if !errors.Is(err, driver.ErrConflict) || runs < 10 || runs > 100 {
		t.Fatalf("after %d runs: %v", runs, err)
	}
}

func TestUpdateErrorWritesNothing(t *testing.T) {
	db := store.New(memstore.New())
	boom := errors.New("boom")
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		tx.Put(store.K("k"), []byte("v"))
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(tx *store.Tx) error {
		if _, ok, _ := tx.Get(store.K("k")); ok {
			t.Error("a failed Update wrote")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMisuseFails(t *testing.T) {
	db := store.New(memstore.New())
	var kept *store.Tx
	err := db.View(t.Context(), func(tx *store.Tx) error {
		kept = tx
		tx.Put(store.K("k"), nil)
		return nil
	})
	if !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Put in a View: %v", err)
	}
	if _, _, err := kept.Get(store.K("k")); err == nil {
		t.Error("a Tx works after its end")
	}
	for name, fn := range map[string]func(tx *store.Tx){
		"empty key":  func(tx *store.Tx) { tx.Put(nil, nil) },
		"long key":   func(tx *store.Tx) { tx.Put(make(store.Key, store.MaxKeySize+1), nil) },
		"long value": func(tx *store.Tx) { tx.Put(store.K("k"), make([]byte, store.MaxValueSize+1)) },
	} {
		if err := db.Update(t.Context(), func(tx *store.Tx) error { fn(tx); return nil }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHotCounter(t *testing.T) {
	for name, update := range map[string]func(*store.DB, context.Context, func(*store.Tx) error) error{
		"Update": (*store.DB).Update,
		"UpdateKeys": func(db *store.DB, ctx context.Context, fn func(*store.Tx) error) error {
			return db.UpdateKeys(ctx, []store.Key{store.K("n")}, fn)
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := store.New(memstore.New())
			const writers, rounds = 16, 100
			var wg sync.WaitGroup
			for range writers {
				wg.Go(func() {
					for range rounds {
						if err := update(db, t.Context(), increment); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			err := db.View(t.Context(), func(tx *store.Tx) error {
				n, err := store.GetJSON[int](tx, store.K("n"))
				if err == nil && *n != writers*rounds {
					t.Errorf("counted %d, want %d", *n, writers*rounds)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func increment(tx *store.Tx) error {
	n, err := store.GetJSON[int](tx, store.K("n"))
	if err != nil {
		return err
	}
	if n == nil {
		n = new(int)
	}
	return store.PutJSON(tx, store.K("n"), *n+1)
}

func TestJSONRecords(t *testing.T) {
	type rec struct{ A, B string }
	db := store.New(memstore.New())
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		if r, err := store.GetJSON[rec](tx, store.K("r")); r != nil || err != nil {
			t.Errorf("absent: %v %v", r, err)
		}
		tx.Put(store.K("future"), []byte("\x09{}"))
		tx.Put(store.K("empty"), nil)
		return store.PutJSON(tx, store.K("r"), rec{"x", "y"})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(tx *store.Tx) error {
		r, err := store.GetJSON[rec](tx, store.K("r"))
		if err != nil || *r != (rec{"x", "y"}) {
			t.Errorf("got %v %v", r, err)
		}
		for _, k := range []string{"future", "empty"} {
			if _, err := store.GetJSON[rec](tx, store.K(k)); err == nil {
				t.Errorf("%s: no error", k)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNestedUpdateEnds starts an update of a key inside an update that holds
// the key's queue: discouraged, but it must not stand still.
func TestNestedUpdateEnds(t *testing.T) {
	db := store.New(memstore.New())
	keys := []store.Key{store.K("n")}
	nested := false
	err := db.UpdateKeys(t.Context(), keys, func(tx *store.Tx) error {
		if !nested {
			nested = true
			if err := db.UpdateKeys(t.Context(), keys, increment); err != nil {
				return err
			}
		}
		return increment(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(tx *store.Tx) error {
		n, err := store.GetJSON[int](tx, store.K("n"))
		if err == nil && *n != 2 {
			t.Errorf("counted %d, want 2", *n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.UpdateKeys(ended, keys, increment); !errors.Is(err, context.Canceled) {
		t.Errorf("an update under an ended context: %v", err)
	}
}
