package attack

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestAttackSignIn are cases 21 to 25 and 30 to 43 on the notes project.
func TestAttackSignIn(t *testing.T) {
	r := notes(t)
	v := &victims{r, r.person(t, "ana"), r.person(t, "ben")}
	t.Run("TestAttack21Attack22Issuers", v.issuers)
	t.Run("TestAttack23Attack24Tokens", v.tokens)
	t.Run("TestAttack25TrustWithoutAudience", v.trustWithoutAudience)
	t.Run("TestAttack30CrossOrigin", v.crossOrigin)
	t.Run("TestAttack31Attack34Attributes", v.attributes)
	t.Run("TestAttack33Enumeration", v.enumeration)
	t.Run("TestAttack35Guests", v.guests)
	t.Run("TestAttack37Attack38Attack39SRP", v.proofs)
	t.Run("TestAttack40SecretHash", v.secretHash)
	t.Run("TestAttack41OAuth", v.oauth)
	t.Run("TestAttack42Federation", v.federation)
	t.Run("TestAttack43AnothersIdentity", v.anothersIdentity)
	t.Run("NamesInAnotherCase", v.names)
	t.Run("RevokedTokens", v.revoked)
}

type victims struct {
	*rig
	ana, ben *person
}

// claims of a token, changed by f and put together again with header h and a
// signature of nothing.
func forgeToken(raw string, h m, f func(m)) string {
	parts := strings.Split(raw, ".")
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	claims := m{}
	_ = json.Unmarshal(text, &claims)
	f(claims)
	enc := func(v m) string { b, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(b) }
	return enc(h) + "." + enc(claims) + "." + parts[2]
}

// bad are tokens that must never count as ana's id token.
func (v *victims) bad() map[string]string {
	text, _ := base64.RawURLEncoding.DecodeString(strings.Split(v.ana.id, ".")[0])
	own := m{}
	_ = json.Unmarshal(text, &own)
	with := func(name string, value any) m {
		h := m{}
		for k, x := range own {
			h[k] = x
		}
		h[name] = value
		return h
	}
	same := func(m) {}
	forged := forgeToken(v.ana.id, with("alg", "none"), same)
	return map[string]string{
		"none": forged, "none without signature": forged[:strings.LastIndexByte(forged, '.')+1], "None": forgeToken(v.ana.id, with("alg", "nOnE"), same),
		"HS256": forgeToken(v.ana.id, with("alg", "HS256"), same), "kid path": forgeToken(v.ana.id, with("kid", "../../../../dev/null"), same),
		"no kid": forgeToken(v.ana.id, m{"alg": "RS256"}, same), "jwk": forgeToken(v.ana.id, with("jwk", m{"kty": "oct", "k": "AA"}), same),
		"jku": forgeToken(v.ana.id, with("jku", v.Endpoint+"/x"), same), "x5u": forgeToken(v.ana.id, with("x5u", v.Endpoint+"/x"), same), "crit": forgeToken(v.ana.id, with("crit", []string{"exp"}), same),
		"another sub": forgeToken(v.ana.id, own, func(c m) { c["sub"] = "ben" }), "longer": forgeToken(v.ana.id, own, func(c m) { c["exp"] = 9999999999 }),
		"access": v.ana.access, "refresh": v.ana.refresh, "empty": "", "dots": "..", "spaces": " " + v.ana.id, "line": v.ana.id + "\n", "padded": v.ana.id + "=", "twice": v.ana.id + "." + v.ana.id,
	}
}

func (v *victims) tokens(t *testing.T) {
	for what, raw := range v.bad() {
		got := v.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": v.ana.identity, "Logins": v.login(raw)})
		if got.status/100 != 4 {
			t.Errorf("login with %s: %v", what, got)
		}
		if what == "access" {
			continue
		}
		if got := v.json(t, creds{}, "cognito-idp", "GetUser", m{"AccessToken": raw}); got.status/100 != 4 {
			t.Errorf("GetUser with %s: %v", what, got)
		}
	}
	want(t, "GetUser with the id token", v.json(t, creds{}, "cognito-idp", "GetUser", m{"AccessToken": v.ana.id}), 400, "NotAuthorizedException")
	// Another pool of this server, and another client of the pool: attack 23.
	var pool struct{ UserPool struct{ Id string } }
	v.ok(t, v.json(t, v.admin(), "cognito-idp", "CreateUserPool", m{"PoolName": "other"}), &pool)
	for what, in := range map[string]string{"another pool": pool.UserPool.Id, "the same pool": v.Outputs["UserPoolId"]} {
		var client struct{ UserPoolClient struct{ ClientId string } }
		v.ok(t, v.json(t, v.admin(), "cognito-idp", "CreateUserPoolClient", m{"UserPoolId": in, "ClientName": "c", "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}), &client)
		id := client.UserPoolClient.ClientId
		name := v.ana.address
		if in == pool.UserPool.Id {
			name = "ana"
			v.ok(t, v.json(t, v.admin(), "cognito-idp", "AdminCreateUser", m{"UserPoolId": in, "Username": name, "MessageAction": "SUPPRESS"}), nil)
			v.ok(t, v.json(t, v.admin(), "cognito-idp", "AdminSetUserPassword", m{"UserPoolId": in, "Username": name, "Password": password, "Permanent": true}), nil)
		}
		var got struct {
			AuthenticationResult struct{ IdToken, AccessToken, RefreshToken string }
		}
		v.ok(t, v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": id, "AuthParameters": m{"USERNAME": name, "PASSWORD": password}}), &got)
		want(t, "identity by a token of "+what, v.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": v.ana.identity, "Logins": v.login(got.AuthenticationResult.IdToken)}), 400, "NotAuthorizedException")
		want(t, "refresh by a client of "+what, v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": id, "AuthParameters": m{"REFRESH_TOKEN": v.ana.refresh}}), 400, "NotAuthorizedException")
		if a := v.json(t, creds{}, "cognito-idp", "RevokeToken", m{"ClientId": id, "Token": v.ana.refresh}); a.status == 200 {
			t.Errorf("revoked by a client of %s", what)
		}
	}
}

// A token's own word about its issuer chooses nothing, and no document of a
// foreign issuer is fetched: OpenID Connect providers are not built.
func (v *victims) issuers(t *testing.T) {
	var fetched atomic.Int32
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched.Add(1) }))
	defer foreign.Close()
	seen := map[string]bool{}
	for _, issuer := range []string{foreign.URL, "http://169.254.169.254/latest", "https://accounts.google.com", v.Endpoint, "file:///etc/passwd"} {
		raw := forgeToken(v.ana.id, m{"alg": "RS256", "kid": "x"}, func(c m) { c["iss"] = issuer })
		got := v.json(t, creds{}, "cognito-identity", "GetId", m{"IdentityPoolId": v.Outputs["IdentityPoolId"], "Logins": v.login(raw)})
		want(t, issuer, got, 400, "NotAuthorizedException")
		seen[got.body] = true
	}
	if n := fetched.Load(); n != 0 {
		t.Errorf("the issuer in an unverified token was asked %d times", n)
	}
	if len(seen) != 1 {
		t.Errorf("answers differ by issuer: %v", seen)
	}
	want(t, "CreateOpenIDConnectProvider", v.query(t, v.admin(), "iam", "CreateOpenIDConnectProvider", "Url", "https://127.0.0.1/"), 501, "")
	want(t, "CreateIdentityProvider", v.json(t, v.admin(), "cognito-idp", "CreateIdentityProvider", m{}), 501, "")
}

// A role that any identity pool may assume is given to none.
func (v *victims) trustWithoutAudience(t *testing.T) {
	open := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`
	role := v.role(t, "open-role", open, allow("*", "*"))
	var pool struct{ IdentityPoolId string }
	v.ok(t, v.json(t, v.admin(), "cognito-identity", "CreateIdentityPool", m{"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": true}), &pool)
	v.ok(t, v.json(t, v.admin(), "cognito-identity", "SetIdentityPoolRoles", m{"IdentityPoolId": pool.IdentityPoolId, "Roles": m{"unauthenticated": role}}), nil)
	var id struct{ IdentityId string }
	v.ok(t, v.json(t, creds{}, "cognito-identity", "GetId", m{"IdentityPoolId": pool.IdentityPoolId}), &id)
	want(t, "credentials", v.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": id.IdentityId}), 400, "InvalidIdentityPoolConfigurationException")
}

// An origin is never named together with leave to send cookies.
func (v *victims) crossOrigin(t *testing.T) {
	bucket := "/" + v.Outputs["AttachmentsBucketName"]
	stage := strings.TrimPrefix(v.Outputs["ServiceEndpoint"], v.Endpoint)
	for _, target := range []string{"/", bucket, bucket + "/x", stage + "/notes", stage + "/none", "/_bawn/health", "/" + v.Outputs["UserPoolId"] + "/.well-known/jwks.json"} {
		for _, method := range []string{"OPTIONS", "GET", "POST"} {
			for _, origin := range []string{"https://evil.example", "null", v.Endpoint} {
				got := v.send(t, &request{method: method, target: target, header: []header{{Name: "Origin", Value: origin}, {Name: "Access-Control-Request-Method", Value: "GET"}, {Name: "Access-Control-Request-Headers", Value: "authorization"}}})
				allowed, cookies := got.header.Get("Access-Control-Allow-Origin"), got.header.Get("Access-Control-Allow-Credentials")
				if strings.EqualFold(cookies, "true") && allowed != "" {
					t.Errorf("%s %s from %s: origin %q with credentials", method, target, origin, allowed)
				}
				if got.header.Get("Set-Cookie") != "" {
					t.Errorf("%s %s sets a cookie", method, target)
				}
			}
		}
	}
}

// What a client may not write, a user cannot.
func (v *victims) attributes(t *testing.T) {
	for _, name := range []string{"email_verified", "phone_number_verified", "sub", "identities", "cognito:groups", "cognito:user_status", "custom:role", "dev:custom:x"} {
		in := []m{{"Name": name, "Value": "true"}}
		if got := v.json(t, creds{}, "cognito-idp", "UpdateUserAttributes", m{"AccessToken": v.ana.access, "UserAttributes": in}); got.status == 200 {
			t.Errorf("UpdateUserAttributes %s: %v", name, got)
		}
		if got := v.json(t, creds{}, "cognito-idp", "SignUp", m{"ClientId": v.Outputs["UserPoolClientId"], "Username": "eve@example.com", "Password": password, "UserAttributes": append(in, m{"Name": "email", "Value": "eve@example.com"})}); got.status == 200 {
			t.Errorf("SignUp with %s: %v", name, got)
		}
	}
	// Attack 32: another's address is not had by writing it.
	got := v.json(t, creds{}, "cognito-idp", "UpdateUserAttributes", m{"AccessToken": v.ana.access, "UserAttributes": []m{{"Name": "email", "Value": strings.ToUpper(v.ben.address)}}})
	if got.status == 200 {
		var user struct {
			UserAttributes []struct{ Name, Value string }
		}
		v.ok(t, v.json(t, creds{}, "cognito-idp", "GetUser", m{"AccessToken": v.ana.access}), &user)
		for _, a := range user.UserAttributes {
			if a.Name == "email" && !strings.EqualFold(a.Value, v.ana.address) || a.Name == "email_verified" && a.Value != "true" {
				t.Errorf("after writing another's address: %v", user)
			}
		}
	}
}

// Unknown and known names get the same answers.
func (v *victims) enumeration(t *testing.T) {
	client := v.Outputs["UserPoolClientId"]
	for _, op := range []struct {
		name string
		in   func(user string) m
	}{
		{"InitiateAuth", func(u string) m {
			return m{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": m{"USERNAME": u, "PASSWORD": "Wrong-horse7"}}
		}},
		{"ConfirmForgotPassword", func(u string) m {
			return m{"ClientId": client, "Username": u, "ConfirmationCode": "000000", "Password": "Other-horse7"}
		}},
	} {
		known := v.json(t, creds{}, "cognito-idp", op.name, op.in(v.ben.address))
		unknown := v.json(t, creds{}, "cognito-idp", op.name, op.in("nobody@example.com"))
		if known.status != unknown.status || known.body != unknown.body {
			t.Errorf("%s: known %v, unknown %v", op.name, known, unknown)
		}
	}
	srp := func(u string) (p struct{ ChallengeParameters map[string]string }) {
		v.ok(t, v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_SRP_AUTH", "ClientId": client, "AuthParameters": m{"USERNAME": u, "SRP_A": strings.Repeat("a1", 300)}}), &p)
		return p
	}
	one, two, three := srp("nobody@example.com"), srp("nobody@example.com"), srp("other@example.com")
	if one.ChallengeParameters["SALT"] != two.ChallengeParameters["SALT"] || one.ChallengeParameters["SALT"] == three.ChallengeParameters["SALT"] ||
		one.ChallengeParameters["USER_ID_FOR_SRP"] != two.ChallengeParameters["USER_ID_FOR_SRP"] {
		t.Errorf("salts of unknown users: %v, %v, %v", one, two, three)
	}
	known := srp(v.ben.address)
	for k := range known.ChallengeParameters {
		if len(known.ChallengeParameters[k]) == 0 || one.ChallengeParameters[k] == "" {
			t.Errorf("challenge parameter %s tells known from unknown", k)
		}
	}
}

// Guests are off in the project; the basic flow is off by default.
func (v *victims) guests(t *testing.T) {
	want(t, "GetId without a login", v.json(t, creds{}, "cognito-identity", "GetId", m{"IdentityPoolId": v.Outputs["IdentityPoolId"]}), 400, "NotAuthorizedException")
	want(t, "basic flow", v.json(t, creds{}, "cognito-identity", "GetOpenIdToken", m{"IdentityId": v.ana.identity, "Logins": v.login(v.ana.id)}), 400, "InvalidParameterException")
	// A pool with guests: their role is held to the list of guests' services.
	var pool struct{ IdentityPoolId string }
	v.ok(t, v.json(t, v.admin(), "cognito-identity", "CreateIdentityPool", m{"IdentityPoolName": "guests", "AllowUnauthenticatedIdentities": true}), &pool)
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":%q}}}]}`, pool.IdentityPoolId)
	role := v.role(t, "guest-role", trust, allow("*", "*"))
	v.ok(t, v.json(t, v.admin(), "cognito-identity", "SetIdentityPoolRoles", m{"IdentityPoolId": pool.IdentityPoolId, "Roles": m{"unauthenticated": role}}), nil)
	var id struct{ IdentityId string }
	v.ok(t, v.json(t, creds{}, "cognito-identity", "GetId", m{"IdentityPoolId": pool.IdentityPoolId}), &id)
	guest := &person{identity: id.IdentityId}
	var got struct {
		Credentials struct{ AccessKeyId, SecretKey, SessionToken string }
	}
	v.ok(t, v.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": guest.identity}), &got)
	guest.creds = creds{AccessKeyID: got.Credentials.AccessKeyId, SecretAccessKey: got.Credentials.SecretKey, SessionToken: got.Credentials.SessionToken}
	if a := v.query(t, guest.creds, "iam", "CreateUser", "UserName", "guest"); a.status != 403 {
		t.Errorf("iam by a guest: %v", a)
	}
	if a := v.query(t, guest.creds, "cloudformation", "ListStacks"); a.status/100 != 4 {
		t.Errorf("cloudformation by a guest: %v", a)
	}
	want(t, "sts by a guest", func() *reply { _, a := v.assume(t, guest.creds, role); return a }(), 403, "AccessDenied")
}
