package postgresstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// TestOpenTogether has nodes make the schema at the same time.
func TestOpenTogether(t *testing.T) {
	srv := server(t)
	schema := schemaOf(t.TempDir())
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := Open(context.Background(), Options{URL: srv.URL(), Schema: schema})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := s.Commit(context.Background(), nil, []driver.Write{{Kind: driver.Put, Key: []byte("k")}}); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := open(t, Options{Schema: schema})
	defer s.Close()
	var nodes int
	if err := s.writers.QueryRow(t.Context(), s.sql("select count(*) from SCHEMA.node")).Scan(&nodes); err != nil || nodes != 1 {
		t.Errorf("%d nodes are registered (%v), want 1", nodes, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	srv := server(t)
	s := open(t, Options{})
	defer s.Close()
	if _, err := s.writers.Exec(t.Context(), s.sql("update SCHEMA.meta set layout = layout + 1")); err != nil {
		t.Fatal(err)
	}
	for want, opts := range map[string]Options{
		"newer Bawn":  {URL: srv.URL(), Schema: s.opts.Schema},
		"schema name": {URL: srv.URL(), Schema: `x"; drop`},
		"negative":    {URL: srv.URL(), Readers: -1},
	} {
		if _, err := Open(t.Context(), opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestNoSecrets looks for the password in everything that errors and logs say.
func TestNoSecrets(t *testing.T) {
	srv := server(t)
	const secret = "hush-4711"
	_, at, _ := strings.Cut(srv.URL(), "@")
	for name, url := range map[string]string{
		"wrong password":  "postgres://bawn:" + secret + "@" + at,
		"no server":       "postgres://bawn:" + secret + "@127.0.0.1:1/postgres",
		"not a URL":       "postgres://bawn:" + secret + "@[::1/x",
		"bad port":        "postgres://bawn:" + secret + "@127.0.0.1:port/x",
		"bad word":        "host=127.0.0.1 password=" + secret + " sslmode=never",
		"broken escape":   "postgres://bawn:%zz" + secret + "@127.0.0.1/x",
		"no such base":    strings.Replace(srv.URL(), "/postgres?", "/"+"none?", 1),
		"password quoted": "host=127.0.0.1 port=1 password='" + secret,
	} {
		var log bytes.Buffer
		_, err := Open(t.Context(), Options{URL: url, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil {
			t.Errorf("%s: opened", name)
			continue
		}
		for _, word := range []string{secret, "not-a-secret"} {
			if strings.Contains(err.Error()+log.String(), word) {
				t.Errorf("%s: the password is in %q %q", name, err, log.String())
			}
		}
	}
}

// TestLongKeys keeps the order of bytes where keys share more than a B-tree
// entry holds.
func TestLongKeys(t *testing.T) {
	s := open(t, Options{})
	defer s.Close()
	rng := rand.New(rand.NewPCG(3, 4))
	shared := make([]byte, headSize-1)
	for i := range shared {
		shared[i] = byte(rng.Uint32()) // what cannot be compressed
	}
	var keys []string
	for i := range 60 {
		k := string(shared[:headSize-1-i%3])
		for range rng.IntN(12) {
			k += string([]byte{"\x00ab\xff"[rng.IntN(4)]})
		}
		if i%7 == 0 {
			k += strings.Repeat("long", 1000)
		}
		keys = append(keys, k)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for _, i := range rng.Perm(len(keys)) {
		put(t, s, keys[i], fmt.Sprint(i))
	}
	snap, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	for range 60 {
		lo, hi := rng.IntN(len(keys)), rng.IntN(len(keys)+1)
		r := driver.Range{Lo: []byte(keys[lo])}
		want := keys[lo:]
		if hi < len(keys) {
			r.Hi = []byte(keys[hi])
			want = keys[lo:max(lo, hi)]
		}
		reverse, limit := rng.IntN(2) == 0, rng.IntN(4)
		want = slices.Clone(want)
		if reverse {
			slices.Reverse(want)
		}
		if limit > 0 {
			want = want[:min(limit, len(want))]
		}
		var got []string
		for rec, err := range snap.Scan(r, reverse, limit) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(rec.Key))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d records from %d to %d (reverse %v, limit %d), want %d or another order", len(got), lo, hi, reverse, limit, len(want))
		}
	}
	all := make([][]byte, len(keys))
	for i, k := range keys {
		all[i] = []byte(k)
	}
	recs, err := snap.GetMany(all)
	if err != nil {
		t.Fatal(err)
	}
	for i, rec := range recs {
		if string(rec.Value) != fmt.Sprint(i) {
			t.Errorf("key %d has value %q", i, rec.Value)
		}
	}
	mid := len(keys) / 2
	_, err = s.Commit(t.Context(), []driver.Check{{Key: all[mid], Version: recs[mid].Version}},
		[]driver.Write{{Kind: driver.DeleteRange, Key: all[5], End: all[mid]}, {Kind: driver.Delete, Key: all[mid]}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range keys {
		if got, want := present(t, s, keys[i]), i < 5 || i > mid; got != want {
			t.Errorf("after deletes key %d is there: %v", i, got)
		}
	}
}

// TestNestedViews opens more views, one in the other, than there are
// connections: the last fails after a while, and takes nothing with it.
func TestNestedViews(t *testing.T) {
	s := open(t, Options{Readers: 2, Patience: 200 * time.Millisecond})
	put(t, s, "k", "v")
	var snaps []driver.Snapshot
	for i := range 3 {
		snap, err := s.View(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		snaps = append(snaps, snap)
		rec, err := snap.Get([]byte("k"))
		switch {
		case i < 2 && (err != nil || string(rec.Value) != "v"):
			t.Errorf("view %d: %q, %v", i, rec.Value, err)
		case i == 2 && !errors.Is(err, errBusy):
			t.Errorf("view %d: %v", i, err)
		}
	}
	put(t, s, "k", "w")
	if rec, err := snaps[0].Get([]byte("k")); err != nil || string(rec.Value) != "v" {
		t.Errorf("the first view has %q, %v", rec.Value, err)
	}
	for _, snap := range snaps {
		snap.Close()
	}
	if !present(t, s, "k") {
		t.Error("k is not there")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestViewContext ends the context of a view that waits for its first read.
func TestViewContext(t *testing.T) {
	s := open(t, Options{Readers: 1})
	put(t, s, "k", "v")
	first, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Get([]byte("k")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	second, err := s.View(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	go func() {
		_, err := second.Get([]byte("k"))
		got <- err
	}()
	cancel()
	if err := <-got; !errors.Is(err, context.Canceled) {
		t.Errorf("a read whose context ended: %v", err)
	}
	second.Close()
	first.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestManyKeys commits more keys than a commit takes locks for.
func TestManyKeys(t *testing.T) {
	s := open(t, Options{})
	defer s.Close()
	var wg sync.WaitGroup
	for c := range 4 {
		wg.Go(func() {
			for round := range 5 {
				var w []driver.Write
				for i := range 300 {
					w = append(w, driver.Write{Kind: driver.Put, Key: fmt.Appendf(nil, "k%03d", (i*(c+7))%300), Value: fmt.Appendf(nil, "%d/%d", c, round)})
				}
				slices.SortFunc(w, func(a, b driver.Write) int { return bytes.Compare(a.Key, b.Key) })
				w = slices.CompactFunc(w, func(a, b driver.Write) bool { return bytes.Equal(a.Key, b.Key) })
				if _, err := s.Commit(context.Background(), nil, w); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
