package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
)

// Request is the part of an HTTP request that can be signed, exactly as it
// came over the wire.
type Request struct {
	Method string
	// RawPath is the request target before '?', undecoded.
	RawPath string
	// RawQuery is the request target after '?', undecoded.
	RawQuery string
	// Header holds every header in arrival order, names in any case. Host must
	// be among them, and so must Content-Length and Transfer-Encoding where
	// they were sent: clients may sign them.
	Header []Header
}

// Header is one header line. Value has no surrounding white space.
type Header struct{ Name, Value string }

// find returns the value of the header with the given lower-case name and how
// often it occurs; the value is the first one's.
func (r *Request) find(name string) (value string, count int) {
	for i := range r.Header {
		if equalFold(r.Header[i].Name, name) {
			if count == 0 {
				value = r.Header[i].Value
			}
			count++
		}
	}
	return value, count
}

// equalFold says whether s is lower (which is in lower case) but for ASCII
// case.
func equalFold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hasFoldPrefix says whether s begins with lower but for ASCII case.
func hasFoldPrefix(s, lower string) bool {
	return len(s) >= len(lower) && equalFold(s[:len(lower)], lower)
}

// lowerASCII returns s in lower case; s itself if it is so already.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// Values of x-amz-content-sha256 that are not a hash.
const (
	UnsignedPayload                = "UNSIGNED-PAYLOAD"
	StreamingPayload               = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingPayloadTrailer        = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	StreamingUnsignedTrailer       = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	streamingAsymmetric            = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
	streamingAsymmetricWithTrailer = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
)

// EmptyPayloadHash is the hexadecimal SHA-256 of no bytes.
const EmptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// HashPayload returns the hexadecimal SHA-256 of body.
func HashPayload(body []byte) string {
	if len(body) == 0 {
		return EmptyPayloadHash
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// isHexHash says whether s is 64 hexadecimal digits.
func isHexHash(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for i := 0; i < len(s); i++ {
		if _, ok := unhex(s[i]); !ok {
			return false
		}
	}
	return true
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
