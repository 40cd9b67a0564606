package cognitoidp

import (
	"testing"
)

func TestClientFlows(t *testing.T) {
	const srp, pass, admin, refresh = "ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"
	for _, c := range []struct {
		name  string
		flows []string
		on    []string
	}{
		{"default", nil, []string{srp, refresh}},
		{"the guide's legacy list", []string{"ADMIN_NO_SRP_AUTH"}, []string{srp, admin, refresh}},
		{"legacy password", []string{"USER_PASSWORD_AUTH"}, []string{srp, pass, refresh}},
		{"legacy custom only", []string{"CUSTOM_AUTH_FLOW_ONLY"}, []string{refresh}},
		{"only what is named", []string{pass}, []string{pass}},
		{"all", []string{srp, pass, admin, refresh}, []string{srp, pass, admin, refresh}},
	} {
		s := clientSettings{Flows: c.flows}
		for _, flag := range []string{srp, pass, admin, refresh} {
			want := false
			for _, on := range c.on {
				want = want || on == flag
			}
			if got := s.allows(flag); got != want {
				t.Errorf("%s: %s is %v", c.name, flag, got)
			}
		}
	}
}

func TestFlowsOff(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	client := r.client(pool, object{"ExplicitAuthFlows": []string{"ALLOW_CUSTOM_AUTH"}})
	r.user(pool, "u")
	start := func(flow string, params object) object {
		return object{"UserPoolId": pool, "ClientId": client, "AuthFlow": flow, "AuthParameters": params}
	}
	up := object{"USERNAME": "u", "PASSWORD": password, "SRP_A": "abcdef", "REFRESH_TOKEN": "x"}
	r.fails("InitiateAuth", start("USER_SRP_AUTH", up), "InvalidParameterException", "USER_SRP_AUTH is not enabled for the client.")
	r.fails("InitiateAuth", start("USER_PASSWORD_AUTH", up), "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client")
	r.fails("AdminInitiateAuth", start("ADMIN_NO_SRP_AUTH", up), "InvalidParameterException", "Auth flow not enabled for this client")
	r.fails("InitiateAuth", start("REFRESH_TOKEN_AUTH", up), "InvalidParameterException", "Auth flow not enabled for this client")
	r.fails("InitiateAuth", start("ADMIN_USER_PASSWORD_AUTH", up), "InvalidParameterException", "Initiate Auth method not supported.")
	r.fails("AdminInitiateAuth", start("USER_PASSWORD_AUTH", up), "InvalidParameterException", "Initiate Auth method not supported.")
	r.fails("InitiateAuth", start("CUSTOM_AUTH", up), "NotImplemented", "InitiateAuth parameter AuthFlow CUSTOM_AUTH is not built in Bawn.")
	r.fails("InitiateAuth", start("USER_AUTH", up), "NotImplemented", "")
	r.fails("InitiateAuth", start("USER_SRP_AUTH", object{"SRP_A": "5"}), "InvalidParameterException", "Missing required parameter USERNAME")
	r.fails("InitiateAuth", start("USER_SRP_AUTH", object{"USERNAME": "u", "SRP_A": "5", "DEVICE_KEY": "k"}), "ResourceNotFoundException", "Device does not exist.")
	r.fails("RespondToAuthChallenge", object{"ClientId": client, "ChallengeName": "SMS_MFA", "ChallengeResponses": object{"USERNAME": "u"}}, "NotImplemented", "")
	r.fails("AdminInitiateAuth", object{"UserPoolId": "us-east-1_other", "ClientId": client, "AuthFlow": "ADMIN_NO_SRP_AUTH"}, "InvalidParameterException", "")
	r.fails("AdminInitiateAuth", object{"UserPoolId": "us-east-1_other", "ClientId": client, "AuthFlow": "ADMIN_NO_SRP_AUTH", "AuthParameters": up}, "ResourceNotFoundException", "")
	other := r.pool(nil)
	r.fails("AdminInitiateAuth", object{"UserPoolId": other, "ClientId": client, "AuthFlow": "ADMIN_NO_SRP_AUTH", "AuthParameters": up}, "ResourceNotFoundException", "")
}

func TestClientSettings(t *testing.T) {
	r := newRig(t)
	pool := r.pool(object{"Schema": []object{{"Name": "email", "Required": true, "Mutable": true, "AttributeDataType": "String"}}})
	for _, c := range []struct {
		in   object
		code string
	}{
		{object{"AccessTokenValidity": 25}, "InvalidParameterException"},
		{object{"AccessTokenValidity": 4, "TokenValidityUnits": object{"AccessToken": "minutes"}}, "InvalidParameterException"},
		{object{"AccessTokenValidity": 300, "TokenValidityUnits": object{"AccessToken": "seconds"}}, ""},
		{object{"IdTokenValidity": 2, "TokenValidityUnits": object{"IdToken": "days"}}, "InvalidParameterException"},
		{object{"RefreshTokenValidity": 30, "TokenValidityUnits": object{"RefreshToken": "minutes"}}, "InvalidParameterException"},
		{object{"RefreshTokenValidity": 3650}, ""}, {object{"RefreshTokenValidity": 3651}, "InvalidParameterException"},
		{object{"RefreshTokenValidity": 1, "AccessTokenValidity": 2, "TokenValidityUnits": object{"RefreshToken": "hours", "AccessToken": "hours"}}, "InvalidParameterException"},
		{object{"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ADMIN_NO_SRP_AUTH"}}, "InvalidParameterException"},
		{object{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH"}}, "NotImplemented"},
		{object{"SupportedIdentityProviders": []string{"COGNITO"}}, ""}, {object{"SupportedIdentityProviders": []string{"Google"}}, "NotImplemented"},
		{object{"AnalyticsConfiguration": object{"ApplicationId": "ab12"}}, "NotImplemented"}, {object{"AnalyticsConfiguration": object{}}, ""},
		{object{"EnablePropagateAdditionalUserContextData": true}, "NotImplemented"},
		{object{"WriteAttributes": []string{"name"}}, "InvalidParameterException"}, {object{"WriteAttributes": []string{"email", "name"}}, ""},
		{object{"WriteAttributes": []string{"email", "sub"}}, "InvalidParameterException"}, {object{"ReadAttributes": []string{"custom:none"}}, "InvalidParameterException"},
		{object{"CallbackURLs": []string{"http://example.com/cb"}}, "InvalidParameterException"}, {object{"CallbackURLs": []string{"https://example.com/cb", "http://localhost:3000/", "myapp://cb"}}, ""},
		{object{"CallbackURLs": []string{"https://example.com/#x"}}, "InvalidParameterException"},
		{object{"DefaultRedirectURI": "https://example.com"}, "InvalidParameterException"},
		{object{"AllowedOAuthFlows": []string{"code"}}, "InvalidOAuthFlowException"},
		{object{"RefreshTokenRotation": object{"Feature": "ENABLED"}, "ExplicitAuthFlows": []string{"ALLOW_REFRESH_TOKEN_AUTH"}}, "InvalidParameterException"},
		{object{"GenerateSecret": true, "ClientSecret": "abcdefghijklmnopqrstuvwxyz"}, "InvalidParameterException"},
	} {
		in := object{"UserPoolId": pool, "ClientName": "c"}
		for k, v := range c.in {
			in[k] = v
		}
		_, err := r.call("CreateUserPoolClient", in)
		if c.code == "" && err != nil || c.code != "" && (err == nil || err.Code != c.code) {
			t.Errorf("%v: %v, want %q", c.in, err, c.code)
		}
	}
}

func TestClientLifecycle(t *testing.T) {
	r := newRig(t)
	pool, other := r.pool(nil), r.pool(nil)
	client := r.client(pool, object{"PreventUserExistenceErrors": "LEGACY", "AccessTokenValidity": 15, "TokenValidityUnits": object{"AccessToken": "minutes"}})
	got := r.must("DescribeUserPoolClient", object{"UserPoolId": pool, "ClientId": client})["UserPoolClient"].(map[string]any)
	if got["RefreshTokenValidity"] != 30.0 || got["AccessTokenValidity"] != 15.0 || got["PreventUserExistenceErrors"] != "LEGACY" || got["ClientSecret"] != nil || got["EnableTokenRevocation"] != true {
		t.Errorf("%v", got)
	}
	r.user(pool, "u")
	if result := r.tokens(pool, client, "u", password); result["ExpiresIn"] != 900.0 {
		t.Errorf("ExpiresIn %v", result["ExpiresIn"])
	}
	r.fails("DescribeUserPoolClient", object{"UserPoolId": other, "ClientId": client}, "ResourceNotFoundException", "User pool client "+client+" does not exist.")
	r.must("UpdateUserPoolClient", object{"UserPoolId": pool, "ClientId": client, "ClientName": "new"})
	got = r.must("DescribeUserPoolClient", object{"UserPoolId": pool, "ClientId": client})["UserPoolClient"].(map[string]any)
	if got["ClientName"] != "new" || got["AccessTokenValidity"] != nil || got["PreventUserExistenceErrors"] != nil {
		t.Errorf("after the update: %v", got)
	}
	if list := r.must("ListUserPoolClients", object{"UserPoolId": pool, "MaxResults": 10})["UserPoolClients"].([]any); len(list) != 1 || str(list[0], "ClientName") != "new" {
		t.Errorf("%v", list)
	}
	r.must("DeleteUserPoolClient", object{"UserPoolId": pool, "ClientId": client})
	r.fails("DeleteUserPoolClient", object{"UserPoolId": pool, "ClientId": client}, "ResourceNotFoundException", "")
	if list := r.must("ListUserPoolClients", object{"UserPoolId": pool})["UserPoolClients"].([]any); len(list) != 0 {
		t.Errorf("%v", list)
	}
}
