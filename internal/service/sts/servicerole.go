package sts

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

// ServiceCredentials gives out credentials of a role to an AWS service that
// the role's trust policy names: the execution role of a function to
// "lambda.amazonaws.com". The refusal is an *awsapi.Error.
func (s *Service) ServiceCredentials(ctx context.Context, roleARN, service, sessionName string, lifetime time.Duration) (*awsapi.SessionCredentials, error) {
	role, err := s.roles.Role(ctx, roleARN)
	if err != nil {
		return nil, err
	}
	who := policy.Principal{Kind: policy.PrincipalService, Service: service}
	env := &awsapi.Environment{Now: s.clock.Now(), SecureTransport: true}
	if role == nil || !role.DecideTrust(who, "sts:AssumeRole", nil, env).Decision.Allowed() {
		return nil, fail("AccessDenied", 403, "%s is not authorized to perform: sts:AssumeRole on resource: %s", service, roleARN)
	}
	return s.roles.MintSession(ctx, &awsapi.Session{
		RoleID: role.ID, RoleARN: role.ARN, RoleName: role.Name, Name: sessionName, Expires: s.clock.Now().Add(lifetime),
	})
}
