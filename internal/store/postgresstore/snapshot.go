package postgresstore

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// snapshot is a driver.Snapshot. It is used by one goroutine at a time; only
// the opening of its transaction may be asked for by a commit as well.
type snapshot struct {
	store *Store
	ctx   context.Context
	// first is the request that opens the transaction; idle.mu guards it.
	first *request
	// lane is set before first is done.
	lane *lane
	// Neighbours in the list of idle snapshots.
	before, after *snapshot
}

// idle lists the snapshots that did not read yet.
type idle struct {
	mu    sync.Mutex
	head  *snapshot
	count atomic.Int64
}

func (l *idle) add(s *snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.after = l.head; s.after != nil {
		s.after.before = s
	}
	l.head = s
	l.count.Add(1)
}

// claim makes r the first request of s, unless it has one.
func (l *idle) claim(s *snapshot, r *request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.first != nil {
		return false
	}
	s.first = r
	if s.before != nil {
		s.before.after = s.after
	} else {
		l.head = s.after
	}
	if s.after != nil {
		s.after.before = s.before
	}
	s.before, s.after = nil, nil
	l.count.Add(-1)
	return true
}

// settle gives every idle snapshot its transaction, and returns when they have
// it (or failed).
func (l *idle) settle(o *opener) {
	if l.count.Load() == 0 {
		return
	}
	var opening []*request
	l.mu.Lock()
	for s := l.head; s != nil; {
		next := s.after
		s.first = newRequest(s)
		s.before, s.after = nil, nil
		opening = append(opening, s.first)
		s = next
	}
	l.head = nil
	l.count.Store(0)
	l.mu.Unlock()
	if len(opening) == 0 {
		return
	}
	o.submit(opening...)
	for _, r := range opening {
		<-r.done
	}
}

func newRequest(s *snapshot) *request { return &request{snap: s, done: make(chan struct{})} }

// View opens a snapshot. Its transaction begins with its first read, or before
// the next commit of this process.
func (s *Store) View(ctx context.Context) (driver.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	snap := &snapshot{store: s, ctx: ctx}
	s.idle.add(snap)
	return snap, nil
}

// do has a request answered in the snapshot's transaction.
func (s *snapshot) do(r *request) error {
	if s.store.idle.claim(s, r) {
		s.store.opener.submit(r)
		return s.wait(r)
	}
	if err := s.wait(s.first); err != nil {
		return err
	}
	s.lane.ask(r)
	return s.wait(r)
}

func (s *snapshot) wait(r *request) error {
	select {
	case <-r.done:
		return r.err
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

func (s *snapshot) Get(key []byte) (driver.Record, error) {
	recs, err := s.GetMany([][]byte{key})
	if err != nil {
		return driver.Record{}, err
	}
	return recs[0], nil
}

func (s *snapshot) GetMany(keys [][]byte) ([]driver.Record, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	r := newRequest(s)
	r.keys = keys
	if err := s.do(r); err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return r.recs, nil
}

// Pages of a scan grow from the first size to the last.
const (
	firstPage = 64
	lastPage  = 1024
)

func (s *snapshot) Scan(r driver.Range, reverse bool, limit int) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		if err := s.scan(r, reverse, limit, yield); err != nil {
			yield(driver.Record{}, fmt.Errorf("scan: %w", err))
		}
	}
}

func (s *snapshot) scan(r driver.Range, reverse bool, limit int, yield func(driver.Record, error) bool) error {
	if r.Hi != nil && bytes.Compare(r.Lo, r.Hi) >= 0 {
		return nil
	}
	size, left := firstPage, limit
	if limit > firstPage {
		size = lastPage
	}
	of := func(size int) int {
		if limit > 0 {
			return min(size, left)
		}
		return size
	}
	for g := (&page{lo: r.Lo, hi: r.Hi, reverse: reverse, limit: of(size)}); ; {
		ask := newRequest(s)
		ask.page = g
		if err := s.do(ask); err != nil {
			return err
		}
		for _, rec := range g.recs {
			left--
			if !yield(rec, nil) || left == 0 {
				return nil
			}
		}
		if !g.more || len(g.recs) == 0 {
			return nil
		}
		size = min(4*size, lastPage)
		g = g.follow(of(size))
	}
}

// Durable does not wait: the server shows nothing that is not on its disk.
func (s *snapshot) Durable(ctx context.Context) error { return ctx.Err() }

func (s *snapshot) Close() {
	r := newRequest(s)
	if s.store.idle.claim(s, r) {
		s.store.users.Done()
		return
	}
	select {
	case <-s.first.done:
		s.leave()
	default:
		// A context that ended does not wait for the transaction it asked for.
		go func() {
			<-s.first.done
			s.leave()
		}()
	}
}

func (s *snapshot) leave() {
	if s.lane != nil {
		s.lane.leave()
	}
	s.store.users.Done()
}
