package server

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/function"
	"github.com/bawn-dev/bawn/internal/service/iam"
	"github.com/bawn-dev/bawn/internal/service/sts"
	"github.com/bawn-dev/bawn/policy"
)

// roles tells the lambda service and the pool of processes what they may have
// of an execution role: its trust policy decides, as it does for everybody.
type roles struct {
	iam    *iam.Service
	sts    *sts.Service
	clock  clock.Clock
	region string
}

// lambdaService is the principal that execution roles trust.
const lambdaService = "lambda.amazonaws.com"

// TrustsService says whether the role exists and the service may assume it.
func (r *roles) TrustsService(ctx context.Context, roleARN, service string) (bool, error) {
	role, err := r.iam.Role(ctx, roleARN)
	if err != nil || role == nil {
		return false, err
	}
	who := policy.Principal{Kind: policy.PrincipalService, Service: service}
	env := &awsapi.Environment{Now: r.clock.Now(), SecureTransport: true, Region: r.region}
	return role.DecideTrust(who, "sts:AssumeRole", nil, env).Decision.Allowed(), nil
}

// functionSession is how long the credentials of a function's process live;
// the pool gets new ones before they end.
const functionSession = time.Hour

// RoleCredentials gives a function's process the credentials of its execution
// role.
func (r *roles) RoleCredentials(ctx context.Context, roleARN, sessionName string) (function.Credentials, error) {
	c, err := r.sts.ServiceCredentials(ctx, roleARN, lambdaService, sessionName, functionSession)
	if err != nil {
		return function.Credentials{}, err
	}
	return function.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken, Expires: c.Expires}, nil
}
