package store

import (
	"context"
	"hash/maphash"
	"slices"
	"time"
)

// stripes is how many queues the keys share.
const stripes = 512

// patience bounds how long an update waits for a queue. A lock that is held
// for longer belongs to a function that waits for something else, perhaps for
// this very update; going on without it is slower, but right.
const patience = 500 * time.Millisecond

// queues let updates of the same keys wait for each other. They are a matter
// of speed: updates that ignore them are still kept apart by their checks.
type queues struct {
	seed maphash.Seed
	// locks are taken by sending.
	locks [stripes]chan struct{}
}

func newQueues() *queues {
	q := &queues{seed: maphash.MakeSeed()}
	for i := range q.locks {
		q.locks[i] = make(chan struct{}, 1)
	}
	return q
}

// of adds the queue numbers of keys to those in locked, sorted and unique, so
// that everyone takes them in one order.
func (q *queues) of(locked []int, keys []Key) []int {
	out := slices.Clone(locked)
	for _, k := range keys {
		out = append(out, int(maphash.Bytes(q.seed, k)%stripes))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// enter waits for the queues in the given order.
func (q *queues) enter(ctx context.Context, numbers []int) (leave func(), err error) {
	if len(numbers) == 0 {
		return func() {}, nil
	}
	held := make([]int, 0, len(numbers))
	leave = func() {
		for _, i := range held {
			<-q.locks[i]
		}
	}
	for _, i := range numbers {
		got, err := q.lock(ctx, i)
		if err != nil {
			leave()
			return nil, err
		}
		if got {
			held = append(held, i)
		}
	}
	return leave, nil
}

// lock takes one queue, or gives up after a while.
func (q *queues) lock(ctx context.Context, i int) (got bool, err error) {
	select {
	case q.locks[i] <- struct{}{}:
		return true, nil
	default:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case q.locks[i] <- struct{}{}:
		return true, nil
	case <-t.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
