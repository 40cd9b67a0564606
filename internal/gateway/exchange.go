package gateway

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/wire"
	"github.com/bawn-dev/bawn/sigv4"
)

// exchange is one request on its way through the pipeline, and its answer.
type exchange struct {
	gateway *Gateway
	writer  http.ResponseWriter
	request *http.Request
	at      string // the step that runs

	// Raw request line, exactly as it came.
	rawPath, rawQuery string

	// identify
	service   *service
	bucket    string // from a virtual-host style name
	claimed   *sigv4.Authorization
	claimErr  error // what was wrong with the signature's form
	operation string

	// read
	wire   wire.Request
	unread bool // the body was not read to its end: close the connection
	signed sigv4.Request

	// authenticate
	caller *awsapi.Caller
	env    awsapi.Environment

	// decode, invoke
	input, output any
	call          *awsapi.Call
	decisions     []awsapi.Decided

	answer    *wire.Response
	errorCode string
	errorText string
	failure   error // for the log only
	notes     []string
	stageName string // "execute-api" journal name of a stage request
	silent    bool   // preflights and health checks are not journalled
}

func (g *Gateway) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{gateway: g, writer: w, request: r}
	x.rawPath, x.rawQuery, _ = strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(x.rawPath, "/") {
		// Absolute form ("GET http://host/path"): keep the path's own bytes.
		if _, rest, ok := strings.Cut(x.rawPath, "://"); ok {
			if i := strings.IndexByte(rest, '/'); i >= 0 {
				x.rawPath = rest[i:]
			} else {
				x.rawPath = "/"
			}
		}
	}
	peer := peerOf(r.RemoteAddr)
	x.caller = &awsapi.Caller{Kind: awsapi.Anonymous}
	x.env = awsapi.Environment{
		RequestID:       g.ids.UUID(),
		Now:             g.clock.Now(),
		SourceIP:        peer.String(),
		SecureTransport: r.TLS != nil || g.trustLoopback && peer.IsLoopback(),
		UserAgent:       r.UserAgent(),
		Referer:         r.Referer(),
		Region:          g.region,
	}
	x.signed = sigv4.Request{Method: r.Method, RawPath: x.rawPath, RawQuery: x.rawQuery, Header: signedHeaders(r)}
	return x
}

// peerOf is the socket's peer; forwarded-for headers are never looked at.
func peerOf(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// signedHeaders lists the request's headers for signature verification,
// together with those that net/http keeps elsewhere.
func signedHeaders(r *http.Request) []sigv4.Header {
	list := make([]sigv4.Header, 0, len(r.Header)+2)
	list = append(list, sigv4.Header{Name: "host", Value: r.Host})
	for _, te := range r.TransferEncoding {
		list = append(list, sigv4.Header{Name: "transfer-encoding", Value: te})
	}
	for name, values := range r.Header {
		for _, v := range values {
			list = append(list, sigv4.Header{Name: name, Value: v})
		}
	}
	return list
}

func (x *exchange) serviceName() string {
	switch {
	case x.stageName != "":
		return x.stageName
	case x.service != nil:
		return x.service.Model.Service
	}
	return ""
}

func (x *exchange) status() int {
	if x.answer == nil {
		return 0
	}
	return x.answer.Status
}

// callerName is how the journal names who called; empty for anonymous.
func (x *exchange) callerName() string {
	if s := x.caller.Session; s != nil && s.Cognito != nil {
		return s.RoleName + "/" + s.Cognito.IdentityID
	}
	return x.caller.ARN
}

// journalPath bounds what of a path is kept.
func journalPath(p string) string {
	const most = 512
	if len(p) > most {
		return p[:most] + "..."
	}
	return p
}

// journalText is what of an error's message is kept: its first line. The rest
// of a refused signature's message repeats the request, session token and all.
func journalText(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	line, _, _ = strings.Cut(line, `\n`)
	return journalPath(line)
}

// recovered turns a panic into an error with its stack, for the log.
func recovered(p any) error {
	if err, ok := p.(error); ok {
		return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
	}
	return fmt.Errorf("panic: %v\n%s", p, debug.Stack())
}

// plainError answers a request that belongs to no service.
func plainError(e *awsapi.Error) *wire.Response {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Errortype", e.Code)
	body := `{"__type":` + strconv.Quote(e.Code) + `,"message":` + strconv.Quote(e.Message) + "}"
	return &wire.Response{Status: e.HTTPStatus(), Header: h, Body: []byte(body)}
}

// setLength declares the body's length where the status may have a body.
func setLength(h http.Header, status, n int) {
	if status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified && h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(n))
	}
}

// hostName is the request's host without its port, in lower case.
func hostName(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(host)
}

// isTooLarge tells a body over its limit from other read errors.
func isTooLarge(err error) bool {
	var m *http.MaxBytesError
	return errors.As(err, &m)
}
