package sts

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	shape "github.com/bawn-dev/bawn/internal/shape/sts"
)

// Config is what a Service is made of; every field is required.
type Config struct {
	Clock         clock.Clock
	Account       string
	Roles         Roles
	WebIdentities WebIdentities
}

// Service is STS. It is safe for concurrent use.
type Service struct {
	clock         clock.Clock
	account       string
	roles         Roles
	webIdentities WebIdentities
}

// New makes the service.
func New(c Config) *Service {
	return &Service{clock: c.Clock, account: c.Account, roles: c.Roles, webIdentities: c.WebIdentities}
}

// GetCallerIdentity tells a signed caller who it is. It needs no permission
// and nothing can deny it.
func (s *Service) GetCallerIdentity(_ context.Context, call *awsapi.Call, _ *shape.GetCallerIdentityInput) (*shape.GetCallerIdentityOutput, error) {
	c := call.Caller()
	account, arn, id := c.Account, c.ARN, c.UserID
	if c.Kind == awsapi.Anonymous || c.Kind == awsapi.ServicePrincipal || arn == "" {
		return nil, awsapi.MissingAuthentication()
	}
	return &shape.GetCallerIdentityOutput{Account: &account, Arn: &arn, UserId: &id}, nil
}

// GetAccessKeyInfo tells which account an access key belongs to.
func (s *Service) GetAccessKeyInfo(ctx context.Context, _ *awsapi.Call, in *shape.GetAccessKeyInfoInput) (*shape.GetAccessKeyInfoOutput, error) {
	account, err := s.roles.KeyAccount(ctx, text(in.AccessKeyId))
	if err != nil {
		return nil, err
	}
	if account == "" {
		return nil, validation("Invalid Access Key: %s", text(in.AccessKeyId))
	}
	return &shape.GetAccessKeyInfoOutput{Account: &account}, nil
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func ptr[T any](v T) *T { return &v }

func credentialsShape(c *awsapi.SessionCredentials) *shape.Credentials {
	return &shape.Credentials{
		AccessKeyId: &c.AccessKeyID, SecretAccessKey: &c.SecretAccessKey, SessionToken: &c.SessionToken, Expiration: ptr(c.Expires),
	}
}

// chained is the longest session in seconds that one role may give another.
const chained = time.Hour

// duration decides how long a session lives: at least 15 minutes, at most what
// the role allows, and one hour for a session made from a session.
func duration(seconds *int32, role *awsapi.Role, caller *awsapi.Caller) (time.Duration, error) {
	d := time.Hour
	if seconds != nil {
		d = time.Duration(*seconds) * time.Second
	}
	switch {
	case d < 15*time.Minute:
		return 0, validation("1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900", *seconds)
	case caller != nil && caller.Kind == awsapi.RoleSession && d > chained:
		return 0, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case d > role.MaxSession:
		return 0, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return d, nil
}
