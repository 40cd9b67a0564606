package cloudformation

import (
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

// TestDeny: the services of the query protocol refuse with AccessDenied, 403.
func TestDeny(t *testing.T) {
	caller := &awsapi.Caller{Kind: awsapi.User, ARN: "arn:aws:iam::000000000000:user/bob"}
	e := Deny(caller, awsapi.Demand{Action: "cloudformation:ListStacks", Resource: "*"}, policy.Decision{})
	if e.Code != "AccessDenied" || e.HTTPStatus() != 403 || !strings.HasPrefix(e.Message, "User: arn:aws:iam::000000000000:user/bob is not authorized to perform: cloudformation:ListStacks") {
		t.Errorf("got %d %s: %s", e.HTTPStatus(), e.Code, e.Message)
	}
}
