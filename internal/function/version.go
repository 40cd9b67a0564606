package function

import (
	"context"
	"errors"
	"slices"
	"time"
)

// version is the environments of one version of one function, and the calls
// that wait for one. Everything is guarded by the pool's lock.
type version struct {
	spec     *Spec
	idle     []*environment // the last was used most recently
	waiters  []*waiter      // first come, first served
	starting int
	envs     int // all of its processes, starting ones included
	started  int // in its whole life
	busy     int // environments with a call
	retired  bool
	// brief is about the shortest time a call takes: a minimum that forgets.
	brief time.Duration

	failures int
	failure  *initFailure
	retryAt  time.Time
}

// waiter is a call that waits for an environment.
type waiter struct{ grant chan grant }

type grant struct {
	env *environment
	err error
}

// version returns the version of spec, and retires the one before if the
// function was changed. Called with the lock held.
func (p *Pool) version(spec *Spec) *version {
	key := versionKey{spec.ARN, spec.Version}
	v := p.versions[key]
	if v != nil && v.spec.same(spec) {
		v.spec = spec
		return v
	}
	if v != nil {
		p.retire(v)
	} else if Retired(spec.Runtime) {
		p.cfg.Logger.Warn("AWS has retired this runtime; the function runs on the installed Node",
			"function", spec.Name, "runtime", spec.Runtime)
	}
	v = &version{spec: spec}
	p.versions[key] = v
	return v
}

// retire ends the idle environments of v; busy ones end after their call.
func (p *Pool) retire(v *version) {
	v.retired = true
	for _, e := range v.idle {
		p.discard(v, e)
	}
	v.idle = nil
}

// discard ends an environment. Called with the lock held.
func (p *Pool) discard(v *version, e *environment) {
	v.envs--
	p.envs--
	p.background(e.stop)
}

// background runs f and makes Close wait for it. Called with the lock held.
func (p *Pool) background(f func()) {
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		f()
	}()
}

// acquire counts the call in and returns an environment for it.
func (p *Pool) acquire(ctx context.Context, spec *Spec) (*environment, error) {
	p.mu.Lock()
	if err := p.admit(spec); err != nil {
		p.mu.Unlock()
		return nil, err
	}
	now := p.cfg.Clock.Now()
	v := p.version(spec)
	shares := v.shares(p.cfg.Spread)
	if !shares {
		if e := p.takeIdle(v, now); e != nil {
			p.mu.Unlock()
			return e, nil
		}
	}
	if v.failure != nil && now.Before(v.retryAt) {
		p.leave(spec)
		p.mu.Unlock()
		return nil, v.failure
	}
	w := &waiter{grant: make(chan grant, 1)}
	v.waiters = append(v.waiters, w)
	if v.envs < p.cfg.Spread {
		p.grow(v)
	}
	p.mu.Unlock()
	e, err := p.wait(ctx, v, w, shares)
	if err != nil {
		p.mu.Lock()
		p.leave(spec)
		p.mu.Unlock()
	}
	return e, err
}

// shares says whether a call had better wait for one of the busy environments
// than wake another: calls are so brief that one is free in a moment, and more
// processes than the processors can run only take turns. Called with the lock
// held.
func (v *version) shares(spread int) bool {
	return v.busy >= spread && v.brief > 0 && v.brief < briefCall
}

// takeIdle takes the environment that was used last, nil if none is idle.
// Called with the lock held.
func (p *Pool) takeIdle(v *version, now time.Time) *environment {
	for n := len(v.idle); n > 0; n-- {
		e := v.idle[n-1]
		v.idle = v.idle[:n-1]
		if e.usable(now) {
			p.busy[e] = struct{}{}
			v.busy++
			return e
		}
		p.discard(v, e)
	}
	return nil
}

// wait returns what w is granted. Now and then it asks for another environment:
// so calls that take long get more of them, short ones share. A call that
// shares takes an idle environment after all when its patience ends.
func (p *Pool) wait(ctx context.Context, v *version, w *waiter, shares bool) (*environment, error) {
	tick, began := scaleDelay, p.cfg.Clock.Now()
	if shares {
		tick = patience
	}
	scale := time.NewTicker(tick)
	defer scale.Stop()
	until := began.Add(p.cfg.QueueTime)
	for {
		select {
		case g := <-w.grant:
			return g.env, g.err
		case <-ctx.Done():
			return p.giveUp(v, w, ctx.Err())
		case <-p.quit:
			return p.giveUp(v, w, ErrClosed)
		case <-scale.C:
			p.mu.Lock()
			if i := slices.Index(v.waiters, w); i >= 0 {
				if e := p.takeIdle(v, p.cfg.Clock.Now()); e != nil {
					v.waiters = slices.Delete(v.waiters, i, i+1)
					p.mu.Unlock()
					return e, nil
				}
			}
			if !v.shares(p.cfg.Spread) || p.cfg.Clock.Now().Sub(began) > reluctance {
				p.grow(v)
			}
			starting := v.starting
			p.mu.Unlock()
			if starting == 0 && p.cfg.Clock.Now().After(until) {
				return p.giveUp(v, w, &Throttled{Reason: "ConcurrentInvocationLimitExceeded"})
			}
		}
	}
}

// giveUp takes w out of the queue; if it was just granted something, that wins.
func (p *Pool) giveUp(v *version, w *waiter, why error) (*environment, error) {
	p.mu.Lock()
	i := slices.Index(v.waiters, w)
	if i >= 0 {
		v.waiters = slices.Delete(v.waiters, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		return nil, why
	}
	g := <-w.grant
	return g.env, g.err
}

// grow starts one more environment of v if a waiter has none coming, not too
// many are starting already, and the pool has room or can make room. Called with the lock held.
func (p *Pool) grow(v *version) {
	if p.closed || v.starting >= min(len(v.waiters), p.cfg.Spread) {
		return
	}
	if p.envs >= p.cfg.MaxEnvironments && !p.evict() {
		return
	}
	v.starting++
	v.envs++
	v.started++
	p.envs++
	p.background(func() { p.start(v) })
}

// evict ends the idle environment that was not used for the longest time.
func (p *Pool) evict() bool {
	var oldest *environment
	var owner *version
	for _, v := range p.versions {
		if len(v.idle) > 0 && (oldest == nil || v.idle[0].lastUsed.Before(oldest.lastUsed)) {
			oldest, owner = v.idle[0], v
		}
	}
	if oldest == nil {
		return false
	}
	owner.idle = owner.idle[1:]
	p.discard(owner, oldest)
	return true
}

// start makes an environment and gives it to a waiter.
func (p *Pool) start(v *version) {
	spec := v.spec
	e, err := p.launch(spec, initTime)
	var failed *initFailure
	if errors.As(err, &failed) && failed.timedOut {
		// As in Lambda, an init that overran its ten seconds is run again
		// within the function's own time.
		log := failed.log
		e, err = p.launch(spec, spec.Timeout)
		if errors.As(err, &failed) {
			failed.log = append(log, failed.log...)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	v.starting--
	if err != nil {
		v.envs--
		p.envs--
		p.failed(v, err)
		if len(v.waiters) > 0 {
			w := v.waiters[0]
			v.waiters = v.waiters[1:]
			w.grant <- grant{err: err}
		}
		return
	}
	v.failures, v.failure = 0, nil
	e.owner = v
	p.offer(v, e)
	p.refill(spec, v.started > 1, e.loaded)
}

// failed notes a failing init: from the third on in a row, the next is only
// tried after a while, and calls get the known error until then.
func (p *Pool) failed(v *version, err error) {
	var f *initFailure
	if !errors.As(err, &f) {
		return
	}
	v.failures++
	if v.failures < 3 {
		return
	}
	wait := min(time.Second<<min(v.failures-3, 5), 30*time.Second)
	v.failure = &initFailure{payload: f.payload, stream: f.stream, timedOut: f.timedOut}
	v.retryAt = p.cfg.Clock.Now().Add(wait)
}

// offer gives an environment to the first waiter, or keeps it. Called with the
// lock held.
func (p *Pool) offer(v *version, e *environment) {
	if len(v.waiters) > 0 {
		w := v.waiters[0]
		v.waiters = v.waiters[1:]
		p.busy[e] = struct{}{}
		v.busy++
		w.grant <- grant{env: e}
		return
	}
	if v.retired || p.closed {
		p.discard(v, e)
		return
	}
	e.lastUsed = p.cfg.Clock.Now()
	v.idle = append(v.idle, e)
}

// release takes an environment back after a call that took some time, 0 if it
// did not run.
func (p *Pool) release(e *environment, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, e)
	p.leave(e.spec)
	v := e.owner
	v.busy--
	if took > 0 {
		v.brief = min(took, v.brief+v.brief/64+time.Microsecond)
		if v.brief < 2*time.Microsecond {
			v.brief = took
		}
	}
	if !e.usable(p.cfg.Clock.Now()) {
		p.discard(v, e)
		return
	}
	p.offer(v, e)
}
