package sts

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// Roles is what sts needs of iam.
type Roles interface {
	// Role returns the role with an ARN, nil if there is none.
	Role(ctx context.Context, roleARN string) (*awsapi.Role, error)
	// MintSession makes temporary credentials for a session that was decided
	// on.
	MintSession(ctx context.Context, session *awsapi.Session) (*awsapi.SessionCredentials, error)
	// PolicyExists says whether a managed policy of that ARN exists.
	PolicyExists(ctx context.Context, policyARN string) (bool, error)
	// KeyAccount returns the account of an access key, "" if it is not known.
	KeyAccount(ctx context.Context, accessKeyID string) (string, error)
}

// WebIdentities verifies web identity tokens. cognito-identity implements it
// for the tokens of GetOpenIdToken.
type WebIdentities interface {
	// VerifyWebIdentity verifies a token. Errors are awsapi.ErrWebIdentityExpired
	// and ErrWebIdentityInvalid (in the chain); any other is an internal one.
	VerifyWebIdentity(ctx context.Context, token string) (*awsapi.WebIdentity, error)
}
