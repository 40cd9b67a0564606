package lambda

import (
	"context"
	"reflect"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

// refuser refuses everything and keeps what it was asked first.
type refuser struct{ action, resource string }

func (r *refuser) Authorize(_ context.Context, _ *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	r.action, r.resource = d.Action, d.Resource
	return awsapi.Decided{Demand: d, Decision: policy.Decision{Effect: policy.ImplicitDeny}}, nil
}

// TestAttack19EachOperationHasItsAction: no operation is reached by the right to
// another one, and each asks about the function it is called on.
func TestAttack19EachOperationHasItsAction(t *testing.T) {
	f := newFixture(t, nil)
	auth := &refuser{}
	door := awsapi.NewDoor(account, auth)
	door.Register(f.svc.Service())
	whole := map[string]bool{"ListFunctions": true, "GetAccountSettings": true}
	for name, op := range f.svc.table {
		in := op.New()
		for _, field := range []string{"FunctionName", "Resource"} {
			if v := reflect.ValueOf(in).Elem().FieldByName(field); v.IsValid() {
				v.Set(reflect.ValueOf(new("notes")))
			}
		}
		_, _, err := door.Do(context.Background(), f.caller, &awsapi.Environment{Region: region}, "lambda", name, in)
		if awsapi.Code(err) != "AccessDeniedException" {
			t.Errorf("%s: %v", name, err)
		}
		action, resource := "lambda:"+name, f.svc.arn("notes")
		if name == "Invoke" {
			action = "lambda:InvokeFunction"
		}
		if whole[name] {
			resource = "*"
		}
		if auth.action != action || auth.resource != resource {
			t.Errorf("%s asked for %s on %s", name, auth.action, auth.resource)
		}
	}
}
