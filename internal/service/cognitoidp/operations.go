package cognitoidp

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
)

// Name is the service's endpoint prefix.
const Name = "cognito-idp"

// on is the rule of an operation on a user pool.
func on[In any](action string, pool func(in *In) *string) awsapi.Rule[In] {
	return awsapi.On(Name+":"+action, func(call *awsapi.Call, in *In) string { return poolARN(call, text(pool(in))) })
}

// groupDemands are the rights of an operation that sets a group's role: who
// gives a group a role hands it to identity pools, which give its members the
// role's rights, and needs iam:PassRole for it.
func groupDemands(call *awsapi.Call, action string, pool, role *string) []awsapi.Demand {
	out := []awsapi.Demand{{Action: Name + ":" + action, Resource: poolARN(call, text(pool))}}
	if text(role) != "" {
		out = append(out, awsapi.PassRole(text(role), "cognito-identity.amazonaws.com"))
	}
	return out
}

// Operations returns the table of what is built.
func (s *Service) Operations() awsapi.Table {
	return awsapi.NewTable(
		// Pools.
		awsapi.Op("CreateUserPool", s.CreateUserPool, awsapi.Any[shape.CreateUserPoolInput]("cognito-idp:CreateUserPool")),
		awsapi.Op("ListUserPools", s.ListUserPools, awsapi.Any[shape.ListUserPoolsInput]("cognito-idp:ListUserPools")),
		awsapi.Op("DescribeUserPool", s.DescribeUserPool, on("DescribeUserPool", func(in *shape.DescribeUserPoolInput) *string { return in.UserPoolId })),
		awsapi.Op("UpdateUserPool", s.UpdateUserPool, on("UpdateUserPool", func(in *shape.UpdateUserPoolInput) *string { return in.UserPoolId })),
		awsapi.Op("DeleteUserPool", s.DeleteUserPool, on("DeleteUserPool", func(in *shape.DeleteUserPoolInput) *string { return in.UserPoolId })),
		awsapi.Op("AddCustomAttributes", s.AddCustomAttributes, on("AddCustomAttributes", func(in *shape.AddCustomAttributesInput) *string { return in.UserPoolId })),
		awsapi.Op("SetUserPoolMfaConfig", s.SetUserPoolMfaConfig, on("SetUserPoolMfaConfig", func(in *shape.SetUserPoolMfaConfigInput) *string { return in.UserPoolId })),
		awsapi.Op("GetUserPoolMfaConfig", s.GetUserPoolMfaConfig, on("GetUserPoolMfaConfig", func(in *shape.GetUserPoolMfaConfigInput) *string { return in.UserPoolId })),
		awsapi.Op("CreateUserPoolDomain", s.CreateUserPoolDomain, on("CreateUserPoolDomain", func(in *shape.CreateUserPoolDomainInput) *string { return in.UserPoolId })),
		awsapi.Op("DescribeUserPoolDomain", s.DescribeUserPoolDomain, awsapi.Any[shape.DescribeUserPoolDomainInput]("cognito-idp:DescribeUserPoolDomain")),
		awsapi.Op("DeleteUserPoolDomain", s.DeleteUserPoolDomain, on("DeleteUserPoolDomain", func(in *shape.DeleteUserPoolDomainInput) *string { return in.UserPoolId })),
		awsapi.Op("TagResource", s.TagResource, awsapi.On("cognito-idp:TagResource", func(_ *awsapi.Call, in *shape.TagResourceInput) string { return text(in.ResourceArn) })),
		awsapi.Op("UntagResource", s.UntagResource, awsapi.On("cognito-idp:UntagResource", func(_ *awsapi.Call, in *shape.UntagResourceInput) string { return text(in.ResourceArn) })),
		awsapi.Op("ListTagsForResource", s.ListTagsForResource, awsapi.On("cognito-idp:ListTagsForResource", func(_ *awsapi.Call, in *shape.ListTagsForResourceInput) string { return text(in.ResourceArn) })),

		// Clients.
		awsapi.Op("CreateUserPoolClient", s.CreateUserPoolClient, on("CreateUserPoolClient", func(in *shape.CreateUserPoolClientInput) *string { return in.UserPoolId })),
		awsapi.Op("DescribeUserPoolClient", s.DescribeUserPoolClient, on("DescribeUserPoolClient", func(in *shape.DescribeUserPoolClientInput) *string { return in.UserPoolId })),
		awsapi.Op("UpdateUserPoolClient", s.UpdateUserPoolClient, on("UpdateUserPoolClient", func(in *shape.UpdateUserPoolClientInput) *string { return in.UserPoolId })),
		awsapi.Op("DeleteUserPoolClient", s.DeleteUserPoolClient, on("DeleteUserPoolClient", func(in *shape.DeleteUserPoolClientInput) *string { return in.UserPoolId })),
		awsapi.Op("ListUserPoolClients", s.ListUserPoolClients, on("ListUserPoolClients", func(in *shape.ListUserPoolClientsInput) *string { return in.UserPoolId })),

		// Unsigned: sign-up, sign-in, recovery.
		awsapi.Op("SignUp", s.SignUp, awsapi.Public[shape.SignUpInput]()),
		awsapi.Op("ConfirmSignUp", s.ConfirmSignUp, awsapi.Public[shape.ConfirmSignUpInput]()),
		awsapi.Op("ResendConfirmationCode", s.ResendConfirmationCode, awsapi.Public[shape.ResendConfirmationCodeInput]()),
		awsapi.Op("InitiateAuth", s.InitiateAuth, awsapi.Public[shape.InitiateAuthInput]()),
		awsapi.Op("RespondToAuthChallenge", s.RespondToAuthChallenge, awsapi.Public[shape.RespondToAuthChallengeInput]()),
		awsapi.Op("GetTokensFromRefreshToken", s.GetTokensFromRefreshToken, awsapi.Public[shape.GetTokensFromRefreshTokenInput]()),
		awsapi.Op("RevokeToken", s.RevokeToken, awsapi.Public[shape.RevokeTokenInput]()),
		awsapi.Op("ForgotPassword", s.ForgotPassword, awsapi.Public[shape.ForgotPasswordInput]()),
		awsapi.Op("ConfirmForgotPassword", s.ConfirmForgotPassword, awsapi.Public[shape.ConfirmForgotPasswordInput]()),

		// With the user's access token.
		awsapi.Op("GetUser", s.GetUser, awsapi.Token[shape.GetUserInput]()),
		awsapi.Op("DeleteUser", s.DeleteUser, awsapi.Token[shape.DeleteUserInput]()),
		awsapi.Op("GlobalSignOut", s.GlobalSignOut, awsapi.Token[shape.GlobalSignOutInput]()),
		awsapi.Op("ChangePassword", s.ChangePassword, awsapi.Token[shape.ChangePasswordInput]()),
		awsapi.Op("UpdateUserAttributes", s.UpdateUserAttributes, awsapi.Token[shape.UpdateUserAttributesInput]()),
		awsapi.Op("DeleteUserAttributes", s.DeleteUserAttributes, awsapi.Token[shape.DeleteUserAttributesInput]()),
		awsapi.Op("GetUserAttributeVerificationCode", s.GetUserAttributeVerificationCode, awsapi.Token[shape.GetUserAttributeVerificationCodeInput]()),
		awsapi.Op("VerifyUserAttribute", s.VerifyUserAttribute, awsapi.Token[shape.VerifyUserAttributeInput]()),

		// Administration of users.
		awsapi.Op("ListUsers", s.ListUsers, on("ListUsers", func(in *shape.ListUsersInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminInitiateAuth", s.AdminInitiateAuth, on("AdminInitiateAuth", func(in *shape.AdminInitiateAuthInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminRespondToAuthChallenge", s.AdminRespondToAuthChallenge, on("AdminRespondToAuthChallenge", func(in *shape.AdminRespondToAuthChallengeInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminConfirmSignUp", s.AdminConfirmSignUp, on("AdminConfirmSignUp", func(in *shape.AdminConfirmSignUpInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminCreateUser", s.AdminCreateUser, on("AdminCreateUser", func(in *shape.AdminCreateUserInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminGetUser", s.AdminGetUser, on("AdminGetUser", func(in *shape.AdminGetUserInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminDeleteUser", s.AdminDeleteUser, on("AdminDeleteUser", func(in *shape.AdminDeleteUserInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminEnableUser", s.AdminEnableUser, on("AdminEnableUser", func(in *shape.AdminEnableUserInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminDisableUser", s.AdminDisableUser, on("AdminDisableUser", func(in *shape.AdminDisableUserInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminSetUserPassword", s.AdminSetUserPassword, on("AdminSetUserPassword", func(in *shape.AdminSetUserPasswordInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminResetUserPassword", s.AdminResetUserPassword, on("AdminResetUserPassword", func(in *shape.AdminResetUserPasswordInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminUpdateUserAttributes", s.AdminUpdateUserAttributes, on("AdminUpdateUserAttributes", func(in *shape.AdminUpdateUserAttributesInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminDeleteUserAttributes", s.AdminDeleteUserAttributes, on("AdminDeleteUserAttributes", func(in *shape.AdminDeleteUserAttributesInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminUserGlobalSignOut", s.AdminUserGlobalSignOut, on("AdminUserGlobalSignOut", func(in *shape.AdminUserGlobalSignOutInput) *string { return in.UserPoolId })),

		// Groups.
		awsapi.Op("CreateGroup", s.CreateGroup, awsapi.Per(func(_ context.Context, call *awsapi.Call, in *shape.CreateGroupInput) ([]awsapi.Demand, error) {
			return groupDemands(call, "CreateGroup", in.UserPoolId, in.RoleArn), nil
		})),
		awsapi.Op("GetGroup", s.GetGroup, on("GetGroup", func(in *shape.GetGroupInput) *string { return in.UserPoolId })),
		awsapi.Op("UpdateGroup", s.UpdateGroup, awsapi.Per(func(_ context.Context, call *awsapi.Call, in *shape.UpdateGroupInput) ([]awsapi.Demand, error) {
			return groupDemands(call, "UpdateGroup", in.UserPoolId, in.RoleArn), nil
		})),
		awsapi.Op("DeleteGroup", s.DeleteGroup, on("DeleteGroup", func(in *shape.DeleteGroupInput) *string { return in.UserPoolId })),
		awsapi.Op("ListGroups", s.ListGroups, on("ListGroups", func(in *shape.ListGroupsInput) *string { return in.UserPoolId })),
		awsapi.Op("ListUsersInGroup", s.ListUsersInGroup, on("ListUsersInGroup", func(in *shape.ListUsersInGroupInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminAddUserToGroup", s.AdminAddUserToGroup, on("AdminAddUserToGroup", func(in *shape.AdminAddUserToGroupInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminRemoveUserFromGroup", s.AdminRemoveUserFromGroup, on("AdminRemoveUserFromGroup", func(in *shape.AdminRemoveUserFromGroupInput) *string { return in.UserPoolId })),
		awsapi.Op("AdminListGroupsForUser", s.AdminListGroupsForUser, on("AdminListGroupsForUser", func(in *shape.AdminListGroupsForUserInput) *string { return in.UserPoolId })),
	)
}
