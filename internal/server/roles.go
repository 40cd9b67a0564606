package server

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/function"
	"github.com/bawn-dev/bawn/internal/service/sts"
)

// executionRoles gives functions' processes the credentials of their roles: a
// role's trust policy decides, as it does for everybody.
type executionRoles struct{ sts *sts.Service }

// functionSession is how long the credentials of a function's process live;
// the pool gets new ones before they end.
const functionSession = time.Hour

// RoleCredentials gives a function's process the credentials of its role.
func (r *executionRoles) RoleCredentials(ctx context.Context, roleARN, sessionName string) (function.Credentials, error) {
	c, err := r.sts.ServiceCredentials(ctx, roleARN, "lambda.amazonaws.com", sessionName, functionSession)
	if err != nil {
		return function.Credentials{}, err
	}
	return function.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken, Expires: c.Expires}, nil
}
