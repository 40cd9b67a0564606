package execute

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
)

// kind is a gateway response type with its defaults.
type kind struct {
	name      string
	status    int
	errorType string
	message   string
}

// The gateway responses this plane gives (API Gateway developer guide,
// "Gateway response types"), with the x-amzn-ErrorType clients see.
var (
	missingToken         = kind{"MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	accessDenied         = kind{"ACCESS_DENIED", 403, "AccessDeniedException", ""}
	invalidSignature     = kind{"INVALID_SIGNATURE", 403, "InvalidSignatureException", ""}
	expiredToken         = kind{"EXPIRED_TOKEN", 403, "ExpiredTokenException", ""}
	unauthorized         = kind{"UNAUTHORIZED", 401, "UnauthorizedException", "Unauthorized"}
	authorizerBroken     = kind{"AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException", ""}
	configurationError   = kind{"API_CONFIGURATION_ERROR", 500, "InternalServerErrorException", "Internal server error"}
	integrationFailure   = kind{"INTEGRATION_FAILURE", 500, "InternalServerErrorException", "Internal server error"}
	malformedResult      = kind{"DEFAULT_5XX", 502, "InternalServerErrorException", "Internal server error"}
	integrationTimeout   = kind{"INTEGRATION_TIMEOUT", 504, "InternalServerErrorException", "Endpoint request timed out"}
	unsupportedMediaType = kind{"UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException", "Unsupported Media Type"}
	requestTooLarge      = kind{"REQUEST_TOO_LARGE", 413, "RequestTooLargeException", "Request Too Long"}
	forbidden            = kind{"DEFAULT_4XX", 403, "ForbiddenException", "Forbidden"}
	headersTooLarge      = kind{"DEFAULT_4XX", 431, "RequestHeaderFieldsTooLargeException", "Request Header Fields Too Large"}
	uriTooLong           = kind{"DEFAULT_4XX", 414, "RequestUriTooLongException", "Request URI too long"}
)

// gatewayResponse is a customised one.
type gatewayResponse struct {
	status    int // 0: the type's own
	headers   []mapping
	templates []mediaTemplate
}

// mediaTemplate is a body template for one media type.
type mediaTemplate struct {
	mediaType string
	body      *template
}

// mapping sets a response header from an expression: a quoted text, or a
// reference to the request, the context or a stage variable.
type mapping struct {
	header string
	text   string
	source string // "" for a text
}

func compileGatewayResponse(in *apigateway.GatewayResponse) (*gatewayResponse, error) {
	g := &gatewayResponse{}
	if s := str(in.StatusCode); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 100 || n > 599 {
			return nil, fmt.Errorf("status code %q", s)
		}
		g.status = n
	}
	for _, name := range sortedKeys(in.ResponseParameters) {
		header, ok := strings.CutPrefix(name, "gatewayresponse.header.")
		if !ok {
			return nil, fmt.Errorf("response parameter %q is not built", name)
		}
		m, err := compileMapping(header, in.ResponseParameters[name])
		if err != nil {
			return nil, err
		}
		g.headers = append(g.headers, m)
	}
	for _, mediaType := range sortedKeys(in.ResponseTemplates) {
		t, err := parseTemplate(in.ResponseTemplates[mediaType])
		if err != nil {
			return nil, fmt.Errorf("template for %s: %w", mediaType, err)
		}
		g.templates = append(g.templates, mediaTemplate{mediaType, t})
	}
	return g, nil
}

// compileMapping reads 'text', method.request.header.X, context.x or
// stageVariables.x.
func compileMapping(header, expression string) (mapping, error) {
	if len(expression) >= 2 && expression[0] == '\'' && expression[len(expression)-1] == '\'' {
		return mapping{header: header, text: expression[1 : len(expression)-1]}, nil
	}
	for _, prefix := range []string{"method.request.header.", "method.request.querystring.", "method.request.path.", "method.request.multivalueheader.", "context.", "stageVariables."} {
		if strings.HasPrefix(expression, prefix) {
			return mapping{header: header, source: expression}, nil
		}
	}
	return mapping{}, errors.New("mapping expression " + expression + " is not built")
}

// value evaluates a mapping; "" sets no header.
func (m *mapping) value(x *exchange, e *refusal) string {
	if m.source == "" {
		return m.text
	}
	return x.lookup(m.source, e)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// refusal is what a gateway response is made of.
type refusal struct {
	kind    kind
	message string // "" is JSON null
	// capital writes the member Message, as access denials have it.
	capital bool
	cause   error
	// why is for the developer, where the answer does not tell; the cause
	// stands in for it.
	why string
}

// refuse answers with a gateway response: the API's own for the type, else its
// DEFAULT_4XX or DEFAULT_5XX, else API Gateway's.
func (x *exchange) refuse(e *refusal) *Response {
	out := x.out
	out.Status, out.ErrorType, out.Cause = e.kind.status, e.kind.errorType, e.cause
	out.Header = append(out.Header[:0], Header{"x-amzn-RequestId", x.in.Env.RequestID}, Header{"x-amzn-ErrorType", e.kind.errorType},
		Header{"x-amz-apigw-id", x.extendedID()})
	switch {
	case e.why != "":
		out.Notes = append(out.Notes, e.why)
	case e.cause != nil:
		out.Notes = append(out.Notes, e.cause.Error())
	}
	g := x.customised(e.kind)
	contentType := "application/json"
	if g != nil {
		if g.status != 0 {
			out.Status = g.status
		}
		if len(g.templates) > 0 {
			t := g.pick(x.header("accept"))
			body, err := t.body.run(x, e)
			if err != nil {
				out.Cause = errors.Join(e.cause, err)
				body = []byte(`{"message":"Internal server error"}`)
			}
			contentType, out.Body = t.mediaType, body
		}
	}
	if out.Body == nil {
		name := "message"
		if e.capital {
			name = "Message"
		}
		out.Body = append(appendName([]byte{'{'}, name), messageJSON(e.message)...)
		out.Body = append(out.Body, '}')
	}
	out.set("Content-Type", contentType)
	if g != nil {
		for i := range g.headers {
			if v := g.headers[i].value(x, e); v != "" {
				out.set(g.headers[i].header, v)
			}
		}
	}
	return out
}

func messageJSON(message string) []byte {
	if message == "" {
		return []byte("null")
	}
	return appendString(nil, message)
}

func (x *exchange) customised(k kind) *gatewayResponse {
	if x.plan == nil || k.name == requestTooLarge.name {
		return nil // before the API is known; or not to be customised
	}
	if g := x.plan.responses[k.name]; g != nil {
		return g
	}
	if k.status >= 500 {
		return x.plan.responses["DEFAULT_5XX"]
	}
	return x.plan.responses["DEFAULT_4XX"]
}

// pick chooses the template of the first accepted media type, JSON first.
func (g *gatewayResponse) pick(accept string) *mediaTemplate {
	for part := range strings.SplitSeq(accept, ",") {
		part, _, _ = strings.Cut(part, ";")
		for i := range g.templates {
			if strings.EqualFold(strings.TrimSpace(part), g.templates[i].mediaType) {
				return &g.templates[i]
			}
		}
	}
	for i := range g.templates {
		if g.templates[i].mediaType == "application/json" {
			return &g.templates[i]
		}
	}
	return &g.templates[0]
}

// set sets a header, replacing one of the same name.
func (r *Response) set(name, value string) {
	for i := range r.Header {
		if strings.EqualFold(r.Header[i].Name, name) {
			r.Header[i] = Header{name, value}
			return
		}
	}
	r.Header = append(r.Header, Header{name, value})
}

// jsonText writes any value as JSON text.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
