package project

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// corsSettings is the preflight answer of one path, joined over its methods.
type corsSettings struct {
	pos         document.Position
	origins     []string
	headers     []string
	methods     []string
	credentials bool
	maxAge      int
	cache       string
}

// corsHeaders are what the framework allows when nothing is said.
var corsHeaders = []string{
	"Content-Type", "X-Amz-Date", "Authorization", "X-Api-Key", "X-Amz-Security-Token", "X-Amz-User-Agent", "X-Amzn-Trace-Id",
}

func (c *compiler) readCORS(o *object, what string) *corsSettings {
	n := o.get("cors")
	if n == nil {
		return nil
	}
	s := &corsSettings{pos: o.pos("cors"), origins: []string{"*"}, headers: corsHeaders, maxAge: -1}
	if n.IsScalar() {
		if !o.boolean("cors") {
			return nil
		}
		return s
	}
	m := c.object(n, what+" cors")
	origins := m.strs("origins")
	if v := m.str("origin"); v != "" && len(origins) == 0 {
		for _, part := range strings.Split(v, ",") {
			origins = append(origins, strings.TrimSpace(part))
		}
	}
	if len(origins) > 0 {
		s.origins = origins
	}
	if list := m.strs("headers"); m.get("headers") != nil {
		if m.get("headers").IsScalar() {
			list = append(slices.Clone(corsHeaders), list...)
		}
		s.headers = list
	}
	s.methods = m.strs("methods")
	for i, method := range s.methods {
		s.methods[i] = strings.ToUpper(method)
	}
	s.credentials = m.boolean("allowCredentials")
	s.maxAge = m.integer("maxAge", -1, 1, 86400)
	s.cache = m.str("cacheControl")
	m.done()
	for _, text := range append(append(slices.Clone(s.origins), s.headers...), s.cache) {
		if strings.ContainsAny(text, "'\r\n") {
			c.fail(s.pos, "%s cors: %q has a character that a header cannot hold", what, text)
		}
	}
	return s
}

// mergeCORS joins the settings of one path's methods, as one preflight answers
// for all of them.
func mergeCORS(into *corsSettings, s *corsSettings, method string) *corsSettings {
	if into == nil {
		clone := *s
		clone.origins, clone.headers, clone.methods = slices.Clone(s.origins), slices.Clone(s.headers), slices.Clone(s.methods)
		into = &clone
	} else {
		into.origins = union(into.origins, s.origins)
		into.headers = union(into.headers, s.headers)
		into.methods = union(into.methods, s.methods)
		into.credentials = into.credentials || s.credentials
		into.maxAge = max(into.maxAge, s.maxAge)
		into.cache = orDefault(s.cache, into.cache)
	}
	methods := []string{method}
	if method == "ANY" {
		methods = []string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"}
	}
	into.methods = union(into.methods, methods)
	return into
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// methodList is OPTIONS and then the others by name.
func (s *corsSettings) methodList() string {
	others := slices.DeleteFunc(slices.Clone(s.methods), func(m string) bool { return m == "OPTIONS" })
	slices.Sort(others)
	return strings.Join(append([]string{"OPTIONS"}, others...), ",")
}

// emitPreflight writes the OPTIONS method of a path: a MOCK that answers the
// settings as header values.
func (c *compiler) emitPreflight(path string, s *corsSettings) string {
	origin, template := s.origins[0], ""
	if slices.Contains(s.origins, "*") {
		origin = "*"
	} else if len(s.origins) > 1 {
		template = originTemplate(s.origins)
	}
	headers := []document.Pair{
		{Key: "Access-Control-Allow-Origin", Value: origin},
		{Key: "Access-Control-Allow-Headers", Value: strings.Join(s.headers, ",")},
		{Key: "Access-Control-Allow-Methods", Value: s.methodList()},
	}
	if s.credentials {
		headers = append(headers, document.Pair{Key: "Access-Control-Allow-Credentials", Value: "true"})
	}
	if s.maxAge > 0 {
		headers = append(headers, document.Pair{Key: "Access-Control-Max-Age", Value: strconv.Itoa(s.maxAge)})
	}
	if s.cache != "" {
		headers = append(headers, document.Pair{Key: "Cache-Control", Value: s.cache})
	}
	var declared, values []document.Pair
	for _, h := range headers {
		key := "method.response.header." + h.Key
		declared = append(declared, document.Pair{Key: key, Value: true})
		values = append(values, document.Pair{Key: key, Value: "'" + h.Value.(string) + "'"})
	}
	id := methodID(path, "options")
	c.add(id, s.pos, "AWS::ApiGateway::Method", document.Of(s.pos, []document.Pair{
		{Key: "AuthorizationType", Value: "NONE"},
		{Key: "HttpMethod", Value: "OPTIONS"},
		{Key: "MethodResponses", Value: []any{[]document.Pair{
			{Key: "StatusCode", Value: "200"}, {Key: "ResponseParameters", Value: declared}, {Key: "ResponseModels", Value: []document.Pair{}},
		}}},
		{Key: "RequestParameters", Value: []document.Pair{}},
		{Key: "Integration", Value: []document.Pair{
			{Key: "Type", Value: "MOCK"},
			{Key: "RequestTemplates", Value: []document.Pair{{Key: "application/json", Value: "{statusCode:200}"}}},
			{Key: "ContentHandling", Value: "CONVERT_TO_TEXT"},
			{Key: "IntegrationResponses", Value: []any{[]document.Pair{
				{Key: "StatusCode", Value: "200"}, {Key: "ResponseParameters", Value: values},
				{Key: "ResponseTemplates", Value: []document.Pair{{Key: "application/json", Value: template}}},
			}}},
		}},
		{Key: "ResourceId", Value: c.resourceRef(path)},
		{Key: "RestApiId", Value: c.restAPI()},
	}))
	return id
}

// originTemplate answers the caller's own origin when it is one of several, in
// API Gateway's template language, as the framework does.
func originTemplate(origins []string) string {
	tests := make([]string, len(origins))
	for i, o := range origins {
		o = strings.NewReplacer(".", "[.]", "*", ".*").Replace(o)
		tests[i] = `$origin.matches("` + o + `")`
	}
	return "#set($origin = $input.params(\"Origin\"))\n#if($origin == \"\") #set($origin = $input.params(\"origin\")) #end\n#if(" +
		strings.Join(tests, " || ") + ") #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end"
}
