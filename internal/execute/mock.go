package execute

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
)

// mockIntegration answers without calling anything: the request template
// renders to {"statusCode": N}, which selects an integration response.
type mockIntegration struct {
	templates   []mediaTemplate
	passthrough string
	responses   []mockResponse
}

// mockResponse is one integration response of a MOCK integration.
type mockResponse struct {
	pattern   *regexp.Regexp // nil: the default
	status    int
	headers   []mapping
	templates []mediaTemplate
}

// compileMock compiles a MOCK integration with its responses.
func compileMock(in *apigateway.Method) (*mockIntegration, error) {
	i := in.MethodIntegration
	m := &mockIntegration{passthrough: str(i.PassthroughBehavior)}
	for _, mediaType := range sortedKeys(i.RequestTemplates) {
		t, err := parseTemplate(i.RequestTemplates[mediaType])
		if err != nil {
			return nil, fmt.Errorf("request template for %s: %w", mediaType, err)
		}
		m.templates = append(m.templates, mediaTemplate{strings.ToLower(mediaType), t})
	}
	codes := make([]string, 0, len(i.IntegrationResponses))
	for code := range i.IntegrationResponses {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		in := i.IntegrationResponses[code]
		r, err := compileMockResponse(code, &in)
		if err != nil {
			return nil, fmt.Errorf("integration response %s: %w", code, err)
		}
		m.responses = append(m.responses, r)
	}
	return m, nil
}

func compileMockResponse(code string, in *apigateway.IntegrationResponse) (mockResponse, error) {
	var r mockResponse
	var err error
	if r.status, err = strconv.Atoi(code); err != nil {
		return r, err
	}
	if p := str(in.SelectionPattern); p != "" {
		if r.pattern, err = regexp.Compile(`^(?:` + p + `)$`); err != nil {
			return r, err
		}
	}
	for _, name := range sortedKeys(in.ResponseParameters) {
		header, ok := strings.CutPrefix(name, "method.response.header.")
		if !ok {
			return r, errors.New("response parameter " + name + " is not built")
		}
		m, err := compileMapping(header, in.ResponseParameters[name])
		if err != nil {
			return r, err
		}
		r.headers = append(r.headers, m)
	}
	for _, mediaType := range sortedKeys(in.ResponseTemplates) {
		t, err := parseTemplate(in.ResponseTemplates[mediaType])
		if err != nil {
			return r, fmt.Errorf("response template for %s: %w", mediaType, err)
		}
		r.templates = append(r.templates, mediaTemplate{mediaType, t})
	}
	return r, nil
}

// statusCode finds the status in what a request template rendered to; API
// Gateway takes it also without quotes around the name.
var statusCode = regexp.MustCompile(`["']?statusCode["']?\s*:\s*["']?(\d{3})\b`)

// runMock answers a MOCK method.
func (x *exchange) runMock() *refusal {
	body, refused := x.mockRequest()
	if refused != nil {
		return refused
	}
	found := statusCode.FindSubmatch(body)
	if found == nil {
		return &refusal{kind: integrationFailure, message: integrationFailure.message, cause: errors.New("the MOCK integration's request names no statusCode")}
	}
	r := x.method.mock.selectResponse(string(found[1]))
	if r == nil {
		return &refusal{kind: configurationError, message: configurationError.message, cause: errors.New("no integration response matches status " + string(found[1]))}
	}
	x.out.Status = r.status
	x.addStandardHeaders()
	contentType := "application/json"
	for i := range r.headers {
		if v := r.headers[i].value(x, nil); v != "" {
			x.out.set(r.headers[i].header, v)
		}
	}
	if len(r.templates) > 0 {
		g := gatewayResponse{templates: r.templates}
		t := g.pick(x.header("accept"))
		out, err := t.body.run(x, nil)
		if err != nil {
			return &refusal{kind: integrationFailure, message: integrationFailure.message, cause: err}
		}
		contentType, x.out.Body = t.mediaType, out
	}
	x.out.defaultType(contentType)
	return nil
}

// mockRequest renders the request template for the request's media type, or
// passes the body on as the integration's passthrough behaviour says.
func (x *exchange) mockRequest() ([]byte, *refusal) {
	m := x.method.mock
	kind, _, _ := strings.Cut(x.header("content-type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind == "" {
		kind = "application/json"
	}
	for i := range m.templates {
		if m.templates[i].mediaType != kind {
			continue
		}
		out, err := m.templates[i].body.run(x, nil)
		if err != nil {
			return nil, &refusal{kind: integrationFailure, message: integrationFailure.message, cause: err}
		}
		return out, nil
	}
	if m.passthrough == "NEVER" || m.passthrough == "WHEN_NO_TEMPLATES" && len(m.templates) > 0 {
		return nil, &refusal{kind: unsupportedMediaType, message: unsupportedMediaType.message}
	}
	return x.in.Body, nil
}

// selectResponse finds the response whose pattern matches, else the one
// without a pattern.
func (m *mockIntegration) selectResponse(status string) *mockResponse {
	var fallback *mockResponse
	for i := range m.responses {
		r := &m.responses[i]
		if r.pattern == nil {
			if fallback == nil || strconv.Itoa(r.status) == status {
				fallback = r
			}
			continue
		}
		if r.pattern.MatchString(status) {
			return r
		}
	}
	return fallback
}
