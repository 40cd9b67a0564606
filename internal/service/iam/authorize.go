package iam

import (
	"context"
	"errors"
	"fmt"

	"github.com/bawn-dev/bawn/arn"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

var _ awsapi.Authorizer = (*Service)(nil)

// errGone: the principal was deleted after its credentials were made, or made
// again under the same name.
var errGone = errors.New("the principal no longer exists")

// Authorize decides whether a caller may do what a demand names. It finds the
// caller's policies as they are now: a user's with those of its groups, or a
// role's by the role's unique id, with the boundary and the session's own
// policies. Any error is a denial.
func (s *Service) Authorize(ctx context.Context, caller *awsapi.Caller, env *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	req := &policy.Request{
		Principal: principalOf(caller), Action: d.Action, Resource: d.Resource, ResourceAccount: d.ResourceAccount,
		Context: awsapi.Context(caller, env), MustAllow: d.MustAllow,
	}
	set := &policy.Set{}
	p, err := s.callerPolicies(ctx, caller, set)
	if errors.Is(err, errGone) {
		return goneDecision(caller, d), nil
	}
	if err != nil {
		return awsapi.Decided{Demand: d}, err
	}
	if p != nil {
		addPrincipalTags(req.Context, p.tags)
	}
	if owner := s.ownerOf(d); owner != "" {
		req.ResourceAccount = owner
		req.Context.Set("aws:ResourceAccount", owner)
	}
	req.Context.Merge(d.Context)
	if d.ResourcePolicy != nil {
		name := d.ResourcePolicyName
		if name == "" {
			name = "resource policy of " + d.Resource
		}
		set.Resource = []policy.Named{{Name: name, Policy: d.ResourcePolicy}}
	}
	out := awsapi.Decided{Demand: d, Decision: policy.Evaluate(req, set)}
	if !out.Decision.Allowed() {
		out.Explain = func() policy.Trail { return policy.Explain(req, set) }
	}
	return out, nil
}

// goneDecision refuses a principal that no longer exists.
func goneDecision(caller *awsapi.Caller, d awsapi.Demand) awsapi.Decided {
	decision := policy.Decision{Reason: policy.NoIdentityAllow, Statement: -1}
	return awsapi.Decided{Demand: d, Decision: decision, Explain: func() policy.Trail {
		return policy.Trail{
			Principal: caller.ARN, Action: d.Action, Resource: d.Resource, Decision: decision,
			Summary: caller.ARN + " may not " + d.Action + " on " + d.Resource + ": the user or role behind these credentials was deleted.",
		}
	}}
}

// ownerOf is the account that owns the resource; this account's own where
// neither the demand nor the ARN tells.
func (s *Service) ownerOf(d awsapi.Demand) string {
	if d.ResourceAccount != "" {
		return d.ResourceAccount
	}
	if a, err := arn.Parse(d.Resource); err == nil && a.Account != "" && a.Account != "aws" {
		return a.Account
	}
	return s.account
}

// principalOf turns a caller into the principal that policies know.
func principalOf(c *awsapi.Caller) policy.Principal {
	p := policy.Principal{Account: c.Account, ARN: c.ARN}
	switch c.Kind {
	case awsapi.Root:
		p.Kind = policy.PrincipalRoot
	case awsapi.User:
		p.Kind, p.UniqueID = policy.PrincipalUser, c.UserID
	case awsapi.RoleSession:
		p.Kind = policy.PrincipalRoleSession
		if c.Session != nil {
			p.RoleARN, p.UniqueID = c.Session.RoleARN, c.Session.RoleID
		}
	case awsapi.FederatedUser:
		p.Kind = policy.PrincipalFederatedUser
	case awsapi.ServicePrincipal:
		p.Kind, p.Service = policy.PrincipalService, c.ServiceName
	case awsapi.Anonymous:
	}
	return p
}

// callerPolicies fills set with the caller's own policies. The returned
// principal is nil for callers that have none.
func (s *Service) callerPolicies(ctx context.Context, c *awsapi.Caller, set *policy.Set) (*principal, error) {
	switch c.Kind {
	case awsapi.User:
		p, err := s.principal(ctx, kindUser, c.UserName)
		if err != nil {
			return nil, err
		}
		if p == nil || p.id != c.UserID {
			return nil, fmt.Errorf("user %s: %w", c.UserName, errGone)
		}
		*set = p.set
		return p, nil
	case awsapi.RoleSession:
		return s.sessionPolicies(ctx, c.Session, set)
	case awsapi.FederatedUser:
		return nil, fmt.Errorf("federated users are not built")
	case awsapi.Anonymous, awsapi.Root, awsapi.ServicePrincipal:
	}
	return nil, nil
}

func (s *Service) sessionPolicies(ctx context.Context, session *awsapi.Session, set *policy.Set) (*principal, error) {
	if session == nil {
		return nil, fmt.Errorf("a role session without a session")
	}
	p, err := s.principal(ctx, kindRole, session.RoleName)
	if err != nil {
		return nil, err
	}
	if p == nil || p.id != session.RoleID {
		return nil, fmt.Errorf("role %s of the session: %w", session.RoleName, errGone)
	}
	*set = p.set
	if len(session.Policies) == 0 && len(session.PolicyARNs) == 0 {
		return p, nil
	}
	set.HasSession = true
	for _, text := range session.Policies {
		compiled, err := s.document(text)
		if err != nil {
			return nil, err
		}
		set.Session = append(set.Session, policy.Named{Name: "session policy", Policy: compiled})
	}
	if len(session.PolicyARNs) > 0 {
		managed, err := s.managedPolicies(ctx, session.PolicyARNs)
		if err != nil {
			return nil, err
		}
		set.Session = append(set.Session, managed...)
	}
	return p, nil
}

// addPrincipalTags adds the user's or role's own tags; those of the session
// are set already and go before.
func addPrincipalTags(ctx *policy.Context, tags []tag) {
	for _, t := range tags {
		key := "aws:PrincipalTag/" + t.Key
		if _, ok := ctx.Get(key); !ok {
			ctx.Set(key, t.Value)
		}
	}
}
