package lambda

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/policy"
)

// Runner runs functions. Package function implements it; the server adapts the
// types.
type Runner interface {
	// Run runs one call. Errors of the function itself are in the Outcome.
	// A *Throttled error says that a limit of concurrency is reached, a
	// *NotRunnable one that this function cannot run here.
	Run(ctx context.Context, v *Version, in *Invocation) (*Outcome, error)
}

// Preparer is a Runner that can ready itself for functions of a version's
// folders before the first call.
type Preparer interface{ Prepare(v *Version) }

// Version is what a Runner needs to know of one version of a function. It is
// never changed, and the same version is the same pointer from call to call.
type Version struct {
	ARN         string // unqualified
	Name        string
	Number      string // "$LATEST" or a number
	Runtime     string
	Handler     string
	CodeDir     string // the unpacked code
	CodeID      string // changes with the code
	GroupDir    string // in dev: the folder whose functions trust each other
	Env         map[string]string
	MemoryMB    int
	Timeout     time.Duration
	Role        string
	Reserved    *int // reserved concurrency
	LogGroup    string
	LogFormat   string
	LogLevel    string
	Description string
}

// Invocation is one call for a Runner.
type Invocation struct {
	RequestID       string
	FunctionARN     string // as it was called
	Payload         []byte
	ClientContext   []byte // JSON
	CognitoIdentity []byte // JSON
	TraceID         string
	LogTail         bool
}

// Outcome is how a call ended.
type Outcome struct {
	Payload       []byte
	FunctionError string
	LogTail       []byte
}

// Throttled is a Runner's refusal for a limit of concurrency.
type Throttled struct{ Reason string }

// Error says the reason.
func (t *Throttled) Error() string { return "throttled: " + t.Reason }

// NotRunnable is a Runner's refusal of a function that cannot run here.
type NotRunnable struct{ Message string }

// Error says why.
func (n *NotRunnable) Error() string { return n.Message }

// Roles tells about roles and users. The iam service implements it.
type Roles interface {
	// BindPrincipals returns the unique ids, by ARN, of the users and roles of
	// this account that a policy names; missing is one that does not exist, or "".
	BindPrincipals(ctx context.Context, p *policy.Policy) (ids map[string]string, missing string, err error)
	// TrustsService says whether the role exists and its trust policy lets
	// the service assume it.
	TrustsService(ctx context.Context, roleARN, service string) (bool, error)
}
