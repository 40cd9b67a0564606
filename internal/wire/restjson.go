package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
)

// restJSONCodec speaks REST-JSON: Lambda and API Gateway.
type restJSONCodec struct {
	model  *shape.Model
	router *router
}

func (c *restJSONCodec) Operation(r *Request) (string, error) {
	if route := c.router.find(r); route != nil {
		return route.op.Name, nil
	}
	return "", &awsapi.Error{Code: "UnknownOperationException", Status: http.StatusNotFound,
		Message: "Unable to determine service/operation name to be authorized"}
}

func (c *restJSONCodec) Decode(r *Request, operation string, in any) error {
	p, v, err := planFor(in)
	if err != nil {
		return err
	}
	b, err := c.router.newBindings(r, operation)
	if err != nil {
		return err
	}
	b.bad = func(f *field, value string) *awsapi.Error {
		return c.malformed("Unable to parse the value '" + value + "' of " + f.name)
	}
	if berr := b.read(p, v); berr != nil {
		return berr
	}
	if p.load == nil {
		if !p.hasBody() {
			return nil
		}
		return c.fail(decodeJSON(r.Body, p, v, true))
	}
	return c.fail(c.payload(r, p.load, v))
}

// fail turns a nil *awsapi.Error into a nil error and gives the service's own
// code to a malformed body.
func (c *restJSONCodec) fail(err *awsapi.Error) error {
	if err == nil {
		return nil
	}
	return c.malformed(err.Message)
}

func (c *restJSONCodec) malformed(message string) *awsapi.Error {
	switch c.model.Service {
	case "lambda":
		return &awsapi.Error{Code: "InvalidRequestContentException", Status: 400, Message: "Could not parse request body into json: " + message}
	case "apigateway", "apigatewayv2":
		return &awsapi.Error{Code: "BadRequestException", Status: 400, Message: "Invalid request input: " + message}
	}
	return serialization(message)
}

func (c *restJSONCodec) payload(r *Request, f *field, v reflect.Value) *awsapi.Error {
	fv := v.Field(f.index)
	switch f.node.kind {
	case kindStream:
		fv.Set(reflect.ValueOf(stream(r)))
	case kindBlob:
		if len(r.Body) > 0 {
			fv.SetBytes(r.Body)
		}
	case kindString:
		if len(r.Body) > 0 {
			f.place(v).SetString(string(r.Body))
		}
	case kindStruct:
		if len(bytes.TrimSpace(r.Body)) > 0 {
			return decodeJSON(r.Body, f.node.str, f.place(v), true)
		}
	}
	return nil
}

func (c *restJSONCodec) Encode(operation string, out any) (*Response, error) {
	op := c.model.Operation(operation)
	if op == nil {
		return nil, fmt.Errorf("wire: %s has no operation %q", c.model.Service, operation)
	}
	r := c.response(http.StatusOK)
	if op.Status != 0 {
		r.Status = op.Status
	}
	if op.NoOutput || absent(out) {
		if !op.NoOutput && r.Status != http.StatusNoContent {
			r.Body = []byte("{}")
		}
		return r, nil
	}
	p, v, err := planFor(out)
	if err != nil {
		return nil, err
	}
	writeBindings(r, p, v)
	if p.load != nil {
		c.writePayload(r, p.load, v)
		return r, nil
	}
	e := jsonEncoder{dst: make([]byte, 0, 1024), byWire: true}
	e.structure(p, v)
	if r.Status != http.StatusNoContent {
		r.Body = e.dst
	}
	return r, nil
}

func (c *restJSONCodec) writePayload(r *Response, f *field, v reflect.Value) {
	fv, ok := f.value(v)
	if !ok {
		return
	}
	switch f.node.kind {
	case kindBlob:
		r.Body = fv.Bytes()
	case kindString:
		r.Body = []byte(fv.String())
	case kindStream:
		r.Stream = closer(v.Field(f.index).Interface().(interface{ Read([]byte) (int, error) }))
	case kindStruct:
		e := jsonEncoder{byWire: true}
		e.structure(f.node.str, fv)
		r.Body = e.dst
	}
}

func (c *restJSONCodec) response(status int) *Response {
	return &Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, setRequestID: setAmznRequestID}
}

func (c *restJSONCodec) EncodeError(err *awsapi.Error, requestID string) *Response {
	r := c.response(status(c.model, err))
	r.Header.Set("X-Amzn-Errortype", err.Code)
	r.SetRequestID(requestID)
	setErrorHeader(r.Header, err)
	if c.model.Service == "lambda" {
		r.Body = lambdaErrorBody(err, r.Status)
	} else {
		r.Body = jsonErrorBody(err, "")
	}
	return r
}

// lambdaErrorBody writes {"Type": ..., "Message": ...}. message in small
// letters and __type stand there too, for clients that look for them.
func lambdaErrorBody(err *awsapi.Error, status int) []byte {
	fault := "User"
	if status >= 500 {
		fault = "Service"
	}
	e := jsonEncoder{dst: make([]byte, 0, 256)}
	e.dst = append(e.dst, `{"Type":"`+fault+`","__type":`...)
	e.dst = appendJSONString(e.dst, err.Code)
	e.dst = appendJSONString(append(e.dst, `,"Message":`...), err.Message)
	e.dst = appendJSONString(append(e.dst, `,"message":`...), err.Message)
	for _, f := range err.Fields {
		if f.Name != "Type" && f.Name != "Message" && f.Name != "message" {
			e.field(f)
		}
	}
	return append(e.dst, '}')
}
