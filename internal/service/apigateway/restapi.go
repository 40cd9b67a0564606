package apigateway

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// maxAPIs is AWS's default quota of APIs an account and region.
const maxAPIs = 600

// CreateRestApi makes an API with its root resource.
func (s *Service) CreateRestApi(ctx context.Context, _ *awsapi.Call, in *apigateway.CreateRestApiInput) (*apigateway.CreateRestApiOutput, error) {
	if err := refuse("CreateRestApi", map[string]bool{
		"cloneFrom":               value(in.CloneFrom) != "",
		"minimumCompressionSize":  in.MinimumCompressionSize != nil,
		"apiKeySource AUTHORIZER": value(in.ApiKeySource) == "AUTHORIZER",
		"securityPolicy":          value(in.SecurityPolicy) != "",
		"endpointAccessMode":      value(in.EndpointAccessMode) != "",
	}); err != nil {
		return nil, err
	}
	if value(in.Name) == "" {
		return nil, errBadRequest("API Name cannot be empty")
	}
	if err := checkEndpoint(in.EndpointConfiguration); err != nil {
		return nil, err
	}
	now, root, id := s.clock.Now().UTC(), s.id(10), s.id(10)
	document, err := s.resourcePolicy(id, in.Policy)
	if err != nil {
		return nil, err
	}
	api := &apigateway.RestApi{
		Id: &id, Name: in.Name, Description: in.Description, CreatedDate: &now, Version: in.Version, BinaryMediaTypes: in.BinaryMediaTypes,
		ApiKeySource: in.ApiKeySource, EndpointConfiguration: in.EndpointConfiguration, Policy: document, Tags: in.Tags,
		DisableExecuteApiEndpoint: in.DisableExecuteApiEndpoint, RootResourceId: &root,
	}
	if api.ApiKeySource == nil {
		api.ApiKeySource = ptr("HEADER")
	}
	if api.EndpointConfiguration == nil || len(api.EndpointConfiguration.Types) == 0 {
		api.EndpointConfiguration = &apigateway.EndpointConfiguration{Types: []string{"EDGE"}}
	}
	if api.DisableExecuteApiEndpoint == nil {
		api.DisableExecuteApiEndpoint = ptr(false)
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		apis, err := list[apigateway.RestApi](tx, s.key("api"))
		if err != nil {
			return err
		}
		if len(apis) >= maxAPIs {
			return awsapi.Errorf("LimitExceededException", "Maximum number of APIs for this account has been reached.").WithStatus(429)
		}
		if err := store.PutJSON(tx, s.apiKey(*api.Id), api); err != nil {
			return err
		}
		return store.PutJSON(tx, s.resourceKey(*api.Id, root), &apigateway.Resource{Id: &root, Path: ptr("/")})
	})
	if err != nil {
		return nil, err
	}
	return api, nil
}

func ptr[T any](v T) *T { return &v }

func checkEndpoint(c *apigateway.EndpointConfiguration) error {
	if c == nil {
		return nil
	}
	return refuse("CreateRestApi", map[string]bool{
		"endpointConfiguration.types PRIVATE":           slices.Contains(c.Types, "PRIVATE"),
		"endpointConfiguration.vpcEndpointIds":          len(c.VpcEndpointIds) > 0,
		"endpointConfiguration.ipAddressType dualstack": value(c.IpAddressType) == "dualstack",
	})
}

// resourcePolicy checks an API's policy and writes its short resources
// (execute-api:/stage/METHOD/path) as whole ARNs, as API Gateway stores them.
// The empty text means none (the Serverless Framework sends it).
func (s *Service) resourcePolicy(id string, doc *string) (*string, error) {
	if value(doc) == "" {
		return nil, nil
	}
	whole := strings.ReplaceAll(*doc, `"execute-api:/`, `"arn:aws:execute-api:`+s.region+":"+s.account+":"+id+"/")
	if _, err := policy.Parse(policy.Resource, []byte(whole)); err != nil {
		return nil, errBadRequest("Invalid policy document. Please check the policy syntax and ensure that Principals are valid. (%v)", err)
	}
	return &whole, nil
}

// GetRestApi returns an API.
func (s *Service) GetRestApi(ctx context.Context, _ *awsapi.Call, in *apigateway.GetRestApiInput) (api *apigateway.GetRestApiOutput, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		api, err = s.api(tx, in.RestApiId)
		return err
	})
	return api, err
}

// GetRestApis lists the APIs.
func (s *Service) GetRestApis(ctx context.Context, _ *awsapi.Call, in *apigateway.GetRestApisInput) (*apigateway.GetRestApisOutput, error) {
	out := new(apigateway.GetRestApisOutput)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		all, err := list[apigateway.RestApi](tx, s.key("api"))
		out.Items, out.Position = page(all, func(a apigateway.RestApi) string { return *a.Id }, in.Position, in.Limit)
		return err
	})
	return out, err
}

// UpdateRestApi changes an API by patch operations.
func (s *Service) UpdateRestApi(ctx context.Context, _ *awsapi.Call, in *apigateway.UpdateRestApiInput) (*apigateway.UpdateRestApiOutput, error) {
	var api *apigateway.RestApi
	err := s.update(ctx, func(tx *store.Tx) (err error) {
		if api, err = s.api(tx, in.RestApiId); err != nil {
			return err
		}
		rules := patches{
			"/name": text(&api.Name), "/description": text(&api.Description), "/version": text(&api.Version),
			"/policy": text(&api.Policy), "/binaryMediaTypes/": member(&api.BinaryMediaTypes),
			"/disableExecuteApiEndpoint":    truth(&api.DisableExecuteApiEndpoint),
			"/endpointConfiguration/types/": setEndpoint(api),
			"/endpointConfiguration/types":  setEndpoint(api),
		}
		if err := rules.apply("UpdateRestApi", in.PatchOperations); err != nil {
			return err
		}
		if value(api.Name) == "" {
			return errBadRequest("API Name cannot be empty")
		}
		if api.Policy, err = s.resourcePolicy(*api.Id, api.Policy); err != nil {
			return err
		}
		return store.PutJSON(tx, s.apiKey(*api.Id), api)
	})
	if err != nil {
		return nil, err
	}
	return api, nil
}

// setEndpoint replaces the endpoint type: /endpointConfiguration/types/EDGE
// with the value REGIONAL.
func setEndpoint(api *apigateway.RestApi) patchRule {
	return func(_, _ string, v *string) error {
		if kind := value(v); kind != "EDGE" && kind != "REGIONAL" {
			return awsapi.NotBuilt("UpdateRestApi endpoint type " + kind)
		}
		api.EndpointConfiguration = &apigateway.EndpointConfiguration{Types: []string{*v}}
		return nil
	}
}

// DeleteRestApi deletes an API with all that belongs to it.
func (s *Service) DeleteRestApi(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteRestApiInput) (*apigateway.DeleteRestApiOutput, error) {
	return &apigateway.DeleteRestApiOutput{}, s.update(ctx, func(tx *store.Tx) error {
		api, err := s.api(tx, in.RestApiId)
		if err != nil {
			return err
		}
		tx.Delete(s.apiKey(*api.Id))
		for _, kind := range []string{"resource", "authorizer", "response", "deployment", "stage"} {
			clearAll(tx, s.key(kind, *api.Id))
		}
		return nil
	})
}
