// Package driver is what a storage engine implements: ordered byte keys with
// versions, snapshot reads and one atomic commit with preconditions. Programs
// use package store, which adds transactions, key tuples and retries.
package driver

import (
	"context"
	"errors"
	"iter"
)

// ErrConflict is returned by Commit when a check failed. Nothing was written.
var ErrConflict = errors.New("store: conflict")

// ErrClosed is returned by every method after Close.
var ErrClosed = errors.New("store: closed")

// Version identifies one write of a key. 0 means absent. A key that is
// deleted and written again never gets a version it had before.
type Version uint64

// Record is one stored key. Key and Value must not be changed and stay valid
// after the snapshot is closed.
type Record struct {
	Key     []byte
	Value   []byte
	Version Version
}

// Check is a precondition of a commit: Key has exactly Version (0: absent).
type Check struct {
	Key     []byte
	Version Version
}

// Write is one effect of a commit.
type Write struct {
	Kind WriteKind
	Key  []byte
	// End is the exclusive end of a DeleteRange.
	End []byte
	// Value is the new value of a Put.
	Value []byte
}

// WriteKind says what a Write does.
type WriteKind uint8

// The kinds of write. The zero value is invalid.
const (
	Put WriteKind = iota + 1
	Delete
	DeleteRange
)

// Range is lo <= key < hi; a nil Hi has no upper end.
type Range struct{ Lo, Hi []byte }

// Store is a storage engine. All methods are safe for concurrent use.
type Store interface {
	// View opens a snapshot of everything committed before the call.
	View(ctx context.Context) (Snapshot, error)
	// Commit applies all writes or none, in their order: a Put after a
	// DeleteRange over its key stays. It returns after they are durable, with
	// the version that the written keys now have. ErrConflict: a check
	// failed, nothing was written. Checks and writes are at most a few
	// hundred; a key appears at most once among the puts and deletes.
	Commit(ctx context.Context, checks []Check, writes []Write) (Version, error)
	// Watch returns a channel that receives (without blocking, at most one
	// pending) after every commit that wrote a key with the prefix. It is
	// closed when ctx ends.
	Watch(ctx context.Context, prefix []byte) (<-chan struct{}, error)
	// Close releases the engine; open snapshots must be closed before.
	Close() error
}

// Applier is a Store that can let go of a commit before it is durable, so
// that many commits on one key share one sync.
type Applier interface {
	Store
	// Apply is Commit without the wait. When err is nil, the writes are
	// visible to every later snapshot and will be durable before any later
	// commit, but may not be durable yet: nothing may be told about them
	// before wait returned nil. wait must be called exactly once.
	Apply(ctx context.Context, checks []Check, writes []Write) (v Version, wait func() error, err error)
}

// Snapshot is a consistent read view. It must be closed.
type Snapshot interface {
	// Get returns the record of key; a Version of 0 if it is absent.
	Get(key []byte) (Record, error)
	// GetMany returns one record a key, in the order of keys.
	GetMany(keys [][]byte) ([]Record, error)
	// Scan yields records of r in key order (descending if reverse), at most
	// limit (0: no limit). Iteration may be stopped at any time.
	Scan(r Range, reverse bool, limit int) iter.Seq2[Record, error]
	// Durable returns when everything this snapshot returned so far would be
	// there again after a crash. A reader calls it before it answers.
	Durable(ctx context.Context) error
	Close()
}
