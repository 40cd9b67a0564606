package sts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/service/iam"
	iamshape "github.com/bawn-dev/bawn/internal/shape/iam"
	shape "github.com/bawn-dev/bawn/internal/shape/sts"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/policy"
)

const (
	account = "000000000000"
	pool    = "us-east-1:11111111-2222-3333-4444-555555555555"
)

// tokens is a verifier that knows its tokens by heart.
type tokens map[string]*awsapi.WebIdentity

func (t tokens) VerifyWebIdentity(_ context.Context, raw string) (*awsapi.WebIdentity, error) {
	if raw == "old." {
		return nil, awsapi.ErrWebIdentityExpired
	}
	if id := t[raw]; id != nil {
		return id, nil
	}
	return nil, awsapi.ErrWebIdentityInvalid
}

type fixture struct {
	t      *testing.T
	iam    *iam.Service
	door   *awsapi.Door
	clock  *clock.Fake
	caller *awsapi.Caller
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	var err error
	f.iam, err = iam.New(iam.Config{DB: store.New(memstore.New()), Keyring: seal.Generate(), Clock: f.clock, IDs: ids.New(nil), Account: account})
	if err != nil {
		t.Fatal(err)
	}
	keys := new(policy.Context)
	keys.Set("cognito-identity.amazonaws.com:aud", pool)
	keys.Set("cognito-identity.amazonaws.com:amr", "authenticated")
	web := tokens{
		"good.": {
			Provider: "cognito-identity.amazonaws.com", Subject: "us-east-1:id", Audience: pool, Keys: keys,
			Cognito: &awsapi.CognitoSession{IdentityPoolID: pool, IdentityID: "us-east-1:id", AMR: []string{"authenticated"}},
		},
	}
	tagged := *web["good."]
	tagged.Tags = map[string]string{"team": "red"}
	web["tagged."] = &tagged
	s := New(Config{Clock: f.clock, Account: account, Roles: f.iam, WebIdentities: web})
	f.door = awsapi.NewDoor(account, f.iam)
	f.door.Register(&awsapi.Service{Name: "iam", Table: f.iam.Operations(), Deny: iam.Deny})
	f.door.Register(&awsapi.Service{Name: "sts", Table: s.Operations(), Deny: Deny})
	f.caller = f.root()
	return f
}

func (f *fixture) root() *awsapi.Caller {
	return &awsapi.Caller{Kind: awsapi.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account}
}

func (f *fixture) do(service, operation string, in any) (any, error) {
	env := &awsapi.Environment{Now: f.clock.Now(), SourceIP: "127.0.0.1", SecureTransport: true, Region: "us-east-1"}
	out, _, err := f.door.Do(context.Background(), f.caller, env, service, operation, in)
	return out, err
}

// iamDo runs an IAM operation as root.
func (f *fixture) iamDo(operation string, in any) any {
	f.t.Helper()
	was := f.caller
	f.caller = f.root()
	out, err := f.do("iam", operation, in)
	f.caller = was
	if err != nil {
		f.t.Fatalf("%s: %v", operation, err)
	}
	return out
}

func (f *fixture) user(name, document string) *awsapi.Caller {
	f.t.Helper()
	f.iamDo("CreateUser", &iamshape.CreateUserInput{UserName: &name})
	if document != "" {
		f.iamDo("PutUserPolicy", &iamshape.PutUserPolicyInput{UserName: &name, PolicyName: ptr("p"), PolicyDocument: &document})
	}
	key := f.iamDo("CreateAccessKey", &iamshape.CreateAccessKeyInput{UserName: &name}).(*iamshape.CreateAccessKeyOutput)
	return f.credential(*key.AccessKey.AccessKeyId, "")
}

func (f *fixture) credential(id, token string) *awsapi.Caller {
	f.t.Helper()
	c, err := f.iam.Credential(context.Background(), id, token)
	if err != nil {
		f.t.Fatal(err)
	}
	return c.Caller
}

// role makes a role with the trust policy's statements and returns its ARN.
func (f *fixture) role(name, statements string) *string {
	f.t.Helper()
	doc := `{"Version":"2012-10-17","Statement":[` + statements + `]}`
	out := f.iamDo("CreateRole", &iamshape.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &doc, MaxSessionDuration: ptr(int32(7200))}).(*iamshape.CreateRoleOutput)
	return out.Role.Arn
}

func trust(principal, action, condition string) string {
	return `{"Effect":"Allow","Principal":` + principal + `,"Action":` + action + `,"Condition":{` + condition + `}}`
}

func allow(action string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`
}

func (f *fixture) assume(in *shape.AssumeRoleInput) (*shape.AssumeRoleOutput, error) {
	if in.RoleSessionName == nil {
		in.RoleSessionName = ptr("s1")
	}
	out, err := f.do("sts", "AssumeRole", in)
	if err != nil {
		return nil, err
	}
	return out.(*shape.AssumeRoleOutput), nil
}

func (f *fixture) code(err error, code string) {
	f.t.Helper()
	if awsapi.Code(err) != code {
		f.t.Errorf("got %v, want %s", err, code)
	}
}

func TestGetCallerIdentity(t *testing.T) {
	f := newFixture(t)
	f.caller = f.user("ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
	out, err := f.do("sts", "GetCallerIdentity", &shape.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.(*shape.GetCallerIdentityOutput); *got.Arn != "arn:aws:iam::"+account+":user/ann" || !strings.HasPrefix(*got.UserId, "AIDA") || *got.Account != account {
		t.Errorf("%+v", got)
	}
	f.caller = &awsapi.Caller{}
	_, err = f.do("sts", "GetCallerIdentity", &shape.GetCallerIdentityInput{})
	f.code(err, awsapi.MissingAuthentication().Code)
}

func TestAssumeRole(t *testing.T) {
	f := newFixture(t)
	byAccount := f.role("byaccount", trust(`{"AWS":"`+account+`"}`, `"sts:AssumeRole"`, ``))
	f.caller = f.user("ann", "")
	ann := f.caller
	byUser := f.role("byuser", trust(`{"AWS":"`+f.caller.ARN+`"}`, `"sts:AssumeRole"`, `"StringEquals":{"sts:ExternalId":"secret"}`))
	_, err := f.assume(&shape.AssumeRoleInput{RoleArn: byAccount})
	f.code(err, "AccessDenied")
	var refusal *awsapi.Error
	if !errors.As(err, &refusal) || refusal.Status != 403 || refusal.Message != "User: "+ann.ARN+" is not authorized to perform: sts:AssumeRole on resource: "+*byAccount {
		t.Errorf("refusal %+v", refusal)
	}
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: byUser})
	f.code(err, "AccessDenied")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: byUser, ExternalId: ptr("wrong")})
	f.code(err, "AccessDenied")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: ptr("arn:aws:iam::" + account + ":role/nobody")})
	f.code(err, "AccessDenied")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: ptr("arn:aws:iam::" + account + ":user/ann!")})
	f.code(err, "ValidationError")
	out, err := f.assume(&shape.AssumeRoleInput{RoleArn: byUser, ExternalId: ptr("secret")})
	if err != nil {
		t.Fatal(err)
	}
	if !out.Credentials.Expiration.Equal(f.clock.Now().Add(time.Hour)) || *out.AssumedRoleUser.Arn != "arn:aws:sts::"+account+":assumed-role/byuser/s1" {
		t.Errorf("%+v", out)
	}
	session := f.credential(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if session.ARN != *out.AssumedRoleUser.Arn || session.UserID != *out.AssumedRoleUser.AssumedRoleId {
		t.Errorf("%+v", session)
	}
	f.iamDo("PutUserPolicy", &iamshape.PutUserPolicyInput{UserName: ptr("ann"), PolicyName: ptr("p"), PolicyDocument: ptr(allow("sts:AssumeRole"))})
	if _, err := f.assume(&shape.AssumeRoleInput{RoleArn: byAccount}); err != nil {
		t.Errorf("with an identity policy: %v", err)
	}
	f.caller = f.root()
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: byAccount})
	f.code(err, "AccessDenied")
}

func TestDurations(t *testing.T) {
	f := newFixture(t)
	role := f.role("r", trust(`{"AWS":"`+account+`"}`, `"sts:AssumeRole"`, ``))
	f.iamDo("PutRolePolicy", &iamshape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p"), PolicyDocument: ptr(allow("sts:AssumeRole"))})
	f.caller = f.user("ann", allow("sts:AssumeRole"))
	for seconds, ok := range map[int32]bool{899: false, 900: true, 7200: true, 7201: false} {
		_, err := f.assume(&shape.AssumeRoleInput{RoleArn: role, DurationSeconds: &seconds})
		if (err == nil) != ok {
			t.Errorf("%d seconds: %v", seconds, err)
		}
	}
	out, err := f.assume(&shape.AssumeRoleInput{RoleArn: role, SourceIdentity: nil})
	if err != nil {
		t.Fatal(err)
	}
	f.caller = f.credential(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if _, err := f.assume(&shape.AssumeRoleInput{RoleArn: role}); err != nil {
		t.Errorf("chained: %v", err)
	}
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: role, DurationSeconds: ptr(int32(3601))})
	f.code(err, "ValidationError")
}

func TestTagsAndSource(t *testing.T) {
	f := newFixture(t)
	plain := f.role("plain", trust(`{"AWS":"`+account+`"}`, `"sts:AssumeRole"`, ``))
	full := f.role("full", trust(`{"AWS":"`+account+`"}`, `["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]`, `"StringEquals":{"aws:RequestTag/team":"red"}`))
	f.iamDo("PutRolePolicy", &iamshape.PutRolePolicyInput{RoleName: ptr("full"), PolicyName: ptr("p"), PolicyDocument: ptr(allow("sts:*"))})
	f.caller = f.user("ann", allow("sts:*"))
	tags := []shape.Tag{{Key: ptr("team"), Value: ptr("red")}}
	_, err := f.assume(&shape.AssumeRoleInput{RoleArn: plain, Tags: tags})
	f.code(err, "AccessDenied")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: plain, SourceIdentity: ptr("ann")})
	f.code(err, "AccessDenied")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: full})
	f.code(err, "AccessDenied")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: full, Tags: append(tags, shape.Tag{Key: ptr("Team"), Value: ptr("x")})})
	f.code(err, "InvalidParameterValue")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: full, Tags: tags, TransitiveTagKeys: []string{"team"}})
	f.code(err, "NotImplemented")
	out, err := f.assume(&shape.AssumeRoleInput{RoleArn: full, Tags: tags, SourceIdentity: ptr("ann")})
	if err != nil {
		t.Fatal(err)
	}
	f.caller = f.credential(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if f.caller.Session.Tags["team"] != "red" || f.caller.Session.SourceIdentity != "ann" || out.PackedPolicySize == nil {
		t.Errorf("%+v", f.caller.Session)
	}
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: full, Tags: tags, SourceIdentity: ptr("bob")})
	f.code(err, "AccessDenied")
}

// TestAttack18RestrictedSessionStaysRestricted: a session limited by a session
// policy cannot get an unlimited credential through its role.
func TestAttack18RestrictedSessionStaysRestricted(t *testing.T) {
	f := newFixture(t)
	role := f.role("r", trust(`{"AWS":"`+account+`"}`, `"sts:AssumeRole"`, ``))
	f.iamDo("PutRolePolicy", &iamshape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p"), PolicyDocument: ptr(allow("*"))})
	f.caller = f.user("ann", allow("sts:AssumeRole"))
	for name, in := range map[string]*shape.AssumeRoleInput{
		"inline":  {RoleArn: role, Policy: ptr(allow("s3:GetObject"))},
		"managed": {RoleArn: role, PolicyArns: []shape.PolicyDescriptorType{{Arn: ptr("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")}}},
	} {
		ann := f.caller
		out, err := f.assume(in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f.caller = f.credential(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
		_, err = f.assume(&shape.AssumeRoleInput{RoleArn: role})
		f.code(err, "AccessDenied")
		_, err = f.do("iam", "CreateAccessKey", &iamshape.CreateAccessKeyInput{UserName: ptr("ann")})
		f.code(err, "AccessDenied")
		f.caller = ann
	}
	_, err := f.assume(&shape.AssumeRoleInput{RoleArn: role, Policy: ptr(`{}`)})
	f.code(err, "MalformedPolicyDocument")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: role, Policy: ptr(allow("s3:Get*") + strings.Repeat(" ", 2048))})
	f.code(err, "ValidationError")
	_, err = f.assume(&shape.AssumeRoleInput{RoleArn: role, PolicyArns: []shape.PolicyDescriptorType{{Arn: ptr("arn:aws:iam::aws:policy/Nothing")}}})
	f.code(err, "ValidationError")
}

const cognito = `{"Federated":"cognito-identity.amazonaws.com"}`

// TestAttack20WebIdentity: the unsigned way in gives credentials only for a
// verified token that the trust policy names, and refuses alike otherwise.
func TestAttack20WebIdentity(t *testing.T) {
	f := newFixture(t)
	const aud = `"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"}`
	good := f.role("good", trust(cognito, `"sts:AssumeRoleWithWebIdentity"`, aud))
	tagging := f.role("tagging", trust(cognito, `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, aud))
	other := f.role("other", trust(cognito, `"sts:AssumeRoleWithWebIdentity"`, strings.Replace(aud, "1111", "2222", 1)))
	open := f.role("open", trust(cognito, `"sts:*"`, ``))
	everyone := f.role("everyone", trust(`"*"`, `"sts:*"`, ``))
	nobody := ptr("arn:aws:iam::" + account + ":role/nobody")
	f.caller = &awsapi.Caller{}
	assume := func(role *string, token string) (*shape.AssumeRoleWithWebIdentityOutput, error) {
		out, err := f.do("sts", "AssumeRoleWithWebIdentity", &shape.AssumeRoleWithWebIdentityInput{RoleArn: role, RoleSessionName: ptr("web"), WebIdentityToken: &token})
		if err != nil {
			return nil, err
		}
		return out.(*shape.AssumeRoleWithWebIdentityOutput), nil
	}
	for _, c := range []struct {
		role        *string
		token, code string
	}{
		{good, "forged.", "InvalidIdentityToken"}, {nobody, "forged.", "InvalidIdentityToken"}, {good, "old.", "ExpiredTokenException"},
		{other, "good.", "AccessDenied"}, {nobody, "good.", "AccessDenied"}, {good, "tagged.", "AccessDenied"},
		// CVE-2024-28056, attack 25: trust without audience.
		{open, "good.", "AccessDenied"}, {everyone, "good.", "AccessDenied"},
	} {
		_, err := assume(c.role, c.token)
		f.code(err, c.code)
		if c.code == "AccessDenied" && err.Error() != webIdentityDenied().Error() {
			t.Errorf("%s: another refusal: %v", *c.role, err)
		}
	}
	out, err := assume(good, "good.")
	if err != nil {
		t.Fatal(err)
	}
	session := f.credential(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken).Session
	if session.Cognito.IdentityID != "us-east-1:id" || session.FederatedProvider != "cognito-identity.amazonaws.com" || *out.Audience != pool {
		t.Errorf("%+v %+v", session, out)
	}
	if out, err = assume(tagging, "tagged."); err != nil {
		t.Fatal(err)
	}
	if tags := f.credential(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken).Session.Tags; tags["team"] != "red" {
		t.Errorf("tags %v", tags)
	}
	for _, operation := range []string{"AssumeRole", "GetAccessKeyInfo", "GetCallerIdentity"} {
		if _, err := f.do("sts", operation, f.door.Lookup("sts", operation).New()); err == nil {
			t.Errorf("%s unsigned", operation)
		}
	}
}

func TestServiceCredentials(t *testing.T) {
	f := newFixture(t)
	s := New(Config{Clock: f.clock, Account: account, Roles: f.iam})
	role := f.role("fn", trust(`{"Service":"lambda.amazonaws.com"}`, `"sts:AssumeRole"`, ``))
	c, err := s.ServiceCredentials(context.Background(), *role, "lambda.amazonaws.com", "fn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.credential(c.AccessKeyID, c.SessionToken); got.ARN != "arn:aws:sts::"+account+":assumed-role/fn/fn" {
		t.Errorf("%+v", got)
	}
	for _, in := range [][2]string{{*role, "apigateway.amazonaws.com"}, {"arn:aws:iam::" + account + ":role/nobody", "lambda.amazonaws.com"}} {
		_, err := s.ServiceCredentials(context.Background(), in[0], in[1], "fn", time.Hour)
		f.code(err, "AccessDenied")
	}
}

func TestGetAccessKeyInfo(t *testing.T) {
	f := newFixture(t)
	ann := f.user("ann", allow("sts:*"))
	f.caller = ann
	out, err := f.do("sts", "GetAccessKeyInfo", &shape.GetAccessKeyInfoInput{AccessKeyId: &ann.AccessKeyID})
	if err != nil || *out.(*shape.GetAccessKeyInfoOutput).Account != account {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = f.do("sts", "GetAccessKeyInfo", &shape.GetAccessKeyInfoInput{AccessKeyId: ptr("AKIAUNKNOWNUNKNOWN00")})
	f.code(err, "ValidationError")
}
