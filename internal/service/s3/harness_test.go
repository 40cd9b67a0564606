package s3

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/blob/memblob"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/internal/wire"
	"github.com/bawn-dev/bawn/policy"
)

const testAccount = "000000000000"

// fixture is a service behind its real codec and door, with an authorizer that
// really evaluates the caller's policy and the bucket's.
type fixture struct {
	*testing.T
	s        *Service
	blobs    *memblob.Store
	clock    *clock.Fake
	door     *awsapi.Door
	codec    wire.Codec
	caller   *awsapi.Caller
	identity map[string]string // policy document by caller's ARN
}

func newFixture(t *testing.T, region string) *fixture {
	t.Helper()
	db := store.New(memstore.New())
	t.Cleanup(func() { _ = db.Close() })
	c := clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC))
	source := ids.New(nil)
	blobs := memblob.New(source, c)
	keys, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{DB: db, Blobs: blobs, Clock: c, IDs: source, Sealer: keys.Sealer("s3 object"), Account: testAccount, Region: region})
	t.Cleanup(func() { _ = s.Close() })
	f := &fixture{T: t, s: s, blobs: blobs, clock: c, codec: wire.For(shape.Model), identity: map[string]string{}}
	f.door = awsapi.NewDoor(testAccount, f)
	f.door.Register(&awsapi.Service{Name: "s3", Table: s.Operations(), Deny: Deny, Anonymous: true})
	f.caller = f.user("admin", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
	return f
}

func (f *fixture) user(name, doc string) *awsapi.Caller {
	arn := "arn:aws:iam::" + testAccount + ":user/" + name
	f.identity[arn] = doc
	return &awsapi.Caller{Kind: awsapi.User, Account: testAccount, ARN: arn, UserID: "AIDA" + strings.ToUpper(name), UserName: name, AccessKeyID: "AKIA"}
}

// Authorize evaluates as the iam service does.
func (f *fixture) Authorize(_ context.Context, caller *awsapi.Caller, env *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	req := &policy.Request{Action: d.Action, Resource: d.Resource, ResourceAccount: d.ResourceAccount, Context: awsapi.Context(caller, env)}
	req.Context.Merge(d.Context)
	if caller.Kind == awsapi.Anonymous {
		req.Principal.Kind = policy.PrincipalAnonymous
	} else {
		req.Principal = policy.Principal{Kind: policy.PrincipalUser, Account: caller.Account, ARN: caller.ARN, UniqueID: caller.UserID}
	}
	set := &policy.Set{}
	if doc := f.identity[caller.ARN]; doc != "" {
		p, err := policy.Parse(policy.Identity, []byte(doc))
		if err != nil {
			f.Fatal(err)
		}
		set.Identity = []policy.Named{{Name: "test", Policy: p}}
	}
	if d.ResourcePolicy != nil {
		set.Resource = []policy.Named{{Name: d.ResourcePolicyName, Policy: d.ResourcePolicy}}
	}
	return awsapi.Decided{Demand: d, Decision: policy.Evaluate(req, set)}, nil
}

// answer is what a client sees.
type answer struct {
	status int
	header http.Header
	body   string
	code   string // of an error
}

// do sends a request through codec, validation and door. headers are "Name:
// value" lines.
func (f *fixture) do(method, uri string, body any, headers ...string) answer {
	f.Helper()
	path, query, _ := strings.Cut(uri, "?")
	r := &wire.Request{Method: method, Path: path, RawQuery: query, Header: http.Header{}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	switch b := body.(type) {
	case string:
		r.Body = []byte(b)
	case []byte:
		r.Body = b
	case io.Reader:
		r.Stream = b
	}
	out, op, err := f.invoke(r)
	if err != nil {
		return f.failed(err)
	}
	resp, err := f.codec.Encode(op, out)
	if err != nil {
		f.Fatal(err)
	}
	a := answer{status: resp.Status, header: http.Header{}, body: string(resp.Body)}
	for name, values := range resp.Header {
		a.header[http.CanonicalHeaderKey(name)] = values
	}
	if resp.Stream != nil {
		var b bytes.Buffer
		if _, err := b.ReadFrom(resp.Stream); err != nil {
			f.Fatal(err)
		}
		_ = resp.Stream.Close()
		a.body = b.String()
	}
	return a
}

func (f *fixture) invoke(r *wire.Request) (out any, op string, err error) {
	if op, err = f.codec.Operation(r); err != nil {
		return nil, op, err
	}
	line := f.door.Lookup("s3", op)
	if line == nil {
		return nil, op, awsapi.NotBuilt("s3:" + op)
	}
	in := line.New()
	if err := f.codec.Decode(r, op, in); err != nil {
		return nil, op, err
	}
	if err := wire.Validate(in); err != nil {
		return nil, op, err
	}
	env := &awsapi.Environment{Now: f.clock.Now(), Region: f.s.region, SourceIP: "127.0.0.1"}
	out, _, err = f.door.Do(context.Background(), f.caller, env, "s3", op, in)
	return out, op, err
}

func (f *fixture) failed(err error) answer {
	e := asError(err)
	if e == nil {
		return answer{status: 500, code: "InternalFailure", body: err.Error()}
	}
	resp := f.codec.EncodeError(e, "id-1")
	return answer{status: resp.Status, header: resp.Header, body: string(resp.Body), code: e.Code}
}

// want sends a request and holds the answer against a status and, for errors,
// a code.
func (f *fixture) want(status int, code, method, uri string, body any, headers ...string) answer {
	f.Helper()
	a := f.do(method, uri, body, headers...)
	if a.status != status || a.code != code {
		f.Errorf("%s %s: %d %s, want %d %s\n%s", method, uri, a.status, a.code, status, code, a.body)
	}
	return a
}

func (f *fixture) ok(method, uri string, body any, headers ...string) answer {
	f.Helper()
	a := f.do(method, uri, body, headers...)
	if a.code != "" {
		f.Errorf("%s %s: %d %s\n%s", method, uri, a.status, a.code, a.body)
	}
	return a
}

// as runs the rest with another caller.
func (f *fixture) as(c *awsapi.Caller, run func()) {
	was := f.caller
	f.caller = c
	run()
	f.caller = was
}

var anonymous = &awsapi.Caller{}

// statement writes a bucket policy of one statement.
func statement(parts map[string]any) string {
	doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{parts}})
	if err != nil {
		return ""
	}
	return string(doc)
}
