package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// signed returns a signed request, with what verifies it.
func signed(s3 bool, more ...Header) (*Request, *Options, SigningKey) {
	service := "dynamodb"
	if s3 {
		service = "s3"
	}
	r := &Request{Method: "PUT", RawPath: "/bucket/key", RawQuery: "x-id=PutObject", Header: append([]Header{{"Host", "h:4566"}}, more...)}
	Sign(r, &Signing{Credentials: Credentials{"AKIDEXAMPLE", testSecret, ""}, Region: "us-east-1", Service: service, Time: testNow, S3: s3})
	return r, &Options{S3: s3, Now: testNow, Regions: []string{"us-east-1"}, Services: []string{service}}, DeriveKey(testSecret, "20261122", "us-east-1", service)
}

func verify(r *Request, opts *Options, key SigningKey, payload string) error {
	a, err := Parse(r)
	if err != nil {
		return err
	}
	return a.Verify(r, opts, key, payload)
}

func TestVerifyScopeOrder(t *testing.T) {
	r, opts, key := signed(false)
	a, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	opts.Now = testNow.Add(time.Hour)
	for _, step := range []struct {
		set  func(b *Authorization)
		want ErrorKind
	}{
		{func(b *Authorization) { b.Terminator = "aws3" }, WrongTerminator},
		{func(b *Authorization) { b.Service = "s3" }, WrongService},
		{func(b *Authorization) { b.Region = "mars" }, WrongRegion},
		{func(b *Authorization) { b.Date = "20261121" }, WrongScopeDate},
		{func(*Authorization) {}, Expired},
	} {
		b := *a
		// Everything after the wrong part is wrong as well.
		b.SignedHeaders = nil
		step.set(&b)
		if err := b.Verify(r, opts, key, EmptyPayloadHash); kindOf(err) != step.want {
			t.Errorf("got %v, want kind %d", err, step.want)
		}
	}
	if err := a.Check(r, &Options{Now: testNow}); kindOf(err) != WrongService {
		t.Errorf("options that accept nothing: %v", err)
	}
}

func TestVerifyClock(t *testing.T) {
	for _, c := range []struct {
		service string
		off     time.Duration
		want    ErrorKind
	}{
		{"dynamodb", 0, 0},
		{"dynamodb", 15 * time.Minute, 0},
		{"dynamodb", 15*time.Minute + time.Second, Expired},
		{"dynamodb", -15 * time.Minute, 0},
		{"dynamodb", -15*time.Minute - time.Second, NotYetValid},
		{"execute-api", 5*time.Minute + time.Second, Expired},
		{"lambda", 5 * time.Minute, 0},
	} {
		r := &Request{Method: "GET", RawPath: "/", Header: []Header{{"Host", "h"}}}
		Sign(r, &Signing{Credentials: Credentials{"A", testSecret, ""}, Region: "r", Service: c.service, Time: testNow})
		opts := &Options{Now: testNow.Add(c.off), Regions: []string{"r"}, Services: []string{c.service}}
		if err := verify(r, opts, DeriveKey(testSecret, "20261122", "r", c.service), EmptyPayloadHash); kindOf(err) != c.want {
			t.Errorf("%s off by %v: %v", c.service, c.off, err)
		}
	}
}

func TestVerifyPresigned(t *testing.T) {
	for _, c := range []struct {
		off  time.Duration
		want ErrorKind
	}{{0, 0}, {time.Hour, 0}, {time.Hour + time.Second, PresignedExpired}, {-16 * time.Minute, NotYetValid}} {
		r := &Request{Method: "GET", RawPath: "/b/k", RawQuery: "a=;%20", Header: []Header{{"Host", "h"}}}
		Presign(r, &Signing{Credentials: Credentials{"A", testSecret, "tok+en"}, Region: "r", Service: "s3", Time: testNow, S3: true}, time.Hour)
		opts := &Options{S3: true, Now: testNow.Add(c.off), Regions: []string{"r"}, Services: []string{"s3"}}
		key := DeriveKey(testSecret, "20261122", "r", "s3")
		if err := verify(r, opts, key, UnsignedPayload); kindOf(err) != c.want {
			t.Errorf("off by %v: %v", c.off, err)
		}
	}
	r := query(strings.Replace(goodQuery(), "X-Amz-Expires=60&", "", 1))
	if err := verify(r, &Options{S3: true, Now: testNow, Regions: []string{"us-east-1"}, Services: []string{"s3"}}, SigningKey{}, UnsignedPayload); kindOf(err) != MissingParameter {
		t.Errorf("S3 without X-Amz-Expires: %v", err)
	}
}

func TestVerifyUnsignedToken(t *testing.T) {
	for _, s3 := range []bool{false, true} {
		service := map[bool]string{false: "execute-api", true: "s3"}[s3]
		r := &Request{Method: "GET", RawPath: "/", Header: []Header{{"Host", "h"}}}
		Sign(r, &Signing{Credentials: Credentials{"A", testSecret, "T"}, Region: "r", Service: service, Time: testNow, S3: s3, UnsignedToken: true})
		opts := &Options{S3: s3, Now: testNow, Regions: []string{"r"}, Services: []string{service}}
		err := verify(r, opts, DeriveKey(testSecret, "20261122", "r", service), EmptyPayloadHash)
		if want := map[bool]ErrorKind{true: HeadersNotSigned}[s3]; kindOf(err) != want {
			t.Errorf("S3 %v: %v", s3, err)
		}
	}
}

func TestVerifyPayload(t *testing.T) {
	hash := HashPayload([]byte("body"))
	for _, c := range []struct {
		name, declared, payload string
		s3                      bool
		want                    ErrorKind
	}{
		{"declared and right", hash, hash, false, 0},
		{"declared in upper case", strings.ToUpper(hash), hash, false, SignatureMismatch}, // right body, but the signature is over what was declared
		{"declared and wrong", EmptyPayloadHash, hash, false, ContentHashMismatch},
		{"word for another service", UnsignedPayload, hash, false, ContentHashMismatch},
		{"S3 right", hash, hash, true, 0},
		{"S3 unsigned", UnsignedPayload, UnsignedPayload, true, 0},
		{"S3 streaming", StreamingPayload, StreamingPayload, true, 0},
		{"S3 wrong", hash, EmptyPayloadHash, true, ContentHashMismatch},
		{"S3 odd", "abc", "abc", true, InvalidContentHash},
		{"S3 4A", streamingAsymmetric, streamingAsymmetric, true, Asymmetric},
	} {
		service := map[bool]string{false: "dynamodb", true: "s3"}[c.s3]
		r := &Request{Method: "PUT", RawPath: "/", Header: []Header{{"Host", "h"}, {"X-Amz-Content-Sha256", c.declared}}}
		Sign(r, &Signing{Credentials: Credentials{"A", testSecret, ""}, Region: "r", Service: service, Time: testNow, S3: c.s3, PayloadHash: c.declared})
		opts := &Options{S3: c.s3, Now: testNow, Regions: []string{"r"}, Services: []string{service}}
		if err := verify(r, opts, DeriveKey(testSecret, "20261122", "r", service), c.payload); kindOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	r, opts, key := signed(false)
	opts.S3, opts.Services = true, []string{"dynamodb"}
	if err := verify(r, opts, key, EmptyPayloadHash); kindOf(err) != MissingContentHash {
		t.Errorf("S3 without x-amz-content-sha256: %v", err)
	}
}

// TestAttack06SamePath: what was signed is the path as it was sent. An escaped
// slash, a dot segment or a doubled slash that somebody puts in or takes out
// on the way changes the signature.
func TestAttack06SamePath(t *testing.T) {
	paths := []string{"/a/b", "/a%2Fb", "/a%2fb", "/a//b", "/a/./b", "/x/../a/b", "/a/%2e/b", "/x/%2e%2e/a/b", "/a%252Fb", "//a/b", "/a/b/"}
	for _, s3 := range []bool{false, true} {
		for _, sent := range paths {
			r, opts, key := signed(s3)
			r.RawPath, r.Header = sent, []Header{{"Host", "h"}}
			Sign(r, &Signing{Credentials: Credentials{"A", testSecret, ""}, Region: "us-east-1", Service: opts.Services[0], Time: testNow, S3: s3})
			for _, arrives := range paths {
				moved := *r
				moved.RawPath = arrives
				same := sent == arrives
				if s3 { // S3 looks at the decoded key, but an escaped slash stays apart
					plain := strings.NewReplacer("%2e", ".", "%2F", "%2f")
					same = plain.Replace(sent) == plain.Replace(arrives)
				}
				if err := verify(&moved, opts, key, EmptyPayloadHash); (err == nil) != same {
					t.Errorf("S3 %v: signed %s, arrives %s: %v", s3, sent, arrives, err)
				}
			}
		}
	}
}

// TestAttack10UnsignedHeaders: an x-amz-* header added in transit is refused
// and named.
func TestAttack10UnsignedHeaders(t *testing.T) {
	for _, name := range []string{"x-amz-copy-source", "X-Amz-Acl", "x-amz-meta-note", "X-AMZ-Server-Side-Encryption", "x-amz-tagging"} {
		for _, s3 := range []bool{true, false} {
			r, opts, key := signed(s3)
			r.Header = append(r.Header, Header{name, "v"})
			err := verify(r, opts, key, EmptyPayloadHash)
			var e *Error
			if !errors.As(err, &e) || e.Kind != HeadersNotSigned || e.Name != strings.ToLower(name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// Thousands of them cost no more than naming the first few.
	r, opts, key := signed(true)
	for i := range 5000 {
		r.Header = append(r.Header, Header{"x-amz-meta-" + strconv.Itoa(i), "v"})
	}
	var many *Error
	if !errors.As(verify(r, opts, key, EmptyPayloadHash), &many) || len(many.Names) != maxUnsigned {
		t.Errorf("many unsigned headers: %v", many)
	}
	// A signed header cannot get a second value either.
	r, opts, key = signed(true, Header{"x-amz-acl", "private"})
	r.Header = append(r.Header, Header{"X-Amz-Acl", "public-read"})
	if err := verify(r, opts, key, EmptyPayloadHash); kindOf(err) != SignatureMismatch {
		t.Errorf("second value: %v", err)
	}
	// A query of a presigned URL does not cover headers added later.
	p := &Request{Method: "PUT", RawPath: "/b/k", Header: []Header{{"Host", "h"}}}
	Presign(p, &Signing{Credentials: Credentials{"A", testSecret, ""}, Region: "us-east-1", Service: "s3", Time: testNow, S3: true}, time.Hour)
	p.Header = append(p.Header, Header{"x-amz-acl", "public-read"})
	if err := verify(p, opts, key, UnsignedPayload); kindOf(err) != HeadersNotSigned {
		t.Errorf("presigned: %v", err)
	}
}

// TestAttack11Downgrades: every way of asking for less than a whole signature.
func TestAttack11Downgrades(t *testing.T) {
	good, opts, key := signed(true)
	change := func(f func(r *Request)) error {
		r := *good
		r.Header = append([]Header(nil), good.Header...)
		f(&r)
		return verify(&r, opts, key, EmptyPayloadHash)
	}
	auth := func(old, with string) func(r *Request) {
		return func(r *Request) {
			for i := range r.Header {
				if r.Header[i].Name == "Authorization" {
					if !strings.Contains(r.Header[i].Value, old) {
						t.Fatalf("%q is not in %q", old, r.Header[i].Value)
					}
					r.Header[i].Value = strings.Replace(r.Header[i].Value, old, with, 1)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		f    func(r *Request)
		want ErrorKind
	}{
		"method":               {func(r *Request) { r.Method = "DELETE" }, SignatureMismatch},
		"host unsigned":        {auth("host;", ""), HostNotSigned},
		"host changed":         {func(r *Request) { r.Header[0].Value = "other" }, SignatureMismatch},
		"host twice":           {func(r *Request) { r.Header = append(r.Header, Header{"Host", "x"}) }, SignatureMismatch},
		"signed name absent":   {auth("host;", "cookie;host;"), SignedHeaderAbsent},
		"no signed headers":    {auth("SignedHeaders=host;x-amz-content-sha256;x-amz-date", "SignedHeaders="), MissingComponent},
		"another service":      {auth("/s3/", "/sts/"), WrongService},
		"another region":       {auth("us-east-1", "eu-west-1"), WrongRegion},
		"another day":          {auth("20261122", "20261121"), WrongScopeDate},
		"another algorithm":    {auth("AWS4-HMAC-SHA256", "AWS4-HMAC-MD5"), UnknownAlgorithm},
		"version 2":            {auth("AWS4-HMAC-SHA256 Cred", "AWS Cred"), VersionTwo},
		"query beside header":  {func(r *Request) { r.RawQuery += "&" + goodQuery() }, BothForms},
		"query parameter more": {func(r *Request) { r.RawQuery += "&acl" }, SignatureMismatch},
		"date moved":           {func(r *Request) { setHeader(r, "X-Amz-Date", "20261122T183001Z") }, SignatureMismatch},
	} {
		if err := change(c.f); kindOf(err) != c.want {
			t.Errorf("%s: %v, want kind %d", name, err, c.want)
		}
	}
	if err := change(func(*Request) {}); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

func setHeader(r *Request, name, value string) {
	for i := range r.Header {
		if r.Header[i].Name == name {
			r.Header[i].Value = value
		}
	}
}

// TestAttack13ConstantTime: signatures are compared by crypto/subtle in one
// place, and nowhere else.
func TestAttack13ConstantTime(t *testing.T) {
	for _, file := range []string{"verify.go", "chunked.go", "post.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(src)
		if !strings.Contains(text, "equalMAC(sum[:]") || strings.Contains(text, "bytes.Equal") || strings.Contains(text, "sum ==") || strings.Contains(text, "sum !=") {
			t.Errorf("%s compares a signature by other means", file)
		}
	}
}

func TestMACIsHMAC(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		key, message := make([]byte, r.IntN(200)), make([]byte, r.IntN(2000))
		for i := range key {
			key[i] = byte(r.Uint32())
		}
		for i := range message {
			message[i] = byte(r.Uint32())
		}
		h := hmac.New(sha256.New, key)
		h.Write(message)
		if got := mac(key, message); !hmac.Equal(got[:], h.Sum(nil)) {
			t.Fatalf("key of %d, message of %d bytes", len(key), len(message))
		}
	}
}

func TestDeriveKeyLongSecret(t *testing.T) {
	long := strings.Repeat("s", 300)
	step := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(s))
		return h.Sum(nil)
	}
	want := step(step(step(step([]byte("AWS4"+long), "20261122"), "r"), "s"), "aws4_request")
	if got := DeriveKey(long, "20261122", "r", "s"); !hmac.Equal(got[:], want) {
		t.Error("a secret longer than a block derives another key")
	}
	if s := DeriveKey(long, "20261122", "r", "s").String(); strings.Contains(s, "[") {
		t.Errorf("a key prints as %s", s)
	}
}

// TestVerifyAllocations holds the cheap profile: deriving and verifying
// allocate nothing, parsing three things.
func TestVerifyAllocations(t *testing.T) {
	r, opts, key := signed(false, Header{"X-Amz-Security-Token", strings.Repeat("t", 600)})
	a, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if err := a.Verify(r, opts, key, EmptyPayloadHash); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("Verify allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { key = DeriveKey(testSecret, "20261122", "us-east-1", "dynamodb") }); n > 0 {
		t.Errorf("DeriveKey allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Parse(r); err != nil {
			t.Fatal(err)
		}
	}); n > 3 {
		t.Errorf("Parse allocates %v times", n)
	}
}

func BenchmarkParseDeriveVerify(b *testing.B) {
	r, opts, _ := signed(false, Header{"X-Amz-Security-Token", strings.Repeat("t", 600)})
	b.ReportAllocs()
	for b.Loop() {
		a, err := Parse(r)
		if err != nil {
			b.Fatal(err)
		}
		key := DeriveKey(testSecret, a.Date, a.Region, a.Service)
		if err := a.Verify(r, opts, key, EmptyPayloadHash); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSHA256OfMebibyte(b *testing.B) {
	data := make([]byte, 1<<20)
	for b.Loop() {
		sha256.Sum256(data)
	}
}
