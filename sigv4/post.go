package sigv4

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// PostUpload is S3's POST form as it was received.
type PostUpload struct {
	// Bucket is the bucket the request was sent to (from host or path).
	Bucket string
	// Fields are the form's fields before the file, in order, names in any
	// case. ${filename} must already be replaced in their values.
	Fields []Header
}

// field returns a field by its lower-case name, and how often it occurs.
func (u *PostUpload) field(name string) (string, int) {
	r := Request{Header: u.Fields}
	return r.find(name)
}

// PostAuthorization is the signature and policy of a POST form.
type PostAuthorization struct {
	Authorization
	policy string // as sent, base64
}

// maxPolicy bounds the form's policy, in base64.
const maxPolicy = 28 << 10

// ParsePost reads the signature of a POST form. It returns nil, nil for a form
// with neither policy nor signature (an anonymous upload), and an *Error for
// anything between.
func ParsePost(u *PostUpload) (*PostAuthorization, error) {
	p := &PostAuthorization{Authorization: Authorization{Form: PostForm, Expires: -1}}
	if e := p.read(u); e != nil {
		e.Form, e.AccessKeyID = PostForm, p.AccessKeyID
		return nil, e
	}
	if p.policy == "" {
		return nil, nil
	}
	return p, nil
}

var postFields = [...]string{"policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"}

func (p *PostAuthorization) read(u *PostUpload) *Error {
	var value [len(postFields)]string
	any := false
	missing := ""
	for i, name := range postFields {
		v, n := u.field(name)
		if n > 1 {
			return &Error{Kind: DuplicateComponent, Name: name, Message: "the form's field " + name + " comes twice"}
		}
		if v == "" && missing == "" {
			missing = name
		}
		any = any || n > 0
		value[i] = v
	}
	if _, n := u.field("awsaccesskeyid"); n > 0 {
		return &Error{Kind: VersionTwo, Message: "Signature Version 2 is not supported"}
	}
	if !any {
		return nil
	}
	if missing != "" {
		return &Error{Kind: MissingField, Name: missing, Message: "the form's field " + missing + " is missing"}
	}
	if value[1] != algorithm {
		return &Error{Kind: UnknownAlgorithm, Got: value[1], Message: "the signing algorithm is not known"}
	}
	if len(value[0]) > maxPolicy {
		return &Error{Kind: MalformedPolicy, Message: "the policy is too long."}
	}
	if e := readCredential(&p.Authorization, value[2]); e != nil {
		return e
	}
	if e := p.readTime(value[3]); e != nil {
		return e
	}
	if e := readSignature(&p.Authorization, value[4]); e != nil {
		return e
	}
	token, n := u.field("x-amz-security-token")
	if n > 1 {
		return &Error{Kind: DuplicateComponent, Name: "x-amz-security-token", Message: "the form's field x-amz-security-token comes twice"}
	}
	p.SecurityToken, p.policy = token, value[0]
	return nil
}

// LengthRange is a policy's content-length-range: inclusive bounds in bytes.
type LengthRange struct{ Min, Max int64 }

// Check refuses a file length outside the range, as an *Error.
func (l LengthRange) Check(length int64) error {
	switch {
	case length > l.Max:
		return &Error{Kind: TooLarge, Form: PostForm, Got: strconv.FormatInt(length, 10), Want: strconv.FormatInt(l.Max, 10), Message: "the file is larger than the policy allows"}
	case length < l.Min:
		return &Error{Kind: TooSmall, Form: PostForm, Got: strconv.FormatInt(length, 10), Want: strconv.FormatInt(l.Min, 10), Message: "the file is smaller than the policy allows"}
	}
	return nil
}

// VerifyPost checks scope, signature, expiration and every condition of the
// form's policy. The returned range, if not nil, must be applied to the file's
// length (stop reading at Max). A form is not tied to the server's clock by
// its date but by the policy's expiration; its date must not be in the future.
func (p *PostAuthorization) VerifyPost(u *PostUpload, opts *Options, key SigningKey) (*LengthRange, error) {
	scope := Request{Header: []Header{{Name: "Host"}}}
	check := *opts
	check.Now = p.Time // the clock is compared below
	p.SignedHeaders = []string{"host"}
	if err := p.Check(&scope, &check); err != nil {
		return nil, err
	}
	sum := mac(key[:], p.policy)
	if !equalMAC(sum[:], p.Signature) {
		return nil, p.fail(&Error{Kind: SignatureMismatch, Signature: hexString(p.Signature), StringToSign: p.policy, Message: "the signature does not match"})
	}
	if p.Time.Sub(opts.Now) > 15*time.Minute {
		return nil, p.fail(&Error{Kind: NotYetValid, ServerTime: opts.Now, Skew: 15 * time.Minute, Message: "signed in the future"})
	}
	doc, err := base64.StdEncoding.DecodeString(strings.Map(dropSpace, p.policy))
	if err != nil {
		return nil, p.fail(&Error{Kind: MalformedPolicy, Message: "invalid Base64 encoding."})
	}
	policy, e := parsePolicy(doc)
	if e == nil {
		e = policy.check(u, opts.Now)
	}
	if e != nil {
		return nil, p.fail(e)
	}
	p.verified = true
	return policy.length, nil
}

// dropSpace removes the line breaks some encoders write.
func dropSpace(r rune) rune {
	if r == '\n' || r == '\r' {
		return -1
	}
	return r
}
