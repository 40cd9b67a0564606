package execute

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/policy"
	"github.com/bawn-dev/bawn/token"
)

const (
	testAccount = "123456789012"
	testFn      = "arn:aws:lambda:us-east-1:123456789012:function:notes"
	testPool    = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Pool"
)

var testNow = time.Date(2026, 11, 22, 18, 30, 0, 123e6, time.UTC)

func ptr[T any](v T) *T { return &v }

// lambdaURI is an AWS_PROXY integration's URI.
func lambdaURI(function string) *string {
	return ptr("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + function + "/invocations")
}

func proxyMethod(auth string) apigateway.Method {
	return apigateway.Method{AuthorizationType: ptr(auth), MethodIntegration: &apigateway.Integration{Type: ptr("AWS_PROXY"), HttpMethod: ptr("POST"), Uri: lambdaURI(testFn)}}
}

// preflight is the OPTIONS method that the Serverless Framework makes.
func preflight() apigateway.Method {
	return apigateway.Method{AuthorizationType: ptr("NONE"), MethodIntegration: &apigateway.Integration{
		Type: ptr("MOCK"), RequestTemplates: map[string]string{"application/json": "{statusCode:200}"}, ContentHandling: ptr("CONVERT_TO_TEXT"),
		IntegrationResponses: map[string]apigateway.IntegrationResponse{"200": {ResponseParameters: map[string]string{
			"method.response.header.Access-Control-Allow-Origin":      "'*'",
			"method.response.header.Access-Control-Allow-Headers":     "'Content-Type,Authorization'",
			"method.response.header.Access-Control-Allow-Credentials": "'true'",
		}, ResponseTemplates: map[string]string{"application/json": `#set($origin = $input.params("Origin"))
#if($origin == "") #set($origin = $input.params("origin")) #end
#if($origin.matches("https://app\.example|https://b\.example")) #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end`}}},
	}}
}

// fixture is a small API in memory, with the ports' other sides.
type fixture struct {
	api       *apigateway.RestApi
	stage     *apigateway.Stage
	resources []apigateway.Resource
	responses []apigateway.GatewayResponse
	compiled  int

	identity string // identity policy of IAM callers
	deny     error  // error of the authorizer

	invoked  *Invocation
	result   string
	fnError  string
	fnFails  error
	fnStalls bool
}

func newFixture() *fixture {
	cognito := proxyMethod("COGNITO_USER_POOLS")
	cognito.AuthorizerId = ptr("auth01")
	scoped := cognito
	scoped.AuthorizationScopes = []string{"notes/read"}
	lost := cognito
	lost.AuthorizerId = ptr("gone")
	mock := apigateway.Method{AuthorizationType: ptr("NONE"), MethodIntegration: &apigateway.Integration{
		Type:             ptr("MOCK"),
		RequestTemplates: map[string]string{"application/json": `{"statusCode": #if($input.params('fail') == "yes")500#{else}200#end}`},
	}}
	mock.MethodIntegration.RequestTemplates["application/json"] = `{"statusCode": #if($input.params('fail') == "yes")500#elseif($input.params('fail') == "odd")418#else 200 #end}`
	mock.MethodIntegration.IntegrationResponses = map[string]apigateway.IntegrationResponse{
		"200": {ResponseTemplates: map[string]string{"application/json": `{"id":"$context.requestId","q":"$util.escapeJavaScript($input.params('q'))","v":"$stageVariables.color"}`}},
		"500": {SelectionPattern: ptr(`5\d\d`), ResponseParameters: map[string]string{"method.response.header.X-Why": "'because'", "method.response.header.X-Q": "method.request.querystring.q"}},
	}
	strict := mock
	strict.MethodIntegration = ptr(*mock.MethodIntegration)
	strict.MethodIntegration.PassthroughBehavior = ptr("NEVER")
	methods := func(pairs ...any) map[string]apigateway.Method {
		m := map[string]apigateway.Method{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1].(apigateway.Method)
		}
		return m
	}
	return &fixture{
		api:   &apigateway.RestApi{Id: ptr("abcde12345"), Name: ptr("notes"), BinaryMediaTypes: []string{"image/*"}},
		stage: &apigateway.Stage{StageName: ptr("dev"), DeploymentId: ptr("dep001"), Variables: map[string]string{"color": "blue", "fn": "notes"}},
		resources: []apigateway.Resource{
			{Id: ptr("root"), Path: ptr("/"), ResourceMethods: methods("GET", mock)},
			{Id: ptr("r1"), Path: ptr("/notes"), ResourceMethods: methods("GET", proxyMethod("AWS_IAM"), "POST", proxyMethod("AWS_IAM"), "OPTIONS", preflight())},
			{Id: ptr("r2"), Path: ptr("/notes/{id}"), ResourceMethods: methods("GET", proxyMethod("AWS_IAM"), "DELETE", proxyMethod("AWS_IAM"))},
			{Id: ptr("r3"), Path: ptr("/notes/special"), ResourceMethods: methods("GET", proxyMethod("NONE"))},
			{Id: ptr("r4"), Path: ptr("/files")},
			{Id: ptr("r5"), Path: ptr("/files/{proxy+}"), ResourceMethods: methods("ANY", proxyMethod("NONE"))},
			{Id: ptr("r6"), Path: ptr("/user"), ResourceMethods: methods("GET", cognito, "POST", lost)},
			{Id: ptr("r7"), Path: ptr("/scoped"), ResourceMethods: methods("GET", scoped)},
			{Id: ptr("r8"), Path: ptr("/strict"), ResourceMethods: methods("POST", strict)},
			{Id: ptr("r9"), Path: ptr("/broken"), ResourceMethods: methods("GET", apigateway.Method{AuthorizationType: ptr("NONE")}, "POST", apigateway.Method{AuthorizationType: ptr("CUSTOM")})},
			{Id: ptr("r10"), Path: ptr("/files/{a}/{b}/c"), ResourceMethods: methods("GET", proxyMethod("NONE"))},
		},
		identity: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:*:abcde12345/dev/*/notes*"},
			{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:*:abcde12345/dev/*/notes/secret"}]}`,
		result: `{"statusCode":200,"body":"ok"}`,
	}
}

func (f *fixture) StageOf(_ context.Context, apiID, stage string) (*apigateway.Stage, error) {
	if apiID != *f.api.Id || stage != *f.stage.StageName {
		return nil, nil
	}
	return f.stage, nil
}

func (f *fixture) Deployed(_ context.Context, _, _ string) (*apigateway.RestApi, []apigateway.Resource, []apigateway.Authorizer, []apigateway.GatewayResponse, error) {
	f.compiled++
	authorizers := []apigateway.Authorizer{{Id: ptr("auth01"), Type: ptr("COGNITO_USER_POOLS"), ProviderARNs: []string{testPool}, IdentitySource: ptr("method.request.header.Authorization")}}
	return f.api, f.resources, authorizers, f.responses, nil
}

func (f *fixture) Authorize(_ context.Context, caller *awsapi.Caller, env *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	if f.deny != nil {
		return awsapi.Decided{}, f.deny
	}
	set := &policy.Set{}
	principal := policy.Principal{Kind: policy.PrincipalAnonymous}
	if caller.Kind != awsapi.Anonymous {
		principal = policy.Principal{Kind: policy.PrincipalRoleSession, Account: caller.Account, ARN: caller.ARN}
		p, err := policy.Parse(policy.Identity, []byte(f.identity))
		if err != nil {
			return awsapi.Decided{}, err
		}
		set.Identity = []policy.Named{{Name: "inline", Policy: p}}
	}
	if d.ResourcePolicy != nil {
		set.Resource = []policy.Named{{Name: d.ResourcePolicyName, Policy: d.ResourcePolicy}}
	}
	req := &policy.Request{Principal: principal, Action: d.Action, Resource: d.Resource, ResourceAccount: d.ResourceAccount, Context: awsapi.Context(caller, env)}
	return awsapi.Decided{Demand: d, Decision: policy.Evaluate(req, set)}, nil
}

func (f *fixture) InvokeFunction(ctx context.Context, in *Invocation) (*InvocationResult, error) {
	f.invoked = in
	if f.fnStalls {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if f.fnFails != nil {
		return nil, f.fnFails
	}
	return &InvocationResult{Payload: []byte(f.result), FunctionError: f.fnError}, nil
}

var errBadToken = errors.New("bad token")

func (f *fixture) VerifyToken(_ context.Context, raw, use string, pools []string, now time.Time) (token.Claims, error) {
	if len(pools) != 1 || pools[0] != testPool || !now.Equal(testNow) {
		return nil, errBadToken
	}
	kind, scope, _ := strings.Cut(raw, ":")
	switch {
	case kind == "expired":
		return nil, token.ErrExpired
	case kind != use:
		return nil, errBadToken
	case use == "access":
		return token.Claims{"sub": "u1", "scope": scope, "token_use": "access"}, nil
	}
	return token.Claims{"sub": "u1", "email_verified": true, "cognito:groups": []any{"a", "b"}, "exp": json.Number("1795375800"), "iat": json.Number("1795372200"), "auth_time": json.Number("1795372200"), "token_use": "id"}, nil
}

func (f *fixture) plane() *Plane {
	return New(Config{Account: testAccount, Region: "us-east-1", APIs: f, Authorizer: f, Functions: f, Tokens: f})
}

// callers by name, as the test files use them.
func testCaller(name string) *awsapi.Caller {
	session := &awsapi.Session{RoleID: "AROAEXAMPLEROLE000000", RoleARN: "arn:aws:iam::" + testAccount + ":role/Auth", RoleName: "Auth", Name: "CognitoIdentityCredentials", Issued: testNow, Expires: testNow.Add(time.Hour)}
	c := &awsapi.Caller{Kind: awsapi.RoleSession, Account: testAccount, ARN: "arn:aws:sts::" + testAccount + ":assumed-role/Auth/CognitoIdentityCredentials",
		UserID: "AROAEXAMPLEROLE000000:CognitoIdentityCredentials", AccessKeyID: "ASIAEXAMPLE000000000", Session: session}
	switch name {
	case "cognito":
		provider := "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool"
		session.Cognito = &awsapi.CognitoSession{IdentityPoolID: "us-east-1:11111111-1111-1111-1111-111111111111", IdentityID: "us-east-1:22222222-2222-2222-2222-222222222222",
			AMR: []string{"authenticated", provider, provider + ":CognitoSignIn:33333333-3333-3333-3333-333333333333"}}
	case "guest":
		session.Cognito = &awsapi.CognitoSession{IdentityPoolID: "us-east-1:11111111-1111-1111-1111-111111111111", IdentityID: "us-east-1:44444444-4444-4444-4444-444444444444", AMR: []string{"unauthenticated"}}
	case "role":
	default:
		return nil
	}
	return c
}
