package postgresstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// headSize is how much of a key stands in the column key. With a digest of 32
// bytes and the headers it is below the 2,704 bytes that an entry of a B-tree
// can have.
const headSize = 2560

// above is greater than every head: the end of a range without one.
var above = bytes.Repeat([]byte{0xff}, headSize+1)

var none = []byte{}

// split cuts a key into the columns key and tail.
func split(key []byte) (head, tail []byte) {
	if len(key) <= headSize {
		return nonNil(key), none
	}
	return key[:headSize], key[headSize:]
}

// digest is the column that tells long keys of one head apart.
func digest(tail []byte) []byte {
	if len(tail) == 0 {
		return none
	}
	sum := sha256.Sum256(tail)
	return sum[:]
}

// end cuts the exclusive end of a range; nil is no end.
func end(hi []byte) (head, tail []byte) {
	if hi == nil {
		return above, none
	}
	return split(hi)
}

// join puts a key together again.
func join(head, tail []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(tail)), head...), tail...)
}

func nonNil(b []byte) []byte {
	if b == nil {
		return none
	}
	return b
}

// lockOf names an advisory lock of the store; names of different stores in one
// database differ.
func (s *Store) lockOf(name string) int64 {
	return s.hash('n', []byte(name))
}

// keyLock is the advisory lock of a key. Two keys may share one: that costs a
// wait and nothing else. Every node must compute the same.
func (s *Store) keyLock(key []byte) int64 { return s.hash('k', key) }

func (s *Store) hash(kind byte, name []byte) int64 {
	var buf [256]byte
	b := append(append(append(buf[:0], s.opts.Schema...), 0, kind), name...)
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}
