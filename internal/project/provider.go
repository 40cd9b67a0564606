package project

import (
	"regexp"
	"strconv"

	"github.com/bawn-dev/bawn/internal/document"
)

// providerSettings is the provider section, checked.
type providerSettings struct {
	pos         document.Position
	runtime     string
	environment []document.Member
	dotenv      map[string]string
	// dotenvToFunctions is what serverless-dotenv-plugin does.
	dotenvToFunctions bool
	memorySize        int
	timeout           int
	tags              []document.Member
	logRetention      int
	architecture      string
	kmsKey            *document.Node
	tracing           string

	// role is provider.role or iam.role as an ARN: then none is made.
	role            *document.Node
	roleName        *document.Node
	rolePath        *document.Node
	boundary        *document.Node
	statements      *document.Node
	managedPolicies *document.Node
	roleTags        []document.Member

	apiName string
	api     apiSettings
}

// apiSettings is provider.apiGateway.
type apiSettings struct {
	restAPIID, rootResourceID *document.Node
	restAPIResources          *document.Node
	binaryMediaTypes          []string
	minimumCompression        int
	description               string
	apiKeySource              string
	disableDefaultEndpoint    bool
	resourcePolicy            *document.Node
	endpointType              string
}

func (c *compiler) readProvider(n *document.Node) {
	s := &c.provider
	o := c.object(n, "provider")
	if n == nil {
		c.report(document.Errorf(document.Position{File: c.file, Line: 1, Column: 1}, "the project has no provider").
			WithFix("add \"provider: {name: aws, runtime: nodejs20.x}\""))
		return
	}
	s.pos = n.Pos
	if name := o.str("name"); name != "aws" {
		c.report(document.Errorf(o.pos("name"), "the provider must be aws, this is %q", name).WithFix("write \"name: aws\""))
	}
	s.runtime = o.str("runtime")
	o.str("stage")
	if region := o.str("region"); region != "" {
		c.p.Region = region
	}
	if region := c.o.Options["region"]; region != "" {
		c.p.Region = region
	}
	c.p.StackName = o.str("stackName")
	if c.p.StackName == "" {
		c.p.StackName = c.p.Service + "-" + c.p.Stage
	}
	s.environment = c.environment(o.get("environment"), "provider.environment")
	s.memorySize = o.integer("memorySize", 1024, 128, 10240)
	s.timeout = o.integer("timeout", 6, 1, 900)
	s.logRetention = c.retention(o)
	s.architecture = o.str("architecture")
	s.kmsKey = o.get("kmsKeyArn")
	s.tags = c.textMap(o.get("tags"), "provider.tags")
	c.p.StackTags = map[string]string{}
	for _, m := range c.textMap(o.get("stackTags"), "provider.stackTags") {
		c.p.StackTags[m.Key] = m.Value.Text
	}
	c.p.Parameters = map[string]string{}
	c.stackParameters(o.get("stackParameters"))
	c.readIAM(o)
	c.readTracing(o.get("tracing"))
	s.apiName = o.str("apiName")
	c.readAPI(o)
	o.unbuilt("vpc", "layers", "alb", "ecr", "notificationArns", "cloudFront", "logs", "usagePlan", "apiKeys", "rollbackConfiguration")
	o.ignore("profile", "deploymentBucket", "deploymentPrefix", "deploymentMethod", "versionFunctions", "lambdaHashingVersion",
		"disableRollback", "cfnRole", "eventBridge", "httpApi", "websocketsApiName", "websocketsApiRouteSelectionExpression",
		"s3", "stackPolicy", "variableSyntax", "runtimeManagement", "credentials", "layersDir", "websocketsDescription", "snapStart")
	o.done()
}

// retentionDays are the values that CloudWatch Logs accepts.
var retentionDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (c *compiler) retention(o *object) int {
	days := o.integer("logRetentionInDays", 0, 1, 3653)
	if days == 0 {
		return 0
	}
	for _, d := range retentionDays {
		if d == days {
			return days
		}
	}
	c.fail(o.pos("logRetentionInDays"), "%s: logRetentionInDays %d is not one that logs can have; it is one of 1, 3, 5, 7, 14, 30, 60, 90, ...", o.what, days)
	return 0
}

// stackParameters are a list of {ParameterKey, ParameterValue}.
func (c *compiler) stackParameters(n *document.Node) {
	if n == nil {
		return
	}
	for _, item := range n.Items {
		o := c.object(item, "provider.stackParameters entry")
		c.p.Parameters[o.str("ParameterKey")] = o.str("ParameterValue")
		o.done()
	}
}

// variableName is what Lambda accepts.
var variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)

// environment checks a map of environment variables: scalars become text, maps
// must be CloudFormation functions, null leaves a variable out.
func (c *compiler) environment(n *document.Node, what string) []document.Member {
	o := c.object(n, what)
	if o.node == nil {
		return nil
	}
	var out []document.Member
	for _, m := range o.node.Members {
		v := m.Value
		if !variableName.MatchString(m.Key) {
			c.report(document.Errorf(m.KeyPos, "%s: %q cannot be the name of a function's environment variable", what, m.Key).
				WithFix("begin with a letter and use at least two letters, digits or _"))
			continue
		}
		switch {
		case v.IsScalar():
			v = document.Of(v.Pos, v.Text)
		case v.Kind == document.Null:
		case v.Kind == document.Map && isFunction(v):
		default:
			c.fail(v.Pos, "%s: the value of %s must be text or a CloudFormation function, this is %s", what, m.Key, v.Kind)
			continue
		}
		out = append(out, document.Member{Key: m.Key, KeyPos: m.KeyPos, Value: v})
	}
	return out
}

// isFunction says whether a map is an intrinsic function of CloudFormation.
func isFunction(n *document.Node) bool {
	if n == nil || n.Kind != document.Map || len(n.Members) != 1 {
		return false
	}
	key := n.Members[0].Key
	return key == "Ref" || (len(key) > 4 && key[:4] == "Fn::")
}

// textMap checks a map of names to scalars.
func (c *compiler) textMap(n *document.Node, what string) []document.Member {
	o := c.object(n, what)
	if o.node == nil {
		return nil
	}
	var out []document.Member
	for _, m := range o.node.Members {
		if !m.Value.IsScalar() && !isFunction(m.Value) {
			c.fail(m.Value.Pos, "%s: the value of %s must be text, this is %s", what, m.Key, m.Value.Kind)
			continue
		}
		v := m.Value
		if v.IsScalar() {
			v = document.Of(v.Pos, v.Text)
		}
		out = append(out, document.Member{Key: m.Key, KeyPos: m.KeyPos, Value: v})
	}
	return out
}

// tagList makes CloudFormation's tags: a list of {Key, Value}.
func tagList(pos document.Position, lists ...[]document.Member) *document.Node {
	merged := &document.Node{Kind: document.Map, Pos: pos}
	for _, list := range lists {
		for _, m := range list {
			merged.Set(m.Key, m.Value)
		}
	}
	if len(merged.Members) == 0 {
		return nil
	}
	out := &document.Node{Kind: document.List, Pos: pos}
	for _, m := range merged.Members {
		out.Items = append(out.Items, document.Of(m.Value.Pos, []document.Pair{{Key: "Key", Value: m.Key}, {Key: "Value", Value: m.Value}}))
	}
	return out
}

func (c *compiler) readTracing(n *document.Node) {
	if n == nil {
		return
	}
	o := c.object(n, "provider.tracing")
	o.unbuilt("apiGateway")
	c.provider.tracing = c.tracingMode(o, "lambda")
	o.done()
}

// tracingMode reads true, "Active" or "PassThrough".
func (c *compiler) tracingMode(o *object, key string) string {
	switch v := o.str(key); v {
	case "", "false":
		return ""
	case "true":
		return "Active"
	case "Active", "PassThrough":
		return v
	}
	c.fail(o.pos(key), "%s: %s must be true, Active or PassThrough", o.what, key)
	return ""
}

func (c *compiler) readAPI(o *object) {
	a := &c.provider.api
	a.endpointType = o.str("endpointType")
	oldPolicy := o.get("resourcePolicy")
	g := c.object(o.get("apiGateway"), "provider.apiGateway")
	a.restAPIID, a.rootResourceID, a.restAPIResources = g.get("restApiId"), g.get("restApiRootResourceId"), g.get("restApiResources")
	a.binaryMediaTypes = g.strs("binaryMediaTypes")
	a.minimumCompression = g.integer("minimumCompressionSize", -1, 0, 10485760)
	a.description = g.str("description")
	a.apiKeySource = g.str("apiKeySourceType")
	a.disableDefaultEndpoint = g.boolean("disableDefaultEndpoint")
	if a.resourcePolicy = g.get("resourcePolicy"); a.resourcePolicy == nil {
		a.resourcePolicy = oldPolicy
	}
	if t := c.object(g.get("endpoint"), "provider.apiGateway.endpoint"); t.node != nil {
		a.endpointType = t.str("type")
		t.unbuilt("vpcEndpointIds")
		t.done()
	}
	switch a.endpointType {
	case "", "edge", "EDGE", "regional", "REGIONAL":
	default:
		c.unbuilt(o.pos("endpointType"), "the endpoint type "+strconv.Quote(a.endpointType))
	}
	if (a.restAPIID == nil) != (a.rootResourceID == nil) {
		c.report(document.Errorf(g.node.Pos, "provider.apiGateway needs restApiId and restApiRootResourceId together").WithFix("give both, or none for an API of its own"))
	}
	g.unbuilt("apiKeys", "usagePlan", "request", "stage", "websocketApiId", "metrics", "timeoutInMillis")
	g.ignore("shouldStartNameWithService")
	if g.node.Get("shouldStartNameWithService") != nil && g.boolean("shouldStartNameWithService") && c.provider.apiName == "" {
		c.provider.apiName = c.p.Service + "-" + c.p.Stage
	}
	g.done()
}
