package execute

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// resultScanner reads a function's result without building a tree: it is on
// the way of every call. Strings without escapes are not copied twice.
type resultScanner struct {
	b []byte
	i int
}

// proxyResult is a function's result. Nothing in it is required, but no other
// member is allowed.
type proxyResult struct {
	statusCode []byte // raw JSON, nil if absent
	headers    []resultHeader
	multi      []resultHeader
	body       []byte
	base64     bool
}

// resultHeader is one header with its value as raw JSON.
type resultHeader struct {
	name string
	raw  []byte
}

var errResult = errors.New("it is no object of statusCode, headers, multiValueHeaders, body and isBase64Encoded")

// parseResult reads strictly: unknown members and wrong types are errors.
func parseResult(payload []byte) (*proxyResult, error) {
	if !json.Valid(payload) {
		return nil, errResult
	}
	s := &resultScanner{b: payload}
	r := &proxyResult{}
	if s.next() != '{' {
		return nil, errResult
	}
	err := s.object(func(name string) error {
		switch name {
		case "statusCode":
			r.statusCode = s.value()
		case "headers":
			return s.headers(&r.headers)
		case "multiValueHeaders":
			return s.headers(&r.multi)
		case "body":
			switch s.next() {
			case '"':
				start := s.i
				s.skipString()
				r.body = appendUnquoted(make([]byte, 0, s.i-start), s.b[start:s.i])
			case 'n':
				s.value()
			default:
				return errResult
			}
		case "isBase64Encoded":
			switch s.next() {
			case 't', 'f', 'n':
				r.base64 = s.value()[0] == 't'
			default:
				return errResult
			}
		default:
			return errResult
		}
		return nil
	})
	return r, err
}

// next skips white space and returns the byte at the cursor; the text is
// known to be valid JSON.
func (s *resultScanner) next() byte {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return s.b[s.i]
		}
	}
	return 0
}

// object calls member for each name, with the cursor before the value, which
// member consumes.
func (s *resultScanner) object(member func(name string) error) error {
	s.i++ // {
	for {
		switch s.next() {
		case '}':
			s.i++
			return nil
		case ',':
			s.i++
			continue
		}
		name := s.text()
		s.next()
		s.i++ // :
		s.next()
		if err := member(name); err != nil {
			return err
		}
	}
}

// headers reads an object of headers, or null.
func (s *resultScanner) headers(into *[]resultHeader) error {
	switch s.next() {
	case 'n':
		s.value()
		return nil
	case '{':
	default:
		return errResult
	}
	*into = (*into)[:0]
	return s.object(func(name string) error {
		*into = append(*into, resultHeader{name, s.value()})
		return nil
	})
}

// value skips one value and returns its raw bytes.
func (s *resultScanner) value() []byte {
	s.next()
	start, depth := s.i, 0
	for ; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '"':
			s.skipString()
			s.i-- // the loop steps on
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return s.b[start:s.i]
			}
			depth--
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return s.b[start:s.i]
			}
			continue
		}
		if depth == 0 && (s.b[s.i] == '"' || s.b[s.i] == '}' || s.b[s.i] == ']') {
			s.i++
			return s.b[start:s.i]
		}
	}
	return s.b[start:s.i]
}

// skipString moves behind the string at the cursor.
func (s *resultScanner) skipString() {
	for s.i++; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '\\':
			s.i++
		case '"':
			s.i++
			return
		}
	}
}

// text reads the string at the cursor.
func (s *resultScanner) text() string {
	start := s.i
	s.skipString()
	return unquote(s.b[start:s.i])
}

// unquote decodes a JSON string with its quotes.
func unquote(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	return string(appendUnquoted(nil, raw))
}

// appendUnquoted decodes a JSON string, which is known to be well-formed, as
// encoding/json does: what is not UTF-8, and half a surrogate pair, is U+FFFD.
func appendUnquoted(dst, raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	for len(inner) > 0 {
		n := bytes.IndexByte(inner, '\\')
		if n < 0 {
			n = len(inner)
		}
		if plain := inner[:n]; utf8.Valid(plain) {
			dst = append(dst, plain...)
		} else {
			dst = appendValid(dst, plain)
		}
		if inner = inner[n:]; len(inner) < 2 {
			return dst
		}
		c := inner[1]
		inner = inner[2:]
		switch c {
		case 'n':
			c = '\n'
		case 't':
			c = '\t'
		case 'r':
			c = '\r'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'u':
			var r rune
			r, inner = escapedRune(inner)
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// appendValid writes each byte that is not UTF-8 as U+FFFD.
func appendValid(dst, s []byte) []byte {
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, r)
		s = s[size:]
	}
	return dst
}

// escapedRune reads the digits of \uXXXX, and a second escape where the first
// begins a surrogate pair.
func escapedRune(s []byte) (rune, []byte) {
	r := hex4(s)
	s = s[min(4, len(s)):]
	if !utf16.IsSurrogate(r) {
		return r, s
	}
	if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[2:])); pair != utf8.RuneError {
			return pair, s[6:]
		}
	}
	return utf8.RuneError, s
}

func hex4(s []byte) rune {
	var r rune
	for i := 0; i < 4 && i < len(s); i++ {
		r = r<<4 | rune(unhex(s[i]))
	}
	return r
}

// elements splits a raw JSON list; a value that is no list is its own only
// element.
func elements(raw []byte) [][]byte {
	s := &resultScanner{b: raw}
	if s.next() != '[' {
		return [][]byte{raw}
	}
	s.i++
	var list [][]byte
	for {
		switch s.next() {
		case ']', 0:
			return list
		case ',':
			s.i++
			continue
		}
		list = append(list, s.value())
	}
}
