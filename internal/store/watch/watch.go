// Package watch keeps the channels of Watch for the storage engines.
//
// May import: driver.
package watch

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// Set is a set of watched prefixes. The zero value is empty and ready; it is
// safe for concurrent use.
type Set struct {
	mu       sync.Mutex
	watchers atomic.Pointer[[]*watcher]
	closed   bool
}

type watcher struct {
	prefix []byte
	ch     chan struct{}
}

// Add returns a channel that receives after each Notify about a key with the
// prefix; at most one signal is pending. It is closed when ctx or the set
// ends.
func (s *Set) Add(ctx context.Context, prefix []byte) (<-chan struct{}, error) {
	w := &watcher{prefix: bytes.Clone(prefix), ch: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, driver.ErrClosed
	}
	s.replace(append(s.list(), w))
	context.AfterFunc(ctx, func() { s.remove(w) })
	return w.ch, nil
}

// list returns a copy of the present watchers.
func (s *Set) list() []*watcher {
	if p := s.watchers.Load(); p != nil {
		return append([]*watcher(nil), *p...)
	}
	return nil
}

func (s *Set) replace(ws []*watcher) { s.watchers.Store(&ws) }

func (s *Set) remove(gone *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keep []*watcher
	for _, w := range s.list() {
		if w != gone {
			keep = append(keep, w)
		} else {
			close(w.ch)
		}
	}
	s.replace(keep)
}

// Notify signals the watchers of every key that was written.
func (s *Set) Notify(writes []driver.Write) {
	p := s.watchers.Load()
	if p == nil || len(*p) == 0 {
		return
	}
	// Sending needs the lock, so that no channel is closed under it.
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.list() {
		for i := range writes {
			if touches(&writes[i], w.prefix) {
				select {
				case w.ch <- struct{}{}:
				default:
				}
				break
			}
		}
	}
}

// touches says whether a write may have changed a key with the prefix.
func touches(w *driver.Write, prefix []byte) bool {
	if bytes.HasPrefix(w.Key, prefix) {
		return true
	}
	if w.Kind != driver.DeleteRange {
		return false
	}
	// The range reaches into the prefix if it begins before it and does not
	// end before it.
	return bytes.Compare(w.Key, prefix) <= 0 && (w.End == nil || bytes.Compare(w.End, prefix) > 0)
}

// Close closes every channel; later Adds fail.
func (s *Set) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, w := range s.list() {
		close(w.ch)
	}
	s.replace(nil)
}
