package attack

import (
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/shape"
)

// TestMalformedSigned sends bodies of the wrong form to every operation, well
// signed by the administrator: what is behind the gate must not fail either.
func TestMalformedSigned(t *testing.T) {
	r := empty(t)
	r.ok(t, r.send(t, &request{method: "PUT", target: "/aaaa", as: r.admin(), service: "s3"}), nil)
	deep := strings.Repeat(`{"M":{"a":`, 2000) + "1" + strings.Repeat("}}", 2000)
	bodies := map[shape.Protocol][]string{
		shape.JSON: {"", "null", "[]", `"x"`, "{", `{"a":1}{}`, "\xff\xfe", `{"TableName":{},"UserPoolId":[],"Key":1,"logGroupName":null,"Id":[[]]}`, `{"TableName":"aaaa","Item":{"a":` + deep + `},"Key":{"a":` + deep + `}}`,
			`{"TableName":"aaaa","Item":{"a":null},"Key":{"a":{}},"RequestItems":{"aaaa":null},"TransactItems":[null,{}],"UserPoolId":"us-east-1_aaaaaaaaa","Username":"\u0000","UserAttributes":[null]}`},
		shape.Query:    {"&a", "&=&=", "&UserName=%ff&RoleName=%00", "&Tags.member.0=&Tags.member.-1.Key=x&Tags.member.99999999999999999999.Key=x", "&TemplateBody=%7B%7D&StackName=aaaa&Parameters.member.1=x", "&TemplateBody=" + escape(strings.Repeat("[", 3000)) + "&StackName=aaaa", "&PolicyDocument=" + escape(strings.Repeat(`{"Statement":`, 500))},
		shape.RESTJSON: {"", "null", "[]", "{", `{"FunctionName":{},"Role":[],"Code":"x","name":1}`, `{"FunctionName":"aaaa","Code":{"ZipFile":"!"},"patchOperations":[null,{"op":"x"}]}`, deep},
		shape.RESTXML:  {"", "<a>", "<Delete/>", "<Delete><Object/></Delete>", "<CORSConfiguration><CORSRule/></CORSConfiguration>", "\xff", strings.Repeat("<a>", 5000), "{}"},
	}
	sent := 0
	for _, model := range models() {
		for i := range model.Operations {
			op := &model.Operations[i]
			for _, body := range bodies[model.Protocol] {
				q := minimal(model, op)
				q.as, q.service = r.admin(), model.SigningName
				if model.Protocol == shape.Query {
					body = q.body + body
				}
				q.body = body
				got := r.send(t, q)
				sent++
				if got.status == 501 {
					break // not built
				}
				if got.status >= 500 {
					t.Errorf("%s:%s with %.80q: %v", model.Service, op.Name, body, got)
				}
			}
		}
	}
	if sent < 2000 {
		t.Errorf("only %d requests were sent", sent)
	}
	want(t, "afterwards", r.json(t, r.admin(), "dynamodb", "ListTables", m{}), 200, "")
}
