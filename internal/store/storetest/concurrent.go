package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
)

// shared keeps the DB of a test from closing the engine, which the suite does.
func shared(s driver.Store) *store.DB { return store.New(s) }

func number(tx *store.Tx, key store.Key) (int, error) {
	b, ok, err := tx.Get(key)
	if err != nil || !ok {
		return 0, err
	}
	return strconv.Atoi(string(b))
}

// testCounters has many writers count up a few keys.
func testCounters(t *testing.T, s driver.Store) {
	db := shared(s)
	const writers, rounds, counters = 16, 50, 3
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				key := store.K("counter", fmt.Sprint((w+i)%counters))
				add := func(tx *store.Tx) error {
					n, err := number(tx, key)
					tx.Put(key, strconv.AppendInt(nil, int64(n+1), 10))
					return err
				}
				var err error
				if w%2 == 0 {
					err = db.Update(context.Background(), add)
				} else {
					err = db.UpdateKeys(context.Background(), []store.Key{key}, add)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	err := db.View(context.Background(), func(tx *store.Tx) error {
		sum := 0
		for c := range counters {
			n, err := number(tx, store.K("counter", fmt.Sprint(c)))
			if err != nil {
				return err
			}
			sum += n
		}
		if sum != writers*rounds {
			t.Errorf("counted %d, want %d", sum, writers*rounds)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// testTransfers moves amounts between accounts while others sum them up: every
// snapshot has the same total.
func testTransfers(t *testing.T, s driver.Store) {
	db := shared(s)
	const accounts, start, movers, rounds = 8, 100, 6, 60
	account := func(i int) store.Key { return store.K("account", fmt.Sprint(i)) }
	err := db.Update(context.Background(), func(tx *store.Tx) error {
		for i := range accounts {
			tx.Put(account(i), strconv.AppendInt(nil, start, 10))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var moving, summing sync.WaitGroup
	stop := make(chan struct{})
	for m := range movers {
		moving.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(m), 1))
			for range rounds {
				from, to := rng.IntN(accounts), rng.IntN(accounts)
				if err := db.Update(context.Background(), transfer(account(from), account(to), rng.IntN(20))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2 {
		summing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := db.View(context.Background(), total(t, accounts*start)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	moving.Wait()
	close(stop)
	summing.Wait()
}

func transfer(from, to store.Key, amount int) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		a, err := number(tx, from)
		if err != nil {
			return err
		}
		tx.Put(from, strconv.AppendInt(nil, int64(a-amount), 10))
		b, err := number(tx, to)
		if err != nil {
			return err
		}
		tx.Put(to, strconv.AppendInt(nil, int64(b+amount), 10))
		return nil
	}
}

func total(t *testing.T, want int) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		sum := 0
		lo, hi := store.K("account").Prefix()
		for rec, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(string(rec.Value))
			if err != nil {
				return err
			}
			sum += n
		}
		if sum != want {
			t.Errorf("a snapshot has a total of %d, want %d", sum, want)
		}
		return nil
	}
}

// testOneWinner has many commits at once that all expect the same version of
// one key, among other keys: exactly one may succeed.
func testOneWinner(t *testing.T, s driver.Store) {
	for round := range 100 {
		v := commit(t, s, putWrite("prize", "x"))
		if round%2 == 1 {
			commit(t, s, deleteWrite("prize"))
			v = 0
		}
		var won atomic.Int32
		var ready, wg sync.WaitGroup
		ready.Add(1)
		for w := range 12 {
			wg.Go(func() {
				mine := fmt.Sprintf("w%d", w)
				checks := []driver.Check{{Key: []byte(mine), Version: 0}, {Key: []byte("prize"), Version: v}}
				ready.Wait()
				_, err := s.Commit(context.Background(), checks, []driver.Write{putWrite("prize", mine)})
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, driver.ErrConflict):
					t.Error(err)
				}
			})
		}
		ready.Done()
		wg.Wait()
		if n := won.Load(); n != 1 {
			t.Fatalf("round %d: %d commits won", round, n)
		}
	}
}

// testRangeAgainstCheck has one goroutine empty a range while others write in
// it only if a guard inside the range is present: nothing may stand after the
// guard is gone.
func testRangeAgainstCheck(t *testing.T, s driver.Store) {
	for round := range 30 {
		guard := commit(t, s, rangeWrite("", ""), putWrite("r/guard", "x"))
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range 20 {
					_, err := s.Commit(context.Background(), []driver.Check{{Key: []byte("r/guard"), Version: guard}},
						[]driver.Write{putWrite(fmt.Sprintf("r/%d/%d", w, i), "x")})
					if errors.Is(err, driver.ErrConflict) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Go(func() { commit(t, s, rangeWrite("r/", "r0")) })
		wg.Wait()
		view(t, s, func(snap driver.Snapshot) {
			if left := scan(t, snap, "", "", false, 0); len(left) != 0 {
				t.Fatalf("round %d: %q written without the guard", round, left)
			}
		})
	}
}
