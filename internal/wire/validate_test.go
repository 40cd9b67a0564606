package wire

import (
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

func TestValidate(t *testing.T) {
	long := strings.Repeat("é", 129)
	tests := []struct {
		name string
		in   any
		want string // code: message; "" for none
	}{
		{"fine", &iam.GetRoleInput{RoleName: ptr("a")}, ""},
		{"required", &iam.GetRoleInput{}, "ValidationError: 1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null"},
		{"pattern", &iam.GetRoleInput{RoleName: ptr("a b")}, `ValidationError: 1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
		{"whole value", &iam.GetRoleInput{RoleName: ptr("a\n")}, "ValidationError: 1 validation error detected: Value 'a\n' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+"},
		{"two", &iam.GetRoleInput{RoleName: ptr("")}, `ValidationError: 2 validation errors detected: Value '' at 'roleName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
		{"code of cognito", &cognitoidp.GetUserInput{}, "InvalidParameterException: 1 validation error detected: Value null at 'accessToken' failed to satisfy constraint: Member must not be null"},
		{"sensitive is not shown", &cognitoidp.SignUpInput{ClientId: ptr("c"), Username: ptr("u"), Password: ptr("secret" + strings.Repeat("x", 300))}, "InvalidParameterException: 1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"characters, not bytes", &cognitoidp.SignUpInput{ClientId: ptr("c"), Username: ptr(long[:256]), Password: ptr("p")}, ""},
		{"path of a list", &cognitoidp.SignUpInput{ClientId: ptr("c"), Username: ptr("u"), UserAttributes: []cognitoidp.AttributeType{{Name: ptr("a")}, {Value: ptr("v")}}}, "InvalidParameterException: 1 validation error detected: Value null at 'userAttributes.2.member.name' failed to satisfy constraint: Member must not be null"},
		{"enum", &dynamodb.PutItemInput{TableName: ptr("tab"), Item: expression.Item{}, ReturnValues: ptr("X")}, "ValidationException: 1 validation error detected: Value 'X' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [NONE, ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATED_NEW]"},
		{"number", &dynamodb.QueryInput{TableName: ptr("tab"), Limit: ptr(int32(0))}, "ValidationException: 1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"item is required", &dynamodb.PutItemInput{TableName: ptr("tab")}, "ValidationException: 1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"},
		{"list length", &dynamodb.QueryInput{TableName: ptr("tab"), AttributesToGet: []string{}}, "ValidationException: 1 validation error detected: Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"elements", &lambda.CreateFunctionInput{FunctionName: ptr("f"), Role: ptr("arn:aws:iam::000000000000:role/r"), Code: &lambda.FunctionCode{}, Architectures: []string{"arm64x"}},
			"ValidationException: 1 validation error detected: Value '[arm64x]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]"},
		{"map keys", &logs.CreateLogGroupInput{LogGroupName: ptr("g"), Tags: map[string]string{"": "v"}}, `InvalidParameterException: 1 validation error detected: Value '{=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$]`},
		{"look-ahead", &lambda.CreateAliasInput{FunctionName: ptr("f"), FunctionVersion: ptr("1"), Name: ptr("12")}, `ValidationException: 1 validation error detected: Value '12' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)`},
		{"xml body", &s3.PutBucketCorsInput{Bucket: ptr("b"), CORSConfiguration: &s3.CORSConfiguration{}}, "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"},
	}
	for _, tt := range tests {
		err := Validate(tt.in)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestValidateBounds holds that an answer does not grow with the request.
func TestValidateBounds(t *testing.T) {
	in := &cognitoidp.SignUpInput{ClientId: ptr(strings.Repeat("é", 100_000)), Username: ptr("u")}
	for range 10_000 {
		in.UserAttributes = append(in.UserAttributes, cognitoidp.AttributeType{})
	}
	err := Validate(in)
	if err == nil || !strings.HasPrefix(err.Message, "1000") || len(err.Message) > 40_000 {
		t.Errorf("%d bytes: %.100s", len(err.Message), err.Message)
	}
}

// TestPlans holds that every struct of every model has a plan, so that no tag
// is wrong.
func TestPlans(t *testing.T) {
	n := 0
	for _, m := range models {
		for _, op := range m.model.Operations {
			in, out := m.make(op.Name)
			for _, v := range []any{in, out} {
				if _, _, err := planFor(v); err != nil {
					t.Errorf("%s %s: %v", m.model.Service, op.Name, err)
				}
				n++
			}
		}
	}
	if n < 1800 {
		t.Errorf("only %d structs were looked at", n)
	}
}
