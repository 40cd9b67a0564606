package sigv4_test

import (
	"context"
	"math/rand/v2"
	"net/http" //nolint:depguard // the SDK's signer takes net/http requests
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/bawn-dev/bawn/sigv4"
)

// The signer of AWS's own SDK for Go is the independent implementation here:
// what it signs must verify, and no altered byte may.

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

// alphabet for random paths, names and values: plain, reserved, escaped and
// non-ASCII characters.
var letters = []string{"a", "Z", "0", "-", ".", "_", "~", "%20", "%2F", "%25", "!", "$", "'", "(", ")", "*", ",", ":", "@", "%C3%A9", "%00", "+", ";"}

func word(r *rand.Rand, most int) string {
	var b strings.Builder
	for range 1 + r.IntN(most) {
		b.WriteString(letters[r.IntN(len(letters))])
	}
	return b.String()
}

func randomPath(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		w := word(r, 6)
		if w == "." || w == ".." {
			w = "x"
		}
		b.WriteString("/" + w)
	}
	return b.String()
}

// fromHTTP is what a gateway does with net/http's view of a request.
func fromHTTP(r *http.Request) *sigv4.Request {
	out := &sigv4.Request{Method: r.Method, RawPath: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery}
	out.Header = append(out.Header, sigv4.Header{Name: "Host", Value: r.Host})
	for name, values := range r.Header {
		for _, v := range values {
			out.Header = append(out.Header, sigv4.Header{Name: name, Value: v})
		}
	}
	slices.SortFunc(out.Header, func(a, b sigv4.Header) int { return strings.Compare(a.Name+"\x00"+a.Value, b.Name+"\x00"+b.Value) })
	return out
}

// signedCase is one random request, signed by the SDK.
type signedCase struct {
	req     *sigv4.Request
	opts    *sigv4.Options
	key     sigv4.SigningKey
	payload string
}

func randomCase(t *testing.T, r *rand.Rand) *signedCase {
	t.Helper()
	now := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(1e6)) * time.Second)
	s3 := r.IntN(2) == 0
	service := []string{"execute-api", "dynamodb", "lambda"}[r.IntN(3)]
	if s3 {
		service = "s3"
	}
	var query []string
	for range r.IntN(4) {
		query = append(query, word(r, 4)+"="+word(r, 5))
	}
	raw := "https://host.example:4566" + randomPath(r)
	if len(query) > 0 {
		raw += "?" + strings.ReplaceAll(strings.Join(query, "&"), ";", "%3B")
	}
	method := []string{"GET", "PUT", "POST", "DELETE"}[r.IntN(4)]
	hr, err := http.NewRequest(method, raw, nil)
	if err != nil {
		t.Fatalf("%q: %v", raw, err)
	}
	hr.Host = hr.URL.Host
	body := []byte(word(r, 20))
	payload := sigv4.HashPayload(body)
	if r.IntN(2) == 0 {
		hr.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if r.IntN(2) == 0 {
		hr.Header.Add("X-Amz-Meta-Note", "  two   spaces ")
		hr.Header.Add("X-Amz-Meta-Note", "again")
	}
	creds := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}
	if r.IntN(2) == 0 {
		creds.SessionToken = "token/with+signs=="
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s3 })
	if r.IntN(2) == 0 {
		if s3 {
			hr.Header.Set("X-Amz-Content-Sha256", payload)
		}
		err = signer.SignHTTP(context.Background(), creds, hr, payload, service, "us-east-1", now)
	} else {
		if s3 {
			payload = sigv4.UnsignedPayload
		}
		q := hr.URL.Query()
		q.Set("X-Amz-Expires", "300")
		hr.URL.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
		var uri string
		var header http.Header
		if uri, header, err = signer.PresignHTTP(context.Background(), creds, hr, payload, service, "us-east-1", now); err == nil {
			var u *url.URL
			if u, err = url.Parse(uri); err == nil {
				hr.URL = u
			}
			for k, v := range header {
				if k != "Host" {
					hr.Header[k] = v
				}
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return &signedCase{
		req:     fromHTTP(hr),
		opts:    &sigv4.Options{S3: s3, Now: now, Regions: []string{"us-east-1"}, Services: []string{service}},
		key:     sigv4.DeriveKey(secret, now.Format("20060102"), "us-east-1", service),
		payload: payload,
	}
}

func (c *signedCase) verify(req *sigv4.Request, payload string) error {
	a, err := sigv4.Parse(req)
	if err != nil {
		return err
	}
	if a == nil {
		return sigv4.NewError(sigv4.Unsigned, nil)
	}
	if a.AccessKeyID != "AKIDEXAMPLE" {
		return sigv4.NewError(sigv4.UnknownKey, a)
	}
	return a.Verify(req, c.opts, c.key, payload)
}

func (c *signedCase) clone() *sigv4.Request {
	r := *c.req
	r.Header = slices.Clone(c.req.Header)
	return &r
}

// TestDifferential: signed by the SDK, verified here; then every single byte
// of what is signed is altered.
func TestDifferential(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	for range rounds {
		c := randomCase(t, r)
		if err := c.verify(c.req, c.payload); err != nil {
			t.Fatalf("%s %s?%s\n%v: %v", c.req.Method, c.req.RawPath, c.req.RawQuery, c.req.Header, err)
		}
		c.mutateAll(t, r)
	}
}

func (c *signedCase) mutateAll(t *testing.T, r *rand.Rand) {
	t.Helper()
	refuse := func(what string, req *sigv4.Request, payload string) {
		t.Helper()
		if err := c.verify(req, payload); err == nil {
			t.Fatalf("altered %s verifies:\n%+v\nbefore\n%+v", what, req, c.req)
		}
	}
	flip := func(s string, i int) string {
		for {
			b := []byte(s)
			b[i] = byte(33 + r.IntN(94))
			if string(b) != s {
				return string(b)
			}
		}
	}
	for i := range c.req.Method {
		m := c.clone()
		m.Method = flip(m.Method, i)
		refuse("method", m, c.payload)
	}
	for i := range c.req.RawPath {
		m := c.clone()
		m.RawPath = flip(m.RawPath, i)
		if c.opts.S3 && sameKey(m.RawPath, c.req.RawPath) {
			continue // another spelling of the same key
		}
		refuse("path", m, c.payload)
	}
	for i := range c.req.RawQuery {
		m := c.clone()
		m.RawQuery = flip(m.RawQuery, i)
		if sameQuery(m.RawQuery, c.req.RawQuery) {
			continue // another spelling of the same parameters
		}
		refuse("query", m, c.payload)
	}
	for h, header := range c.req.Header {
		if header.Name == "Content-Length" {
			continue
		}
		for i := range header.Value {
			m := c.clone()
			m.Header[h].Value = flip(header.Value, i)
			if header.Value[i] == ' ' || m.Header[h].Value[i] == ' ' || strings.EqualFold(m.Header[h].Value, header.Value) && header.Name == "Authorization" {
				continue // white space may be collapsed, hexadecimal digits have two cases
			}
			refuse(header.Name, m, c.payload)
		}
	}
	refuse("payload", c.clone(), flip(c.payload, r.IntN(len(c.payload))))
}

func sameKey(a, b string) bool {
	x, err1 := url.PathUnescape(a)
	y, err2 := url.PathUnescape(b)
	return err1 == nil && err2 == nil && x == y && strings.Count(strings.ToLower(a), "%2f") == strings.Count(strings.ToLower(b), "%2f")
}

func sameQuery(a, b string) bool {
	x, err1 := url.ParseQuery(a)
	y, err2 := url.ParseQuery(b)
	if err1 != nil || err2 != nil {
		return false
	}
	if !strings.EqualFold(x.Get("X-Amz-Signature"), y.Get("X-Amz-Signature")) {
		return false
	}
	x.Del("X-Amz-Signature")
	y.Del("X-Amz-Signature")
	return x.Encode() == y.Encode()
}

// TestSignAgreesWithSDK: what our signer makes is what the SDK's makes.
func TestSignAgreesWithSDK(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		c := randomCase(t, r)
		a, err := sigv4.Parse(c.req)
		if err != nil {
			t.Fatal(err)
		}
		if a.Form != sigv4.HeaderForm || c.opts.S3 && strings.ContainsAny(c.req.RawPath, "!$'()*,:@+;") {
			continue // presigned, or a path the SDK would have escaped before signing
		}
		again := &sigv4.Request{Method: c.req.Method, RawPath: c.req.RawPath, RawQuery: c.req.RawQuery}
		for _, h := range c.req.Header {
			if h.Name != "Authorization" && h.Name != "X-Amz-Date" && h.Name != "X-Amz-Security-Token" {
				again.Header = append(again.Header, h)
			}
		}
		ours := sigv4.Sign(again, &sigv4.Signing{
			Credentials: sigv4.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: secret, SessionToken: a.SecurityToken},
			Region:      a.Region, Service: a.Service, Time: a.Time, S3: c.opts.S3, PayloadHash: c.payload,
		})
		if string(ours.Signature) != string(a.Signature) {
			t.Fatalf("%x, SDK %x for %+v", ours.Signature, a.Signature, c.req)
		}
	}
}
