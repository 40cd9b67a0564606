package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/sigv4"
	"github.com/bawn-dev/bawn/token"
)

// maxARN is the longest ARN that API Gateway evaluates, in bytes.
const maxARN = 1600

// authorize applies the method's authorization and the API's resource policy.
// In one account an IAM caller needs an allow of either side; a user-pool token
// says nothing about IAM, so there the policy, if the API has one, must allow
// the anonymous caller as well.
func (x *exchange) authorize(ctx context.Context) *refusal {
	if x.method.broken != "" && x.method.auth != authIAM && x.method.auth != authNone {
		return &refusal{kind: authorizerBroken, cause: errors.New(x.method.broken)}
	}
	switch x.method.auth {
	case authIAM:
		if refused := x.signatureRefusal(); refused != nil {
			return refused
		}
		return x.allowed(ctx, x.in.Caller)
	case authCognito:
		if refused := x.checkToken(ctx); refused != nil {
			return refused
		}
	}
	if x.plan.policy == nil {
		return nil
	}
	return x.allowed(ctx, &awsapi.Caller{})
}

// signatureRefusal refuses a request without a verified signature.
func (x *exchange) signatureRefusal() *refusal {
	if x.in.SignatureErr == nil {
		if x.in.Caller.Kind == awsapi.Anonymous {
			return &refusal{kind: missingToken, message: missingToken.message, why: "the method needs a signature (AWS_IAM), the request has none"}
		}
		return nil
	}
	var e *sigv4.Error
	if !errors.As(x.in.SignatureErr, &e) {
		return &refusal{kind: configurationError, message: configurationError.message, cause: x.in.SignatureErr}
	}
	w := e.Wording(sigv4.FamilyExecute)
	k := invalidSignature
	switch e.Kind {
	case sigv4.Unsigned:
		k = missingToken
	case sigv4.ExpiredToken:
		k = expiredToken
	case sigv4.OtherScheme, sigv4.MissingComponent, sigv4.NotKeyValue:
		k = missingToken // a gateway response of that type, with the signature's own wording
	}
	k.errorType = w.Code
	return &refusal{kind: k, message: w.Message}
}

// allowed asks for execute-api:Invoke on the method's ARN. The path in it is
// the one that was sent; where a function's own router could read it as another
// one (escapes, dot segments, doubled slashes), that one must be allowed too.
func (x *exchange) allowed(ctx context.Context, caller *awsapi.Caller) *refusal {
	if refused := x.allowedPath(ctx, caller, x.path); refused != nil {
		return refused
	}
	if other := effective(x.path); other != x.path {
		return x.allowedPath(ctx, caller, other)
	}
	return nil
}

func (x *exchange) allowedPath(ctx context.Context, caller *awsapi.Caller, path string) *refusal {
	arn := x.methodARN(path)
	if len(arn) > maxARN {
		return &refusal{kind: uriTooLong, message: uriTooLong.message}
	}
	demand := awsapi.Demand{Action: "execute-api:Invoke", Resource: arn, ResourceAccount: x.plane.account, ResourcePolicy: x.plan.policy}
	if x.plan.policy != nil {
		demand.ResourcePolicyName = "resource policy of API " + x.plan.apiID
	}
	decided, err := x.plane.authorizer.Authorize(ctx, caller, x.in.Env, demand)
	if err != nil {
		return &refusal{kind: configurationError, message: configurationError.message, cause: fmt.Errorf("authorize %s: %w", arn, err)}
	}
	x.out.Decisions = append(x.out.Decisions, decided)
	if decided.Decision.Allowed() {
		return nil
	}
	demand.Resource = x.maskAccount(arn)
	return &refusal{kind: accessDenied, message: awsapi.DeniedMessage(caller, demand, decided.Decision), capital: true}
}

// methodARN is arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path.
func (x *exchange) methodARN(path string) string {
	return "arn:aws:execute-api:" + x.plane.region + ":" + x.plane.account + ":" + x.in.APIID + "/" + x.in.Stage + "/" + x.in.Method + path
}

// maskAccount hides all but the last four digits of the account, as API
// Gateway does in its refusals.
func (x *exchange) maskAccount(arn string) string {
	account := x.plane.account
	if len(account) < 4 {
		return arn
	}
	return strings.Replace(arn, ":"+account+":", ":"+strings.Repeat("*", len(account)-4)+account[len(account)-4:]+":", 1)
}

// checkToken verifies a user-pool token: an ID token where the method has no
// scopes, else an access token with at least one of them.
func (x *exchange) checkToken(ctx context.Context) *refusal {
	raw := x.header(x.method.source)
	if fields := strings.Fields(raw); len(fields) == 2 && strings.EqualFold(fields[0], "Bearer") {
		raw = fields[1]
	}
	if raw == "" {
		return &refusal{kind: unauthorized, message: unauthorized.message, why: "the method needs a user-pool token, the request has none in " + x.method.source}
	}
	use := "id"
	if len(x.method.scopes) > 0 {
		use = "access"
	}
	if x.plane.tokens == nil {
		return &refusal{kind: authorizerBroken, cause: errors.New("no verifier of user-pool tokens is configured")}
	}
	claims, err := x.plane.tokens.VerifyToken(ctx, raw, use, x.method.pools, x.in.Env.Now)
	switch {
	case errors.Is(err, token.ErrExpired):
		return &refusal{kind: unauthorized, message: "The incoming token has expired"}
	case err != nil:
		return &refusal{kind: unauthorized, message: unauthorized.message, why: "the method needs an " + use + " token: " + err.Error()}
	}
	if use == "access" && !x.hasScope(claims.String("scope")) {
		return &refusal{kind: unauthorized, message: unauthorized.message,
			why: "the access token has none of the method's scopes (" + strings.Join(x.method.scopes, " ") + ")"}
	}
	x.claims = claims
	return nil
}

func (x *exchange) hasScope(scope string) bool {
	for s := range strings.FieldsSeq(scope) {
		if slices.Contains(x.method.scopes, s) {
			return true
		}
	}
	return false
}
