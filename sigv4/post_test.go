package sigv4

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

const goodPolicy = `{"expiration": "2026-11-22T19:00:00.000Z", "conditions": [
	{"bucket": "uploads"}, ["starts-with", "$key", "user/alice/"], {"acl": "private"}, ["eq", "$x-amz-meta-uuid", "14365123651274"],
	["starts-with", "$Content-Type", "image/"], ["content-length-range", 1, "1048576"],
	{"x-amz-credential": "AKIDEXAMPLE/20261122/us-east-1/s3/aws4_request"}, {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, {"x-amz-date": "20261122T180000Z"}
]}`

// form returns a signed form, after change has altered policy and fields.
func form(policy string, change func(u *PostUpload)) *PostUpload {
	encoded := base64.StdEncoding.EncodeToString([]byte(policy))
	key := DeriveKey(testSecret, "20261122", "us-east-1", "s3")
	sum := mac(key[:], encoded)
	u := &PostUpload{Bucket: "uploads", Fields: []Header{
		{"key", "user/alice/cat.png"}, {"acl", "private"}, {"X-Amz-Meta-UUID", "14365123651274"}, {"Content-Type", "image/png"},
		{"X-Amz-Credential", "AKIDEXAMPLE/20261122/us-east-1/s3/aws4_request"}, {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"}, {"X-Amz-Date", "20261122T180000Z"},
		{"Policy", encoded}, {"X-Amz-Signature", hexString(sum[:])}, {"x-ignore-me", "anything"},
	}}
	if change != nil {
		change(u)
	}
	return u
}

func verifyForm(u *PostUpload, now time.Time) (*LengthRange, error) {
	p, err := ParsePost(u)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, NewError(Unsigned, nil)
	}
	opts := &Options{S3: true, Now: now, Regions: []string{"us-east-1"}, Services: []string{"s3"}}
	return p.VerifyPost(u, opts, DeriveKey(testSecret, p.Date, "us-east-1", "s3"))
}

func set(name, value string) func(u *PostUpload) {
	return func(u *PostUpload) {
		for i := range u.Fields {
			if strings.EqualFold(u.Fields[i].Name, name) {
				u.Fields[i].Value = value
				return
			}
		}
		u.Fields = append(u.Fields, Header{name, value})
	}
}

func drop(name string) func(u *PostUpload) {
	return func(u *PostUpload) {
		var kept []Header
		for _, f := range u.Fields {
			if !strings.EqualFold(f.Name, name) {
				kept = append(kept, f)
			}
		}
		u.Fields = kept
	}
}

func TestPost(t *testing.T) {
	length, err := verifyForm(form(goodPolicy, nil), testNow)
	if err != nil || length == nil || *length != (LengthRange{1, 1 << 20}) {
		t.Fatalf("%v, %v", length, err)
	}
	for n, want := range map[int64]ErrorKind{0: TooSmall, 1: 0, 1 << 20: 0, 1<<20 + 1: TooLarge} {
		if err := length.Check(n); kindOf(err) != want {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if p, err := ParsePost(&PostUpload{Fields: []Header{{"key", "k"}}}); p != nil || err != nil {
		t.Errorf("anonymous: %v, %v", p, err)
	}
}

// TestAttack04Attack05PostPolicy: every condition counts, every field must be
// covered, and the bucket is the one that is written.
func TestAttack04Attack05PostPolicy(t *testing.T) {
	later := testNow
	for name, c := range map[string]struct {
		policy string
		change func(u *PostUpload)
		want   ErrorKind
	}{
		"other bucket":         {goodPolicy, func(u *PostUpload) { u.Bucket = "other" }, PolicyRefused},
		"bucket field differs": {goodPolicy, set("bucket", "other"), PolicyRefused},
		"bucket field cheats":  {goodPolicy, func(u *PostUpload) { u.Bucket = "other"; set("bucket", "uploads")(u) }, PolicyRefused},
		"key outside":          {goodPolicy, set("key", "user/bob/cat.png"), PolicyRefused},
		"key missing":          {goodPolicy, drop("key"), PolicyRefused},
		"acl altered":          {goodPolicy, set("acl", "public-read"), PolicyRefused},
		"meta missing":         {goodPolicy, drop("x-amz-meta-uuid"), PolicyRefused},
		"type outside":         {goodPolicy, set("content-type", "text/html"), PolicyRefused},
		"one type outside":     {goodPolicy, set("content-type", "image/png,text/html"), PolicyRefused},
		"extra field":          {goodPolicy, set("x-amz-meta-other", "x"), ExtraField},
		"extra token":          {goodPolicy, set("x-amz-security-token", "x"), ExtraField},
		"redirect":             {goodPolicy, set("success_action_redirect", "https://evil.example"), ExtraField},
		"field twice":          {goodPolicy, func(u *PostUpload) { u.Fields = append(u.Fields, Header{"KEY", "user/alice/x"}) }, DuplicateComponent},
		"policy twice":         {goodPolicy, func(u *PostUpload) { u.Fields = append(u.Fields, Header{"policy", "e30="}) }, DuplicateComponent},
		"policy altered":       {goodPolicy, set("policy", base64.StdEncoding.EncodeToString([]byte(goodPolicy+" "))), SignatureMismatch},
		"signature altered":    {goodPolicy, set("x-amz-signature", testSig), SignatureMismatch},
		"signature missing":    {goodPolicy, drop("x-amz-signature"), MissingField},
		"policy missing":       {goodPolicy, drop("policy"), MissingField},
		"signature only":       {goodPolicy, func(u *PostUpload) { u.Fields = []Header{{"key", "k"}, {"x-amz-signature", testSig}} }, MissingField},
		"version 2":            {goodPolicy, set("AWSAccessKeyId", "A"), VersionTwo},
		"algorithm":            {goodPolicy, set("x-amz-algorithm", "AWS4-HMAC-SHA1"), UnknownAlgorithm},
		"another service":      {goodPolicy, set("x-amz-credential", "AKIDEXAMPLE/20261122/us-east-1/sts/aws4_request"), WrongService},
		"another day":          {goodPolicy, set("x-amz-credential", "AKIDEXAMPLE/20261121/us-east-1/s3/aws4_request"), WrongScopeDate},
		"expired":              {strings.Replace(goodPolicy, "19:00:00", "18:30:00", 1), nil, PolicyExpired},
		"no expiration":        {`{"conditions": []}`, nil, MalformedPolicy},
		"odd expiration":       {strings.Replace(goodPolicy, "2026-11-22T19", "soon", 1), nil, MalformedPolicy},
		"no conditions":        {`{"expiration": "2026-11-22T19:00:00Z"}`, nil, MalformedPolicy},
		"no key or bucket":     {`{"expiration": "2026-11-22T19:00:00Z", "conditions": []}`, nil, ExtraField},
		"not JSON":             {`{"expiration": `, nil, MalformedPolicy},
		"more than JSON":       {goodPolicy + `{}`, nil, MalformedPolicy},
		"unknown operation":    {strings.Replace(goodPolicy, `"eq"`, `"matches"`, 1), nil, MalformedPolicy},
		"wrong arguments":      {strings.Replace(goodPolicy, `["eq", "$x-amz-meta-uuid",`, `["eq",`, 1), nil, MalformedPolicy},
		"range of text":        {strings.Replace(goodPolicy, `"1048576"`, `"many"`, 1), nil, MalformedPolicy},
		"negative range":       {strings.Replace(goodPolicy, `, 1, `, `, -1, `, 1), nil, MalformedPolicy},
		"two properties":       {strings.Replace(goodPolicy, `{"acl": "private"}`, `{"acl": "private", "a": "b"}`, 1), nil, MalformedPolicy},
		"number as value":      {strings.Replace(goodPolicy, `{"acl": "private"}`, `{"acl": 1}`, 1), nil, MalformedPolicy},
		"text as condition":    {strings.Replace(goodPolicy, `{"acl": "private"}`, `"acl"`, 1), nil, MalformedPolicy},
		"empty condition":      {strings.Replace(goodPolicy, `{"acl": "private"}`, `[]`, 1), nil, MalformedPolicy},
	} {
		if _, err := verifyForm(form(c.policy, c.change), later); kindOf(err) != c.want {
			t.Errorf("%s: %v, want kind %d", name, err, c.want)
		}
	}
	if _, err := verifyForm(form(goodPolicy, nil), testNow.Add(-time.Hour)); kindOf(err) != NotYetValid {
		t.Errorf("from the future: %v", err)
	}
}

func FuzzPostPolicy(f *testing.F) {
	f.Add(goodPolicy)
	f.Fuzz(func(t *testing.T, doc string) {
		p, e := parsePolicy([]byte(doc))
		if (p == nil) == (e == nil) {
			t.Fatalf("%v, %v", p, e)
		}
		if p != nil {
			p.check(form(doc, nil), testNow)
		}
	})
}
