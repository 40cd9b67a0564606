package expression

import (
	"encoding/binary"
	"errors"
	"slices"
)

// itemFormat is the first byte of a stored item: the version of the encoding.
const itemFormat = 1

// errCorrupt says that bytes are not an encoded item.
var errCorrupt = errors.New("expression: stored item is damaged")

// AppendBinary appends the stored form of an item: format, size by DynamoDB's
// rules, then the attributes with their names in byte order.
func (it Item) AppendBinary(dst []byte) []byte {
	dst = append(dst, itemFormat)
	dst = binary.AppendUvarint(dst, uint64(it.Size()))
	return it.appendAttributes(dst)
}

func (it Item) appendAttributes(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(it)))
	for _, name := range it.Names() {
		dst = appendText(dst, name)
		dst = it[name].appendBinary(dst)
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// trueMark is added to the kind byte of BOOL true.
const trueMark = 0x80

func (v Value) appendBinary(dst []byte) []byte {
	kind := byte(v.kind)
	if v.kind == KindBOOL && v.flag {
		kind |= trueMark
	}
	dst = append(dst, kind)
	switch v.kind {
	case KindS, KindN, KindB:
		return appendText(dst, v.str)
	case KindM:
		return v.m.appendAttributes(dst)
	case KindL:
		dst = binary.AppendUvarint(dst, uint64(len(v.list)))
		for _, e := range v.list {
			dst = e.appendBinary(dst)
		}
	case KindSS, KindNS, KindBS:
		dst = binary.AppendUvarint(dst, uint64(len(v.list)))
		for _, e := range v.list {
			dst = appendText(dst, e.str)
		}
	}
	return dst
}

// DecodeItem reads the stored form of an item and its size. The item does not
// alias data.
func DecodeItem(data []byte) (it Item, size int, err error) {
	size, body, err := openItem(data)
	if err != nil {
		return nil, 0, err
	}
	// One copy serves all texts of the item.
	r := reader{s: string(body)}
	it = r.attributes(0)
	if r.bad || r.pos != len(r.s) {
		return nil, 0, errCorrupt
	}
	return it, size, nil
}

// StoredSize returns the size of a stored item without decoding it.
func StoredSize(data []byte) (int, error) {
	size, _, err := openItem(data)
	return size, err
}

func openItem(data []byte) (size int, body []byte, err error) {
	if len(data) == 0 || data[0] != itemFormat {
		return 0, nil, errCorrupt
	}
	n, used := binary.Uvarint(data[1:])
	if used <= 0 || n > 1<<30 {
		return 0, nil, errCorrupt
	}
	return int(n), data[1+used:], nil
}

// reader reads the binary form from a string.
type reader struct {
	s   string
	pos int
	bad bool
}

func (r *reader) byte() byte {
	if r.pos >= len(r.s) {
		r.bad = true
		return 0
	}
	r.pos++
	return r.s[r.pos-1]
}

// count reads a length, which can never be more than what is left.
func (r *reader) count() int {
	n, shift := uint64(0), 0
	for {
		b := r.byte()
		if r.bad || shift > 28 {
			r.bad = true
			return 0
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
		shift += 7
	}
	if n > uint64(len(r.s)-r.pos) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	r.pos += n
	return r.s[r.pos-n : r.pos]
}

func (r *reader) attributes(depth int) Item {
	n := r.count()
	it := make(Item, n)
	for range n {
		name := r.text()
		it[name] = r.value(depth)
		if r.bad {
			return nil
		}
	}
	return it
}

func (r *reader) value(depth int) Value {
	b := r.byte()
	v := Value{kind: Kind(b &^ trueMark), flag: b&trueMark != 0}
	if v.flag && v.kind != KindBOOL {
		r.bad = true
		return Value{}
	}
	switch v.kind {
	case KindS, KindN, KindB:
		v.str = r.text()
	case KindBOOL:
	case KindNULL:
		v.flag = true
	case KindM, KindL:
		if depth > MaxDepth {
			r.bad = true
			return Value{}
		}
		if v.kind == KindM {
			v.m = r.attributes(depth + 1)
			break
		}
		n := r.count()
		v.list = slices.Grow([]Value{}, min(n, 1<<10))
		for range n {
			v.list = append(v.list, r.value(depth+1))
			if r.bad {
				return Value{}
			}
		}
	case KindSS, KindNS, KindBS:
		n := r.count()
		v.list = slices.Grow([]Value{}, min(n, 1<<10))
		for range n {
			v.list = append(v.list, Value{kind: v.kind.elem(), str: r.text()})
			if r.bad {
				return Value{}
			}
		}
	default:
		r.bad = true
	}
	return v
}
