package cognitoidp

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

func TestLockLength(t *testing.T) {
	for n, want := range map[int]time.Duration{
		0: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 9: 16 * time.Second, 14: 512 * time.Second, 15: 15 * time.Minute, 1000: 15 * time.Minute,
	} {
		if got := lockLength(n); got != want {
			t.Errorf("%d failures lock for %v, want %v", n, got, want)
		}
	}
}

func TestLockout(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client := r.client(pool, object{"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
	r.user(pool, "u")
	try := func(p string) string {
		t.Helper()
		_, err := r.call("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": "u", "PASSWORD": p}})
		if err == nil {
			return ""
		}
		return err.Message
	}
	const wrong, locked = "Incorrect username or password.", "Password attempts exceeded"
	for i := range 5 {
		if got := try("Wr0ng!!!!"); got != wrong {
			t.Errorf("attempt %d: %q", i, got)
		}
	}
	for range 3 { // inside the lock: refused, also with the right password, and not counted
		if got := try(password); got != locked {
			t.Errorf("locked: %q", got)
		}
	}
	r.clock.Advance(time.Second)
	if got := try("Wr0ng!!!!"); got != wrong {
		t.Errorf("after the first lock: %q", got)
	}
	r.clock.Advance(time.Second)
	if got := try(password); got != locked {
		t.Errorf("the second lock lasts two seconds: %q", got)
	}
	r.clock.Advance(time.Second)
	if got := try(password); got != "" {
		t.Errorf("after the second lock: %q", got)
	}
	for range 4 {
		try("Wr0ng!!!!")
	}
	if got := try(password); got != "" {
		t.Errorf("a success had not cleared the count: %q", got)
	}
	// Quiet time resets, over the edge of a bucket too.
	for range 4 {
		try("Wr0ng!!!!")
	}
	r.clock.Advance(quietReset)
	for range 4 {
		try("Wr0ng!!!!")
	}
	if got := try(password); got != "" {
		t.Errorf("quiet time had not reset the count: %q", got)
	}
	// SRP counts the same name.
	for range 5 {
		_, _ = r.signIn(pool, client, "u", "Wr0ng!!!!")
	}
	if got := try(password); got != locked {
		t.Errorf("after failures by SRP: %q", got)
	}
}

// Guesses in parallel do not outrun the lock.
func TestLockoutInParallel(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	r.user(pool, "u")
	var wrong, locked int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 40 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			err := r.s.settle(context.Background(), &outcome{poolID: pool, user: "u"})
			mu.Lock()
			defer mu.Unlock()
			var e *awsapi.Error
			switch {
			case errors.As(err, &e) && e.Message == "Password attempts exceeded":
				locked++
			case errors.As(err, &e) && e.Message == "Incorrect username or password.":
				wrong++
			default:
				t.Errorf("%v", err)
			}
		}()
	}
	wg.Wait()
	if wrong != freeFailures || locked != 40-freeFailures {
		t.Errorf("%d guesses were looked at, %d refused", wrong, locked)
	}
}

// A used challenge is given out once, however many answers race.
func TestNonceInParallel(t *testing.T) {
	r := newRig(t)
	nonce := r.s.nonce()
	var won int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := r.s.settle(context.Background(), &outcome{poolID: "p", user: "u", nonce: nonce, right: true}); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d answers won", won)
	}
}

// Old rows vanish by whole buckets.
func TestSweep(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client := r.client(pool, object{"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH"}})
	r.user(pool, "u")
	count := func(kind string) int {
		lo, hi := r.s.base.With(kind).Prefix()
		n := 0
		snap, err := r.db.Engine().View(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer snap.Close()
		for _, err := range snap.Scan(rangeOf(lo, hi), false, 0) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	for range 6 {
		_, _ = r.signIn(pool, client, "u", "Wr0ng!!!!")
		r.clock.Advance(time.Hour)
	}
	if used, locks := count("used"), count("lock"); used > 1 || locks > 1 {
		t.Errorf("%d used challenges and %d locks are kept", used, locks)
	}
}

func TestProcessorIsBounded(t *testing.T) {
	p := newProcessor(1, 2)
	ctx, cancel := context.WithCancel(context.Background())
	busy, free := make(chan struct{}), make(chan struct{})
	go func() { _ = p.do(ctx, func() error { close(busy); <-free; return nil }) }()
	<-busy
	results := make(chan error, 2)
	for range 2 {
		go func() { results <- p.do(ctx, func() error { return nil }) }()
	}
	for p.waiting.Load() != 2 {
		runtime.Gosched()
	}
	if err := p.do(ctx, func() error { return nil }); awsapi.Code(err) != "TooManyRequestsException" {
		t.Errorf("over the queue: %v", err)
	}
	cancel()
	for range 2 {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("waiting with an ended context: %v", err)
		}
	}
	close(free)
}
