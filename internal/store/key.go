package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Key is an order-preserving encoding of a tuple of strings: keys compare as
// their tuples do, part by part, bytewise. Parts may hold any bytes and may be
// empty.
type Key []byte

// Each part is followed by 0x00 0x01; a zero byte inside a part becomes
// 0x00 0xFF. So a part that is a prefix of another sorts first, and no key is
// a byte prefix of another key unless its tuple is a prefix of that tuple.
const (
	escape     = 0x00
	terminator = 0x01
	escaped    = 0xFF
)

// MaxKeySize is the largest encoded key in bytes that a transaction accepts.
// Engines other than the embedded one may hold less: keep keys under 1 KiB
// and hash long parts.
const MaxKeySize = 8 << 10

// MaxValueSize is the largest value in bytes. Object data belongs in blob.
const MaxValueSize = 32 << 20

// K makes the key of a tuple.
func K(parts ...string) Key {
	n := 0
	for _, p := range parts {
		n += len(p) + 2 + strings.Count(p, "\x00")
	}
	return appendParts(make(Key, 0, n), parts)
}

// With returns the key of k's tuple followed by parts. k stays as it is.
func (k Key) With(parts ...string) Key {
	n := len(k)
	for _, p := range parts {
		n += len(p) + 2
	}
	return appendParts(append(make(Key, 0, n), k...), parts)
}

func appendParts(k Key, parts []string) Key {
	for _, p := range parts {
		for i := strings.IndexByte(p, escape); i >= 0; i = strings.IndexByte(p, escape) {
			k = append(k, p[:i+1]...)
			k = append(k, escaped)
			p = p[i+1:]
		}
		k = append(k, p...)
		k = append(k, escape, terminator)
	}
	return k
}

// Prefix returns the range of all keys whose tuple begins with k's tuple and
// is longer: what lies under k, without k itself. Under the empty key lies
// everything (hi is nil: no upper end).
func (k Key) Prefix() (lo, hi []byte) {
	if len(k) == 0 {
		return nil, nil
	}
	// A longer key has k as its byte prefix, and k ends in the terminator, so
	// raising that last byte gives the first key past them all.
	lo = append(bytes.Clone(k), 0)
	hi = bytes.Clone(k)
	hi[len(hi)-1]++
	return lo, hi
}

// After returns the smallest possible key greater than k: the lower end of a
// page that continues behind k.
func (k Key) After() []byte { return append(bytes.Clone(k), 0) }

var errKey = errors.New("store: not an encoded key")

// Parts decodes the tuple. It fails on bytes that K cannot have made.
func (k Key) Parts() ([]string, error) {
	var parts []string
	var part []byte
	for i := 0; i < len(k); i++ {
		if k[i] != escape {
			part = append(part, k[i])
			continue
		}
		i++
		switch {
		case i < len(k) && k[i] == terminator:
			parts = append(parts, string(part))
			part = part[:0]
		case i < len(k) && k[i] == escaped:
			part = append(part, escape)
		default:
			return nil, errKey
		}
	}
	if len(part) > 0 {
		return nil, errKey
	}
	return parts, nil
}

// String shows the tuple for logs and test failures.
func (k Key) String() string {
	parts, err := k.Parts()
	if err != nil {
		return fmt.Sprintf("%x", []byte(k))
	}
	return fmt.Sprintf("%q", parts)
}
