package awsapi

import (
	"context"
	"errors"
)

// Credential is what stands behind an access key: the secret that signs, and
// the principal it signs for. It is never logged and never leaves the process.
type Credential struct {
	Secret string
	Caller *Caller
}

// Why an access key cannot be used. The gateway words them in the manner of
// the called service.
var (
	// ErrUnknownAccessKey: no such key, or it is inactive or deleted.
	ErrUnknownAccessKey = errors.New("unknown access key")
	// ErrInvalidSessionToken: a temporary key without its token, a long-term
	// key with one, or a token that was altered, swapped or revoked.
	ErrInvalidSessionToken = errors.New("invalid session token")
	// ErrExpiredSessionToken: the session is over.
	ErrExpiredSessionToken = errors.New("expired session token")
)

// Credentials finds what stands behind an access key. The iam service
// implements it. Any error but the three above is an internal one.
type Credentials interface {
	Credential(ctx context.Context, accessKeyID, sessionToken string) (*Credential, error)
}
