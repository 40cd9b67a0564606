package gateway

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
	"github.com/bawn-dev/bawn/sigv4"
)

// stagePrefix is where REST API stages live on Bawn's own origin:
// /_api/{apiId}/{stage}/path.
const stagePrefix = "/_api/"

// consolePath is where the env file says the web console is.
const consolePath = "/_/"

// wellKnown are the paths of a user pool's public documents.
var wellKnown = regexp.MustCompile(`^/[\w-]+_[0-9a-zA-Z]+/\.well-known/(jwks\.json|openid-configuration)$`)

// identify finds what a request is for: an API stage, a hosted document, or a
// service's operation. One origin serves everything, so it looks at the
// target header, the claimed credential scope, the path and the host, in that
// order; the claim is verified later.
func (x *exchange) identify() error {
	if x.rawPath == "/_bawn/health" {
		return x.health()
	}
	if x.rawPath == consolePath {
		return awsapi.NotBuilt("The web console")
	}
	if api, ok := x.stageRequest(); ok {
		return x.serveStage(api)
	}
	if wellKnown.MatchString(x.rawPath) && x.gateway.hosted != nil {
		return x.serveHosted()
	}
	x.claimed, x.claimErr = sigv4.Parse(&x.signed)
	x.service = x.findService()
	if x.request.Method == http.MethodOptions && x.request.Header.Get("Origin") != "" {
		return x.preflight()
	}
	if target := x.request.Header.Get("X-Amz-Target"); x.service == nil && target != "" {
		return awsapi.Errorf("UnknownOperationException", "Bawn has no service with the operation %q.", journalPath(target))
	}
	if x.service == nil {
		return awsapi.Errorf("UnknownOperationException", "Bawn serves nothing at %s %s. Clients name the operation by X-Amz-Target, Action or path, and the service by their signature.", x.request.Method, journalPath(x.rawPath)).WithStatus(http.StatusNotFound)
	}
	x.stylePath()
	if x.service.Model.Protocol == shape.Query {
		return nil // the operation's name is in the form body
	}
	return x.identifyOperation()
}

// identifyOperation asks the codec for the operation's name and refuses those
// that are not built, by name.
func (x *exchange) identifyOperation() error {
	x.wire.Method, x.wire.RawQuery, x.wire.Header = x.request.Method, x.rawQuery, x.request.Header
	if x.wire.Path == "" {
		x.wire.Path = x.rawPath
	}
	name, err := x.service.codec.Operation(&x.wire)
	if err != nil {
		return err
	}
	x.operation = name
	if x.gateway.door.Lookup(x.service.Model.Service, name) == nil {
		return awsapi.NotBuilt(x.service.Model.Service + ":" + name)
	}
	return nil
}

// findService returns the service a request is for, or nil.
func (x *exchange) findService() *service {
	g := x.gateway
	if target := x.request.Header.Get("X-Amz-Target"); target != "" {
		prefix, _, _ := strings.Cut(target, ".")
		return g.targets[prefix]
	}
	if x.claimed != nil {
		return x.scopedService(x.claimed.Service)
	}
	switch {
	case strings.HasPrefix(x.rawPath, "/2015-03-31/"), strings.HasPrefix(x.rawPath, "/2017-03-31/"), strings.HasPrefix(x.rawPath, "/2017-10-31/"), strings.HasPrefix(x.rawPath, "/2016-08-19/"):
		return g.services["lambda"]
	case x.rawPath == "/restapis" || strings.HasPrefix(x.rawPath, "/restapis/"):
		return g.services["apigateway"]
	case strings.HasPrefix(x.rawPath, "/v2/apis"):
		return g.services["apigatewayv2"]
	case x.rawPath == "/" && x.isForm():
		return g.services["sts"] // the only query service with unsigned operations
	}
	return g.services["s3"]
}

// scopedService maps a credential scope's service name to a service. API
// Gateway has one signing name for its two control planes.
func (x *exchange) scopedService(name string) *service {
	if name == "apigateway" && strings.HasPrefix(x.rawPath, "/v2/") {
		return x.gateway.services["apigatewayv2"]
	}
	if s := x.gateway.services[name]; s != nil {
		return s
	}
	for _, s := range x.gateway.services {
		if s.Model.SigningName == name {
			return s
		}
	}
	return nil
}

func (x *exchange) isForm() bool {
	return strings.HasPrefix(x.request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || strings.Contains(x.rawQuery, "Action=")
}

// stylePath gives S3 a path-style path, whatever style the client used.
func (x *exchange) stylePath() {
	x.wire.Path = x.rawPath
	if x.service.Model.Service != "s3" {
		return
	}
	if x.bucket = bucketOfHost(hostName(x.request)); x.bucket != "" {
		x.wire.Path = "/" + x.bucket + x.rawPath
	}
}

// bucketOfHost returns the bucket in a virtual-host style name, or "". Names
// end in .localhost (SDKs put the bucket before a custom endpoint's host) or
// in one of S3's own hosts.
func bucketOfHost(host string) string {
	if i := strings.LastIndex(host, ".s3."); i > 0 {
		return host[:i]
	}
	if i := strings.LastIndex(host, ".s3-"); i > 0 && strings.HasSuffix(host, ".amazonaws.com") {
		return host[:i]
	}
	if name, ok := strings.CutSuffix(host, ".localhost"); ok && name != "s3" && !strings.HasPrefix(name, "s3.") {
		return name
	}
	return ""
}
