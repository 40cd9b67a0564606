package iam

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/policy"
)

// Operations is the service's table: what is built, and who may call it.
func (s *Service) Operations() awsapi.Table {
	lines := s.userLines()
	lines = append(lines, s.groupLines()...)
	lines = append(lines, s.roleLines()...)
	lines = append(lines, s.policyLines()...)
	return awsapi.NewTable(lines...)
}

func (s *Service) userLines() []*awsapi.Operation {
	return []*awsapi.Operation{
		awsapi.Op("CreateUser", s.CreateUser, making(s, kindUser, "CreateUser", func(in *shape.CreateUserInput) (name, path *string) { return in.UserName, in.Path }, func(ctx *policy.Context, in *shape.CreateUserInput) {
			requestTags(ctx, in.Tags)
			boundaryKey(ctx, in.PermissionsBoundary)
		})),
		awsapi.Op("GetUser", s.GetUser, about(s, kindUser, "GetUser", func(in *shape.GetUserInput) *string { return in.UserName }, nil)),
		awsapi.Op("UpdateUser", s.UpdateUser, moving(s, kindUser, "UpdateUser", func(in *shape.UpdateUserInput) *string { return in.UserName }, func(in *shape.UpdateUserInput) (name, path *string) { return in.NewUserName, in.NewPath })),
		awsapi.Op("DeleteUser", s.DeleteUser, about(s, kindUser, "DeleteUser", func(in *shape.DeleteUserInput) *string { return in.UserName }, nil)),
		awsapi.Op("ListUsers", s.ListUsers, listing(s, kindUser, "ListUsers", func(in *shape.ListUsersInput) *string { return in.PathPrefix })),
		awsapi.Op("TagUser", s.TagUser, about(s, kindUser, "TagUser", func(in *shape.TagUserInput) *string { return in.UserName }, func(ctx *policy.Context, in *shape.TagUserInput) { requestTags(ctx, in.Tags) })),
		awsapi.Op("UntagUser", s.UntagUser, about(s, kindUser, "UntagUser", func(in *shape.UntagUserInput) *string { return in.UserName }, func(ctx *policy.Context, in *shape.UntagUserInput) { tagKeys(ctx, in.TagKeys) })),
		awsapi.Op("ListUserTags", s.ListUserTags, about(s, kindUser, "ListUserTags", func(in *shape.ListUserTagsInput) *string { return in.UserName }, nil)),
		awsapi.Op("CreateAccessKey", s.CreateAccessKey, about(s, kindUser, "CreateAccessKey", func(in *shape.CreateAccessKeyInput) *string { return in.UserName }, nil)),
		awsapi.Op("UpdateAccessKey", s.UpdateAccessKey, about(s, kindUser, "UpdateAccessKey", func(in *shape.UpdateAccessKeyInput) *string { return in.UserName }, nil)),
		awsapi.Op("DeleteAccessKey", s.DeleteAccessKey, about(s, kindUser, "DeleteAccessKey", func(in *shape.DeleteAccessKeyInput) *string { return in.UserName }, nil)),
		awsapi.Op("ListAccessKeys", s.ListAccessKeys, about(s, kindUser, "ListAccessKeys", func(in *shape.ListAccessKeysInput) *string { return in.UserName }, nil)),
		awsapi.Op("PutUserPolicy", s.PutUserPolicy, about(s, kindUser, "PutUserPolicy", func(in *shape.PutUserPolicyInput) *string { return in.UserName }, nil)),
		awsapi.Op("GetUserPolicy", s.GetUserPolicy, about(s, kindUser, "GetUserPolicy", func(in *shape.GetUserPolicyInput) *string { return in.UserName }, nil)),
		awsapi.Op("DeleteUserPolicy", s.DeleteUserPolicy, about(s, kindUser, "DeleteUserPolicy", func(in *shape.DeleteUserPolicyInput) *string { return in.UserName }, nil)),
		awsapi.Op("ListUserPolicies", s.ListUserPolicies, about(s, kindUser, "ListUserPolicies", func(in *shape.ListUserPoliciesInput) *string { return in.UserName }, nil)),
		awsapi.Op("AttachUserPolicy", s.AttachUserPolicy, about(s, kindUser, "AttachUserPolicy", func(in *shape.AttachUserPolicyInput) *string { return in.UserName }, func(ctx *policy.Context, in *shape.AttachUserPolicyInput) { policyARNKey(ctx, in.PolicyArn) })),
		awsapi.Op("DetachUserPolicy", s.DetachUserPolicy, about(s, kindUser, "DetachUserPolicy", func(in *shape.DetachUserPolicyInput) *string { return in.UserName }, func(ctx *policy.Context, in *shape.DetachUserPolicyInput) { policyARNKey(ctx, in.PolicyArn) })),
		awsapi.Op("ListAttachedUserPolicies", s.ListAttachedUserPolicies, about(s, kindUser, "ListAttachedUserPolicies", func(in *shape.ListAttachedUserPoliciesInput) *string { return in.UserName }, nil)),
		awsapi.Op("PutUserPermissionsBoundary", s.PutUserPermissionsBoundary, about(s, kindUser, "PutUserPermissionsBoundary", func(in *shape.PutUserPermissionsBoundaryInput) *string { return in.UserName }, func(ctx *policy.Context, in *shape.PutUserPermissionsBoundaryInput) {
			boundaryKey(ctx, in.PermissionsBoundary)
		})),
		awsapi.Op("DeleteUserPermissionsBoundary", s.DeleteUserPermissionsBoundary, about(s, kindUser, "DeleteUserPermissionsBoundary", func(in *shape.DeleteUserPermissionsBoundaryInput) *string { return in.UserName }, nil)),
		awsapi.Op("ListGroupsForUser", s.ListGroupsForUser, about(s, kindUser, "ListGroupsForUser", func(in *shape.ListGroupsForUserInput) *string { return in.UserName }, nil)),
	}
}

func (s *Service) groupLines() []*awsapi.Operation {
	return []*awsapi.Operation{
		awsapi.Op("CreateGroup", s.CreateGroup, making(s, kindGroup, "CreateGroup", func(in *shape.CreateGroupInput) (name, path *string) { return in.GroupName, in.Path }, nil)),
		awsapi.Op("GetGroup", s.GetGroup, about(s, kindGroup, "GetGroup", func(in *shape.GetGroupInput) *string { return in.GroupName }, nil)),
		awsapi.Op("UpdateGroup", s.UpdateGroup, moving(s, kindGroup, "UpdateGroup", func(in *shape.UpdateGroupInput) *string { return in.GroupName }, func(in *shape.UpdateGroupInput) (name, path *string) { return in.NewGroupName, in.NewPath })),
		awsapi.Op("DeleteGroup", s.DeleteGroup, about(s, kindGroup, "DeleteGroup", func(in *shape.DeleteGroupInput) *string { return in.GroupName }, nil)),
		awsapi.Op("ListGroups", s.ListGroups, listing(s, kindGroup, "ListGroups", func(in *shape.ListGroupsInput) *string { return in.PathPrefix })),
		awsapi.Op("AddUserToGroup", s.AddUserToGroup, about(s, kindGroup, "AddUserToGroup", func(in *shape.AddUserToGroupInput) *string { return in.GroupName }, nil)),
		awsapi.Op("RemoveUserFromGroup", s.RemoveUserFromGroup, about(s, kindGroup, "RemoveUserFromGroup", func(in *shape.RemoveUserFromGroupInput) *string { return in.GroupName }, nil)),
		awsapi.Op("PutGroupPolicy", s.PutGroupPolicy, about(s, kindGroup, "PutGroupPolicy", func(in *shape.PutGroupPolicyInput) *string { return in.GroupName }, nil)),
		awsapi.Op("GetGroupPolicy", s.GetGroupPolicy, about(s, kindGroup, "GetGroupPolicy", func(in *shape.GetGroupPolicyInput) *string { return in.GroupName }, nil)),
		awsapi.Op("DeleteGroupPolicy", s.DeleteGroupPolicy, about(s, kindGroup, "DeleteGroupPolicy", func(in *shape.DeleteGroupPolicyInput) *string { return in.GroupName }, nil)),
		awsapi.Op("ListGroupPolicies", s.ListGroupPolicies, about(s, kindGroup, "ListGroupPolicies", func(in *shape.ListGroupPoliciesInput) *string { return in.GroupName }, nil)),
		awsapi.Op("AttachGroupPolicy", s.AttachGroupPolicy, about(s, kindGroup, "AttachGroupPolicy", func(in *shape.AttachGroupPolicyInput) *string { return in.GroupName }, func(ctx *policy.Context, in *shape.AttachGroupPolicyInput) { policyARNKey(ctx, in.PolicyArn) })),
		awsapi.Op("DetachGroupPolicy", s.DetachGroupPolicy, about(s, kindGroup, "DetachGroupPolicy", func(in *shape.DetachGroupPolicyInput) *string { return in.GroupName }, func(ctx *policy.Context, in *shape.DetachGroupPolicyInput) { policyARNKey(ctx, in.PolicyArn) })),
		awsapi.Op("ListAttachedGroupPolicies", s.ListAttachedGroupPolicies, about(s, kindGroup, "ListAttachedGroupPolicies", func(in *shape.ListAttachedGroupPoliciesInput) *string { return in.GroupName }, nil)),
	}
}

func (s *Service) roleLines() []*awsapi.Operation {
	return []*awsapi.Operation{
		awsapi.Op("CreateRole", s.CreateRole, making(s, kindRole, "CreateRole", func(in *shape.CreateRoleInput) (name, path *string) { return in.RoleName, in.Path }, func(ctx *policy.Context, in *shape.CreateRoleInput) {
			requestTags(ctx, in.Tags)
			boundaryKey(ctx, in.PermissionsBoundary)
		})),
		awsapi.Op("GetRole", s.GetRole, about(s, kindRole, "GetRole", func(in *shape.GetRoleInput) *string { return in.RoleName }, nil)),
		awsapi.Op("UpdateRole", s.UpdateRole, about(s, kindRole, "UpdateRole", func(in *shape.UpdateRoleInput) *string { return in.RoleName }, nil)),
		awsapi.Op("UpdateRoleDescription", s.UpdateRoleDescription, about(s, kindRole, "UpdateRoleDescription", func(in *shape.UpdateRoleDescriptionInput) *string { return in.RoleName }, nil)),
		awsapi.Op("UpdateAssumeRolePolicy", s.UpdateAssumeRolePolicy, about(s, kindRole, "UpdateAssumeRolePolicy", func(in *shape.UpdateAssumeRolePolicyInput) *string { return in.RoleName }, nil)),
		awsapi.Op("DeleteRole", s.DeleteRole, about(s, kindRole, "DeleteRole", func(in *shape.DeleteRoleInput) *string { return in.RoleName }, nil)),
		awsapi.Op("ListRoles", s.ListRoles, listing(s, kindRole, "ListRoles", func(in *shape.ListRolesInput) *string { return in.PathPrefix })),
		awsapi.Op("TagRole", s.TagRole, about(s, kindRole, "TagRole", func(in *shape.TagRoleInput) *string { return in.RoleName }, func(ctx *policy.Context, in *shape.TagRoleInput) { requestTags(ctx, in.Tags) })),
		awsapi.Op("UntagRole", s.UntagRole, about(s, kindRole, "UntagRole", func(in *shape.UntagRoleInput) *string { return in.RoleName }, func(ctx *policy.Context, in *shape.UntagRoleInput) { tagKeys(ctx, in.TagKeys) })),
		awsapi.Op("ListRoleTags", s.ListRoleTags, about(s, kindRole, "ListRoleTags", func(in *shape.ListRoleTagsInput) *string { return in.RoleName }, nil)),
		awsapi.Op("PutRolePolicy", s.PutRolePolicy, about(s, kindRole, "PutRolePolicy", func(in *shape.PutRolePolicyInput) *string { return in.RoleName }, nil)),
		awsapi.Op("GetRolePolicy", s.GetRolePolicy, about(s, kindRole, "GetRolePolicy", func(in *shape.GetRolePolicyInput) *string { return in.RoleName }, nil)),
		awsapi.Op("DeleteRolePolicy", s.DeleteRolePolicy, about(s, kindRole, "DeleteRolePolicy", func(in *shape.DeleteRolePolicyInput) *string { return in.RoleName }, nil)),
		awsapi.Op("ListRolePolicies", s.ListRolePolicies, about(s, kindRole, "ListRolePolicies", func(in *shape.ListRolePoliciesInput) *string { return in.RoleName }, nil)),
		awsapi.Op("AttachRolePolicy", s.AttachRolePolicy, about(s, kindRole, "AttachRolePolicy", func(in *shape.AttachRolePolicyInput) *string { return in.RoleName }, func(ctx *policy.Context, in *shape.AttachRolePolicyInput) { policyARNKey(ctx, in.PolicyArn) })),
		awsapi.Op("DetachRolePolicy", s.DetachRolePolicy, about(s, kindRole, "DetachRolePolicy", func(in *shape.DetachRolePolicyInput) *string { return in.RoleName }, func(ctx *policy.Context, in *shape.DetachRolePolicyInput) { policyARNKey(ctx, in.PolicyArn) })),
		awsapi.Op("ListAttachedRolePolicies", s.ListAttachedRolePolicies, about(s, kindRole, "ListAttachedRolePolicies", func(in *shape.ListAttachedRolePoliciesInput) *string { return in.RoleName }, nil)),
		awsapi.Op("PutRolePermissionsBoundary", s.PutRolePermissionsBoundary, about(s, kindRole, "PutRolePermissionsBoundary", func(in *shape.PutRolePermissionsBoundaryInput) *string { return in.RoleName }, func(ctx *policy.Context, in *shape.PutRolePermissionsBoundaryInput) {
			boundaryKey(ctx, in.PermissionsBoundary)
		})),
		awsapi.Op("DeleteRolePermissionsBoundary", s.DeleteRolePermissionsBoundary, about(s, kindRole, "DeleteRolePermissionsBoundary", func(in *shape.DeleteRolePermissionsBoundaryInput) *string { return in.RoleName }, nil)),
	}
}

func (s *Service) policyLines() []*awsapi.Operation {
	return []*awsapi.Operation{
		awsapi.Op("CreatePolicy", s.CreatePolicy, making(s, "policy", "CreatePolicy", func(in *shape.CreatePolicyInput) (name, path *string) { return in.PolicyName, in.Path }, func(ctx *policy.Context, in *shape.CreatePolicyInput) { requestTags(ctx, in.Tags) })),
		awsapi.Op("GetPolicy", s.GetPolicy, onPolicy("GetPolicy", func(in *shape.GetPolicyInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("DeletePolicy", s.DeletePolicy, onPolicy("DeletePolicy", func(in *shape.DeletePolicyInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("ListPolicies", s.ListPolicies, listing(s, "policy", "ListPolicies", func(in *shape.ListPoliciesInput) *string { return in.PathPrefix })),
		awsapi.Op("ListEntitiesForPolicy", s.ListEntitiesForPolicy, onPolicy("ListEntitiesForPolicy", func(in *shape.ListEntitiesForPolicyInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("CreatePolicyVersion", s.CreatePolicyVersion, onPolicy("CreatePolicyVersion", func(in *shape.CreatePolicyVersionInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("GetPolicyVersion", s.GetPolicyVersion, onPolicy("GetPolicyVersion", func(in *shape.GetPolicyVersionInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("ListPolicyVersions", s.ListPolicyVersions, onPolicy("ListPolicyVersions", func(in *shape.ListPolicyVersionsInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("SetDefaultPolicyVersion", s.SetDefaultPolicyVersion, onPolicy("SetDefaultPolicyVersion", func(in *shape.SetDefaultPolicyVersionInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("DeletePolicyVersion", s.DeletePolicyVersion, onPolicy("DeletePolicyVersion", func(in *shape.DeletePolicyVersionInput) *string { return in.PolicyArn }, nil)),
		awsapi.Op("TagPolicy", s.TagPolicy, onPolicy("TagPolicy", func(in *shape.TagPolicyInput) *string { return in.PolicyArn }, func(ctx *policy.Context, in *shape.TagPolicyInput) { requestTags(ctx, in.Tags) })),
		awsapi.Op("UntagPolicy", s.UntagPolicy, onPolicy("UntagPolicy", func(in *shape.UntagPolicyInput) *string { return in.PolicyArn }, func(ctx *policy.Context, in *shape.UntagPolicyInput) { tagKeys(ctx, in.TagKeys) })),
		awsapi.Op("ListPolicyTags", s.ListPolicyTags, onPolicy("ListPolicyTags", func(in *shape.ListPolicyTagsInput) *string { return in.PolicyArn }, nil)),
	}
}
