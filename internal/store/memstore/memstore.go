// Package memstore keeps everything in memory: the model that the other
// engines are compared with, and the engine of tests and throw-away servers.
// Nothing survives Close.
//
// The records form an immutable ordered tree; a commit makes a new tree that
// shares what did not change, so a snapshot is one pointer.
//
// May import: driver, watch.
package memstore

import (
	"bytes"
	"context"
	"iter"
	"sync"

	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/watch"
)

// Store is a driver.Store in memory.
type Store struct {
	mu      sync.Mutex
	root    *node
	version driver.Version
	closed  bool
	watch   watch.Set
}

// New returns an empty store.
func New() *Store { return &Store{} }

// View returns a snapshot of the present tree.
func (s *Store) View(ctx context.Context) (driver.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, driver.ErrClosed
	}
	return &snapshot{s.root}, nil
}

// Commit applies writes if every check holds.
func (s *Store) Commit(ctx context.Context, checks []driver.Check, writes []driver.Write) (driver.Version, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	v, err := s.apply(checks, writes)
	if err == nil {
		s.watch.Notify(writes)
	}
	return v, err
}

func (s *Store) apply(checks []driver.Check, writes []driver.Write) (driver.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, driver.ErrClosed
	}
	for _, c := range checks {
		if s.root.get(c.Key).Version != c.Version {
			return 0, driver.ErrConflict
		}
	}
	s.version++
	for _, w := range writes {
		switch w.Kind {
		case driver.Put:
			s.root = s.root.put(driver.Record{Key: bytes.Clone(w.Key), Value: bytes.Clone(w.Value), Version: s.version})
		case driver.Delete:
			s.root = s.root.without(w.Key, append(bytes.Clone(w.Key), 0))
		case driver.DeleteRange:
			s.root = s.root.without(w.Key, w.End)
		}
	}
	return s.version, nil
}

// Watch signals commits that touch the prefix.
func (s *Store) Watch(ctx context.Context, prefix []byte) (<-chan struct{}, error) {
	return s.watch.Add(ctx, prefix)
}

// Close forgets everything.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.root, s.closed = nil, true
	s.watch.Close()
	return nil
}

type snapshot struct{ root *node }

func (s *snapshot) Get(key []byte) (driver.Record, error) { return s.root.get(key), nil }

func (s *snapshot) GetMany(keys [][]byte) ([]driver.Record, error) {
	recs := make([]driver.Record, len(keys))
	for i, k := range keys {
		recs[i] = s.root.get(k)
	}
	return recs, nil
}

func (s *snapshot) Scan(r driver.Range, reverse bool, limit int) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		left := limit
		s.root.walk(r, reverse, func(rec driver.Record) bool {
			left--
			return yield(rec, nil) && left != 0
		})
	}
}

func (s *snapshot) Durable(ctx context.Context) error { return ctx.Err() }

func (s *snapshot) Close() {}
