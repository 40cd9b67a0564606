package resource

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
)

func apiGatewayTypes() []*Type {
	return []*Type{
		restAPIType(), apiResourceType(), methodType(), deploymentType(), stageType(), gatewayResponseType(), authorizerType(),
	}
}

func ptr[T any](v T) *T { return &v }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// The tags CloudFormation puts on what it makes; Find knows a resource by them.
const (
	tagStackID   = "aws:cloudformation:stack-id"
	tagStackName = "aws:cloudformation:stack-name"
	tagLogicalID = "aws:cloudformation:logical-id"
)

// ownTags are a property's tags with those of the stack and of CloudFormation.
func (r *Request) ownTags(p Props, key string) map[string]string {
	out := p.tags(key, r.Tags)
	if out == nil {
		out = map[string]string{}
	}
	out[tagStackID], out[tagStackName], out[tagLogicalID] = r.StackID, r.StackName, r.LogicalID
	return out
}

func (r *Request) mine(tags map[string]string) bool {
	return tags[tagStackID] == r.StackID && tags[tagLogicalID] == r.LogicalID
}

func restAPIType() *Type {
	return &Type{
		Name: "AWS::ApiGateway::RestApi",
		Properties: table(
			[]string{"Name", "Description", "BinaryMediaTypes", "MinimumCompressionSize", "ApiKeySourceType", "EndpointConfiguration",
				"Policy", "DisableExecuteApiEndpoint", "Tags"},
			nil,
			[]string{"Body", "BodyS3Location", "CloneFrom", "Mode", "Parameters", "SecurityPolicy", "EndpointAccessMode"},
			[]string{"FailOnWarnings"}),
		Required:   []string{"Name"},
		Attributes: []string{"RootResourceId", "RestApiId"},
		Find:       findRestAPI, Create: createRestAPI, Update: updateRestAPI,
		Delete: func(ctx context.Context, r *Request, s *State, _ Props) error {
			return ignoreGone(r.do(ctx, "apigateway", "DeleteRestApi", &apigateway.DeleteRestApiInput{RestApiId: &s.PhysicalID}))
		},
	}
}

func restAPIState(out *apigateway.RestApi) *State {
	return &State{PhysicalID: deref(out.Id), Attributes: map[string]any{"RootResourceId": deref(out.RootResourceId), "RestApiId": deref(out.Id)}}
}

func findRestAPI(ctx context.Context, r *Request, _ Props) (*State, error) {
	in := &apigateway.GetRestApisInput{Limit: ptr(int32(500))}
	for {
		out, err := call[apigateway.GetRestApisOutput](ctx, r, "apigateway", "GetRestApis", in)
		if err != nil {
			return nil, err
		}
		for i := range out.Items {
			if r.mine(out.Items[i].Tags) {
				return restAPIState(&out.Items[i]), nil
			}
		}
		if deref(out.Position) == "" {
			return nil, nil
		}
		in.Position = out.Position
	}
}

// apiPolicy is the Policy property: a document, or an empty text for none.
func apiPolicy(p Props) (*string, error) {
	text, err := p.document("Policy")
	if err != nil || strings.TrimSpace(text) == "" {
		return nil, err
	}
	return &text, nil
}

func createRestAPI(ctx context.Context, r *Request, p Props) (*State, error) {
	in := new(apigateway.CreateRestApiInput)
	if err := p.into(in, rename{"ApiKeySourceType": "ApiKeySource", "Policy": "", "Tags": "", "FailOnWarnings": ""}); err != nil {
		return nil, err
	}
	policy, err := apiPolicy(p)
	if err != nil {
		return nil, err
	}
	in.Policy, in.Tags = policy, r.ownTags(p, "Tags")
	out, err := call[apigateway.CreateRestApiOutput](ctx, r, "apigateway", "CreateRestApi", in)
	if err != nil {
		return nil, err
	}
	return restAPIState(out), nil
}

func updateRestAPI(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	var patch patchList
	patch.text(old, p, "Name", "/name", "")
	patch.text(old, p, "Description", "/description", "")
	patch.text(old, p, "ApiKeySourceType", "/apiKeySource", "HEADER")
	patch.text(old, p, "DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint", "false")
	patch.text(old, p, "MinimumCompressionSize", "/minimumCompressionSize", "")
	patch.set(old.list("BinaryMediaTypes"), p.list("BinaryMediaTypes"), "/binaryMediaTypes/")
	if before, after := old.sub("EndpointConfiguration").list("Types"), p.sub("EndpointConfiguration").list("Types"); !same(before, after) && len(after) == 1 {
		from := "EDGE"
		if len(before) == 1 {
			from = before[0]
		}
		patch.add("replace", "/endpointConfiguration/types/"+from, after[0])
	}
	if !same(old["Policy"], p["Policy"]) {
		policy, err := apiPolicy(p)
		if err != nil {
			return nil, err
		}
		patch.add("replace", "/policy", deref(policy))
	}
	if len(patch) > 0 {
		if err := r.do(ctx, "apigateway", "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: &s.PhysicalID, PatchOperations: patch}); err != nil {
			return nil, err
		}
	}
	arn := "arn:" + r.Partition + ":apigateway:" + r.Region + "::/restapis/" + s.PhysicalID
	return s, r.retagAPI(ctx, arn, old.tags("Tags", nil), p.tags("Tags", nil))
}

// retagAPI applies a change of tags to a resource of API Gateway.
func (r *Request) retagAPI(ctx context.Context, arn string, old, tags map[string]string) error {
	set, removed := tagChange(old, tags)
	if len(removed) > 0 {
		if err := r.do(ctx, "apigateway", "UntagResource", &apigateway.UntagResourceInput{ResourceArn: &arn, TagKeys: removed}); err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	return r.do(ctx, "apigateway", "TagResource", &apigateway.TagResourceInput{ResourceArn: &arn, Tags: set})
}

// tagChange says which tags to set and which to remove.
func tagChange(old, tags map[string]string) (set map[string]string, removed []string) {
	set = map[string]string{}
	for k, v := range tags {
		if have, ok := old[k]; !ok || have != v {
			set[k] = v
		}
	}
	for _, k := range sorted(old) {
		if _, ok := tags[k]; !ok {
			removed = append(removed, k)
		}
	}
	return set, removed
}

// patchList collects API Gateway's patch operations.
type patchList []apigateway.PatchOperation

func (l *patchList) add(op, path, value string) {
	*l = append(*l, apigateway.PatchOperation{Op: &op, Path: &path, Value: &value})
}

// text replaces a scalar that changed; one that is gone becomes def.
func (l *patchList) text(old, p Props, key, path, def string) {
	if same(old[key], p[key]) {
		return
	}
	value := def
	if p.has(key) {
		value = p.text(key)
	}
	l.add("replace", path, value)
}

// set adds and removes the entries of a set below a path.
func (l *patchList) set(old, list []string, path string) {
	for _, v := range list {
		if !contains(old, v) {
			l.add("add", path+escapePointer(v), "")
		}
	}
	for _, v := range old {
		if !contains(list, v) {
			l.add("remove", path+escapePointer(v), "")
		}
	}
}

func contains(list []string, v string) bool {
	for _, have := range list {
		if have == v {
			return true
		}
	}
	return false
}

func escapePointer(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

func apiResourceType() *Type {
	return &Type{
		Name:       "AWS::ApiGateway::Resource",
		Properties: table(nil, []string{"RestApiId", "ParentId", "PathPart"}, nil, nil),
		Required:   []string{"RestApiId", "ParentId", "PathPart"},
		Attributes: []string{"ResourceId"},
		Find: func(ctx context.Context, r *Request, p Props) (*State, error) {
			out, err := call[apigateway.GetResourcesOutput](ctx, r, "apigateway", "GetResources",
				&apigateway.GetResourcesInput{RestApiId: p.pointer("RestApiId"), Limit: ptr(int32(500))})
			if err != nil {
				return nil, ignoreGone(err)
			}
			for _, item := range out.Items {
				if deref(item.ParentId) == p.text("ParentId") && deref(item.PathPart) == p.text("PathPart") {
					return apiResourceState(deref(item.Id)), nil
				}
			}
			return nil, nil
		},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(apigateway.CreateResourceInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			out, err := call[apigateway.CreateResourceOutput](ctx, r, "apigateway", "CreateResource", in)
			if err != nil {
				return nil, err
			}
			return apiResourceState(deref(out.Id)), nil
		},
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			return ignoreGone(r.do(ctx, "apigateway", "DeleteResource",
				&apigateway.DeleteResourceInput{RestApiId: p.pointer("RestApiId"), ResourceId: &s.PhysicalID}))
		},
	}
}

func apiResourceState(id string) *State {
	return &State{PhysicalID: id, Attributes: map[string]any{"ResourceId": id}}
}

func gatewayResponseType() *Type {
	put := func(ctx context.Context, r *Request, p Props) (*State, error) {
		in := new(apigateway.PutGatewayResponseInput)
		if err := p.into(in, nil); err != nil {
			return nil, err
		}
		if err := r.do(ctx, "apigateway", "PutGatewayResponse", in); err != nil {
			return nil, err
		}
		id := p.text("RestApiId") + "|" + p.text("ResponseType")
		return &State{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
	}
	return &Type{
		Name:       "AWS::ApiGateway::GatewayResponse",
		Properties: table([]string{"StatusCode", "ResponseParameters", "ResponseTemplates"}, []string{"RestApiId", "ResponseType"}, nil, nil),
		Required:   []string{"RestApiId", "ResponseType"},
		Attributes: []string{"Id"},
		Create:     put,
		Update: func(ctx context.Context, r *Request, _ *State, _, p Props) (*State, error) {
			return put(ctx, r, p)
		},
		Delete: func(ctx context.Context, r *Request, _ *State, p Props) error {
			return ignoreGone(r.do(ctx, "apigateway", "DeleteGatewayResponse",
				&apigateway.DeleteGatewayResponseInput{RestApiId: p.pointer("RestApiId"), ResponseType: p.pointer("ResponseType")}))
		},
	}
}

func authorizerType() *Type {
	return &Type{
		Name: "AWS::ApiGateway::Authorizer",
		Properties: table(
			[]string{"Name", "Type", "ProviderARNs", "AuthType", "AuthorizerUri", "AuthorizerCredentials", "IdentitySource",
				"IdentityValidationExpression", "AuthorizerResultTtlInSeconds"},
			[]string{"RestApiId"}, nil, nil),
		Required:   []string{"RestApiId", "Name", "Type"},
		Attributes: []string{"AuthorizerId"},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(apigateway.CreateAuthorizerInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			out, err := call[apigateway.CreateAuthorizerOutput](ctx, r, "apigateway", "CreateAuthorizer", in)
			if err != nil {
				return nil, err
			}
			return &State{PhysicalID: deref(out.Id), Attributes: map[string]any{"AuthorizerId": deref(out.Id)}}, nil
		},
		Update: updateAuthorizer,
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			return ignoreGone(r.do(ctx, "apigateway", "DeleteAuthorizer",
				&apigateway.DeleteAuthorizerInput{RestApiId: p.pointer("RestApiId"), AuthorizerId: &s.PhysicalID}))
		},
	}
}

func updateAuthorizer(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	var patch patchList
	for key, path := range map[string]string{
		"Name": "/name", "Type": "/type", "AuthType": "/authType", "AuthorizerUri": "/authorizerUri",
		"AuthorizerCredentials": "/authorizerCredentials", "IdentitySource": "/identitySource",
		"IdentityValidationExpression": "/identityValidationExpression",
	} {
		patch.text(old, p, key, path, "")
	}
	patch.text(old, p, "AuthorizerResultTtlInSeconds", "/authorizerResultTtlInSeconds", "300")
	before, after := old.list("ProviderARNs"), p.list("ProviderARNs")
	for _, arn := range after {
		if !contains(before, arn) {
			patch.add("add", "/providerARNs", arn)
		}
	}
	for _, arn := range before {
		if !contains(after, arn) {
			patch.add("remove", "/providerARNs", arn)
		}
	}
	if len(patch) == 0 {
		return s, nil
	}
	return s, r.do(ctx, "apigateway", "UpdateAuthorizer",
		&apigateway.UpdateAuthorizerInput{RestApiId: p.pointer("RestApiId"), AuthorizerId: &s.PhysicalID, PatchOperations: patch})
}
