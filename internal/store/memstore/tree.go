package memstore

import (
	"bytes"
	"math/rand/v2"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// node is an immutable treap: a search tree by key that is also a heap by a
// random weight, which keeps it balanced. nil is the empty tree.
type node struct {
	rec         driver.Record
	weight      uint64
	left, right *node
}

// split returns the keys below key, and the rest; a nil key is above all.
func (n *node) split(key []byte) (below, rest *node) {
	switch {
	case n == nil:
		return nil, nil
	case key == nil || bytes.Compare(n.rec.Key, key) < 0:
		below, rest = n.right.split(key)
		return &node{n.rec, n.weight, n.left, below}, rest
	default:
		below, rest = n.left.split(key)
		return below, &node{n.rec, n.weight, rest, n.right}
	}
}

// join merges two trees, all of a's keys being below all of b's.
func join(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.weight > b.weight:
		return &node{a.rec, a.weight, a.left, join(a.right, b)}
	default:
		return &node{b.rec, b.weight, join(a, b.left), b.right}
	}
}

// without returns the tree without lo <= key < hi; a nil hi has no upper end.
func (n *node) without(lo, hi []byte) *node {
	if hi != nil && bytes.Compare(lo, hi) >= 0 {
		return n
	}
	if lo == nil {
		lo = []byte{}
	}
	below, rest := n.split(lo)
	_, above := rest.split(hi)
	return join(below, above)
}

// put returns the tree with rec in place of any record of its key.
func (n *node) put(rec driver.Record) *node {
	below, rest := n.split(rec.Key)
	_, above := rest.split(append(bytes.Clone(rec.Key), 0))
	return join(join(below, &node{rec: rec, weight: rand.Uint64()}), above)
}

func (n *node) get(key []byte) driver.Record {
	for n != nil {
		switch c := bytes.Compare(key, n.rec.Key); {
		case c < 0:
			n = n.left
		case c > 0:
			n = n.right
		default:
			return n.rec
		}
	}
	return driver.Record{}
}

// walk calls yield for each record of r in order until it returns false. It
// returns false if it was stopped.
func (n *node) walk(r driver.Range, reverse bool, yield func(driver.Record) bool) bool {
	if n == nil {
		return true
	}
	aboveLo := bytes.Compare(n.rec.Key, r.Lo) >= 0
	belowHi := r.Hi == nil || bytes.Compare(n.rec.Key, r.Hi) < 0
	// Smaller keys matter only if this one is at or above Lo, larger ones only
	// if it is below Hi.
	left := func() bool { return !aboveLo || n.left.walk(r, reverse, yield) }
	right := func() bool { return !belowHi || n.right.walk(r, reverse, yield) }
	here := func() bool { return !aboveLo || !belowHi || yield(n.rec) }
	if reverse {
		return right() && here() && left()
	}
	return left() && here() && right()
}
