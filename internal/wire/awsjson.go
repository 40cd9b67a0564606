package wire

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
)

// jsonCodec speaks AWS JSON 1.0 and 1.1: one POST to /, the operation in
// X-Amz-Target.
type jsonCodec struct {
	model       *shape.Model
	contentType string
}

func newJSONCodec(model *shape.Model) *jsonCodec {
	return &jsonCodec{model: model, contentType: "application/x-amz-json-" + model.JSONVersion}
}

func (c *jsonCodec) Operation(r *Request) (string, error) {
	prefix, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !ok || prefix != c.model.TargetPrefix || c.model.Operation(name) == nil {
		return "", unknownOperation()
	}
	return name, nil
}

// unknownOperation is the JSON protocols' answer to a target that is not in the
// model.
func unknownOperation() *awsapi.Error {
	return &awsapi.Error{Code: "UnknownOperationException", Namespace: "com.amazon.coral.service", Status: 400,
		Message: "The requested operation is not recognized by the service."}
}

func (c *jsonCodec) Decode(r *Request, operation string, in any) error {
	p, v, err := planFor(in)
	if err != nil {
		return err
	}
	if err := decodeJSON(r.Body, p, v, false); err != nil {
		return err
	}
	return nil
}

func (c *jsonCodec) Encode(operation string, out any) (*Response, error) {
	op := c.model.Operation(operation)
	if op == nil {
		return nil, fmt.Errorf("wire: %s has no operation %q", c.model.Service, operation)
	}
	r := c.response(http.StatusOK)
	if op.NoOutput {
		return r, nil
	}
	if absent(out) {
		r.Body = []byte("{}")
		return r, nil
	}
	p, v, err := planFor(out)
	if err != nil {
		return nil, err
	}
	e := jsonEncoder{dst: make([]byte, 0, 512)}
	e.structure(p, v)
	r.Body = e.dst
	return r, nil
}

// absent says whether out is nil or a nil pointer.
func absent(out any) bool {
	if out == nil {
		return true
	}
	v := reflect.ValueOf(out)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func (c *jsonCodec) response(status int) *Response {
	return &Response{Status: status, Header: http.Header{"Content-Type": {c.contentType}}, setRequestID: setAmznRequestID}
}

func (c *jsonCodec) EncodeError(err *awsapi.Error, requestID string) *Response {
	r := c.response(status(c.model, err))
	// Amplify 6 reads the header first, the SDKs the body: both say the same.
	r.Header.Set("X-Amzn-Errortype", err.Code)
	r.SetRequestID(requestID)
	setErrorHeader(r.Header, err)
	r.Body = jsonErrorBody(err, c.namespace(err))
	return r
}

// namespace returns what stands before the code in __type. Only DynamoDB has
// one: its own for modelled errors, the framework's for others.
func (c *jsonCodec) namespace(err *awsapi.Error) string {
	if c.model.Service != "dynamodb" || err.Namespace != "" {
		return err.Namespace
	}
	switch {
	case err.Code == "ValidationException":
		return "com.amazon.coral.validate"
	case c.model.Errors[err.Code] != 0:
		return "com.amazonaws.dynamodb.v20120810"
	}
	return "com.amazon.coral.service"
}

// jsonErrorBody writes {"__type": ..., "message": ..., further members}.
// DynamoDB's framework says "Message" in two errors (recorded); clients read
// both.
func jsonErrorBody(err *awsapi.Error, namespace string) []byte {
	code := err.Code
	if namespace != "" {
		code = namespace + "#" + code
	}
	e := jsonEncoder{dst: append(make([]byte, 0, 256), `{"__type":`...)}
	e.dst = appendJSONString(e.dst, code)
	member := `,"message":`
	if namespace == "com.amazon.coral.service" && (err.Code == "SerializationException" || err.Code == "AccessDeniedException") {
		member = `,"Message":`
	}
	e.dst = appendJSONString(append(e.dst, member...), err.Message)
	for _, f := range err.Fields {
		e.field(f)
	}
	return append(e.dst, '}')
}

// field appends a further member of an error document; one that cannot be
// written is left out, for the error itself must go out.
func (e *jsonEncoder) field(f awsapi.Field) {
	mark := len(e.dst)
	e.dst = append(appendJSONString(append(e.dst, ','), f.Name), ':')
	if e.any(f.Value) != nil {
		e.dst = e.dst[:mark]
	}
}
