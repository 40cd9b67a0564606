package logs

import (
	"context"
	"sync"
	"time"
)

// Tailed is an event of a live subscription.
type Tailed struct {
	Stream string
	Time   time.Time
	Text   string
}

// tails are the live subscriptions.
type tails struct {
	mu   sync.Mutex
	subs map[string]map[chan Tailed]struct{} // by group
}

// tailBuffer is how many events a subscriber may be behind before it misses some.
const tailBuffer = 1024

// Tail returns a channel of the events that come into a group from now on,
// until ctx ends; then it is closed. A reader that is too slow misses events.
func (s *Service) Tail(ctx context.Context, group string) <-chan Tailed {
	ch := make(chan Tailed, tailBuffer)
	t := &s.tails
	t.mu.Lock()
	if t.subs == nil {
		t.subs = map[string]map[chan Tailed]struct{}{}
	}
	if t.subs[group] == nil {
		t.subs[group] = map[chan Tailed]struct{}{}
	}
	t.subs[group][ch] = struct{}{}
	t.mu.Unlock()
	context.AfterFunc(ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.subs[group], ch)
		if len(t.subs[group]) == 0 {
			delete(t.subs, group)
		}
		close(ch)
	})
	return ch
}

func (t *tails) send(group, stream string, events []event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ch := range t.subs[group] {
		for _, e := range events {
			select {
			case ch <- Tailed{stream, time.UnixMilli(e.time), e.text}:
			default:
			}
		}
	}
}
