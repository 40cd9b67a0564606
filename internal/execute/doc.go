// Package execute is the data plane of API Gateway's REST APIs: it takes one
// request for a deployed stage and answers it.
//
//	route        the stage's deployment, resource ({param}, {proxy+}) and method
//	authorize    NONE, AWS_IAM with the API's resource policy, COGNITO_USER_POOLS
//	validate     required parameters of the method
//	integrate    AWS_PROXY (a function), MOCK
//	answer       the function's result, integration and method responses, or a
//	             gateway response with the API's own templates and headers
//
// A deployment is immutable, so it is compiled once and kept by its id; a
// request decodes nothing but its own query. Events are written by hand into
// one buffer.
//
// It speaks no HTTP: the gateway parses the request line, verifies the
// signature and writes the Response. What it needs of other services stands in
// ports.go.
//
// Source of the behaviour: the API Gateway developer guide; texts of refusals
// from answers published in issue reports.
//
// May import: floors 0 and 1.
package execute
