package awsapi

import (
	"time"

	"github.com/bawn-dev/bawn/policy"
)

// CallerKind says what sort of principal a caller is.
type CallerKind int

// The kinds of caller. Anonymous is the zero value, so that a forgotten
// authentication can only yield the weakest principal.
const (
	Anonymous CallerKind = iota
	Root
	User
	RoleSession
	FederatedUser
	// ServicePrincipal is Bawn itself acting for a service, for example API
	// Gateway calling a function; it is allowed only what a resource policy
	// or a trust policy grants to ServiceName.
	ServicePrincipal
)

// Caller is an authenticated principal (or Anonymous). It is made by the
// gateway from a verified signature, or by code that acts for a service.
// It is never changed after it was made.
type Caller struct {
	Kind    CallerKind
	Account string
	// ARN is the user's ARN or the assumed-role session's ARN
	// (arn:aws:sts::ACCT:assumed-role/ROLE/SESSION); empty for Anonymous.
	ARN string
	// UserID is aws:userid: AIDA..., AROA...:session, or the account for root.
	UserID string
	// AccessKeyID is the key that signed, or "".
	AccessKeyID string
	// UserName is set for User.
	UserName string
	// Session is set for RoleSession and FederatedUser.
	Session *Session
	// ServiceName is set for ServicePrincipal: "apigateway.amazonaws.com".
	ServiceName string
	// SourceARN and SourceAccount are set for ServicePrincipal
	// (aws:SourceArn, aws:SourceAccount).
	SourceARN, SourceAccount string
}

// Session is what temporary credentials carry. It is sealed in the session
// token; the policies of the role itself are looked up live by RoleID.
type Session struct {
	RoleID   string // AROA...
	RoleARN  string // arn:aws:iam::ACCT:role/PATH/NAME
	RoleName string
	Name     string // session name
	Issued   time.Time
	Expires  time.Time
	// Policies are inline session policies (JSON). None: no limit by session.
	Policies []string
	// PolicyARNs are managed session policies.
	PolicyARNs     []string
	Tags           map[string]string
	SourceIdentity string
	// FederatedProvider is aws:FederatedProvider:
	// "cognito-identity.amazonaws.com" for identity-pool credentials.
	FederatedProvider string
	Cognito           *CognitoSession
}

// CognitoSession is the part of a session that identity-pool credentials have.
type CognitoSession struct {
	IdentityPoolID string
	IdentityID     string
	// AMR is "authenticated" or "unauthenticated", then for a login
	// PROVIDER and PROVIDER:CognitoSignIn:SUB.
	AMR []string
}

// Authenticated says whether the identity has a verified login.
func (c *CognitoSession) Authenticated() bool {
	return len(c.AMR) > 0 && c.AMR[0] == "authenticated"
}

// Provider returns cognitoAuthenticationProvider as API Gateway shows it: the
// AMR entries after the first, joined by a comma; empty for guests.
func (c *CognitoSession) Provider() string {
	s := ""
	for i, m := range c.AMR {
		if i == 0 {
			continue
		}
		if s != "" {
			s += ","
		}
		s += m
	}
	return s
}

// Environment is the part of a request the policy context needs beside the
// caller. It is filled from typed facts (socket, clock, verified signature);
// request headers never enter it but for the two that AWS defines as context
// keys (UserAgent, Referer).
type Environment struct {
	RequestID string
	Now       time.Time
	// SourceIP is the socket's peer, or the address a configured proxy gave.
	SourceIP        string
	SecureTransport bool
	UserAgent       string
	Referer         string
	Region          string
	// Via is the service principal on whose behalf the caller's rights are
	// used (aws:ViaAWSService, aws:CalledVia), for example
	// "cloudformation.amazonaws.com"; empty for direct calls.
	Via string
}

// Context builds the policy context of aws: keys for a caller.
func Context(c *Caller, env *Environment) *policy.Context {
	ctx := new(policy.Context)
	fillCaller(ctx, c)
	fillEnvironment(ctx, env)
	return ctx
}
