package apigateway

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/arn"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxAuthorizers is AWS's quota of authorizers an API.
const maxAuthorizers = 10

// CreateAuthorizer makes a user-pool authorizer.
func (s *Service) CreateAuthorizer(ctx context.Context, _ *awsapi.Call, in *apigateway.CreateAuthorizerInput) (*apigateway.CreateAuthorizerOutput, error) {
	a := &apigateway.Authorizer{
		Name: in.Name, Type: in.Type, ProviderARNs: in.ProviderARNs, AuthType: in.AuthType, IdentitySource: in.IdentitySource,
		IdentityValidationExpression: in.IdentityValidationExpression, AuthorizerResultTtlInSeconds: in.AuthorizerResultTtlInSeconds,
		AuthorizerUri: in.AuthorizerUri, AuthorizerCredentials: in.AuthorizerCredentials,
	}
	if a.AuthType == nil {
		a.AuthType = ptr("cognito_user_pools")
	}
	if err := checkAuthorizer("CreateAuthorizer", a); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		all, err := list[apigateway.Authorizer](tx, s.key("authorizer", *in.RestApiId))
		if err != nil {
			return err
		}
		if len(all) >= maxAuthorizers {
			return awsapi.Errorf("LimitExceededException", "Maximum number of authorizers for this API has been reached.").WithStatus(429)
		}
		for _, other := range all {
			if *other.Name == *in.Name {
				return errBadRequest("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", *in.Name)
			}
		}
		a.Id = ptr(s.id(6))
		return store.PutJSON(tx, s.authorizerKey(*in.RestApiId, *a.Id), a)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

func checkAuthorizer(operation string, a *apigateway.Authorizer) error {
	if value(a.Name) == "" {
		return errBadRequest("Authorizer name must be non-empty")
	}
	if err := refuse(operation, map[string]bool{
		"type " + value(a.Type):        value(a.Type) != "COGNITO_USER_POOLS",
		"authorizerUri":                value(a.AuthorizerUri) != "",
		"authorizerCredentials":        value(a.AuthorizerCredentials) != "",
		"identityValidationExpression": value(a.IdentityValidationExpression) != "",
	}); err != nil {
		return err
	}
	if len(a.ProviderARNs) == 0 {
		return errBadRequest("Invalid ProviderARNs: must contain at least one user pool ARN")
	}
	for _, p := range a.ProviderARNs {
		parsed, err := arn.Parse(p)
		if err != nil || parsed.Service != "cognito-idp" || !strings.HasPrefix(parsed.Resource, "userpool/") {
			return errBadRequest("Invalid Cognito ARN: %s", p)
		}
	}
	if source := value(a.IdentitySource); source != "" && !strings.HasPrefix(source, "method.request.header.") {
		return errBadRequest("Invalid identitySource: %s. For COGNITO_USER_POOLS it is one header, for example method.request.header.Authorization", source)
	}
	if a.IdentitySource == nil {
		a.IdentitySource = ptr("method.request.header.Authorization")
	}
	return nil
}

func (s *Service) authorizer(tx *store.Tx, api, id *string) (*apigateway.Authorizer, error) {
	if _, err := s.api(tx, api); err != nil {
		return nil, err
	}
	a, err := store.GetJSON[apigateway.Authorizer](tx, s.authorizerKey(*api, value(id)))
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, errNoAuthorizer()
	}
	return a, nil
}

// GetAuthorizer returns an authorizer.
func (s *Service) GetAuthorizer(ctx context.Context, _ *awsapi.Call, in *apigateway.GetAuthorizerInput) (a *apigateway.GetAuthorizerOutput, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		a, err = s.authorizer(tx, in.RestApiId, in.AuthorizerId)
		return err
	})
	return a, err
}

// GetAuthorizers lists an API's authorizers.
func (s *Service) GetAuthorizers(ctx context.Context, _ *awsapi.Call, in *apigateway.GetAuthorizersInput) (*apigateway.GetAuthorizersOutput, error) {
	out := new(apigateway.GetAuthorizersOutput)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		all, err := list[apigateway.Authorizer](tx, s.key("authorizer", *in.RestApiId))
		out.Items, out.Position = page(all, func(a apigateway.Authorizer) string { return *a.Id }, in.Position, in.Limit)
		return err
	})
	return out, err
}

// UpdateAuthorizer changes an authorizer by patch operations.
func (s *Service) UpdateAuthorizer(ctx context.Context, _ *awsapi.Call, in *apigateway.UpdateAuthorizerInput) (*apigateway.UpdateAuthorizerOutput, error) {
	var a *apigateway.Authorizer
	err := s.update(ctx, func(tx *store.Tx) (err error) {
		if a, err = s.authorizer(tx, in.RestApiId, in.AuthorizerId); err != nil {
			return err
		}
		rules := patches{
			"/name": text(&a.Name), "/identitySource": text(&a.IdentitySource), "/authType": text(&a.AuthType), "/providerARNs": member(&a.ProviderARNs),
		}
		if err := rules.apply("UpdateAuthorizer", in.PatchOperations); err != nil {
			return err
		}
		if err := checkAuthorizer("UpdateAuthorizer", a); err != nil {
			return err
		}
		return store.PutJSON(tx, s.authorizerKey(*in.RestApiId, *a.Id), a)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// DeleteAuthorizer deletes an authorizer that no method uses.
func (s *Service) DeleteAuthorizer(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteAuthorizerInput) (*apigateway.DeleteAuthorizerOutput, error) {
	return &apigateway.DeleteAuthorizerOutput{}, s.update(ctx, func(tx *store.Tx) error {
		a, err := s.authorizer(tx, in.RestApiId, in.AuthorizerId)
		if err != nil {
			return err
		}
		all, err := list[apigateway.Resource](tx, s.key("resource", *in.RestApiId))
		if err != nil {
			return err
		}
		for _, r := range all {
			for verb, m := range r.ResourceMethods {
				if value(m.AuthorizerId) == *a.Id {
					return errConflict("Cannot delete authorizer %s: method %s %s uses it", *a.Name, verb, *r.Path)
				}
			}
		}
		tx.Delete(s.authorizerKey(*in.RestApiId, *a.Id))
		return nil
	})
}
