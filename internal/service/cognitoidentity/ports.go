package cognitoidentity

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/token"
)

// Roles is what identity pools need of iam.
type Roles interface {
	// Role returns the role with an ARN, nil if there is none.
	Role(ctx context.Context, roleARN string) (*awsapi.Role, error)
	// MintSession makes temporary credentials for a session that was decided
	// on.
	MintSession(ctx context.Context, session *awsapi.Session) (*awsapi.SessionCredentials, error)
	// RevokeIdentities ends the sessions of identities issued before now.
	RevokeIdentities(ctx context.Context, identityIDs ...string) error
}

// TokenVerifier verifies ID tokens of user pools. The cognito-idp service
// implements it.
type TokenVerifier interface {
	// VerifyIDToken checks an ID token of a user pool: signature, issuer, use,
	// expiry. Errors are those of package token, or an *awsapi.Error for a
	// user pool that does not exist. clients nil: any client.
	VerifyIDToken(ctx context.Context, raw, userPool string, clients []string) (token.Claims, error)
	// CheckUser refuses verified claims whose user is gone, disabled or has
	// signed out everywhere since (ServerSideTokenCheck).
	CheckUser(ctx context.Context, claims token.Claims) error
}
