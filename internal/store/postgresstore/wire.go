package postgresstore

import (
	"encoding/binary"
	"errors"
	"math"
)

// Parameters and results travel in PostgreSQL's binary format; the few types
// used here are written directly into the messages.

// Type numbers of PostgreSQL.
const (
	oidBool  = 16
	oidBytea = 17
	oidInt8  = 20
)

// binaryFormat asks for the binary format of all parameters or results.
var binaryFormat = []int16{1}

// errTooLarge refuses what one message cannot hold: the protocol counts in 32
// bits, and the server takes at most 1 GiB.
var errTooLarge = errors.New("the commit is too large for the database: 1 GiB is possible")

const maxMessage = 1<<30 - 1<<20

func int8Param(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func int4Param(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

func boolParam(b bool) []byte {
	if b {
		return []byte{1}
	}
	return []byte{0}
}

// arrayHead begins an array of one dimension (an empty one has none).
func arrayHead(oid uint32, n, size int) []byte {
	b := make([]byte, 0, 20+size)
	dimensions := uint32(1)
	if n == 0 {
		dimensions = 0
	}
	b = binary.BigEndian.AppendUint32(b, dimensions)
	b = binary.BigEndian.AppendUint32(b, 0) // no nulls
	b = binary.BigEndian.AppendUint32(b, oid)
	if n > 0 {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		b = binary.BigEndian.AppendUint32(b, 1) // lower bound
	}
	return b
}

// bytesArray encodes a bytea[].
func bytesArray(items [][]byte) []byte {
	size := 0
	for _, b := range items {
		size += 4 + len(b)
	}
	out := arrayHead(oidBytea, len(items), size)
	for _, b := range items {
		out = binary.BigEndian.AppendUint32(out, uint32(min(len(b), math.MaxInt32)))
		out = append(out, b...)
	}
	return out
}

// int8Array encodes a bigint[].
func int8Array(items []int64) []byte {
	out := arrayHead(oidInt8, len(items), 12*len(items))
	for _, n := range items {
		out = binary.BigEndian.AppendUint32(out, 8)
		out = binary.BigEndian.AppendUint64(out, uint64(n))
	}
	return out
}

// boolArray encodes a boolean[].
func boolArray(items []bool) []byte {
	out := arrayHead(oidBool, len(items), 5*len(items))
	for _, b := range items {
		out = append(binary.BigEndian.AppendUint32(out, 1), boolParam(b)...)
	}
	return out
}

// int8Result decodes a bigint.
func int8Result(b []byte) (int64, error) {
	if len(b) != 8 {
		return 0, errors.New("the server sent a number of another size")
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}
