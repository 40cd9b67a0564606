package sigv4

import (
	"strconv"
	"strings"
	"time"
)

// maxExpires is the longest life of a presigned URL.
const maxExpires = 7 * 24 * time.Hour

// The parameters of a presigned URL, in the order AWS's message lists them;
// the last two may be absent.
const (
	paramAlgorithm = iota
	paramCredential
	paramSignature
	paramDate
	paramSignedHeaders
	paramExpires
	paramToken
	paramPayloadHash
	paramCount
)

var paramNames = [paramCount]string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires",
	"X-Amz-Security-Token", "X-Amz-Content-Sha256",
}

// queryParams are the signing parameters found in a query, decoded.
type queryParams struct {
	value   [paramCount]string
	present [paramCount]bool
}

// parseQuery collects the signing parameters. found says that the query means
// to be a signature; until then nothing is refused.
func parseQuery(raw string) (q queryParams, found bool, err error) {
	var duplicate string
	var oldKey, oldSignature bool
	for rest := raw; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		if strings.IndexByte(name, '%') >= 0 {
			name = decodeQuery(name)
		}
		if !strings.HasPrefix(name, "X-Amz-") {
			oldKey = oldKey || name == "AWSAccessKeyId"
			oldSignature = oldSignature || name == "Signature"
			continue
		}
		for i, known := range paramNames {
			if name != known {
				continue
			}
			if q.present[i] {
				duplicate = name
			}
			q.value[i], q.present[i] = decodeQuery(value), true
		}
	}
	switch {
	case q.present[paramAlgorithm] || q.present[paramCredential] || q.present[paramSignature]:
		if duplicate != "" {
			return q, true, &Error{Kind: DuplicateComponent, Form: QueryForm, Name: duplicate, Message: duplicate + " stands twice in the query"}
		}
		return q, true, nil
	case oldKey && oldSignature:
		return q, true, &Error{Kind: VersionTwo, Form: QueryForm, Message: "Signature Version 2 is not supported"}
	}
	return q, false, nil
}

// authorization checks the parameters of a presigned URL.
func (q *queryParams) authorization(req *Request) (*Authorization, error) {
	a := &Authorization{Form: QueryForm, Expires: -1}
	if e := q.read(a, req); e != nil {
		e.Form, e.AccessKeyID = QueryForm, a.AccessKeyID
		return nil, e
	}
	return a, nil
}

func (q *queryParams) read(a *Authorization, req *Request) *Error {
	if alg := q.value[paramAlgorithm]; q.present[paramAlgorithm] && alg != algorithm {
		if strings.HasPrefix(alg, "AWS4-ECDSA-P256-SHA256") {
			return &Error{Kind: Asymmetric, Message: "Signature Version 4A is not built"}
		}
		return &Error{Kind: UnknownAlgorithm, Got: alg, Message: "the signing algorithm is not known"}
	}
	var missing []string
	for i := paramAlgorithm; i < paramExpires; i++ {
		if q.value[i] == "" {
			missing = append(missing, paramNames[i])
		}
	}
	if len(missing) > 0 {
		return &Error{Kind: MissingParameter, Name: missing[0], Names: missing, Message: missing[0] + " is missing in the query"}
	}
	if e := readCredential(a, q.value[paramCredential]); e != nil {
		return e
	}
	if e := a.readTime(q.value[paramDate]); e != nil {
		return e
	}
	if e := q.readExpires(a); e != nil {
		return e
	}
	if e := readSignedHeaders(a, q.value[paramSignedHeaders]); e != nil {
		return e
	}
	if e := readSignature(a, q.value[paramSignature]); e != nil {
		return e
	}
	return q.readRest(a, req)
}

// readRest takes token and payload hash, each from the query or, once, from a
// header; given in both it is refused, because two readers could disagree.
func (q *queryParams) readRest(a *Authorization, req *Request) *Error {
	for _, f := range []struct {
		param  int
		header string
		into   *string
	}{{paramToken, "x-amz-security-token", &a.SecurityToken}, {paramPayloadHash, "x-amz-content-sha256", &a.PayloadHash}} {
		value, n := req.find(f.header)
		if q.present[f.param] {
			value = q.value[f.param]
			n++
		}
		if n > 1 {
			return &Error{Kind: DuplicateComponent, Name: paramNames[f.param], Message: paramNames[f.param] + " is given more than once"}
		}
		*f.into = value
	}
	return nil
}

func (q *queryParams) readExpires(a *Authorization) *Error {
	if !q.present[paramExpires] {
		return nil // Verify refuses it where it is required
	}
	s := q.value[paramExpires]
	if s == "" {
		return &Error{Kind: MissingParameter, Name: paramNames[paramExpires], Message: "X-Amz-Expires is empty"}
	}
	number := strings.TrimPrefix(s, "-")
	if _, ok := digits(number); !ok || number == "" {
		return &Error{Kind: MalformedExpires, Got: s, Message: "X-Amz-Expires is not a number"}
	}
	if number != s {
		return &Error{Kind: NegativeExpires, Got: s, Message: "X-Amz-Expires is negative"}
	}
	seconds, err := strconv.ParseInt(number, 10, 32)
	if err != nil || time.Duration(seconds)*time.Second > maxExpires {
		return &Error{Kind: ExcessiveExpires, Got: s, Message: "X-Amz-Expires is over seven days"}
	}
	a.Expires = time.Duration(seconds) * time.Second
	return nil
}

// decodeQuery decodes a name or value of a query: %XX and '+'. A '%' that is
// not followed by two hexadecimal digits stands for itself.
func decodeQuery(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		} else if b, ok := decodeAt(s, i); ok {
			c = b
			i += 2
		}
		out = append(out, c)
	}
	return string(out)
}

// decodeAt returns the byte that %XX at s[i] stands for.
func decodeAt(s string, i int) (byte, bool) {
	if s[i] != '%' || i+2 >= len(s) {
		return 0, false
	}
	hi, ok1 := unhex(s[i+1])
	lo, ok2 := unhex(s[i+2])
	return hi<<4 | lo, ok1 && ok2
}
