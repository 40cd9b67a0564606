package iam

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/policy"
)

const account = "000000000000"

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// fixture is a service behind a door, with root as the caller until told
// otherwise.
type fixture struct {
	t       *testing.T
	s       *Service
	door    *awsapi.Door
	clock   *clock.Fake
	db      *store.DB
	keyring *seal.Keyring
	caller  *awsapi.Caller
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: clock.NewFake(start), db: store.New(memstore.New()), keyring: seal.Generate()}
	f.restart()
	f.caller = &awsapi.Caller{Kind: awsapi.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account}
	return f
}

// restart makes the service anew over the same store.
func (f *fixture) restart() {
	f.t.Helper()
	s, err := New(Config{DB: f.db, Keyring: f.keyring, Clock: f.clock, IDs: ids.New(nil), Account: account})
	if err != nil {
		f.t.Fatal(err)
	}
	f.s = s
	f.door = awsapi.NewDoor(account, s)
	f.door.Register(&awsapi.Service{Name: "iam", Table: s.Operations(), Deny: Deny})
}

func (f *fixture) env() *awsapi.Environment {
	return &awsapi.Environment{Now: f.clock.Now(), SourceIP: "127.0.0.1", SecureTransport: true, Region: "us-east-1"}
}

// do runs an operation as the fixture's caller.
func (f *fixture) do(operation string, in any) (any, error) {
	out, _, err := f.door.Do(context.Background(), f.caller, f.env(), "iam", operation, in)
	return out, err
}

func (f *fixture) must(operation string, in any) any {
	f.t.Helper()
	out, err := f.do(operation, in)
	if err != nil {
		f.t.Fatalf("%s: %v", operation, err)
	}
	return out
}

// refused runs an operation that must fail with code and status.
func (f *fixture) refused(operation string, in any, code string, status int) *awsapi.Error {
	f.t.Helper()
	_, err := f.do(operation, in)
	var e *awsapi.Error
	if !errors.As(err, &e) || e.Code != code || e.HTTPStatus() != status {
		f.t.Fatalf("%s: got %v, want %s %d", operation, err, code, status)
	}
	return e
}

// user makes a user with a key and returns the caller that the key stands for.
func (f *fixture) user(name string) *awsapi.Caller {
	f.t.Helper()
	f.must("CreateUser", &shape.CreateUserInput{UserName: &name})
	key := f.must("CreateAccessKey", &shape.CreateAccessKeyInput{UserName: &name}).(*shape.CreateAccessKeyOutput)
	c, err := f.s.Credential(context.Background(), *key.AccessKey.AccessKeyId, "")
	if err != nil {
		f.t.Fatal(err)
	}
	return c.Caller
}

func (f *fixture) may(caller *awsapi.Caller, action, resource string) bool {
	f.t.Helper()
	d, err := f.s.Authorize(context.Background(), caller, f.env(), awsapi.Demand{Action: action, Resource: resource})
	if err != nil {
		f.t.Fatal(err)
	}
	if d.Decision.Allowed() == (d.Explain != nil) {
		f.t.Errorf("an explanation goes with a refusal: %+v", d)
	}
	return d.Decision.Allowed()
}

func allowDoc(action string) *string { return ptr(allow(`"`+action+`"`, `"*"`)) }

func trustAccount() *string {
	return ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}]}`)
}

// role makes a role and returns what sts sees of it.
func (f *fixture) role(name string) *awsapi.Role {
	f.t.Helper()
	f.must("CreateRole", &shape.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: trustAccount()})
	r, err := f.s.Role(context.Background(), "arn:aws:iam::"+account+":role/"+name)
	if err != nil || r == nil {
		f.t.Fatalf("role %s: %v, %v", name, r, err)
	}
	return r
}

// session mints credentials of a role.
func (f *fixture) session(r *awsapi.Role, session awsapi.Session) (*awsapi.SessionCredentials, *awsapi.Caller) {
	f.t.Helper()
	session.RoleID, session.RoleARN, session.RoleName = r.ID, r.ARN, r.Name
	if session.Name == "" {
		session.Name = "s"
	}
	session.Expires = f.clock.Now().Add(time.Hour)
	c, err := f.s.MintSession(context.Background(), &session)
	if err != nil {
		f.t.Fatal(err)
	}
	got, err := f.s.Credential(context.Background(), c.AccessKeyID, c.SessionToken)
	if err != nil {
		f.t.Fatal(err)
	}
	if got.Secret != c.SecretAccessKey {
		f.t.Fatal("the token gives another secret")
	}
	return c, got.Caller
}

func unescape(t *testing.T, doc *string) string {
	t.Helper()
	s, err := url.PathUnescape(text(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func resourcePolicy(t *testing.T, principal string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse(policy.Resource, []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":`+principal+`,"Action":"*","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
