package apigateway

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// defaultStatus is the status of each gateway response until it is customised
// (API Gateway developer guide, "Gateway response types"). An empty status
// means that the case itself decides.
var defaultStatus = map[string]string{
	"ACCESS_DENIED": "403", "API_CONFIGURATION_ERROR": "500", "AUTHORIZER_CONFIGURATION_ERROR": "500", "AUTHORIZER_FAILURE": "500",
	"BAD_REQUEST_BODY": "400", "BAD_REQUEST_PARAMETERS": "400", "DEFAULT_4XX": "", "DEFAULT_5XX": "", "EXPIRED_TOKEN": "403",
	"INTEGRATION_FAILURE": "504", "INTEGRATION_TIMEOUT": "504", "INVALID_API_KEY": "403", "INVALID_SIGNATURE": "403",
	"MISSING_AUTHENTICATION_TOKEN": "403", "QUOTA_EXCEEDED": "429", "REQUEST_TOO_LARGE": "413", "RESOURCE_NOT_FOUND": "404",
	"THROTTLED": "429", "UNAUTHORIZED": "401", "UNSUPPORTED_MEDIA_TYPE": "415", "WAF_FILTERED": "403",
}

// defaultTemplate is the body of a gateway response that was not customised.
const defaultTemplate = `{"message":$context.error.messageString}`

func uncustomised(kind string) apigateway.GatewayResponse {
	r := apigateway.GatewayResponse{ResponseType: &kind, ResponseTemplates: map[string]string{"application/json": defaultTemplate}, DefaultResponse: ptr(true)}
	if status := defaultStatus[kind]; status != "" {
		r.StatusCode = &status
	}
	return r
}

// PutGatewayResponse customises an answer that the gateway itself gives.
func (s *Service) PutGatewayResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.PutGatewayResponseInput) (*apigateway.PutGatewayResponseOutput, error) {
	if _, ok := defaultStatus[*in.ResponseType]; !ok {
		return nil, errBadRequest("Invalid gateway response type: %s", *in.ResponseType)
	}
	r := &apigateway.GatewayResponse{
		ResponseType: in.ResponseType, StatusCode: in.StatusCode, ResponseParameters: in.ResponseParameters,
		ResponseTemplates: in.ResponseTemplates, DefaultResponse: ptr(false),
	}
	if err := s.checkGatewayResponse(r); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		return store.PutJSON(tx, s.responseKey(*in.RestApiId, *in.ResponseType), r)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// checkGatewayResponse holds that a header's value is quoted text or a part of
// the request, that templates are ones the data plane can run, and fills in
// the status.
func (s *Service) checkGatewayResponse(r *apigateway.GatewayResponse) error {
	if value(r.StatusCode) == "" {
		r.StatusCode = nil
		if status := defaultStatus[*r.ResponseType]; status != "" {
			r.StatusCode = &status
		}
	}
	if err := s.checkTemplates("gateway response", r.ResponseTemplates); err != nil {
		return err
	}
	for name, v := range r.ResponseParameters {
		header, ok := strings.CutPrefix(name, "gatewayresponse.header.")
		if !ok || header == "" {
			return errBadRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]", name)
		}
		quoted := len(v) >= 2 && v[0] == '\'' && v[len(v)-1] == '\''
		if !quoted && !strings.HasPrefix(v, "method.request.") && !strings.HasPrefix(v, "context.") && !strings.HasPrefix(v, "stageVariables.") {
			return errBadRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: %s]", v)
		}
	}
	return nil
}

// gatewayResponse reads a gateway response of an existing API, customised or
// not.
func (s *Service) gatewayResponse(tx *store.Tx, api, kind *string) (*apigateway.GatewayResponse, error) {
	if _, err := s.api(tx, api); err != nil {
		return nil, err
	}
	if _, ok := defaultStatus[value(kind)]; !ok {
		return nil, errBadRequest("Invalid gateway response type: %s", value(kind))
	}
	have, err := store.GetJSON[apigateway.GatewayResponse](tx, s.responseKey(*api, *kind))
	if err != nil || have != nil {
		return have, err
	}
	r := uncustomised(*kind)
	return &r, nil
}

// GetGatewayResponse returns a gateway response, customised or not.
func (s *Service) GetGatewayResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.GetGatewayResponseInput) (r *apigateway.GetGatewayResponseOutput, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		r, err = s.gatewayResponse(tx, in.RestApiId, in.ResponseType)
		return err
	})
	return r, err
}

// GetGatewayResponses lists all gateway responses, customised or not.
func (s *Service) GetGatewayResponses(ctx context.Context, _ *awsapi.Call, in *apigateway.GetGatewayResponsesInput) (*apigateway.GetGatewayResponsesOutput, error) {
	out := new(apigateway.GetGatewayResponsesOutput)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		all, err := list[apigateway.GatewayResponse](tx, s.key("response", *in.RestApiId))
		if err != nil {
			return err
		}
		for kind := range defaultStatus {
			if !slices.ContainsFunc(all, func(r apigateway.GatewayResponse) bool { return *r.ResponseType == kind }) {
				all = append(all, uncustomised(kind))
			}
		}
		slices.SortFunc(all, func(a, b apigateway.GatewayResponse) int { return strings.Compare(*a.ResponseType, *b.ResponseType) })
		out.Items, out.Position = page(all, func(r apigateway.GatewayResponse) string { return *r.ResponseType }, in.Position, in.Limit)
		return nil
	})
	return out, err
}

// UpdateGatewayResponse changes a gateway response by patch operations.
func (s *Service) UpdateGatewayResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.UpdateGatewayResponseInput) (*apigateway.UpdateGatewayResponseOutput, error) {
	var r *apigateway.GatewayResponse
	err := s.update(ctx, func(tx *store.Tx) (err error) {
		if r, err = s.gatewayResponse(tx, in.RestApiId, in.ResponseType); err != nil {
			return err
		}
		rules := patches{"/statusCode": text(&r.StatusCode), "/responseParameters/": entry(&r.ResponseParameters), "/responseTemplates/": entry(&r.ResponseTemplates)}
		if err := rules.apply("UpdateGatewayResponse", in.PatchOperations); err != nil {
			return err
		}
		if err := s.checkGatewayResponse(r); err != nil {
			return err
		}
		r.DefaultResponse = ptr(false)
		return store.PutJSON(tx, s.responseKey(*in.RestApiId, *in.ResponseType), r)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// DeleteGatewayResponse takes a customisation back.
func (s *Service) DeleteGatewayResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteGatewayResponseInput) (*apigateway.DeleteGatewayResponseOutput, error) {
	return &apigateway.DeleteGatewayResponseOutput{}, s.update(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		key := s.responseKey(*in.RestApiId, *in.ResponseType)
		if _, ok, err := tx.Get(key); err != nil {
			return err
		} else if !ok {
			return errNotFound("Gateway response type not defined on api")
		}
		tx.Delete(key)
		return nil
	})
}
