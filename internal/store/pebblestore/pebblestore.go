package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/watch"
)

// deleteFlushDelay is how long a range delete stays in memory at most.
const deleteFlushDelay = 10 * time.Second

// versionSize is the length of the version in front of each value.
const versionSize = 8

// dataSpace is the first byte of every stored key of a record, and dataEnd the
// first key past them all.
const dataSpace = 0x01

var (
	nextKey = []byte("\x00next")
	dataEnd = []byte{dataSpace + 1}
)

// Store is a driver.Store on disk. Made by Open.
type Store struct {
	db    *pebble.DB
	lock  *pebble.Lock
	locks locks
	marks *watermark
	watch watch.Set
	views views

	life   sync.RWMutex // guards closed
	closed bool
	users  sync.WaitGroup // calls and snapshots under way
}

// enter registers a user of the store; users.Done must follow.
func (s *Store) enter() error {
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return driver.ErrClosed
	}
	s.users.Add(1)
	return nil
}

// Commit applies the writes if every check holds, and waits until they are
// durable.
func (s *Store) Commit(ctx context.Context, checks []driver.Check, writes []driver.Write) (driver.Version, error) {
	v, wait, err := s.Apply(ctx, checks, writes)
	if err != nil {
		return 0, err
	}
	if err := wait(); err != nil {
		return 0, err
	}
	return v, nil
}

// Apply applies the writes if every check holds; wait returns when they are
// durable.
func (s *Store) Apply(ctx context.Context, checks []driver.Check, writes []driver.Write) (driver.Version, func() error, error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	if err := s.enter(); err != nil {
		return 0, nil, err
	}
	v, wait, err := s.order(checks, writes)
	if err != nil {
		s.users.Done()
		return 0, nil, err
	}
	return v, func() error {
		defer s.users.Done()
		if err := wait(); err != nil {
			return fmt.Errorf("the store failed to reach the disk: %w", err)
		}
		s.watch.Notify(writes)
		return nil
	}, nil
}

// order does the part of a commit that needs the locks.
func (s *Store) order(checks []driver.Check, writes []driver.Write) (driver.Version, func() error, error) {
	defer s.locks.take(checks, writes)()
	for i := range checks {
		if err := s.check(&checks[i]); err != nil {
			return 0, nil, err
		}
	}
	if len(writes) == 0 {
		v := s.marks.last()
		return v, func() error { return s.marks.wait(v) }, nil
	}
	flight, err := s.marks.begin(deletes(writes))
	if err != nil {
		return 0, nil, err
	}
	batch := s.db.NewBatchWithSize(batchSize(writes))
	if err := fill(batch, writes, flight.version); err != nil {
		// Nothing was handed over: the version stays unused.
		return 0, nil, errors.Join(err, s.marks.land(flight, nil))
	}
	if err := s.db.ApplyNoSyncWait(batch, pebble.Sync); err != nil {
		return 0, nil, s.marks.land(flight, err)
	}
	s.views.outdate()
	return driver.Version(flight.version), func() error {
		err := s.marks.land(flight, batch.SyncWait())
		if err == nil {
			err = batch.Close()
		}
		return err
	}, nil
}

func (s *Store) check(c *driver.Check) error {
	value, closer, err := s.db.Get(dataKey(c.Key))
	if errors.Is(err, pebble.ErrNotFound) {
		if c.Version != 0 {
			return driver.ErrConflict
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer closer.Close()
	if len(value) < versionSize {
		return errShort
	}
	if driver.Version(binary.BigEndian.Uint64(value)) != c.Version {
		return driver.ErrConflict
	}
	return nil
}

func deletes(writes []driver.Write) bool {
	for i := range writes {
		if writes[i].Kind != driver.Put {
			return true
		}
	}
	return false
}

// batchSize estimates the encoded size of a batch.
func batchSize(writes []driver.Write) int {
	n := 12
	for i := range writes {
		n += len(writes[i].Key) + len(writes[i].End) + len(writes[i].Value) + versionSize + 16
	}
	return n
}

func fill(batch *pebble.Batch, writes []driver.Write, version uint64) error {
	for i := range writes {
		w := &writes[i]
		switch w.Kind {
		case driver.Put:
			// Written in place: no copy of the value but the one into the batch.
			op := batch.SetDeferred(1+len(w.Key), versionSize+len(w.Value))
			op.Key[0] = dataSpace
			copy(op.Key[1:], w.Key)
			binary.BigEndian.PutUint64(op.Value, version)
			copy(op.Value[versionSize:], w.Value)
			if err := op.Finish(); err != nil {
				return err
			}
		case driver.Delete:
			op := batch.DeleteDeferred(1 + len(w.Key))
			op.Key[0] = dataSpace
			copy(op.Key[1:], w.Key)
			if err := op.Finish(); err != nil {
				return err
			}
		case driver.DeleteRange:
			if err := batch.DeleteRange(dataKey(w.Key), upperKey(w.End), nil); err != nil {
				return err
			}
		default:
			return fmt.Errorf("write of kind %d", w.Kind)
		}
	}
	return nil
}

// dataKey returns the stored key of a record.
func dataKey(key []byte) []byte {
	return append(append(make([]byte, 0, 1+len(key)), dataSpace), key...)
}

// upperKey returns the stored form of a range's end.
func upperKey(end []byte) []byte {
	if end == nil {
		return dataEnd
	}
	return dataKey(end)
}

// Watch signals commits that touch the prefix, once they are durable.
func (s *Store) Watch(ctx context.Context, prefix []byte) (<-chan struct{}, error) {
	return s.watch.Add(ctx, prefix)
}

// Close waits for calls and snapshots under way and releases the folder.
func (s *Store) Close() error {
	s.life.Lock()
	closed := s.closed
	s.closed = true
	s.life.Unlock()
	if closed {
		return driver.ErrClosed
	}
	s.users.Wait()
	s.views.outdate()
	s.watch.Close()
	return errors.Join(s.db.Close(), s.lock.Close())
}
