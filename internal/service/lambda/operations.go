package lambda

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/policy"
)

// operations is the service's table.
func (s *Service) operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("CreateFunction", s.CreateFunction, awsapi.Per(s.demandCreate)),
		awsapi.Op("GetFunction", s.GetFunction, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.GetFunctionInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:GetFunction", in.FunctionName, in.Qualifier)
		})),
		awsapi.Op("GetFunctionConfiguration", s.GetFunctionConfiguration, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.GetFunctionConfigurationInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:GetFunctionConfiguration", in.FunctionName, in.Qualifier)
		})),
		awsapi.Op("UpdateFunctionConfiguration", s.UpdateFunctionConfiguration, awsapi.Per(s.demandConfigure)),
		awsapi.Op("UpdateFunctionCode", s.UpdateFunctionCode, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.UpdateFunctionCodeInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:UpdateFunctionCode", in.FunctionName, nil)
		})),
		awsapi.Op("DeleteFunction", s.DeleteFunction, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.DeleteFunctionInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:DeleteFunction", in.FunctionName, in.Qualifier)
		})),
		awsapi.Op("ListFunctions", s.ListFunctions, awsapi.Any[shape.ListFunctionsInput]("lambda:ListFunctions")),
		awsapi.Op("PublishVersion", s.PublishVersion, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.PublishVersionInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:PublishVersion", in.FunctionName, nil)
		})),
		awsapi.Op("ListVersionsByFunction", s.ListVersionsByFunction, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.ListVersionsByFunctionInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:ListVersionsByFunction", in.FunctionName, nil)
		})),
		awsapi.Op("Invoke", s.Invoke, awsapi.Per(s.demandInvoke)),
		awsapi.Op("AddPermission", s.AddPermission, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.AddPermissionInput) ([]awsapi.Demand, error) {
			return s.demandPermission("lambda:AddPermission", in.FunctionName, in.Qualifier, in.Principal)
		})),
		awsapi.Op("RemovePermission", s.RemovePermission, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.RemovePermissionInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:RemovePermission", in.FunctionName, in.Qualifier)
		})),
		awsapi.Op("GetPolicy", s.GetPolicy, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.GetPolicyInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:GetPolicy", in.FunctionName, in.Qualifier)
		})),
		awsapi.Op("PutFunctionConcurrency", s.PutFunctionConcurrency, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.PutFunctionConcurrencyInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:PutFunctionConcurrency", in.FunctionName, nil)
		})),
		awsapi.Op("GetFunctionConcurrency", s.GetFunctionConcurrency, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.GetFunctionConcurrencyInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:GetFunctionConcurrency", in.FunctionName, nil)
		})),
		awsapi.Op("DeleteFunctionConcurrency", s.DeleteFunctionConcurrency, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.DeleteFunctionConcurrencyInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:DeleteFunctionConcurrency", in.FunctionName, nil)
		})),
		awsapi.Op("TagResource", s.TagResource, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.TagResourceInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:TagResource", in.Resource, nil)
		})),
		awsapi.Op("UntagResource", s.UntagResource, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.UntagResourceInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:UntagResource", in.Resource, nil)
		})),
		awsapi.Op("ListTags", s.ListTags, awsapi.Per(func(_ context.Context, _ *awsapi.Call, in *shape.ListTagsInput) ([]awsapi.Demand, error) {
			return s.demand("lambda:ListTags", in.Resource, nil)
		})),
		awsapi.Op("GetAccountSettings", s.GetAccountSettings, awsapi.Any[shape.GetAccountSettingsInput]("lambda:GetAccountSettings")),
	)
}

// demand is one action on the function a request names.
func (s *Service) demand(action string, name, qualifier *string) ([]awsapi.Demand, error) {
	t, err := s.parseName(name, qualifier)
	if err != nil {
		return nil, err
	}
	return []awsapi.Demand{{Action: action, Resource: s.qualified(t)}}, nil
}

// demandCreate asks for the function and for handing it its role.
func (s *Service) demandCreate(_ context.Context, _ *awsapi.Call, in *shape.CreateFunctionInput) ([]awsapi.Demand, error) {
	demands, err := s.demand("lambda:CreateFunction", in.FunctionName, nil)
	if err != nil || in.Role == nil {
		return demands, err
	}
	return append(demands, passRole(*in.Role)), nil
}

func (s *Service) demandConfigure(_ context.Context, _ *awsapi.Call, in *shape.UpdateFunctionConfigurationInput) ([]awsapi.Demand, error) {
	demands, err := s.demand("lambda:UpdateFunctionConfiguration", in.FunctionName, nil)
	if err != nil || in.Role == nil {
		return demands, err
	}
	return append(demands, passRole(*in.Role)), nil
}

// passRole demands iam:PassRole: who gives a function a role gives it the
// role's rights.
func passRole(role string) awsapi.Demand {
	ctx := new(policy.Context)
	ctx.Set("iam:PassedToService", "lambda.amazonaws.com")
	return awsapi.Demand{Action: "iam:PassRole", Resource: role, Context: ctx}
}

func (s *Service) demandPermission(action string, name, qualifier, principal *string) ([]awsapi.Demand, error) {
	demands, err := s.demand(action, name, qualifier)
	if err == nil && principal != nil {
		ctx := new(policy.Context)
		ctx.Set("lambda:Principal", *principal)
		demands[0].Context = ctx
	}
	return demands, err
}

// demandInvoke lets the function's own policy speak: it is how API Gateway,
// which has no identity policies, may call.
func (s *Service) demandInvoke(ctx context.Context, _ *awsapi.Call, in *shape.InvokeInput) ([]awsapi.Demand, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	doc, err := s.resourcePolicy(ctx, t)
	if err != nil {
		return nil, err
	}
	return []awsapi.Demand{{Action: "lambda:InvokeFunction", Resource: s.qualified(t),
		ResourcePolicy: doc, ResourcePolicyName: "policy of function " + t.name, ResourceAccount: s.cfg.Account}}, nil
}
