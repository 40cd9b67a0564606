package logs

import (
	"context"
	"reflect"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

// refuser refuses everything and keeps what it was asked.
type refuser struct{ action, resource string }

func (r *refuser) Authorize(_ context.Context, _ *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	r.action, r.resource = d.Action, d.Resource
	return awsapi.Decided{Demand: d, Decision: policy.Decision{Effect: policy.ImplicitDeny}}, nil
}

// TestAttack19EachOperationHasItsAction: no operation is reached by the right to
// another one, and each asks about the group it is called on, by name or ARN.
func TestAttack19EachOperationHasItsAction(t *testing.T) {
	f := newFixture(t)
	auth := &refuser{}
	door := awsapi.NewDoor("000000000000", auth)
	door.Register(f.svc.Service())
	const arn = "arn:aws:logs:us-east-1:000000000000:log-group:/a"
	for name, op := range f.svc.table {
		for _, field := range []string{"LogGroupName", "LogGroupIdentifier", "ResourceArn"} {
			in := op.New()
			v := reflect.ValueOf(in).Elem().FieldByName(field)
			if !v.IsValid() || name == "DescribeLogGroups" {
				continue
			}
			value := arn + ":*"
			if field == "LogGroupName" {
				value = "/a"
			}
			v.Set(reflect.ValueOf(&value))
			caller := &awsapi.Caller{Kind: awsapi.User, Account: "000000000000"}
			_, _, err := door.Do(context.Background(), caller, &awsapi.Environment{Region: "us-east-1"}, "logs", name, in)
			if awsapi.Code(err) != "AccessDeniedException" || auth.action != "logs:"+name || auth.resource != arn+":log-stream:" {
				t.Errorf("%s by %s asked for %s on %s: %v", name, field, auth.action, auth.resource, err)
			}
		}
	}
}
