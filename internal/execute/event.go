package execute

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/sigv4"
	"github.com/bawn-dev/bawn/token"
)

// exchange is one request on its way through the plane.
type exchange struct {
	plane  *Plane
	in     *Request
	stage  *stageInfo
	plan   *plan
	method *method
	verb   string
	params []param
	claims token.Claims
	out    *Response

	path       string // behind the stage, with a leading slash
	trace      string // see traceID
	extended   string // see extendedID
	headers    []sigv4.Header
	query      []parameter
	paramSpace [4]param
}

// event writes the proxy event (API Gateway developer guide, "Input format of
// a Lambda function for proxy integration") into one buffer.
func (x *exchange) event() []byte {
	size := 2400 + len(x.in.Body)
	for i := range x.in.Header {
		size += 2 * (len(x.in.Header[i].Name) + len(x.in.Header[i].Value))
	}
	dst := make([]byte, 0, size)
	dst = append(dst, x.method.eventHead...)
	dst = appendMember(dst, "path", x.path)
	dst = appendMember(dst, "httpMethod", x.in.Method)
	dst = x.appendHeaders(dst)
	dst = x.appendQuery(dst)
	dst = appendName(dst, "pathParameters")
	dst = x.appendParams(dst)
	dst = appendName(dst, "stageVariables")
	dst = append(dst, x.stage.variables...)
	dst = appendName(dst, "requestContext")
	dst = x.appendContext(dst)
	dst = x.appendBody(dst)
	return append(dst, '}')
}

// hidden are the headers no integration sees; rewritten are written anew.
var (
	hidden = [...]string{
		"connection", "content-length", "content-md5", "expect", "keep-alive", "max-forwards", "proxy-authenticate", "proxy-connection",
		"server", "te", "trailer", "transfer-encoding", "upgrade", "www-authenticate",
	}
	rewritten = [...]string{"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"}
)

// dropped says whether a header is kept from integrations; Authorization is
// when it is a signature.
func dropped(h *sigv4.Header) bool {
	return oneOf(h.Name, hidden[:]...) || oneOf(h.Name, rewritten[:]...) || strings.HasPrefix(h.Value, "AWS4-") && oneOf(h.Name, "authorization")
}

// collectHeaders sorts what an integration sees, and adds what API Gateway
// adds.
func (x *exchange) collectHeaders() {
	list := make([]sigv4.Header, 0, len(x.in.Header)+4)
	forwarded := ""
	for i := range x.in.Header {
		h := x.in.Header[i]
		if dropped(&h) {
			if strings.EqualFold(h.Name, "x-forwarded-for") && h.Value != "" {
				forwarded += h.Value + ", "
			}
			continue
		}
		if strings.EqualFold(h.Name, "host") {
			h.Name = "Host"
		}
		list = append(list, h)
	}
	proto := "http"
	if x.in.TLS {
		proto = "https"
	}
	list = append(list,
		sigv4.Header{Name: "X-Amzn-Trace-Id", Value: x.traceID()},
		sigv4.Header{Name: "X-Forwarded-For", Value: forwarded + x.in.Env.SourceIP},
		sigv4.Header{Name: "X-Forwarded-Port", Value: x.port(proto)},
		sigv4.Header{Name: "X-Forwarded-Proto", Value: proto})
	slices.SortStableFunc(list, func(a, b sigv4.Header) int { return compareFold(a.Name, b.Name) })
	x.headers = list
}

// compareFold compares two names without regard to ASCII case.
func compareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		if 'A' <= y && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// traceID is an X-Ray trace header made of time and request id.
func (x *exchange) traceID() string {
	if x.trace != "" {
		return x.trace
	}
	var space [64]byte
	dst := strconv.AppendInt(append(space[:0], "Root=1-"...), x.in.Env.Now.Unix(), 16)
	dst = append(dst, '-')
	digits := 0
	for i := 0; i < len(x.in.Env.RequestID) && digits < 24; i++ {
		if c := x.in.Env.RequestID[i]; c != '-' {
			dst = append(dst, c)
			digits++
		}
	}
	x.trace = string(dst)
	return x.trace
}

// port is the port the client used.
func (x *exchange) port(proto string) string {
	if _, port, ok := strings.Cut(x.host(), ":"); ok && !strings.Contains(port, ":") {
		return port
	}
	if proto == "http" {
		return "80"
	}
	return "443"
}

func (x *exchange) host() string { return x.header("host") }

// header returns the last value of a request header; name is in lower case.
func (x *exchange) header(name string) string {
	for i := len(x.in.Header) - 1; i >= 0; i-- {
		if strings.EqualFold(x.in.Header[i].Name, name) {
			return x.in.Header[i].Value
		}
	}
	return ""
}

// appendHeaders writes headers (the last value of a name) and
// multiValueHeaders.
func (x *exchange) appendHeaders(dst []byte) []byte {
	x.collectHeaders()
	dst = append(appendName(dst, "headers"), '{')
	for i := range x.headers {
		if i+1 == len(x.headers) || !strings.EqualFold(x.headers[i].Name, x.headers[i+1].Name) {
			dst = appendMember(dst, x.headers[i].Name, x.headers[i].Value)
		}
	}
	dst = append(dst, '}')
	dst = append(appendName(dst, "multiValueHeaders"), '{')
	for i := range x.headers {
		if i > 0 && strings.EqualFold(x.headers[i].Name, x.headers[i-1].Name) {
			dst[len(dst)-1] = ',' // over the bracket of the name before
		} else {
			dst = append(appendName(dst, x.headers[i].Name), '[')
		}
		dst = appendString(dst, x.headers[i].Value)
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendQuery writes queryStringParameters (the last value of a name) and
// multiValueQueryStringParameters, null without any.
func (x *exchange) appendQuery(dst []byte) []byte {
	if len(x.query) == 0 {
		dst = append(appendName(dst, "queryStringParameters"), "null"...)
		return append(appendName(dst, "multiValueQueryStringParameters"), "null"...)
	}
	sorted := slices.Clone(x.query)
	slices.SortStableFunc(sorted, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
	dst = append(appendName(dst, "queryStringParameters"), '{')
	for i := range sorted {
		if i+1 == len(sorted) || sorted[i].name != sorted[i+1].name {
			dst = appendMember(dst, sorted[i].name, sorted[i].value)
		}
	}
	dst = append(dst, '}')
	dst = append(appendName(dst, "multiValueQueryStringParameters"), '{')
	for i := range sorted {
		if i > 0 && sorted[i].name == sorted[i-1].name {
			dst[len(dst)-1] = ','
		} else {
			dst = append(appendName(dst, sorted[i].name), '[')
		}
		dst = appendString(dst, sorted[i].value)
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func (x *exchange) appendParams(dst []byte) []byte {
	if len(x.params) == 0 {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for _, p := range x.params {
		dst = appendMember(dst, p.name, p.value)
	}
	return append(dst, '}')
}

// requestTime is the Common Log Format's time.
const requestTime = "02/Jan/2006:15:04:05 -0700"

// appendContext writes requestContext.
func (x *exchange) appendContext(dst []byte) []byte {
	env := x.in.Env
	domain, _, _ := strings.Cut(x.host(), ":")
	prefix, _, _ := strings.Cut(domain, ".")
	dst = append(dst, '{')
	if x.claims != nil {
		dst = append(appendName(dst, "authorizer"), `{"claims":{`...)
		dst = appendClaims(dst, x.claims)
		dst = append(dst, '}', '}', ',')
	}
	dst = append(dst, x.method.context...)
	dst = appendMember(dst, "httpMethod", x.in.Method)
	dst = appendMember(dst, "extendedRequestId", x.extendedID())
	dst = append(appendName(dst, "requestTime"), '"')
	dst = append(env.Now.UTC().AppendFormat(dst, requestTime), '"')
	dst = appendMember(dst, "path", x.contextPath())
	dst = appendMember(dst, "accountId", x.plane.account)
	dst = appendMember(dst, "protocol", x.in.Protocol)
	dst = appendMember(dst, "stage", x.in.Stage)
	dst = appendMember(dst, "domainPrefix", prefix)
	dst = strconv.AppendInt(appendName(dst, "requestTimeEpoch"), env.Now.UnixMilli(), 10)
	dst = appendMember(dst, "requestId", env.RequestID)
	dst = appendName(dst, "identity")
	dst = x.appendIdentity(dst)
	dst = appendMember(dst, "domainName", domain)
	dst = appendMember(dst, "deploymentId", x.plan.deploymentID)
	dst = appendMember(dst, "apiId", x.plan.apiID)
	return append(dst, '}')
}

// contextPath is requestContext.path: with the stage.
func (x *exchange) contextPath() string {
	if x.path == "/" && x.in.RawPath == "" {
		return "/" + x.in.Stage
	}
	return "/" + x.in.Stage + x.path
}

// extendedID gives the request id the form of x-amz-apigw-id.
func (x *exchange) extendedID() string {
	if x.extended != "" {
		return x.extended
	}
	id := x.in.Env.RequestID
	var raw [11]byte
	n := 0
	for i := 0; i+1 < len(id) && n < len(raw); i++ {
		if id[i] == '-' {
			continue
		}
		if !isHex(id[i]) || !isHex(id[i+1]) {
			break
		}
		raw[n] = unhex(id[i])<<4 | unhex(id[i+1])
		n++
		i++
	}
	x.extended = base64.StdEncoding.EncodeToString(raw[:])
	return x.extended
}

// appendIdentity writes requestContext.identity: who called, with all members
// always there. Only an IAM-authorized caller is shown.
func (x *exchange) appendIdentity(dst []byte) []byte {
	who := &awsapi.Caller{}
	if x.method.auth == authIAM {
		who = x.in.Caller
	}
	var cognito awsapi.CognitoSession
	kind := ""
	if who.Session != nil && who.Session.Cognito != nil {
		cognito = *who.Session.Cognito
		kind = "unauthenticated"
		if cognito.Authenticated() {
			kind = "authenticated"
		}
	}
	dst = append(dst, '{')
	dst = appendOrNull(dst, "cognitoIdentityPoolId", cognito.IdentityPoolID)
	dst = appendOrNull(dst, "accountId", who.Account)
	dst = appendOrNull(dst, "cognitoIdentityId", cognito.IdentityID)
	dst = appendOrNull(dst, "caller", who.UserID)
	dst = appendMember(dst, "sourceIp", x.in.Env.SourceIP)
	dst = appendOrNull(dst, "principalOrgId", "")
	dst = appendOrNull(dst, "accessKey", who.AccessKeyID)
	dst = appendOrNull(dst, "cognitoAuthenticationType", kind)
	dst = appendOrNull(dst, "cognitoAuthenticationProvider", cognito.Provider())
	dst = appendOrNull(dst, "userArn", who.ARN)
	dst = appendOrNull(dst, "userAgent", x.in.Env.UserAgent)
	dst = appendOrNull(dst, "user", who.UserID)
	return append(dst, '}')
}

// appendClaims writes a token's claims, each as a string: numbers in decimal,
// iat and exp as dates, lists joined by commas.
func appendClaims(dst []byte, claims token.Claims) []byte {
	names := make([]string, 0, len(claims))
	for name := range claims {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		dst = appendMember(dst, name, claimText(name, claims[name]))
	}
	return dst
}

// claimDate is how API Gateway shows iat and exp.
const claimDate = "Mon Jan 02 15:04:05 UTC 2006"

func claimText(name string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		if seconds, err := v.Int64(); err == nil && (name == "iat" || name == "exp") {
			return time.Unix(seconds, 0).UTC().Format(claimDate)
		}
		return v.String()
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = claimText("", v[i])
		}
		return strings.Join(parts, ",")
	}
	return jsonText(v)
}

// appendBody writes body and isBase64Encoded.
func (x *exchange) appendBody(dst []byte) []byte {
	body := x.in.Body
	if len(body) == 0 {
		dst = append(appendName(dst, "body"), "null"...)
		return append(dst, `,"isBase64Encoded":false`...)
	}
	dst = appendName(dst, "body")
	if !x.plan.isBinary(x.header("content-type")) {
		dst = appendQuoted(dst, body)
		return append(dst, `,"isBase64Encoded":false`...)
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, body)
	return append(dst, `","isBase64Encoded":true`...)
}

// isBinary says whether a media type is among the API's binary ones. Each of
// those may end in /* or be */*.
func (p *plan) isBinary(contentType string) bool {
	if len(p.binary) == 0 {
		return false
	}
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	for _, b := range p.binary {
		if b == "*/*" || strings.EqualFold(b, kind) {
			return true
		}
		if major, ok := strings.CutSuffix(b, "/*"); ok && len(kind) > len(major) && kind[len(major)] == '/' && strings.EqualFold(major, kind[:len(major)]) {
			return true
		}
	}
	return false
}
