package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// maxAttempts bounds how often Update runs its function.
const maxAttempts = 40

// ErrReadOnly is returned by a View whose function tried to write.
var ErrReadOnly = errors.New("store: write in a read-only view")

// DB runs transactions over an engine. It is safe for concurrent use.
type DB struct {
	engine driver.Store
	queues *queues
}

// New returns a DB over an engine, which it owns from now on (see Close).
func New(engine driver.Store) *DB {
	return &DB{engine: engine, queues: newQueues()}
}

// Engine returns the engine, for tests and for tools that copy it.
func (db *DB) Engine() driver.Store { return db.engine }

// Close closes the engine.
func (db *DB) Close() error { return db.engine.Close() }

// Watch returns a channel that receives after every commit that wrote a key
// at or under prefix; signals are merged (at most one is pending). It is closed
// when ctx ends.
func (db *DB) Watch(ctx context.Context, prefix Key) (<-chan struct{}, error) {
	return db.engine.Watch(ctx, prefix)
}

// View runs fn on a snapshot. Everything fn read is durable when View returns.
// The Tx must not be used after fn returned.
func (db *DB) View(ctx context.Context, fn func(tx *Tx) error) error {
	snap, err := db.engine.View(ctx)
	if err != nil {
		return fmt.Errorf("open a snapshot: %w", err)
	}
	defer snap.Close()
	tx := &Tx{snap: snap, readOnly: true}
	defer tx.end()
	err = fn(tx)
	if err == nil {
		err = tx.err
	}
	return settle(ctx, snap, err)
}

// Update runs fn and commits what it wrote, if everything it read with Get is
// unchanged; otherwise fn runs again on a newer snapshot, so fn must be
// repeatable: no effects outside the Tx that matter twice. If fn returns an
// error, nothing is written and Update returns that error. After a bounded
// number of conflicts it gives up with an error that wraps
// driver.ErrConflict.
//
// The first run takes no lock. Further runs hold in-process locks of the keys
// the run before had read, so writers of one hot key queue instead of
// undoing each other's work. Where a key is known to be hot, UpdateKeys
// queues from the start.
func (db *DB) Update(ctx context.Context, fn func(tx *Tx) error) error {
	return db.update(ctx, nil, fn)
}

// UpdateKeys is Update under in-process locks of the given keys, from before
// the snapshot until the commit is ordered (not until it is durable: commits
// of a hot key share syncs). The locks are a matter of speed only; what is
// right is decided by the checks. So fn should not start another Update: one
// on the same keys would find them locked, and go on without after a while.
func (db *DB) UpdateKeys(ctx context.Context, keys []Key, fn func(tx *Tx) error) error {
	return db.update(ctx, db.queues.of(nil, keys), fn)
}

func (db *DB) update(ctx context.Context, locked []int, fn func(tx *Tx) error) error {
	for n := 1; ; n++ {
		read, err := db.attempt(ctx, locked, fn)
		if !errors.Is(err, driver.ErrConflict) {
			return err
		}
		if n == maxAttempts {
			return fmt.Errorf("gave up after %d attempts: %w", n, err)
		}
		locked = db.queues.of(locked, read)
		if err := pause(ctx, n); err != nil {
			return err
		}
	}
}

// attempt runs fn once. It returns the keys that were read, for the next
// attempt to lock.
func (db *DB) attempt(ctx context.Context, locked []int, fn func(tx *Tx) error) (read []Key, err error) {
	wait, read, err := db.ordered(ctx, locked, fn)
	if err == nil && wait != nil {
		err = wait()
	}
	return read, err
}

// ordered runs fn and commits under the locks. wait, if not nil, must be
// called for durability once the locks are free.
func (db *DB) ordered(ctx context.Context, locked []int, fn func(tx *Tx) error) (wait func() error, read []Key, err error) {
	unlock, err := db.queues.enter(ctx, locked)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	snap, err := db.engine.View(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("open a snapshot: %w", err)
	}
	tx := &Tx{snap: snap}
	settled := false
	defer func() {
		tx.end()
		if !settled {
			snap.Close()
		}
	}()
	err = fn(tx)
	if err == nil {
		err = tx.err
	}
	writes := tx.commitWrites()
	if err != nil || len(writes) == 0 {
		// The outcome rests on reads alone; it is told after they are durable,
		// and the locks need not wait for that.
		settled = true
		fnErr := err
		return func() error {
			defer snap.Close()
			return settle(ctx, snap, fnErr)
		}, nil, nil
	}
	checks := tx.commitChecks()
	if a, ok := db.engine.(driver.Applier); ok {
		_, wait, err = a.Apply(ctx, checks, writes)
	} else {
		_, err = db.engine.Commit(ctx, checks, writes)
	}
	if errors.Is(err, driver.ErrConflict) {
		return nil, tx.readKeys(), err
	}
	if err != nil {
		return nil, nil, fmt.Errorf("commit: %w", err)
	}
	return wait, nil, nil
}

// settle waits until what snap returned is durable, then returns err.
func settle(ctx context.Context, snap driver.Snapshot, err error) error {
	if derr := snap.Durable(ctx); derr != nil {
		return fmt.Errorf("wait for durability: %w", derr)
	}
	return err
}

// pause waits a random time that grows with the attempt, at most about 8 ms.
func pause(ctx context.Context, attempt int) error {
	limit := 50 * time.Microsecond << min(attempt, 7)
	t := time.NewTimer(rand.N(limit))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
