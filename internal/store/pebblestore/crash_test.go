package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// crashRun is a store under load that will lose power.
type crashRun struct {
	store *Store
	mu    sync.Mutex
	// acked maps each acknowledged transaction to its version; told is the
	// highest count a reader was told.
	acked   map[string]driver.Version
	told    int
	highest driver.Version
	stop    chan struct{}
}

// keysOf are the three keys of a transaction, far apart in the key space.
func keysOf(tx string) []string { return []string{"a/" + tx, "m/" + tx, "z/" + tx} }

// writer commits transactions of three keys and some ballast.
func (r *crashRun) writer(t *testing.T, w, round int) {
	for i := 0; ; i++ {
		select {
		case <-r.stop:
			return
		default:
		}
		tx := fmt.Sprintf("%d-%d-%d", round, w, i)
		ws := writes(driver.Put, keysOf(tx)...)
		ws = append(ws, driver.Write{Kind: driver.Put, Key: []byte("pad/" + tx), Value: make([]byte, 200*(i%20))})
		v, err := r.store.Commit(context.Background(), nil, ws)
		if err != nil {
			t.Error(err)
			return
		}
		r.mu.Lock()
		r.acked[tx] = v
		r.highest = max(r.highest, v)
		r.mu.Unlock()
	}
}

// counter counts up one key, from several goroutines.
func (r *crashRun) counter(t *testing.T) {
	for {
		select {
		case <-r.stop:
			return
		default:
		}
		n, version, err := r.count()
		if err == nil {
			w := []driver.Write{{Kind: driver.Put, Key: []byte("count"), Value: strconv.AppendInt(nil, int64(n+1), 10)}}
			_, err = r.store.Commit(context.Background(), []driver.Check{{Key: []byte("count"), Version: version}}, w)
		}
		if err != nil && !errors.Is(err, driver.ErrConflict) {
			t.Error(err)
			return
		}
	}
}

// count reads the counter and remembers that it was told.
func (r *crashRun) count() (int, driver.Version, error) {
	snap, err := r.store.View(context.Background())
	if err != nil {
		return 0, 0, err
	}
	defer snap.Close()
	rec, err := snap.Get([]byte("count"))
	if err != nil || rec.Version == 0 {
		return 0, 0, err
	}
	n, err := strconv.Atoi(string(rec.Value))
	if err := errors.Join(err, snap.Durable(context.Background())); err != nil {
		return 0, 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = max(r.told, n)
	r.highest = max(r.highest, rec.Version)
	return n, rec.Version, nil
}

func (r *crashRun) ackedCount() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.acked)
}

// promised copies what was acknowledged until now.
func (r *crashRun) promised() (acked map[string]driver.Version, told int, highest driver.Version) {
	r.mu.Lock()
	defer r.mu.Unlock()
	acked = make(map[string]driver.Version, len(r.acked))
	for k, v := range r.acked {
		acked[k] = v
	}
	return acked, r.told, r.highest
}

// TestPowerLoss cuts the power in the middle of commits, again and again on
// what the last cut left. What was synced is there; of what was not, a random
// part is.
func TestPowerLoss(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	fs := vfs.NewCrashableMem()
	survivors := map[string]driver.Version{}
	for round := range 25 {
		r := &crashRun{store: openFS(t, fs), acked: survivors, stop: make(chan struct{})}
		if _, _, err := r.count(); err != nil {
			t.Fatal(err)
		}
		target := len(survivors) + 20 + rng.IntN(60)
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() { r.writer(t, w, round) })
		}
		for range 2 {
			wg.Go(func() { r.counter(t) })
		}
		for r.ackedCount() < target && !t.Failed() {
			runtime.Gosched()
		}
		acked, told, highest := r.promised()
		next := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		close(r.stop)
		wg.Wait()
		if err := r.store.Close(); err != nil {
			t.Fatal(err)
		}
		fs = next
		s := openFS(t, fs)
		survivors = checkSurvivors(t, s, acked, told)
		v, err := s.Commit(context.Background(), nil, writes(driver.Put, "next"))
		if err != nil || v <= highest {
			t.Fatalf("round %d: version %d after %d was told (%v)", round, v, highest, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
}

// checkSurvivors compares the store with what was promised, and returns the
// transactions that are there.
func checkSurvivors(t *testing.T, s *Store, acked map[string]driver.Version, told int) map[string]driver.Version {
	t.Helper()
	snap, err := s.View(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	there := map[string]driver.Version{}
	parts := map[string]int{}
	for rec, err := range snap.Scan(driver.Range{}, false, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if space, tx, ok := strings.Cut(string(rec.Key), "/"); ok && space != "pad" {
			if v, seen := there[tx]; seen && v != rec.Version || string(rec.Value) != "v "+string(rec.Key) {
				t.Errorf("%s = %q version %d", rec.Key, rec.Value, rec.Version)
			}
			there[tx] = rec.Version
			parts[tx]++
		}
	}
	for tx, n := range parts {
		if n != 3 {
			t.Errorf("transaction %s: %d of its 3 keys are there", tx, n)
		}
	}
	for tx, v := range acked {
		if there[tx] != v {
			t.Errorf("acknowledged transaction %s has version %d, had %d", tx, there[tx], v)
		}
	}
	rec, err := snap.Get([]byte("count"))
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := strconv.Atoi(string(rec.Value)); n < told {
		t.Errorf("the counter stands at %d, a reader was told %d", n, told)
	}
	return there
}

// TestVersionsAfterLoss gives a version to a reader, loses everything since
// the last sync, and wants no version twice.
func TestVersionsAfterLoss(t *testing.T) {
	fs := vfs.NewCrashableMem()
	var last driver.Version
	for round := range 5 {
		s := openFS(t, fs)
		for range 3 {
			v, err := s.Commit(context.Background(), nil, writes(driver.Put, "k"))
			if err != nil || v <= last {
				t.Fatalf("round %d: version %d after %d (%v)", round, v, last, err)
			}
			last = v
		}
		if _, err := s.Commit(context.Background(), nil, writes(driver.Delete, "k")); err != nil {
			t.Fatal(err)
		}
		next := fs.CrashClone(vfs.CrashCloneCfg{})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		fs = next
	}
}
