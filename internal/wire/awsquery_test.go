package wire

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/shape/sts"
)

func TestQueryOperation(t *testing.T) {
	tests := []struct{ body, query, want, code string }{
		{"Action=GetCallerIdentity&Version=2011-06-15", "", "GetCallerIdentity", ""},
		{"", "Action=GetCallerIdentity&Version=2011-06-15", "GetCallerIdentity", ""},
		{"Action=GetCallerIdentity&Version=2010-05-08", "", "", "InvalidAction"},
		{"Action=Nothing&Version=2011-06-15", "", "", "InvalidAction"},
		{"Action=GetCallerIdentity", "", "", "InvalidAction"},
		{"Version=2011-06-15", "", "", "MissingAction"},
		{"Action=GetCallerIdentity&Version=2011-06-15&Action=AssumeRole", "", "", "MalformedQueryString"},
		{"Action=GetCallerIdentity&Version=2011-06-15", "Action=AssumeRole", "", "MalformedQueryString"},
		{"Action=%zz", "", "", "MalformedQueryString"},
		{strings.Repeat("a.", 100) + "=1", "", "", "MalformedQueryString"},
	}
	for _, tt := range tests {
		got, err := For(sts.Model).Operation(&Request{Method: "POST", Path: "/", Body: []byte(tt.body), RawQuery: tt.query, Header: http.Header{}})
		if got != tt.want || awsapi.Code(err) != tt.code {
			t.Errorf("%s ? %s: %q, %v", tt.body, tt.query, got, err)
		}
	}
}

func TestQueryDecode(t *testing.T) {
	tests := []struct {
		body string
		want *iam.CreateRoleInput
		code string
	}{
		{"RoleName=a+b&MaxSessionDuration=3600", &iam.CreateRoleInput{RoleName: ptr("a b"), MaxSessionDuration: ptr(int32(3600))}, ""},
		{"Tags.member.2.Key=b&Tags.member.10.Key=c&Tags.member.1.Key=a&Tags.member.1.Value=", &iam.CreateRoleInput{Tags: []iam.Tag{{Key: ptr("a"), Value: ptr("")}, {Key: ptr("b")}, {Key: ptr("c")}}}, ""},
		{"Tags=", &iam.CreateRoleInput{Tags: []iam.Tag{}}, ""},
		{"Unknown.member.1=x&X-Amz-Date=1", &iam.CreateRoleInput{}, ""},
		{"Tags.1.Key=a", nil, "MalformedInput"},
		{"Tags.member.x.Key=a", nil, "MalformedInput"},
		{"Tags.member.0.Key=a", nil, "MalformedInput"},
		{"RoleName.x=1", nil, "MalformedInput"},
		{"MaxSessionDuration=1x", nil, "MalformedInput"},
	}
	for _, tt := range tests {
		in := new(iam.CreateRoleInput)
		err := For(iam.Model).Decode(&Request{Body: []byte(tt.body), Header: http.Header{}}, "CreateRole", in)
		if awsapi.Code(err) != tt.code || (err == nil) != (tt.code == "") {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		if d := cmp.Diff(tt.want, in); err == nil && d != "" {
			t.Errorf("%s: %s", tt.body, d)
		}
	}
}

func TestQueryEncode(t *testing.T) {
	r, err := For(sts.Model).Encode("GetCallerIdentity", &sts.GetCallerIdentityOutput{UserId: ptr("A&<B"), Account: ptr("000000000000"), Arn: ptr("arn")})
	if err != nil {
		t.Fatal(err)
	}
	r.SetRequestID("id-1")
	want := `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><UserId>A&amp;&lt;B</UserId><Account>000000000000</Account><Arn>arn</Arn></GetCallerIdentityResult>` +
		`<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`
	if string(r.Body) != want || r.Header.Get("Content-Type") != "text/xml" || r.Header.Get("x-amzn-RequestId") != "id-1" {
		t.Errorf("%v\n%s", r.Header, r.Body)
	}
	r, err = For(iam.Model).Encode("DeleteRole", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetRequestID("id-2")
	if want := `<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>id-2</RequestId></ResponseMetadata></DeleteRoleResponse>`; string(r.Body) != want {
		t.Errorf("%s", r.Body)
	}
}

func TestQueryError(t *testing.T) {
	r := For(iam.Model).EncodeError(&awsapi.Error{Code: "NoSuchEntity", Message: "no <role>"}, "id-1")
	want := `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>no &lt;role&gt;</Message></Error><RequestId>id-1</RequestId></ErrorResponse>`
	if r.Status != 404 || string(r.Body) != want {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}
