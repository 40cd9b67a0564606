package execute

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/token"
)

func TestLookup(t *testing.T) {
	x := templateExchange()
	x.stage = &stageInfo{stage: &apigateway.Stage{Variables: map[string]string{"color": "blue"}}}
	x.plan = &plan{deploymentID: "dep001"}
	x.method = &method{auth: authIAM, resource: &resource{id: "r2", path: "/notes/{id}"}}
	x.path, x.in.Protocol = "/notes/7", "HTTP/1.1"
	x.in.Env.UserAgent = "test/1"
	x.in.Caller = testCaller("cognito")
	x.claims = token.Claims{"sub": "u1", "exp": json.Number("1795375800")}
	e := &refusal{kind: accessDenied, message: `no "way"`}
	for source, want := range map[string]string{
		"context.requestId": "id", "context.apiId": "abcde12345", "context.accountId": testAccount, "context.stage": "dev", "context.httpMethod": "GET",
		"context.path": "/dev/notes/7", "context.protocol": "HTTP/1.1", "context.requestTime": "22/Nov/2026:18:30:00 +0000", "context.requestTimeEpoch": "1795372200123",
		"context.domainName": "", "context.resourceId": "r2", "context.resourcePath": "/notes/{id}", "context.deploymentId": "dep001", "context.nothing": "",
		"context.authorizer.claims.sub": "u1", "context.authorizer.claims.exp": "Sun Nov 22 19:30:00 UTC 2026", "context.authorizer.claims.none": "",
		"context.identity.sourceIp": "127.0.0.1", "context.identity.userAgent": "test/1", "context.identity.accountId": testAccount,
		"context.identity.caller": "AROAEXAMPLEROLE000000:CognitoIdentityCredentials", "context.identity.user": "AROAEXAMPLEROLE000000:CognitoIdentityCredentials",
		"context.identity.accessKey": "ASIAEXAMPLE000000000", "context.identity.userArn": "arn:aws:sts::" + testAccount + ":assumed-role/Auth/CognitoIdentityCredentials",
		"context.identity.cognitoIdentityId": "us-east-1:22222222-2222-2222-2222-222222222222", "context.identity.cognitoIdentityPoolId": "us-east-1:11111111-1111-1111-1111-111111111111",
		"context.identity.cognitoAuthenticationType":     "authenticated",
		"context.identity.cognitoAuthenticationProvider": "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool,cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool:CognitoSignIn:33333333-3333-3333-3333-333333333333",
		"context.identity.other":                         "",
		"context.error.message":                          `no "way"`, "context.error.messageString": `"no \"way\""`, "context.error.responseType": "ACCESS_DENIED", "context.error.other": "",
		"stageVariables.color": "blue", "stageVariables.none": "",
		"method.request.header.Origin": "https://a", "method.request.querystring.q": `a"b`, "method.request.path.id": "7", "method.request.path.none": "", "method.request.body": "",
	} {
		if got := x.lookup(source, e); got != want {
			t.Errorf("%s is %q, want %q", source, got, want)
		}
	}
	x.method.auth = authNone
	if got := x.lookup("context.identity.userArn", nil) + x.lookup("context.error.message", nil); got != "" {
		t.Errorf("a caller that was not authorized, or an error without one, is shown: %q", got)
	}
}

// TestUnquote compares with encoding/json, broken UTF-8 and surrogates
// included.
func TestUnquote(t *testing.T) {
	for _, raw := range []string{`""`, `"plain"`, `"a\n\t\r\b\f\"\\\/z"`, `"\u00fc\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\udc00\ud83d"`, "\"a\xffb\"", "\"\xc3\\n\xa4\"", `"\uD83D\uDE00\uFFFD"`} {
		var want string
		if err := json.Unmarshal([]byte(raw), &want); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if got := unquote([]byte(raw)); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

// TestNotConfigured: a plane without functions or token verifiers refuses
// instead of failing.
func TestNotConfigured(t *testing.T) {
	f := newFixture()
	p := New(Config{Account: testAccount, Region: "us-east-1", APIs: f, Authorizer: f})
	for _, in := range []*Request{get("/notes/special"), get("/user", "Authorization", "id")} {
		if out := p.Serve(t.Context(), in); out.Status != 500 || out.Cause == nil {
			t.Errorf("%s answers %d, %v", in.RawPath, out.Status, out.Cause)
		}
	}
	f.fnFails = errors.New("pipe broke")
	if out := f.plane().Serve(t.Context(), get("/notes/special")); out.Status != 500 || !errors.Is(out.Cause, f.fnFails) {
		t.Errorf("%d, %v", out.Status, out.Cause)
	}
}
