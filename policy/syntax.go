package policy

import (
	"strconv"
	"unicode/utf8"
)

// SyntaxError is why a document is not a policy. Services send Message as
// MalformedPolicyDocument (or their own code for it).
type SyntaxError struct {
	// Message is AWS's wording where it is known.
	Message string
	// Line and Column are where in the document, from 1; 0 when the document
	// as a whole is meant.
	Line, Column int
}

// Error returns the message, with the place where it is known.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return e.Message + " (line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ")"
}

// newSyntaxError makes an error that points at the byte offset at of doc.
func newSyntaxError(doc []byte, at int, message string) *SyntaxError {
	e := &SyntaxError{Message: message, Line: 1, Column: 1}
	for i := 0; i < at && i < len(doc); i++ {
		if doc[i] == '\n' {
			e.Line++
			e.Column = 1
		} else if utf8.RuneStart(doc[i]) {
			e.Column++
		}
	}
	return e
}

// checkCharacters refuses what IAM's documents must not hold: anything but
// tab, line feed, carriage return and U+0020 to U+00FF (the pattern of the
// PolicyDocument parameter), and text that is not UTF-8.
func checkCharacters(doc []byte) error {
	for i := 0; i < len(doc); {
		c, size := utf8.DecodeRune(doc[i:])
		valid := c == '\t' || c == '\n' || c == '\r' || 0x20 <= c && c <= 0xff
		if !valid || c == utf8.RuneError && size <= 1 {
			return newSyntaxError(doc, i, "The policy contains a character that is not allowed.")
		}
		i += size
	}
	return nil
}

// countCharacters counts the characters of doc without white space: what IAM
// measures against its size limits.
func countCharacters(doc []byte) int {
	n := 0
	for _, c := range string(doc) {
		switch c {
		case ' ', '\t', '\n', '\r':
		default:
			n++
		}
	}
	return n
}
