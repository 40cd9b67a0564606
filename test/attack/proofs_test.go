package attack

import (
	"encoding/base64"
	"strings"
	"testing"
)

// proofs: parameters of SRP that would make the key known, and answers that
// were seen before.
func (v *victims) proofs(t *testing.T) {
	client := v.Outputs["UserPoolClientId"]
	for _, public := range []string{"0", "00", strings.Repeat("0", 768), "", "-1", "xyz", strings.Repeat("f", 1<<20), strings.Repeat("f", 1000)} {
		got := v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_SRP_AUTH", "ClientId": client, "AuthParameters": m{"USERNAME": v.ben.address, "SRP_A": public}})
		if got.status/100 != 4 {
			t.Errorf("SRP_A %.20s: %v", public, got)
		}
	}
	for _, block := range []string{"", "AAAA", base64.StdEncoding.EncodeToString(make([]byte, 1000)), "!!"} {
		got := v.json(t, creds{}, "cognito-idp", "RespondToAuthChallenge", m{"ChallengeName": "PASSWORD_VERIFIER", "ClientId": client, "ChallengeResponses": m{
			"USERNAME": v.ben.address, "PASSWORD_CLAIM_SECRET_BLOCK": block, "TIMESTAMP": "Sun Nov 22 00:00:00 UTC 2026", "PASSWORD_CLAIM_SIGNATURE": "AAAA"}})
		if got.status/100 != 4 {
			t.Errorf("secret block %.20s: %v", block, got)
		}
	}
	for _, name := range []string{"NEW_PASSWORD_REQUIRED", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "ADMIN_NO_SRP_AUTH", "CUSTOM_CHALLENGE", "DEVICE_SRP_AUTH"} {
		got := v.json(t, creds{}, "cognito-idp", "RespondToAuthChallenge", m{"ChallengeName": name, "ClientId": client, "Session": strings.Repeat("A", 40), "ChallengeResponses": m{"USERNAME": v.ben.address, "NEW_PASSWORD": password}})
		if got.status/100 != 4 && got.status != 501 {
			t.Errorf("challenge %s out of nowhere: %v", name, got)
		}
	}
	// Disabled users and unconfirmed ones get no tokens, also by refreshing.
	eve := v.person(t, "eve")
	v.ok(t, v.json(t, v.admin(), "cognito-idp", "AdminDisableUser", m{"UserPoolId": v.Outputs["UserPoolId"], "Username": eve.address}), nil)
	for flow, p := range map[string]m{"USER_PASSWORD_AUTH": {"USERNAME": eve.address, "PASSWORD": password}, "REFRESH_TOKEN_AUTH": {"REFRESH_TOKEN": eve.refresh}} {
		want(t, flow+" of a disabled user", v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": flow, "ClientId": client, "AuthParameters": p}), 400, "NotAuthorizedException")
	}
	v.ok(t, v.json(t, creds{}, "cognito-idp", "SignUp", m{"ClientId": client, "Username": "new@example.com", "Password": password, "UserAttributes": []m{{"Name": "email", "Value": "new@example.com"}}}), nil)
	if got := v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": m{"USERNAME": "new@example.com", "PASSWORD": password}}); got.status == 200 {
		t.Errorf("an unconfirmed user: %v", got)
	}
	for _, flow := range []string{"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"} {
		if got := v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": flow, "ClientId": client, "AuthParameters": m{"USERNAME": v.ben.address, "PASSWORD": password}}); got.status/100 != 4 && got.status != 501 {
			t.Errorf("flow %s of a client that does not allow it: %v", flow, got)
		}
	}
}

func (v *victims) secretHash(t *testing.T) {
	var made struct {
		UserPoolClient struct{ ClientId, ClientSecret string }
	}
	v.ok(t, v.json(t, v.admin(), "cognito-idp", "CreateUserPoolClient", m{"UserPoolId": v.Outputs["UserPoolId"], "ClientName": "secret", "GenerateSecret": true,
		"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}), &made)
	id := made.UserPoolClient.ClientId
	for _, hash := range []any{nil, "", "AAAA", made.UserPoolClient.ClientSecret} {
		p := m{"USERNAME": v.ben.address, "PASSWORD": password}
		if hash != nil {
			p["SECRET_HASH"] = hash
		}
		if got := v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": id, "AuthParameters": p}); got.status/100 != 4 {
			t.Errorf("SECRET_HASH %v: %v", hash, got)
		}
		for _, op := range []string{"SignUp", "ForgotPassword", "ResendConfirmationCode"} {
			in := m{"ClientId": id, "Username": "hash@example.com"}
			if op == "SignUp" {
				in["Password"] = password
			}
			if hash != nil && hash != "" {
				in["SecretHash"] = hash
			}
			if got := v.json(t, creds{}, "cognito-idp", op, in); got.status/100 != 4 {
				t.Errorf("%s with SecretHash %v: %v", op, hash, got)
			}
		}
	}
}

// The OAuth endpoints and the hosted pages are not built.
func (v *victims) oauth(t *testing.T) {
	for _, target := range []string{"/oauth2/authorize?client_id=" + v.Outputs["UserPoolClientId"] + "&redirect_uri=https://evil.example&response_type=code", "/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo",
		"/login?redirect_uri=https://evil.example", "/logout?logout_uri=https://evil.example", "/" + v.Outputs["UserPoolId"] + "/oauth2/authorize"} {
		for _, method := range []string{"GET", "POST"} {
			got := v.send(t, &request{method: method, target: target, host: "evil.example"})
			if got.status/100 != 4 && got.status != 501 || got.header.Get("Location") != "" {
				t.Errorf("%s %s: %v", method, target, got)
			}
		}
	}
}

// Federated sign-in and linking are not built.
func (v *victims) federation(t *testing.T) {
	for _, op := range []string{"AdminLinkProviderForUser", "CreateIdentityProvider", "AdminDisableProviderForUser"} {
		want(t, op, v.json(t, v.admin(), "cognito-idp", op, m{}), 501, "")
	}
	for _, op := range []string{"GetOpenIdTokenForDeveloperIdentity", "MergeDeveloperIdentities", "LookupDeveloperIdentity"} {
		want(t, op, v.json(t, v.admin(), "cognito-identity", op, m{}), 501, "")
	}
}

// Another's identity is had neither with one's own login nor with none.
func (v *victims) anothersIdentity(t *testing.T) {
	for what, logins := range map[string]m{"one's own login": v.login(v.ben.id), "no login": {}, "an unknown provider": {"accounts.google.com": v.ana.id},
		"another spelling": {"COGNITO-IDP.us-east-1.amazonaws.com/" + v.Outputs["UserPoolId"]: v.ana.id}} {
		for _, op := range []string{"GetCredentialsForIdentity", "GetOpenIdToken"} {
			got := v.json(t, creds{}, "cognito-identity", op, m{"IdentityId": v.ana.identity, "Logins": logins})
			if op == "GetCredentialsForIdentity" {
				want(t, what, got, 400, "NotAuthorizedException")
			} else if got.status/100 != 4 {
				t.Errorf("%s with %s: %v", op, what, got)
			}
		}
		got := v.json(t, creds{}, "cognito-identity", "UnlinkIdentity", m{"IdentityId": v.ana.identity, "Logins": logins, "LoginsToRemove": []string{"cognito-idp.us-east-1.amazonaws.com/" + v.Outputs["UserPoolId"]}})
		if got.status/100 != 4 {
			t.Errorf("UnlinkIdentity with %s: %v", what, got)
		}
	}
	role := m{"IdentityId": v.ben.identity, "Logins": v.login(v.ben.id), "CustomRoleArn": v.role(t, "wanted", trustAWS("000000000000"), allow("*", "*"))}
	want(t, "a role of one's wish", v.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", role), 400, "NotAuthorizedException")
	want(t, "the owner", v.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": v.ana.identity, "Logins": v.login(v.ana.id)}), 200, "")
}

// A name in another case, with spaces or in another form is the same user or
// none, never a second one with the same address.
func (v *victims) names(t *testing.T) {
	client := v.Outputs["UserPoolClientId"]
	for _, name := range []string{strings.ToUpper(v.ben.address), "Ben@example.com", "ben@EXAMPLE.com", " " + v.ben.address, v.ben.address + " ", "ben@example.com\u0000", "ben@example.com.", "ſben@example.com", "ben@eXample.com\u200b"} {
		got := v.json(t, creds{}, "cognito-idp", "SignUp", m{"ClientId": client, "Username": name, "Password": password, "UserAttributes": []m{{"Name": "email", "Value": name}}})
		if strings.EqualFold(strings.TrimSpace(name), v.ben.address) && got.status == 200 {
			t.Errorf("signed up %q beside %s: %v", name, v.ben.address, got)
		}
		if got.status >= 500 {
			t.Errorf("sign up %q: %v", name, got)
		}
	}
}

// Tokens end with what they stem from.
func (v *victims) revoked(t *testing.T) {
	client := v.Outputs["UserPoolClientId"]
	gone := v.person(t, "gone")
	refresh := func(p *person) *reply {
		return v.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": client, "AuthParameters": m{"REFRESH_TOKEN": p.refresh}})
	}
	user := func(p *person) *reply {
		return v.json(t, creds{}, "cognito-idp", "GetUser", m{"AccessToken": p.access})
	}
	want(t, "refresh at first", refresh(gone), 200, "")
	v.ok(t, v.json(t, creds{}, "cognito-idp", "RevokeToken", m{"ClientId": client, "Token": gone.refresh}), nil)
	want(t, "refresh after RevokeToken", refresh(gone), 400, "NotAuthorizedException")
	want(t, "access after RevokeToken", user(gone), 400, "NotAuthorizedException")
	v.signIn(t, gone)
	v.ok(t, v.json(t, creds{}, "cognito-idp", "GlobalSignOut", m{"AccessToken": gone.access}), nil)
	want(t, "refresh after GlobalSignOut", refresh(gone), 400, "NotAuthorizedException")
	want(t, "access after GlobalSignOut", user(gone), 400, "NotAuthorizedException")
	v.signIn(t, gone)
	v.ok(t, v.json(t, creds{}, "cognito-idp", "ChangePassword", m{"AccessToken": gone.access, "PreviousPassword": password, "ProposedPassword": "Other-horse8"}), nil)
	v.ok(t, v.json(t, v.admin(), "cognito-idp", "AdminDeleteUser", m{"UserPoolId": v.Outputs["UserPoolId"], "Username": gone.address}), nil)
	if got := refresh(gone); got.status != 400 {
		t.Errorf("refresh after the user was deleted: %v", got)
	}
	if got := user(gone); got.status != 400 {
		t.Errorf("access after the user was deleted: %v", got)
	}
	again := v.person(t, "gone")
	if again.identity == gone.identity {
		t.Error("a user made again under the name has the old identity")
	}
	if got := refresh(gone); got.status != 400 {
		t.Errorf("refresh after the user was made again: %v", got)
	}
}
