package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxAttached is IAM's default quota of managed policies per entity.
const maxAttached = 10

// touchPolicy checks that a managed policy exists and writes its record, so
// that deleting it meanwhile is a conflict. AWS managed policies cannot go.
func (s *Service) touchPolicy(tx *store.Tx, policyARN string) error {
	if s.managed[policyARN] != nil {
		return nil
	}
	p, err := store.GetJSON[policyRecord](tx, s.key("policy", policyARN))
	if err != nil {
		return err
	}
	if p == nil {
		return notAttachable(policyARN)
	}
	return store.PutJSON(tx, s.key("policy", policyARN), p)
}

func (s *Service) attach(ctx context.Context, kind string, name, policyARN *string) error {
	target := text(policyARN)
	return s.change(ctx, kind, name, func(tx *store.Tx, e *entity) error {
		if slices.Contains(e.Attached, target) {
			return nil
		}
		if err := s.touchPolicy(tx, target); err != nil {
			return err
		}
		if len(e.Attached) >= maxAttached {
			return limitExceeded("Cannot exceed quota for PoliciesPer%s: %d", strings.ToUpper(kind[:1])+kind[1:], maxAttached)
		}
		e.Attached = append(e.Attached, target)
		tx.Put(s.key("attached", target, kind, lowerName(e)), nil)
		return nil
	})
}

func (s *Service) detach(ctx context.Context, kind string, name, policyARN *string) error {
	target := text(policyARN)
	return s.change(ctx, kind, name, func(tx *store.Tx, e *entity) error {
		at := slices.Index(e.Attached, target)
		if at < 0 {
			return notAttached(target)
		}
		e.Attached = slices.Delete(e.Attached, at, at+1)
		tx.Delete(s.key("attached", target, kind, lowerName(e)))
		return nil
	})
}

// policyNameOf returns the name in a policy's ARN, and its path.
func policyNameOf(policyARN string) (name, path string) {
	_, resource, _ := strings.Cut(policyARN, ":policy")
	slash := strings.LastIndexByte(resource, '/')
	return resource[slash+1:], resource[:slash+1]
}

func (s *Service) attachedPage(ctx context.Context, kind string, name, pathPrefix, marker *string, maxItems *int32) (page[shape.AttachedPolicy], error) {
	e, err := s.read(ctx, kind, name)
	if err != nil {
		return page[shape.AttachedPolicy]{}, err
	}
	all := []shape.AttachedPolicy{}
	for _, policyARN := range slices.Sorted(slices.Values(e.Attached)) {
		policyName, path := policyNameOf(policyARN)
		if strings.HasPrefix(path, text(pathPrefix)) {
			all = append(all, shape.AttachedPolicy{PolicyName: &policyName, PolicyArn: &policyARN})
		}
	}
	p, err := cut(all, func(a *shape.AttachedPolicy) string { return *a.PolicyArn }, marker, maxItems)
	if p.items == nil {
		p.items = []shape.AttachedPolicy{}
	}
	return p, err
}

// AttachUserPolicy attaches a managed policy to a user.
func (s *Service) AttachUserPolicy(ctx context.Context, _ *awsapi.Call, in *shape.AttachUserPolicyInput) (*shape.AttachUserPolicyOutput, error) {
	return &shape.AttachUserPolicyOutput{}, s.attach(ctx, kindUser, in.UserName, in.PolicyArn)
}

// DetachUserPolicy detaches a managed policy from a user.
func (s *Service) DetachUserPolicy(ctx context.Context, _ *awsapi.Call, in *shape.DetachUserPolicyInput) (*shape.DetachUserPolicyOutput, error) {
	return &shape.DetachUserPolicyOutput{}, s.detach(ctx, kindUser, in.UserName, in.PolicyArn)
}

// ListAttachedUserPolicies lists the managed policies of a user.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, _ *awsapi.Call, in *shape.ListAttachedUserPoliciesInput) (*shape.ListAttachedUserPoliciesOutput, error) {
	p, err := s.attachedPage(ctx, kindUser, in.UserName, in.PathPrefix, in.Marker, in.MaxItems)
	return &shape.ListAttachedUserPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// AttachGroupPolicy attaches a managed policy to a group.
func (s *Service) AttachGroupPolicy(ctx context.Context, _ *awsapi.Call, in *shape.AttachGroupPolicyInput) (*shape.AttachGroupPolicyOutput, error) {
	return &shape.AttachGroupPolicyOutput{}, s.attach(ctx, kindGroup, in.GroupName, in.PolicyArn)
}

// DetachGroupPolicy detaches a managed policy from a group.
func (s *Service) DetachGroupPolicy(ctx context.Context, _ *awsapi.Call, in *shape.DetachGroupPolicyInput) (*shape.DetachGroupPolicyOutput, error) {
	return &shape.DetachGroupPolicyOutput{}, s.detach(ctx, kindGroup, in.GroupName, in.PolicyArn)
}

// ListAttachedGroupPolicies lists the managed policies of a group.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, _ *awsapi.Call, in *shape.ListAttachedGroupPoliciesInput) (*shape.ListAttachedGroupPoliciesOutput, error) {
	p, err := s.attachedPage(ctx, kindGroup, in.GroupName, in.PathPrefix, in.Marker, in.MaxItems)
	return &shape.ListAttachedGroupPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// AttachRolePolicy attaches a managed policy to a role.
func (s *Service) AttachRolePolicy(ctx context.Context, _ *awsapi.Call, in *shape.AttachRolePolicyInput) (*shape.AttachRolePolicyOutput, error) {
	return &shape.AttachRolePolicyOutput{}, s.attach(ctx, kindRole, in.RoleName, in.PolicyArn)
}

// DetachRolePolicy detaches a managed policy from a role.
func (s *Service) DetachRolePolicy(ctx context.Context, _ *awsapi.Call, in *shape.DetachRolePolicyInput) (*shape.DetachRolePolicyOutput, error) {
	return &shape.DetachRolePolicyOutput{}, s.detach(ctx, kindRole, in.RoleName, in.PolicyArn)
}

// ListAttachedRolePolicies lists the managed policies of a role.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, _ *awsapi.Call, in *shape.ListAttachedRolePoliciesInput) (*shape.ListAttachedRolePoliciesOutput, error) {
	p, err := s.attachedPage(ctx, kindRole, in.RoleName, in.PathPrefix, in.Marker, in.MaxItems)
	return &shape.ListAttachedRolePoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}
