package cognitoidp

import (
	"context"
	"sync/atomic"
)

// processor bounds the work that takes a millisecond of a core: modular
// exponentiations and signatures. One slot a core, a bounded queue, and then
// TooManyRequestsException: otherwise a few hundred sign-ins a second starve
// everything else.
type processor struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
}

func newProcessor(slots, queue int) *processor {
	return &processor{slots: make(chan struct{}, slots), queue: int64(queue)}
}

// do runs fn in a slot. It refuses when the queue is full and gives up waiting
// when ctx ends.
func (p *processor) do(ctx context.Context, fn func() error) error {
	select {
	case p.slots <- struct{}{}:
	default:
		if p.waiting.Add(1) > p.queue {
			p.waiting.Add(-1)
			return tooManyRequests()
		}
		select {
		case p.slots <- struct{}{}:
			p.waiting.Add(-1)
		case <-ctx.Done():
			p.waiting.Add(-1)
			return ctx.Err()
		}
	}
	defer func() { <-p.slots }()
	return fn()
}
