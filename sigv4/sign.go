package sigv4

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Credentials are an access key pair and, for temporary ones, their token.
type Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }

// Signing says how Sign and Presign sign.
type Signing struct {
	Credentials
	Region, Service string
	// Time is the signing time; it is written in UTC with whole seconds.
	Time time.Time
	// S3 selects S3's rules: path encoded once, x-amz-content-sha256 added.
	S3 bool
	// NormalizePath signs the path without dot segments and repeated slashes.
	NormalizePath bool
	// PayloadHash is the canonical request's last line: HashPayload of the
	// body, UnsignedPayload or a Streaming constant. Empty means no body.
	PayloadHash string
	// UnsignedToken adds the session token after signing, as some clients do.
	UnsignedToken bool
}

func (s *Signing) authorization(form Form) *Authorization {
	a := &Authorization{Form: form, AccessKeyID: s.AccessKeyID, Region: s.Region, Service: s.Service, Terminator: terminator, Time: s.Time.UTC(), Expires: -1}
	a.Timestamp = a.Time.Format(timeFormat)
	a.Date = a.Timestamp[:8]
	return a
}

func (s *Signing) payload() string {
	if s.PayloadHash == "" {
		return EmptyPayloadHash
	}
	return s.PayloadHash
}

func (s *Signing) pathForm() pathForm {
	switch {
	case s.S3:
		return pathOnce
	case s.NormalizePath:
		return pathNormal
	}
	return pathTwice
}

// signature computes what a.SignedHeaders cover.
func (s *Signing) signature(req *Request, a *Authorization) string {
	canonical, _ := appendCanonical(nil, req, a, s.pathForm(), s.payload())
	sum := mac(s.key(a), appendStringToSign(nil, a, canonical))
	a.signature = sum
	a.Signature = a.signature[:]
	return hexString(sum[:])
}

func (s *Signing) key(a *Authorization) []byte {
	key := DeriveKey(s.SecretAccessKey, a.Date, a.Region, a.Service)
	return key[:]
}

// Sign adds X-Amz-Date, the session token, for S3 x-amz-content-sha256, and
// Authorization to req.Header. Every header that is there is signed, but for
// those that proxies change (unsignable). Host must be there. It returns the
// signature's data, which seeds the signing of chunks.
func Sign(req *Request, s *Signing) *Authorization {
	a := s.authorization(HeaderForm)
	req.Header = append(req.Header, Header{"X-Amz-Date", a.Timestamp})
	if s.S3 {
		if _, n := req.find("x-amz-content-sha256"); n == 0 {
			req.Header = append(req.Header, Header{"X-Amz-Content-Sha256", s.payload()})
		}
	}
	token := Header{"X-Amz-Security-Token", s.SessionToken}
	if s.SessionToken != "" && !s.UnsignedToken {
		req.Header = append(req.Header, token)
	}
	a.SignedHeaders = signable(req)
	value := algorithm + " Credential=" + a.AccessKeyID + "/" + a.Scope() +
		", SignedHeaders=" + strings.Join(a.SignedHeaders, ";") + ", Signature=" + s.signature(req, a)
	if s.SessionToken != "" && s.UnsignedToken {
		req.Header = append(req.Header, token)
	}
	req.Header = append(req.Header, Header{"Authorization", value})
	return a
}

// Presign adds the signature to req.RawQuery; expires is rounded down to whole
// seconds, at most seven days. S3's payload is UNSIGNED-PAYLOAD unless
// PayloadHash is set.
func Presign(req *Request, s *Signing, expires time.Duration) *Authorization {
	a := s.authorization(QueryForm)
	a.SignedHeaders = signable(req)
	a.Expires = expires.Truncate(time.Second)
	query := req.RawQuery
	add := func(name, value string) {
		if query != "" {
			query += "&"
		}
		query += name + "=" + encode(value)
	}
	add("X-Amz-Algorithm", algorithm)
	add("X-Amz-Credential", a.AccessKeyID+"/"+a.Scope())
	add("X-Amz-Date", a.Timestamp)
	add("X-Amz-Expires", strconv.FormatInt(int64(a.Expires/time.Second), 10))
	if s.SessionToken != "" && !s.UnsignedToken {
		add("X-Amz-Security-Token", s.SessionToken)
	}
	add("X-Amz-SignedHeaders", strings.Join(a.SignedHeaders, ";"))
	req.RawQuery = query
	signing := *s
	if s.S3 && s.PayloadHash == "" {
		signing.PayloadHash = UnsignedPayload
	}
	add("X-Amz-Signature", signing.signature(req, a))
	req.RawQuery = query
	return a
}

// signable lists the headers to sign, sorted.
func signable(req *Request) []string {
	var names []string
	for i := range req.Header {
		switch name := lowerASCII(req.Header[i].Name); name {
		case "authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id":
		default:
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func hexString(b []byte) string { return hex.EncodeToString(b) }

// encode writes s with everything but the unreserved characters escaped.
func encode(s string) string {
	out := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		out = appendByte(out, s[i])
	}
	return string(out)
}
