package awsapi

import (
	"strconv"
	"time"

	"github.com/bawn-dev/bawn/policy"
)

// fillCaller sets the keys that follow from who calls (iam-user-guide,
// reference_policies_condition-keys and reference_policies_variables).
func fillCaller(ctx *policy.Context, c *Caller) {
	set := func(key, value string) {
		if value != "" {
			ctx.Set(key, value)
		}
	}
	set("aws:userid", c.UserID)
	switch c.Kind {
	case Anonymous:
		ctx.Set("aws:PrincipalType", "Anonymous")
		ctx.Set("aws:userid", "anonymous")
	case Root:
		ctx.Set("aws:PrincipalType", "Account")
		set("aws:PrincipalArn", c.ARN)
	case User:
		ctx.Set("aws:PrincipalType", "User")
		set("aws:PrincipalArn", c.ARN)
		set("aws:username", c.UserName)
	case RoleSession:
		ctx.Set("aws:PrincipalType", "AssumedRole")
		fillSession(ctx, c.Session)
	case FederatedUser:
		ctx.Set("aws:PrincipalType", "FederatedUser")
		set("aws:PrincipalArn", c.ARN)
		fillSession(ctx, c.Session)
	case ServicePrincipal:
		ctx.Set("aws:PrincipalIsAWSService", "true")
		set("aws:PrincipalServiceName", c.ServiceName)
		set("aws:SourceArn", c.SourceARN)
		set("aws:SourceAccount", c.SourceAccount)
		return
	}
	ctx.Set("aws:PrincipalIsAWSService", "false")
	set("aws:PrincipalAccount", c.Account)
}

func fillSession(ctx *policy.Context, s *Session) {
	if s == nil {
		return
	}
	if s.RoleARN != "" {
		ctx.Set("aws:PrincipalArn", s.RoleARN)
	}
	ctx.Set("aws:TokenIssueTime", s.Issued.UTC().Format(time.RFC3339))
	if s.SourceIdentity != "" {
		ctx.Set("aws:SourceIdentity", s.SourceIdentity)
	}
	if s.FederatedProvider != "" {
		ctx.Set("aws:FederatedProvider", s.FederatedProvider)
	}
	for k, v := range s.Tags {
		ctx.Set("aws:PrincipalTag/"+k, v)
	}
	if g := s.Cognito; g != nil {
		ctx.Set("cognito-identity.amazonaws.com:sub", g.IdentityID)
		ctx.Set("cognito-identity.amazonaws.com:aud", g.IdentityPoolID)
		ctx.Set("cognito-identity.amazonaws.com:amr", g.AMR...)
	}
}

func fillEnvironment(ctx *policy.Context, env *Environment) {
	ctx.Set("aws:CurrentTime", env.Now.UTC().Format(time.RFC3339))
	ctx.Set("aws:EpochTime", strconv.FormatInt(env.Now.Unix(), 10))
	ctx.Set("aws:SecureTransport", strconv.FormatBool(env.SecureTransport))
	if env.SourceIP != "" {
		ctx.Set("aws:SourceIp", env.SourceIP)
	}
	if env.UserAgent != "" {
		ctx.Set("aws:UserAgent", env.UserAgent)
	}
	if env.Referer != "" {
		ctx.Set("aws:Referer", env.Referer)
	}
	if env.Region != "" {
		ctx.Set("aws:RequestedRegion", env.Region)
	}
	ctx.Set("aws:ViaAWSService", strconv.FormatBool(env.Via != ""))
	if env.Via != "" {
		ctx.Set("aws:CalledVia", env.Via)
		ctx.Set("aws:CalledViaFirst", env.Via)
		ctx.Set("aws:CalledViaLast", env.Via)
	}
}
