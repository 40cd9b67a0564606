package iam

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// inlineQuota is the number of characters all inline policies of an entity may
// have together.
func inlineQuota(kind string) int {
	switch kind {
	case kindUser:
		return 2048
	case kindGroup:
		return 5120
	}
	return 10240
}

func (s *Service) putInline(ctx context.Context, kind string, name, policyName, document *string) error {
	if _, err := policy.Parse(policy.Identity, []byte(text(document))); err != nil {
		return malformed(err)
	}
	if err := checkName(text(policyName)); err != nil {
		return err
	}
	s.lint(policy.Identity, "inline policy "+text(policyName)+" of "+kind+" "+text(name), text(document))
	return s.change(ctx, kind, name, func(_ *store.Tx, e *entity) error {
		if e.Inline == nil {
			e.Inline = map[string]string{}
		}
		e.Inline[text(policyName)] = text(document)
		if quota := inlineQuota(kind); e.size() > quota {
			return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", quota, kind, e.Name)
		}
		return nil
	})
}

func (s *Service) getInline(ctx context.Context, kind string, name, policyName *string) (*string, error) {
	e, err := s.read(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	document, ok := e.Inline[text(policyName)]
	if !ok {
		return nil, noSuchInline(kind, text(policyName))
	}
	return escapeDocument(document), nil
}

func (s *Service) deleteInline(ctx context.Context, kind string, name, policyName *string) error {
	return s.change(ctx, kind, name, func(_ *store.Tx, e *entity) error {
		if _, ok := e.Inline[text(policyName)]; !ok {
			return noSuchInline(kind, text(policyName))
		}
		delete(e.Inline, text(policyName))
		return nil
	})
}

func (s *Service) listInline(ctx context.Context, kind string, name, marker *string, maxItems *int32) (page[string], error) {
	e, err := s.read(ctx, kind, name)
	if err != nil {
		return page[string]{}, err
	}
	p, err := cut(sortedNames(e.Inline), itself, marker, maxItems)
	if p.items == nil {
		p.items = []string{}
	}
	return p, err
}

// PutUserPolicy writes an inline policy of a user.
func (s *Service) PutUserPolicy(ctx context.Context, _ *awsapi.Call, in *shape.PutUserPolicyInput) (*shape.PutUserPolicyOutput, error) {
	return &shape.PutUserPolicyOutput{}, s.putInline(ctx, kindUser, in.UserName, in.PolicyName, in.PolicyDocument)
}

// GetUserPolicy shows an inline policy of a user.
func (s *Service) GetUserPolicy(ctx context.Context, _ *awsapi.Call, in *shape.GetUserPolicyInput) (*shape.GetUserPolicyOutput, error) {
	doc, err := s.getInline(ctx, kindUser, in.UserName, in.PolicyName)
	return &shape.GetUserPolicyOutput{UserName: in.UserName, PolicyName: in.PolicyName, PolicyDocument: doc}, err
}

// DeleteUserPolicy deletes an inline policy of a user.
func (s *Service) DeleteUserPolicy(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserPolicyInput) (*shape.DeleteUserPolicyOutput, error) {
	return &shape.DeleteUserPolicyOutput{}, s.deleteInline(ctx, kindUser, in.UserName, in.PolicyName)
}

// ListUserPolicies lists the inline policies of a user.
func (s *Service) ListUserPolicies(ctx context.Context, _ *awsapi.Call, in *shape.ListUserPoliciesInput) (*shape.ListUserPoliciesOutput, error) {
	p, err := s.listInline(ctx, kindUser, in.UserName, in.Marker, in.MaxItems)
	return &shape.ListUserPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// PutGroupPolicy writes an inline policy of a group.
func (s *Service) PutGroupPolicy(ctx context.Context, _ *awsapi.Call, in *shape.PutGroupPolicyInput) (*shape.PutGroupPolicyOutput, error) {
	return &shape.PutGroupPolicyOutput{}, s.putInline(ctx, kindGroup, in.GroupName, in.PolicyName, in.PolicyDocument)
}

// GetGroupPolicy shows an inline policy of a group.
func (s *Service) GetGroupPolicy(ctx context.Context, _ *awsapi.Call, in *shape.GetGroupPolicyInput) (*shape.GetGroupPolicyOutput, error) {
	doc, err := s.getInline(ctx, kindGroup, in.GroupName, in.PolicyName)
	return &shape.GetGroupPolicyOutput{GroupName: in.GroupName, PolicyName: in.PolicyName, PolicyDocument: doc}, err
}

// DeleteGroupPolicy deletes an inline policy of a group.
func (s *Service) DeleteGroupPolicy(ctx context.Context, _ *awsapi.Call, in *shape.DeleteGroupPolicyInput) (*shape.DeleteGroupPolicyOutput, error) {
	return &shape.DeleteGroupPolicyOutput{}, s.deleteInline(ctx, kindGroup, in.GroupName, in.PolicyName)
}

// ListGroupPolicies lists the inline policies of a group.
func (s *Service) ListGroupPolicies(ctx context.Context, _ *awsapi.Call, in *shape.ListGroupPoliciesInput) (*shape.ListGroupPoliciesOutput, error) {
	p, err := s.listInline(ctx, kindGroup, in.GroupName, in.Marker, in.MaxItems)
	return &shape.ListGroupPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// PutRolePolicy writes an inline policy of a role.
func (s *Service) PutRolePolicy(ctx context.Context, _ *awsapi.Call, in *shape.PutRolePolicyInput) (*shape.PutRolePolicyOutput, error) {
	return &shape.PutRolePolicyOutput{}, s.putInline(ctx, kindRole, in.RoleName, in.PolicyName, in.PolicyDocument)
}

// GetRolePolicy shows an inline policy of a role.
func (s *Service) GetRolePolicy(ctx context.Context, _ *awsapi.Call, in *shape.GetRolePolicyInput) (*shape.GetRolePolicyOutput, error) {
	doc, err := s.getInline(ctx, kindRole, in.RoleName, in.PolicyName)
	return &shape.GetRolePolicyOutput{RoleName: in.RoleName, PolicyName: in.PolicyName, PolicyDocument: doc}, err
}

// DeleteRolePolicy deletes an inline policy of a role.
func (s *Service) DeleteRolePolicy(ctx context.Context, _ *awsapi.Call, in *shape.DeleteRolePolicyInput) (*shape.DeleteRolePolicyOutput, error) {
	return &shape.DeleteRolePolicyOutput{}, s.deleteInline(ctx, kindRole, in.RoleName, in.PolicyName)
}

// ListRolePolicies lists the inline policies of a role.
func (s *Service) ListRolePolicies(ctx context.Context, _ *awsapi.Call, in *shape.ListRolePoliciesInput) (*shape.ListRolePoliciesOutput, error) {
	p, err := s.listInline(ctx, kindRole, in.RoleName, in.Marker, in.MaxItems)
	return &shape.ListRolePoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}
