package wire

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// scanner reads one JSON text in a single pass. The first error sticks.
type scanner struct {
	data     []byte
	pos      int
	depth    int
	elements int
	err      *awsapi.Error
}

func (s *scanner) fail(message string) bool {
	if s.err == nil {
		s.err = serialization(message)
	}
	return false
}

// syntax reports broken JSON.
func (s *scanner) syntax() bool {
	if s.pos >= len(s.data) {
		return s.fail("Unexpected end of the JSON text")
	}
	return s.fail("Unexpected token received from parser at byte " + strconv.Itoa(s.pos))
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) eat(c byte) bool {
	if s.peek() == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) literal(word string) bool {
	if end := s.pos + len(word); end <= len(s.data) && string(s.data[s.pos:end]) == word {
		s.pos = end
		return true
	}
	return s.syntax()
}

// enter counts one level of nesting.
func (s *scanner) enter() bool {
	s.depth++
	if s.depth > maxDepth {
		return s.fail("The JSON text is nested too deeply")
	}
	return true
}

// element counts one list element or map entry.
func (s *scanner) element() bool {
	s.elements++
	if s.elements > maxElements {
		return s.fail("The JSON text has too many elements")
	}
	return true
}

// object reads the object that stands here and calls member for every member;
// member has to read the value. name is valid only during the call.
func (s *scanner) object(member func(name []byte) bool) bool {
	if !s.eat('{') {
		return s.syntax()
	}
	if !s.enter() {
		return false
	}
	if !s.eat('}') {
		for {
			if s.peek() != '"' {
				return s.syntax()
			}
			name, ok := s.text()
			if !ok {
				return false
			}
			if !s.eat(':') {
				return s.syntax()
			}
			s.peek()
			if !member(name) {
				return false
			}
			if s.eat('}') {
				break
			}
			if !s.eat(',') {
				return s.syntax()
			}
		}
	}
	s.depth--
	return true
}

// array reads the array that stands here and calls element for each element.
func (s *scanner) array(element func() bool) bool {
	if !s.eat('[') {
		return s.syntax()
	}
	if !s.enter() {
		return false
	}
	if !s.eat(']') {
		for {
			s.peek()
			if !s.element() || !element() {
				return false
			}
			if s.eat(']') {
				break
			}
			if !s.eat(',') {
				return s.syntax()
			}
		}
	}
	s.depth--
	return true
}

// text reads the string that stands here. The bytes may alias the input.
func (s *scanner) text() ([]byte, bool) {
	s.pos++ // the opening quote
	start, ascii := s.pos, true
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			t := s.data[start:s.pos]
			s.pos++
			if !ascii && !utf8.Valid(t) {
				return nil, s.fail("The JSON text is not valid UTF-8")
			}
			return t, true
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return nil, s.syntax()
		case c >= utf8.RuneSelf:
			ascii = false
		}
		s.pos++
	}
	return nil, s.syntax()
}

// escaped goes on with a string whose first backslash was met.
func (s *scanner) escaped(start int) ([]byte, bool) {
	out := append(make([]byte, 0, s.pos-start+32), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			s.pos++
			if !utf8.Valid(out) {
				return nil, s.fail("The JSON text is not valid UTF-8")
			}
			return out, true
		case c == '\\':
			var ok bool
			if out, ok = s.escape(out); !ok {
				return nil, false
			}
		case c < ' ':
			return nil, s.syntax()
		default:
			out = append(out, c)
			s.pos++
		}
	}
	return nil, s.syntax()
}

// escape appends what the escape sequence that stands here means.
func (s *scanner) escape(out []byte) ([]byte, bool) {
	if s.pos+1 >= len(s.data) {
		s.pos++
		return nil, s.syntax()
	}
	c := s.data[s.pos+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r, ok := s.unicode()
		if !ok {
			return nil, s.syntax()
		}
		return utf8.AppendRune(out, r), true
	default:
		return nil, s.syntax()
	}
	s.pos += 2
	return append(out, c), true
}

// unicode reads \uXXXX, or two of them for a surrogate pair. A surrogate
// without its other half becomes U+FFFD.
func (s *scanner) unicode() (rune, bool) {
	r, ok := s.hex4(s.pos)
	if !ok {
		return 0, false
	}
	s.pos += 6
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	low, ok := s.hex4(s.pos)
	if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
		s.pos += 6
		return pair, true
	}
	return utf8.RuneError, true
}

func (s *scanner) hex4(at int) (rune, bool) {
	if at+6 > len(s.data) || s.data[at] != '\\' || s.data[at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.data[at+2 : at+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// number reads the number that stands here; whole is false where it has a
// fraction or an exponent.
func (s *scanner) number() (text []byte, whole, ok bool) {
	start := s.pos
	if s.pos < len(s.data) && s.data[s.pos] == '-' {
		s.pos++
	}
	switch first := s.pos; s.digits() {
	case 0:
		return nil, false, s.syntax()
	case 1:
	default:
		if s.data[first] == '0' {
			s.pos = first + 1
			return nil, false, s.syntax()
		}
	}
	whole = true
	if s.pos < len(s.data) && s.data[s.pos] == '.' {
		s.pos++
		whole = false
		if s.digits() == 0 {
			return nil, false, s.syntax()
		}
	}
	if s.pos < len(s.data) && (s.data[s.pos] == 'e' || s.data[s.pos] == 'E') {
		s.pos++
		whole = false
		if s.pos < len(s.data) && (s.data[s.pos] == '+' || s.data[s.pos] == '-') {
			s.pos++
		}
		if s.digits() == 0 {
			return nil, false, s.syntax()
		}
	}
	return s.data[start:s.pos], whole, true
}

func (s *scanner) digits() int {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos - start
}

// skip reads any value and forgets it.
func (s *scanner) skip() bool {
	switch s.peek() {
	case '{':
		return s.object(func([]byte) bool { return s.skip() })
	case '[':
		return s.array(s.skip)
	case '"':
		_, ok := s.text()
		return ok
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	_, _, ok := s.number()
	return ok
}

// end checks that nothing follows.
func (s *scanner) end() bool {
	s.peek()
	if s.pos < len(s.data) {
		return s.syntax()
	}
	return true
}
