package expression

import "strings"

// AWS's words for values that are not storable. "An string set" is AWS's.
const (
	msgEmptyValue = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	msgManyTypes  = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	msgTooDeep    = "Nesting Levels have exceeded supported limits"
	msgInvalid    = "One or more parameter values were invalid: "
	msgFalseNull  = msgInvalid + "Null attribute value types must have the value of true"
	msgEmptySS    = msgInvalid + "An string set  may not be empty"
	msgEmptyNS    = msgInvalid + "An number set  may not be empty"
	msgEmptyBS    = msgInvalid + "Binary sets should not be empty"
	msgDuplicate  = "Input collection contains duplicates"
)

// sealSet normalises the members of a freshly read set and returns its defect,
// or "".
func (v *Value) sealSet() string {
	if len(v.list) == 0 {
		switch v.kind {
		case KindSS:
			return msgEmptySS
		case KindNS:
			return msgEmptyNS
		}
		return msgEmptyBS
	}
	seen := make(map[string]struct{}, len(v.list))
	duplicate := false
	for i := range v.list {
		e := &v.list[i]
		if v.kind == KindNS {
			d, err := ParseDecimal(e.str)
			if err != nil {
				return err.Error()
			}
			e.str = d.String()
		}
		_, twice := seen[e.str]
		duplicate = duplicate || twice
		seen[e.str] = struct{}{}
	}
	switch {
	case !duplicate:
		return ""
	case v.kind == KindNS:
		return msgDuplicate
	case v.kind == KindSS:
		return msgInvalid + "Input collection " + v.listing() + " contains duplicates."
	}
	return msgInvalid + "Input collection " + v.listing() + "of type BS contains duplicates."
}

// listing shows the members of a set as AWS does in its messages.
func (v *Value) listing() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, e := range v.list {
		if i > 0 {
			b.WriteString(", ")
		}
		if e.kind == KindB {
			b.Write(appendBlob(nil, e.str)[1:])
			text := b.String()
			b.Reset()
			b.WriteString(text[:len(text)-1])
		} else {
			b.WriteString(clip(e.str))
		}
	}
	b.WriteByte(']')
	return b.String()
}

// Check returns the defect of a value as a *ValueError, or nil. An unset value
// is a defect, and so is one nested deeper than MaxDepth.
func (v Value) Check() error { return v.check(0) }

func (v Value) check(depth int) error {
	if depth > MaxDepth {
		return &ValueError{msgTooDeep}
	}
	switch v.kind {
	case KindUnset:
		return &ValueError{msgEmptyValue}
	case KindInvalid:
		return &ValueError{v.str}
	case KindM:
		return v.m.check(depth + 1)
	case KindL:
		for _, e := range v.list {
			if err := e.check(depth + 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// Check returns the first defect among the attributes, in order of their
// names, as a *ValueError; nil if all are storable.
func (it Item) Check() error { return it.check(0) }

func (it Item) check(depth int) error {
	clean := true
	for _, v := range it {
		if v.check(depth) != nil {
			clean = false
			break
		}
	}
	if clean {
		return nil
	}
	for _, name := range it.Names() {
		if err := it[name].check(depth); err != nil {
			return err
		}
	}
	return nil
}
