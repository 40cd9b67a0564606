package expression

import (
	"crypto/md5"
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

// Hash16 is where DynamoDB places a partition key: the first two bytes, in
// big-endian order, of an MD5 over a fixed word and the key's bytes, so that
// scans come in AWS's order (recorded: the orders of scans in conformance
// suites). MD5 only spreads here, it protects nothing. Several values count as
// one key.
func Hash16(key ...Value) uint16 {
	var stack [128]byte
	b := append(stack[:0], "Outliers"...)
	for _, v := range key {
		if d, ok := v.Decimal(); ok {
			b = d.appendHashed(b)
		} else {
			b = append(b, v.str...)
		}
	}
	sum := md5.Sum(b)
	return uint16(sum[0])<<8 | uint16(sum[1])
}

// appendHashed appends a number as it enters the hash: a byte for the exponent
// of a hundred, less 64, and one for each pair of digits, plus one; negative
// numbers have them complemented (exponent in two, pairs in 101) and end in 102
// if they have less than 20 pairs.
func (d Decimal) appendHashed(dst []byte) []byte {
	if d.n == 0 {
		return append(dst, 0x80)
	}
	odd := int(d.exp) & 1
	exponent := byte((int(d.exp)+odd)>>1 - 64)
	if d.neg {
		exponent = ^exponent
	}
	dst = append(dst, exponent)
	at := func(i int) byte {
		if i < 0 || i >= int(d.n) {
			return 0
		}
		return d.d[i]
	}
	pairs := (int(d.n) + odd + 1) / 2
	for p := range pairs {
		pair := at(2*p-odd)*10 + at(2*p-odd+1)
		if d.neg {
			dst = append(dst, 101-pair)
		} else {
			dst = append(dst, pair+1)
		}
	}
	if d.neg && pairs < 20 {
		dst = append(dst, 102)
	}
	return dst
}
