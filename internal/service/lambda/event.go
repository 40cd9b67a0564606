package lambda

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/store"
)

// How often and how long an asynchronous call is tried (Lambda developer guide,
// "How Lambda handles errors and retries with asynchronous invocation").
const (
	maxRetries   = 2
	maxEventAge  = 6 * time.Hour
	throttleBase = time.Second
	throttleMax  = 5 * time.Minute
	pollTime     = time.Second
)

// retryDelay is the wait before each further run after a function's error.
var retryDelay = [maxRetries]time.Duration{time.Minute, 2 * time.Minute}

// eventQueue runs asynchronous calls from the store. A call is removed from it
// only after it has run, so one that a crash interrupts runs again.
type eventQueue struct {
	s    *Service
	wake chan struct{}

	mu      sync.Mutex
	running map[string]bool // by request id
}

func newEventQueue(s *Service) *eventQueue {
	return &eventQueue{s: s, wake: make(chan struct{}, 1), running: map[string]bool{}}
}

const dueForm = "20060102T150405.000000000"

func (q *eventQueue) key(due time.Time, id string) store.Key {
	return q.s.key("event", due.UTC().Format(dueForm), id)
}

// add queues a call. It is durable when add returns.
func (q *eventQueue) add(ctx context.Context, t target, inv *Invocation) error {
	now := q.s.cfg.Clock.Now()
	qualifier := t.qualifier
	if qualifier == "" {
		qualifier = latest
	}
	rec := &eventRecord{ID: inv.RequestID, Function: t.name, Qualifier: qualifier, ARN: inv.FunctionARN,
		Payload: inv.Payload, ClientContext: inv.ClientContext, TraceID: inv.TraceID, Accepted: now}
	err := q.s.db.Update(ctx, func(tx *store.Tx) error {
		return store.PutJSON(tx, q.key(now, rec.ID), rec)
	})
	if err == nil {
		q.poke()
	}
	return err
}

func (q *eventQueue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run hands due calls to workers until ctx ends.
func (q *eventQueue) run(ctx context.Context) {
	work := make(chan queued)
	var workers sync.WaitGroup
	for range q.s.cfg.Workers {
		workers.Go(func() {
			for e := range work {
				q.handle(ctx, e)
			}
		})
	}
	defer workers.Wait()
	defer close(work)
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for {
		due, err := q.due(ctx)
		if err != nil && ctx.Err() == nil {
			q.s.cfg.Logger.Error("read the queue of asynchronous calls", "error", err)
		}
		for _, e := range due {
			select {
			case work <- e:
			case <-ctx.Done():
				return
			}
		}
		if len(due) == dueBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-tick.C:
		}
	}
}

// dueBatch is how many calls are read from the queue at once.
const dueBatch = 64

// queued is a call with the key it stands at.
type queued struct {
	key store.Key
	rec *eventRecord
}

// due returns calls whose time has come and that are not running, and marks
// them as running.
func (q *eventQueue) due(ctx context.Context) ([]queued, error) {
	var found []queued
	err := q.s.db.View(ctx, func(tx *store.Tx) error {
		lo, _ := q.s.key("event").Prefix()
		hi := q.s.key("event", q.s.cfg.Clock.Now().Add(time.Nanosecond).UTC().Format(dueForm))
		for raw, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			rec, err := store.DecodeJSON[eventRecord](raw.Value)
			if err != nil {
				return err
			}
			if q.claim(rec.ID) {
				found = append(found, queued{raw.Key, rec})
			}
			if len(found) == dueBatch {
				break
			}
		}
		return nil
	})
	return found, err
}

func (q *eventQueue) claim(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running[id] {
		return false
	}
	q.running[id] = true
	return true
}

// handle runs one call and removes it or puts it back for later.
func (q *eventQueue) handle(ctx context.Context, e queued) {
	next, keep := q.attempt(ctx, e.rec)
	if ctx.Err() != nil {
		return // closing: it stays as it was
	}
	err := q.s.db.Update(ctx, func(tx *store.Tx) error {
		tx.Delete(e.key)
		if keep {
			return store.PutJSON(tx, q.key(next, e.rec.ID), e.rec)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		q.s.cfg.Logger.Error("update the queue of asynchronous calls", "request", e.rec.ID, "error", err)
	}
	q.mu.Lock()
	delete(q.running, e.rec.ID)
	q.mu.Unlock()
}

// attempt runs a call once. It returns when to try again, if at all.
func (q *eventQueue) attempt(ctx context.Context, rec *eventRecord) (next time.Time, keep bool) {
	s := q.s
	fail := func(why string) (time.Time, bool) {
		s.cfg.Logger.Warn("asynchronous call given up", "function", rec.Function, "request", rec.ID, "why", why)
		return time.Time{}, false
	}
	v, err := s.runnable(ctx, target{rec.Function, rec.Qualifier})
	var outcome *Outcome
	if err == nil {
		outcome, err = s.cfg.Runner.Run(ctx, v, &Invocation{RequestID: rec.ID, FunctionARN: rec.ARN,
			Payload: rec.Payload, ClientContext: rec.ClientContext, TraceID: rec.TraceID})
	}
	now := s.cfg.Clock.Now()
	var known *awsapi.Error
	var not *NotRunnable
	switch {
	case err == nil && outcome.FunctionError == "":
		return time.Time{}, false
	case err == nil:
		if rec.Failures++; rec.Failures > maxRetries {
			return fail("function error")
		}
		next = now.Add(retryDelay[rec.Failures-1])
	case errors.As(err, &known), errors.As(err, &not):
		return fail(err.Error())
	default: // throttled, or an error of ours
		wait := min(throttleBase<<min(rec.Throttles, 16), throttleMax)
		rec.Throttles++
		next = now.Add(wait)
	}
	if next.Sub(rec.Accepted) > maxEventAge {
		return fail("too old")
	}
	return next, true
}
