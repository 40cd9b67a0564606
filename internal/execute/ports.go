package execute

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/token"
)

// APIs gives stages and deployments in AWS's own shapes; the apigateway
// service implements it.
type APIs interface {
	// StageOf returns a stage, nil if the API or the stage does not exist. It
	// returns the same pointer as long as the stage has not changed; the stage
	// is read-only.
	StageOf(ctx context.Context, apiID, stage string) (*apigateway.Stage, error)
	// Deployed returns what a deployment froze: the API, its resources with
	// their methods, its authorizers and its customised gateway responses. It
	// is asked once for a deployment, not for every request.
	Deployed(ctx context.Context, apiID, deploymentID string) (api *apigateway.RestApi, resources []apigateway.Resource,
		authorizers []apigateway.Authorizer, responses []apigateway.GatewayResponse, err error)
}

// Functions invokes functions. The server implements it over the door, with
// lambda:InvokeFunction as the service principal apigateway.amazonaws.com.
type Functions interface {
	// InvokeFunction runs a function and waits for its result (with Async it
	// only hands the payload over). An *awsapi.Error means that the function
	// was not called: it does not exist, its policy does not allow the API, it
	// is throttled. ctx ends at the integration's time-out.
	InvokeFunction(ctx context.Context, in *Invocation) (*InvocationResult, error)
}

// Invocation is one call of a function.
type Invocation struct {
	// FunctionARN may end in a version or alias.
	FunctionARN string
	// SourceARN is the calling method's ARN, aws:SourceArn for the function's
	// resource policy: arn:aws:execute-api:R:A:API/STAGE/METHOD/resource/{path}.
	SourceARN string
	Payload   []byte
	Async     bool
	// Env is the request's environment.
	Env *awsapi.Environment
}

// InvocationResult is a function's answer.
type InvocationResult struct {
	Payload []byte
	// FunctionError is "Unhandled" or "Handled" when the function failed.
	FunctionError string
}

// Tokens verifies user-pool tokens; the server implements it over cognito-idp.
type Tokens interface {
	// VerifyToken checks signature, issuer (one of the user pools, given by
	// ARN), use ("id" or "access") and expiry at now, and returns all claims.
	// token.ErrExpired is in the chain for a token that is only too old.
	VerifyToken(ctx context.Context, raw, use string, userPoolARNs []string, now time.Time) (token.Claims, error)
}
