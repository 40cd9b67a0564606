package cognitoidp

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/mail"
	"github.com/bawn-dev/bawn/internal/seal"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/internal/wire"
	"github.com/bawn-dev/bawn/policy"
	"github.com/bawn-dev/bawn/srp"
	"github.com/bawn-dev/bawn/token"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// spareKeys are made once for all tests: generation is slow.
var spareKeys = sync.OnceValue(func() [4]*token.Key {
	var list [4]*token.Key
	for i := range list {
		k, err := token.Generate(reader{ids.New(nil)}, token.ID, token.RS256)
		if err != nil {
			panic(err)
		}
		list[i] = k
	}
	return list
})

// allowAll is the Authorizer of tests: who may call what is tested with iam.
type allowAll struct{}

func (allowAll) Authorize(_ context.Context, caller *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	if caller.Kind == awsapi.Anonymous {
		return awsapi.Decided{Demand: d}, nil
	}
	return awsapi.Decided{Demand: d, Decision: policy.Decision{Effect: policy.Allow}}, nil
}

// rig is a service with a door, a codec and an inbox in front.
type rig struct {
	t     testing.TB
	s     *Service
	door  *awsapi.Door
	codec wire.Codec
	clock *clock.Fake
	inbox *mail.Inbox
	db    *store.DB
	log   *bytes.Buffer
}

func newRig(t testing.TB) *rig { return newRigOn(t, store.New(memstore.New()), seal.Generate()) }

func newRigOn(t testing.TB, db *store.DB, ring *seal.Keyring) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewFake(start), db: db, log: new(bytes.Buffer)}
	r.inbox = mail.NewInbox(r.db, r.clock, ids.New(nil), 0)
	s, err := New(Config{
		Account: "000000000000", Region: "us-east-1", DB: r.db, Keyring: ring, Mailer: r.inbox, Clock: r.clock,
		Log: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	var next atomic.Int32
	s.keys.generate = func(use token.Use) (*token.Key, error) {
		return spareKeys()[int(next.Add(1)-1)%len(spareKeys())].Reuse(use), nil
	}
	t.Cleanup(s.Close)
	r.s = s
	r.door = awsapi.NewDoor("000000000000", allowAll{})
	r.door.Register(&awsapi.Service{Name: Name, Table: s.Operations()})
	r.codec = wire.For(shape.Model)
	return r
}

var admin = &awsapi.Caller{Kind: awsapi.User, Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/admin"}

// object is a JSON object, of a request or an answer.
type object = map[string]any

// call sends a request through codec, validation, door and codec.
func (r *rig) call(operation string, in any) (object, *awsapi.Error) {
	r.t.Helper()
	r.clock.Advance(time.Microsecond) // keeps mails in order
	body, err := json.Marshal(in)
	if err != nil {
		r.t.Fatal(err)
	}
	if raw, ok := in.(string); ok {
		body = []byte(raw)
	}
	req := &wire.Request{Method: "POST", Path: "/", Body: body, Header: http.Header{
		"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"AWSCognitoIdentityProviderService." + operation},
	}}
	op := r.door.Lookup(Name, operation)
	if op == nil {
		r.t.Fatalf("no operation %s", operation)
	}
	typed := op.New()
	if err := r.codec.Decode(req, operation, typed); err != nil {
		return nil, asError(r.t, err)
	}
	if err := wire.Validate(typed); err != nil {
		return nil, err
	}
	caller := &awsapi.Caller{Kind: awsapi.Anonymous}
	if op.Access == awsapi.AccessPolicy {
		caller = admin
	}
	out, _, err := r.door.Do(context.Background(), caller, &awsapi.Environment{Region: "us-east-1", Now: r.clock.Now()}, Name, operation, typed)
	if err != nil {
		return nil, asError(r.t, err)
	}
	resp, err := r.codec.Encode(operation, out)
	if err != nil {
		r.t.Fatal(err)
	}
	answer := object{}
	if len(resp.Body) > 0 {
		if err := json.Unmarshal(resp.Body, &answer); err != nil {
			r.t.Fatalf("%s: %v in %s", operation, err, resp.Body)
		}
	}
	return answer, nil
}

func asError(t testing.TB, err error) *awsapi.Error {
	t.Helper()
	var e *awsapi.Error
	if !errors.As(err, &e) {
		t.Fatalf("not an AWS error: %v", err)
	}
	return e
}

// must is call for what has to succeed.
func (r *rig) must(operation string, in any) object {
	r.t.Helper()
	out, err := r.call(operation, in)
	if err != nil {
		r.t.Fatalf("%s: %v", operation, err)
	}
	return out
}

// fails is call for what has to fail with code and message; "" is any message.
func (r *rig) fails(operation string, in any, code, message string) {
	r.t.Helper()
	out, err := r.call(operation, in)
	if err == nil {
		r.t.Errorf("%s succeeded: %v; want %s", operation, out, code)
		return
	}
	if err.Code != code || (message != "" && err.Message != message) {
		r.t.Errorf("%s: %s %q; want %s %q", operation, err.Code, err.Message, code, message)
	}
}

// get walks an answer by keys.
func get(v any, path ...string) any {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func str(v any, path ...string) string {
	s, _ := get(v, path...).(string)
	return s
}

// lastCode is the code of the newest mail to an address.
func (r *rig) lastCode(to string) string {
	r.t.Helper()
	list, err := r.inbox.List(context.Background(), 0)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].To == to {
			return list[i].Code
		}
	}
	r.t.Fatalf("no mail to %s", to)
	return ""
}

func (r *rig) mails() int {
	list, err := r.inbox.List(context.Background(), 0)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(list)
}

// pool makes a pool and returns its id.
func (r *rig) pool(extra object) string {
	r.t.Helper()
	in := object{"PoolName": "p"}
	for k, v := range extra {
		in[k] = v
	}
	return str(r.must("CreateUserPool", in), "UserPool", "Id")
}

// client makes a client and returns its id.
func (r *rig) client(pool string, extra object) string {
	r.t.Helper()
	in := object{"UserPoolId": pool, "ClientName": "c"}
	for k, v := range extra {
		in[k] = v
	}
	return str(r.must("CreateUserPoolClient", in), "UserPoolClient", "ClientId")
}

var emailPool = object{"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"}}

const password = "Passw0rd!"

// user makes a confirmed user with a permanent password.
func (r *rig) user(pool, name string) {
	r.t.Helper()
	r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS"})
	r.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": name, "Password": password, "Permanent": true})
}

// srpStart is the first leg of a sign-in by SRP.
func (r *rig) srpStart(client, name string) (*srp.Client, object, *awsapi.Error) {
	r.t.Helper()
	c, err := srp.NewClient(ids.New(nil).Bytes(srp.SecretSize))
	if err != nil {
		r.t.Fatal(err)
	}
	out, e := r.call("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": name, "SRP_A": c.Public()}})
	return c, out, e
}

// srpAnswer makes the second leg's request.
func (r *rig) srpAnswer(pool, client string, c *srp.Client, challenge object, password string) object {
	r.t.Helper()
	p := func(name string) string { return str(challenge, "ChallengeParameters", name) }
	user := p("USER_ID_FOR_SRP")
	key, err := c.Key(poolName(pool), user, password, p("SALT"), p("SRP_B"))
	if err != nil {
		r.t.Fatal(err)
	}
	block, err := base64.StdEncoding.DecodeString(p("SECRET_BLOCK"))
	if err != nil {
		r.t.Fatal(err)
	}
	stamp := srp.FormatTimestamp(r.clock.Now())
	proof := srp.Proof(key, poolName(pool), user, block, stamp)
	return object{"ClientId": client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": object{
		"USERNAME": user, "PASSWORD_CLAIM_SECRET_BLOCK": p("SECRET_BLOCK"), "TIMESTAMP": stamp,
		"PASSWORD_CLAIM_SIGNATURE": base64.StdEncoding.EncodeToString(proof),
	}}
}

// signIn is a whole sign-in by SRP.
func (r *rig) signIn(pool, client, name, password string) (object, *awsapi.Error) {
	r.t.Helper()
	c, challenge, err := r.srpStart(client, name)
	if err != nil {
		return nil, err
	}
	out, err := r.call("RespondToAuthChallenge", r.srpAnswer(pool, client, c, challenge, password))
	if err != nil {
		return nil, err
	}
	return out, nil
}

// tokens signs in and returns the AuthenticationResult.
func (r *rig) tokens(pool, client, name, password string) object {
	r.t.Helper()
	out, err := r.signIn(pool, client, name, password)
	if err != nil {
		r.t.Fatalf("sign-in of %s: %v", name, err)
	}
	result, _ := out["AuthenticationResult"].(map[string]any)
	if result == nil {
		r.t.Fatalf("no tokens: %v", out)
	}
	return result
}

// claims reads a token without checking it.
func claims(t testing.TB, raw string) object {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %q", raw)
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	out := object{}
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func attributes(v any) map[string]string {
	m := map[string]string{}
	list, _ := v.([]any)
	for _, a := range list {
		m[str(a, "Name")] = str(a, "Value")
	}
	return m
}

func secretHash(secret, name, client string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(name + client))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
