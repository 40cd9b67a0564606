package pebblestore

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// view is one snapshot of Pebble's, used by any number of readers at once.
type view struct {
	snap *pebble.Snapshot
	// deleted is the last removal the snapshot may reflect.
	deleted driver.Version
	// users counts readers, and views itself while the view is the latest.
	users int
	// epoch is how many commits were ordered before it was made.
	epoch uint64
}

// views lets readers share a view while nothing is written in between: making
// and closing one costs as much as a read.
type views struct {
	mu     sync.Mutex
	epoch  uint64
	latest *view
}

func (s *Store) newView() *view {
	v := &view{snap: s.db.NewSnapshot()}
	// A removal that the snapshot reflects was registered before it was
	// applied, so reading the mark afterwards cannot miss it.
	v.deleted = driver.Version(s.marks.deleted.Load())
	return v
}

// open returns a view that has every commit ordered before the call: the
// latest one if there was none since, else one that make gives.
func (v *views) open(make func() *view) *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.latest != nil && v.latest.epoch == v.epoch {
		v.latest.users++
		return v.latest
	}
	fresh := make()
	fresh.epoch, fresh.users = v.epoch, 2
	v.drop()
	v.latest = fresh
	return fresh
}

// outdate is called after a commit became visible and before anybody is told
// of it: from then on the latest view is too old. It is let go, so that it does
// not keep old records alive.
func (v *views) outdate() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.epoch++
	v.drop()
}

func (v *views) drop() {
	if v.latest != nil {
		v.release(v.latest)
		v.latest = nil
	}
}

func (v *views) close(one *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.release(one)
}

func (v *views) release(one *view) {
	if one.users--; one.users == 0 {
		// It only fails when it is closed already.
		_ = one.snap.Close()
	}
}
