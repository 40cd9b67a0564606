package execute

import (
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// lookup resolves a mapping expression or a template's reference:
// method.request.*, context.*, stageVariables.*. "" where there is nothing.
func (x *exchange) lookup(source string, e *refusal) string {
	if name, ok := strings.CutPrefix(source, "context."); ok {
		return x.contextVariable(name, e)
	}
	if name, ok := strings.CutPrefix(source, "stageVariables."); ok {
		if x.stage == nil {
			return ""
		}
		return x.stage.stage.Variables[name]
	}
	where, name, ok := strings.Cut(strings.TrimPrefix(source, "method.request."), ".")
	if !ok {
		return ""
	}
	switch where {
	case "header", "multivalueheader":
		return x.header(strings.ToLower(name))
	case "querystring":
		for i := len(x.query) - 1; i >= 0; i-- {
			if x.query[i].name == name {
				return x.query[i].value
			}
		}
	case "path":
		for _, p := range x.params {
			if p.name == name {
				return p.value
			}
		}
	}
	return ""
}

// contextVariable is $context.NAME (API Gateway developer guide, "$context
// variables"). Inside a gateway response the error's are there too.
func (x *exchange) contextVariable(name string, e *refusal) string {
	if rest, ok := strings.CutPrefix(name, "error."); ok {
		return errorVariable(rest, e)
	}
	if rest, ok := strings.CutPrefix(name, "identity."); ok {
		return x.identityVariable(rest)
	}
	if rest, ok := strings.CutPrefix(name, "authorizer.claims."); ok {
		if v, ok := x.claims[rest]; ok {
			return claimText(rest, v)
		}
		return ""
	}
	env := x.in.Env
	switch name {
	case "requestId":
		return env.RequestID
	case "extendedRequestId":
		return x.extendedID()
	case "apiId":
		return x.in.APIID
	case "accountId":
		return x.plane.account
	case "stage":
		return x.in.Stage
	case "httpMethod":
		return x.in.Method
	case "path":
		return x.contextPath()
	case "protocol":
		return x.in.Protocol
	case "requestTime":
		return env.Now.UTC().Format(requestTime)
	case "requestTimeEpoch":
		return strconv.FormatInt(env.Now.UnixMilli(), 10)
	case "domainName":
		domain, _, _ := strings.Cut(x.host(), ":")
		return domain
	case "domainPrefix":
		prefix, _, _ := strings.Cut(x.host(), ".")
		return prefix
	}
	return x.routeVariable(name)
}

// routeVariable is what is known only after a route was found.
func (x *exchange) routeVariable(name string) string {
	switch {
	case x.plan != nil && name == "deploymentId":
		return x.plan.deploymentID
	case x.method == nil:
		return ""
	case name == "resourcePath":
		return x.method.resource.path
	case name == "resourceId":
		return x.method.resource.id
	}
	return ""
}

func errorVariable(name string, e *refusal) string {
	if e == nil {
		return ""
	}
	switch name {
	case "message":
		return e.message
	case "messageString":
		return string(messageJSON(e.message))
	case "responseType":
		return e.kind.name
	}
	return ""
}

func (x *exchange) identityVariable(name string) string {
	switch name {
	case "sourceIp":
		return x.in.Env.SourceIP
	case "userAgent":
		return x.in.Env.UserAgent
	}
	who := x.in.Caller
	if who == nil || x.method == nil || x.method.auth != authIAM {
		return ""
	}
	switch name {
	case "accountId":
		return who.Account
	case "caller", "user":
		return who.UserID
	case "accessKey":
		return who.AccessKeyID
	case "userArn":
		return who.ARN
	}
	if who.Session == nil || who.Session.Cognito == nil {
		return ""
	}
	return cognitoVariable(name, who.Session.Cognito)
}

func cognitoVariable(name string, c *awsapi.CognitoSession) string {
	switch name {
	case "cognitoIdentityId":
		return c.IdentityID
	case "cognitoIdentityPoolId":
		return c.IdentityPoolID
	case "cognitoAuthenticationProvider":
		return c.Provider()
	case "cognitoAuthenticationType":
		if c.Authenticated() {
			return "authenticated"
		}
		return "unauthenticated"
	}
	return ""
}
