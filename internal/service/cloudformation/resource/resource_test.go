package resource

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/shape/lambda"
)

func request(calls *[]string) *Request {
	return &Request{
		StackID: "arn:stack", StackName: "st", LogicalID: "L", Account: "000000000000", Region: "us-east-1", Partition: "aws", Name: "name",
		Random: func(n int) string { return strings.Repeat("x", n) },
		Do: func(_ context.Context, service, operation string, _ any) (any, error) {
			if calls != nil {
				*calls = append(*calls, service+":"+operation)
			}
			return nil, awsapi.Errorf("Stop", "far enough")
		},
	}
}

// TestEveryPropertyReachesAnInput: what a type's table calls built has a member
// to go to; no property is dropped or refused by the decoder.
func TestEveryPropertyReachesAnInput(t *testing.T) {
	for _, kind := range Types() {
		for name, effect := range kind.Properties {
			if effect == Unbuilt {
				continue
			}
			p := Props{name: "x"}
			for _, r := range kind.Required {
				if p[r] == nil && r != name {
					p[r] = "x"
				}
			}
			_, err := kind.Create(context.Background(), request(nil), p)
			if err == nil || strings.Contains(err.Error(), "extraneous key ["+name+"]") {
				t.Errorf("%s %s: %v", kind.Name, name, err)
			}
		}
		for _, r := range kind.Required {
			if kind.Properties[r] == 0 {
				t.Errorf("%s: required %s is not in the table", kind.Name, r)
			}
		}
		if kind.NameProperty != "" && kind.Properties[kind.NameProperty] != Replaces {
			t.Errorf("%s: the name does not replace", kind.Name)
		}
		if kind.Create == nil || kind.Delete == nil {
			t.Errorf("%s has no create or delete", kind.Name)
		}
	}
}

func TestCheckAndChange(t *testing.T) {
	table := Types()["AWS::DynamoDB::Table"]
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{[]string{"KeySchema"}, ""},
		{[]string{"KeySchema", "Keys"}, "Properties validation failed for resource L with message: #: extraneous key [Keys] is not permitted"},
		{[]string{"KeySchema", "ImportSourceSpecification"}, "ImportSourceSpecification of AWS::DynamoDB::Table is not built in Bawn"},
		{nil, "#: required key [KeySchema] not found"},
	} {
		err := table.Check("L", tt.names)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%v: got %v", tt.names, err)
		}
	}
	old := Props{"KeySchema": "a", "BillingMode": "x"}
	for _, tt := range []struct {
		p    Props
		want Effect
	}{
		{Props{"KeySchema": "a", "BillingMode": "x"}, 0},
		{Props{"KeySchema": "a", "BillingMode": "y"}, InPlace},
		{Props{"KeySchema": "b", "BillingMode": "y"}, Replaces},
		{Props{"KeySchema": "a"}, InPlace},
	} {
		if got := table.Change(old, tt.p); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.p, got, tt.want)
		}
	}
	// A type without an update is replaced.
	if got := Types()["AWS::Lambda::Permission"].Change(Props{"Action": "a"}, Props{"Action": "b"}); got != Replaces {
		t.Errorf("permission: %v", got)
	}
}

func props(t *testing.T, text string) Props {
	t.Helper()
	p := Props{}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestInto(t *testing.T) {
	in := new(dynamodb.CreateTableInput)
	p := props(t, `{"TableName": "t", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "DeletionProtectionEnabled": "true",
		"ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": 6}}`)
	if err := p.into(in, nil); err != nil {
		t.Fatal(err)
	}
	if *in.TableName != "t" || *in.KeySchema[0].KeyType != "HASH" || !*in.DeletionProtectionEnabled || *in.ProvisionedThroughput.ReadCapacityUnits != 5 || *in.ProvisionedThroughput.WriteCapacityUnits != 6 {
		t.Errorf("input %+v", in)
	}
	for text, want := range map[string]string{
		`{"KeySchema": [{"AttributName": "a"}]}`:                `#/KeySchema/0: extraneous key [AttributName] is not permitted`,
		`{"KeySchema": {"AttributeName": "a"}}`:                 `#/KeySchema: expected type: JSONArray, found: JSONObject`,
		`{"ProvisionedThroughput": {"ReadCapacityUnits": "x"}}`: `#/ProvisionedThroughput/ReadCapacityUnits: expected type: Integer, found: String`,
		`{"DeletionProtectionEnabled": "perhaps"}`:              `#/DeletionProtectionEnabled: expected type: Boolean, found: String`,
		`{"TableName": ["t"]}`:                                  `#/TableName: expected type: String, found: JSONArray`,
		`{"Nope": 1}`:                                           `#: extraneous key [Nope] is not permitted`,
	} {
		err := props(t, text).into(new(dynamodb.CreateTableInput), nil)
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestGenerateName(t *testing.T) {
	for _, tt := range []struct {
		kind, stack, id, want string
	}{
		{"AWS::DynamoDB::Table", "notes-dev", "Table", "notes-dev-Table-ABC"},
		{"AWS::S3::Bucket", "Notes-dev", "MyBucket", "notes-dev-mybucket-abc"},
	} {
		if got := Types()[tt.kind].GenerateName(tt.stack, tt.id, "abc"); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	long := Types()["AWS::IAM::Role"].GenerateName(strings.Repeat("s", 100), strings.Repeat("l", 100), "ABCDEFGHIJKL")
	if len(long) != 64 || !strings.HasSuffix(long, "-ABCDEFGHIJKL") {
		t.Errorf("long name %s", long)
	}
}

// TestInlineCode: a ZipFile is packed as the file its runtime looks for.
func TestInlineCode(t *testing.T) {
	var got *lambda.CreateFunctionInput
	r := request(nil)
	r.Do = func(_ context.Context, _, _ string, in any) (any, error) {
		got, _ = in.(*lambda.CreateFunctionInput)
		return nil, errors.New("stop")
	}
	p := props(t, `{"Code": {"ZipFile": "exports.handler = 1"}, "Runtime": "nodejs20.x", "Role": "arn:aws:iam::000000000000:role/r", "Handler": "index.handler"}`)
	if _, err := Types()["AWS::Lambda::Function"].Create(context.Background(), r, p); err == nil || got == nil {
		t.Fatalf("got %v %v", got, err)
	}
	z, err := zip.NewReader(bytes.NewReader(got.Code.ZipFile), int64(len(got.Code.ZipFile)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "index.js" {
		t.Fatalf("zip %v %v", z, err)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); err != nil || string(text) != "exports.handler = 1" {
		t.Errorf("text %q %v", text, err)
	}
}

// TestFailedCreateLeavesNothingToDelete: a creation that was refused returns no
// state, so that a rollback never deletes what somebody else has made.
func TestFailedCreateLeavesNothingToDelete(t *testing.T) {
	for _, kind := range Types() {
		if kind.Name == "AWS::IAM::Policy" {
			continue // puts into roles and users, and takes away only there
		}
		var calls []string
		p := Props{}
		for _, name := range kind.Required {
			p[name] = "x"
		}
		state, err := kind.Create(context.Background(), request(&calls), p)
		if err == nil || state != nil {
			t.Errorf("%s: state %v, error %v after %v", kind.Name, state, err, calls)
		}
	}
}
