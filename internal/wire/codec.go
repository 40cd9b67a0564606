package wire

import (
	"io"
	"net/http"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
)

// Request is what a codec needs of an HTTP request.
type Request struct {
	Method string
	// Path is the path as it was sent, still escaped; RawQuery likewise.
	Path     string
	RawQuery string
	Header   http.Header
	// Body is the whole body, read and bounded by the caller. For operations
	// with a streaming input it may be nil and Stream set.
	Body []byte
	// Stream is the decoded body of operations with a streaming input
	// (S3 PutObject): aws-chunked framing is already taken off.
	Stream io.Reader
}

// Response is an answer to be sent. Stream, where it is set, is sent instead of
// Body and closed afterwards.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Stream io.ReadCloser

	setRequestID func(r *Response, id string)
}

// SetRequestID puts the request's id into the headers that the protocol's
// clients read, and into the body of the query protocol's answers. Call it at
// most once, before the response is sent.
func (r *Response) SetRequestID(id string) {
	if r.setRequestID != nil {
		r.setRequestID(r, id)
	}
}

// Codec is one service's side of a protocol. It is safe for concurrent use.
type Codec interface {
	// Operation names the operation of a request, also of one that is not
	// built. The error is what AWS answers to an operation it does not know.
	Operation(r *Request) (string, error)
	// Decode fills in, the operation's input struct. Errors are *awsapi.Error
	// (SerializationException, MalformedXML ...). It does not validate.
	Decode(r *Request, operation string, in any) error
	// Encode makes the answer of a success; out is the output struct or nil.
	Encode(operation string, out any) (*Response, error)
	// EncodeError makes the answer of a failure. A Status of 0 is taken from
	// the model.
	EncodeError(err *awsapi.Error, requestID string) *Response
}

// For returns the codec of a service.
func For(model *shape.Model) Codec {
	switch model.Protocol {
	case shape.Query:
		return &queryCodec{model: model}
	case shape.RESTJSON:
		return &restJSONCodec{model: model, router: newRouter(model)}
	case shape.RESTXML:
		return &restXMLCodec{model: model, router: newRouter(model)}
	default:
		return newJSONCodec(model)
	}
}

// status returns the HTTP status of an error.
func status(model *shape.Model, err *awsapi.Error) int {
	if err.Status != 0 {
		return err.Status
	}
	if s := model.Errors[err.Code]; s != 0 {
		return s
	}
	return err.HTTPStatus()
}

// setErrorHeader copies the headers an error brings along.
func setErrorHeader(h http.Header, err *awsapi.Error) {
	for _, f := range err.Header {
		if text, ok := f.Value.(string); ok {
			h.Set(f.Name, text)
		}
	}
}

func setAmznRequestID(r *Response, id string) { r.Header.Set("X-Amzn-Requestid", id) }
