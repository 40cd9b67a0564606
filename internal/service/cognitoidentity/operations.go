package cognitoidentity

import (
	"context"
	"maps"
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/policy"
)

// Operations is the service's table.
func (s *Service) Operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("CreateIdentityPool", s.CreateIdentityPool, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.CreateIdentityPoolInput) ([]awsapi.Demand, error) {
			return []awsapi.Demand{{Action: "cognito-identity:CreateIdentityPool", Resource: "*", Context: requestTags(in.IdentityPoolTags)}}, nil
		})),
		awsapi.Op("ListIdentityPools", s.ListIdentityPools, awsapi.Any[shape.ListIdentityPoolsInput]("cognito-identity:ListIdentityPools")),
		awsapi.Op("DescribeIdentityPool", s.DescribeIdentityPool, onPool(s, "DescribeIdentityPool", func(in *shape.DescribeIdentityPoolInput) *string { return in.IdentityPoolId })),
		awsapi.Op("UpdateIdentityPool", s.UpdateIdentityPool, onPool(s, "UpdateIdentityPool", func(in *shape.UpdateIdentityPoolInput) *string { return in.IdentityPoolId })),
		awsapi.Op("DeleteIdentityPool", s.DeleteIdentityPool, onPool(s, "DeleteIdentityPool", func(in *shape.DeleteIdentityPoolInput) *string { return in.IdentityPoolId })),
		awsapi.Op("GetIdentityPoolRoles", s.GetIdentityPoolRoles, onPool(s, "GetIdentityPoolRoles", func(in *shape.GetIdentityPoolRolesInput) *string { return in.IdentityPoolId })),
		awsapi.Op("SetIdentityPoolRoles", s.SetIdentityPoolRoles, awsapi.Per(s.setRolesDemands)),
		awsapi.Op("ListIdentities", s.ListIdentities, onPool(s, "ListIdentities", func(in *shape.ListIdentitiesInput) *string { return in.IdentityPoolId })),
		// AWS knows no resource for these two.
		awsapi.Op("DescribeIdentity", s.DescribeIdentity, awsapi.Any[shape.DescribeIdentityInput]("cognito-identity:DescribeIdentity")),
		awsapi.Op("DeleteIdentities", s.DeleteIdentities, awsapi.Any[shape.DeleteIdentitiesInput]("cognito-identity:DeleteIdentities")),
		awsapi.Op("TagResource", s.TagResource, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.TagResourceInput) ([]awsapi.Demand, error) {
			return []awsapi.Demand{{Action: "cognito-identity:TagResource", Resource: text(in.ResourceArn), Context: requestTags(in.Tags)}}, nil
		})),
		awsapi.Op("UntagResource", s.UntagResource, awsapi.On("cognito-identity:UntagResource", func(_ *awsapi.Call, in *shape.UntagResourceInput) string { return text(in.ResourceArn) })),
		awsapi.Op("ListTagsForResource", s.ListTagsForResource, awsapi.On("cognito-identity:ListTagsForResource", func(_ *awsapi.Call, in *shape.ListTagsForResourceInput) string { return text(in.ResourceArn) })),
		// Unsigned: the tokens in Logins are verified by the handlers.
		awsapi.Op("GetId", s.GetId, awsapi.Public[shape.GetIdInput]()),
		awsapi.Op("GetOpenIdToken", s.GetOpenIdToken, awsapi.Public[shape.GetOpenIdTokenInput]()),
		awsapi.Op("GetCredentialsForIdentity", s.GetCredentialsForIdentity, awsapi.Public[shape.GetCredentialsForIdentityInput]()),
		awsapi.Op("UnlinkIdentity", s.UnlinkIdentity, awsapi.Public[shape.UnlinkIdentityInput]()),
	)
}

// onPool is the rule of an operation on one pool.
func onPool[In any](s *Service, action string, id func(in *In) *string) awsapi.Rule[In] {
	return awsapi.On("cognito-identity:"+action, func(_ *awsapi.Call, in *In) string { return s.poolARN(text(id(in))) })
}

func requestTags(tags map[string]string) *policy.Context {
	ctx := new(policy.Context)
	for k, v := range tags {
		ctx.Set("aws:RequestTag/"+k, v)
	}
	if len(tags) > 0 {
		ctx.Set("aws:TagKeys", slices.Sorted(maps.Keys(tags))...)
	}
	return ctx
}

// setRolesDemands are the rights of SetIdentityPoolRoles: on the pool, and
// iam:PassRole for every role that it hands to identity pools.
func (s *Service) setRolesDemands(_ context.Context, _ *awsapi.Call, in *shape.SetIdentityPoolRolesInput) ([]awsapi.Demand, error) {
	out := []awsapi.Demand{{Action: "cognito-identity:SetIdentityPoolRoles", Resource: s.poolARN(text(in.IdentityPoolId))}}
	passed := map[string]bool{}
	for _, arn := range in.Roles {
		passed[arn] = true
	}
	for _, m := range in.RoleMappings {
		if m.RulesConfiguration == nil {
			continue
		}
		for _, r := range m.RulesConfiguration.Rules {
			passed[text(r.RoleARN)] = true
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(passed)) {
		out = append(out, awsapi.PassRole(arn, provider))
	}
	return out, nil
}
