package execute

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// callFunction runs an AWS_PROXY integration.
func (x *exchange) callFunction(ctx context.Context) *refusal {
	if x.plane.functions == nil {
		return &refusal{kind: configurationError, message: configurationError.message, cause: errors.New("no functions are configured")}
	}
	ctx, cancel := context.WithTimeout(ctx, x.method.timeout)
	defer cancel()
	result, err := x.plane.functions.InvokeFunction(ctx, &Invocation{
		FunctionARN: x.functionARN(),
		SourceARN:   x.methodARN(x.method.resource.path),
		Payload:     x.event(),
		Async:       x.method.async,
		Env:         x.in.Env,
	})
	if err != nil {
		return invocationRefusal(ctx, err)
	}
	if result.FunctionError != "" {
		return &refusal{kind: malformedResult, message: malformedResult.message, cause: errors.New("the function failed: " + result.FunctionError), why: failureText(result)}
	}
	if x.method.async {
		x.out.Status = 200
		x.addStandardHeaders()
		return nil
	}
	if err := x.convert(result.Payload); err != nil {
		return &refusal{kind: malformedResult, message: malformedResult.message, cause: fmt.Errorf("malformed Lambda proxy response: %w", err)}
	}
	return nil
}

// failureText is a failed function's own error for `bawn why`: bounded, and
// without control characters, as it ends on a terminal.
func failureText(r *InvocationResult) string {
	var e struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(r.Payload, &e) != nil || e.ErrorType+e.ErrorMessage == "" {
		return "the function failed: " + r.FunctionError
	}
	const most = 1000
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, "the function failed: "+e.ErrorType+": "+e.ErrorMessage)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " ..."
	}
	return text
}

// functionARN fills stage variables into the integration's function.
func (x *exchange) functionARN() string {
	arn := x.method.function
	for {
		before, rest, ok := strings.Cut(arn, "${stageVariables.")
		if !ok {
			return arn
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return arn
		}
		arn = before + x.stage.stage.Variables[name] + after
	}
}

// invocationRefusal words a function that was not called, or did not answer in
// time.
func invocationRefusal(ctx context.Context, err error) *refusal {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &refusal{kind: integrationTimeout, message: integrationTimeout.message, cause: err}
	}
	var e *awsapi.Error
	if errors.As(err, &e) {
		// No such function, or no permission to invoke it: "Execution failed due
		// to configuration error" in AWS's own log.
		return &refusal{kind: configurationError, message: configurationError.message, cause: err}
	}
	return &refusal{kind: integrationFailure, message: integrationFailure.message, cause: err}
}

// convert turns a function's result into the response.
func (x *exchange) convert(payload []byte) error {
	r, err := parseResult(payload)
	if err != nil {
		return err
	}
	if x.out.Status, err = statusOf(r.statusCode); err != nil {
		return err
	}
	x.out.Header = make([]Header, 0, len(r.headers)+len(r.multi)+4)
	x.addStandardHeaders()
	for _, h := range r.headers {
		if r.isMulti(h.name) {
			continue // the list of the same name stands for both
		}
		if err := x.addHeader(h.name, h.raw); err != nil {
			return err
		}
	}
	for _, h := range r.multi {
		for _, raw := range elements(h.raw) {
			if err := x.addHeader(h.name, raw); err != nil {
				return err
			}
		}
	}
	x.out.defaultType("application/json")
	return x.setBody(r)
}

func (r *proxyResult) isMulti(name string) bool {
	for i := range r.multi {
		if strings.EqualFold(r.multi[i].name, name) {
			return true
		}
	}
	return false
}

// statusOf reads a status code given as a number or a string; none is 200.
func statusOf(raw []byte) (int, error) {
	if len(raw) == 3 && '1' <= raw[0] && raw[0] <= '5' && isDigit(raw[1]) && isDigit(raw[2]) {
		return int(raw[0]-'0')*100 + int(raw[1]-'0')*10 + int(raw[2]-'0'), nil
	}
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return 200, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || f < 100 || f > 599 {
		return 0, errors.New("statusCode is no HTTP status")
	}
	return int(f), nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// addStandardHeaders adds what API Gateway puts on every integration's answer.
func (x *exchange) addStandardHeaders() {
	x.out.Header = append(x.out.Header, Header{"x-amzn-RequestId", x.in.Env.RequestID}, Header{"x-amz-apigw-id", x.extendedID()}, Header{"X-Amzn-Trace-Id", x.traceID()})
}

// defaultType sets Content-Type unless it is set.
func (r *Response) defaultType(mediaType string) {
	for i := range r.Header {
		if oneOf(r.Header[i].Name, "content-type") {
			return
		}
	}
	r.Header = append(r.Header, Header{"Content-Type", mediaType})
}

// addHeader adds a header of the function. Numbers and booleans are written as
// text; null is dropped; lists and objects are not headers.
func (x *exchange) addHeader(name string, raw []byte) error {
	var value string
	switch raw[0] {
	case '"':
		value = unquote(raw)
	case 'n':
		return nil
	case '[', '{':
		return fmt.Errorf("header %s is no text", name)
	default:
		value = string(raw)
	}
	if !validHeader(name, value) {
		return fmt.Errorf("header %q cannot be sent", name)
	}
	switch {
	case oneOf(name, "transfer-encoding"):
		return nil
	case oneOf(name, "x-amzn-trace-id"):
		x.out.set(name, value)
		return nil
	case oneOf(name, reserved[:]...):
		name = "x-amzn-Remapped-" + strings.ToLower(name)
	}
	x.out.Header = append(x.out.Header, Header{name, value})
	return nil
}

// reserved are API Gateway's own headers; a function's are sent under another
// name.
var reserved = [...]string{
	"authorization", "connection", "content-length", "content-md5", "date", "expect", "host", "keep-alive", "max-forwards", "proxy-authenticate",
	"server", "te", "trailer", "upgrade", "user-agent", "www-authenticate", "x-amzn-requestid", "x-amz-apigw-id",
}

// oneOf says whether name is among names but for ASCII case.
func oneOf(name string, names ...string) bool {
	for _, n := range names {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// validHeader refuses what would break the response apart: names that are no
// tokens, values with line ends.
func validHeader(name, value string) bool {
	if name == "" {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return !strings.ContainsAny(value, "\r\n\x00")
}

// setBody sets the body; a base64 one is decoded where the API has binary
// media types and the first media type accepted by the client is one of them.
func (x *exchange) setBody(r *proxyResult) error {
	if !r.base64 || !x.wantsBinary() {
		x.out.Body = r.body
		return nil
	}
	raw, err := base64.StdEncoding.AppendDecode(nil, r.body)
	if err != nil {
		return errors.New("the body is not base64")
	}
	x.out.Body = raw
	return nil
}

// wantsBinary decides by the first type in Accept.
func (x *exchange) wantsBinary() bool {
	accept, _, _ := strings.Cut(x.header("accept"), ",")
	return x.plan.isBinary(accept)
}
