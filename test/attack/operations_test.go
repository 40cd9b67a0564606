package attack

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/console"
	"github.com/bawn-dev/bawn/internal/shape"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/shape/apigatewayv2"
	"github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/shape/sts"
)

func models() []*shape.Model {
	return []*shape.Model{apigateway.Model, apigatewayv2.Model, cloudformation.Model, cognitoidentity.Model, cognitoidp.Model, dynamodb.Model, iam.Model,
		lambda.Model, logs.Model, s3.Model, sts.Model, console.Model()}
}

// strangers are the operations that answer callers without a signature, by the
// rules of their own.
var strangers = map[string]bool{
	"cognito-idp:ConfirmForgotPassword": true, "cognito-idp:ConfirmSignUp": true, "cognito-idp:ForgotPassword": true, "cognito-idp:GetTokensFromRefreshToken": true,
	"cognito-idp:InitiateAuth": true, "cognito-idp:ResendConfirmationCode": true, "cognito-idp:RespondToAuthChallenge": true, "cognito-idp:RevokeToken": true, "cognito-idp:SignUp": true,
	"cognito-idp:ChangePassword": true, "cognito-idp:DeleteUser": true, "cognito-idp:DeleteUserAttributes": true, "cognito-idp:GetUser": true,
	"cognito-idp:GetUserAttributeVerificationCode": true, "cognito-idp:GlobalSignOut": true, "cognito-idp:UpdateUserAttributes": true, "cognito-idp:VerifyUserAttribute": true,
	"cognito-identity:GetCredentialsForIdentity": true, "cognito-identity:GetId": true, "cognito-identity:GetOpenIdToken": true, "cognito-identity:UnlinkIdentity": true,
	"sts:AssumeRoleWithWebIdentity": true,
}

var label = regexp.MustCompile(`\{[^}]*\}`)

// minimal is the smallest request of an operation, with aaaa for every label.
func minimal(model *shape.Model, op *shape.Operation) *request {
	switch model.Protocol {
	case shape.JSON:
		return &request{method: "POST", target: "/", body: "{}", header: []header{{Name: "Content-Type", Value: "application/x-amz-json-" + model.JSONVersion}, {Name: "X-Amz-Target", Value: model.TargetPrefix + "." + op.Name}}}
	case shape.Query:
		return &request{method: "POST", target: "/", body: "Action=" + op.Name + "&Version=" + model.APIVersion, header: []header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}}
	}
	q := &request{method: op.Method, target: label.ReplaceAllString(op.URI, "aaaa")}
	for _, name := range op.Query {
		join := "?"
		if strings.Contains(q.target, "?") {
			join = "&"
		}
		if !strings.Contains(q.target, name) {
			q.target += join + name + "=1"
		}
	}
	for _, name := range op.Header {
		q.header = append(q.header, header{Name: name, Value: "aaaa/aaaa"})
	}
	return q
}

// TestAttack19EveryOperation sends the smallest request of every operation of
// every service, built or not, as a caller without policies: none succeeds,
// none fails but by name. That each asks for its own action is a walk of the
// tables in package server.
func TestAttack19EveryOperation(t *testing.T) {
	r := empty(t)
	nobody := r.user(t, "nobody", "")
	denied, built := 0, 0
	for _, model := range models() {
		for i := range model.Operations {
			op := &model.Operations[i]
			q := minimal(model, op)
			q.as, q.service = nobody, model.SigningName
			got := r.send(t, q)
			name := model.Service + ":" + op.Name
			switch {
			case got.status == 501:
				continue
			case name == "sts:GetCallerIdentity":
				want(t, name, got, 200, "")
			case got.status/100 != 4 && !(name == "s3:GetBucketLocation" && got.status == 404):
				t.Errorf("%s by a caller without policies: %v", name, got)
			}
			built++
			denied += b2i(strings.HasPrefix(got.code(), "AccessDenied"))
		}
	}
	// The rest is refused for its missing parameters.
	if built < 250 || denied < 60 {
		t.Errorf("%d operations are built, %d of their smallest requests are denied", built, denied)
	}
}

// TestAttack20Unsigned sends the same requests without a signature: only those
// that are meant for strangers get past the gate, at POST / and everywhere.
func TestAttack20Unsigned(t *testing.T) {
	r := empty(t)
	for _, model := range models() {
		for i := range model.Operations {
			op := &model.Operations[i]
			name := model.Service + ":" + op.Name
			got := r.send(t, minimal(model, op))
			if strangers[name] {
				if got.status/100 != 4 || got.code() == "MissingAuthenticationToken" {
					t.Errorf("%s: %v, want a refusal of its own", name, got)
				}
				continue
			}
			if got.status/100 == 4 || got.status == 501 {
				continue
			}
			t.Errorf("%s without a signature: %v", name, got)
		}
	}
	// Refusals of web identity tokens tell nothing of roles or providers.
	seen := map[string]bool{}
	for _, role := range []string{"arn:aws:iam::000000000000:role/none", "arn:aws:iam::000000000000:role/admin", "arn:aws:iam::999999999999:role/x"} {
		for _, token := range []string{"xxxx", "a.b.c", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2NvZ25pdG8taWRlbnRpdHkuYW1hem9uYXdzLmNvbSJ9.", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2FjY291bnRzLmdvb2dsZS5jb20ifQ."} {
			got := r.query(t, creds{}, "sts", "AssumeRoleWithWebIdentity", "RoleArn", role, "RoleSessionName", "ss", "WebIdentityToken", token)
			seen[got.code()+requestID.ReplaceAllString(got.body, "")] = true
			want(t, token, got, 400, "")
		}
	}
	if len(seen) > 1 {
		t.Errorf("refusals differ: %v", seen)
	}
}

var requestID = regexp.MustCompile(`<RequestId>[^<]*</RequestId>`)

// The gate's refusal of unsigned calls, by service.
func TestAttack20Refusals(t *testing.T) {
	r := empty(t)
	for _, c := range []struct{ service, operation string }{{"dynamodb", "ListTables"}, {"logs", "DescribeLogGroups"}, {"cognito-idp", "ListUserPools"}, {"cognito-identity", "ListIdentityPools"}, {"bawn", "ListMessages"}} {
		got := r.json(t, creds{}, c.service, c.operation, m{"MaxResults": 1})
		if !slices.Contains([]string{"MissingAuthenticationTokenException", "MissingAuthenticationToken"}, got.code()) {
			t.Errorf("%s: %v", c.service, got)
		}
	}
	for _, action := range []string{"CreateUser", "CreateStack", "AssumeRole", "GetCallerIdentity", "ListUsers"} {
		if got := r.query(t, creds{}, "iam", action); got.status/100 != 4 && got.status != 501 {
			t.Errorf("unsigned %s: %v", action, got)
		}
	}
}
