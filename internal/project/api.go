package project

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// emitAPI writes the REST API of all http events: the API, its resources,
// preflights, methods, authorizers, deployment and permissions.
func (c *compiler) emitAPI() {
	var events []*httpEvent
	for _, f := range c.functions {
		events = append(events, f.events...)
	}
	if len(events) == 0 {
		return
	}
	c.emitRestAPI()
	c.emitResources(events)
	ids := c.emitPreflights(events)
	ids = append(ids, c.emitMethods(events)...)
	c.emitAuthorizers(events)
	c.emitDeployment(ids)
	c.emitPermissions()
	c.emitEndpoint()
}

// restAPI refers to the API: this project's own, or one of another stack.
func (c *compiler) restAPI() any {
	if c.provider.api.restAPIID != nil {
		return c.provider.api.restAPIID
	}
	return ref(apiID)
}

func (c *compiler) emitRestAPI() {
	a := &c.provider.api
	if a.restAPIID != nil {
		return
	}
	name := orDefault(c.provider.apiName, c.p.Stage+"-"+c.p.Service)
	list := []document.Pair{{Key: "Name", Value: name}}
	if len(a.binaryMediaTypes) > 0 {
		list = append(list, document.Pair{Key: "BinaryMediaTypes", Value: a.binaryMediaTypes})
	}
	if a.disableDefaultEndpoint {
		list = append(list, document.Pair{Key: "DisableExecuteApiEndpoint", Value: true})
	}
	list = append(list, document.Pair{Key: "EndpointConfiguration", Value: []document.Pair{
		{Key: "Types", Value: []string{strings.ToUpper(orDefault(a.endpointType, "EDGE"))}},
	}})
	if tags := tagList(c.provider.pos, c.provider.tags); tags != nil {
		list = append(list, document.Pair{Key: "Tags", Value: tags})
	}
	if a.resourcePolicy != nil {
		list = append(list, document.Pair{Key: "Policy", Value: []document.Pair{
			{Key: "Version", Value: "2012-10-17"}, {Key: "Statement", Value: a.resourcePolicy},
		}})
	} else {
		list = append(list, document.Pair{Key: "Policy", Value: ""})
	}
	if a.apiKeySource != "" {
		list = append(list, document.Pair{Key: "ApiKeySourceType", Value: strings.ToUpper(a.apiKeySource)})
	}
	if a.minimumCompression >= 0 {
		list = append(list, document.Pair{Key: "MinimumCompressionSize", Value: a.minimumCompression})
	}
	if a.description != "" {
		list = append(list, document.Pair{Key: "Description", Value: a.description})
	}
	c.add(apiID, c.provider.pos, "AWS::ApiGateway::RestApi", document.Of(c.provider.pos, list))
}

// resourceRef refers to the resource of a path; "" is the root. Resources of
// an API of another stack may be given by restApiResources.
func (c *compiler) resourceRef(path string) any {
	a := &c.provider.api
	if path == "" {
		if a.rootResourceID != nil {
			return a.rootResourceID
		}
		return getAtt(apiID, "RootResourceId")
	}
	if known := c.knownResource(path); known != nil {
		return known
	}
	return ref(resourceID(path))
}

func (c *compiler) knownResource(path string) *document.Node {
	for _, key := range []string{path, "/" + path} {
		if n := c.provider.api.restAPIResources.Get(key); n != nil {
			return n
		}
	}
	return nil
}

func (c *compiler) emitResources(events []*httpEvent) {
	paths := map[string]string{}
	for _, e := range events {
		parts := strings.Split(e.path, "/")
		for i := range parts {
			path := strings.Join(parts[:i+1], "/")
			if path == "" || c.knownResource(path) != nil {
				continue
			}
			id := resourceID(path)
			if have, ok := paths[id]; ok {
				if have != path {
					c.report(document.Errorf(e.pos, "the paths %q and %q make the same logical id %s", have, path, id).WithFix("rename a part of one of them"))
				}
				continue
			}
			paths[id] = path
			c.add(id, e.pos, "AWS::ApiGateway::Resource", document.Of(e.pos, []document.Pair{
				{Key: "ParentId", Value: c.resourceRef(strings.Join(parts[:i], "/"))},
				{Key: "PathPart", Value: parts[i]},
				{Key: "RestApiId", Value: c.restAPI()},
			}))
		}
	}
}

func (c *compiler) emitPreflights(events []*httpEvent) []string {
	merged := map[string]*corsSettings{}
	var order []string
	for _, e := range events {
		if e.cors == nil {
			continue
		}
		if merged[e.path] == nil {
			order = append(order, e.path)
		}
		merged[e.path] = mergeCORS(merged[e.path], e.cors, e.method)
	}
	// Every method of a path that has a preflight is allowed by it.
	for _, e := range events {
		if s := merged[e.path]; s != nil && e.cors != nil {
			merged[e.path] = mergeCORS(s, e.cors, e.method)
		}
	}
	var ids []string
	for _, path := range order {
		ids = append(ids, c.emitPreflight(path, merged[path]))
	}
	return ids
}

func (c *compiler) emitMethods(events []*httpEvent) []string {
	var ids []string
	for _, e := range events {
		id := methodID(e.path, e.method)
		if c.resources.Get(id) != nil {
			c.report(document.Errorf(e.pos, "%s /%s is already an event of a function", e.method, e.path).WithFix("remove one of the two"))
			continue
		}
		props := document.Of(e.pos, []document.Pair{
			{Key: "HttpMethod", Value: e.method},
			{Key: "RequestParameters", Value: &document.Node{Kind: document.Map, Pos: e.pos, Members: e.parameters}},
			{Key: "ResourceId", Value: c.resourceRef(e.path)},
			{Key: "RestApiId", Value: c.restAPI()},
		})
		set := func(key string, v any) { props.Set(key, document.Of(e.pos, v)) }
		if e.operationID != "" {
			set("OperationName", e.operationID)
		}
		set("ApiKeyRequired", false)
		depends := c.methodAuthorization(e, set)
		integration := []document.Pair{{Key: "IntegrationHttpMethod", Value: "POST"}, {Key: "Type", Value: "AWS_PROXY"}}
		if e.timeoutMillis > 0 {
			integration = append(integration, document.Pair{Key: "TimeoutInMillis", Value: e.timeoutMillis})
		}
		set("Integration", append(integration, document.Pair{Key: "Uri", Value: join("",
			"arn:", ref("AWS::Partition"), ":apigateway:", ref("AWS::Region"), ":lambda:path/2015-03-31/functions/",
			getAtt(lambdaID(e.function.key), "Arn"), "/invocations")}))
		set("MethodResponses", []any{})
		c.add(id, e.pos, "AWS::ApiGateway::Method", props, document.Pair{Key: "DependsOn", Value: []string{depends}})
		ids = append(ids, id)
	}
	return ids
}

// methodAuthorization sets how a method is guarded and returns what the method
// depends on.
func (c *compiler) methodAuthorization(e *httpEvent, set func(string, any)) string {
	a := e.authorizer
	if a == nil {
		set("AuthorizationType", "NONE")
		return permissionID(e.function.key)
	}
	set("AuthorizationType", a.kind)
	if a.kind == "AWS_IAM" {
		return permissionID(e.function.key)
	}
	depends := permissionID(e.function.key)
	if a.id != nil {
		set("AuthorizerId", a.id)
	} else {
		depends = authorizerID(a.name)
		set("AuthorizerId", ref(depends))
	}
	if a.scopes != nil {
		set("AuthorizationScopes", a.scopes)
	}
	return depends
}

const deploymentPrefix = "ApiGatewayDeployment"

// emitDeployment writes the deployment under a placeholder id; its own id
// carries a hash of the API and is known when all is there (finishDeployment).
func (c *compiler) emitDeployment(methods []string) {
	list := []document.Pair{{Key: "RestApiId", Value: c.restAPI()}, {Key: "StageName", Value: c.p.Stage}}
	if c.provider.api.description != "" {
		list = append(list, document.Pair{Key: "Description", Value: c.provider.api.description})
	}
	c.add(deploymentPrefix, c.provider.pos, "AWS::ApiGateway::Deployment", document.Of(c.provider.pos, list),
		document.Pair{Key: "DependsOn", Value: methods})
}

// finishDeployment names the deployment by the content of the API: a new id is
// a new deployment, an unchanged API keeps its own. Methods, gateway responses
// and authorizers of the project's resources come before it, so that the first
// deployment already has them, whole.
func (c *compiler) finishDeployment() {
	d := c.resources.Get(deploymentPrefix)
	if d == nil {
		return
	}
	depends := d.Get("DependsOn")
	hash := sha256.New()
	for _, m := range c.resources.Members {
		kind := m.Value.Get("Type")
		if kind == nil || !strings.HasPrefix(kind.Text, "AWS::ApiGateway::") || m.Value == d {
			continue
		}
		hash.Write([]byte(m.Key))
		hash.Write(m.Value.AppendJSON(nil))
		switch kind.Text {
		case "AWS::ApiGateway::GatewayResponse", "AWS::ApiGateway::Authorizer", "AWS::ApiGateway::Method":
			listed := slices.ContainsFunc(depends.Items, func(n *document.Node) bool { return n.Text == m.Key })
			if m.Value.Get("DependsOn") == nil && !listed {
				depends.Items = append(depends.Items, document.Of(d.Pos, m.Key))
			}
		}
	}
	hash.Write(d.AppendJSON(nil))
	id := deploymentPrefix + hex.EncodeToString(hash.Sum(nil)[:8])
	for i, m := range c.resources.Members {
		if m.Key == deploymentPrefix {
			c.resources.Members[i].Key = id
		}
	}
}

func (c *compiler) emitPermissions() {
	for _, f := range c.functions {
		if len(f.events) == 0 {
			continue
		}
		c.add(permissionID(f.key), f.pos, "AWS::Lambda::Permission", document.Of(f.pos, []document.Pair{
			{Key: "FunctionName", Value: getAtt(lambdaID(f.key), "Arn")},
			{Key: "Action", Value: "lambda:InvokeFunction"},
			{Key: "Principal", Value: "apigateway.amazonaws.com"},
			{Key: "SourceArn", Value: join("", "arn:", ref("AWS::Partition"), ":execute-api:", ref("AWS::Region"), ":",
				ref("AWS::AccountId"), ":", c.restAPI(), "/*/*")},
		}))
	}
}

// emitEndpoint writes the output ServiceEndpoint: the URL under which clients
// reach the API here, or AWS's host name.
func (c *compiler) emitEndpoint() {
	value := join("", "https://", c.restAPI(), ".execute-api.", ref("AWS::Region"), ".", ref("AWS::URLSuffix"), "/"+c.p.Stage)
	if at := c.o.APIEndpoint; at != "" {
		before, after, ok := strings.Cut(at, "{api}")
		after += "/" + c.p.Stage
		value = join("", before, c.restAPI(), after)
		if !ok {
			value = join("", before, after)
		}
	}
	c.outputs.Set("ServiceEndpoint", document.Of(c.provider.pos, []document.Pair{
		{Key: "Description", Value: "URL of the service endpoint"},
		{Key: "Value", Value: value},
		{Key: "Export", Value: []document.Pair{{Key: "Name", Value: "sls-" + c.p.Service + "-" + c.p.Stage + "-ServiceEndpoint"}}},
	}))
}
