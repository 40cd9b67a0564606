package pebblestore

import (
	"sync"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// reserveBlock is how many versions one reservation in the log covers.
const reserveBlock = 1 << 16

// watermark hands out versions and knows up to which one everything is
// durable.
type watermark struct {
	// durable is the highest version such that it and all below are on disk.
	durable atomic.Uint64
	// deleted is the version of the last commit that removed anything.
	deleted atomic.Uint64

	mu      sync.Mutex
	moved   sync.Cond // with mu: durable or failed has changed
	next    uint64    // the next version to hand out
	ceiling uint64    // versions below it are reserved in the log
	reserve func(ceiling uint64) error
	queue   []*flight // commits under way, in order of version
	failed  error     // the first failed sync
}

// flight is one commit between its version and its durability.
type flight struct {
	version uint64
	landed  bool
}

// newWatermark starts at version next. reserve must put a new ceiling into the
// log, before any later commit.
func newWatermark(next uint64, reserve func(uint64) error) *watermark {
	w := &watermark{next: next, ceiling: next, reserve: reserve}
	w.durable.Store(next - 1)
	w.moved.L = &w.mu
	return w
}

// begin gives a commit its version. land must follow.
func (w *watermark) begin(deletes bool) (*flight, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return nil, w.failed
	}
	if w.next == w.ceiling {
		if err := w.reserve(w.ceiling + reserveBlock); err != nil {
			return nil, err
		}
		w.ceiling += reserveBlock
	}
	f := &flight{version: w.next}
	w.next++
	if deletes {
		w.deleted.Store(f.version)
	}
	w.queue = append(w.queue, f)
	return f, nil
}

// land says that the commit is on disk, or that its sync failed, which fails
// everything from then on.
func (w *watermark) land(f *flight, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && w.failed == nil {
		w.failed = err
	}
	if w.failed != nil {
		w.moved.Broadcast()
		return w.failed
	}
	f.landed = true
	n := 0
	for n < len(w.queue) && w.queue[n].landed {
		n++
	}
	if n == 0 {
		return nil
	}
	w.durable.Store(w.queue[n-1].version)
	w.queue = append(w.queue[:0], w.queue[n:]...)
	w.moved.Broadcast()
	return nil
}

// last returns the highest version handed out so far.
func (w *watermark) last() driver.Version {
	w.mu.Lock()
	defer w.mu.Unlock()
	return driver.Version(w.next - 1)
}

// wait returns when everything up to v is durable.
func (w *watermark) wait(v driver.Version) error {
	if w.durable.Load() >= uint64(v) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.durable.Load() < uint64(v) {
		if w.failed != nil {
			return w.failed
		}
		w.moved.Wait()
	}
	return nil
}
