package storetest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// model is what a store should be: a map, and snapshots that are copies.
type model map[string]driver.Record

func (m model) commit(v driver.Version, writes []driver.Write) {
	for _, w := range writes {
		switch w.Kind {
		case driver.Put:
			m[string(w.Key)] = driver.Record{Key: w.Key, Value: w.Value, Version: v}
		case driver.Delete:
			delete(m, string(w.Key))
		case driver.DeleteRange:
			for k := range m {
				if within(k, w.Key, w.End) {
					delete(m, k)
				}
			}
		}
	}
}

func (m model) holds(checks []driver.Check) bool {
	for _, c := range checks {
		if m[string(c.Key)].Version != c.Version {
			return false
		}
	}
	return true
}

func (m model) scan(r driver.Range, reverse bool, limit int) []driver.Record {
	var recs []driver.Record
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if within(k, r.Lo, r.Hi) {
			recs = append(recs, m[k])
		}
	}
	if reverse {
		slices.Reverse(recs)
	}
	if limit > 0 && len(recs) > limit {
		recs = recs[:limit]
	}
	return recs
}

func within(k string, lo, hi []byte) bool {
	return k >= string(lo) && (hi == nil || k < string(hi))
}

func same(a, b driver.Record) bool {
	return a.Version == b.Version && bytes.Equal(a.Value, b.Value)
}

// history drives a store and the model side by side.
type history struct {
	store     driver.Store
	now       model
	snapshots []driver.Snapshot
	then      []model
	highest   driver.Version
}

var (
	someKey = rapid.Custom(func(t *rapid.T) []byte {
		return rapid.SliceOfN(rapid.SampledFrom([]byte{0, 'a', 'b', 0xff}), 1, 3).Draw(t, "key")
	})
	someEnd   = rapid.OneOf(someKey, rapid.Just([]byte(nil)))
	someValue = rapid.SliceOfN(rapid.Byte(), 0, 20)
)

func (h *history) Commit(t *rapid.T) {
	var checks []driver.Check
	for _, k := range rapid.SliceOfN(someKey, 0, 3).Draw(t, "checked") {
		c := driver.Check{Key: k, Version: h.now[string(k)].Version}
		if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
			c.Version = rapid.SampledFrom([]driver.Version{0, 1, h.highest, h.highest + 1}).Draw(t, "version")
		}
		checks = append(checks, c)
	}
	var writes []driver.Write
	written := map[string]bool{}
	for range rapid.IntRange(1, 5).Draw(t, "writes") {
		w := driver.Write{Kind: rapid.SampledFrom([]driver.WriteKind{driver.Put, driver.Put, driver.Put, driver.Delete, driver.DeleteRange}).Draw(t, "kind")}
		w.Key = someKey.Draw(t, "key")
		switch w.Kind {
		case driver.DeleteRange:
			w.End = someEnd.Draw(t, "end")
			if w.End != nil && bytes.Compare(w.Key, w.End) >= 0 {
				continue
			}
		case driver.Put:
			w.Value = someValue.Draw(t, "value")
			fallthrough
		default:
			if written[string(w.Key)] {
				continue
			}
			written[string(w.Key)] = true
		}
		writes = append(writes, w)
	}
	v, err := h.store.Commit(context.Background(), checks, writes)
	if !h.now.holds(checks) {
		if !errors.Is(err, driver.ErrConflict) {
			t.Fatalf("a commit whose checks fail: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(writes) == 0 {
		return
	}
	if v <= h.highest {
		t.Fatalf("version %d after %d", v, h.highest)
	}
	h.highest = v
	h.now.commit(v, writes)
}

func (h *history) View(t *rapid.T) {
	if len(h.snapshots) == 3 {
		t.Skip("enough snapshots")
	}
	snap, err := h.store.View(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	h.snapshots = append(h.snapshots, snap)
	h.then = append(h.then, maps.Clone(h.now))
}

// pick draws one of the open snapshots.
func (h *history) pick(t *rapid.T) int {
	if len(h.snapshots) == 0 {
		t.Skip("no snapshot")
	}
	return rapid.IntRange(0, len(h.snapshots)-1).Draw(t, "snapshot")
}

func (h *history) CloseSnapshot(t *rapid.T) {
	i := h.pick(t)
	h.snapshots[i].Close()
	h.snapshots = slices.Delete(h.snapshots, i, i+1)
	h.then = slices.Delete(h.then, i, i+1)
}

func (h *history) GetMany(t *rapid.T) {
	i := h.pick(t)
	keys := rapid.SliceOfN(someKey, 1, 5).Draw(t, "keys")
	recs, err := h.snapshots[i].GetMany(keys)
	if err != nil {
		t.Fatal(err)
	}
	for j, k := range keys {
		if want := h.then[i][string(k)]; !same(recs[j], want) {
			t.Fatalf("get %q: %+v, want %+v", k, recs[j], want)
		}
	}
}

func (h *history) Scan(t *rapid.T) {
	i := h.pick(t)
	r := driver.Range{Lo: someKey.Draw(t, "lo"), Hi: someEnd.Draw(t, "hi")}
	reverse, limit := rapid.Bool().Draw(t, "reverse"), rapid.IntRange(0, 4).Draw(t, "limit")
	want := h.then[i].scan(r, reverse, limit)
	n := 0
	for rec, err := range h.snapshots[i].Scan(r, reverse, limit) {
		if err != nil {
			t.Fatal(err)
		}
		if n == len(want) || !bytes.Equal(rec.Key, want[n].Key) || !same(rec, want[n]) {
			t.Fatalf("record %d is %+v, want %+v", n, rec, want[n:])
		}
		n++
	}
	if n != len(want) {
		t.Fatalf("%d records, want %d", n, len(want))
	}
}

// testHistory compares random histories with the model.
func testHistory(t *testing.T, s driver.Store) {
	rapid.Check(t, func(rt *rapid.T) {
		commit(t, s, rangeWrite("", ""))
		h := &history{store: s, now: model{}}
		defer func() {
			for _, snap := range h.snapshots {
				snap.Close()
			}
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"Commit": h.Commit, "Commit again": h.Commit, "View": h.View, "CloseSnapshot": h.CloseSnapshot,
			"GetMany": h.GetMany, "Scan": h.Scan,
		})
	})
}
