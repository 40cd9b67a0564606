package server

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

// open lists every operation that needs no permission, by service. A line is
// added here only together with the reason why strangers may call it.
var open = map[string]map[awsapi.Access][]string{
	"cognito-idp": {
		awsapi.AccessPublic: {"ConfirmForgotPassword", "ConfirmSignUp", "ForgotPassword", "GetTokensFromRefreshToken", "InitiateAuth", "ResendConfirmationCode",
			"RespondToAuthChallenge", "RevokeToken", "SignUp"},
		awsapi.AccessToken: {"ChangePassword", "DeleteUser", "DeleteUserAttributes", "GetUser", "GetUserAttributeVerificationCode", "GlobalSignOut",
			"UpdateUserAttributes", "VerifyUserAttribute"},
	},
	"cognito-identity": {awsapi.AccessPublic: {"GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "UnlinkIdentity"}},
	"sts":              {awsapi.AccessPublic: {"AssumeRoleWithWebIdentity"}, awsapi.AccessSigned: {"GetCallerIdentity"}},
	// Each key is asked about while it runs.
	"s3": {awsapi.AccessSigned: {"DeleteObjects"}},
}

// TestAttack20OpenOperations: what needs no permission is what is listed, and
// nothing else in any table.
func TestAttack20OpenOperations(t *testing.T) {
	s := startTest(t)
	for name, service := range s.door.Services() {
		got := map[awsapi.Access][]string{}
		for _, op := range slices.Sorted(maps.Keys(service.Table)) {
			if a := service.Table[op].Access; a != awsapi.AccessPolicy {
				got[a] = append(got[a], op)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(open[name]) && len(got)+len(open[name]) > 0 {
			t.Errorf("%s: without a permission %v, want %v", name, got, open[name])
		}
		if service.Anonymous != (name == "s3") {
			t.Errorf("%s: anonymous requests are evaluated: %v", name, service.Anonymous)
		}
	}
}

// plausible are the values that inputs get, by field name.
var plausible = map[string]string{
	"Bucket": "attack-bucket", "Key": "key", "TableName": "table", "FunctionName": "function", "Role": "arn:aws:iam::000000000000:role/r",
	"RoleArn": "arn:aws:iam::000000000000:role/r", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:function",
	"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/table", "PolicyArn": "arn:aws:iam::000000000000:policy/p",
}

// fill sets an input's texts.
func fill(in any) {
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type == reflect.TypeFor[*string]() {
			if text, ok := plausible[f.Name]; ok {
				v.Field(i).Set(reflect.ValueOf(&text))
			}
		}
	}
	table := plausible["TableName"]
	switch in := in.(type) {
	case *dynamodb.TransactWriteItemsInput:
		in.TransactItems = []dynamodb.TransactWriteItem{{Delete: &dynamodb.Delete{TableName: &table, Key: expression.Item{}}}}
	case *dynamodb.TransactGetItemsInput:
		in.TransactItems = []dynamodb.TransactGetItem{{Get: &dynamodb.Get{TableName: &table, Key: expression.Item{}}}}
	case *dynamodb.BatchGetItemInput:
		in.RequestItems = map[string]dynamodb.KeysAndAttributes{table: {}}
	case *dynamodb.BatchWriteItemInput:
		in.RequestItems = map[string][]dynamodb.WriteRequest{table: {}}
	}
}

// TestAttack19EveryOperation walks all tables with a caller who has no
// policies, and with nobody: each operation is refused for want of a
// permission, or of a signature, before it looks at anything.
func TestAttack19EveryOperation(t *testing.T) {
	s := startTest(t)
	bucket := plausible["Bucket"]
	do := func(c *awsapi.Caller, service, operation string, in any) error {
		env := &awsapi.Environment{RequestID: "r", Now: s.config.Clock.Now(), SourceIP: "127.0.0.1", SecureTransport: true, Region: s.config.Region}
		_, _, err := s.door.Do(t.Context(), c, env, service, operation, in)
		return err
	}
	if err := do(s.root(), "s3", "CreateBucket", &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	stranger := &awsapi.Caller{Kind: awsapi.RoleSession, Account: s.config.Account, ARN: "arn:aws:sts::000000000000:assumed-role/gone/s", UserID: "AROAGONE:s",
		Session: &awsapi.Session{RoleID: "AROAGONE", RoleName: "gone", RoleARN: "arn:aws:iam::000000000000:role/gone", Name: "s", Expires: s.config.Clock.Now().AddDate(1, 0, 0)}}
	count := 0
	for name, service := range s.door.Services() {
		for operation, op := range service.Table {
			if op.Access != awsapi.AccessPolicy {
				continue
			}
			count++
			in := op.New()
			fill(in)
			if err := do(stranger, name, operation, in); !strings.HasPrefix(awsapi.Code(err), "AccessDenied") {
				t.Errorf("%s:%s by a caller without policies: %v", name, operation, err)
			}
			err := do(&awsapi.Caller{}, name, operation, in)
			if code := awsapi.Code(err); code != awsapi.MissingAuthentication().Code && !(name == "s3" && code == "AccessDenied") {
				t.Errorf("%s:%s by nobody: %v", name, operation, err)
			}
		}
	}
	if count < 200 {
		t.Errorf("only %d operations were walked", count)
	}
}
