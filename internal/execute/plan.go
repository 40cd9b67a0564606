package execute

import (
	"fmt"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/policy"
)

// plan is a deployment made ready for requests. It is immutable.
type plan struct {
	apiID, deploymentID string
	root                *node
	disabled            bool // disableExecuteApiEndpoint
	binary              []string
	policy              *policy.Policy
	responses           map[string]*gatewayResponse
}

// resource is one resource with its methods.
type resource struct {
	id, path string
	methods  map[string]*method
	any      *method
}

// auth is how a method is authorized.
type auth int

const (
	authNone auth = iota
	authIAM
	authCognito
)

// method is one method of a resource, with all that a request needs.
type method struct {
	resource  *resource
	auth      auth
	pools     []string // user pools of a COGNITO_USER_POOLS authorizer
	source    string   // lower-case name of the header with the token
	scopes    []string
	broken    string // why the method cannot be served; "" if it can
	function  string // ARN of an AWS_PROXY function
	async     bool
	timeout   time.Duration
	mock      *mockIntegration
	eventHead []byte // {"resource":"/notes/{id}",
	context   []byte // "resourceId":"x","resourcePath":"/notes/{id}",
}

// compile makes a plan. A method that cannot be served is kept with the reason:
// it answers as a misconfigured API does, the others are not affected.
func compile(api *apigateway.RestApi, deploymentID string, resources []apigateway.Resource, authorizers []apigateway.Authorizer, responses []apigateway.GatewayResponse) (*plan, error) {
	p := &plan{apiID: str(api.Id), deploymentID: deploymentID, root: &node{}, binary: api.BinaryMediaTypes, responses: map[string]*gatewayResponse{}}
	p.disabled = api.DisableExecuteApiEndpoint != nil && *api.DisableExecuteApiEndpoint
	if doc := str(api.Policy); doc != "" {
		compiled, err := policy.Parse(policy.Resource, []byte(doc))
		if err != nil {
			return nil, fmt.Errorf("resource policy of API %s: %w", p.apiID, err)
		}
		p.policy = compiled
	}
	for i := range responses {
		g, err := compileGatewayResponse(&responses[i])
		if err != nil {
			return nil, fmt.Errorf("gateway response %s of API %s: %w", str(responses[i].ResponseType), p.apiID, err)
		}
		p.responses[str(responses[i].ResponseType)] = g
	}
	byID := make(map[string]*apigateway.Authorizer, len(authorizers))
	for i := range authorizers {
		byID[str(authorizers[i].Id)] = &authorizers[i]
	}
	for i := range resources {
		in := &resources[i]
		r := &resource{id: str(in.Id), path: str(in.Path), methods: map[string]*method{}}
		for name, m := range in.ResourceMethods {
			compiled := compileMethod(r, &m, byID)
			if name == "ANY" {
				r.any = compiled
			} else {
				r.methods[name] = compiled
			}
		}
		p.root.add(r)
	}
	return p, nil
}

func compileMethod(r *resource, in *apigateway.Method, authorizers map[string]*apigateway.Authorizer) *method {
	m := &method{resource: r, scopes: in.AuthorizationScopes}
	m.eventHead = append(appendString([]byte(`{"resource":`), r.path), ',')
	m.context = append(appendString([]byte(`"resourceId":`), r.id), `,"resourcePath":`...)
	m.context = append(appendString(m.context, r.path), ',')
	switch kind := str(in.AuthorizationType); kind {
	case "NONE", "":
		m.auth = authNone
	case "AWS_IAM":
		m.auth = authIAM
	case "COGNITO_USER_POOLS":
		m.auth = authCognito
		m.useAuthorizer(authorizers[str(in.AuthorizerId)])
	default:
		m.broken = "authorization type " + kind + " is not built"
	}
	m.integrate(in)
	return m
}

func (m *method) useAuthorizer(a *apigateway.Authorizer) {
	if a == nil || str(a.Type) != "COGNITO_USER_POOLS" || len(a.ProviderARNs) == 0 {
		m.broken = "the method's authorizer does not exist or is no user-pool authorizer"
		return
	}
	source, ok := strings.CutPrefix(str(a.IdentitySource), "method.request.header.")
	if !ok {
		source = "authorization"
	}
	m.pools, m.source = a.ProviderARNs, strings.ToLower(source)
}

// defaultTimeout is how long an integration may take where the API does not
// say less.
const defaultTimeout = 29 * time.Second

// integrate compiles a method's integration.
func (m *method) integrate(in *apigateway.Method) {
	i := in.MethodIntegration
	if i == nil {
		m.broken = "the method has no integration"
		return
	}
	m.timeout = defaultTimeout
	if i.TimeoutInMillis != nil && *i.TimeoutInMillis > 0 {
		m.timeout = time.Duration(*i.TimeoutInMillis) * time.Millisecond
	}
	switch kind := str(i.Type); kind {
	case "AWS_PROXY":
		if m.function = functionOf(str(i.Uri)); m.function == "" {
			m.broken = "the integration's URI names no function: " + str(i.Uri)
		}
		if verb := str(i.HttpMethod); verb != "POST" {
			m.broken = "a function integration needs the integration method POST, not " + verb
		}
		m.async = i.RequestParameters["integration.request.header.X-Amz-Invocation-Type"] == "'Event'"
	case "MOCK":
		mock, err := compileMock(in)
		if err != nil {
			m.broken = "the MOCK integration: " + err.Error()
			return
		}
		m.mock = mock
	default:
		m.broken = "integration type " + kind + " is not built"
	}
}

// functionOf returns the function's ARN in an integration's URI:
// arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations.
func functionOf(uri string) string {
	_, rest, ok := strings.Cut(uri, ":lambda:path/2015-03-31/functions/")
	if !ok {
		return ""
	}
	function, ok := strings.CutSuffix(rest, "/invocations")
	if !ok {
		return ""
	}
	return function
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
