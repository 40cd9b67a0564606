package apigateway

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

func verbs() []string {
	return []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
}

// PutMethod adds a method to a resource.
func (s *Service) PutMethod(ctx context.Context, _ *awsapi.Call, in *apigateway.PutMethodInput) (*apigateway.PutMethodOutput, error) {
	if err := refuse("PutMethod", map[string]bool{
		"apiKeyRequired":     value(in.ApiKeyRequired),
		"requestValidatorId": value(in.RequestValidatorId) != "",
		"requestModels":      len(in.RequestModels) > 0,
	}); err != nil {
		return nil, err
	}
	if !slices.Contains(verbs(), *in.HttpMethod) {
		return nil, errBadRequest("Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY")
	}
	if err := checkParameters(in.RequestParameters, "method.request."); err != nil {
		return nil, err
	}
	m := &apigateway.Method{
		HttpMethod: in.HttpMethod, AuthorizationType: in.AuthorizationType, AuthorizerId: in.AuthorizerId, ApiKeyRequired: ptr(false),
		OperationName: in.OperationName, RequestParameters: in.RequestParameters, AuthorizationScopes: in.AuthorizationScopes,
	}
	err := s.update(ctx, func(tx *store.Tx) error {
		r, err := s.resource(tx, in.RestApiId, in.ResourceId)
		if err != nil {
			return err
		}
		if _, exists := r.ResourceMethods[*in.HttpMethod]; exists {
			return errConflict("Method already exists for this resource")
		}
		if err := s.checkAuthorization(tx, in.RestApiId, m); err != nil {
			return err
		}
		return s.putMethod(tx, in.RestApiId, r, m)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// checkAuthorization holds that the authorization type is one that is built
// and that its authorizer exists and is of that type.
func (s *Service) checkAuthorization(tx *store.Tx, api *string, m *apigateway.Method) error {
	kind := value(m.AuthorizationType)
	switch kind {
	case "NONE", "AWS_IAM":
		if len(m.AuthorizationScopes) > 0 {
			return errBadRequest("AuthorizationScopes are only supported for COGNITO_USER_POOLS authorization type")
		}
		m.AuthorizerId = nil
		return nil
	case "COGNITO_USER_POOLS":
	case "CUSTOM":
		return awsapi.NotBuilt("PutMethod authorizationType CUSTOM")
	default:
		return errBadRequest("Invalid authorization type specified. Valid options are NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS")
	}
	a, err := store.GetJSON[apigateway.Authorizer](tx, s.authorizerKey(*api, value(m.AuthorizerId)))
	if err != nil {
		return err
	}
	if a == nil || value(a.Type) != kind {
		return errBadRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
	}
	return nil
}

// checkParameters holds that each name is SOURCE.(querystring|path|header).NAME.
func checkParameters(names map[string]bool, source string) error {
	for name := range names {
		rest, ok := strings.CutPrefix(name, source)
		place, last, _ := strings.Cut(rest, ".")
		if !ok || last == "" || !slices.Contains([]string{"querystring", "multivaluequerystring", "path", "header", "multivalueheader"}, place) {
			return errBadRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: %s]", name)
		}
	}
	return nil
}

// GetMethod returns a method.
func (s *Service) GetMethod(ctx context.Context, _ *awsapi.Call, in *apigateway.GetMethodInput) (m *apigateway.GetMethodOutput, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		r, err := s.resource(tx, in.RestApiId, in.ResourceId)
		if err != nil {
			return err
		}
		m, err = method(r, in.HttpMethod)
		return err
	})
	return m, err
}

// UpdateMethod changes a method by patch operations.
func (s *Service) UpdateMethod(ctx context.Context, _ *awsapi.Call, in *apigateway.UpdateMethodInput) (*apigateway.UpdateMethodOutput, error) {
	return s.change(ctx, in.RestApiId, in.ResourceId, in.HttpMethod, func(tx *store.Tx, m *apigateway.Method) error {
		rules := patches{
			"/authorizationType": text(&m.AuthorizationType), "/authorizerId": text(&m.AuthorizerId), "/operationName": text(&m.OperationName),
			"/authorizationScopes": member(&m.AuthorizationScopes),
		}
		if err := rules.apply("UpdateMethod", in.PatchOperations); err != nil {
			return err
		}
		return s.checkAuthorization(tx, in.RestApiId, m)
	})
}

// change reads a method, changes it and stores it.
func (s *Service) change(ctx context.Context, api, resource, verb *string, fn func(tx *store.Tx, m *apigateway.Method) error) (*apigateway.Method, error) {
	var m *apigateway.Method
	err := s.update(ctx, func(tx *store.Tx) error {
		r, err := s.resource(tx, api, resource)
		if err != nil {
			return err
		}
		if m, err = method(r, verb); err != nil {
			return err
		}
		if err := fn(tx, m); err != nil {
			return err
		}
		return s.putMethod(tx, api, r, m)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// DeleteMethod takes a method off its resource.
func (s *Service) DeleteMethod(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteMethodInput) (*apigateway.DeleteMethodOutput, error) {
	return &apigateway.DeleteMethodOutput{}, s.update(ctx, func(tx *store.Tx) error {
		r, err := s.resource(tx, in.RestApiId, in.ResourceId)
		if err != nil {
			return err
		}
		if _, err := method(r, in.HttpMethod); err != nil {
			return err
		}
		delete(r.ResourceMethods, *in.HttpMethod)
		return store.PutJSON(tx, s.resourceKey(*in.RestApiId, *r.Id), r)
	})
}

// PutMethodResponse declares a response of a method.
func (s *Service) PutMethodResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.PutMethodResponseInput) (*apigateway.PutMethodResponseOutput, error) {
	if err := checkParameters(in.ResponseParameters, "method.response."); err != nil {
		return nil, err
	}
	response := apigateway.MethodResponse{StatusCode: in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseModels: in.ResponseModels}
	_, err := s.change(ctx, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, m *apigateway.Method) error {
		if _, exists := m.MethodResponses[*in.StatusCode]; exists {
			return errConflict("Response already exists for this resource")
		}
		if m.MethodResponses == nil {
			m.MethodResponses = map[string]apigateway.MethodResponse{}
		}
		m.MethodResponses[*in.StatusCode] = response
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &response, nil
}

// GetMethodResponse returns a declared response.
func (s *Service) GetMethodResponse(ctx context.Context, call *awsapi.Call, in *apigateway.GetMethodResponseInput) (*apigateway.GetMethodResponseOutput, error) {
	m, err := s.GetMethod(ctx, call, &apigateway.GetMethodInput{RestApiId: in.RestApiId, ResourceId: in.ResourceId, HttpMethod: in.HttpMethod})
	if err != nil {
		return nil, err
	}
	r, ok := m.MethodResponses[*in.StatusCode]
	if !ok {
		return nil, errNoResponse()
	}
	return &r, nil
}

// DeleteMethodResponse takes a declared response away.
func (s *Service) DeleteMethodResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteMethodResponseInput) (*apigateway.DeleteMethodResponseOutput, error) {
	_, err := s.change(ctx, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, m *apigateway.Method) error {
		if _, ok := m.MethodResponses[*in.StatusCode]; !ok {
			return errNoResponse()
		}
		delete(m.MethodResponses, *in.StatusCode)
		return nil
	})
	return &apigateway.DeleteMethodResponseOutput{}, err
}
