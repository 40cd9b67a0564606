package awsapi

import (
	"context"
	"fmt"

	"github.com/bawn-dev/bawn/policy"
)

// Operation is one line of a service's table: what it is called, who may call
// it, on what, and the handler. It is made by Op and is read-only afterwards.
type Operation struct {
	// Name is AWS's operation name.
	Name string
	// Access is the rule by which the door authorizes it.
	Access Access
	// New returns a fresh input struct for the codec to decode into.
	New func() any
	// invoke calls the typed handler.
	invoke func(ctx context.Context, call *Call, in any) (any, error)
	// demands lists what must be allowed; nil only for public operations.
	demands func(ctx context.Context, call *Call, in any) ([]Demand, error)
}

// Access is how callers reach an operation.
type Access int

// The access rules. The zero value is invalid, so a table line without a rule
// is caught (see Table.Check).
const (
	accessUnset Access = iota
	// AccessPublic needs no signature (SignUp, GetId ...); the handler checks
	// secrets in the body. A signature that is present is still verified.
	AccessPublic
	// AccessToken carries a user-pool access token in the body, which the
	// handler's service verifies; no signature.
	AccessToken
	// AccessSigned needs a verified signature but no permission
	// (sts:GetCallerIdentity).
	AccessSigned
	// AccessPolicy needs a verified caller (or, where a resource policy may
	// allow it, an anonymous one) and every demand allowed.
	AccessPolicy
)

// Demand is one permission an operation needs: an action on a resource in a
// context, and the resource's own policy where it has one.
type Demand struct {
	// Action is "service:Name".
	Action string
	// Resource is an ARN, or "*" for actions that have no resource.
	Resource string
	// Context holds the service's own condition keys
	// ("dynamodb:LeadingKeys"); may be nil.
	Context *policy.Context
	// ResourcePolicy is the policy attached to the resource; may be nil.
	ResourcePolicy *policy.Policy
	// ResourcePolicyName names it in the trail ("bucket policy").
	ResourcePolicyName string
	// ResourceAccount is the account that owns the resource; empty: the
	// account in Resource's ARN, else the caller's account.
	ResourceAccount string
	// MustAllow says that the resource policy itself must allow, an identity
	// policy is not enough (role trust policies).
	MustAllow bool
}

// Rule is the access part of a table line; see Public, Token, Signed, On, Per.
type Rule[In any] struct {
	access  Access
	demands func(ctx context.Context, call *Call, in *In) ([]Demand, error)
}

// Public marks an operation that needs no signature.
func Public[In any]() Rule[In] { return Rule[In]{access: AccessPublic} }

// Token marks an operation authorized by a user-pool access token in its body.
func Token[In any]() Rule[In] { return Rule[In]{access: AccessToken} }

// Signed marks an operation that any signed caller may use.
func Signed[In any]() Rule[In] { return Rule[In]{access: AccessSigned} }

// On marks an operation that needs action on one resource, which the function
// names: On("iam:GetRole", func(c *Call, in *shape.GetRoleInput) string {...}).
func On[In any](action string, resource func(call *Call, in *In) string) Rule[In] {
	return Rule[In]{access: AccessPolicy, demands: func(_ context.Context, call *Call, in *In) ([]Demand, error) {
		return []Demand{{Action: action, Resource: resource(call, in)}}, nil
	}}
}

// Any marks an operation whose action has no resource: the resource is "*".
func Any[In any](action string) Rule[In] {
	return On(action, func(*Call, *In) string { return "*" })
}

// Per marks an operation that computes its demands: several actions, several
// resources, condition keys, or a resource policy. An error is a refusal: an
// *Error is sent as it is, any other is a 500. It must not answer "no
// demands" for an operation that touches anything.
func Per[In any](demands func(ctx context.Context, call *Call, in *In) ([]Demand, error)) Rule[In] {
	return Rule[In]{access: AccessPolicy, demands: demands}
}

// Op makes a table line. handler is the plain function that does the work.
func Op[In, Out any](name string, handler func(ctx context.Context, call *Call, in *In) (*Out, error), rule Rule[In]) *Operation {
	op := &Operation{
		Name:   name,
		Access: rule.access,
		New:    func() any { return new(In) },
		invoke: func(ctx context.Context, call *Call, in any) (any, error) {
			typed, ok := in.(*In)
			if !ok {
				return nil, fmt.Errorf("operation %s: input is %T", name, in)
			}
			out, err := handler(ctx, call, typed)
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
	if rule.demands != nil {
		op.demands = func(ctx context.Context, call *Call, in any) ([]Demand, error) {
			typed, ok := in.(*In)
			if !ok {
				return nil, fmt.Errorf("operation %s: input is %T", name, in)
			}
			return rule.demands(ctx, call, typed)
		}
	}
	return op
}

// Table is a service's operations by name.
type Table map[string]*Operation

// NewTable makes a table of the given lines. It panics on a line given twice
// or without an access rule: both are programming errors seen at first start.
func NewTable(ops ...*Operation) Table {
	t := make(Table, len(ops))
	for _, op := range ops {
		if t[op.Name] != nil {
			panic("awsapi: operation " + op.Name + " stands twice in its table")
		}
		if op.Access == accessUnset || (op.Access == AccessPolicy) != (op.demands != nil) {
			panic("awsapi: operation " + op.Name + " has no access rule")
		}
		t[op.Name] = op
	}
	return t
}
