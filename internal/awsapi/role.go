package awsapi

import (
	"errors"
	"time"

	"github.com/bawn-dev/bawn/policy"
)

// Role is what sts and cognito-identity need to know of a role to give out
// credentials for it. The iam service makes it; it is read-only.
type Role struct {
	ARN, Name, ID string // ID is AROA...
	Account       string
	// MaxSession is the longest session the role allows, 1 to 12 hours.
	MaxSession time.Duration
	// Trust is the trust policy, bound to the unique ids of the users and
	// roles it names.
	Trust *policy.Policy
	// Tags are the role's tags.
	Tags map[string]string
}

// SessionCredentials are new temporary credentials.
type SessionCredentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expires         time.Time
}

// WebIdentity is what a verified web identity token says.
type WebIdentity struct {
	// Provider is the federated principal: "cognito-identity.amazonaws.com".
	Provider string
	Subject  string
	Audience string
	// Keys are the provider's condition keys (PROVIDER:aud, :sub, :amr).
	Keys *policy.Context
	// Tags become session tags; they need sts:TagSession in the trust policy.
	Tags map[string]string
	// Cognito is set for tokens of an identity pool.
	Cognito *CognitoSession
}

// PassRole is the demand to hand a role to a service (iam:PassRole), for
// example a function's execution role to "lambda.amazonaws.com".
func PassRole(roleARN, service string) Demand {
	ctx := new(policy.Context)
	ctx.Set("iam:PassedToService", service)
	return Demand{Action: "iam:PassRole", Resource: roleARN, Context: ctx}
}

// TrustRequest asks a role's trust policy about a principal that has no
// policies of its own: the bearer of a web identity, or a service. keys are
// the condition keys of the principal; they may be nil.
func (r *Role) TrustRequest(who policy.Principal, action string, keys *policy.Context, env *Environment) (*policy.Request, *policy.Set) {
	ctx := new(policy.Context)
	fillEnvironment(ctx, env)
	ctx.Merge(keys)
	set := &policy.Set{Resource: []policy.Named{{Name: "trust policy of role " + r.Name, Policy: r.Trust}}}
	return &policy.Request{
		Principal: who, Action: action, Resource: r.ARN, ResourceAccount: r.Account, Context: ctx, MustAllow: true,
	}, set
}

// DecideTrust evaluates a TrustRequest, for the journal.
func (r *Role) DecideTrust(who policy.Principal, action string, keys *policy.Context, env *Environment) Decided {
	req, set := r.TrustRequest(who, action, keys, env)
	return Decided{
		Demand:   Demand{Action: action, Resource: r.ARN, ResourcePolicy: r.Trust, ResourcePolicyName: set.Resource[0].Name, MustAllow: true},
		Decision: policy.Evaluate(req, set),
		Explain:  func() policy.Trail { return policy.Explain(req, set) },
	}
}

// What a verifier of web identity tokens answers; sts turns them into AWS's
// errors.
var (
	// ErrWebIdentityExpired: the token was good and has expired.
	ErrWebIdentityExpired = errors.New("web identity token expired")
	// ErrWebIdentityInvalid: the token is not a verified one of a provider
	// that is known here.
	ErrWebIdentityInvalid = errors.New("web identity token invalid")
)

// RefuseTrust is the decision that a role's credentials are not given out
// although, or before, its trust policy was asked. why is told by `bawn why`:
// AWS's own messages for these cases say next to nothing.
func RefuseTrust(principal, action, roleARN, why string) Decided {
	decision := policy.Decision{Reason: policy.NoTrustAllow, Statement: -1}
	return Decided{Demand: Demand{Action: action, Resource: roleARN, MustAllow: true}, Decision: decision, Explain: func() policy.Trail {
		return policy.Trail{Principal: principal, Action: action, Resource: roleARN, Decision: decision, Summary: why}
	}}
}

// AnyIdentityPool is why a role is refused that identity pools of anyone could
// assume (CVE-2024-28056).
const AnyIdentityPool = "The role's trust policy lets cognito-identity.amazonaws.com assume it without naming the identity pool: " +
	"add a condition StringEquals on cognito-identity.amazonaws.com:aud with the pool's id. Until then Bawn gives out no credentials of it."
