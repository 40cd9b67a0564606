package postgresstore

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// maxLocks is how many locks a commit takes by itself; one with more takes the
// lock of all. The server has room for max_locks_per_transaction (64) times
// max_connections.
const maxLocks = 64

// commitCall is one commit, ready to be sent as often as needed.
type commitCall struct {
	// params are those of the function from p_all on.
	params [][]byte
	// writes is false for a commit of checks alone; ranges says that some
	// writes delete ranges.
	writes, ranges bool
}

// paramAlone is the position of p_alone among the function's parameters.
const paramAlone = 5

// newCall brings a commit into the function's form: the range deletes first,
// then deletes and puts, without those that a later range delete undoes.
func (s *Store) newCall(checks []driver.Check, writes []driver.Write) (*commitCall, error) {
	var puts, values, deletes, ranges columns
	size := 0
	for i := range writes {
		w := &writes[i]
		size += len(w.Key) + len(w.End) + len(w.Value)
		switch w.Kind {
		case driver.Put:
			if !undone(w.Key, writes[i+1:]) {
				puts.key(w.Key)
				values.one(nonNil(w.Value))
			}
		case driver.Delete:
			deletes.key(w.Key)
		case driver.DeleteRange:
			if w.End != nil && bytes.Compare(w.Key, w.End) >= 0 {
				continue
			}
			lo, loTail := split(w.Key)
			hi, hiTail := end(w.End)
			ranges.row(lo, loTail, hi, hiTail)
		default:
			return nil, fmt.Errorf("write of kind %d", w.Kind)
		}
	}
	if size > maxMessage {
		return nil, errTooLarge
	}
	var checked columns
	versions := make([]int64, len(checks))
	for i := range checks {
		checked.key(checks[i].Key)
		versions[i] = int64(checks[i].Version)
	}
	ids, shared := s.locks(checks, writes)
	alone := len(ids) > maxLocks || len(ranges[0]) > 0
	if alone {
		ids, shared = nil, nil
	}
	return &commitCall{
		writes: len(writes) > 0,
		ranges: len(ranges[0]) > 0,
		params: [][]byte{
			int8Param(s.all), boolParam(alone), int8Array(ids), boolArray(shared),
			bytesArray(checked[0]), bytesArray(checked[1]), int8Array(versions),
			bytesArray(ranges[0]), bytesArray(ranges[1]), bytesArray(ranges[2]), bytesArray(ranges[3]),
			bytesArray(deletes[0]), bytesArray(deletes[1]),
			bytesArray(puts[0]), bytesArray(puts[1]), bytesArray(puts[2]), bytesArray(values[0]),
		},
	}, nil
}

// attempt returns the parameters of one sending.
func (c *commitCall) attempt(node int64, slot int, n int64, again, alone bool) [][]byte {
	p := append([][]byte{int8Param(node), int4Param(slot), int8Param(n), boolParam(again)}, c.params...)
	if alone {
		p[paramAlone] = boolParam(true)
	}
	return p
}

// columns are the arrays of one kind of row.
type columns [4][][]byte

func (c *columns) one(b []byte) { c[0] = append(c[0], b) }

func (c *columns) row(a, b, d, e []byte) {
	c[0], c[1], c[2], c[3] = append(c[0], a), append(c[1], b), append(c[2], d), append(c[3], e)
}

// key adds the columns key, digest and tail.
func (c *columns) key(key []byte) {
	head, tail := split(key)
	c.row(head, digest(tail), tail, none)
}

// undone says whether one of the later writes deletes a range with the key.
func undone(key []byte, later []driver.Write) bool {
	for i := range later {
		w := &later[i]
		if w.Kind == driver.DeleteRange && bytes.Compare(key, w.Key) >= 0 && (w.End == nil || bytes.Compare(key, w.End) < 0) {
			return true
		}
	}
	return false
}

// locks lists the advisory locks of a commit in their order, and which are
// shared.
func (s *Store) locks(checks []driver.Check, writes []driver.Write) (ids []int64, shared []bool) {
	type lock struct {
		id     int64
		shared bool
	}
	all := make([]lock, 0, len(checks)+len(writes))
	for i := range writes {
		if writes[i].Kind != driver.DeleteRange {
			all = append(all, lock{id: s.keyLock(writes[i].Key)})
		}
	}
	for i := range checks {
		all = append(all, lock{s.keyLock(checks[i].Key), true})
	}
	// Exclusive before shared, so that of two with one id the first is right.
	slices.SortStableFunc(all, func(a, b lock) int { return cmp.Compare(a.id, b.id) })
	for i, l := range all {
		if i == 0 || l.id != all[i-1].id {
			ids, shared = append(ids, l.id), append(shared, l.shared)
		}
	}
	return ids, shared
}
