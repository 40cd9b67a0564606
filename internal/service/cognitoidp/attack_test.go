package cognitoidp

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/token"
)

// Attack 24: the wrong token for the job; forged headers are package token's.
func TestAttack24WrongTokens(t *testing.T) {
	r := newRig(t)
	pool, other := r.pool(nil), r.pool(nil)
	client, elsewhere := r.client(pool, nil), r.client(other, nil)
	r.user(pool, "u")
	r.user(other, "u")
	mine, theirs := r.tokens(pool, client, "u", password), r.tokens(other, elsewhere, "u", password)
	ctx := context.Background()
	for name, c := range map[string]struct {
		raw, pool string
		clients   []string
		id        bool
		want      error
	}{
		"access where id is due": {str(mine, "AccessToken"), pool, nil, true, token.ErrUse},
		"id where access is due": {str(mine, "IdToken"), pool, nil, false, token.ErrUse},
		"another pool's token":   {str(theirs, "IdToken"), pool, nil, true, token.ErrKey},
		"another client":         {str(mine, "IdToken"), pool, []string{elsewhere}, true, token.ErrAudience},
		"right":                  {str(mine, "IdToken"), pool, []string{elsewhere, client}, true, nil},
	} {
		verify := r.s.VerifyAccessToken
		if c.id {
			verify = r.s.VerifyIDToken
		}
		_, err := verify(ctx, c.raw, c.pool, c.clients)
		if c.want == nil && err != nil || c.want != nil && (err == nil || err.Error() != c.want.Error()) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for _, raw := range []string{"x", "a.b.c", str(mine, "IdToken"), str(mine, "AccessToken") + "x", strings.Repeat("a", 100)} {
		r.fails("GetUser", object{"AccessToken": raw}, "NotAuthorizedException", "Invalid Access Token")
	}
	// A token of a pool or client that is gone.
	r.must("DeleteUserPoolClient", object{"UserPoolId": pool, "ClientId": client})
	r.fails("GetUser", object{"AccessToken": mine["AccessToken"]}, "NotAuthorizedException", "Invalid Access Token")
	r.must("DeleteUserPool", object{"UserPoolId": other})
	r.fails("GetUser", object{"AccessToken": theirs["AccessToken"]}, "NotAuthorizedException", "Invalid Access Token")
}

// Attack 31: a user writes what his client may not.
func TestAttack31AttributePermissions(t *testing.T) {
	r := newRig(t)
	pool := r.pool(object{"Schema": []object{
		{"Name": "role", "AttributeDataType": "String", "Mutable": true}, {"Name": "badge", "AttributeDataType": "String", "Mutable": false},
		{"Name": "level", "AttributeDataType": "Number", "NumberAttributeConstraints": object{"MinValue": "1", "MaxValue": "9"}},
		{"Name": "internal", "AttributeDataType": "String", "DeveloperOnlyAttribute": true},
	}})
	narrow := r.client(pool, object{"ReadAttributes": []string{"email", "custom:role"}, "WriteAttributes": []string{"email", "name"}})
	wide := r.client(pool, nil)
	r.user(pool, "u")
	set := func(client, name, v string) object {
		return object{"AccessToken": r.tokens(pool, client, "u", password)["AccessToken"], "UserAttributes": []object{{"Name": name, "Value": v}}}
	}
	const unauthorized = "A client attempted to write unauthorized attribute"
	r.fails("UpdateUserAttributes", set(narrow, "custom:role", "admin"), "NotAuthorizedException", unauthorized)
	r.fails("UpdateUserAttributes", set(wide, "email_verified", "true"), "NotAuthorizedException", unauthorized)
	r.fails("UpdateUserAttributes", set(wide, "dev:custom:internal", "x"), "NotAuthorizedException", unauthorized)
	r.fails("UpdateUserAttributes", set(wide, "custom:nosuch", "x"), "InvalidParameterException", "")
	r.fails("UpdateUserAttributes", set(wide, "custom:badge", "x"), "InvalidParameterException", "user.custom:badge: Attribute cannot be updated.\n")
	r.fails("UpdateUserAttributes", set(wide, "custom:level", "10"), "InvalidParameterException", "")
	r.fails("UpdateUserAttributes", set(wide, "sub", "x"), "InvalidParameterException", "")
	r.must("UpdateUserAttributes", set(wide, "custom:level", "9"))
	r.must("UpdateUserAttributes", set(narrow, "name", "Anna"))
	r.must("AdminUpdateUserAttributes", object{"UserPoolId": pool, "Username": "u", "UserAttributes": []object{{"Name": "custom:role", "Value": "admin"}, {"Name": "dev:custom:internal", "Value": "secret"}}})
	id := claims(t, str(r.tokens(pool, narrow, "u", password), "IdToken"))
	if id["custom:role"] != "admin" || id["custom:level"] != nil || id["name"] != nil {
		t.Errorf("claims of the narrow client: %v", id)
	}
	id = claims(t, str(r.tokens(pool, wide, "u", password), "IdToken"))
	if id["custom:level"] != "9" || id["dev:custom:internal"] != nil || id["name"] != "Anna" {
		t.Errorf("claims of the wide client: %v", id)
	}
}

// Attack 32: an e-mail address counts only once it is proven.
func TestAttack32UnverifiedEmail(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	r.user(pool, "victim@example.com")
	r.user(pool, "evil@example.com")
	access := r.tokens(pool, client, "evil@example.com", password)["AccessToken"]
	change := func(to string) object {
		return object{"AccessToken": access, "UserAttributes": []object{{"Name": "email", "Value": to}}}
	}
	r.fails("UpdateUserAttributes", change("VICTIM@example.com"), "AliasExistsException", "An account with the given email already exists.")
	r.must("UpdateUserAttributes", change("unborn@example.com"))
	id := claims(t, str(r.tokens(pool, client, "evil@example.com", password), "IdToken"))
	if id["email"] != "evil@example.com" {
		t.Errorf("the unproven address is in the token: %v", id["email"])
	}
	// The address's owner can still sign up, and the claim is then dead.
	code := r.lastCode("unborn@example.com")
	r.must("SignUp", object{"ClientId": client, "Username": "Unborn@example.com", "Password": password})
	r.fails("VerifyUserAttribute", object{"AccessToken": access, "AttributeName": "email", "Code": code}, "AliasExistsException", "")
	// An invited user cannot bring an address along with his first password.
	r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "guest@example.com", "TemporaryPassword": password, "UserAttributes": []object{{"Name": "email_verified", "Value": "true"}}})
	out, err := r.signIn(pool, client, "guest@example.com", password)
	if err != nil {
		t.Fatal(err)
	}
	answer := object{"ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": out["Session"], "ChallengeResponses": object{
		"USERNAME": "guest@example.com", "NEW_PASSWORD": "Perman3nt!", "userAttributes.email": "victim@example.com",
	}}
	r.fails("RespondToAuthChallenge", answer, "AliasExistsException", "")
	answer["ChallengeResponses"].(map[string]any)["userAttributes.email"] = "nobody@example.com"
	id = claims(t, str(r.must("RespondToAuthChallenge", answer), "AuthenticationResult", "IdToken"))
	if id["email"] != "guest@example.com" {
		t.Errorf("the unproven address is in the token: %v", id)
	}
	// A code for one address proves no other.
	r.must("UpdateUserAttributes", change("first@example.com"))
	code = r.lastCode("first@example.com")
	r.must("UpdateUserAttributes", change("second@example.com"))
	r.fails("VerifyUserAttribute", object{"AccessToken": access, "AttributeName": "email", "Code": code}, "CodeMismatchException", "")
}

// Attack 33: where existence is hidden, every unsigned operation answers the
// same for a name with and without a user.
func TestAttack33UserEnumeration(t *testing.T) {
	for _, p := range []struct {
		name          string
		pool          object
		known, absent string
	}{
		{"e-mail names", emailPool, "a@example.com", "b@example.com"},
		{"user names", object{"AutoVerifiedAttributes": []string{"email"}}, "anna", "bert"},
	} {
		t.Run(p.name, func(t *testing.T) {
			r := newRig(t)
			pool := r.pool(p.pool)
			client := r.client(pool, object{
				"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"},
			})
			r.user(pool, p.known)
			for _, name := range []string{p.known, p.absent} {
				r.fails("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": name, "PASSWORD": "Wr0ng!!!!"}},
					"NotAuthorizedException", "Incorrect username or password.")
				r.fails("ConfirmForgotPassword", object{"ClientId": client, "Username": name, "ConfirmationCode": "123456", "Password": password},
					"CodeMismatchException", "Invalid verification code provided, please try again.")
				if out := r.must("ForgotPassword", object{"ClientId": client, "Username": name}); str(out, "CodeDeliveryDetails", "DeliveryMedium") != "EMAIL" {
					t.Errorf("%s: %v", name, out)
				}
				r.checkEnumerationSRP(pool, client, name)
			}
			if n := r.mails(); n != 0 {
				t.Errorf("%d mails to users without a verified address", n)
			}
			// Locks hold for names without a user, too.
			for _, name := range []string{p.known, p.absent} {
				var last *awsapi.Error
				for range 8 {
					_, last = r.signIn(pool, client, name, "Wr0ng!!!!")
				}
				if last == nil || last.Message != "Password attempts exceeded" {
					t.Errorf("%s: %v", name, last)
				}
			}
		})
	}
}

// checkEnumerationSRP: the same salt and id at every try, of the usual form.
func (r *rig) checkEnumerationSRP(pool, client, name string) {
	r.t.Helper()
	var seen [2]object
	for i := range seen {
		c, out, err := r.srpStart(client, name)
		if err != nil {
			r.t.Fatal(err)
		}
		seen[i], _ = out["ChallengeParameters"].(map[string]any)
		_, err = r.call("RespondToAuthChallenge", r.srpAnswer(pool, client, c, out, "Wr0ng!!!!"))
		if err == nil || err.Message != "Incorrect username or password." {
			r.t.Errorf("%s: %v", name, err)
		}
	}
	if seen[0]["SALT"] != seen[1]["SALT"] || seen[0]["USER_ID_FOR_SRP"] != seen[1]["USER_ID_FOR_SRP"] || seen[0]["SRP_B"] == seen[1]["SRP_B"] {
		r.t.Errorf("%s: %v, then %v", name, seen[0], seen[1])
	}
	if n := len(str(seen[0], "SALT")); n != 32 {
		r.t.Errorf("%s: a salt of %d digits", name, n)
	}
	if strings.Contains(name, "@") && len(str(seen[0], "USER_ID_FOR_SRP")) != 36 {
		r.t.Errorf("%s: user id %v", name, seen[0]["USER_ID_FOR_SRP"])
	}
}

// Attack 34: the client says that its address is verified.
func TestAttack34ClientSetsVerified(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	for _, name := range []string{"email_verified", "phone_number_verified"} {
		r.fails("SignUp", object{"ClientId": client, "Username": "a@example.com", "Password": password, "UserAttributes": []object{{"Name": name, "Value": "true"}}},
			"NotAuthorizedException", "A client attempted to write unauthorized attribute")
	}
	r.fails("CreateUserPoolClient", object{"UserPoolId": pool, "ClientName": "c", "WriteAttributes": []string{"email_verified"}}, "InvalidParameterException", "")
}

// Attack 37: force-change users get no tokens by SRP, oversized values cost
// nothing, challenges are bound to their client.
func TestAttack37SRP(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client, other := r.client(pool, nil), r.client(pool, nil)
	r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "forced", "TemporaryPassword": password})
	out, err := r.signIn(pool, client, "forced", password)
	if err != nil || out["ChallengeName"] != "NEW_PASSWORD_REQUIRED" || out["AuthenticationResult"] != nil || str(out, "Session") == "" {
		t.Fatalf("%v, %v", out, err)
	}
	r.fails("RespondToAuthChallenge", object{"ClientId": other, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": out["Session"],
		"ChallengeResponses": object{"USERNAME": "forced", "NEW_PASSWORD": "Perman3nt!"}}, "NotAuthorizedException", "")
	r.fails("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": "forced", "SRP_A": strings.Repeat("f", 120000)}},
		"InvalidParameterException", "")
	r.user(pool, "u")
	c, challenge, _ := r.srpStart(client, "u")
	answer := r.srpAnswer(pool, client, c, challenge, password)
	answer["ClientId"] = other
	r.fails("RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user.")
}

// Attack 38: a wrong proof and an unusable user never yield tokens.
func TestAttack38NoTokens(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client := r.client(pool, nil)
	r.user(pool, "u")
	c, challenge, _ := r.srpStart(client, "u")
	good := r.srpAnswer(pool, client, c, challenge, password)
	responses := good["ChallengeResponses"].(map[string]any)
	for _, bad := range []string{"", "!", base64.StdEncoding.EncodeToString(make([]byte, 32)), base64.StdEncoding.EncodeToString(nil)} {
		_, challenge, _ := r.srpStart(client, "u")
		forged := object{}
		for k, v := range responses {
			forged[k] = v
		}
		forged["PASSWORD_CLAIM_SECRET_BLOCK"] = str(challenge, "ChallengeParameters", "SECRET_BLOCK")
		forged["PASSWORD_CLAIM_SIGNATURE"] = bad
		if out, err := r.call("RespondToAuthChallenge", object{"ClientId": client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": forged}); err == nil {
			t.Errorf("proof %q: %v", bad, out)
		}
	}
	r.clock.Advance(time.Hour)
	// Disabled between the two legs.
	c, challenge, _ = r.srpStart(client, "u")
	r.must("AdminDisableUser", object{"UserPoolId": pool, "Username": "u"})
	r.fails("RespondToAuthChallenge", r.srpAnswer(pool, client, c, challenge, password), "NotAuthorizedException", "User is disabled.")
	r.must("AdminEnableUser", object{"UserPoolId": pool, "Username": "u"})
	// Deleted and made again under the same name between the two legs.
	c, challenge, _ = r.srpStart(client, "u")
	r.must("AdminDeleteUser", object{"UserPoolId": pool, "Username": "u"})
	r.user(pool, "u")
	r.fails("RespondToAuthChallenge", r.srpAnswer(pool, client, c, challenge, password), "NotAuthorizedException", "Incorrect username or password.")
	for _, stamp := range []struct{ stamp, code string }{
		{"2026-11-22T12:00:00Z", "InvalidParameterException"}, {"Sun Nov 02 12:00:00 UTC 2026", "NotAuthorizedException"},
	} {
		c, challenge, _ = r.srpStart(client, "u")
		answer := r.srpAnswer(pool, client, c, challenge, password)
		answer["ChallengeResponses"].(map[string]any)["TIMESTAMP"] = stamp.stamp
		r.fails("RespondToAuthChallenge", answer, stamp.code, "")
	}
}

// Attack 39: a challenge is good for one answer, for three minutes, in one
// pool, also over a restart.
func TestAttack39Replay(t *testing.T) {
	r := newRig(t)
	pool, elsewhere := r.pool(nil), r.pool(nil)
	client := r.client(pool, nil)
	r.user(pool, "u")
	for _, a := range []string{"0", "00", "x"} {
		r.fails("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": "u", "SRP_A": a}}, "InvalidParameterException", "")
	}
	c, challenge, _ := r.srpStart(client, "u")
	answer := r.srpAnswer(pool, client, c, challenge, password)
	r.must("RespondToAuthChallenge", answer)
	r.fails("RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user.")
	again := newRigOn(t, r.db, r.s.keyring)
	again.clock.Advance(time.Minute)
	again.fails("RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user.")

	// A wrong answer uses the challenge up, too.
	c, challenge, _ = r.srpStart(client, "u")
	r.fails("RespondToAuthChallenge", r.srpAnswer(pool, client, c, challenge, "Wr0ng!!!!"), "NotAuthorizedException", "Incorrect username or password.")
	r.fails("RespondToAuthChallenge", r.srpAnswer(pool, client, c, challenge, password), "NotAuthorizedException", "Invalid session for the user.")

	c, challenge, _ = r.srpStart(client, "u")
	foreign := r.client(elsewhere, nil)
	answer = r.srpAnswer(pool, client, c, challenge, password)
	answer["ClientId"] = foreign
	r.fails("RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user.")
	answer["ClientId"] = client
	r.clock.Advance(challengeLife)
	r.fails("RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user, session is expired.")
	for _, block := range []string{"AAAA", "!!", strings.Repeat("A", maxSecretBlock+4)} {
		answer["ChallengeResponses"].(map[string]any)["PASSWORD_CLAIM_SECRET_BLOCK"] = block
		r.fails("RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user.")
	}
	// URL-safe base64 of a good block is as good.
	c, challenge, _ = r.srpStart(client, "u")
	answer = r.srpAnswer(pool, client, c, challenge, password)
	block := str(challenge, "ChallengeParameters", "SECRET_BLOCK")
	answer["ChallengeResponses"].(map[string]any)["PASSWORD_CLAIM_SECRET_BLOCK"] = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(block)
	r.must("RespondToAuthChallenge", answer)
}

// Attack 40: SECRET_HASH missing, wrong, or sent for a client without secret.
func TestAttack40SecretHash(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	made := r.must("CreateUserPoolClient", object{"UserPoolId": pool, "ClientName": "c", "GenerateSecret": true, "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})
	client, secret := str(made, "UserPoolClient", "ClientId"), str(made, "UserPoolClient", "ClientSecret")
	open := r.client(pool, nil)
	if len(secret) != 51 {
		t.Errorf("a secret of %d characters", len(secret))
	}
	up := func(client string, hash any) object {
		return object{"ClientId": client, "Username": "a@example.com", "Password": password, "SecretHash": hash}
	}
	r.fails("SignUp", up(client, nil), "NotAuthorizedException", "Client "+client+" is configured for secret but secret was not received")
	r.fails("SignUp", up(client, secretHash("wrong", "a@example.com", client)), "NotAuthorizedException", "Unable to verify secret hash for client "+client)
	r.fails("SignUp", up(client, secretHash(secret, "b@example.com", client)), "NotAuthorizedException", "Unable to verify secret hash for client "+client)
	r.fails("SignUp", up(open, secretHash(secret, "a@example.com", open)), "NotAuthorizedException", "")
	sub := str(r.must("SignUp", up(client, secretHash(secret, "a@example.com", client))), "UserSub")
	r.must("AdminConfirmSignUp", object{"UserPoolId": pool, "Username": sub})
	auth := func(hash any) object {
		return object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": "a@example.com", "PASSWORD": password, "SECRET_HASH": hash}}
	}
	r.fails("InitiateAuth", auth(nil), "NotAuthorizedException", "")
	out := r.must("InitiateAuth", auth(secretHash(secret, "a@example.com", client)))
	refresh := func(hash any) object {
		return object{"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": object{"REFRESH_TOKEN": get(out, "AuthenticationResult", "RefreshToken"), "SECRET_HASH": hash}}
	}
	r.fails("InitiateAuth", refresh(nil), "NotAuthorizedException", "")
	r.fails("InitiateAuth", refresh(secretHash(secret, "a@example.com", client)), "NotAuthorizedException", "")
	r.must("InitiateAuth", refresh(secretHash(secret, sub, client)))
	token := get(out, "AuthenticationResult", "RefreshToken")
	r.fails("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": token}, "NotAuthorizedException", "")
	r.must("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": token, "ClientSecret": secret})
	r.fails("RevokeToken", object{"ClientId": client, "Token": token}, "NotAuthorizedException", "")
	r.must("RevokeToken", object{"ClientId": client, "Token": token, "ClientSecret": secret})
	if strings.Contains(r.log.String(), secret) {
		t.Error("the client secret is in the log")
	}
}
