package apigateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
)

// TestPolicyResources: the short form of a resource in an API's policy is
// stored as a whole ARN of this API.
func TestPolicyResources(t *testing.T) {
	f := start(t)
	short := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":["execute-api:/dev/GET/*","*"]}]}`
	api := do[apigateway.RestApi](f, "CreateRestApi", &apigateway.CreateRestApiInput{Name: ptr("a"), Policy: &short})
	want := `"arn:aws:execute-api:us-east-1:000000000000:` + *api.Id + `/dev/GET/*"`
	if !strings.Contains(*api.Policy, want) || !strings.Contains(*api.Policy, `"execute-api:Invoke"`) {
		t.Errorf("stored policy %s", *api.Policy)
	}
	out := do[apigateway.RestApi](f, "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: []apigateway.PatchOperation{{Op: ptr("replace"), Path: ptr("/policy"), Value: ptr("")}}})
	if out.Policy != nil {
		t.Errorf("a policy that was taken away is %s", *out.Policy)
	}
	f.wants("BadRequestException", "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: []apigateway.PatchOperation{{Op: ptr("replace"), Path: ptr("/policy"), Value: ptr(`{"Statement":[]`)}}})
}

// TestTemplatesChecked: what the data plane cannot run is refused when it is
// stored.
func TestTemplatesChecked(t *testing.T) {
	f := start(t)
	f.s.checkTemplate = func(template string) error {
		if strings.Contains(template, "#foreach") {
			return errors.New("#foreach is not built in Bawn")
		}
		return nil
	}
	api, item := f.notes()
	bad, good := map[string]string{"application/json": "#foreach($x in $y)#end"}, map[string]string{"application/json": `{"statusCode":200}`}
	put := &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), Type: ptr("MOCK"), RequestTemplates: bad}
	f.wants("BadRequestException", "PutIntegration", put)
	put.RequestTemplates = good
	do[apigateway.Integration](f, "PutIntegration", put)
	do[apigateway.MethodResponse](f, "PutMethodResponse", &apigateway.PutMethodResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("200"),
		ResponseParameters: map[string]bool{"method.response.header.X": true}})
	response := &apigateway.PutIntegrationResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("200"), ResponseTemplates: bad}
	f.wants("BadRequestException", "PutIntegrationResponse", response)
	response.ResponseTemplates, response.ResponseParameters = good, map[string]string{"method.response.header.Y": "'v'"}
	f.wants("BadRequestException", "PutIntegrationResponse", response) // Y was not declared
	response.ResponseParameters = map[string]string{"method.response.header.X": "'v'"}
	do[apigateway.IntegrationResponse](f, "PutIntegrationResponse", response)
	f.wants("BadRequestException", "PutGatewayResponse", &apigateway.PutGatewayResponseInput{RestApiId: api.Id, ResponseType: ptr("DEFAULT_4XX"), ResponseTemplates: bad})

	got := do[apigateway.Method](f, "GetMethod", &apigateway.GetMethodInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET")})
	if r := got.MethodIntegration.IntegrationResponses["200"]; r.ResponseParameters["method.response.header.X"] != "'v'" {
		t.Errorf("stored integration response %+v", r)
	}
	do[apigateway.DeleteIntegrationResponseOutput](f, "DeleteIntegrationResponse", &apigateway.DeleteIntegrationResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("200")})
	do[apigateway.DeleteMethodResponseOutput](f, "DeleteMethodResponse", &apigateway.DeleteMethodResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("200")})
	do[apigateway.DeleteIntegrationOutput](f, "DeleteIntegration", &apigateway.DeleteIntegrationInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET")})
	f.wants("NotFoundException", "GetIntegration", &apigateway.GetIntegrationInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET")})
}

func TestGatewayResponses(t *testing.T) {
	f := start(t)
	api, _ := f.notes()
	kind := ptr("DEFAULT_4XX")
	before := do[apigateway.GatewayResponse](f, "GetGatewayResponse", &apigateway.GetGatewayResponseInput{RestApiId: api.Id, ResponseType: kind})
	if !*before.DefaultResponse || before.StatusCode != nil {
		t.Errorf("before: %+v", before)
	}
	out := do[apigateway.GatewayResponse](f, "UpdateGatewayResponse", &apigateway.UpdateGatewayResponseInput{RestApiId: api.Id, ResponseType: kind, PatchOperations: []apigateway.PatchOperation{
		{Op: ptr("add"), Path: ptr("/responseParameters/gatewayresponse.header.Access-Control-Allow-Origin"), Value: ptr("'*'")},
	}})
	if *out.DefaultResponse || out.ResponseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] != "'*'" {
		t.Errorf("patched: %+v", out)
	}
	all := do[apigateway.GetGatewayResponsesOutput](f, "GetGatewayResponses", &apigateway.GetGatewayResponsesInput{RestApiId: api.Id})
	if len(all.Items) != len(defaultStatus) {
		t.Errorf("%d gateway responses", len(all.Items))
	}
	do[apigateway.DeleteGatewayResponseOutput](f, "DeleteGatewayResponse", &apigateway.DeleteGatewayResponseInput{RestApiId: api.Id, ResponseType: kind})
	f.wants("NotFoundException", "DeleteGatewayResponse", &apigateway.DeleteGatewayResponseInput{RestApiId: api.Id, ResponseType: kind})
	f.wants("BadRequestException", "GetGatewayResponse", &apigateway.GetGatewayResponseInput{RestApiId: api.Id, ResponseType: ptr("OTHER")})
}

func TestAuthorizers(t *testing.T) {
	f := start(t)
	api, item := f.notes()
	pool := "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Abc"
	in := &apigateway.CreateAuthorizerInput{RestApiId: api.Id, Name: ptr("pool"), Type: ptr("COGNITO_USER_POOLS"), ProviderARNs: []string{pool}}
	a := do[apigateway.Authorizer](f, "CreateAuthorizer", in)
	if *a.IdentitySource != "method.request.header.Authorization" || *a.AuthType != "cognito_user_pools" {
		t.Errorf("%+v", a)
	}
	f.wants("BadRequestException", "CreateAuthorizer", in) // the name is taken
	f.wants("NotImplemented", "CreateAuthorizer", &apigateway.CreateAuthorizerInput{RestApiId: api.Id, Name: ptr("b"), Type: ptr("TOKEN")})
	f.wants("BadRequestException", "CreateAuthorizer", &apigateway.CreateAuthorizerInput{RestApiId: api.Id, Name: ptr("b"), Type: ptr("COGNITO_USER_POOLS"), ProviderARNs: []string{"arn:aws:s3:::b"}})
	method := &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("PUT"), AuthorizationType: ptr("COGNITO_USER_POOLS"), AuthorizerId: a.Id, AuthorizationScopes: []string{"a/b"}}
	do[apigateway.Method](f, "PutMethod", method)
	f.wants("ConflictException", "DeleteAuthorizer", &apigateway.DeleteAuthorizerInput{RestApiId: api.Id, AuthorizerId: a.Id})
	do[apigateway.DeleteMethodOutput](f, "DeleteMethod", &apigateway.DeleteMethodInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("PUT")})
	do[apigateway.DeleteAuthorizerOutput](f, "DeleteAuthorizer", &apigateway.DeleteAuthorizerInput{RestApiId: api.Id, AuthorizerId: a.Id})
	f.wants("NotFoundException", "GetAuthorizer", &apigateway.GetAuthorizerInput{RestApiId: api.Id, AuthorizerId: a.Id})
}

func TestStages(t *testing.T) {
	f := start(t)
	api, item := f.notes()
	do[apigateway.Integration](f, "PutIntegration", &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), Type: ptr("MOCK")})
	first := do[apigateway.Deployment](f, "CreateDeployment", &apigateway.CreateDeploymentInput{RestApiId: api.Id})
	second := do[apigateway.Deployment](f, "CreateDeployment", &apigateway.CreateDeploymentInput{RestApiId: api.Id, Description: ptr("second")})
	create := &apigateway.CreateStageInput{RestApiId: api.Id, StageName: ptr("dev"), DeploymentId: first.Id, Variables: map[string]string{"a": "b"}}
	do[apigateway.Stage](f, "CreateStage", create)
	f.wants("ConflictException", "CreateStage", create)
	f.wants("NotFoundException", "CreateStage", &apigateway.CreateStageInput{RestApiId: api.Id, StageName: ptr("x"), DeploymentId: ptr("none00")})
	f.wants("BadRequestException", "CreateStage", &apigateway.CreateStageInput{RestApiId: api.Id, StageName: ptr("a/b"), DeploymentId: first.Id})
	f.wants("NotImplemented", "CreateStage", &apigateway.CreateStageInput{RestApiId: api.Id, StageName: ptr("x"), DeploymentId: first.Id, CacheClusterEnabled: ptr(true)})
	f.wants("BadRequestException", "CreateDeployment", &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: ptr("dev"), Variables: map[string]string{"a b": "c"}})
	out := do[apigateway.Stage](f, "UpdateStage", &apigateway.UpdateStageInput{RestApiId: api.Id, StageName: ptr("dev"), PatchOperations: []apigateway.PatchOperation{
		{Op: ptr("replace"), Path: ptr("/deploymentId"), Value: second.Id}, {Op: ptr("replace"), Path: ptr("/variables/c"), Value: ptr("d")}, {Op: ptr("remove"), Path: ptr("/variables/a")},
	}})
	if *out.DeploymentId != *second.Id || len(out.Variables) != 1 || out.Variables["c"] != "d" {
		t.Errorf("%+v", out)
	}
	do[apigateway.DeleteDeploymentOutput](f, "DeleteDeployment", &apigateway.DeleteDeploymentInput{RestApiId: api.Id, DeploymentId: first.Id})
	f.wants("NotFoundException", "UpdateStage", &apigateway.UpdateStageInput{RestApiId: api.Id, StageName: ptr("dev"), PatchOperations: []apigateway.PatchOperation{{Op: ptr("replace"), Path: ptr("/deploymentId"), Value: first.Id}}})
	list := do[apigateway.GetStagesOutput](f, "GetStages", &apigateway.GetStagesInput{RestApiId: api.Id, DeploymentId: second.Id})
	if len(list.Item) != 1 {
		t.Errorf("%d stages", len(list.Item))
	}
	arn := "arn:aws:apigateway:us-east-1::/restapis/" + *api.Id + "/stages/dev"
	do[apigateway.TagResourceOutput](f, "TagResource", &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"k": "v"}})
	if tags := do[apigateway.GetTagsOutput](f, "GetTags", &apigateway.GetTagsInput{ResourceArn: &arn}); tags.Tags["k"] != "v" {
		t.Errorf("tags %v", tags.Tags)
	}
	do[apigateway.DeleteStageOutput](f, "DeleteStage", &apigateway.DeleteStageInput{RestApiId: api.Id, StageName: ptr("dev")})
	f.wants("NotFoundException", "GetStage", &apigateway.GetStageInput{RestApiId: api.Id, StageName: ptr("dev")})
}

// TestPaging: two APIs a page, each API once.
func TestPaging(t *testing.T) {
	f := start(t)
	for range 5 {
		do[apigateway.RestApi](f, "CreateRestApi", &apigateway.CreateRestApiInput{Name: ptr("same name")})
	}
	seen := map[string]bool{}
	in := &apigateway.GetRestApisInput{Limit: ptr(int32(2))}
	for {
		out := do[apigateway.GetRestApisOutput](f, "GetRestApis", in)
		for _, a := range out.Items {
			seen[*a.Id] = true
		}
		if in.Position = out.Position; in.Position == nil {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d APIs", len(seen))
	}
}

// TestReadAndPatch: what was put is read back, whole and in part, and patched.
func TestReadAndPatch(t *testing.T) {
	f := start(t)
	api, item := f.notes()
	patch := func(op, path, v string) []apigateway.PatchOperation {
		return []apigateway.PatchOperation{{Op: &op, Path: &path, Value: &v}}
	}
	bare := do[apigateway.Resource](f, "GetResource", &apigateway.GetResourceInput{RestApiId: api.Id, ResourceId: item.Id})
	if m, ok := bare.ResourceMethods["GET"]; !ok || m.HttpMethod != nil {
		t.Errorf("without embed: %+v", bare)
	}
	whole := do[apigateway.GetResourcesOutput](f, "GetResources", &apigateway.GetResourcesInput{RestApiId: api.Id, Embed: []string{"methods"}})
	found := false
	for _, r := range whole.Items {
		found = found || value(r.ResourceMethods["GET"].HttpMethod) == "GET"
	}
	if len(whole.Items) != 3 || !found {
		t.Errorf("with embed: %+v", whole.Items)
	}

	at := apigateway.UpdateMethodInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET")}
	at.PatchOperations = patch("replace", "/authorizationType", "NONE")
	if m := do[apigateway.Method](f, "UpdateMethod", &at); *m.AuthorizationType != "NONE" {
		t.Errorf("%+v", m)
	}
	at.PatchOperations = patch("replace", "/authorizationType", "SOMEHOW")
	f.wants("BadRequestException", "UpdateMethod", &at)
	at.PatchOperations = patch("replace", "/apiKeyRequired", "true")
	f.wants("NotImplemented", "UpdateMethod", &at)

	do[apigateway.MethodResponse](f, "PutMethodResponse", &apigateway.PutMethodResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("201")})
	do[apigateway.MethodResponse](f, "GetMethodResponse", &apigateway.GetMethodResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("201")})
	f.wants("NotFoundException", "GetMethodResponse", &apigateway.GetMethodResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("404")})
	put := &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), Type: ptr("AWS_PROXY"), IntegrationHttpMethod: ptr("POST"), Uri: ptr(uri)}
	put.RequestParameters = map[string]string{"integration.request.header.X": "'y'"}
	f.wants("NotImplemented", "PutIntegration", put)
	put.RequestParameters = map[string]string{"integration.request.header.X-Amz-Invocation-Type": "'Event'"}
	do[apigateway.Integration](f, "PutIntegration", put)
	f.wants("NotFoundException", "GetIntegrationResponse", &apigateway.GetIntegrationResponseInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), StatusCode: ptr("201")})

	d := do[apigateway.Deployment](f, "CreateDeployment", &apigateway.CreateDeploymentInput{RestApiId: api.Id})
	got := do[apigateway.Deployment](f, "GetDeployment", &apigateway.GetDeploymentInput{RestApiId: api.Id, DeploymentId: d.Id, Embed: []string{"apisummary"}})
	if value(got.ApiSummary["/notes/{id}"]["GET"].AuthorizationType) != "NONE" {
		t.Errorf("summary %+v", got.ApiSummary)
	}
	do[apigateway.Deployment](f, "UpdateDeployment", &apigateway.UpdateDeploymentInput{RestApiId: api.Id, DeploymentId: d.Id, PatchOperations: patch("replace", "/description", "first")})
	all := do[apigateway.GetDeploymentsOutput](f, "GetDeployments", &apigateway.GetDeploymentsInput{RestApiId: api.Id})
	if len(all.Items) != 1 || *all.Items[0].Description != "first" || all.Items[0].ApiSummary != nil {
		t.Errorf("deployments %+v", all.Items)
	}

	out := do[apigateway.RestApi](f, "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: append(patch("replace", "/disableExecuteApiEndpoint", "true"),
		patch("replace", "/endpointConfiguration/types/EDGE", "REGIONAL")...)})
	if !*out.DisableExecuteApiEndpoint || out.EndpointConfiguration.Types[0] != "REGIONAL" {
		t.Errorf("%+v", out)
	}
	f.wants("BadRequestException", "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: patch("replace", "/disableExecuteApiEndpoint", "perhaps")})
	f.wants("NotImplemented", "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: patch("replace", "/endpointConfiguration/types/EDGE", "PRIVATE")})

	do[apigateway.DeleteResourceOutput](f, "DeleteResource", &apigateway.DeleteResourceInput{RestApiId: api.Id, ResourceId: item.ParentId})
	f.wants("NotFoundException", "GetResource", &apigateway.GetResourceInput{RestApiId: api.Id, ResourceId: item.Id}) // it stood below
}

func TestUpdateAuthorizer(t *testing.T) {
	f := start(t)
	api, _ := f.notes()
	pool := func(id string) string { return "arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + id }
	a := do[apigateway.Authorizer](f, "CreateAuthorizer", &apigateway.CreateAuthorizerInput{RestApiId: api.Id, Name: ptr("a"), Type: ptr("COGNITO_USER_POOLS"), ProviderARNs: []string{pool("us-east-1_A")}})
	patch := func(op, path, v string) apigateway.PatchOperation {
		return apigateway.PatchOperation{Op: &op, Path: &path, Value: &v}
	}
	out := do[apigateway.Authorizer](f, "UpdateAuthorizer", &apigateway.UpdateAuthorizerInput{RestApiId: api.Id, AuthorizerId: a.Id, PatchOperations: []apigateway.PatchOperation{
		patch("add", "/providerARNs", pool("us-east-1_B")), patch("remove", "/providerARNs", pool("us-east-1_A")), patch("replace", "/name", "b"),
	}})
	if len(out.ProviderARNs) != 1 || out.ProviderARNs[0] != pool("us-east-1_B") || *out.Name != "b" {
		t.Errorf("%+v", out)
	}
	f.wants("BadRequestException", "UpdateAuthorizer", &apigateway.UpdateAuthorizerInput{RestApiId: api.Id, AuthorizerId: a.Id, PatchOperations: []apigateway.PatchOperation{patch("remove", "/providerARNs", pool("us-east-1_B"))}})
	all := do[apigateway.GetAuthorizersOutput](f, "GetAuthorizers", &apigateway.GetAuthorizersInput{RestApiId: api.Id})
	if len(all.Items) != 1 || all.Items[0].ProviderARNs[0] != pool("us-east-1_B") {
		t.Errorf("a refused patch was kept: %+v", all.Items)
	}
	arn := "arn:aws:apigateway:us-east-1::/restapis/" + *api.Id
	do[apigateway.TagResourceOutput](f, "TagResource", &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}})
	do[apigateway.UntagResourceOutput](f, "UntagResource", &apigateway.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a"}})
	if tags := do[apigateway.GetTagsOutput](f, "GetTags", &apigateway.GetTagsInput{ResourceArn: &arn}).Tags; len(tags) != 1 || tags["b"] != "2" {
		t.Errorf("tags %v", tags)
	}
	f.wants("NotFoundException", "GetTags", &apigateway.GetTagsInput{ResourceArn: ptr("arn:aws:apigateway:us-east-1::/apikeys/x")})
}
