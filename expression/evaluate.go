package expression

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// Match says whether the predicate holds for an item; nil stands for an item
// that does not exist. A nil Predicate holds always.
func (p *Predicate) Match(item Item) bool { return p == nil || p.root.match(item) }

func (n *node) match(item Item) bool {
	switch n.op {
	case opAnd:
		for _, a := range n.args {
			if !a.match(item) {
				return false
			}
		}
		return true
	case opOr:
		for _, a := range n.args {
			if a.match(item) {
				return true
			}
		}
		return false
	case opNot:
		return !n.args[0].match(item)
	case opConst:
		return n.val.flag
	case opExists:
		return !n.args[0].value(item).IsZero()
	case opNotExists:
		return n.args[0].value(item).IsZero()
	case opIn:
		return n.matchIn(item)
	}
	v, w := n.args[0].value(item), n.args[1].value(item)
	switch n.op {
	case opEq:
		return !v.IsZero() && v.Equal(w)
	case opNe:
		return v.IsZero() || !v.Equal(w)
	case opBeginsWith:
		return v.kind == w.kind && (v.kind == KindS || v.kind == KindB) && strings.HasPrefix(v.str, w.str)
	case opContains:
		return containsValue(v, w)
	case opNotContains:
		return !v.IsZero() && !containsValue(v, w)
	case opType:
		return !v.IsZero() && v.kind.String() == w.str
	case opBetween:
		lo, ok := compare(v, w)
		hi, ok2 := compare(v, n.args[2].value(item))
		return ok && ok2 && lo >= 0 && hi <= 0
	}
	c, ok := compare(v, w)
	if !ok {
		return false
	}
	switch n.op {
	case opLt:
		return c < 0
	case opLe:
		return c <= 0
	case opGt:
		return c > 0
	case opGe:
		return c >= 0
	}
	return false
}

func (n *node) matchIn(item Item) bool {
	v := n.args[0].value(item)
	if v.IsZero() {
		return false
	}
	for _, a := range n.args[1:] {
		if v.Equal(a.value(item)) {
			return true
		}
	}
	return false
}

// value evaluates an operand of a condition; unset if there is none.
func (n *node) value(item Item) Value {
	switch n.op {
	case opPath:
		return n.path.get(item)
	case opValue:
		return n.val
	case opSize:
		return sizeOf(n.args[0].value(item))
	}
	return Value{}
}

// sizeOf is the function size: characters of S (UTF-16 units, as Java counts
// them), bytes of B, members of the others; unset for types without size.
func sizeOf(v Value) Value {
	var n int
	switch v.kind {
	case KindS:
		for _, r := range v.str {
			n += utf16.RuneLen(r)
		}
	case KindB:
		n = len(v.str)
	case KindM:
		n = len(v.m)
	case KindL, KindSS, KindNS, KindBS:
		n = len(v.list)
	default:
		return Value{}
	}
	return Value{kind: KindN, str: strconv.Itoa(n)}
}

// containsValue is the function contains.
func containsValue(v, w Value) bool {
	switch v.kind {
	case KindS, KindB:
		return v.kind == w.kind && strings.Contains(v.str, w.str)
	case KindL:
		return !w.IsZero() && contains(v.list, w)
	case KindSS, KindNS, KindBS:
		return v.kind.elem() == w.kind && contains(v.list, w)
	}
	return false
}

// Compare orders two values of the same scalar type S, N or B: by bytes of
// UTF-8, by number, by unsigned bytes. ok is false for anything else.
func Compare(v, w Value) (order int, ok bool) { return compare(v, w) }

func compare(v, w Value) (int, bool) {
	if v.kind != w.kind {
		return 0, false
	}
	switch v.kind {
	case KindS, KindB:
		return strings.Compare(v.str, w.str), true
	case KindN:
		if v.str == w.str {
			return 0, true
		}
		a, ok := v.Decimal()
		b, ok2 := w.Decimal()
		return a.Cmp(b), ok && ok2
	}
	return 0, false
}
