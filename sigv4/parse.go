package sigv4

import (
	"strings"
	"time"
)

// Form is the way a request is signed.
type Form int

// The forms. NoSignature is the zero value.
const (
	NoSignature Form = iota
	HeaderForm
	QueryForm
	PostForm
)

// Authorization is what a request says about its signature. Nothing in it is
// to be believed before Verify returned nil.
type Authorization struct {
	Form        Form
	AccessKeyID string
	// Date, Region and Service are the credential scope; Date is YYYYMMDD.
	Date, Region, Service string
	// Terminator is the scope's last part; Verify wants "aws4_request".
	Terminator string
	// SecurityToken is X-Amz-Security-Token, from the header or (QueryForm)
	// from the query; "" when absent.
	SecurityToken string
	// SignedHeaders are in lower case, in the order they were given.
	SignedHeaders []string
	// Signature is the 32 bytes that were sent.
	Signature []byte
	// Time is when the request says it was signed.
	Time time.Time
	// Timestamp is Time as the string to sign has it.
	Timestamp string
	// Expires is the life of a presigned URL; -1 when X-Amz-Expires is absent.
	Expires time.Duration
	// PayloadHash is x-amz-content-sha256, from the header or (QueryForm) from
	// the query; "" when absent.
	PayloadHash string

	signature [32]byte
	verified  bool
}

// Verified says whether Verify has accepted the signature.
func (a *Authorization) Verified() bool { return a != nil && a.verified }

// Bounds on what is looked at before anything is known about the sender.
const (
	maxAuthorization = 8 << 10
	maxSignedHeaders = 128
	maxHeaderName    = 256
	maxCredential    = 1 << 10
	maxUnsigned      = 32 // names listed in a refusal
)

const algorithm = "AWS4-HMAC-SHA256"

// Scope returns DATE/REGION/SERVICE/TERMINATOR.
func (a *Authorization) Scope() string {
	return a.Date + "/" + a.Region + "/" + a.Service + "/" + a.Terminator
}

// Parse reads the signature of a request. It returns nil, nil when the request
// is not signed at all, and an *Error for everything that is not a well-formed
// Signature Version 4 in exactly one form: a failed parse is never anonymous.
func Parse(req *Request) (*Authorization, error) {
	auth, headers := req.find("authorization")
	query, found, err := parseQuery(req.RawQuery)
	if err != nil {
		return nil, err
	}
	if headers > 1 {
		return nil, &Error{Kind: DuplicateComponent, Form: HeaderForm, Name: "Authorization", Message: "more than one Authorization header"}
	}
	switch {
	case found && headers > 0:
		return nil, &Error{Kind: BothForms, Form: QueryForm, Authorization: auth, Message: "signed by header and by query together"}
	case found:
		return query.authorization(req)
	case headers > 0:
		return parseHeader(req, auth)
	}
	return nil, nil
}

// parseHeader reads AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...
func parseHeader(req *Request, auth string) (*Authorization, error) {
	fail := func(kind ErrorKind, message string) *Error {
		return &Error{Kind: kind, Form: HeaderForm, Message: message, Authorization: auth}
	}
	if len(auth) > maxAuthorization {
		e := fail(MalformedCredential, "the Authorization header is too long")
		e.Authorization = auth[:64]
		return nil, e
	}
	scheme, rest, _ := strings.Cut(auth, " ")
	if scheme != algorithm {
		return nil, otherAlgorithm(fail, scheme, auth)
	}
	var component [3]string
	var seen [3]bool
	for rest = strings.TrimSpace(rest); rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		part, rest = strings.TrimSpace(part), strings.TrimSpace(rest)
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			e := fail(NotKeyValue, "a component of the Authorization header is not name=value")
			e.Got = part
			return nil, e
		}
		for i, known := range headerComponents {
			if name != known {
				continue
			}
			if seen[i] {
				e := fail(DuplicateComponent, name+" stands twice in the Authorization header")
				e.Name = name
				return nil, e
			}
			component[i], seen[i] = value, true
		}
	}
	if e := missingComponents(req, component); e != nil {
		e.Form, e.Authorization = HeaderForm, auth
		return nil, e
	}
	a := &Authorization{Form: HeaderForm, Expires: -1}
	for i, read := range []func(*Authorization, string) *Error{readCredential, readSignedHeaders, readSignature} {
		if e := read(a, component[i]); e != nil {
			e.Form, e.Authorization, e.AccessKeyID = HeaderForm, auth, a.AccessKeyID
			return nil, e
		}
	}
	if e := a.readHeaders(req); e != nil {
		e.Form, e.Authorization, e.AccessKeyID = HeaderForm, auth, a.AccessKeyID
		return nil, e
	}
	return a, nil
}

// missingComponents names every component that is absent or empty; AWS's
// message lists them all, the date among them.
func missingComponents(req *Request, component [3]string) *Error {
	var names []string
	for i, known := range headerComponents {
		if component[i] == "" {
			names = append(names, known)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if _, n := req.find("x-amz-date"); n == 0 {
		if _, n = req.find("date"); n == 0 {
			names = append(names, "Date")
		}
	}
	return &Error{Kind: MissingComponent, Name: names[0], Names: names, Message: names[0] + " is missing in the Authorization header"}
}

var headerComponents = [3]string{"Credential", "SignedHeaders", "Signature"}

// otherAlgorithm names the scheme of an Authorization header that is not ours.
func otherAlgorithm(fail func(ErrorKind, string) *Error, scheme, auth string) *Error {
	switch {
	case strings.HasPrefix(scheme, "AWS4-ECDSA-P256-SHA256"):
		return fail(Asymmetric, "Signature Version 4A is not built")
	case scheme == "AWS":
		return fail(VersionTwo, "Signature Version 2 is not supported")
	case strings.HasPrefix(scheme, "AWS4"):
		e := fail(UnknownAlgorithm, "the signing algorithm is not known")
		e.Got = scheme
		return e
	}
	e := fail(OtherScheme, "the Authorization header is not AWS's")
	e.Got = auth
	return e
}

// readHeaders takes date, token and payload hash from the headers.
func (a *Authorization) readHeaders(req *Request) *Error {
	once := func(name string) (string, bool, *Error) {
		v, n := req.find(name)
		if n > 1 {
			return "", false, &Error{Kind: DuplicateComponent, Name: name, Message: "more than one " + name + " header"}
		}
		return v, n == 1, nil
	}
	var e *Error
	if a.SecurityToken, _, e = once("x-amz-security-token"); e != nil {
		return e
	}
	if a.PayloadHash, _, e = once("x-amz-content-sha256"); e != nil {
		return e
	}
	date, ok, e := once("x-amz-date")
	if e != nil {
		return e
	}
	if ok {
		return a.readTime(date)
	}
	if date, ok, e = once("date"); e != nil {
		return e
	}
	if !ok {
		return &Error{Kind: MissingDate, Message: "neither X-Amz-Date nor Date"}
	}
	if a.Time, ok = parseDateHeader(date); !ok {
		return &Error{Kind: MalformedDate, Got: date, Message: "the Date header is not a date"}
	}
	a.Timestamp = a.Time.Format(timeFormat)
	return nil
}

func (a *Authorization) readTime(s string) *Error {
	var ok bool
	if a.Time, ok = parseTime(s); !ok {
		return &Error{Kind: MalformedDate, Got: s, Message: "X-Amz-Date is not in ISO 8601's basic format"}
	}
	a.Timestamp = s
	return nil
}

// readCredential splits KEY/DATE/REGION/SERVICE/TERMINATOR.
func readCredential(a *Authorization, s string) *Error {
	bad := func() *Error {
		return &Error{Kind: MalformedCredential, Got: s, Message: "the credential is not KEY/DATE/REGION/SERVICE/aws4_request"}
	}
	if len(s) > maxCredential || strings.Count(s, "/") != 4 {
		return bad()
	}
	key, rest, _ := strings.Cut(s, "/")
	date, rest, _ := strings.Cut(rest, "/")
	region, rest, _ := strings.Cut(rest, "/")
	service, term, _ := strings.Cut(rest, "/")
	if key == "" {
		return bad()
	}
	for i := 0; i < len(key); i++ {
		if c := key[i]; !('0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_') {
			return bad()
		}
	}
	a.AccessKeyID, a.Date, a.Region, a.Service, a.Terminator = key, date, region, service, term
	return nil
}

// readSignedHeaders splits the list and checks its names.
func readSignedHeaders(a *Authorization, s string) *Error {
	bad := func(why string) *Error {
		return &Error{Kind: MalformedSignedHeaders, Got: s, Message: "SignedHeaders " + why}
	}
	s = lowerASCII(s)
	n := strings.Count(s, ";") + 1
	if n > maxSignedHeaders {
		return bad("names too many headers")
	}
	names := make([]string, 0, n)
	for rest := s; n > 0; n-- {
		var name string
		name, rest, _ = strings.Cut(rest, ";")
		if !isHeaderName(name) {
			return bad("holds an invalid name")
		}
		for _, other := range names {
			if other == name {
				return bad("names a header twice")
			}
		}
		names = append(names, name)
	}
	a.SignedHeaders = names
	return nil
}

// isHeaderName says whether s is an HTTP token, or HTTP/2's :authority.
func isHeaderName(s string) bool {
	if s == "" || len(s) > maxHeaderName {
		return false
	}
	if s == ":authority" {
		return true
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || strings.IndexByte("-_.!#$%&'*+^`|~", c) >= 0) {
			return false
		}
	}
	return true
}

// readSignature decodes 64 hexadecimal digits.
func readSignature(a *Authorization, s string) *Error {
	ok := len(s) == 2*len(a.signature)
	for i := 0; ok && i < len(a.signature); i++ {
		hi, ok1 := unhex(s[2*i])
		lo, ok2 := unhex(s[2*i+1])
		a.signature[i] = hi<<4 | lo
		ok = ok1 && ok2
	}
	if !ok {
		if len(s) > 256 {
			s = s[:256]
		}
		return &Error{Kind: MalformedSignature, Got: s, Message: "the signature is not 64 hexadecimal digits"}
	}
	a.Signature = a.signature[:]
	return nil
}
