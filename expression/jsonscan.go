package expression

import (
	"encoding/base64"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep lists and maps may nest in an attribute value.
const MaxDepth = 32

// DecodeError is a JSON text that does not have the form of an attribute value.
// The wire answers it as SerializationException with Message.
type DecodeError struct {
	Message string
	// Offset is where in the text it was found.
	Offset int
}

func (e *DecodeError) Error() string { return e.Message }

// scanner reads JSON from data. The first error sticks.
type scanner struct {
	data []byte
	pos  int
	err  *DecodeError
}

func (s *scanner) fail(msg string) bool {
	if s.err == nil {
		s.err = &DecodeError{Message: msg, Offset: s.pos}
	}
	return false
}

// syntax is AWS's answer to broken JSON.
func (s *scanner) syntax() bool { return s.fail("Unexpected token received from parser") }

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
	end := s.pos + len(word)
	if end <= len(s.data) && string(s.data[s.pos:end]) == word {
		s.pos = end
		return true
	}
	return s.syntax()
}

// null eats a null if one stands here.
func (s *scanner) null() bool { return s.peek() == 'n' && s.literal("null") }

// object calls member for every member of the object that stands here, which
// has to read the member's value.
func (s *scanner) object(member func(name string) bool) bool {
	if !s.eat('{') {
		return s.syntax()
	}
	if s.eat('}') {
		return true
	}
	for {
		if s.peek() != '"' {
			return s.syntax()
		}
		name, ok := s.str()
		if !ok {
			return false
		}
		if !s.eat(':') {
			return s.syntax()
		}
		if !member(name) {
			return false
		}
		if s.eat('}') {
			return true
		}
		if !s.eat(',') {
			return s.syntax()
		}
	}
}

// array calls element for every element of the array that stands here.
func (s *scanner) array(element func() bool) bool {
	if !s.eat('[') {
		return s.syntax()
	}
	if s.eat(']') {
		return true
	}
	for {
		s.peek()
		if !element() {
			return false
		}
		if s.eat(']') {
			return true
		}
		if !s.eat(',') {
			return s.syntax()
		}
	}
}

// str reads the string that stands here.
func (s *scanner) str() (string, bool) {
	s.pos++ // the opening quote
	start := s.pos
	ascii := true
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			text := s.data[start:s.pos]
			if !ascii && !utf8.Valid(text) {
				return "", s.fail("Invalid UTF-8 in string")
			}
			s.pos++
			return string(text), true
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", s.syntax()
		case c >= utf8.RuneSelf:
			ascii = false
		}
		s.pos++
	}
	return "", s.syntax()
}

// escaped reads on from the first backslash of a string that began at start.
func (s *scanner) escaped(start int) (string, bool) {
	buf := append(make([]byte, 0, s.pos-start+32), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			s.pos++
			if !utf8.Valid(buf) {
				return "", s.fail("Invalid UTF-8 in string")
			}
			return string(buf), true
		case c < ' ':
			return "", s.syntax()
		case c != '\\':
			buf = append(buf, c)
			s.pos++
		default:
			var ok bool
			if buf, ok = s.escape(buf); !ok {
				return "", s.syntax()
			}
		}
	}
	return "", s.syntax()
}

// escape appends what the escape sequence here stands for.
func (s *scanner) escape(buf []byte) ([]byte, bool) {
	if s.pos+1 >= len(s.data) {
		return buf, false
	}
	c := s.data[s.pos+1]
	s.pos += 2
	switch c {
	case '"', '\\', '/':
		return append(buf, c), true
	case 'b':
		return append(buf, '\b'), true
	case 'f':
		return append(buf, '\f'), true
	case 'n':
		return append(buf, '\n'), true
	case 'r':
		return append(buf, '\r'), true
	case 't':
		return append(buf, '\t'), true
	case 'u':
		r, ok := s.hex4()
		if !ok {
			return buf, false
		}
		if utf16.IsSurrogate(r) {
			r = s.lowSurrogate(r)
		}
		return utf8.AppendRune(buf, r), true
	}
	return buf, false
}

// lowSurrogate joins high with the escape that follows; a lone surrogate
// becomes U+FFFD, as in encoding/json.
func (s *scanner) lowSurrogate(high rune) rune {
	mark := s.pos
	if s.pos+1 < len(s.data) && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
		s.pos += 2
		if low, ok := s.hex4(); ok {
			if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
				return r
			}
		}
	}
	s.pos = mark
	return utf8.RuneError
}

func (s *scanner) hex4() (rune, bool) {
	if s.pos+4 > len(s.data) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[s.pos:s.pos+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	s.pos += 4
	return rune(n), true
}

// number skips the number that stands here and reports whether it is whole.
func (s *scanner) number() (whole, ok bool) {
	start := s.pos
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			s.pos++
			continue
		}
		break
	}
	f, err := strconv.ParseFloat(string(s.data[start:s.pos]), 64)
	if err != nil {
		return false, s.syntax()
	}
	return f == float64(int64(f)), true
}

// skip reads over any value, no deeper than depth.
func (s *scanner) skip(depth int) bool {
	if depth > 2*MaxDepth+8 {
		return s.fail("Nesting Levels have exceeded supported limits")
	}
	switch c := s.peek(); {
	case c == '{':
		return s.object(func(string) bool { return s.skip(depth + 1) })
	case c == '[':
		return s.array(func() bool { return s.skip(depth + 1) })
	case c == '"':
		_, ok := s.str()
		return ok
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	case c == '-' || c >= '0' && c <= '9':
		_, ok := s.number()
		return ok
	}
	return s.syntax()
}

// text reads a string member; other JSON types are refused as AWS's parser
// does. java is the class it names for arrays.
func (s *scanner) text() (string, bool) {
	switch c := s.peek(); {
	case c == '"':
		return s.str()
	case c == 't':
		return "", s.fail("TRUE_VALUE cannot be converted to String")
	case c == 'f':
		return "", s.fail("FALSE_VALUE cannot be converted to String")
	case c == '-' || c >= '0' && c <= '9':
		whole, ok := s.number()
		if ok && whole {
			s.fail("NUMBER_VALUE cannot be converted to String")
		} else if ok {
			s.fail("DECIMAL_VALUE cannot be converted to String")
		}
		return "", false
	case c == '[':
		return "", s.fail("Unrecognized collection type class java.lang.String")
	case c == '{':
		return "", s.fail("Start of structure or map found where not expected")
	}
	return "", s.syntax()
}

// blob reads a base64 member.
func (s *scanner) blob() (string, bool) {
	switch c := s.peek(); {
	case c == '"':
	case c == '[':
		return "", s.fail("Unrecognized collection type class java.nio.ByteBuffer")
	case c == '{':
		return "", s.fail("Start of structure or map found where not expected")
	case c == 't', c == 'f', c == '-', c >= '0' && c <= '9':
		return "", s.fail("only base-64-encoded strings are convertible to bytes")
	default:
		return "", s.syntax()
	}
	text, ok := s.str()
	if !ok {
		return "", false
	}
	if len(text)%4 != 0 {
		return "", s.fail("Base64 encoded length is expected a multiple of 4 bytes but found: " + strconv.Itoa(len(text)))
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", s.fail("Invalid last non-pad Base64 character dectected")
	}
	return string(raw), true
}

// boolean reads a BOOL or NULL member; AWS's parser takes some strings too.
func (s *scanner) boolean() (bool, bool) {
	switch c := s.peek(); {
	case c == 't':
		return true, s.literal("true")
	case c == 'f':
		return false, s.literal("false")
	case c == '"':
		word, ok := s.str()
		if !ok {
			return false, false
		}
		switch {
		case equalFold(word, "TRUE"), equalFold(word, "YES"), word == "1":
			return true, true
		case equalFold(word, "FALSE"), equalFold(word, "NO"), word == "0":
			return false, true
		}
		return false, s.syntax()
	case c == '-' || c >= '0' && c <= '9':
		whole, ok := s.number()
		if ok && whole {
			s.fail("NUMBER_VALUE cannot be converted to Boolean")
		} else if ok {
			s.fail("DECIMAL_VALUE cannot be converted to Boolean")
		}
		return false, false
	case c == '[':
		return false, s.fail("Unrecognized collection type class java.lang.Boolean")
	case c == '{':
		return false, s.fail("Start of structure or map found where not expected")
	}
	return false, s.syntax()
}

func equalFold(s, upper string) bool {
	if len(s) != len(upper) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}
