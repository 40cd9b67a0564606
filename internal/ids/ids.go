// Package ids makes identifiers in AWS's forms from an injectable source of
// randomness (crypto/rand in production).
package ids

import (
	"crypto/rand"
	"fmt"
	"io"
)

// Source makes identifiers. It is safe for concurrent use if its reader is.
type Source struct{ r io.Reader }

// New returns a source that draws from r; nil means crypto/rand.
func New(r io.Reader) *Source {
	if r == nil {
		r = rand.Reader
	}
	return &Source{r}
}

// Alphabets of AWS identifiers.
const (
	Base32Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	LowerAlnum  = "abcdefghijklmnopqrstuvwxyz0123456789"
	Alnum       = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	Base64      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	Digits      = "0123456789"
)

// Bytes returns n random bytes. A failing source of randomness is fatal by
// design: no identifier or secret may be made without it.
func (s *Source) Bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.r, b); err != nil {
		panic("ids: no randomness: " + err.Error())
	}
	return b
}

// String returns n characters drawn evenly from alphabet (at most 256 long).
func (s *Source) String(n int, alphabet string) string {
	limit := 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	for len(out) < n {
		for _, b := range s.Bytes(n + n/4 + 8) {
			if int(b) < limit && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

// UUID returns a random (version 4) UUID in lower case.
func (s *Source) UUID() string {
	b := s.Bytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// AccessKeyID returns prefix ("AKIA", "ASIA") and 16 characters.
func (s *Source) AccessKeyID(prefix string) string { return prefix + s.String(16, Base32Upper) }

// UniqueID returns an IAM unique id: prefix ("AIDA", "AROA", "ANPA") and 17
// characters.
func (s *Source) UniqueID(prefix string) string { return prefix + s.String(17, Base32Upper) }

// SecretKey returns a 40-character secret access key.
func (s *Source) SecretKey() string { return s.String(40, Base64) }
