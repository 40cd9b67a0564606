package cognitoidp

import (
	"context"
	"strings"
	"testing"
	"time"
)

// The guide's whole user-pool story: sign up, confirm, sign in by SRP with
// only the legacy flow listed, read, refresh, sign out.
func TestGuideFlow(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	client := r.client(pool, object{"ExplicitAuthFlows": []string{"ADMIN_NO_SRP_AUTH"}})
	if !strings.HasPrefix(pool, "us-east-1_") || len(client) != 26 {
		t.Fatalf("ids %q %q", pool, client)
	}
	up := r.must("SignUp", `{"ClientId":"`+client+`","Username":"a@example.com","Password":"`+password+`","UserAttributes":[],"ValidationData":null,"SecretHash":null}`)
	if up["UserConfirmed"] != false || str(up, "CodeDeliveryDetails", "Destination") != "a***@e***" || up["Session"] != nil {
		t.Errorf("SignUp: %v", up)
	}
	r.fails("SignUp", object{"ClientId": client, "Username": "A@Example.com", "Password": password}, "UsernameExistsException", "An account with the given email already exists.")
	if _, err := r.signIn(pool, client, "a@example.com", password); err == nil || err.Code != "UserNotConfirmedException" || err.Message != "User is not confirmed." {
		t.Errorf("unconfirmed sign-in: %v", err)
	}
	first := r.lastCode("a@example.com")
	r.must("ResendConfirmationCode", object{"ClientId": client, "Username": "a@example.com"})
	code := r.lastCode("a@example.com")
	if code != first {
		r.fails("ConfirmSignUp", object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": first}, "CodeMismatchException", "Invalid verification code provided, please try again.")
	}
	r.must("ConfirmSignUp", object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": code})
	r.fails("ConfirmSignUp", object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": code}, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
	r.fails("ResendConfirmationCode", object{"ClientId": client, "Username": "a@example.com"}, "InvalidParameterException", "User is already confirmed.")

	result := r.tokens(pool, client, "A@example.COM", password)
	sub := str(up, "UserSub")
	id, access := claims(t, str(result, "IdToken")), claims(t, str(result, "AccessToken"))
	for _, c := range []struct {
		claims object
		name   string
		want   any
	}{
		{id, "sub", sub}, {id, "aud", client}, {id, "token_use", "id"}, {id, "cognito:username", sub}, {id, "email", "a@example.com"},
		{id, "email_verified", true}, {id, "client_id", nil}, {id, "iss", "https://cognito-idp.us-east-1.amazonaws.com/" + pool},
		{access, "sub", sub}, {access, "client_id", client}, {access, "token_use", "access"}, {access, "username", sub}, {access, "aud", nil},
		{access, "scope", "aws.cognito.signin.user.admin"}, {access, "email", nil}, {access, "origin_jti", id["origin_jti"]}, {access, "event_id", id["event_id"]},
		{access, "iat", float64(start.Unix())}, {access, "exp", float64(start.Unix() + 3600)}, {id, "auth_time", float64(start.Unix())},
	} {
		if c.claims[c.name] != c.want {
			t.Errorf("claim %s = %v, want %v", c.name, c.claims[c.name], c.want)
		}
	}
	if id["jti"] == access["jti"] || id["jti"] == nil || result["ExpiresIn"] != float64(3600) || result["TokenType"] != "Bearer" {
		t.Errorf("result %v", result)
	}
	me := r.must("GetUser", object{"AccessToken": result["AccessToken"]})
	if got := attributes(me["UserAttributes"]); me["Username"] != sub || got["email_verified"] != "true" || got["sub"] != sub {
		t.Errorf("GetUser: %v", me)
	}
	if _, err := r.s.VerifyIDToken(context.Background(), str(result, "IdToken"), "", []string{client}); err != nil {
		t.Error(err)
	}
	r.clock.Advance(time.Hour)
	r.fails("GetUser", object{"AccessToken": result["AccessToken"]}, "NotAuthorizedException", "Access Token has expired")
	again := r.must("InitiateAuth", object{"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": object{"REFRESH_TOKEN": result["RefreshToken"], "DEVICE_KEY": nil}})
	fresh := claims(t, str(again, "AuthenticationResult", "AccessToken"))
	if fresh["auth_time"] != access["auth_time"] || fresh["origin_jti"] != access["origin_jti"] || fresh["iat"] == access["iat"] || get(again, "AuthenticationResult", "RefreshToken") != nil {
		t.Errorf("refreshed: %v", again)
	}
	r.must("GlobalSignOut", object{"AccessToken": get(again, "AuthenticationResult", "AccessToken")})
	r.fails("GetUser", object{"AccessToken": get(again, "AuthenticationResult", "AccessToken")}, "NotAuthorizedException", "Access Token has been revoked")
	r.fails("InitiateAuth", object{"ClientId": client, "AuthFlow": "REFRESH_TOKEN", "AuthParameters": object{"REFRESH_TOKEN": result["RefreshToken"]}}, "NotAuthorizedException", "Refresh Token has been revoked")
	// Signing in again in the same millisecond works.
	r.must("GetUser", object{"AccessToken": r.tokens(pool, client, sub, password)["AccessToken"]})
}

func TestForgotAndChangePassword(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	r.user(pool, "a@example.com")
	r.fails("ForgotPassword", object{"ClientId": client, "Username": "a@example.com"}, "InvalidParameterException", noRecovery)
	r.must("AdminUpdateUserAttributes", object{"UserPoolId": pool, "Username": "a@example.com", "UserAttributes": []object{{"Name": "email_verified", "Value": "true"}}})
	out := r.must("ForgotPassword", object{"ClientId": client, "Username": "a@example.com"})
	if str(out, "CodeDeliveryDetails", "DeliveryMedium") != "EMAIL" || str(out, "CodeDeliveryDetails", "AttributeName") != "email" {
		t.Errorf("%v", out)
	}
	code := r.lastCode("a@example.com")
	set := func(code, password string) object {
		return object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": code, "Password": password}
	}
	r.fails("ConfirmForgotPassword", set(code, "short"), "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
	r.fails("ConfirmForgotPassword", set("x"+code[1:], "NewPassw0rd!"), "CodeMismatchException", "")
	r.must("ConfirmForgotPassword", set(code, "NewPassw0rd!"))
	r.fails("ConfirmForgotPassword", set(code, "OtherPassw0rd!"), "ExpiredCodeException", "Invalid code provided, please request a code again.")
	if _, err := r.signIn(pool, client, "a@example.com", password); err == nil || err.Message != "Incorrect username or password." {
		t.Errorf("old password: %v", err)
	}
	access := r.tokens(pool, client, "a@example.com", "NewPassw0rd!")["AccessToken"]
	r.fails("ChangePassword", object{"AccessToken": access, "PreviousPassword": password, "ProposedPassword": "Third0ne!!"}, "NotAuthorizedException", "Incorrect username or password.")
	r.must("ChangePassword", object{"AccessToken": access, "PreviousPassword": "NewPassw0rd!", "ProposedPassword": "Third0ne!!"})
	r.tokens(pool, client, "a@example.com", "Third0ne!!")

	r.must("ForgotPassword", object{"ClientId": client, "Username": "a@example.com"})
	r.clock.Advance(time.Hour)
	r.fails("ConfirmForgotPassword", set(r.lastCode("a@example.com"), "NewPassw0rd!"), "ExpiredCodeException", "")

	r.must("AdminResetUserPassword", object{"UserPoolId": pool, "Username": "a@example.com"})
	if _, err := r.signIn(pool, client, "a@example.com", "Third0ne!!"); err == nil || err.Code != "PasswordResetRequiredException" {
		t.Errorf("after a reset by the administrator: %v", err)
	}
	r.must("ConfirmForgotPassword", set(r.lastCode("a@example.com"), "Fourth0ne!!"))
	r.tokens(pool, client, "a@example.com", "Fourth0ne!!")
}

func TestHourlyLimits(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	r.must("SignUp", object{"ClientId": client, "Username": "a@example.com", "Password": password})
	for range 5 {
		r.must("ResendConfirmationCode", object{"ClientId": client, "Username": "a@example.com"})
	}
	r.fails("ResendConfirmationCode", object{"ClientId": client, "Username": "A@example.com"}, "LimitExceededException", "Attempt limit exceeded, please try after some time.")
	for range 15 {
		r.fails("ConfirmSignUp", object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": "x"}, "CodeMismatchException", "")
	}
	r.fails("ConfirmSignUp", object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": r.lastCode("a@example.com")}, "LimitExceededException", "")
	r.clock.Advance(time.Hour)
	r.must("ConfirmSignUp", object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": r.lastCode("a@example.com")})
}

func TestChangeOfEmail(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	r.user(pool, "old@example.com")
	r.must("AdminUpdateUserAttributes", object{"UserPoolId": pool, "Username": "old@example.com", "UserAttributes": []object{{"Name": "email_verified", "Value": "true"}}})
	access := r.tokens(pool, client, "old@example.com", password)["AccessToken"]
	out := r.must("UpdateUserAttributes", object{"AccessToken": access, "UserAttributes": []object{{"Name": "email", "Value": "new@example.org"}}})
	if list, _ := out["CodeDeliveryDetailsList"].([]any); len(list) != 1 || str(list[0], "Destination") != "n***@e***" {
		t.Errorf("%v", out)
	}
	r.must("GetUserAttributeVerificationCode", object{"AccessToken": access, "AttributeName": "email"})
	code := r.lastCode("new@example.org")
	r.fails("VerifyUserAttribute", object{"AccessToken": access, "AttributeName": "email", "Code": "nope"}, "CodeMismatchException", "")
	r.must("VerifyUserAttribute", object{"AccessToken": access, "AttributeName": "email", "Code": code})
	got := attributes(r.must("GetUser", object{"AccessToken": access})["UserAttributes"])
	if got["email"] != "new@example.org" || got["email_verified"] != "true" {
		t.Errorf("%v", got)
	}
	r.tokens(pool, client, "new@example.org", password)
	if _, err := r.signIn(pool, client, "old@example.com", password); err == nil || err.Code != "UserNotFoundException" {
		t.Errorf("sign-in by the old address: %v", err)
	}
}

func TestTemporaryPassword(t *testing.T) {
	r := newRig(t)
	pool := r.pool(object{
		"Schema":                 []object{{"Name": "given_name", "Required": true, "Mutable": true, "AttributeDataType": "String"}},
		"AutoVerifiedAttributes": []string{"email"},
	})
	client := r.client(pool, object{"ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
	made := r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "anna", "UserAttributes": []object{{"Name": "email", "Value": "anna@example.com"}}})
	if str(made, "User", "UserStatus") != "FORCE_CHANGE_PASSWORD" || get(made, "User", "Enabled") != true {
		t.Errorf("%v", made)
	}
	r.fails("AdminCreateUser", object{"UserPoolId": pool, "Username": "anna"}, "UsernameExistsException", "User account already exists")
	temporary := r.lastCode("anna@example.com")
	r.fails("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": "anna", "PASSWORD": "Wr0ng!!!!"}}, "NotAuthorizedException", "Incorrect username or password.")
	out := r.must("AdminInitiateAuth", object{"UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_NO_SRP_AUTH", "AuthParameters": object{"USERNAME": "anna", "PASSWORD": temporary}})
	if out["ChallengeName"] != "NEW_PASSWORD_REQUIRED" || str(out, "ChallengeParameters", "requiredAttributes") != `["userAttributes.given_name"]` {
		t.Fatalf("%v", out)
	}
	answer := func(more object) object {
		responses := object{"USERNAME": "anna", "NEW_PASSWORD": "Perman3nt!"}
		for k, v := range more {
			responses[k] = v
		}
		return object{"UserPoolId": pool, "ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": out["Session"], "ChallengeResponses": responses}
	}
	r.fails("AdminRespondToAuthChallenge", answer(nil), "InvalidParameterException", "Invalid user attributes: given_name: The attribute is required")
	r.fails("AdminRespondToAuthChallenge", answer(object{"NEW_PASSWORD": "weak"}), "InvalidPasswordException", "")
	done := r.must("AdminRespondToAuthChallenge", answer(object{"userAttributes.given_name": "Anna"}))
	if str(done, "AuthenticationResult", "AccessToken") == "" {
		t.Fatalf("%v", done)
	}
	r.fails("AdminRespondToAuthChallenge", answer(object{"userAttributes.given_name": "Anna"}), "NotAuthorizedException", "")
	r.tokens(pool, client, "anna", "Perman3nt!")

	// A temporary password ends after seven days.
	r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "bert", "TemporaryPassword": password, "MessageAction": "SUPPRESS"})
	r.clock.Advance(7 * 24 * time.Hour)
	if _, err := r.signIn(pool, client, "bert", password); err == nil || err.Message != "Temporary password has expired and must be reset by an administrator." {
		t.Errorf("%v", err)
	}
}

func TestRotationOfRefreshTokens(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client := r.client(pool, object{"RefreshTokenRotation": object{"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}})
	r.user(pool, "u")
	first := r.tokens(pool, client, "u", password)
	next := func(refresh any) object {
		return get(r.must("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": refresh}), "AuthenticationResult").(map[string]any)
	}
	r.fails("InitiateAuth", object{"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": object{"REFRESH_TOKEN": first["RefreshToken"]}}, "InvalidParameterException", "")
	second := next(first["RefreshToken"])
	if second["RefreshToken"] == nil || second["RefreshToken"] == first["RefreshToken"] {
		t.Fatal("no new refresh token")
	}
	retry := next(first["RefreshToken"]) // within the grace period
	third := next(retry["RefreshToken"])
	r.clock.Advance(11 * time.Second)
	r.fails("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": second["RefreshToken"]}, "RefreshTokenReuseException", "")
	r.fails("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": third["RefreshToken"]}, "NotAuthorizedException", "Refresh Token has been revoked")
	r.fails("GetUser", object{"AccessToken": third["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
}

func TestRevokeToken(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client, other := r.client(pool, nil), r.client(pool, nil)
	r.user(pool, "u")
	one, two := r.tokens(pool, client, "u", password), r.tokens(pool, client, "u", password)
	r.fails("RevokeToken", object{"ClientId": other, "Token": one["RefreshToken"]}, "UnauthorizedException", "")
	r.fails("RevokeToken", object{"ClientId": client, "Token": one["AccessToken"]}, "UnsupportedTokenTypeException", "")
	r.must("RevokeToken", object{"ClientId": client, "Token": one["RefreshToken"]})
	r.must("RevokeToken", object{"ClientId": client, "Token": one["RefreshToken"]})
	r.fails("GetUser", object{"AccessToken": one["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
	r.fails("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": one["RefreshToken"]}, "NotAuthorizedException", "Refresh Token has been revoked")
	r.must("GetUser", object{"AccessToken": two["AccessToken"]})
	r.must("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": two["RefreshToken"]})
	r.fails("GetTokensFromRefreshToken", object{"ClientId": other, "RefreshToken": two["RefreshToken"]}, "NotAuthorizedException", "Invalid Refresh Token.")
	r.clock.Advance(30 * 24 * time.Hour)
	r.fails("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": two["RefreshToken"]}, "NotAuthorizedException", "Refresh Token has expired")

	plain := r.client(pool, object{"EnableTokenRevocation": false})
	c := claims(t, str(r.tokens(pool, plain, "u", password), "AccessToken"))
	if c["jti"] != nil || c["origin_jti"] != nil || c["event_id"] == nil {
		t.Errorf("claims without revocation: %v", c)
	}
}

func TestKeysRotate(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client := r.client(pool, nil)
	r.user(pool, "u")
	before := r.tokens(pool, client, "u", password)
	ctx := context.Background()
	if err := r.s.RotateKeys(ctx, pool); err != nil {
		t.Fatal(err)
	}
	doc, err := r.s.JWKS(ctx, pool)
	if err != nil || strings.Count(string(doc), `"kid"`) != 4 {
		t.Fatalf("%v: %s", err, doc)
	}
	r.clock.Advance(rotationLead)
	access := r.must("InitiateAuth", object{"ClientId": client, "AuthFlow": "REFRESH_TOKEN", "AuthParameters": object{"REFRESH_TOKEN": before["RefreshToken"]}})
	after := str(access, "AuthenticationResult", "AccessToken")
	if strings.Split(after, ".")[0] == strings.Split(str(before, "AccessToken"), ".")[0] {
		t.Error("the former key still signs")
	}
	if _, err := r.s.VerifyAccessToken(ctx, after, pool, nil); err != nil {
		t.Error(err)
	}
	conf, err := r.s.OpenIDConfiguration(ctx, pool, "http://localhost:4566")
	if err != nil || !strings.Contains(string(conf), `"jwks_uri":"http://localhost:4566/`+pool+`/.well-known/jwks.json"`) {
		t.Errorf("%v: %s", err, conf)
	}
	if _, err := r.s.JWKS(ctx, "us-east-1_nosuch"); err == nil {
		t.Error("a key set of no pool")
	}
}

func TestCustomIssuer(t *testing.T) {
	r := newRig(t)
	r.s.issuerBase = "https://id.example.com"
	pool := r.pool(nil)
	client := r.client(pool, nil)
	r.user(pool, "u")
	raw := str(r.tokens(pool, client, "u", password), "IdToken")
	if got := claims(t, raw)["iss"]; got != "https://id.example.com/"+pool {
		t.Errorf("iss = %v", got)
	}
	verified, err := r.s.VerifyIDToken(context.Background(), raw, pool, []string{client})
	if err != nil {
		t.Fatal(err)
	}
	r.must("AdminDisableUser", object{"UserPoolId": pool, "Username": "u"})
	if err := r.s.CheckUser(context.Background(), verified); err == nil || err.Error() != userDisabled().Error() {
		t.Errorf("CheckUser of a disabled user: %v", err)
	}
	if _, err := r.s.VerifyIDToken(context.Background(), raw, pool, nil); err != nil {
		t.Errorf("an ID token is checked by signature alone: %v", err)
	}
}
