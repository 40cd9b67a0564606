package s3

import (
	"context"

	"github.com/bawn-dev/bawn/policy"
	"github.com/bawn-dev/bawn/sigv4"
)

// Principals finds the unique ids of the users and roles that a policy names.
// The iam service implements it.
type Principals interface {
	// BindPrincipals returns the ids by ARN; missing is a named principal of
	// this account that does not exist, or "".
	BindPrincipals(ctx context.Context, p *policy.Policy) (ids map[string]string, missing string, err error)
}

// trailed is an upload whose body ends in headers; the gateway's reader of
// aws-chunked bodies is one. The headers are there once Read gave io.EOF.
type trailed interface{ Trailer() []sigv4.Header }
