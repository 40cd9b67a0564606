package policy

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The strict JSON reader of policy documents. encoding/json is not used: it
// accepts duplicate and differently cased member names, and a policy whose
// text means one thing to a reader and another to the evaluator is a hole.

// Limits of a document, checked before work is done on it.
const (
	// MaxDocument is the longest document in bytes that Parse looks at; the
	// longest that any AWS service accepts is IAM's 131,072.
	MaxDocument = 131072
	// maxDepth is deeper than any valid policy (6).
	maxDepth = 12
)

type jsonKind int

const (
	jsonNull jsonKind = iota
	jsonString
	jsonNumber
	jsonBool
	jsonArray
	jsonObject
)

// jsonValue is one value with its place in the text.
type jsonValue struct {
	kind    jsonKind
	text    string // string contents, or the literal of a number or bool
	items   []jsonValue
	members []jsonMember
	at      int
}

type jsonMember struct {
	name  string
	at    int
	value jsonValue
}

type jsonReader struct {
	src []byte
	at  int
}

// readJSON reads exactly one value from src.
func readJSON(src []byte) (jsonValue, error) {
	r := &jsonReader{src: src}
	v, err := r.value(0)
	if err != nil {
		return jsonValue{}, err
	}
	r.space()
	if r.at != len(src) {
		return jsonValue{}, r.fail("Syntax errors in policy.")
	}
	return v, nil
}

func (r *jsonReader) fail(message string) error {
	return newSyntaxError(r.src, r.at, message)
}

func (r *jsonReader) space() {
	for r.at < len(r.src) {
		switch r.src[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *jsonReader) value(depth int) (jsonValue, error) {
	if depth > maxDepth {
		return jsonValue{}, r.fail("Syntax errors in policy.")
	}
	r.space()
	if r.at >= len(r.src) {
		return jsonValue{}, r.fail("Syntax errors in policy.")
	}
	at := r.at
	switch c := r.src[r.at]; {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		s, err := r.str()
		return jsonValue{kind: jsonString, text: s, at: at}, err
	case c == '-' || '0' <= c && c <= '9':
		return r.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(r.src)-r.at >= len(word) && string(r.src[r.at:r.at+len(word)]) == word {
			r.at += len(word)
			if word == "null" {
				return jsonValue{kind: jsonNull, at: at}, nil
			}
			return jsonValue{kind: jsonBool, text: word, at: at}, nil
		}
	}
	return jsonValue{}, r.fail("Syntax errors in policy.")
}

func (r *jsonReader) object(depth int) (jsonValue, error) {
	v := jsonValue{kind: jsonObject, at: r.at}
	r.at++
	for first := true; ; first = false {
		done, err := r.next('}', first)
		if err != nil || done {
			return v, err
		}
		at := r.at
		if r.at >= len(r.src) || r.src[r.at] != '"' {
			return v, r.fail("Syntax errors in policy.")
		}
		name, err := r.str()
		if err != nil {
			return v, err
		}
		for _, m := range v.members {
			if m.name == name {
				r.at = at
				return v, r.fail("Syntax errors in policy. The member " + strconv.Quote(name) + " stands twice.")
			}
		}
		r.space()
		if r.at >= len(r.src) || r.src[r.at] != ':' {
			return v, r.fail("Syntax errors in policy.")
		}
		r.at++
		member, err := r.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.members = append(v.members, jsonMember{name, at, member})
	}
}

func (r *jsonReader) array(depth int) (jsonValue, error) {
	v := jsonValue{kind: jsonArray, at: r.at}
	r.at++
	for first := true; ; first = false {
		done, err := r.next(']', first)
		if err != nil || done {
			return v, err
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
	}
}

// next moves to the next element of an object or array: past the comma, or
// past the closing byte, in which case it answers true.
func (r *jsonReader) next(closing byte, first bool) (bool, error) {
	r.space()
	if r.at >= len(r.src) {
		return false, r.fail("Syntax errors in policy.")
	}
	if r.src[r.at] == closing {
		r.at++
		return true, nil
	}
	if first {
		return false, nil
	}
	if r.src[r.at] != ',' {
		return false, r.fail("Syntax errors in policy.")
	}
	r.at++
	r.space()
	return false, nil
}

func (r *jsonReader) number() (jsonValue, error) {
	start := r.at
	if r.src[r.at] == '-' {
		r.at++
	}
	whole := r.digits()
	leadingZero := whole > 1 && r.src[r.at-whole] == '0'
	ok := whole > 0 && !leadingZero
	if ok && r.at < len(r.src) && r.src[r.at] == '.' {
		r.at++
		ok = r.digits() > 0
	}
	if !ok {
		return jsonValue{}, r.fail("Syntax errors in policy.")
	}
	// An exponent is valid JSON but no valid policy number; the digits end
	// here and the caller fails on the 'e'.
	return jsonValue{kind: jsonNumber, text: string(r.src[start:r.at]), at: start}, nil
}

func (r *jsonReader) digits() int {
	start := r.at
	for r.at < len(r.src) && '0' <= r.src[r.at] && r.src[r.at] <= '9' {
		r.at++
	}
	return r.at - start
}

// str reads a string; r.at stands on its opening quote.
func (r *jsonReader) str() (string, error) {
	r.at++
	start := r.at
	for r.at < len(r.src) {
		switch c := r.src[r.at]; {
		case c == '"':
			s := string(r.src[start:r.at])
			r.at++
			return s, nil
		case c == '\\':
			return r.escaped(start)
		case c < 0x20:
			return "", r.fail("Syntax errors in policy.")
		}
		r.at++
	}
	return "", r.fail("Syntax errors in policy.")
}

// escaped goes on with a string that has at least one escape.
func (r *jsonReader) escaped(start int) (string, error) {
	out := append([]byte(nil), r.src[start:r.at]...)
	for r.at < len(r.src) {
		c := r.src[r.at]
		switch {
		case c == '"':
			r.at++
			return string(out), nil
		case c < 0x20:
			return "", r.fail("Syntax errors in policy.")
		case c != '\\':
			out = append(out, c)
			r.at++
			continue
		}
		char, ok := r.escape()
		if !ok {
			return "", r.fail("Syntax errors in policy.")
		}
		out = utf8.AppendRune(out, char)
	}
	return "", r.fail("Syntax errors in policy.")
}

// escape reads one escape sequence; r.at stands on the backslash.
func (r *jsonReader) escape() (rune, bool) {
	if r.at+1 >= len(r.src) {
		return 0, false
	}
	c := r.src[r.at+1]
	r.at += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return r.unicode()
	}
	return 0, false
}

// unicode reads the four digits after \u, and a second half where the first
// is one of a surrogate pair. A lone surrogate is an error.
func (r *jsonReader) unicode() (rune, bool) {
	first, ok := r.hex4()
	if !ok || !utf16.IsSurrogate(first) {
		return first, ok
	}
	if r.at+1 >= len(r.src) || r.src[r.at] != '\\' || r.src[r.at+1] != 'u' {
		return 0, false
	}
	r.at += 2
	second, ok := r.hex4()
	pair := utf16.DecodeRune(first, second)
	return pair, ok && pair != utf8.RuneError
}

func (r *jsonReader) hex4() (rune, bool) {
	if r.at+4 > len(r.src) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(r.src[r.at:r.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += 4
	return rune(n), true
}
