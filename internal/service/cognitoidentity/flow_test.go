package cognitoidentity

import (
	"strings"
	"testing"
	"time"

	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
)

func TestEnhancedFlow(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	logins := map[string]string{hostA: f.pools.sign(userPoolA, "sub-1", nil)}
	id := f.getID(pool, logins)
	if !strings.HasPrefix(id, "us-east-1:") || len(id) != len("us-east-1:")+36 {
		t.Errorf("identity id %s", id)
	}
	if again := f.getID(pool, logins); again != id {
		t.Errorf("another id for the same login: %s", again)
	}
	// Both forms of the key, and a token of the custom issuer, are one login.
	custom := map[string]string{customA: f.pools.sign(userPoolA, "sub-1", map[string]any{"iss": "https://auth.example.com/" + userPoolA})}
	if again := f.getID(pool, custom); again != id {
		t.Errorf("another id through the custom issuer: %s", again)
	}
	out, err := f.credentials(id, logins)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Credentials.Expiration.Equal(start.Add(time.Hour)) || *out.IdentityId != id {
		t.Errorf("%+v", out)
	}
	if len(f.call.Decisions()) != 1 {
		t.Error("the trust decision is not in the journal")
	}
	caller := f.bearer(out.Credentials)
	g := caller.Session.Cognito
	if g.IdentityID != id || g.IdentityPoolID != pool || strings.Join(g.AMR, " ") != "authenticated "+hostA+" "+hostA+":CognitoSignIn:sub-1" {
		t.Errorf("%+v", g)
	}
	if !strings.HasSuffix(caller.ARN, "/CognitoIdentityCredentials") || caller.Session.FederatedProvider != "cognito-identity.amazonaws.com" || len(caller.Session.Policies) != 0 {
		t.Errorf("%+v %+v", caller, caller.Session)
	}
	if !f.may(caller, "s3:PutObject", "arn:aws:s3:::b/k") {
		t.Error("no rights")
	}
}

func TestGuests(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(true)
	a, b := f.getID(pool, nil), f.getID(pool, nil)
	if a == b {
		t.Error("one id for two guests")
	}
	out, err := f.credentials(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := f.bearer(out.Credentials)
	if c.Session.Cognito.Authenticated() || c.Session.Cognito.Provider() != "" || len(*out.Credentials.SessionToken) > 1024 {
		t.Errorf("%+v, token of %d", c.Session.Cognito, len(*out.Credentials.SessionToken))
	}
	// A guest who signs in keeps the identity.
	logins := map[string]string{hostA: f.pools.sign(userPoolA, "sub-1", nil)}
	out, err = f.credentials(a, logins)
	if err != nil || *out.IdentityId != a || !f.bearer(out.Credentials).Session.Cognito.Authenticated() {
		t.Errorf("signing in: %+v, %v", out, err)
	}
	if again := f.getID(pool, logins); again != a {
		t.Errorf("the login is linked to %s", again)
	}
	// Another guest who signs in as the same user is merged into it.
	out, err = f.credentials(b, logins)
	if err != nil || *out.IdentityId != a {
		t.Errorf("merging: %+v, %v", out, err)
	}
	_, err = f.credentials(b, logins)
	f.fails(err, "NotAuthorizedException", "forbidden")
	_, err = f.credentials(b, nil)
	f.fails(err, "NotAuthorizedException", "forbidden")
}

func TestLinkAndMerge(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	a := func(sub string) map[string]string { return map[string]string{hostA: f.pools.sign(userPoolA, sub, nil)} }
	b := func(sub string) map[string]string { return map[string]string{hostB: f.pools.sign(userPoolB, sub, nil)} }
	both := func(subA, subB string) map[string]string {
		return map[string]string{hostA: a(subA)[hostA], hostB: b(subB)[hostB]}
	}
	one := f.getID(pool, a("1"))
	f.clock.Advance(time.Minute)
	two := f.getID(pool, b("2"))
	if one == two {
		t.Fatal("one identity")
	}
	// A new login beside a known one is linked.
	three := f.getID(pool, a("3"))
	if _, err := f.credentials(three, both("3", "4")); err != nil {
		t.Fatal(err)
	}
	if got := f.getID(pool, b("4")); got != three {
		t.Errorf("not linked: %s", got)
	}
	// A second user of one provider is a conflict, also by merging.
	_, err := f.credentials(three, both("3", "2"))
	f.fails(err, "ResourceConflictException", "already linked")
	// Two identities with logins become the older one.
	out, err := f.credentials(two, both("1", "2"))
	if err != nil || *out.IdentityId != one {
		t.Fatalf("%+v, %v", out, err)
	}
	if f.getID(pool, b("2")) != one || f.getID(pool, a("1")) != one {
		t.Error("logins were not merged")
	}
	desc := f.must("cognito-identity", "DescribeIdentity", &shape.DescribeIdentityInput{IdentityId: &one}).(*shape.IdentityDescription)
	if len(desc.Logins) != 2 {
		t.Errorf("%+v", desc)
	}
	list := f.must("cognito-identity", "ListIdentities", &shape.ListIdentitiesInput{IdentityPoolId: &pool, HideDisabled: ptr(true), MaxResults: ptr(int32(60))}).(*shape.ListIdentitiesOutput)
	if len(list.Identities) != 2 {
		t.Errorf("%d identities", len(list.Identities))
	}
	// Unlinking takes a login away, and the last one disables the identity.
	if _, err := f.public("UnlinkIdentity", &shape.UnlinkIdentityInput{IdentityId: &one, Logins: a("1"), LoginsToRemove: []string{hostB}}); err != nil {
		t.Fatal(err)
	}
	if f.getID(pool, b("2")) == one {
		t.Error("still linked")
	}
	_, err = f.public("UnlinkIdentity", &shape.UnlinkIdentityInput{IdentityId: &one, Logins: a("9"), LoginsToRemove: []string{hostA}})
	f.fails(err, "NotAuthorizedException", "forbidden")
	if _, err := f.public("UnlinkIdentity", &shape.UnlinkIdentityInput{IdentityId: &one, Logins: a("1"), LoginsToRemove: []string{hostA}}); err != nil {
		t.Fatal(err)
	}
	_, err = f.credentials(one, a("1"))
	f.fails(err, "NotAuthorizedException", "forbidden")
}

func TestPools(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	got := f.must("cognito-identity", "DescribeIdentityPool", &shape.DescribeIdentityPoolInput{IdentityPoolId: &pool}).(*shape.IdentityPool)
	if *got.IdentityPoolName != "p" || len(got.CognitoIdentityProviders) != 2 || *got.AllowUnauthenticatedIdentities || got.AllowClassicFlow != nil {
		t.Errorf("%+v", got)
	}
	got.IdentityPoolName, got.AllowUnauthenticatedIdentities, got.CognitoIdentityProviders = ptr("q"), ptr(true), nil
	f.must("cognito-identity", "UpdateIdentityPool", got)
	f.getID(pool, nil)
	roles := f.must("cognito-identity", "GetIdentityPoolRoles", &shape.GetIdentityPoolRolesInput{IdentityPoolId: &pool}).(*shape.GetIdentityPoolRolesOutput)
	if len(roles.Roles) != 2 {
		t.Errorf("%+v", roles)
	}
	arn := f.s.poolARN(pool)
	f.must("cognito-identity", "TagResource", &shape.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}})
	f.must("cognito-identity", "UntagResource", &shape.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"b"}})
	tags := f.must("cognito-identity", "ListTagsForResource", &shape.ListTagsForResourceInput{ResourceArn: &arn}).(*shape.ListTagsForResourceOutput)
	if len(tags.Tags) != 1 || tags.Tags["a"] != "1" {
		t.Errorf("%v", tags.Tags)
	}
	f.must("cognito-identity", "CreateIdentityPool", &shape.CreateIdentityPoolInput{IdentityPoolName: ptr("r"), AllowUnauthenticatedIdentities: ptr(false)})
	seen := 0
	in := &shape.ListIdentityPoolsInput{MaxResults: ptr(int32(1))}
	for {
		out := f.must("cognito-identity", "ListIdentityPools", in).(*shape.ListIdentityPoolsOutput)
		seen += len(out.IdentityPools)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if seen != 2 {
		t.Errorf("%d pools", seen)
	}
	id := f.getID(pool, nil)
	out, err := f.credentials(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.bearer(out.Credentials)
	f.clock.Advance(time.Minute)
	f.must("cognito-identity", "DeleteIdentityPool", &shape.DeleteIdentityPoolInput{IdentityPoolId: &pool})
	_, err = f.credentials(id, nil)
	f.fails(err, "ResourceNotFoundException", id)
	_, err = f.public("GetId", &shape.GetIdInput{IdentityPoolId: &pool})
	f.fails(err, "ResourceNotFoundException", "IdentityPool '"+pool+"' not found.")
	if _, err := f.iam.Credential(t.Context(), *out.Credentials.AccessKeyId, *out.Credentials.SessionToken); err == nil {
		t.Error("a session outlived its pool")
	}
	_, err = f.do("CreateIdentityPool", &shape.CreateIdentityPoolInput{
		IdentityPoolName: ptr("x"), AllowUnauthenticatedIdentities: ptr(false),
		CognitoIdentityProviders: []shape.CognitoIdentityProvider{{ProviderName: ptr("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x"), ClientId: ptr("c")}},
	})
	f.fails(err, "InvalidParameterException", "eu-west-1_x")
}

func TestDeleteIdentities(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	logins := map[string]string{hostA: f.pools.sign(userPoolA, "1", nil)}
	id := f.getID(pool, logins)
	out, err := f.credentials(id, logins)
	if err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(time.Minute)
	f.must("cognito-identity", "DeleteIdentities", &shape.DeleteIdentitiesInput{IdentityIdsToDelete: []string{id, "us-east-1:none"}})
	if _, err := f.iam.Credential(t.Context(), *out.Credentials.AccessKeyId, *out.Credentials.SessionToken); err == nil {
		t.Error("a session outlived its identity")
	}
	if f.getID(pool, logins) == id {
		t.Error("the same identity")
	}
}

func TestRoleMappings(t *testing.T) {
	f := newFixture(t)
	pool := f.pool(false)
	admin := f.role("admin", pool, "authenticated", allowAll)
	writer := f.role("writer", pool, "authenticated", allowAll)
	set := func(m shape.RoleMapping) error {
		roles := f.must("cognito-identity", "GetIdentityPoolRoles", &shape.GetIdentityPoolRolesInput{IdentityPoolId: &pool}).(*shape.GetIdentityPoolRolesOutput).Roles
		_, err := f.do("SetIdentityPoolRoles", &shape.SetIdentityPoolRolesInput{IdentityPoolId: &pool, Roles: roles, RoleMappings: map[string]shape.RoleMapping{hostA + ":" + client: m}})
		return err
	}
	got := func(custom *string, claims map[string]any) string {
		t.Helper()
		logins := map[string]string{hostA: f.pools.sign(userPoolA, "1", claims)}
		id := f.getID(pool, logins)
		out, err := f.public("GetCredentialsForIdentity", &shape.GetCredentialsForIdentityInput{IdentityId: &id, Logins: logins, CustomRoleArn: custom})
		if err != nil {
			return "refused"
		}
		return f.bearer(out.(*shape.GetCredentialsForIdentityOutput).Credentials).Session.RoleName
	}
	auth := "auth-" + strings.ReplaceAll(pool, ":", "-")
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	check("custom role without a mapping", got(&admin, nil), "refused")
	if err := set(shape.RoleMapping{Type: ptr("Token"), AmbiguousRoleResolution: ptr("AuthenticatedRole")}); err != nil {
		t.Fatal(err)
	}
	two := map[string]any{"cognito:roles": []string{admin, writer}}
	check("no role in the token", got(nil, nil), auth)
	check("one role", got(nil, map[string]any{"cognito:roles": []string{writer}}), "writer")
	check("preferred", got(nil, map[string]any{"cognito:roles": []string{admin, writer}, "cognito:preferred_role": admin}), "admin")
	check("ambiguous", got(nil, two), auth)
	check("custom", got(&writer, two), "writer")
	check("custom, not in the token", got(&admin, map[string]any{"cognito:roles": []string{writer}}), "refused")
	if err := set(shape.RoleMapping{Type: ptr("Token"), AmbiguousRoleResolution: ptr("Deny")}); err != nil {
		t.Fatal(err)
	}
	check("ambiguous, deny", got(nil, two), "refused")
	rule := func(match, value, role string) shape.MappingRule {
		return shape.MappingRule{Claim: ptr("custom:team"), MatchType: &match, Value: &value, RoleARN: &role}
	}
	err := set(shape.RoleMapping{Type: ptr("Rules"), AmbiguousRoleResolution: ptr("Deny"), RulesConfiguration: &shape.RulesConfigurationType{
		Rules: []shape.MappingRule{rule("Equals", "red", admin), rule("StartsWith", "re", writer), rule("NotEqual", "blue", writer)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	check("first rule", got(nil, map[string]any{"custom:team": "red"}), "admin")
	check("second rule", got(nil, map[string]any{"custom:team": "rest"}), "writer")
	check("NotEqual", got(nil, map[string]any{"custom:team": "green"}), "writer")
	check("no rule", got(nil, map[string]any{"custom:team": "blue"}), "refused")
	check("NotEqual without the claim", got(nil, nil), "refused")
	check("custom among the matching", got(&writer, map[string]any{"custom:team": "red"}), "writer")
	check("custom, not matching", got(&admin, map[string]any{"custom:team": "green"}), "refused")
	for _, m := range []shape.RoleMapping{
		{Type: ptr("Token")}, {Type: ptr("Rules"), AmbiguousRoleResolution: ptr("Deny")}, {Type: ptr("X"), AmbiguousRoleResolution: ptr("Deny")},
		{Type: ptr("Rules"), AmbiguousRoleResolution: ptr("Deny"), RulesConfiguration: &shape.RulesConfigurationType{Rules: []shape.MappingRule{rule("Is", "x", admin)}}},
	} {
		f.fails(set(m), "InvalidParameterException", "")
	}
}
