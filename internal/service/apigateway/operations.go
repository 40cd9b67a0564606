package apigateway

import (
	"net/url"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
)

// Service returns what a Door registers.
func (s *Service) Service() *awsapi.Service {
	return &awsapi.Service{Name: "apigateway", Table: s.operations(), Deny: deny}
}

// on is the rule of this service: the action is the HTTP method, the resource
// the path below arn:aws:apigateway:REGION:: (API Gateway developer guide,
// "Amazon API Gateway IAM policies").
func on[In any](method string, path func(in *In) string) awsapi.Rule[In] {
	return awsapi.On("apigateway:"+method, func(call *awsapi.Call, in *In) string {
		return "arn:aws:apigateway:" + call.Region() + "::" + path(in)
	})
}

// api is the path of a thing of an API.
func api(id *string, parts ...string) string {
	return strings.Join(append([]string{"/restapis/" + value(id)}, parts...), "/")
}

// of is the path of a thing of a method.
func of(id, resource, method *string, parts ...string) string {
	return api(id, append([]string{"resources", value(resource), "methods", value(method)}, parts...)...)
}

// operations is the service's table.
func (s *Service) operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("CreateRestApi", s.CreateRestApi, on("POST", func(_ *apigateway.CreateRestApiInput) string { return "/restapis" })),
		awsapi.Op("GetRestApis", s.GetRestApis, on("GET", func(_ *apigateway.GetRestApisInput) string { return "/restapis" })),
		awsapi.Op("GetRestApi", s.GetRestApi, on("GET", func(in *apigateway.GetRestApiInput) string { return api(in.RestApiId) })),
		awsapi.Op("UpdateRestApi", s.UpdateRestApi, on("PATCH", func(in *apigateway.UpdateRestApiInput) string { return api(in.RestApiId) })),
		awsapi.Op("DeleteRestApi", s.DeleteRestApi, on("DELETE", func(in *apigateway.DeleteRestApiInput) string { return api(in.RestApiId) })),
		awsapi.Op("CreateResource", s.CreateResource, on("POST", func(in *apigateway.CreateResourceInput) string {
			return api(in.RestApiId, "resources", value(in.ParentId))
		})),
		awsapi.Op("GetResource", s.GetResource, on("GET", func(in *apigateway.GetResourceInput) string {
			return api(in.RestApiId, "resources", value(in.ResourceId))
		})),
		awsapi.Op("GetResources", s.GetResources, on("GET", func(in *apigateway.GetResourcesInput) string { return api(in.RestApiId, "resources") })),
		awsapi.Op("DeleteResource", s.DeleteResource, on("DELETE", func(in *apigateway.DeleteResourceInput) string {
			return api(in.RestApiId, "resources", value(in.ResourceId))
		})),
		awsapi.Op("PutMethod", s.PutMethod, on("PUT", func(in *apigateway.PutMethodInput) string { return of(in.RestApiId, in.ResourceId, in.HttpMethod) })),
		awsapi.Op("GetMethod", s.GetMethod, on("GET", func(in *apigateway.GetMethodInput) string { return of(in.RestApiId, in.ResourceId, in.HttpMethod) })),
		awsapi.Op("UpdateMethod", s.UpdateMethod, on("PATCH", func(in *apigateway.UpdateMethodInput) string { return of(in.RestApiId, in.ResourceId, in.HttpMethod) })),
		awsapi.Op("DeleteMethod", s.DeleteMethod, on("DELETE", func(in *apigateway.DeleteMethodInput) string { return of(in.RestApiId, in.ResourceId, in.HttpMethod) })),
		awsapi.Op("PutMethodResponse", s.PutMethodResponse, on("PUT", func(in *apigateway.PutMethodResponseInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "responses", value(in.StatusCode))
		})),
		awsapi.Op("GetMethodResponse", s.GetMethodResponse, on("GET", func(in *apigateway.GetMethodResponseInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "responses", value(in.StatusCode))
		})),
		awsapi.Op("DeleteMethodResponse", s.DeleteMethodResponse, on("DELETE", func(in *apigateway.DeleteMethodResponseInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "responses", value(in.StatusCode))
		})),
		awsapi.Op("PutIntegration", s.PutIntegration, on("PUT", func(in *apigateway.PutIntegrationInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "integration")
		})),
		awsapi.Op("GetIntegration", s.GetIntegration, on("GET", func(in *apigateway.GetIntegrationInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "integration")
		})),
		awsapi.Op("DeleteIntegration", s.DeleteIntegration, on("DELETE", func(in *apigateway.DeleteIntegrationInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "integration")
		})),
		awsapi.Op("PutIntegrationResponse", s.PutIntegrationResponse, on("PUT", func(in *apigateway.PutIntegrationResponseInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "integration", "responses", value(in.StatusCode))
		})),
		awsapi.Op("GetIntegrationResponse", s.GetIntegrationResponse, on("GET", func(in *apigateway.GetIntegrationResponseInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "integration", "responses", value(in.StatusCode))
		})),
		awsapi.Op("DeleteIntegrationResponse", s.DeleteIntegrationResponse, on("DELETE", func(in *apigateway.DeleteIntegrationResponseInput) string {
			return of(in.RestApiId, in.ResourceId, in.HttpMethod, "integration", "responses", value(in.StatusCode))
		})),
		awsapi.Op("CreateDeployment", s.CreateDeployment, on("POST", func(in *apigateway.CreateDeploymentInput) string { return api(in.RestApiId, "deployments") })),
		awsapi.Op("GetDeployments", s.GetDeployments, on("GET", func(in *apigateway.GetDeploymentsInput) string { return api(in.RestApiId, "deployments") })),
		awsapi.Op("GetDeployment", s.GetDeployment, on("GET", func(in *apigateway.GetDeploymentInput) string {
			return api(in.RestApiId, "deployments", value(in.DeploymentId))
		})),
		awsapi.Op("UpdateDeployment", s.UpdateDeployment, on("PATCH", func(in *apigateway.UpdateDeploymentInput) string {
			return api(in.RestApiId, "deployments", value(in.DeploymentId))
		})),
		awsapi.Op("DeleteDeployment", s.DeleteDeployment, on("DELETE", func(in *apigateway.DeleteDeploymentInput) string {
			return api(in.RestApiId, "deployments", value(in.DeploymentId))
		})),
		awsapi.Op("CreateStage", s.CreateStage, on("POST", func(in *apigateway.CreateStageInput) string { return api(in.RestApiId, "stages") })),
		awsapi.Op("GetStages", s.GetStages, on("GET", func(in *apigateway.GetStagesInput) string { return api(in.RestApiId, "stages") })),
		awsapi.Op("GetStage", s.GetStage, on("GET", func(in *apigateway.GetStageInput) string { return api(in.RestApiId, "stages", value(in.StageName)) })),
		awsapi.Op("UpdateStage", s.UpdateStage, on("PATCH", func(in *apigateway.UpdateStageInput) string { return api(in.RestApiId, "stages", value(in.StageName)) })),
		awsapi.Op("DeleteStage", s.DeleteStage, on("DELETE", func(in *apigateway.DeleteStageInput) string { return api(in.RestApiId, "stages", value(in.StageName)) })),
		awsapi.Op("CreateAuthorizer", s.CreateAuthorizer, on("POST", func(in *apigateway.CreateAuthorizerInput) string { return api(in.RestApiId, "authorizers") })),
		awsapi.Op("GetAuthorizers", s.GetAuthorizers, on("GET", func(in *apigateway.GetAuthorizersInput) string { return api(in.RestApiId, "authorizers") })),
		awsapi.Op("GetAuthorizer", s.GetAuthorizer, on("GET", func(in *apigateway.GetAuthorizerInput) string {
			return api(in.RestApiId, "authorizers", value(in.AuthorizerId))
		})),
		awsapi.Op("UpdateAuthorizer", s.UpdateAuthorizer, on("PATCH", func(in *apigateway.UpdateAuthorizerInput) string {
			return api(in.RestApiId, "authorizers", value(in.AuthorizerId))
		})),
		awsapi.Op("DeleteAuthorizer", s.DeleteAuthorizer, on("DELETE", func(in *apigateway.DeleteAuthorizerInput) string {
			return api(in.RestApiId, "authorizers", value(in.AuthorizerId))
		})),
		awsapi.Op("PutGatewayResponse", s.PutGatewayResponse, on("PUT", func(in *apigateway.PutGatewayResponseInput) string {
			return api(in.RestApiId, "gatewayresponses", value(in.ResponseType))
		})),
		awsapi.Op("GetGatewayResponse", s.GetGatewayResponse, on("GET", func(in *apigateway.GetGatewayResponseInput) string {
			return api(in.RestApiId, "gatewayresponses", value(in.ResponseType))
		})),
		awsapi.Op("GetGatewayResponses", s.GetGatewayResponses, on("GET", func(in *apigateway.GetGatewayResponsesInput) string { return api(in.RestApiId, "gatewayresponses") })),
		awsapi.Op("UpdateGatewayResponse", s.UpdateGatewayResponse, on("PATCH", func(in *apigateway.UpdateGatewayResponseInput) string {
			return api(in.RestApiId, "gatewayresponses", value(in.ResponseType))
		})),
		awsapi.Op("DeleteGatewayResponse", s.DeleteGatewayResponse, on("DELETE", func(in *apigateway.DeleteGatewayResponseInput) string {
			return api(in.RestApiId, "gatewayresponses", value(in.ResponseType))
		})),
		awsapi.Op("TagResource", s.TagResource, on("PUT", func(in *apigateway.TagResourceInput) string { return "/tags/" + url.PathEscape(value(in.ResourceArn)) })),
		awsapi.Op("UntagResource", s.UntagResource, on("DELETE", func(in *apigateway.UntagResourceInput) string {
			return "/tags/" + url.PathEscape(value(in.ResourceArn))
		})),
		awsapi.Op("GetTags", s.GetTags, on("GET", func(in *apigateway.GetTagsInput) string { return "/tags/" + url.PathEscape(value(in.ResourceArn)) })),
	)
}
