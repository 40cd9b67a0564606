package project

import (
	"regexp"
	"strconv"

	"github.com/bawn-dev/bawn/internal/document"
)

// functionSettings is one function, checked.
type functionSettings struct {
	key  string
	pos  document.Position
	name string

	handler, runtime, description string
	memorySize, timeout           int
	environment                   []document.Member
	tags                          []document.Member
	role                          *document.Node
	reserved                      *int
	logRetention                  int
	disableLogs                   bool
	architecture, tracing         string
	kmsKey                        *document.Node
	ephemeralStorage              int
	condition                     string
	dependsOn                     []string
	events                        []*httpEvent
}

var functionName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// readFunctions reads the functions section: a map, or a list of maps (often
// ${file()} parts) that are joined.
func (c *compiler) readFunctions(n *document.Node) {
	if n == nil {
		return
	}
	if n.Kind == document.List {
		joined := &document.Node{Kind: document.Map, Pos: n.Pos}
		for _, item := range n.Items {
			if item.Kind == document.Null {
				continue
			}
			if item.Kind != document.Map {
				c.fail(item.Pos, "functions: each entry must be a map of functions, this is %s", item.Kind)
				continue
			}
			joined.Members = append(joined.Members, item.Members...)
		}
		n = joined
	}
	if n.Kind != document.Map {
		c.fail(n.Pos, "functions must be a map of names, this is %s", n.Kind)
		return
	}
	for _, m := range n.Members {
		if !functionName.MatchString(m.Key) {
			c.fail(m.KeyPos, "the function name %q may have only letters, digits, - and _", m.Key)
			continue
		}
		if m.Value.Kind == document.Null {
			c.report(document.Errorf(m.KeyPos, "the function %s is empty", m.Key).WithFix("give it a handler: \"handler: src/%s.main\"", m.Key))
			continue
		}
		c.readFunction(m)
	}
}

func (c *compiler) readFunction(m document.Member) {
	o := c.object(m.Value, "function "+m.Key)
	f := &functionSettings{key: m.Key, pos: m.KeyPos}
	f.name = o.str("name")
	if f.name == "" {
		f.name = c.p.Service + "-" + c.p.Stage + "-" + m.Key
	}
	if len(f.name) > 64 {
		c.report(document.Errorf(o.pos("name"), "the function's name %s has %d characters, 64 are the most", f.name, len(f.name)).WithFix("give it a shorter name: \"name: ...\""))
	}
	f.handler = o.str("handler")
	if f.handler == "" && o.node.Get("image") == nil {
		c.report(document.Errorf(m.KeyPos, "the function %s has no handler", m.Key).WithFix("add \"handler: FILE.EXPORT\", for example src/%s.main", m.Key))
	}
	if f.runtime = o.str("runtime"); f.runtime == "" {
		f.runtime = c.provider.runtime
	}
	if f.runtime == "" {
		f.runtime = "nodejs20.x"
	}
	f.description = o.str("description")
	f.memorySize = o.integer("memorySize", c.provider.memorySize, 128, 10240)
	f.timeout = o.integer("timeout", c.provider.timeout, 1, 900)
	f.environment = c.environment(o.get("environment"), "function "+m.Key+" environment")
	f.tags = c.textMap(o.get("tags"), "function "+m.Key+" tags")
	f.role = c.roleOf(o)
	if o.get("reservedConcurrency") != nil {
		v := o.integer("reservedConcurrency", 0, 0, 1<<30)
		f.reserved = &v
	}
	if f.logRetention = c.retention(o); f.logRetention == 0 {
		f.logRetention = c.provider.logRetention
	}
	f.disableLogs = o.boolean("disableLogs")
	if f.architecture = o.str("architecture"); f.architecture == "" {
		f.architecture = c.provider.architecture
	}
	if f.kmsKey = o.get("kmsKeyArn"); f.kmsKey == nil {
		f.kmsKey = c.provider.kmsKey
	}
	if f.tracing = c.tracingMode(o, "tracing"); f.tracing == "" && o.node.Get("tracing") == nil {
		f.tracing = c.provider.tracing
	}
	f.ephemeralStorage = o.integer("ephemeralStorageSize", 0, 512, 10240)
	f.condition = o.str("condition")
	f.dependsOn = o.strs("dependsOn")
	o.unbuilt("layers", "vpc", "image", "url", "provisionedConcurrency", "destinations", "onError", "fileSystemConfig",
		"snapStart", "maximumRetryAttempts", "maximumEventAge", "iamRoleStatements", "iamRoleStatementsInherit", "logs", "tenancy")
	o.ignore("package", "versionFunction", "events", "warmup", "runtimeManagement")
	c.readEvents(f, o.get("events"))
	o.done()
	c.functions = append(c.functions, f)
}

// roleOf reads a function's role: an ARN, a logical id of the resources, or a
// CloudFormation function.
func (c *compiler) roleOf(o *object) *document.Node {
	n := o.get("role")
	switch {
	case n == nil:
		return nil
	case isFunction(n):
		return n
	case n.IsScalar() && len(n.Text) > 4 && n.Text[:4] == "arn:":
		return n
	case n.IsScalar():
		return document.Of(n.Pos, getAtt(n.Text, "Arn"))
	}
	c.fail(n.Pos, "%s: role must be a role's ARN or the logical id of a role in resources", o.what)
	return nil
}

func (c *compiler) emitLogGroups() {
	for _, f := range c.functions {
		if f.disableLogs {
			continue
		}
		props := document.Of(f.pos, []document.Pair{{Key: "LogGroupName", Value: "/aws/lambda/" + f.name}})
		if f.logRetention > 0 {
			props.Set("RetentionInDays", document.Of(f.pos, f.logRetention))
		}
		c.add(logGroupID(f.key), f.pos, "AWS::Logs::LogGroup", props)
	}
}

func (c *compiler) emitFunctions() {
	for _, f := range c.functions {
		props := c.functionProperties(f)
		var more []document.Pair
		if f.condition != "" {
			more = append(more, document.Pair{Key: "Condition", Value: f.condition})
		}
		var depends []string
		if !f.disableLogs {
			depends = append(depends, logGroupID(f.key))
		}
		if depends = append(depends, f.dependsOn...); len(depends) > 0 {
			more = append(more, document.Pair{Key: "DependsOn", Value: depends})
		}
		c.add(lambdaID(f.key), f.pos, "AWS::Lambda::Function", props, more...)
		fn := &Function{Key: f.key, Name: f.name, LogicalID: lambdaID(f.key), Handler: f.handler, Runtime: f.runtime, Pos: f.pos, code: props}
		for _, e := range f.events {
			fn.Routes = append(fn.Routes, e.method+" /"+e.path)
		}
		c.p.Functions = append(c.p.Functions, fn)
	}
}

func (c *compiler) functionProperties(f *functionSettings) *document.Node {
	props := document.Of(f.pos, []document.Pair{
		{Key: "Handler", Value: f.handler},
		{Key: "Runtime", Value: f.runtime},
		{Key: "FunctionName", Value: f.name},
		{Key: "MemorySize", Value: f.memorySize},
		{Key: "Timeout", Value: f.timeout},
	})
	set := func(key string, v any) { props.Set(key, document.Of(f.pos, v)) }
	if f.architecture != "" {
		set("Architectures", []string{f.architecture})
	}
	if f.description != "" {
		set("Description", f.description)
	}
	if tags := tagList(f.pos, c.provider.tags, f.tags); tags != nil {
		set("Tags", tags)
	}
	if f.tracing != "" {
		set("TracingConfig", []document.Pair{{Key: "Mode", Value: f.tracing}})
	}
	if f.kmsKey != nil {
		set("KmsKeyArn", f.kmsKey)
	}
	if env := c.functionEnvironment(f); len(env.Members) > 0 {
		set("Environment", []document.Pair{{Key: "Variables", Value: env}})
	}
	if f.ephemeralStorage > 0 {
		set("EphemeralStorage", []document.Pair{{Key: "Size", Value: f.ephemeralStorage}})
	}
	switch {
	case f.role != nil:
		set("Role", f.role)
	case c.provider.role != nil:
		set("Role", c.provider.role)
	default:
		set("Role", getAtt(roleID, "Arn"))
	}
	if f.reserved != nil {
		set("ReservedConcurrentExecutions", *f.reserved)
	}
	return props
}

// functionEnvironment joins the provider's variables, the .env plugin's and the
// function's own, which win; a null takes a variable away.
func (c *compiler) functionEnvironment(f *functionSettings) *document.Node {
	env := &document.Node{Kind: document.Map, Pos: f.pos}
	if c.provider.dotenvToFunctions {
		for _, p := range pairs(c.provider.dotenv) {
			env.Set(p.Key, document.Of(f.pos, p.Value))
		}
	}
	for _, list := range [][]document.Member{c.provider.environment, f.environment} {
		for _, m := range list {
			if m.Value.Kind == document.Null {
				env.Delete(m.Key)
				continue
			}
			env.Set(m.Key, m.Value)
		}
	}
	return env
}

func ordinal(i int) string { return strconv.Itoa(i + 1) }
