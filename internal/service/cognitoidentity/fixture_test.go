package cognitoidentity

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/service/iam"
	"github.com/bawn-dev/bawn/internal/service/sts"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	iamshape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/token"
)

const (
	account   = "000000000000"
	region    = "us-east-1"
	userPoolA = "us-east-1_AAAAAAAAA"
	userPoolB = "us-east-1_BBBBBBBBB"
	hostA     = "cognito-idp.us-east-1.amazonaws.com/" + userPoolA
	hostB     = "cognito-idp.us-east-1.amazonaws.com/" + userPoolB
	customA   = "auth.example.com/" + userPoolA
	client    = "client1"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// signingKey makes one key pair for all tests of the package: it takes long.
var signingKey = sync.OnceValues(func() (*token.Key, error) {
	return token.Generate(reader{ids.New(nil)}, token.AnyUse, token.RS256)
})

// pools is two user pools: real keys and real verification.
type pools struct {
	t       *testing.T
	clock   clock.Clock
	sets    map[string]*token.KeySet
	key     *token.Key
	blocked map[string]bool // subjects that CheckUser refuses
}

func (p *pools) VerifyIDToken(_ context.Context, raw, userPool string, clients []string) (token.Claims, error) {
	set := p.sets[userPool]
	if set == nil {
		return nil, awsapi.Errorf("ResourceNotFoundException", "User pool %s does not exist.", userPool)
	}
	return token.Verify(raw, set, &token.Expect{
		Issuers: []string{"https://cognito-idp.us-east-1.amazonaws.com/" + userPool, "https://auth.example.com/" + userPool},
		Use:     token.ID, Audiences: clients, Now: p.clock.Now(),
	})
}

func (p *pools) CheckUser(_ context.Context, claims token.Claims) error {
	if p.blocked[claims.String("sub")] {
		return awsapi.Errorf("NotAuthorizedException", "User is disabled.")
	}
	return nil
}

// sign makes an ID token of a user; more replaces claims, nil removes one.
func (p *pools) sign(userPool, sub string, more map[string]any) string {
	p.t.Helper()
	now := p.clock.Now().Unix()
	claims := map[string]any{
		"iss": "https://cognito-idp.us-east-1.amazonaws.com/" + userPool, "sub": sub, "aud": client, "token_use": "id",
		"iat": now, "exp": now + 3600, "cognito:username": sub,
	}
	for k, v := range more {
		if v == nil {
			delete(claims, k)
			continue
		}
		claims[k] = v
	}
	raw, err := p.key.Sign(claims)
	if err != nil {
		p.t.Fatal(err)
	}
	return raw
}

type fixture struct {
	t      *testing.T
	s      *Service
	iam    *iam.Service
	door   *awsapi.Door
	clock  *clock.Fake
	pools  *pools
	caller *awsapi.Caller
	call   *awsapi.Call
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	key, err := signingKey()
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, clock: clock.NewFake(start)}
	f.pools = &pools{t: t, clock: f.clock, key: key, blocked: map[string]bool{}}
	f.pools.sets = map[string]*token.KeySet{userPoolA: token.NewKeySet(start, key), userPoolB: token.NewKeySet(start, key)}
	db, keyring, source := store.New(memstore.New()), seal.Generate(), ids.New(nil)
	f.iam, err = iam.New(iam.Config{DB: db, Keyring: keyring, Clock: f.clock, IDs: source, Account: account})
	if err != nil {
		t.Fatal(err)
	}
	f.s = New(Config{
		DB: db, Keyring: keyring, Clock: f.clock, IDs: source, Account: account, Region: region,
		Roles: f.iam, Tokens: f.pools, Issuers: []string{"https://auth.example.com"},
	})
	web := sts.New(sts.Config{Clock: f.clock, Account: account, Roles: f.iam, WebIdentities: f.s})
	f.door = awsapi.NewDoor(account, f.iam)
	f.door.Register(&awsapi.Service{Name: "iam", Table: f.iam.Operations(), Deny: iam.Deny})
	f.door.Register(&awsapi.Service{Name: "sts", Table: web.Operations(), Deny: sts.Deny})
	f.door.Register(&awsapi.Service{Name: "cognito-identity", Table: f.s.Operations()})
	f.caller = f.root()
	return f
}

func (f *fixture) root() *awsapi.Caller {
	return &awsapi.Caller{Kind: awsapi.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account}
}

func (f *fixture) doOn(service, operation string, in any) (any, error) {
	env := &awsapi.Environment{Now: f.clock.Now(), SourceIP: "127.0.0.1", SecureTransport: true, Region: region}
	out, call, err := f.door.Do(context.Background(), f.caller, env, service, operation, in)
	f.call = call
	return out, err
}

func (f *fixture) do(operation string, in any) (any, error) {
	return f.doOn("cognito-identity", operation, in)
}

func (f *fixture) must(service, operation string, in any) any {
	f.t.Helper()
	out, err := f.doOn(service, operation, in)
	if err != nil {
		f.t.Fatalf("%s: %v", operation, err)
	}
	return out
}

// public runs an unsigned operation.
func (f *fixture) public(operation string, in any) (any, error) {
	was := f.caller
	defer func() { f.caller = was }()
	f.caller = &awsapi.Caller{}
	return f.do(operation, in)
}

// fails wants an error with code and a part of its message.
func (f *fixture) fails(err error, code, message string) {
	f.t.Helper()
	var e *awsapi.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, message) {
		f.t.Errorf("got %v, want %s: %s", err, code, message)
	}
}

// role makes a role that a pool's identities may have; amr limits how they
// must have signed in.
func (f *fixture) role(name, pool, amr, document string) string {
	f.t.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` +
		`"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"` + amr + `"}}}]}`
	out := f.must("iam", "CreateRole", &iamshape.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}).(*iamshape.CreateRoleOutput)
	f.must("iam", "PutRolePolicy", &iamshape.PutRolePolicyInput{RoleName: &name, PolicyName: ptr("p"), PolicyDocument: &document})
	return *out.Role.Arn
}

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// pool makes a pool with both user pools and both roles.
func (f *fixture) pool(guests bool) string {
	f.t.Helper()
	out := f.must("cognito-identity", "CreateIdentityPool", &shape.CreateIdentityPoolInput{
		IdentityPoolName: ptr("p"), AllowUnauthenticatedIdentities: &guests,
		CognitoIdentityProviders: []shape.CognitoIdentityProvider{{ProviderName: ptr(hostA), ClientId: ptr(client)}, {ProviderName: ptr(hostB), ClientId: ptr(client), ServerSideTokenCheck: ptr(true)}},
	}).(*shape.IdentityPool)
	id := *out.IdentityPoolId
	suffix := strings.ReplaceAll(id, ":", "-")
	f.must("cognito-identity", "SetIdentityPoolRoles", &shape.SetIdentityPoolRolesInput{IdentityPoolId: &id, Roles: map[string]string{
		"authenticated":   f.role("auth-"+suffix, id, "authenticated", allowAll),
		"unauthenticated": f.role("guest-"+suffix, id, "unauthenticated", allowAll),
	}})
	return id
}

func (f *fixture) getID(pool string, logins map[string]string) string {
	f.t.Helper()
	out, err := f.public("GetId", &shape.GetIdInput{IdentityPoolId: &pool, Logins: logins})
	if err != nil {
		f.t.Fatal(err)
	}
	return *out.(*shape.GetIdOutput).IdentityId
}

func (f *fixture) credentials(id string, logins map[string]string) (*shape.GetCredentialsForIdentityOutput, error) {
	out, err := f.public("GetCredentialsForIdentity", &shape.GetCredentialsForIdentityInput{IdentityId: &id, Logins: logins})
	if err != nil {
		return nil, err
	}
	return out.(*shape.GetCredentialsForIdentityOutput), nil
}

// bearer returns the caller that credentials stand for.
func (f *fixture) bearer(c *shape.Credentials) *awsapi.Caller {
	f.t.Helper()
	got, err := f.iam.Credential(context.Background(), *c.AccessKeyId, *c.SessionToken)
	if err != nil {
		f.t.Fatal(err)
	}
	if got.Secret != *c.SecretKey {
		f.t.Fatal("another secret")
	}
	return got.Caller
}

func (f *fixture) may(c *awsapi.Caller, action, resource string) bool {
	f.t.Helper()
	env := &awsapi.Environment{Now: f.clock.Now(), Region: region}
	d, err := f.iam.Authorize(context.Background(), c, env, awsapi.Demand{Action: action, Resource: resource})
	if err != nil {
		f.t.Fatal(err)
	}
	return d.Decision.Allowed()
}
