package sigv4

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// pathForm is how the canonical request writes the path.
type pathForm int

const (
	// pathTwice encodes the path as it was sent once more (all services but S3).
	pathTwice pathForm = iota
	// pathOnce decodes and encodes again, so that a client's choice of what to
	// escape does not matter (S3). %2F stays %2F: a slash in a key's name is
	// not a separator.
	pathOnce
	// pathAsSent takes the path as it is (S3, second attempt: signers that sign
	// their own spelling).
	pathAsSent
	// pathNormal removes dot segments and empty segments, then encodes.
	pathNormal
)

// unreserved marks the bytes that URI encoding leaves alone (RFC 3986).
var unreserved = func() (t [256]bool) {
	for c := range t {
		t[c] = 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", byte(c)) >= 0
	}
	return t
}()

const upperHex = "0123456789ABCDEF"

func appendByte(dst []byte, c byte) []byte {
	if unreserved[c] {
		return append(dst, c)
	}
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}

// appendPath writes the canonical path.
func appendPath(dst []byte, raw string, form pathForm) []byte {
	switch {
	case raw == "":
		return append(dst, '/')
	case form == pathAsSent:
		return append(dst, raw...)
	case form == pathNormal:
		raw = normalize(raw)
	}
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '/' {
			dst = append(dst, c)
			continue
		}
		if form == pathOnce {
			if b, ok := decodeAt(raw, i); ok {
				c = b
				i += 2
			}
		}
		dst = appendByte(dst, c)
	}
	return dst
}

// normalize removes empty, "." and ".." segments as RFC 3986 5.2.4 does, and
// repeated slashes.
func normalize(path string) string {
	var kept []string
	segments := strings.Split(path, "/")
	for _, s := range segments {
		switch s {
		case "", ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, s)
		}
	}
	out := "/" + strings.Join(kept, "/")
	if last := segments[len(segments)-1]; len(kept) > 0 && (last == "" || last == "." || last == "..") {
		out += "/"
	}
	return out
}

// pair is one query parameter in its encoded form: offsets into a buffer.
type pair struct{ start, equals, end int }

// appendQuery writes the canonical query: every name and value encoded anew,
// sorted by name, then value; X-Amz-Signature is left out of a presigned one.
func appendQuery(dst []byte, raw string, dropSignature bool) []byte {
	if raw == "" {
		return dst
	}
	var space [1024]byte
	var pairSpace [24]pair
	buf, pairs := space[:0], pairSpace[:0]
	for rest := raw; rest != ""; {
		var p string
		p, rest, _ = strings.Cut(rest, "&")
		if p == "" {
			continue
		}
		name, value, _ := strings.Cut(p, "=")
		q := pair{start: len(buf)}
		buf = appendQueryPart(buf, name)
		q.equals = len(buf)
		if dropSignature && string(buf[q.start:]) == "X-Amz-Signature" {
			buf = buf[:q.start]
			continue
		}
		buf = appendQueryPart(buf, value)
		q.end = len(buf)
		pairs = append(pairs, q)
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := cmp.Compare(string(buf[a.start:a.equals]), string(buf[b.start:b.equals])); c != 0 {
			return c
		}
		return cmp.Compare(string(buf[a.equals:a.end]), string(buf[b.equals:b.end]))
	})
	for i, p := range pairs {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, buf[p.start:p.equals]...)
		dst = append(dst, '=')
		dst = append(dst, buf[p.equals:p.end]...)
	}
	return dst
}

func appendQueryPart(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		} else if b, ok := decodeAt(s, i); ok {
			c = b
			i += 2
		}
		dst = appendByte(dst, c)
	}
	return dst
}

// appendHeaders writes the canonical headers. absent is the first name that
// was not sent.
func appendHeaders(dst []byte, req *Request, names []string) (out []byte, absent string) {
	for _, name := range names {
		dst = append(dst, name...)
		sep := byte(':')
		for i := range req.Header {
			if h := &req.Header[i]; equalFold(h.Name, name) {
				dst = append(dst, sep)
				dst = appendTrimmed(dst, h.Value)
				sep = ','
			}
		}
		if sep == ':' {
			return dst, name
		}
		dst = append(dst, '\n')
	}
	return dst, ""
}

// appendTrimmed writes a header's value without white space at its ends and
// with each run of spaces as one.
func appendTrimmed(dst []byte, v string) []byte {
	v = strings.Trim(v, " \t\r\n")
	for i := 0; i < len(v); i++ {
		if v[i] == ' ' && v[i-1] == ' ' { // v[0] is no space
			continue
		}
		dst = append(dst, v[i])
	}
	return dst
}

// appendCanonical writes the canonical request.
func appendCanonical(dst []byte, req *Request, a *Authorization, form pathForm, payloadHash string) (out []byte, absent string) {
	dst = append(dst, req.Method...)
	dst = append(dst, '\n')
	dst = appendPath(dst, req.RawPath, form)
	dst = append(dst, '\n')
	dst = appendQuery(dst, req.RawQuery, a.Form == QueryForm)
	dst = append(dst, '\n')
	if dst, absent = appendHeaders(dst, req, a.SignedHeaders); absent != "" {
		return dst, absent
	}
	dst = append(dst, '\n')
	for i, name := range a.SignedHeaders {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, name...)
	}
	dst = append(dst, '\n')
	return append(dst, payloadHash...), ""
}

// appendStringToSign writes the string to sign for a canonical request.
func appendStringToSign(dst []byte, a *Authorization, canonical []byte) []byte {
	dst = append(dst, algorithm...)
	dst = append(dst, '\n')
	dst = append(dst, a.Timestamp...)
	dst = append(dst, '\n')
	dst = a.appendScope(dst)
	dst = append(dst, '\n')
	return appendHash(dst, canonical)
}

func (a *Authorization) appendScope(dst []byte) []byte {
	for i, s := range [...]string{a.Date, a.Region, a.Service, a.Terminator} {
		if i > 0 {
			dst = append(dst, '/')
		}
		dst = append(dst, s...)
	}
	return dst
}

func appendHash(dst, data []byte) []byte {
	sum := sha256.Sum256(data)
	return hex.AppendEncode(dst, sum[:])
}
