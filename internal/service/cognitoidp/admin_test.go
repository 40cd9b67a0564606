package cognitoidp

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestGroupsInTokens(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client := r.client(pool, nil)
	r.user(pool, "u")
	const role = "arn:aws:iam::000000000000:role/"
	for _, g := range []object{
		{"GroupName": "readers", "Precedence": 5, "RoleArn": role + "read"}, {"GroupName": "admins", "Precedence": 1, "RoleArn": role + "admin"}, {"GroupName": "plain"},
	} {
		g["UserPoolId"] = pool
		r.must("CreateGroup", g)
		r.must("AdminAddUserToGroup", object{"UserPoolId": pool, "Username": "u", "GroupName": g["GroupName"]})
	}
	r.fails("CreateGroup", object{"UserPoolId": pool, "GroupName": "plain"}, "GroupExistsException", "A group with the name already exists.")
	r.fails("AdminAddUserToGroup", object{"UserPoolId": pool, "Username": "u", "GroupName": "none"}, "ResourceNotFoundException", "Group not found.")
	r.fails("AdminAddUserToGroup", object{"UserPoolId": pool, "Username": "none", "GroupName": "plain"}, "UserNotFoundException", "User does not exist.")
	groups := func(c object) []string {
		var names []string
		list, _ := c["cognito:groups"].([]any)
		for _, g := range list {
			names = append(names, g.(string))
		}
		return names
	}
	result := r.tokens(pool, client, "u", password)
	id, access := claims(t, str(result, "IdToken")), claims(t, str(result, "AccessToken"))
	want := []string{"admins", "plain", "readers"}
	if !slices.Equal(groups(id), want) || !slices.Equal(groups(access), want) || id["cognito:preferred_role"] != role+"admin" || len(id["cognito:roles"].([]any)) != 2 || access["cognito:roles"] != nil {
		t.Errorf("id %v, access %v", id, access)
	}
	// A tie between different roles prefers none.
	r.must("UpdateGroup", object{"UserPoolId": pool, "GroupName": "readers", "Precedence": 1})
	if id := claims(t, str(r.tokens(pool, client, "u", password), "IdToken")); id["cognito:preferred_role"] != nil {
		t.Errorf("preferred role %v", id["cognito:preferred_role"])
	}
	if list := r.must("ListUsersInGroup", object{"UserPoolId": pool, "GroupName": "admins"})["Users"].([]any); len(list) != 1 {
		t.Errorf("%v", list)
	}
	if list := r.must("AdminListGroupsForUser", object{"UserPoolId": pool, "Username": "u"})["Groups"].([]any); len(list) != 3 {
		t.Errorf("%v", list)
	}
	r.must("AdminRemoveUserFromGroup", object{"UserPoolId": pool, "Username": "u", "GroupName": "readers"})
	r.must("DeleteGroup", object{"UserPoolId": pool, "GroupName": "admins"})
	if id := claims(t, str(r.tokens(pool, client, "u", password), "IdToken")); !slices.Equal(groups(id), []string{"plain"}) {
		t.Errorf("%v", id)
	}
	r.must("AdminDeleteUser", object{"UserPoolId": pool, "Username": "u"})
	r.user(pool, "u")
	if id := claims(t, str(r.tokens(pool, client, "u", password), "IdToken")); id["cognito:groups"] != nil {
		t.Errorf("a user made again is in the former one's groups: %v", id)
	}
	if list := r.must("ListGroups", object{"UserPoolId": pool})["Groups"].([]any); len(list) != 2 {
		t.Errorf("%v", list)
	}
}

func TestAliasPool(t *testing.T) {
	r := newRig(t)
	pool := r.pool(object{"AliasAttributes": []string{"email", "preferred_username"}, "AutoVerifiedAttributes": []string{"email"}})
	client := r.client(pool, nil)
	mail := []object{{"Name": "email", "Value": "x@example.com"}}
	r.fails("SignUp", object{"ClientId": client, "Username": "x@example.com", "Password": password}, "InvalidParameterException", "Username cannot be of email format, since user pool is configured for email alias.")
	r.must("SignUp", object{"ClientId": client, "Username": "anna", "Password": password, "UserAttributes": mail})
	r.must("ConfirmSignUp", object{"ClientId": client, "Username": "anna", "ConfirmationCode": r.lastCode("x@example.com")})
	if c := claims(t, str(r.tokens(pool, client, "X@example.com", password), "IdToken")); c["cognito:username"] != "anna" {
		t.Errorf("sign-in by alias: %v", c)
	}
	// The alias is the verified owner's until another proves it and forces it.
	r.must("SignUp", object{"ClientId": client, "Username": "bert", "Password": password, "UserAttributes": mail})
	confirm := object{"ClientId": client, "Username": "bert", "ConfirmationCode": r.lastCode("x@example.com")}
	r.fails("ConfirmSignUp", confirm, "AliasExistsException", "An account with the given email already exists.")
	confirm["ForceAliasCreation"] = true
	r.must("ConfirmSignUp", confirm)
	if c := claims(t, str(r.tokens(pool, client, "x@example.com", password), "IdToken")); c["cognito:username"] != "bert" {
		t.Errorf("after ForceAliasCreation: %v", c)
	}
	if a := attributes(r.must("AdminGetUser", object{"UserPoolId": pool, "Username": "anna"})["UserAttributes"]); a["email_verified"] != "false" {
		t.Errorf("the former owner: %v", a)
	}
	access := r.tokens(pool, client, "anna", password)["AccessToken"]
	r.must("UpdateUserAttributes", object{"AccessToken": access, "UserAttributes": []object{{"Name": "preferred_username", "Value": "queen"}}})
	r.tokens(pool, client, "queen", password)
	// Nobody takes the name another user is found by, in either direction.
	sub := attributes(r.must("AdminGetUser", object{"UserPoolId": pool, "Username": "anna"})["UserAttributes"])["sub"]
	for _, name := range []string{"queen", sub} {
		r.fails("SignUp", object{"ClientId": client, "Username": name, "Password": password}, "UsernameExistsException", "User already exists")
	}
	r.fails("UpdateUserAttributes", object{"AccessToken": access, "UserAttributes": []object{{"Name": "preferred_username", "Value": "bert"}}}, "AliasExistsException", "")
	r.must("DeleteUserAttributes", object{"AccessToken": access, "UserAttributeNames": []string{"preferred_username"}})
	if _, err := r.signIn(pool, client, "queen", password); err == nil || err.Code != "UserNotFoundException" {
		t.Errorf("by a removed alias: %v", err)
	}
	r.must("DeleteUser", object{"AccessToken": access})
	r.fails("GetUser", object{"AccessToken": access}, "UserNotFoundException", "User does not exist.")
	r.fails("CreateUserPool", object{"PoolName": "both", "AliasAttributes": []string{"email"}, "UsernameAttributes": []string{"email"}}, "InvalidParameterException", "")
}

func TestAdminUsers(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	made := r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "a@example.com", "UserAttributes": []object{{"Name": "email_verified", "Value": "True"}}})
	a := attributes(get(made, "User", "Attributes"))
	if a["email"] != "a@example.com" || a["email_verified"] != "true" || a["sub"] != str(made, "User", "Username") {
		t.Errorf("%v", made)
	}
	first := r.lastCode("a@example.com")
	r.clock.Advance(8 * 24 * time.Hour)
	r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "a@example.com", "MessageAction": "RESEND"})
	second := r.lastCode("a@example.com")
	if first == second {
		t.Error("the same temporary password again")
	}
	out, err := r.signIn(pool, client, "a@example.com", second)
	if err != nil || out["ChallengeName"] != "NEW_PASSWORD_REQUIRED" {
		t.Errorf("%v %v", out, err)
	}
	r.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": "a@example.com", "Password": password, "Permanent": true})
	r.fails("AdminCreateUser", object{"UserPoolId": pool, "Username": "a@example.com", "MessageAction": "RESEND"}, "UnsupportedUserStateException", "")
	// The session of the temporary password is void.
	r.fails("RespondToAuthChallenge", object{"ClientId": client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": out["Session"],
		"ChallengeResponses": object{"USERNAME": a["sub"], "NEW_PASSWORD": "Perman3nt!"}}, "NotAuthorizedException", "")
	result := r.tokens(pool, client, "a@example.com", password)
	r.must("AdminUserGlobalSignOut", object{"UserPoolId": pool, "Username": "a@example.com"})
	r.fails("GetUser", object{"AccessToken": result["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
	result = r.tokens(pool, client, "a@example.com", password)
	r.must("AdminDisableUser", object{"UserPoolId": pool, "Username": a["sub"]})
	r.fails("GetUser", object{"AccessToken": result["AccessToken"]}, "NotAuthorizedException", "User is disabled.")
	r.fails("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": result["RefreshToken"]}, "NotAuthorizedException", "User is disabled.")
	r.must("AdminEnableUser", object{"UserPoolId": pool, "Username": a["sub"]})
	r.fails("GetUser", object{"AccessToken": result["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
	r.fails("AdminUpdateUserAttributes", object{"UserPoolId": pool, "Username": a["sub"], "UserAttributes": []object{{"Name": "email", "Value": "not an address"}}}, "InvalidParameterException", "Invalid email address format.")
	r.fails("AdminDeleteUserAttributes", object{"UserPoolId": pool, "Username": a["sub"], "UserAttributeNames": []string{"email"}}, "InvalidParameterException", "")
	r.fails("AdminCreateUser", object{"UserPoolId": pool, "Username": "anna"}, "InvalidParameterException", "Username should be an email.")
	r.fails("AdminCreateUser", object{"UserPoolId": pool, "Username": "c@example.com", "DesiredDeliveryMediums": []string{"SMS"}}, "NotImplemented", "")
	r.must("UpdateUserPool", object{"UserPoolId": pool, "AdminCreateUserConfig": object{"AllowAdminCreateUserOnly": true}})
	r.fails("SignUp", object{"ClientId": client, "Username": "b@example.com", "Password": password}, "NotAuthorizedException", "SignUp is not permitted for this user pool")
}

func TestDomainAndTags(t *testing.T) {
	r := newRig(t)
	pool, other := r.pool(nil), r.pool(nil)
	r.must("CreateUserPoolDomain", object{"UserPoolId": pool, "Domain": "my-app"})
	r.fails("CreateUserPoolDomain", object{"UserPoolId": other, "Domain": "my-app"}, "InvalidParameterException", "Domain already associated with another user pool.")
	if out := r.must("DescribeUserPoolDomain", object{"Domain": "my-app"}); str(out, "DomainDescription", "UserPoolId") != pool {
		t.Errorf("%v", out)
	}
	if out := r.must("DescribeUserPoolDomain", object{"Domain": "none"}); str(out, "DomainDescription", "Status") != "" {
		t.Errorf("%v", out)
	}
	r.fails("DeleteUserPool", object{"UserPoolId": pool}, "InvalidParameterException", "")
	r.must("DeleteUserPoolDomain", object{"UserPoolId": pool, "Domain": "my-app"})
	arn := "arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + pool
	r.must("TagResource", object{"ResourceArn": arn, "Tags": object{"a": "1", "b": "2"}})
	r.must("UntagResource", object{"ResourceArn": arn, "TagKeys": []string{"a"}})
	if out := r.must("ListTagsForResource", object{"ResourceArn": arn}); len(out["Tags"].(map[string]any)) != 1 || str(out, "Tags", "b") != "2" {
		t.Errorf("%v", out)
	}
	r.fails("TagResource", object{"ResourceArn": "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/" + pool, "Tags": object{"a": "1"}}, "InvalidParameterException", "")
}

// The store and the log hold no password, code, secret or verifier.
func TestNothingInTheClear(t *testing.T) {
	r := newRig(t)
	pool := r.pool(emailPool)
	made := r.must("CreateUserPoolClient", object{"UserPoolId": pool, "ClientName": "c", "GenerateSecret": true, "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}})
	client, secret := str(made, "UserPoolClient", "ClientId"), str(made, "UserPoolClient", "ClientSecret")
	r.must("SignUp", object{"ClientId": client, "Username": "a@example.com", "Password": password, "SecretHash": secretHash(secret, "a@example.com", client)})
	code := r.lastCode("a@example.com")
	r.must("ConfirmSignUp", object{"ClientId": client, "Username": "a@example.com", "ConfirmationCode": code, "SecretHash": secretHash(secret, "a@example.com", client)})
	r.must("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": "a@example.com", "PASSWORD": password, "SECRET_HASH": secretHash(secret, "a@example.com", client)}})
	lo, hi := r.s.base.Prefix()
	snap, err := r.db.Engine().View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	n := 0
	for rec, err := range snap.Scan(rangeOf(lo, hi), false, 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		for _, s := range []string{password, secret, `"` + code + `"`, "PRIVATE KEY", "MIIEv"} {
			if bytes.Contains(rec.Value, []byte(s)) || bytes.Contains(rec.Key, []byte(s)) || bytes.Contains(r.log.Bytes(), []byte(s)) {
				t.Errorf("%q holds %q", rec.Key, s)
			}
		}
	}
	if n < 6 {
		t.Errorf("only %d records were looked at", n)
	}
}
