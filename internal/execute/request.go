package execute

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/sigv4"
)

// MaxPayload is the largest request body in bytes; a gateway need not read
// more than one byte over it before it sets Request.TooLarge.
const MaxPayload = 10 << 20

// Request is one request for a stage, as the gateway found it.
type Request struct {
	// APIID and Stage are from the path (/_api/{APIID}/{Stage}/...) or from the
	// host and the first segment.
	APIID, Stage string
	Method       string
	// RawPath is the path behind the stage, undecoded: "" or "/notes/a%20b".
	RawPath string
	// RawQuery is what stood behind '?', undecoded.
	RawQuery string
	// Header holds every header, Host included, names in any case.
	Header []sigv4.Header
	// Body is the whole body.
	Body []byte
	// TooLarge says that the body is over MaxPayload; Body is then ignored.
	TooLarge bool
	// Protocol is "HTTP/1.1" or "HTTP/2.0".
	Protocol string
	// TLS says that the client used https; functions see it as
	// X-Forwarded-Proto. (Env.SecureTransport is what policies see; on a
	// developer's loopback it is true for http as well.)
	TLS bool
	// Env has the request id, time, source address and user agent; it is what
	// policy conditions see.
	Env *awsapi.Environment
	// Caller is the verified caller; anonymous (or nil) for a request without a
	// signature.
	Caller *awsapi.Caller
	// SignatureErr is why the signature was refused, an *sigv4.Error: malformed,
	// wrong, unknown key, expired token, or another scheme. Only methods with
	// AWS_IAM look at it, and they let nobody in while it is set.
	SignatureErr error
}

// Response is the answer. The gateway adds Date and Content-Length and nothing
// else: API Gateway adds no CORS headers of its own.
type Response struct {
	Status int
	// Header is in the order to be sent; a name may occur several times.
	Header []Header
	Body   []byte

	// Route is "GET /notes/{id}", for the journal; empty if nothing matched.
	Route string
	// ErrorType is the x-amzn-ErrorType of a refusal, else "".
	ErrorType string
	// Decisions are what was authorized, in order.
	Decisions []awsapi.Decided
	// Cause is what really happened behind a 5xx, for the log; never sent.
	Cause error
	// Notes say why a request was refused, for `bawn why`; never sent.
	Notes []string
}

// Header is one header line.
type Header struct{ Name, Value string }
