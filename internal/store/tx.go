package store

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"sort"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// Tx is one run of a View's or Update's function. It is not safe for
// concurrent use and must not be used after the function returned. Values it
// returns must not be changed; they stay valid.
type Tx struct {
	snap     driver.Snapshot
	readOnly bool
	ended    bool
	// err is the first misuse by a method without an error result; it fails
	// the transaction.
	err error
	// reads maps each key that was read to the version it had.
	reads map[string]driver.Version
	// puts holds pending puts and deletes, cleared ranges before them.
	puts    map[string]pending
	cleared []driver.Range
}

// pending is a buffered put, or a delete.
type pending struct {
	value   []byte
	deleted bool
}

var errEnded = errors.New("store: use of a transaction after its end")

func (tx *Tx) end() { tx.ended = true }

// Get returns the value of key and whether it is present. In an Update the
// commit will fail if the key has changed by then, present or not.
func (tx *Tx) Get(key Key) (value []byte, ok bool, err error) {
	if tx.ended {
		return nil, false, errEnded
	}
	if rec, ok := tx.own(key); ok {
		return rec.value, !rec.deleted, nil
	}
	rec, err := tx.snap.Get(key)
	if err != nil {
		return nil, false, fmt.Errorf("get %s: %w", key, err)
	}
	tx.checked(key, rec.Version)
	return rec.Value, rec.Version != 0, nil
}

// GetMany returns one value a key, in their order; nil for an absent key (an
// empty value is empty, not nil). It counts as a Get of each.
func (tx *Tx) GetMany(keys []Key) ([][]byte, error) {
	if tx.ended {
		return nil, errEnded
	}
	values := make([][]byte, len(keys))
	var ask [][]byte
	var at []int
	for i, k := range keys {
		if p, ok := tx.own(k); !ok {
			ask, at = append(ask, k), append(at, i)
		} else if !p.deleted {
			values[i] = nonNil(p.value)
		}
	}
	if len(ask) == 0 {
		return values, nil
	}
	recs, err := tx.snap.GetMany(ask)
	if err != nil {
		return nil, fmt.Errorf("get %d keys: %w", len(ask), err)
	}
	for i, rec := range recs {
		tx.checked(ask[i], rec.Version)
		if rec.Version != 0 {
			values[at[i]] = nonNil(rec.Value)
		}
	}
	return values, nil
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Put sets key to value, which must not be changed afterwards. A key over
// MaxKeySize or a value over MaxValueSize fails the transaction at its end.
func (tx *Tx) Put(key Key, value []byte) {
	if len(value) > MaxValueSize {
		tx.fail(fmt.Errorf("store: value of %d bytes is over the limit of %d", len(value), MaxValueSize))
	}
	tx.write(key, pending{value: value})
}

// Delete removes key; one that is absent stays absent.
func (tx *Tx) Delete(key Key) { tx.write(key, pending{deleted: true}) }

func (tx *Tx) write(key Key, p pending) {
	switch {
	case tx.ended:
		tx.fail(errEnded)
	case tx.readOnly:
		tx.fail(ErrReadOnly)
	case len(key) == 0 || len(key) > MaxKeySize:
		tx.fail(fmt.Errorf("store: key of %d bytes: 1 to %d are possible", len(key), MaxKeySize))
	default:
		if tx.puts == nil {
			tx.puts = map[string]pending{}
		}
		tx.puts[string(key)] = p
	}
}

// DeleteRange removes every key of lo <= key < hi, also those this
// transaction put; a nil hi has no upper end. It is one cheap write whatever
// lies in the range.
func (tx *Tx) DeleteRange(lo, hi []byte) {
	switch {
	case tx.ended:
		tx.fail(errEnded)
		return
	case tx.readOnly:
		tx.fail(ErrReadOnly)
		return
	case hi != nil && bytes.Compare(lo, hi) >= 0:
		return
	}
	for k := range tx.puts {
		if within([]byte(k), lo, hi) {
			delete(tx.puts, k)
		}
	}
	tx.cleared = append(tx.cleared, driver.Range{Lo: lo, Hi: hi})
}

func (tx *Tx) fail(err error) {
	if tx.err == nil {
		tx.err = err
	}
}

// Scan yields the records of lo <= key < hi (nil hi: no upper end) in key
// order, descending if reverse, at most limit (0: all). It sees this
// transaction's writes made before the call, with Version 0. A scan is
// not checked at commit; see the package comment for how to guard a range.
func (tx *Tx) Scan(lo, hi []byte, reverse bool, limit int) iter.Seq2[driver.Record, error] {
	if tx.ended {
		return func(yield func(driver.Record, error) bool) { yield(driver.Record{}, errEnded) }
	}
	r := driver.Range{Lo: lo, Hi: hi}
	if len(tx.puts) == 0 && len(tx.cleared) == 0 {
		return tx.snap.Scan(r, reverse, limit)
	}
	mine, cleared := tx.pendingIn(r, reverse), tx.cleared
	return func(yield func(driver.Record, error) bool) {
		overlay(tx.snap.Scan(r, reverse, 0), mine, cleared, reverse, limit, yield)
	}
}

// ownRecord is a pending write of one key, for merging into a scan.
type ownRecord struct {
	key string
	pending
}

// overlay merges the records of base with pending writes: mine in scan order,
// cleared ranges hiding what base has in them.
func overlay(base iter.Seq2[driver.Record, error], mine []ownRecord, cleared []driver.Range, reverse bool, limit int, yield func(driver.Record, error) bool) {
	left := limit
	emit := func(rec driver.Record) bool {
		left--
		return yield(rec, nil) && left != 0
	}
	emitOwn := func(o ownRecord) bool {
		return o.deleted || emit(driver.Record{Key: []byte(o.key), Value: o.value})
	}
	for rec, err := range base {
		if err != nil {
			yield(driver.Record{}, err)
			return
		}
		replaced := false
		for len(mine) > 0 && before([]byte(mine[0].key), rec.Key, reverse) {
			replaced = mine[0].key == string(rec.Key)
			if !emitOwn(mine[0]) {
				return
			}
			mine = mine[1:]
		}
		if !replaced && !inRanges(rec.Key, cleared) && !emit(rec) {
			return
		}
	}
	for _, o := range mine {
		if !emitOwn(o) {
			return
		}
	}
}

// pendingIn returns the written keys inside r in scan order.
func (tx *Tx) pendingIn(r driver.Range, reverse bool) []ownRecord {
	var own []ownRecord
	for k, p := range tx.puts {
		if within([]byte(k), r.Lo, r.Hi) {
			own = append(own, ownRecord{k, p})
		}
	}
	sort.Slice(own, func(i, j int) bool { return (own[i].key < own[j].key) != reverse })
	return own
}

func inRanges(key []byte, ranges []driver.Range) bool {
	for _, r := range ranges {
		if within(key, r.Lo, r.Hi) {
			return true
		}
	}
	return false
}

// before says whether a comes no later than b in scan order.
func before(a, b []byte, reverse bool) bool {
	if reverse {
		return bytes.Compare(a, b) >= 0
	}
	return bytes.Compare(a, b) <= 0
}

func within(key, lo, hi []byte) bool {
	return bytes.Compare(key, lo) >= 0 && (hi == nil || bytes.Compare(key, hi) < 0)
}

// own returns what this transaction itself did to key, if anything.
func (tx *Tx) own(key []byte) (pending, bool) {
	if p, ok := tx.puts[string(key)]; ok {
		return p, true
	}
	if inRanges(key, tx.cleared) {
		return pending{deleted: true}, true
	}
	return pending{}, false
}

func (tx *Tx) checked(key []byte, v driver.Version) {
	if tx.readOnly {
		return
	}
	if tx.reads == nil {
		tx.reads = map[string]driver.Version{}
	}
	tx.reads[string(key)] = v
}

func (tx *Tx) commitChecks() []driver.Check {
	checks := make([]driver.Check, 0, len(tx.reads))
	for k, v := range tx.reads {
		checks = append(checks, driver.Check{Key: []byte(k), Version: v})
	}
	return checks
}

func (tx *Tx) readKeys() []Key {
	keys := make([]Key, 0, len(tx.reads))
	for k := range tx.reads {
		keys = append(keys, Key(k))
	}
	return keys
}

// commitWrites lists cleared ranges first: a put inside one came after it.
func (tx *Tx) commitWrites() []driver.Write {
	writes := make([]driver.Write, 0, len(tx.cleared)+len(tx.puts))
	for _, r := range tx.cleared {
		writes = append(writes, driver.Write{Kind: driver.DeleteRange, Key: r.Lo, End: r.Hi})
	}
	for k, p := range tx.puts {
		w := driver.Write{Kind: driver.Put, Key: []byte(k), Value: p.value}
		if p.deleted {
			w = driver.Write{Kind: driver.Delete, Key: []byte(k)}
		}
		writes = append(writes, w)
	}
	return writes
}
