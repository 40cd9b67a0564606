// Package apigateway is the control plane of API Gateway's REST APIs: APIs,
// resources, methods, integrations, deployments, stages, authorizers and
// gateway responses. The data plane is internal/execute; it reads stages and
// deployments through StageOf and Deployed.
//
// Keys, all below apigateway/ACCOUNT/REGION:
//
//	api/ID                       the API
//	resource/API/ID              a resource with its methods and integrations
//	authorizer/API/ID            an authorizer
//	response/API/TYPE            a customised gateway response
//	deployment/API/ID            a deployment: what it froze, whole
//	stage/API/NAME               a stage
//
// Records hold AWS's own shapes. A deployment is a copy of everything the data
// plane needs and never changes; a stage points to one.
//
// May import: floors 0 and 1.
package apigateway
