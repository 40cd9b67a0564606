package execute

import (
	"encoding/json"
	"errors"
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
	body       string
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
				r.body = s.text()
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
	for _, c := range inner {
		if c == '\\' {
			var out string
			if json.Unmarshal(raw, &out) != nil {
				return ""
			}
			return out
		}
	}
	if !utf8.Valid(inner) {
		var out string
		if json.Unmarshal(raw, &out) != nil {
			return ""
		}
		return out
	}
	return string(inner)
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
