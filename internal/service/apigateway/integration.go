package apigateway

import (
	"context"
	"regexp"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// functionURI is the integration URI of a function; the groups are the
// region and the function's ARN (perhaps with stage variables).
var functionURI = regexp.MustCompile(`^arn:aws:apigateway:([a-z0-9-]+):lambda:path/2015-03-31/functions/(arn:aws:lambda:.+)/invocations(?:/response-streaming-invocations)?$`)

// The bounds of an integration's time limit, in milliseconds.
const minTimeout, maxTimeout = 50, 29000

// PutIntegration sets what a method does.
func (s *Service) PutIntegration(ctx context.Context, _ *awsapi.Call, in *apigateway.PutIntegrationInput) (*apigateway.PutIntegrationOutput, error) {
	if err := checkIntegration(in); err != nil {
		return nil, err
	}
	if err := s.checkTemplates("the integration request", in.RequestTemplates); err != nil {
		return nil, err
	}
	i := &apigateway.Integration{
		Type: in.Type, HttpMethod: in.IntegrationHttpMethod, Uri: in.Uri, RequestParameters: in.RequestParameters,
		RequestTemplates: in.RequestTemplates, PassthroughBehavior: in.PassthroughBehavior, ContentHandling: in.ContentHandling,
		TimeoutInMillis: in.TimeoutInMillis, CacheNamespace: in.ResourceId, ConnectionType: in.ConnectionType,
	}
	if i.PassthroughBehavior == nil {
		i.PassthroughBehavior = ptr("WHEN_NO_MATCH")
	}
	if i.TimeoutInMillis == nil {
		i.TimeoutInMillis = ptr(int32(maxTimeout))
	}
	_, err := s.change(ctx, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, m *apigateway.Method) error {
		if m.MethodIntegration != nil {
			i.IntegrationResponses = m.MethodIntegration.IntegrationResponses
		}
		m.MethodIntegration = i
		return nil
	})
	if err != nil {
		return nil, err
	}
	return i, nil
}

func checkIntegration(in *apigateway.PutIntegrationInput) error {
	if err := refuse("PutIntegration", map[string]bool{
		"type " + value(in.Type):            value(in.Type) != "AWS_PROXY" && value(in.Type) != "MOCK",
		"connectionType VPC_LINK":           value(in.ConnectionType) == "VPC_LINK",
		"connectionId":                      value(in.ConnectionId) != "",
		"credentials":                       value(in.Credentials) != "",
		"cacheKeyParameters":                len(in.CacheKeyParameters) > 0,
		"tlsConfig":                         in.TlsConfig != nil,
		"responseTransferMode STREAM":       value(in.ResponseTransferMode) == "STREAM",
		"integrationTarget":                 value(in.IntegrationTarget) != "",
		"contentHandling CONVERT_TO_BINARY": value(in.ContentHandling) == "CONVERT_TO_BINARY",
		"requestParameters for AWS_PROXY":   value(in.Type) == "AWS_PROXY" && !onlyInvocationType(in.RequestParameters),
	}); err != nil {
		return err
	}
	if t := in.TimeoutInMillis; t != nil && (*t < minTimeout || *t > maxTimeout) {
		return errBadRequest("Timeout should be between 50 ms and 29000 ms")
	}
	switch value(in.PassthroughBehavior) {
	case "", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER":
	default:
		return errBadRequest("Enumeration value for passthroughBehavior must be non-empty and one of WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER")
	}
	if value(in.Type) != "AWS_PROXY" {
		return nil
	}
	if value(in.IntegrationHttpMethod) == "" {
		return errBadRequest("Enumeration value for HttpMethod must be non-empty")
	}
	if !functionURI.MatchString(value(in.Uri)) {
		if strings.HasPrefix(value(in.Uri), "arn:aws:apigateway:") && !strings.Contains(*in.Uri, ":lambda:") {
			return awsapi.NotBuilt("PutIntegration uri " + *in.Uri)
		}
		return errBadRequest("AWS ARN for integration contains invalid path")
	}
	return nil
}

// onlyInvocationType holds for the one mapping that a function integration
// takes: the asynchronous call.
func onlyInvocationType(parameters map[string]string) bool {
	for name, v := range parameters {
		if name != "integration.request.header.X-Amz-Invocation-Type" || v != "'Event'" && v != "'RequestResponse'" {
			return false
		}
	}
	return true
}

// GetIntegration returns what a method does.
func (s *Service) GetIntegration(ctx context.Context, call *awsapi.Call, in *apigateway.GetIntegrationInput) (*apigateway.GetIntegrationOutput, error) {
	m, err := s.GetMethod(ctx, call, &apigateway.GetMethodInput{RestApiId: in.RestApiId, ResourceId: in.ResourceId, HttpMethod: in.HttpMethod})
	if err != nil {
		return nil, err
	}
	if m.MethodIntegration == nil {
		return nil, errNoIntegration()
	}
	return m.MethodIntegration, nil
}

// DeleteIntegration takes a method's integration away.
func (s *Service) DeleteIntegration(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteIntegrationInput) (*apigateway.DeleteIntegrationOutput, error) {
	_, err := s.change(ctx, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, m *apigateway.Method) error {
		if m.MethodIntegration == nil {
			return errNoIntegration()
		}
		m.MethodIntegration = nil
		return nil
	})
	return &apigateway.DeleteIntegrationOutput{}, err
}

// PutIntegrationResponse maps an integration's outcome to a method response.
func (s *Service) PutIntegrationResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.PutIntegrationResponseInput) (*apigateway.PutIntegrationResponseOutput, error) {
	response := apigateway.IntegrationResponse{
		StatusCode: in.StatusCode, SelectionPattern: in.SelectionPattern, ResponseParameters: in.ResponseParameters,
		ResponseTemplates: in.ResponseTemplates, ContentHandling: in.ContentHandling,
	}
	if value(in.ContentHandling) == "CONVERT_TO_BINARY" {
		return nil, awsapi.NotBuilt("PutIntegrationResponse parameter contentHandling CONVERT_TO_BINARY")
	}
	if err := s.checkTemplates("the integration response", in.ResponseTemplates); err != nil {
		return nil, err
	}
	if p := value(in.SelectionPattern); p != "" {
		if _, err := regexp.Compile(p); err != nil {
			return nil, errBadRequest("Invalid selection pattern specified: %s", p)
		}
	}
	_, err := s.change(ctx, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, m *apigateway.Method) error {
		if m.MethodIntegration == nil {
			return errNoIntegration()
		}
		declared, ok := m.MethodResponses[*in.StatusCode]
		if !ok {
			return errNoResponse()
		}
		for name := range in.ResponseParameters {
			if _, ok := declared.ResponseParameters[name]; !ok {
				return errBadRequest("Invalid mapping expression parameter specified: %s", name)
			}
		}
		if m.MethodIntegration.IntegrationResponses == nil {
			m.MethodIntegration.IntegrationResponses = map[string]apigateway.IntegrationResponse{}
		}
		m.MethodIntegration.IntegrationResponses[*in.StatusCode] = response
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &response, nil
}

// GetIntegrationResponse returns a mapping.
func (s *Service) GetIntegrationResponse(ctx context.Context, call *awsapi.Call, in *apigateway.GetIntegrationResponseInput) (*apigateway.GetIntegrationResponseOutput, error) {
	i, err := s.GetIntegration(ctx, call, &apigateway.GetIntegrationInput{RestApiId: in.RestApiId, ResourceId: in.ResourceId, HttpMethod: in.HttpMethod})
	if err != nil {
		return nil, err
	}
	r, ok := i.IntegrationResponses[*in.StatusCode]
	if !ok {
		return nil, errNoResponse()
	}
	return &r, nil
}

// DeleteIntegrationResponse takes a mapping away.
func (s *Service) DeleteIntegrationResponse(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteIntegrationResponseInput) (*apigateway.DeleteIntegrationResponseOutput, error) {
	_, err := s.change(ctx, in.RestApiId, in.ResourceId, in.HttpMethod, func(_ *store.Tx, m *apigateway.Method) error {
		if m.MethodIntegration == nil {
			return errNoIntegration()
		}
		if _, ok := m.MethodIntegration.IntegrationResponses[*in.StatusCode]; !ok {
			return errNoResponse()
		}
		delete(m.MethodIntegration.IntegrationResponses, *in.StatusCode)
		return nil
	})
	return &apigateway.DeleteIntegrationResponseOutput{}, err
}
