package pebblestore

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

const stripes = 1024

// locks orders commits that touch the same keys.
type locks struct {
	seed maphash.Seed
	// ranges is held for reading by commits of single keys, for writing by one
	// that deletes a range.
	ranges sync.RWMutex
	keys   [stripes]sync.Mutex
}

// take locks the keys of a commit and returns how to unlock them.
func (l *locks) take(checks []driver.Check, writes []driver.Write) (unlock func()) {
	for i := range writes {
		if writes[i].Kind == driver.DeleteRange {
			l.ranges.Lock()
			return l.ranges.Unlock
		}
	}
	held := make([]uint16, 0, len(checks)+len(writes))
	for i := range checks {
		held = append(held, l.stripe(checks[i].Key))
	}
	for i := range writes {
		held = append(held, l.stripe(writes[i].Key))
	}
	slices.Sort(held)
	held = slices.Compact(held)
	l.ranges.RLock()
	for _, i := range held {
		l.keys[i].Lock()
	}
	return func() {
		for _, i := range held {
			l.keys[i].Unlock()
		}
		l.ranges.RUnlock()
	}
}

func (l *locks) stripe(key []byte) uint16 {
	return uint16(maphash.Bytes(l.seed, key) % stripes)
}
