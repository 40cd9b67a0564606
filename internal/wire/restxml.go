package wire

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
)

// restXMLCodec speaks REST-XML as S3 does.
type restXMLCodec struct {
	model  *shape.Model
	router *router
}

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func (c *restXMLCodec) Operation(r *Request) (string, error) {
	if route := c.router.find(r); route != nil {
		return route.op.Name, nil
	}
	return "", &awsapi.Error{Code: "MethodNotAllowed", Status: http.StatusMethodNotAllowed,
		Message: "The specified method is not allowed against this resource.",
		Fields:  []awsapi.Field{{Name: "Method", Value: r.Method}}}
}

// malformedXML is S3's answer to a body that does not have the form of the
// operation's input.
func malformedXML() *awsapi.Error {
	return &awsapi.Error{Code: "MalformedXML", Status: 400,
		Message: "The XML you provided was not well-formed or did not validate against our published schema"}
}

func (c *restXMLCodec) Decode(r *Request, operation string, in any) error {
	p, v, err := planFor(in)
	if err != nil {
		return err
	}
	b, err := c.router.newBindings(r, operation)
	if err != nil {
		return err
	}
	b.bad = func(f *field, value string) *awsapi.Error {
		return (&awsapi.Error{Code: "InvalidArgument", Status: 400, Message: "Invalid value for " + f.wire}).
			With("ArgumentName", f.wire).With("ArgumentValue", value)
	}
	if berr := b.read(p, v); berr != nil {
		return berr
	}
	if p.load != nil && p.load.node.kind == kindStream {
		return c.payload(r, p.load, v)
	}
	if len(r.Body) > 0 {
		if err := verifyBody(r); err != nil {
			return err
		}
	}
	if p.load != nil {
		return c.payload(r, p.load, v)
	}
	if p.hasBody() && len(bytes.TrimSpace(r.Body)) > 0 {
		if decodeXML(r.Body, operation+"Request", &node{kind: kindStruct, typ: p.typ, str: p}, v) != nil {
			return malformedXML()
		}
	}
	return nil
}

func (c *restXMLCodec) payload(r *Request, f *field, v reflect.Value) error {
	fv := v.Field(f.index)
	switch f.node.kind {
	case kindStream:
		fv.Set(reflect.ValueOf(stream(r)))
	case kindBlob:
		fv.SetBytes(r.Body)
	case kindString:
		if len(r.Body) > 0 {
			f.place(v).SetString(string(r.Body))
		}
	case kindStruct:
		if len(bytes.TrimSpace(r.Body)) == 0 {
			return nil
		}
		if decodeXML(r.Body, f.wire, f.node, f.place(v)) != nil {
			return malformedXML()
		}
	}
	return nil
}

// stream returns the body of an operation with a streaming input.
func stream(r *Request) io.Reader {
	if r.Stream != nil {
		return r.Stream
	}
	return bytes.NewReader(r.Body)
}

func (c *restXMLCodec) Encode(operation string, out any) (*Response, error) {
	op := c.model.Operation(operation)
	if op == nil {
		return nil, fmt.Errorf("wire: %s has no operation %q", c.model.Service, operation)
	}
	r := &Response{Status: http.StatusOK, Header: http.Header{}, setRequestID: setS3RequestID}
	if op.Status != 0 {
		r.Status = op.Status
	}
	if op.NoOutput || absent(out) {
		return r, nil
	}
	p, v, err := planFor(out)
	if err != nil {
		return nil, err
	}
	writeBindings(r, p, v)
	switch {
	case p.load != nil:
		c.writePayload(r, p.load, v)
	case op.Root != "" || p.hasBody():
		c.writeBody(r, op, p, v)
	}
	if r.Header.Get("Content-Range") != "" && r.Status == http.StatusOK {
		r.Status = http.StatusPartialContent
	}
	return r, nil
}

// writeBody writes an output whose members are the children of a root element.
func (c *restXMLCodec) writeBody(r *Response, op *shape.Operation, p *structPlan, v reflect.Value) {
	if !p.hasBody() && op.Method == http.MethodHead {
		return
	}
	e := xmlEncoder{dst: make([]byte, 0, 1024), milli: true}
	e.raw(xmlDeclaration)
	root := nonEmpty(op.Root, op.Name+"Result")
	e.raw("<" + root + ` xmlns="` + c.model.XMLNamespace + `">`)
	if op.Name == "GetBucketLocation" {
		// The one answer whose member is the text of the root itself.
		if fv, ok := p.fields[0].value(v); ok {
			e.text(p.fields[0].node, fv)
		}
	} else {
		e.members(p, v)
	}
	e.raw("</" + root + ">")
	r.Body = e.dst
	r.Header.Set("Content-Type", "application/xml")
}

func (c *restXMLCodec) writePayload(r *Response, f *field, v reflect.Value) {
	fv, ok := f.value(v)
	if !ok {
		return
	}
	switch f.node.kind {
	case kindStream:
		r.Stream = closer(v.Field(f.index).Interface().(io.Reader))
	case kindBlob:
		r.Body = fv.Bytes()
	case kindString:
		r.Body = []byte(fv.String())
		r.Header.Set("Content-Type", "application/json")
	case kindStruct:
		e := xmlEncoder{dst: make([]byte, 0, 1024), milli: true}
		e.raw(xmlDeclaration)
		e.raw("<" + f.wire + ` xmlns="` + c.model.XMLNamespace + `">`)
		e.members(f.node.str, fv)
		e.raw("</" + f.wire + ">")
		r.Body = e.dst
		r.Header.Set("Content-Type", "application/xml")
	}
}

// setS3RequestID sets the two ids that S3's clients print.
func setS3RequestID(r *Response, id string) {
	r.Header.Set("X-Amz-Request-Id", id)
	r.Header.Set("X-Amz-Id-2", id)
}

func (c *restXMLCodec) EncodeError(err *awsapi.Error, requestID string) *Response {
	r := &Response{Status: status(c.model, err), Header: http.Header{}, setRequestID: setS3RequestID}
	r.SetRequestID(requestID)
	setErrorHeader(r.Header, err)
	if r.Status == http.StatusNotModified || r.Status == http.StatusNoContent {
		return r
	}
	e := xmlEncoder{dst: make([]byte, 0, 512)}
	e.raw(xmlDeclaration + "<Error>")
	e.element("Code", err.Code)
	e.element("Message", err.Message)
	for _, f := range err.Fields {
		if text, ok := f.Value.(string); ok {
			e.element(f.Name, text)
		}
	}
	e.element("RequestId", requestID)
	e.element("HostId", requestID)
	e.raw("</Error>")
	r.Body = e.dst
	r.Header.Set("Content-Type", "application/xml")
	return r
}
