package expression

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// DecodeJSON reads one attribute value in DynamoDB's typed JSON ({"S": "a"})
// from the start of data and returns how many bytes it took. JSON of the wrong
// form is a *DecodeError. JSON of the right form that is not a storable value
// (two types at once, an empty set, a number that is none) decodes to a value
// of KindInvalid, which Check reports: AWS answers the former with
// SerializationException before, the latter with ValidationException after the
// other constraints. The value does not alias data.
func (v *Value) DecodeJSON(data []byte) (int, error) {
	s := scanner{data: data}
	*v = Value{}
	if !s.value(v, 0) {
		return s.pos, s.err
	}
	return s.pos, nil
}

// DecodeJSON reads a map of attribute values from the start of data and
// returns how many bytes it took. See Value.DecodeJSON.
func (it *Item) DecodeJSON(data []byte) (int, error) {
	s := scanner{data: data}
	if !s.item(it, -1) {
		return s.pos, s.err
	}
	return s.pos, nil
}

// UnmarshalJSON decodes a whole text; see DecodeJSON.
func (v *Value) UnmarshalJSON(data []byte) error {
	n, err := v.DecodeJSON(data)
	return trailing(data, n, err)
}

// UnmarshalJSON decodes a whole text; see DecodeJSON.
func (it *Item) UnmarshalJSON(data []byte) error {
	n, err := it.DecodeJSON(data)
	return trailing(data, n, err)
}

func trailing(data []byte, n int, err error) error {
	if err != nil {
		return err
	}
	s := scanner{data: data, pos: n}
	if s.peek() != 0 || s.pos < len(data) {
		s.syntax()
		return s.err
	}
	return nil
}

// item reads a map of values; depth is that of the map itself, -1 for a whole
// item.
func (s *scanner) item(it *Item, depth int) bool {
	*it = nil
	switch c := s.peek(); c {
	case '{':
	case 'n':
		return s.literal("null")
	case '[':
		return s.fail("Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>")
	case 0:
		return s.syntax()
	default:
		return s.fail("Unexpected field type")
	}
	*it = make(Item, 8)
	return s.object(func(name string) bool {
		var v Value
		if s.null() {
			return true
		}
		if s.err != nil || !s.value(&v, depth+1) {
			return false
		}
		(*it)[name] = v
		return true
	})
}

// value reads one typed value at the given nesting depth.
func (s *scanner) value(v *Value, depth int) bool {
	switch s.peek() {
	case '{':
	case '[':
		return s.fail("Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue")
	case 'n':
		return s.literal("null")
	case 0:
		return s.syntax()
	default:
		return s.fail("Unexpected value type in payload")
	}
	// One level more than allowed is read, so that it can be refused by name.
	if depth > MaxDepth+1 {
		return s.fail("Nesting Levels have exceeded supported limits")
	}
	types := 0
	defect := ""
	ok := s.object(func(name string) bool {
		kind := kindOf(name)
		if kind == KindUnset {
			return s.skip(depth)
		}
		if s.null() {
			return true
		}
		types++
		one := Value{kind: kind}
		if s.err != nil || !s.member(&one, depth) {
			return false
		}
		if one.kind == KindInvalid && defect == "" {
			defect = one.str
		}
		*v = one
		return true
	})
	switch {
	case !ok:
		return false
	case defect != "":
	case types == 0:
		defect = msgEmptyValue
	case types > 1:
		defect = msgManyTypes
	case depth > MaxDepth:
		defect = msgTooDeep
	default:
		return true
	}
	*v = invalid(defect)
	return true
}

func invalid(defect string) Value { return Value{kind: KindInvalid, str: defect} }

func kindOf(name string) Kind {
	switch name {
	case "S":
		return KindS
	case "N":
		return KindN
	case "B":
		return KindB
	case "BOOL":
		return KindBOOL
	case "NULL":
		return KindNULL
	case "M":
		return KindM
	case "L":
		return KindL
	case "SS":
		return KindSS
	case "NS":
		return KindNS
	case "BS":
		return KindBS
	}
	return KindUnset
}

// member reads the member of a typed value that v.kind names.
func (s *scanner) member(v *Value, depth int) (ok bool) {
	switch v.kind {
	case KindS:
		v.str, ok = s.text()
	case KindN:
		v.str, ok = s.text()
		if ok {
			*v = normalised(v.str)
		}
	case KindB:
		v.str, ok = s.blob()
	case KindBOOL:
		v.flag, ok = s.boolean()
	case KindNULL:
		v.flag, ok = s.boolean()
		if ok && !v.flag {
			*v = invalid(msgFalseNull)
		}
	case KindM:
		ok = s.item(&v.m, depth)
	case KindL:
		v.list, ok = s.elements(depth)
	default:
		ok = s.set(v)
	}
	return ok
}

func normalised(text string) Value {
	v, err := ParseNumber(text)
	if err != nil {
		return invalid(err.Error())
	}
	return v
}

func (s *scanner) startArray() bool {
	switch s.peek() {
	case '[':
		return true
	case '{':
		return s.fail("Start of structure or map found where not expected")
	case 0:
		return s.syntax()
	}
	return s.fail("Unexpected field type")
}

func (s *scanner) elements(depth int) ([]Value, bool) {
	if !s.startArray() {
		return nil, false
	}
	list := []Value{}
	ok := s.array(func() bool {
		var e Value
		if s.null() {
			list = append(list, invalid(msgEmptyValue))
			return true
		}
		if s.err != nil || !s.value(&e, depth+1) {
			return false
		}
		list = append(list, e)
		return true
	})
	return list, ok
}

// set reads the members of a set; a defect turns v into an invalid value after
// the whole array is read.
func (s *scanner) set(v *Value) bool {
	if !s.startArray() {
		return false
	}
	elem := v.kind.elem()
	ok := s.array(func() bool {
		one := Value{kind: elem}
		var ok bool
		if elem == KindB {
			one.str, ok = s.blob()
		} else {
			one.str, ok = s.text()
		}
		v.list = append(v.list, one)
		return ok
	})
	if !ok {
		return false
	}
	if defect := v.sealSet(); defect != "" {
		*v = invalid(defect)
	}
	return true
}

// AppendJSON appends the value in DynamoDB's typed JSON. An unset or invalid
// value gives {}.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindS:
		return append(appendString(append(dst, `{"S":`...), v.str), '}')
	case KindN:
		return append(append(append(dst, `{"N":"`...), v.str...), `"}`...)
	case KindB:
		return append(appendBlob(append(dst, `{"B":`...), v.str), '}')
	case KindBOOL:
		return append(strconv.AppendBool(append(dst, `{"BOOL":`...), v.flag), '}')
	case KindNULL:
		return append(dst, `{"NULL":true}`...)
	case KindM:
		return append(v.m.AppendJSON(append(dst, `{"M":`...)), '}')
	case KindL:
		dst = append(dst, `{"L":[`...)
		for i, e := range v.list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.AppendJSON(dst)
		}
		return append(dst, "]}"...)
	case KindSS, KindNS, KindBS:
		dst = append(append(append(dst, `{"`...), v.kind.String()...), `":[`...)
		for i, e := range v.list {
			if i > 0 {
				dst = append(dst, ',')
			}
			if e.kind == KindB {
				dst = appendBlob(dst, e.str)
			} else {
				dst = appendString(dst, e.str)
			}
		}
		return append(dst, "]}"...)
	}
	return append(dst, "{}"...)
}

// AppendJSON appends the attributes as a JSON object, names in byte order.
func (it Item) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for i, name := range it.Names() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = it[name].AppendJSON(dst)
	}
	return append(dst, '}')
}

// MarshalJSON encodes as AppendJSON does.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// MarshalJSON encodes as AppendJSON does.
func (it Item) MarshalJSON() ([]byte, error) { return it.AppendJSON(nil), nil }

func appendBlob(dst []byte, raw string) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, []byte(raw))
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. Invalid UTF-8 cannot come in by
// decoding; it is replaced.
func appendString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
