package awsapi

import (
	"context"
	"fmt"

	"github.com/bawn-dev/bawn/policy"
)

// Call is one authorized invocation of an operation. Only a Door makes it.
type Call struct {
	service   string
	operation string
	caller    *Caller
	env       *Environment
	door      *Door
	decisions []Decided
}

// Caller returns who calls. It is read-only.
func (c *Call) Caller() *Caller { return c.caller }

// Env returns the request's environment. It is read-only.
func (c *Call) Env() *Environment { return c.env }

// Service returns the endpoint prefix of the called service ("dynamodb").
func (c *Call) Service() string { return c.service }

// Operation returns the operation's name.
func (c *Call) Operation() string { return c.operation }

// Account returns the account the call acts in: the caller's, or the Bawn's
// own for callers without one.
func (c *Call) Account() string {
	if c.caller.Account != "" {
		return c.caller.Account
	}
	return c.door.account
}

// Region returns the region the call acts in.
func (c *Call) Region() string { return c.env.Region }

// Decisions returns what was decided for this call, in order.
func (c *Call) Decisions() []Decided { return c.decisions }

// Record adds a decision that a handler took itself (a trust policy asked
// about the bearer of a token) to what the journal keeps of this call.
func (c *Call) Record(d Decided) { c.decisions = append(c.decisions, d) }

// Allow asks whether the caller may do d, for rights that are known only
// inside a flow (a batch's per-item action, iam:PassRole on a role found in a
// template). It returns nil, or the refusal as an *Error.
func (c *Call) Allow(ctx context.Context, d Demand) error {
	return c.door.decide(ctx, c, d)
}

// Invoke calls another service's operation through the same door with the
// rights of this call's caller. via, if not empty, is the service principal
// that acts for the caller (aws:CalledVia).
func (c *Call) Invoke(ctx context.Context, service, operation string, in any, via string) (any, error) {
	env := *c.env
	if via != "" {
		env.Via = via
	}
	out, _, err := c.door.Do(ctx, c.caller, &env, service, operation, in)
	return out, err
}

// Decided is one demand with its decision, as the journal keeps it.
type Decided struct {
	Demand   Demand
	Decision policy.Decision
	// Explain evaluates again with the full trail; nil for plain allows.
	Explain func() policy.Trail
}

// Authorizer decides whether a caller may do what a demand names. The iam
// service implements it: it finds the caller's policies and evaluates them.
// An error is a denial (fail closed).
type Authorizer interface {
	Authorize(ctx context.Context, caller *Caller, env *Environment, d Demand) (Decided, error)
}

// Denier words the refusal of a service: code, message and status differ
// between DynamoDB, S3, IAM ... A nil Denier gives AccessDeniedException 400
// with AWS's common text (see DeniedMessage).
type Denier func(caller *Caller, d Demand, decision policy.Decision) *Error

// Service is what a Door needs to know of a service.
type Service struct {
	// Name is the endpoint prefix: "dynamodb".
	Name  string
	Table Table
	Deny  Denier
	// Anonymous lets requests without a signature reach the evaluation, where
	// a resource policy may allow them (S3). All others are told to sign.
	Anonymous bool
}

// Door authorizes and invokes operations of all services. It is made once, by
// the server, and safe for concurrent use after the last Register.
type Door struct {
	account    string
	authorizer Authorizer
	services   map[string]*Service
}

// NewDoor makes a door for the given account.
func NewDoor(account string, authorizer Authorizer) *Door {
	return &Door{account: account, authorizer: authorizer, services: map[string]*Service{}}
}

// Register adds a service; call it before the first Do.
func (d *Door) Register(s *Service) { d.services[s.Name] = s }

// Services returns the registered services by name. The map is read-only.
func (d *Door) Services() map[string]*Service { return d.services }

// Lookup returns an operation of a service, or nil.
func (d *Door) Lookup(service, operation string) *Operation {
	if s := d.services[service]; s != nil {
		return s.Table[operation]
	}
	return nil
}

// Do authorizes and invokes one operation. The returned Call carries the
// decisions for the journal, also when err is a refusal; it is nil only when
// the operation does not exist.
func (d *Door) Do(ctx context.Context, caller *Caller, env *Environment, service, operation string, in any) (any, *Call, error) {
	op := d.Lookup(service, operation)
	if op == nil {
		return nil, nil, NotBuilt(service + ":" + operation)
	}
	call := &Call{service: service, operation: operation, caller: caller, env: env, door: d}
	if err := d.authorize(ctx, call, op, in); err != nil {
		return nil, call, err
	}
	out, err := op.invoke(ctx, call, in)
	return out, call, err
}

func (d *Door) authorize(ctx context.Context, call *Call, op *Operation, in any) error {
	switch op.Access {
	case AccessPublic, AccessToken:
		return nil
	case AccessSigned:
		if call.caller.Kind == Anonymous {
			return MissingAuthentication()
		}
		return nil
	case AccessPolicy:
		if s := d.services[call.service]; call.caller.Kind == Anonymous && (s == nil || !s.Anonymous) {
			return MissingAuthentication()
		}
	default:
		return fmt.Errorf("operation %s has no access rule", op.Name)
	}
	demands, err := op.demands(ctx, call, in)
	if err != nil {
		return err
	}
	if len(demands) == 0 {
		return fmt.Errorf("operation %s demands nothing", op.Name)
	}
	for _, demand := range demands {
		if err := d.decide(ctx, call, demand); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) decide(ctx context.Context, call *Call, demand Demand) error {
	decided, err := d.authorizer.Authorize(ctx, call.caller, call.env, demand)
	if err != nil {
		return fmt.Errorf("authorize %s on %s: %w", demand.Action, demand.Resource, err)
	}
	call.decisions = append(call.decisions, decided)
	if decided.Decision.Allowed() {
		return nil
	}
	if s := d.services[call.service]; s != nil && s.Deny != nil {
		return s.Deny(call.caller, demand, decided.Decision)
	}
	return AccessDenied(call.caller, demand, decided.Decision)
}

// AccessDenied is the JSON services' refusal: AccessDeniedException, 400.
func AccessDenied(caller *Caller, d Demand, decision policy.Decision) *Error {
	return &Error{Code: "AccessDeniedException", Status: 400, Message: DeniedMessage(caller, d, decision)}
}

// MissingAuthentication is the answer to a request without a signature; the
// gateway words it in the manner of the service.
func MissingAuthentication() *Error {
	return &Error{Code: "MissingAuthenticationTokenException", Status: 400, Message: "Request is missing Authentication Token"}
}

// DeniedMessage words a refusal as AWS does: "User: ARN is not authorized to
// perform: ACTION on resource: ARN because no identity-based policy allows the
// ACTION action".
func DeniedMessage(caller *Caller, d Demand, decision policy.Decision) string {
	who := caller.ARN
	switch caller.Kind {
	case Anonymous:
		who = "anonymous"
	case ServicePrincipal:
		who = caller.ServiceName
	}
	msg := "User: " + who + " is not authorized to perform: " + d.Action
	if d.Resource != "" && d.Resource != "*" {
		msg += " on resource: " + d.Resource
	}
	return msg + decision.Because(d.Action)
}
