package lambda

import (
	"testing"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// Attack 27: a permission is for the user that had the name when it was given,
// not for another one of that name later.
func TestAttack27PermissionFollowsTheUniqueID(t *testing.T) {
	const ana = "arn:aws:iam::000000000000:user/ana"
	statement := func(sid, id string) statementRecord {
		return statementRecord{ID: sid, PrincipalIDs: map[string]string{ana: id}, JSON: []byte(`{"Sid":"` + sid + `","Effect":"Allow",` +
			`"Principal":{"AWS":"` + ana + `"},"Action":"lambda:` + sid + `","Resource":"*"}`)}
	}
	record, err := store.EncodeJSON(&policyRecord{Statements: []statementRecord{statement("GetFunction", "AIDAFIRST"), statement("InvokeFunction", "AIDASECOND")}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := decodePolicy(record)
	if err != nil {
		t.Fatal(err)
	}
	allowed := func(id, action string) bool {
		return policy.Evaluate(&policy.Request{
			Principal: policy.Principal{Kind: policy.PrincipalUser, Account: "000000000000", ARN: ana, UniqueID: id},
			Action:    action, Resource: "arn:aws:lambda:us-east-1:000000000000:function:f", ResourceAccount: "000000000000", Context: new(policy.Context),
		}, &policy.Set{Resource: []policy.Named{{Name: "function policy", Policy: p}}}).Allowed()
	}
	if !allowed("AIDASECOND", "lambda:InvokeFunction") {
		t.Error("the present user lost its permission")
	}
	for _, action := range []string{"lambda:GetFunction", "lambda:InvokeFunction"} {
		if allowed("AIDAFIRST", action) || allowed("AIDATHIRD", action) {
			t.Errorf("%s is allowed to somebody else of that name", action)
		}
	}
	if allowed("AIDASECOND", "lambda:GetFunction") {
		t.Error("a permission of the first user came alive for the second")
	}
}
