package project

import (
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// httpEvent is one REST API event of a function, checked.
type httpEvent struct {
	function      *functionSettings
	pos           document.Position
	path, method  string
	operationID   string
	timeoutMillis int
	parameters    []document.Member // method.request.path.id: false
	cors          *corsSettings
	authorizer    *authorizerSettings
}

// unbuiltEvents are the framework's event kinds that Bawn does not build.
var unbuiltEvents = []string{
	"httpApi", "websocket", "sns", "sqs", "schedule", "s3", "stream", "alb", "alexaSkill", "alexaSmartHome", "iot",
	"iotFleetProvisioning", "cloudwatchEvent", "cloudwatchLog", "cognitoUserPool", "eventBridge", "cloudFront",
	"msk", "kafka", "activemq", "rabbitmq",
}

func (c *compiler) readEvents(f *functionSettings, n *document.Node) {
	if n == nil {
		return
	}
	if n.Kind != document.List {
		c.report(document.Errorf(n.Pos, "function %s: events must be a list", f.key).WithFix("begin each event with a dash: \"- http: GET notes\""))
		return
	}
	for i, item := range n.Items {
		what := "function " + f.key + " event " + ordinal(i)
		var kind string
		value, pos := (*document.Node)(nil), item.Pos
		switch {
		case item.IsScalar():
			kind = item.Text
		case item.Kind == document.Map && len(item.Members) == 1:
			kind, value, pos = item.Members[0].Key, item.Members[0].Value, item.Members[0].KeyPos
		case item.Kind == document.Map && item.Get("http") != nil:
			c.report(document.Errorf(item.Pos, "%s has the keys of an http event beside it", what).WithFix("indent path, method ... below http"))
			continue
		default:
			c.fail(item.Pos, "%s must name one kind of event", what)
			continue
		}
		switch {
		case kind == "http":
			c.readHTTP(f, value, pos, what)
		case slices.Contains(unbuiltEvents, kind):
			c.unbuilt(pos, what+" of kind "+kind)
		default:
			e := document.Errorf(pos, "%s is of an unknown kind %q", what, kind)
			if near := nearest(kind, append([]string{"http"}, unbuiltEvents...)); near != "" {
				e = e.WithFix("did you mean %q?", near)
			}
			c.report(e)
		}
	}
}

var httpMethods = []string{"ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

func (c *compiler) readHTTP(f *functionSettings, n *document.Node, pos document.Position, what string) {
	e := &httpEvent{function: f, pos: pos}
	if n.IsScalar() {
		method, path, ok := strings.Cut(strings.TrimSpace(n.Text), " ")
		if !ok {
			c.report(document.Errorf(n.Pos, "%s: %q is not METHOD PATH", what, n.Text).WithFix("write for example \"http: GET notes/{id}\""))
			return
		}
		e.method, e.path = method, strings.TrimSpace(path)
	} else {
		o := c.object(n, what)
		if o.node == nil {
			c.report(document.Errorf(pos, "%s: the http event is empty", what).WithFix("write for example \"http: GET notes/{id}\""))
			return
		}
		e.method, e.path = o.str("method"), o.str("path")
		if o.get("method") == nil || o.get("path") == nil {
			c.report(document.Errorf(pos, "%s: an http event needs path and method", what).WithFix("write for example \"http: GET notes/{id}\""))
			return
		}
		c.readHTTPOptions(e, o, what)
		o.done()
	}
	e.method = strings.ToUpper(e.method)
	if !slices.Contains(httpMethods, e.method) {
		c.fail(pos, "%s: the method %q is not one of %s", what, e.method, strings.Join(httpMethods, ", "))
		return
	}
	e.path = strings.Trim(e.path, "/")
	c.checkPath(e, what)
	f.events = append(f.events, e)
}

// checkPath refuses what API Gateway refuses: a greedy part must be the last,
// braces enclose a whole part.
func (c *compiler) checkPath(e *httpEvent, what string) {
	if e.path == "" {
		return
	}
	parts := strings.Split(e.path, "/")
	for i, p := range parts {
		inner, open := strings.CutPrefix(p, "{")
		inner, closed := strings.CutSuffix(inner, "}")
		switch {
		case p == "":
			c.fail(e.pos, "%s: the path %q has an empty part", what, e.path)
		case open != closed || strings.ContainsAny(inner, "{}"):
			c.fail(e.pos, "%s: in the path %q braces must enclose a whole part, as in notes/{id}", what, e.path)
		case open && strings.HasSuffix(inner, "+") && i != len(parts)-1:
			c.fail(e.pos, "%s: in the path %q only the last part may be greedy ({%s})", what, e.path, inner)
		case !open && strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:,%$@!~*'()+=") != "":
			c.fail(e.pos, "%s: the path part %q has characters that API Gateway does not accept", what, p)
		}
	}
}

func (c *compiler) readHTTPOptions(e *httpEvent, o *object, what string) {
	if n := o.get("integration"); n != nil {
		switch strings.ToLower(strings.ReplaceAll(o.str("integration"), "_", "-")) {
		case "lambda-proxy", "aws-proxy":
		default:
			c.unbuilt(o.pos("integration"), what+" integration "+describe(n))
		}
	}
	if o.boolean("private") {
		c.unbuilt(o.pos("private"), what+" private: true (API keys)")
	}
	if o.boolean("async") {
		c.unbuilt(o.pos("async"), what+" async: true")
	}
	e.operationID = o.str("operationId")
	e.timeoutMillis = o.integer("timeoutInMillis", 0, 50, 29000)
	e.cors = c.readCORS(o, what)
	e.authorizer = c.readAuthorizer(o, what)
	if r := c.object(o.get("request"), what+" request"); r.node != nil {
		r.unbuilt("schemas", "schema", "template", "passThrough", "contentHandling", "uri", "method")
		c.readParameters(e, r.get("parameters"), what)
		r.done()
	}
	o.unbuilt("response", "connectionType", "connectionId")
	o.ignore("documentation", "swagger")
}

// readParameters reads request.parameters. Required ones need a request
// validator, which is not built; the others only document.
func (c *compiler) readParameters(e *httpEvent, n *document.Node, what string) {
	o := c.object(n, what+" request.parameters")
	for _, kind := range [][2]string{{"querystrings", "querystring"}, {"headers", "header"}, {"paths", "path"}} {
		list := c.object(o.get(kind[0]), what+" request.parameters."+kind[0])
		if list.node == nil {
			continue
		}
		for _, m := range list.node.Members {
			required := m.Value.Text == "true" || m.Value.Get("required") != nil && m.Value.Get("required").Text == "true"
			if required && kind[1] != "path" {
				c.unbuilt(m.KeyPos, what+" request parameter "+m.Key+" that is required (a request validator)")
				required = false
			}
			e.parameters = append(e.parameters, document.Member{
				Key: "method.request." + kind[1] + "." + m.Key, KeyPos: m.KeyPos, Value: document.Of(m.KeyPos, required),
			})
		}
	}
	o.done()
}
