package cognitoidentity

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	iamshape "github.com/bawn-dev/bawn/internal/shape/iam"
	stsshape "github.com/bawn-dev/bawn/internal/shape/sts"
)

// TestBadLogins: every way in which a token can be wrong, with AWS's words.
func TestBadLogins(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(true)
	good := f.pools.sign(userPoolA, "1", nil)
	f.pools.blocked["blocked"] = true
	for name, c := range map[string]struct {
		key, raw, code, want string
	}{
		"not a token":     {hostA, "hello", "NotAuthorizedException", "Not a valid OpenId Connect identity token."},
		"expired":         {hostA, f.pools.sign(userPoolA, "1", map[string]any{"exp": start.Unix() - 1}), "NotAuthorizedException", "Invalid login token. Token expired: 1767323045 >= 1767323044"},
		"other issuer":    {hostA, f.pools.sign(userPoolB, "1", nil), "NotAuthorizedException", "Invalid login token. Issuer doesn't match providerName"},
		"altered":         {hostA, good[:len(good)-6] + "AAAAAA", "NotAuthorizedException", "Invalid login token. Couldn't verify signed token."},
		"access token":    {hostA, f.pools.sign(userPoolA, "1", map[string]any{"token_use": "access", "aud": nil, "client_id": client}), "NotAuthorizedException", "Invalid login token. Missing a required claim: aud"},
		"access with aud": {hostA, f.pools.sign(userPoolA, "1", map[string]any{"token_use": "access"}), "NotAuthorizedException", "Couldn't verify"},
		"no aud":          {hostA, f.pools.sign(userPoolA, "1", map[string]any{"aud": nil}), "NotAuthorizedException", "Missing a required claim: aud"},
		"other client":    {hostA, f.pools.sign(userPoolA, "1", map[string]any{"aud": "stranger"}), "NotAuthorizedException", "Token is not from a supported provider of this identity pool."},
		"other pool":      {strings.Replace(hostA, "AAAAAAAAA", "CCCCCCCCC", 1), good, "NotAuthorizedException", "Token is not from a supported provider"},
		"disabled user":   {hostB, f.pools.sign(userPoolB, "blocked", nil), "NotAuthorizedException", "Invalid login token."},
		"google":          {"accounts.google.com", good, "NotAuthorizedException", "Token is not from a supported provider"},
		"future":          {hostA, f.pools.sign(userPoolA, "1", map[string]any{"nbf": start.Unix() + 600}), "NotAuthorizedException", "Couldn't verify"},
	} {
		t.Run(name, func(t *testing.T) {
			logins := map[string]string{c.key: c.raw, hostB: f.pools.sign(userPoolB, "2", nil)}
			if c.key == hostB {
				logins = map[string]string{c.key: c.raw}
			}
			_, err := f.public("GetId", &shape.GetIdInput{IdentityPoolId: &pool, Logins: logins})
			f.t = t
			f.fails(err, c.code, c.want)
		})
	}
	f.t = t
	_, err := f.public("GetId", &shape.GetIdInput{IdentityPoolId: &pool, Logins: map[string]string{hostA: good, customA: good}})
	f.fails(err, "InvalidParameterException", "twice")
	list := f.must("cognito-identity", "ListIdentities", &shape.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: ptr(int32(60))}).(*shape.ListIdentitiesOutput)
	if len(list.Identities) != 0 {
		t.Errorf("bad logins made %d identities", len(list.Identities))
	}
}

// TestOtherProvidersAnswerByName: a pool may name them, a login says that they
// are not built.
func TestOtherProvidersAnswerByName(t *testing.T) {
	f := newFixture(t)
	out := f.must("cognito-identity", "CreateIdentityPool", &shape.CreateIdentityPoolInput{
		IdentityPoolName: ptr("p"), AllowUnauthenticatedIdentities: ptr(false), DeveloperProviderName: ptr("login.example"),
		SupportedLoginProviders:   map[string]string{"graph.facebook.com": "1", "accounts.google.com": "2"},
		OpenIdConnectProviderARNs: []string{"arn:aws:iam::" + account + ":oidc-provider/id.example.com"},
		SamlProviderARNs:          []string{"arn:aws:iam::" + account + ":saml-provider/x"},
	}).(*shape.IdentityPool)
	for name, code := range map[string]string{
		"graph.facebook.com": "NotImplemented", "accounts.google.com": "NotImplemented", "id.example.com": "NotImplemented",
		"arn:aws:iam::" + account + ":saml-provider/x": "NotImplemented",
		"www.amazon.com": "NotAuthorizedException", "login.example": "NotAuthorizedException",
	} {
		_, err := f.public("GetId", &shape.GetIdInput{IdentityPoolId: out.IdentityPoolId, Logins: map[string]string{name: "x"}})
		f.fails(err, code, "")
	}
}

// TestAttack43AnothersIdentity: another's identity id, or none of its logins,
// gives nothing and changes nothing.
func TestAttack43AnothersIdentity(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(true)
	mine := map[string]string{hostA: f.pools.sign(userPoolA, "me", nil)}
	theirs := map[string]string{hostA: f.pools.sign(userPoolA, "they", nil)}
	id := f.getID(pool, theirs)
	_, err := f.credentials(id, mine)
	f.fails(err, "NotAuthorizedException", "Logins don't match. Please include at least one valid login for this identity or identity pool.")
	_, err = f.credentials(id, map[string]string{hostB: f.pools.sign(userPoolB, "me", nil)})
	f.fails(err, "NotAuthorizedException", "Logins don't match.")
	_, err = f.credentials(id, nil)
	f.fails(err, "NotAuthorizedException", "Access to Identity '"+id+"' is forbidden.")
	_, err = f.credentials("us-east-1:00000000-0000-0000-0000-000000000000", mine)
	f.fails(err, "ResourceNotFoundException", "not found")
	_, err = f.public("UnlinkIdentity", &shape.UnlinkIdentityInput{IdentityId: &id, Logins: mine, LoginsToRemove: []string{hostA}})
	f.fails(err, "NotAuthorizedException", "forbidden")
	// An identity of another pool that does not accept the login.
	other := f.must("cognito-identity", "CreateIdentityPool", &shape.CreateIdentityPoolInput{IdentityPoolName: ptr("o"), AllowUnauthenticatedIdentities: ptr(true)}).(*shape.IdentityPool)
	_, err = f.credentials(f.getID(*other.IdentityPoolId, nil), mine)
	f.fails(err, "NotAuthorizedException", "not from a supported provider")
	if out, err := f.credentials(id, theirs); err != nil || f.bearer(out.Credentials).Session.Cognito.Provider() != hostA+","+hostA+":CognitoSignIn:they" {
		t.Errorf("the owner: %v", err)
	}
}

// TestAttack35GuestAbuse: guests and the basic flow are off by default, and a
// guest's credentials are scoped down whatever the role says.
func TestAttack35GuestAbuse(t *testing.T) {
	f := newFixture(t)
	closed := f.pool(false)
	_, err := f.public("GetId", &shape.GetIdInput{IdentityPoolId: &closed})
	f.fails(err, "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
	pool := f.pool(true)
	id := f.getID(pool, nil)
	out, err := f.credentials(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	guest := f.bearer(out.Credentials)
	for action, want := range map[string]bool{
		"s3:GetObject": true, "execute-api:Invoke": true, "dynamodb:GetItem": true, "lambda:InvokeFunction": true, "kms:Decrypt": true, "rum:PutRumEvents": true,
		"iam:CreateUser": false, "sts:AssumeRole": false, "secretsmanager:GetSecretValue": false, "ssm:GetParameter": false, "kms:CreateKey": false, "cloudformation:CreateStack": false,
	} {
		if got := f.may(guest, action, "*"); got != want {
			t.Errorf("%s: %v", action, got)
		}
	}
	_, err = f.public("GetOpenIdToken", &shape.GetOpenIdTokenInput{IdentityId: &id})
	f.fails(err, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
	// A guest role for signed-in users does not go to guests, nor the reverse.
	f.must("iam", "UpdateAssumeRolePolicy", &iamshape.UpdateAssumeRolePolicyInput{RoleName: ptr("guest-" + strings.ReplaceAll(pool, ":", "-")), PolicyDocument: ptr(strings.Replace(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"POOL"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}]}`, "POOL", pool, 1))})
	_, err = f.credentials(id, nil)
	f.fails(err, "InvalidIdentityPoolConfigurationException", "Check assigned IAM roles")
	// Guests are turned off: those that exist get nothing more.
	p := f.must("cognito-identity", "DescribeIdentityPool", &shape.DescribeIdentityPoolInput{IdentityPoolId: &pool}).(*shape.IdentityPool)
	p.AllowUnauthenticatedIdentities = ptr(false)
	f.must("cognito-identity", "UpdateIdentityPool", p)
	_, err = f.credentials(id, nil)
	f.fails(err, "NotAuthorizedException", "Unauthenticated access is not supported")
}

// TestAttack25TrustWithoutAudience: a role that any identity pool could assume
// gives no credentials through any of the ways.
func TestAttack25TrustWithoutAudience(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	logins := map[string]string{hostA: f.pools.sign(userPoolA, "1", nil)}
	id := f.getID(pool, logins)
	name := "auth-" + strings.ReplaceAll(pool, ":", "-")
	for what, statement := range map[string]string{
		"no condition": `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`,
		"amr only":     `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}`,
		"any aud":      `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"cognito-identity.amazonaws.com:aud":"*"}}}`,
		"other aud":    `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:other"}}}`,
		"everyone":     `{"Effect":"Allow","Principal":"*","Action":"sts:*"}`,
		"the account":  `{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:*"}`,
	} {
		f.must("iam", "UpdateAssumeRolePolicy", &iamshape.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: ptr(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)})
		if _, err := f.credentials(id, logins); awsapi.Code(err) != "InvalidIdentityPoolConfigurationException" {
			t.Errorf("%s: %v", what, err)
		}
		// The journal tells why: the last decision of the call is the refusal.
		decisions := f.call.Decisions()
		if len(decisions) == 0 || decisions[len(decisions)-1].Decision.Allowed() || decisions[len(decisions)-1].Explain().Summary == "" {
			t.Errorf("%s: decisions %+v", what, decisions)
		}
	}
}

// TestAttack27RoleMadeAgain: sessions end with the role, and its successor of
// the same name does not take them over.
func TestAttack27RoleMadeAgain(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	logins := map[string]string{hostA: f.pools.sign(userPoolA, "1", nil)}
	out, err := f.credentials(f.getID(pool, logins), logins)
	if err != nil {
		t.Fatal(err)
	}
	name := "auth-" + strings.ReplaceAll(pool, ":", "-")
	f.must("iam", "DeleteRolePolicy", &iamshape.DeleteRolePolicyInput{RoleName: &name, PolicyName: ptr("p")})
	f.must("iam", "DeleteRole", &iamshape.DeleteRoleInput{RoleName: &name})
	valid := func() bool {
		_, err := f.iam.Credential(t.Context(), *out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
		return err == nil
	}
	if valid() {
		t.Error("the session outlived its role")
	}
	_, err = f.credentials(f.getID(pool, logins), logins)
	f.fails(err, "InvalidIdentityPoolConfigurationException", "")
	f.role(name, pool, "authenticated", allowAll)
	if valid() {
		t.Error("the new role took the old session over")
	}
}

// TestAttack26SignedIdentityIsNoLogin: a signed GetCallerIdentity request, or
// anything else that is no token of an accepted provider, is not a login.
func TestAttack26SignedIdentityIsNoLogin(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(true)
	for _, name := range []string{"sts.amazonaws.com", "sts.us-east-1.amazonaws.com", "https://sts.amazonaws.com/?Action=GetCallerIdentity&X-Amz-Signature=00", "cognito-identity.amazonaws.com", hostA} {
		_, err := f.public("GetId", &shape.GetIdInput{IdentityPoolId: &pool, Logins: map[string]string{name: "https://sts.amazonaws.com/?Action=GetCallerIdentity&X-Amz-Signature=00"}})
		f.fails(err, "NotAuthorizedException", "")
	}
}

// TestAttack20BasicFlow: where a pool allows it, its OpenID token gets through
// sts what the trust policy says, and nothing else does.
func TestAttack20BasicFlow(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(true)
	p := f.must("cognito-identity", "DescribeIdentityPool", &shape.DescribeIdentityPoolInput{IdentityPoolId: &pool}).(*shape.IdentityPool)
	p.AllowClassicFlow = ptr(true)
	f.must("cognito-identity", "UpdateIdentityPool", p)
	logins := map[string]string{hostA: f.pools.sign(userPoolA, "1", nil)}
	id := f.getID(pool, logins)
	roles := f.must("cognito-identity", "GetIdentityPoolRoles", &shape.GetIdentityPoolRolesInput{IdentityPoolId: &pool}).(*shape.GetIdentityPoolRolesOutput).Roles
	f.caller = &awsapi.Caller{}
	assume := func(role, raw string) (*stsshape.AssumeRoleWithWebIdentityOutput, error) {
		out, err := f.doOn("sts", "AssumeRoleWithWebIdentity", &stsshape.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: ptr("web"), WebIdentityToken: &raw})
		if err != nil {
			return nil, err
		}
		return out.(*stsshape.AssumeRoleWithWebIdentityOutput), nil
	}
	_, err := assume(roles["authenticated"], logins[hostA])
	f.fails(err, "InvalidIdentityToken", "")
	_, err = f.do("GetOpenIdToken", &shape.GetOpenIdTokenInput{IdentityId: &id})
	f.fails(err, "NotAuthorizedException", "forbidden")
	got, err := f.do("GetOpenIdToken", &shape.GetOpenIdTokenInput{IdentityId: &id, Logins: logins})
	if err != nil {
		t.Fatal(err)
	}
	raw := *got.(*shape.GetOpenIdTokenOutput).Token
	out, err := assume(roles["authenticated"], raw)
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.iam.Credential(t.Context(), *out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if err != nil || c.Caller.Session.Cognito.IdentityID != id || *out.SubjectFromWebIdentityToken != id || *out.Audience != pool {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = assume(roles["unauthenticated"], raw)
	f.fails(err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	_, err = assume(roles["authenticated"], raw[:len(raw)-4]+"AAAA")
	f.fails(err, "InvalidIdentityToken", "")
	// An OpenID token of the identity pool is no user-pool login.
	_, err = f.do("GetId", &shape.GetIdInput{IdentityPoolId: &pool, Logins: map[string]string{hostA: raw}})
	f.fails(err, "NotAuthorizedException", "Issuer doesn't match")
	f.clock.Advance(11 * time.Minute)
	_, err = assume(roles["authenticated"], raw)
	f.fails(err, "ExpiredTokenException", "")
}

// TestAttack18PassRole: who may set a pool's roles cannot hand out a role it
// may not pass.
func TestAttack18PassRole(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	admin := f.role("admin", pool, "authenticated", allowAll)
	user := func(name, document string) *awsapi.Caller {
		f.must("iam", "CreateUser", &iamshape.CreateUserInput{UserName: &name})
		f.must("iam", "PutUserPolicy", &iamshape.PutUserPolicyInput{UserName: &name, PolicyName: ptr("p"), PolicyDocument: &document})
		key := f.must("iam", "CreateAccessKey", &iamshape.CreateAccessKeyInput{UserName: &name}).(*iamshape.CreateAccessKeyOutput).AccessKey
		c, err := f.iam.Credential(t.Context(), *key.AccessKeyId, "")
		if err != nil {
			t.Fatal(err)
		}
		return c.Caller
	}
	without := user("without", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-identity:*","Resource":"*"}]}`)
	wrong := user("wrong", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-identity:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}]}`)
	with := user("with", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-identity:*","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"`+admin+`","Condition":{"StringEquals":{"iam:PassedToService":"cognito-identity.amazonaws.com"}}}]}`)
	byRule := &shape.SetIdentityPoolRolesInput{IdentityPoolId: &pool, Roles: map[string]string{}, RoleMappings: map[string]shape.RoleMapping{hostA + ":" + client: {
		Type: ptr("Rules"), AmbiguousRoleResolution: ptr("Deny"), RulesConfiguration: &shape.RulesConfigurationType{Rules: []shape.MappingRule{{Claim: ptr("sub"), MatchType: ptr("Contains"), Value: ptr("1"), RoleARN: &admin}}},
	}}}
	direct := &shape.SetIdentityPoolRolesInput{IdentityPoolId: &pool, Roles: map[string]string{"authenticated": admin}}
	for _, in := range []*shape.SetIdentityPoolRolesInput{byRule, direct} {
		for _, c := range []*awsapi.Caller{without, wrong} {
			f.caller = c
			_, err := f.do("SetIdentityPoolRoles", in)
			f.fails(err, "AccessDeniedException", "iam:PassRole on resource: "+admin)
		}
		f.caller = with
		if _, err := f.do("SetIdentityPoolRoles", in); err != nil {
			t.Error(err)
		}
	}
	// Unsigned callers reach only the public operations.
	f.caller = &awsapi.Caller{}
	public := map[string]bool{"GetId": true, "GetOpenIdToken": true, "GetCredentialsForIdentity": true, "UnlinkIdentity": true}
	for name, op := range f.s.Operations() {
		if _, err := f.do(name, op.New()); !public[name] && awsapi.Code(err) != awsapi.MissingAuthentication().Code {
			t.Errorf("%s unsigned: %v", name, err)
		}
	}
}

// TestAttack36RuleOnWritableClaim: a role mapping on an attribute that users
// may write is warned of.
func TestAttack36RuleOnWritableClaim(t *testing.T) {
	f := newFixture(t)
	var log bytes.Buffer
	f.s.log = slog.New(slog.NewTextHandler(&log, nil))
	pool := f.pool(false)
	admin := f.role("admin", pool, "authenticated", allowAll)
	for claim, want := range map[string]bool{"custom:role": true, "email": true, "cognito:groups": false, "sub": false} {
		log.Reset()
		f.must("cognito-identity", "SetIdentityPoolRoles", &shape.SetIdentityPoolRolesInput{IdentityPoolId: &pool, Roles: map[string]string{}, RoleMappings: map[string]shape.RoleMapping{hostA + ":" + client: {
			Type: ptr("Rules"), AmbiguousRoleResolution: ptr("Deny"),
			RulesConfiguration: &shape.RulesConfigurationType{Rules: []shape.MappingRule{{Claim: &claim, MatchType: ptr("Equals"), Value: ptr("x"), RoleARN: &admin}}},
		}}})
		if got := strings.Contains(log.String(), "claim="+claim); got != want {
			t.Errorf("%s: warned %v: %s", claim, got, log.String())
		}
	}
}
