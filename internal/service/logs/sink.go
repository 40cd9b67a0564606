package logs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// Event is one record of a function's log. It is an alias of a plain struct so
// that packages that do not know each other agree on it.
type Event = struct {
	Time time.Time
	Text string
}

const (
	flushTime  = 200 * time.Millisecond
	flushBytes = 1 << 20
	// maxPendingBytes bounds what waits in memory. What comes beyond it is
	// dropped and counted: functions must not be slowed down by their output.
	maxPendingBytes = 32 << 20
	maxFlushStreams = 100
)

// sink gathers events until they are written.
type sink struct {
	mu      sync.Mutex
	pending map[streamName]*batch
	order   []streamName
	bytes   int
	full    chan struct{}
	flush   sync.Mutex // one writer at a time keeps the order
}

type streamName struct{ group, stream string }

type batch struct {
	events  []event
	dropped int
}

// Put takes events of a function's stream; group and stream are made when they
// are written. It never waits for storage.
func (s *Service) Put(group, stream string, events []Event) {
	if len(events) == 0 || group == "" || stream == "" {
		return
	}
	now := s.now()
	name := streamName{group, stream}
	converted := make([]event, 0, len(events))
	k := &s.sink
	k.mu.Lock()
	b := k.pending[name]
	if b == nil {
		if k.pending == nil {
			k.pending = map[streamName]*batch{}
		}
		b = &batch{}
		k.pending[name] = b
		k.order = append(k.order, name)
	}
	for _, e := range events {
		if e.Text == "" {
			continue
		}
		if k.bytes > maxPendingBytes {
			b.dropped++
			continue
		}
		k.bytes += len(e.Text) + eventOverhead
		converted = append(converted, event{e.Time.UnixMilli(), now, e.Text})
	}
	b.events = append(b.events, converted...)
	full := k.bytes > flushBytes
	k.mu.Unlock()
	if full {
		select {
		case k.full <- struct{}{}:
		default:
		}
	}
	s.tails.send(group, stream, converted)
}

// writeLoop writes what Put took.
func (s *Service) writeLoop(ctx context.Context) {
	tick := time.NewTicker(flushTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.sink.full:
		}
		if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("write function logs", "error", err)
		}
	}
}

// Flush writes everything Put took before the call.
func (s *Service) Flush(ctx context.Context) error {
	k := &s.sink
	k.flush.Lock()
	defer k.flush.Unlock()
	for {
		k.mu.Lock()
		names := k.order[:min(len(k.order), maxFlushStreams)]
		batches := make([]*batch, len(names))
		taken := 0
		for i, n := range names {
			batches[i] = k.pending[n]
			delete(k.pending, n)
			for _, e := range batches[i].events {
				taken += len(e.text) + eventOverhead
			}
		}
		k.order = k.order[len(names):]
		k.mu.Unlock()
		if len(names) == 0 {
			return nil
		}
		err := s.writeBatches(ctx, names, batches)
		k.mu.Lock()
		k.bytes -= taken
		k.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// writeBatches writes one commit of many streams.
func (s *Service) writeBatches(ctx context.Context, names []streamName, batches []*batch) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		for i, n := range names {
			events := batches[i].events
			if d := batches[i].dropped; d > 0 {
				now := s.now()
				events = append(events[:len(events):len(events)], event{now, now, fmt.Sprintf("Bawn: %d log events were dropped, they came faster than they could be written", d)})
			}
			g, err := store.GetJSON[groupRecord](tx, s.key("group", n.group))
			if err != nil {
				return err
			}
			if g == nil {
				if err := store.PutJSON(tx, s.key("group", n.group), &groupRecord{Name: n.group, Created: s.now()}); err != nil {
					return err
				}
			}
			rec, err := store.GetJSON[streamRecord](tx, s.key("stream", n.group, n.stream))
			if err != nil {
				return err
			}
			if rec == nil {
				rec = s.newStream(n.stream)
			}
			if err := s.write(tx, n.group, rec, events); err != nil {
				return err
			}
		}
		return nil
	})
}
