package expression

import (
	"maps"
	"slices"
)

// Kind is the data type of a Value.
type Kind uint8

// The kinds of Value. KindUnset is the zero value: no value was given.
// KindInvalid is a value that decoded as JSON but breaks a rule of the data
// model; Value.Check tells which.
const (
	KindUnset Kind = iota
	KindS
	KindN
	KindB
	KindBOOL
	KindNULL
	KindM
	KindL
	KindSS
	KindNS
	KindBS
	KindInvalid
)

var kindNames = [...]string{"", "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS", ""}

// String returns the name of the type on the wire: "S", "N", "BOOL" ...
func (k Kind) String() string { return kindNames[k] }

// IsSet says whether the kind is one of the three set types.
func (k Kind) IsSet() bool { return k == KindSS || k == KindNS || k == KindBS }

// elem returns the kind of a set's members.
func (k Kind) elem() Kind {
	switch k {
	case KindSS:
		return KindS
	case KindNS:
		return KindN
	case KindBS:
		return KindB
	}
	return KindUnset
}

// Value is one DynamoDB attribute value. It is immutable by convention: no
// function of this package changes a Value it was given, so parts may be
// shared. The zero Value is unset.
type Value struct {
	kind Kind
	flag bool
	// str is the text of S, the bytes of B, the normalised decimal of N, or
	// the defect of an invalid value.
	str string
	// list holds the elements of L, or the members of a set in the order
	// they were given.
	list []Value
	m    Item
}

// Item is a set of named attributes: a whole item, a key, or the map type M.
type Item map[string]Value

// String makes a value of type S.
func String(s string) Value { return Value{kind: KindS, str: s} }

// Binary makes a value of type B. It copies b.
func Binary(b []byte) Value { return Value{kind: KindB, str: string(b)} }

// Number makes a value of type N.
func Number(d Decimal) Value { return Value{kind: KindN, str: d.String()} }

// ParseNumber makes a value of type N from text; the error is a *ValueError.
func ParseNumber(s string) (Value, error) {
	d, err := ParseDecimal(s)
	if err != nil {
		return Value{}, err
	}
	return Number(d), nil
}

// Bool makes a value of type BOOL.
func Bool(b bool) Value { return Value{kind: KindBOOL, flag: b} }

// Null makes the value of type NULL.
func Null() Value { return Value{kind: KindNULL, flag: true} }

// Map makes a value of type M.
func Map(m Item) Value {
	if m == nil {
		m = Item{}
	}
	return Value{kind: KindM, m: m}
}

// List makes a value of type L.
func List(elems ...Value) Value { return Value{kind: KindL, list: elems} }

// StringSet makes a value of type SS.
func StringSet(members ...string) Value {
	v := Value{kind: KindSS}
	for _, m := range members {
		v.list = append(v.list, String(m))
	}
	return v
}

// Kind returns the value's type.
func (v Value) Kind() Kind { return v.kind }

// IsZero says whether no value was given.
func (v Value) IsZero() bool { return v.kind == KindUnset }

// Text returns the text of an S, the normalised decimal text of an N, and the
// bytes of a B as a string; "" for other kinds.
func (v Value) Text() string {
	if v.kind == KindInvalid {
		return ""
	}
	return v.str
}

// True returns the truth of a BOOL.
func (v Value) True() bool { return v.kind == KindBOOL && v.flag }

// Items returns the attributes of an M; the map must not be changed.
func (v Value) Items() Item { return v.m }

// Elements returns the elements of an L or the members of a set; the slice
// must not be changed.
func (v Value) Elements() []Value { return v.list }

// Decimal returns the number of an N. ok is false for other kinds.
func (v Value) Decimal() (d Decimal, ok bool) {
	if v.kind != KindN {
		return Decimal{}, false
	}
	d, err := ParseDecimal(v.str)
	return d, err == nil
}

// Names returns the attribute names in byte order.
func (it Item) Names() []string {
	names := make([]string, 0, len(it))
	for n := range it {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Clone returns a copy that shares the values.
func (it Item) Clone() Item { return maps.Clone(it) }

// Only returns the attributes of it that are named; absent ones are left out.
func (it Item) Only(names ...string) Item {
	out := make(Item, len(names))
	for _, n := range names {
		if v, ok := it[n]; ok {
			out[n] = v
		}
	}
	return out
}

// Equal says whether two values are equal by DynamoDB's rules: same type,
// numbers by value, sets without order, documents deeply.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case KindS, KindB, KindN:
		// Numbers are kept normalised, so equal numbers have equal text.
		return v.str == w.str
	case KindBOOL:
		return v.flag == w.flag
	case KindM:
		return v.m.Equal(w.m)
	case KindL:
		return slices.EqualFunc(v.list, w.list, Value.Equal)
	case KindSS, KindNS, KindBS:
		return equalSets(v.list, w.list)
	}
	return true
}

// Equal says whether two items have the same names with equal values.
func (it Item) Equal(other Item) bool { return maps.EqualFunc(it, other, Value.Equal) }

// equalSets compares two sets without duplicates.
func equalSets(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) <= 8 {
		for _, x := range a {
			if !contains(b, x) {
				return false
			}
		}
		return true
	}
	members := make(map[string]struct{}, len(a))
	for _, x := range a {
		members[x.str] = struct{}{}
	}
	for _, x := range b {
		if _, ok := members[x.str]; !ok {
			return false
		}
	}
	return true
}

func contains(list []Value, v Value) bool {
	return slices.ContainsFunc(list, v.Equal)
}
