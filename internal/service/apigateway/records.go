package apigateway

import (
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// frozen is a deployment: its own description and a copy of everything the
// data plane needs, which never changes.
type frozen struct {
	Deployment  apigateway.Deployment
	API         apigateway.RestApi
	Resources   []apigateway.Resource
	Authorizers []apigateway.Authorizer
	Responses   []apigateway.GatewayResponse
}

func (s *Service) apiKey(api string) store.Key            { return s.key("api", api) }
func (s *Service) resourceKey(api, id string) store.Key   { return s.key("resource", api, id) }
func (s *Service) authorizerKey(api, id string) store.Key { return s.key("authorizer", api, id) }
func (s *Service) responseKey(api, kind string) store.Key { return s.key("response", api, kind) }
func (s *Service) deploymentKey(api, id string) store.Key { return s.key("deployment", api, id) }
func (s *Service) stageKey(api, name string) store.Key    { return s.key("stage", api, name) }

// api reads an API; a NotFoundException if it does not exist.
func (s *Service) api(tx *store.Tx, id *string) (*apigateway.RestApi, error) {
	api, err := store.GetJSON[apigateway.RestApi](tx, s.apiKey(value(id)))
	if err != nil {
		return nil, err
	}
	if api == nil {
		return nil, s.errNoAPI(value(id))
	}
	return api, nil
}

// resource reads a resource of an existing API.
func (s *Service) resource(tx *store.Tx, api, id *string) (*apigateway.Resource, error) {
	if _, err := s.api(tx, api); err != nil {
		return nil, err
	}
	r, err := store.GetJSON[apigateway.Resource](tx, s.resourceKey(value(api), value(id)))
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errNoResource()
	}
	return r, nil
}

// method returns a method of a resource.
func method(r *apigateway.Resource, verb *string) (*apigateway.Method, error) {
	m, ok := r.ResourceMethods[value(verb)]
	if !ok {
		return nil, errNoMethod()
	}
	return &m, nil
}

// putMethod stores a method back into its resource.
func (s *Service) putMethod(tx *store.Tx, api *string, r *apigateway.Resource, m *apigateway.Method) error {
	if r.ResourceMethods == nil {
		r.ResourceMethods = map[string]apigateway.Method{}
	}
	r.ResourceMethods[*m.HttpMethod] = *m
	return store.PutJSON(tx, s.resourceKey(value(api), *r.Id), r)
}
