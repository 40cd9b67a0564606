package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

func testIsolation(t *testing.T, s driver.Store) {
	commit(t, s, putWrite("a", "1"), putWrite("b", "1"))
	view(t, s, func(old driver.Snapshot) {
		commit(t, s, putWrite("a", "2"), deleteWrite("b"), putWrite("c", "2"))
		view(t, s, func(mid driver.Snapshot) {
			commit(t, s, rangeWrite("", ""))
			wantScan(t, old, "", "", false, 0, "a=1", "b=1")
			wantScan(t, mid, "", "", true, 0, "c=2", "a=2")
			if rec := get(t, old, "b"); string(rec.Value) != "1" {
				t.Errorf("the old snapshot has b=%q", rec.Value)
			}
			if rec := get(t, old, "c"); rec.Version != 0 {
				t.Error("the old snapshot has c")
			}
		})
		view(t, s, func(now driver.Snapshot) { wantScan(t, now, "", "", false, 0) })
		// A scan under way keeps its view, too.
		n := 0
		for _, err := range old.Scan(driver.Range{}, false, 0) {
			if err != nil {
				t.Fatal(err)
			}
			commit(t, s, putWrite("b", "9"), deleteWrite("a"))
			n++
		}
		if n != 2 {
			t.Errorf("a scan saw %d records while others wrote, want 2", n)
		}
	})
}

func testConflict(t *testing.T, s driver.Store) {
	v1 := commit(t, s, putWrite("a", "1"))
	v2 := commit(t, s, putWrite("b", "1"))
	if getNow(t, s, "a").Version != v1 || getNow(t, s, "b").Version != v2 {
		t.Error("Commit returned another version than the records have")
	}
	check := func(key string, v driver.Version) driver.Check {
		return driver.Check{Key: []byte(key), Version: v}
	}
	for _, c := range []struct {
		name   string
		checks []driver.Check
		ok     bool
	}{
		{"right version", []driver.Check{check("a", v1)}, true},
		{"stale version", []driver.Check{check("a", v1)}, false},
		{"future version", []driver.Check{check("b", v2+1000)}, false},
		{"another key's version", []driver.Check{check("b", v1)}, false},
		{"absent but present", []driver.Check{check("b", 0)}, false},
		{"absent", []driver.Check{check("no", 0)}, true},
		{"version of an absent key", []driver.Check{check("no", v2)}, false},
		{"one of two fails", []driver.Check{check("b", v2), check("none", 1)}, false},
		{"two hold", []driver.Check{check("b", v2), check("none", 0)}, true},
	} {
		before := getNow(t, s, "a")
		_, err := s.Commit(context.Background(), c.checks, []driver.Write{putWrite("a", c.name), putWrite("other", c.name)})
		if c.ok && err != nil || !c.ok && !errors.Is(err, driver.ErrConflict) {
			t.Errorf("%s: %v", c.name, err)
		}
		after := getNow(t, s, "a")
		if c.ok && string(after.Value) != c.name || !c.ok && after.Version != before.Version {
			t.Errorf("%s: a is now %q", c.name, after.Value)
		}
		if rec := getNow(t, s, "other"); !c.ok && string(rec.Value) == c.name {
			t.Errorf("%s: a failed commit wrote", c.name)
		}
	}
	b := getNow(t, s, "b").Version
	if _, err := s.Commit(context.Background(), []driver.Check{check("b", b)}, nil); err != nil {
		t.Error("a commit of checks alone:", err)
	}
	if _, err := s.Commit(context.Background(), []driver.Check{check("b", 0)}, nil); !errors.Is(err, driver.ErrConflict) {
		t.Error("a commit of a failing check alone:", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Commit(ended, nil, []driver.Write{putWrite("late", "x")}); !errors.Is(err, context.Canceled) {
		t.Error("a commit under an ended context:", err)
	}
}

// testWriteOrder checks that the writes of one commit apply in order.
func testWriteOrder(t *testing.T, s driver.Store) {
	commit(t, s, putWrite("a", "old"), putWrite("b", "old"), putWrite("c", "old"))
	v := commit(t, s, rangeWrite("a", "c"), putWrite("b", "new"), putWrite("bb", "new"), deleteWrite("c"), deleteWrite("none"))
	view(t, s, func(snap driver.Snapshot) {
		wantScan(t, snap, "", "", false, 0, "b=new", "bb=new")
		if get(t, snap, "b").Version != v || get(t, snap, "bb").Version != v {
			t.Error("the records of one commit have other versions than it")
		}
	})
}

func testVersions(t *testing.T, s driver.Store) {
	seen := map[driver.Version]bool{}
	for i := range 300 {
		v := commit(t, s, putWrite("k", "same"))
		if v == 0 || seen[v] {
			t.Fatalf("write %d got version %d again", i, v)
		}
		seen[v] = true
		check := []driver.Check{{Key: []byte("k"), Version: v}}
		switch i % 3 {
		case 0:
			commit(t, s, deleteWrite("k"))
		case 1:
			commit(t, s, rangeWrite("k", "l"))
		default:
			if _, err := s.Commit(context.Background(), check, []driver.Write{putWrite("k", "same")}); err != nil {
				t.Fatal(err)
			}
		}
		// Written again with the same value it is another version.
		commit(t, s, putWrite("k", "same"))
		if _, err := s.Commit(context.Background(), check, nil); !errors.Is(err, driver.ErrConflict) {
			t.Fatalf("an old version holds for a key written again: %v", err)
		}
		seen[getNow(t, s, "k").Version] = true
	}
}

func testRangeDelete(t *testing.T, s driver.Store) {
	fill := func() {
		commit(t, s, rangeWrite("", ""))
		commit(t, s, putWrite("a", "1"), putWrite("b", "2"), putWrite("b\x00", "3"), putWrite("c", "4"), putWrite("\xff\xff", "5"))
	}
	for _, c := range []struct {
		lo, hi string
		want   []string
	}{
		{"b", "c", []string{"a=1", "c=4", "\xff\xff=5"}},
		{"", "b", []string{"b=2", "b\x00=3", "c=4", "\xff\xff=5"}},
		{"b\x00", "", []string{"a=1", "b=2"}},
		{"", "", nil},
		{"bb", "bc", []string{"a=1", "b=2", "b\x00=3", "c=4", "\xff\xff=5"}},
	} {
		fill()
		commit(t, s, rangeWrite(c.lo, c.hi))
		view(t, s, func(snap driver.Snapshot) { wantScan(t, snap, "", "", false, 0, c.want...) })
		// What is written afterwards stays.
		commit(t, s, putWrite("b", "again"))
		if rec := getNow(t, s, "b"); string(rec.Value) != "again" {
			t.Errorf("b after DeleteRange(%q, %q) and Put: %q", c.lo, c.hi, rec.Value)
		}
	}
}

func testWatch(t *testing.T, s driver.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watch := func(prefix string) <-chan struct{} {
		ch, err := s.Watch(ctx, []byte(prefix))
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	// A signal is there when Commit returns: nothing needs waiting for.
	pending := func(ch <-chan struct{}) bool {
		select {
		case <-ch:
			return true
		default:
			return false
		}
	}
	all, as, bs := watch(""), watch("a/"), watch("b/")
	for _, c := range []struct {
		name        string
		write       driver.Write
		all, as, bs bool
	}{
		{"put under a", putWrite("a/1", "x"), true, true, false},
		{"put of the bare prefix", putWrite("b/", "x"), true, false, true},
		{"put elsewhere", putWrite("a", "x"), true, false, false},
		{"delete under a", deleteWrite("a/1"), true, true, false},
		{"range over both", rangeWrite("", ""), true, true, true},
		{"range inside b", rangeWrite("b/1", "b/2"), true, false, true},
		{"range that ends before b", rangeWrite("a/5", "b/"), true, true, false},
		{"range between", rangeWrite("a0", "b"), true, false, false},
	} {
		commit(t, s, c.write)
		commit(t, s, c.write)
		if got := [3]bool{pending(all), pending(as), pending(bs)}; got != [3]bool{c.all, c.as, c.bs} {
			t.Errorf("%s: signals %v", c.name, got)
		}
		if pending(all) || pending(as) || pending(bs) {
			t.Errorf("%s: more than one signal was pending", c.name)
		}
	}
	_, err := s.Commit(context.Background(), []driver.Check{{Key: []byte("a/1"), Version: 99}}, []driver.Write{putWrite("a/1", "x")})
	if !errors.Is(err, driver.ErrConflict) || pending(as) {
		t.Error("a failed commit signals:", err)
	}
	cancel()
	for _, ch := range []<-chan struct{}{all, as, bs} {
		for range ch {
			t.Error("a signal after the end")
		}
	}
}
