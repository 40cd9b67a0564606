package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

var errShort = errors.New("a stored value has no version")

// snapshot is a driver.Snapshot. It is used by one goroutine at a time.
type snapshot struct {
	store *Store
	*view
	// seen must be durable before anything read here is told.
	seen driver.Version
}

// View opens a snapshot. Close of the store waits for it.
func (s *Store) View(ctx context.Context) (driver.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	return &snapshot{store: s, view: s.views.open(s.newView)}, nil
}

func (s *snapshot) saw(v driver.Version) { s.seen = max(s.seen, v) }

func (s *snapshot) Get(key []byte) (driver.Record, error) {
	var scratch [128]byte
	value, closer, err := s.snap.Get(append(append(scratch[:0], dataSpace), key...))
	if errors.Is(err, pebble.ErrNotFound) {
		s.saw(s.deleted)
		return driver.Record{}, nil
	}
	if err != nil {
		return driver.Record{}, fmt.Errorf("read a record: %w", err)
	}
	defer closer.Close()
	if len(value) < versionSize {
		return driver.Record{}, errShort
	}
	v := driver.Version(binary.BigEndian.Uint64(value))
	s.saw(v)
	return driver.Record{Key: key, Value: bytes.Clone(value[versionSize:]), Version: v}, nil
}

func (s *snapshot) GetMany(keys [][]byte) ([]driver.Record, error) {
	recs := make([]driver.Record, len(keys))
	for i, k := range keys {
		var err error
		if recs[i], err = s.Get(k); err != nil {
			return nil, err
		}
	}
	return recs, nil
}

func (s *snapshot) Scan(r driver.Range, reverse bool, limit int) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		if err := s.scan(r, reverse, limit, yield); err != nil {
			yield(driver.Record{}, fmt.Errorf("scan: %w", err))
		}
	}
}

func (s *snapshot) scan(r driver.Range, reverse bool, limit int, yield func(driver.Record, error) bool) error {
	s.saw(s.deleted)
	if r.Hi != nil && bytes.Compare(r.Lo, r.Hi) >= 0 {
		return nil
	}
	it, err := s.snap.NewIter(&pebble.IterOptions{LowerBound: dataKey(r.Lo), UpperBound: upperKey(r.Hi)})
	if err != nil {
		return err
	}
	// Its error is also that of it.Error, unless the scan was stopped.
	defer func() { _ = it.Close() }()
	first, next := it.First, it.Next
	if reverse {
		first, next = it.Last, it.Prev
	}
	for ok, n := first(), 1; ok; ok, n = next(), n+1 {
		rec, err := record(it)
		if err != nil {
			return err
		}
		s.saw(rec.Version)
		if !yield(rec, nil) || n == limit {
			return nil
		}
	}
	return it.Error()
}

// record copies the record an iterator stands on, in one piece of memory.
func record(it *pebble.Iterator) (driver.Record, error) {
	value, err := it.ValueAndErr()
	if err != nil {
		return driver.Record{}, err
	}
	if len(value) < versionSize {
		return driver.Record{}, errShort
	}
	key := it.Key()[1:]
	buf := make([]byte, 0, len(key)+len(value)-versionSize)
	buf = append(append(buf, key...), value[versionSize:]...)
	return driver.Record{
		Key:     buf[:len(key):len(key)],
		Value:   buf[len(key):],
		Version: driver.Version(binary.BigEndian.Uint64(value)),
	}, nil
}

// Durable waits until what was read is on disk. It does not look at ctx: the
// wait is that of one sync under way.
func (s *snapshot) Durable(context.Context) error { return s.store.marks.wait(s.seen) }

func (s *snapshot) Close() {
	s.store.views.close(s.view)
	s.store.users.Done()
}
