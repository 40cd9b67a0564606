package iam

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/seal"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

const object = "arn:aws:s3:::b/k"

// TestRevocationIsImmediate: a grant is not served after the call that took it
// away returned.
func TestRevocationIsImmediate(t *testing.T) {
	f := newFixture(t)
	ann := f.user("ann")
	r := f.role("r")
	_, session := f.session(r, awsapi.Session{})
	id := f.must("CreatePolicy", &shape.CreatePolicyInput{PolicyName: ptr("p"), PolicyDocument: allowDoc("s3:*")}).(*shape.CreatePolicyOutput).Policy.Arn
	check := func(step string, user, role bool) {
		t.Helper()
		if f.may(ann, "s3:GetObject", object) != user || f.may(session, "s3:GetObject", object) != role {
			t.Errorf("%s: want %v, %v", step, user, role)
		}
	}
	check("at first", false, false)
	f.must("PutUserPolicy", &shape.PutUserPolicyInput{UserName: ptr("ann"), PolicyName: ptr("p"), PolicyDocument: allowDoc("s3:*")})
	f.must("AttachRolePolicy", &shape.AttachRolePolicyInput{RoleName: ptr("r"), PolicyArn: id})
	check("granted", true, true)
	f.must("CreatePolicyVersion", &shape.CreatePolicyVersionInput{PolicyArn: id, PolicyDocument: allowDoc("sqs:*"), SetAsDefault: ptr(true)})
	check("other version", true, false)
	f.must("SetDefaultPolicyVersion", &shape.SetDefaultPolicyVersionInput{PolicyArn: id, VersionId: ptr("v1")})
	check("first version", true, true)
	f.must("PutUserPermissionsBoundary", &shape.PutUserPermissionsBoundaryInput{UserName: ptr("ann"), PermissionsBoundary: ptr("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")})
	check("boundary", false, true)
	f.must("DeleteUserPermissionsBoundary", &shape.DeleteUserPermissionsBoundaryInput{UserName: ptr("ann")})
	check("no boundary", true, true)
	f.must("DeleteUserPolicy", &shape.DeleteUserPolicyInput{UserName: ptr("ann"), PolicyName: ptr("p")})
	f.must("DetachRolePolicy", &shape.DetachRolePolicyInput{RoleName: ptr("r"), PolicyArn: id})
	check("taken away", false, false)
}

// TestRevocationUnderLoad asks all the time while a grant comes and goes.
func TestRevocationUnderLoad(t *testing.T) {
	f := newFixture(t)
	ann := f.user("ann")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f.may(ann, "s3:GetObject", object)
				}
			}
		})
	}
	for range 200 {
		f.must("PutUserPolicy", &shape.PutUserPolicyInput{UserName: ptr("ann"), PolicyName: ptr("p"), PolicyDocument: allowDoc("s3:*")})
		if !f.may(ann, "s3:GetObject", object) {
			t.Error("a grant is not seen")
		}
		f.must("DeleteUserPolicy", &shape.DeleteUserPolicyInput{UserName: ptr("ann"), PolicyName: ptr("p")})
		if f.may(ann, "s3:GetObject", object) {
			t.Error("a revoked grant is served")
		}
	}
	close(stop)
	wg.Wait()
}

func TestPrincipals(t *testing.T) {
	f := newFixture(t)
	decide := func(c *awsapi.Caller, d awsapi.Demand) bool {
		t.Helper()
		out, err := f.s.Authorize(context.Background(), c, f.env(), d)
		if err != nil {
			t.Fatal(err)
		}
		return out.Decision.Allowed()
	}
	service := &awsapi.Caller{Kind: awsapi.ServicePrincipal, ServiceName: "apigateway.amazonaws.com", Account: account}
	for name, c := range map[string]struct {
		caller *awsapi.Caller
		policy *policy.Policy
		want   bool
	}{
		"root":               {f.caller, nil, true},
		"anonymous":          {&awsapi.Caller{}, nil, false},
		"anonymous, public":  {&awsapi.Caller{}, resourcePolicy(t, `"*"`), true},
		"anonymous, account": {&awsapi.Caller{}, resourcePolicy(t, `{"AWS":"`+account+`"}`), false},
		"service":            {service, nil, false},
		"service, named":     {service, resourcePolicy(t, `{"Service":"apigateway.amazonaws.com"}`), true},
		"service, other":     {service, resourcePolicy(t, `{"Service":"s3.amazonaws.com"}`), false},
		"identity as resource": {&awsapi.Caller{}, func() *policy.Policy {
			p, err := policy.Parse(policy.Identity, []byte(allow(`"*"`, `"*"`)))
			if err != nil {
				t.Fatal(err)
			}
			return p
		}(), false},
	} {
		if got := decide(c.caller, awsapi.Demand{Action: "s3:GetObject", Resource: object, ResourcePolicy: c.policy}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if decide(f.caller, awsapi.Demand{Action: "s3:GetObject", Resource: object, ResourceAccount: "999999999999"}) {
		t.Error("root reaches into another account")
	}
	if _, err := f.s.Authorize(context.Background(), &awsapi.Caller{Kind: awsapi.FederatedUser}, f.env(), awsapi.Demand{Action: "s3:GetObject", Resource: object}); err == nil {
		t.Error("a federated user was decided on")
	}
}

// TestBrokenPolicyDenies: a stored policy that cannot be read is an error, not
// a policy less.
func TestBrokenPolicyDenies(t *testing.T) {
	f := newFixture(t)
	ann := f.user("ann")
	f.must("AttachUserPolicy", &shape.AttachUserPolicyInput{UserName: ptr("ann"), PolicyArn: ptr(administratorAccess)})
	err := f.s.update(context.Background(), func(tx *store.Tx) error {
		e, err := f.s.load(tx, kindUser, "ann")
		if err != nil {
			return err
		}
		e.Inline = map[string]string{"broken": "{"}
		return f.s.save(tx, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.s.Authorize(context.Background(), ann, f.env(), awsapi.Demand{Action: "s3:GetObject", Resource: object})
	if err == nil || d.Decision.Allowed() {
		t.Errorf("decision %+v, error %v", d.Decision, err)
	}
}

func TestSessionLimits(t *testing.T) {
	f := newFixture(t)
	r := f.role("r")
	f.must("PutRolePolicy", &shape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p"), PolicyDocument: allowDoc("s3:*")})
	_, inline := f.session(r, awsapi.Session{Policies: []string{*allowDoc("s3:GetObject"), *allowDoc("sqs:*")}})
	if !f.may(inline, "s3:GetObject", object) || f.may(inline, "s3:PutObject", object) || f.may(inline, "sqs:SendMessage", "*") {
		t.Error("inline session policies do not limit")
	}
	_, managed := f.session(r, awsapi.Session{PolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}})
	if !f.may(managed, "s3:GetObject", object) || f.may(managed, "s3:PutObject", object) {
		t.Error("managed session policies do not limit")
	}
	f.must("TagRole", &shape.TagRoleInput{RoleName: ptr("r"), Tags: []shape.Tag{{Key: ptr("team"), Value: ptr("red")}, {Key: ptr("own"), Value: ptr("1")}}})
	f.must("PutRolePolicy", &shape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p"), PolicyDocument: ptr(allow(`"s3:*"`, `"arn:aws:s3:::b/${aws:PrincipalTag/team}/${aws:PrincipalTag/own}"`))})
	_, tagged := f.session(r, awsapi.Session{Tags: map[string]string{"Team": "blue"}})
	if !f.may(tagged, "s3:GetObject", "arn:aws:s3:::b/blue/1") || f.may(tagged, "s3:GetObject", "arn:aws:s3:::b/red/1") {
		t.Error("session tags do not go before the role's")
	}
}

func TestCredential(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	f.must("CreateUser", &shape.CreateUserInput{UserName: ptr("ann")})
	key := f.must("CreateAccessKey", &shape.CreateAccessKeyInput{UserName: ptr("ann")}).(*shape.CreateAccessKeyOutput).AccessKey
	refused := func(id, token string, want error) {
		t.Helper()
		if c, err := f.s.Credential(ctx, id, token); !errors.Is(err, want) || c != nil {
			t.Errorf("%s: got %v, %v; want %v", id, c, err, want)
		}
	}
	for range 2 {
		c, err := f.s.Credential(ctx, *key.AccessKeyId, "")
		if err != nil || c.Secret != *key.SecretAccessKey || c.Caller.UserName != "ann" || c.Caller.Kind != awsapi.User {
			t.Fatalf("%+v, %v", c, err)
		}
		f.restart()
	}
	refused(*key.AccessKeyId, "token", awsapi.ErrInvalidSessionToken)
	refused("AKIAUNKNOWN", "", awsapi.ErrUnknownAccessKey)
	refused("", "", awsapi.ErrUnknownAccessKey)
	refused("ASIAUNKNOWN", "", awsapi.ErrInvalidSessionToken)
	f.must("UpdateAccessKey", &shape.UpdateAccessKeyInput{UserName: ptr("ann"), AccessKeyId: key.AccessKeyId, Status: ptr("Inactive")})
	refused(*key.AccessKeyId, "", awsapi.ErrUnknownAccessKey)
	f.must("UpdateAccessKey", &shape.UpdateAccessKeyInput{UserName: ptr("ann"), AccessKeyId: key.AccessKeyId, Status: ptr("Active")})
	f.must("UpdateUser", &shape.UpdateUserInput{UserName: ptr("ann"), NewUserName: ptr("anna")})
	if c, err := f.s.Credential(ctx, *key.AccessKeyId, ""); err != nil || c.Caller.UserName != "anna" {
		t.Errorf("after a rename: %+v, %v", c, err)
	}
	f.must("DeleteAccessKey", &shape.DeleteAccessKeyInput{UserName: ptr("anna"), AccessKeyId: key.AccessKeyId})
	refused(*key.AccessKeyId, "", awsapi.ErrUnknownAccessKey)
	// The secret is nowhere in the store.
	err := f.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := store.Key(nil).Prefix()
		for record, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			if bytes.Contains(record.Value, []byte(*key.SecretAccessKey)) {
				t.Errorf("secret in record %s", store.Key(record.Key))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func cognitoSession() awsapi.Session {
	return awsapi.Session{Name: "CognitoIdentityCredentials", FederatedProvider: "cognito-identity.amazonaws.com", Cognito: &awsapi.CognitoSession{
		IdentityPoolID: "us-east-1:11111111-2222-3333-4444-555555555555", IdentityID: "us-east-1:66666666-7777-8888-9999-000000000000",
		AMR: []string{"authenticated", "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI", "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI:CognitoSignIn:12345678-1234-1234-1234-123456789012"},
	}}
}

func TestSessionTokens(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	r := f.role("demo-notes-api-dev-CognitoAuthRole-1ABCDEFGHIJKL")
	creds, caller := f.session(r, cognitoSession())
	if len(creds.SessionToken) > 1024 {
		t.Errorf("token of %d characters", len(creds.SessionToken))
	}
	if len(creds.AccessKeyID) != 20 || len(creds.SecretAccessKey) != 40 {
		t.Errorf("credentials %s, secret of %d", creds.AccessKeyID, len(creds.SecretAccessKey))
	}
	if caller.ARN != "arn:aws:sts::"+account+":assumed-role/"+r.Name+"/CognitoIdentityCredentials" || caller.Session.RoleARN != r.ARN ||
		caller.Session.Cognito.IdentityID != cognitoSession().Cognito.IdentityID || len(caller.Session.Cognito.AMR) != 3 || caller.UserID != r.ID+":CognitoIdentityCredentials" {
		t.Errorf("caller %+v %+v", caller, caller.Session)
	}
	other, _ := f.session(r, cognitoSession())
	box, err := base64.RawURLEncoding.DecodeString(creds.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(box, []byte(creds.SecretAccessKey)) {
		t.Error("the secret is in the token")
	}
	refused := func(what, id, token string, want error) {
		t.Helper()
		if _, err := f.s.Credential(ctx, id, token); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range box {
		forged := bytes.Clone(box)
		forged[i] ^= 1
		refused(fmt.Sprintf("byte %d changed", i), creds.AccessKeyID, base64.RawURLEncoding.EncodeToString(forged), awsapi.ErrInvalidSessionToken)
	}
	refused("another key's token", creds.AccessKeyID, other.SessionToken, awsapi.ErrInvalidSessionToken)
	refused("no token", creds.AccessKeyID, "", awsapi.ErrInvalidSessionToken)
	refused("padded", creds.AccessKeyID, creds.SessionToken+"=", awsapi.ErrInvalidSessionToken)
	refused("huge", creds.AccessKeyID, strings.Repeat("A", 1<<20), awsapi.ErrInvalidSessionToken)
	// A rotation of the master key leaves it valid; a stranger's key does not.
	old := f.keyring
	f.keyring = old.Rotated()
	f.restart()
	if c, err := f.s.Credential(ctx, creds.AccessKeyID, creds.SessionToken); err != nil || c.Secret != creds.SecretAccessKey {
		t.Errorf("after a rotation: %v", err)
	}
	f.keyring = seal.Generate()
	f.restart()
	refused("another installation's token", creds.AccessKeyID, creds.SessionToken, awsapi.ErrInvalidSessionToken)
	f.keyring = old
	f.restart()
	f.clock.Advance(time.Hour - time.Second)
	if _, err := f.s.Credential(ctx, creds.AccessKeyID, creds.SessionToken); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
	f.clock.Advance(time.Second)
	refused("expired", creds.AccessKeyID, creds.SessionToken, awsapi.ErrExpiredSessionToken)
}

func TestSessionsNeedAnEnd(t *testing.T) {
	f := newFixture(t)
	r := f.role("r")
	for _, s := range []awsapi.Session{
		{RoleID: r.ID, RoleName: r.Name, Name: "s"},
		{RoleID: r.ID, RoleName: r.Name, Name: "s", Expires: start},
		{RoleID: r.ID, RoleName: r.Name, Expires: start.Add(time.Hour)},
		{RoleName: r.Name, Name: "s", Expires: start.Add(time.Hour)},
		{RoleID: r.ID, RoleName: r.Name, Name: "s/admin", Expires: start.Add(time.Hour)},
		{RoleID: r.ID, RoleName: r.Name, Name: "s", Expires: start.Add(time.Hour), Policies: []string{"{"}},
	} {
		if c, err := f.s.MintSession(context.Background(), &s); err == nil {
			t.Errorf("minted %+v for %+v", c, s)
		}
	}
}

func TestRevocation(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	r := f.role("r")
	creds, _ := f.session(r, cognitoSession())
	plain, _ := f.session(r, awsapi.Session{})
	valid := func(c *awsapi.SessionCredentials) bool {
		_, err := f.s.Credential(ctx, c.AccessKeyID, c.SessionToken)
		return err == nil
	}
	f.clock.Advance(time.Minute)
	if err := f.s.RevokeIdentities(ctx, cognitoSession().Cognito.IdentityID); err != nil {
		t.Fatal(err)
	}
	if valid(creds) || !valid(plain) {
		t.Error("revoking an identity")
	}
	if err := f.s.RevokeRoleSessions(ctx, "r"); err != nil {
		t.Fatal(err)
	}
	if valid(plain) {
		t.Error("revoking a role's sessions")
	}
	f.clock.Advance(time.Minute)
	fresh, _ := f.session(r, cognitoSession())
	if !valid(fresh) {
		t.Error("a session made after the revocation")
	}
}

// FuzzSessionToken: whatever is sent as a session token is refused or opens as
// what was sealed.
func FuzzSessionToken(f *testing.F) {
	kr, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		f.Fatal(err)
	}
	sealer := newTokenSealer(kr)
	good, _, err := sealer.seal("ASIAAAAAAAAAAAAAAAAA", &sealedSession{RoleID: "AROA", Role: "r", Name: "s", Nonce: []byte("123456789012")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, raw string) {
		s, secret, err := sealer.open("ASIAAAAAAAAAAAAAAAAA", raw)
		if err == nil && (s.RoleID != "AROA" || len(secret) != 40) {
			t.Fatalf("opened %+v", s)
		}
	})
}

func BenchmarkAuthorize(b *testing.B) {
	f := newFixture(&testing.T{})
	r := f.role("r")
	f.must("PutRolePolicy", &shape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p"), PolicyDocument: allowDoc("s3:*")})
	creds, _ := f.session(r, cognitoSession())
	b.ReportAllocs()
	for b.Loop() {
		c, err := f.s.Credential(context.Background(), creds.AccessKeyID, creds.SessionToken)
		if err != nil {
			b.Fatal(err)
		}
		d, err := f.s.Authorize(context.Background(), c.Caller, f.env(), awsapi.Demand{Action: "s3:GetObject", Resource: object})
		if err != nil || !d.Decision.Allowed() {
			b.Fatal(d, err)
		}
	}
}
