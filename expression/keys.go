package expression

import (
	"crypto/sha256"
	"strings"
)

// AppendSortKey appends bytes of a value of type S, N or B whose order is the
// order of values of the type: UTF-8 bytes, unsigned bytes, numeric. The bytes
// of one value are never a prefix of another's, so parts of a composite key can
// follow each other. ok is false for values of other types.
func (v Value) AppendSortKey(dst []byte) (key []byte, ok bool) {
	switch v.kind {
	case KindS, KindB:
		return append(appendEscaped(dst, v.str), 0, 1), true
	case KindN:
		d, ok := v.Decimal()
		if !ok {
			return dst, false
		}
		return d.AppendSortKey(dst), true
	}
	return dst, false
}

// AppendSortPrefix appends the bytes that the sort keys of all values begin
// with which begin with the S or B v.
func (v Value) AppendSortPrefix(dst []byte) []byte { return appendEscaped(dst, v.str) }

// appendEscaped writes 0x00 as 0x00 0xff, so that the end mark 0x00 0x01 sorts
// before every continuation.
func appendEscaped(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:i]...), 0, 0xff)
		s = s[i+1:]
	}
}

// The first byte of a number's sort key.
const (
	sortNegative = 0x01
	sortZero     = 0x80
	sortPositive = 0xfe
)

// AppendSortKey appends order-preserving bytes: a sign byte, the exponent, the
// digits in pairs plus one, and a zero; all but the sign complemented for
// negative numbers.
func (d Decimal) AppendSortKey(dst []byte) []byte {
	if d.n == 0 {
		return append(dst, sortZero)
	}
	flip := byte(0)
	sign := byte(sortPositive)
	if d.neg {
		flip, sign = 0xff, sortNegative
	}
	dst = append(dst, sign, byte(int(d.exp)-minExponent-1)^flip)
	for i := 0; i < int(d.n); i += 2 {
		pair := d.d[i] * 10
		if i+1 < int(d.n) {
			pair += d.d[i+1]
		}
		dst = append(dst, (pair+1)^flip)
	}
	return append(dst, flip)
}

// Hash16 spreads partition keys evenly: the first two bytes of a SHA-256 of
// the key's sort key, in big-endian order.
func Hash16(sortKey []byte) uint16 {
	sum := sha256.Sum256(sortKey)
	return uint16(sum[0])<<8 | uint16(sum[1])
}
