package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
)

// queryCodec speaks AWS's query protocol: a form with Action and Version in,
// XML out.
type queryCodec struct {
	model *shape.Model
}

// parse reads the form of a request: from the body of a POST, or from the URL.
func (c *queryCodec) parse(r *Request) (*form, *awsapi.Error) {
	return parseForm(string(r.Body), r.RawQuery)
}

func (c *queryCodec) Operation(r *Request) (string, error) {
	f, err := c.parse(r)
	if err != nil {
		return "", err
	}
	action, version := f.text("Action"), f.text("Version")
	if action == "" {
		return "", &awsapi.Error{Code: "MissingAction", Status: 400, Message: "The request must contain the parameter Action"}
	}
	if c.model.Operation(action) == nil || version != c.model.APIVersion {
		return "", &awsapi.Error{Code: "InvalidAction", Status: 400,
			Message: fmt.Sprintf("Could not find operation %s for version %s", action, nonEmpty(version, "NO_VERSION_SPECIFIED"))}
	}
	return action, nil
}

func nonEmpty(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (c *queryCodec) Decode(r *Request, operation string, in any) error {
	p, v, err := planFor(in)
	if err != nil {
		return err
	}
	f, ferr := c.parse(r)
	if ferr != nil {
		return ferr
	}
	d := formDecoder{}
	if !d.structure(p, f, v, 0) {
		return d.err
	}
	return nil
}

// formDecoder fills planned structs from a form.
type formDecoder struct {
	elements int
	err      *awsapi.Error
}

func (d *formDecoder) fail(format string, args ...any) bool {
	if d.err == nil {
		d.err = &awsapi.Error{Code: "MalformedInput", Status: 400, Message: fmt.Sprintf(format, args...)}
	}
	return false
}

func (d *formDecoder) structure(p *structPlan, f *form, v reflect.Value, depth int) bool {
	if depth > maxFormDepth {
		return d.fail("The request is nested too deeply")
	}
	for i := range p.fields {
		fd := &p.fields[i]
		sub := f.kids[fd.wire]
		if sub == nil {
			continue
		}
		if !d.value(fd.node, sub, fd.place(v), fd.name, depth+1) {
			return false
		}
	}
	return true
}

func (d *formDecoder) value(n *node, f *form, v reflect.Value, name string, depth int) bool {
	switch n.kind {
	case kindStruct:
		return d.structure(n.str, f, v, depth)
	case kindList:
		return d.list(n, f, v, name, depth)
	case kindMap:
		return d.mapping(n, f, v, name, depth)
	}
	if !f.set || len(f.kids) > 0 {
		return d.fail("Unexpected complex element in %s", name)
	}
	if !setText(n, v, f.value, timeISO8601) {
		return d.fail("Invalid value for %s", name)
	}
	return true
}

// list reads NAME.member.N, or NAME.N where the list is flattened. NAME= alone
// is an empty list.
func (d *formDecoder) list(n *node, f *form, v reflect.Value, name string, depth int) bool {
	v.Set(reflect.MakeSlice(n.typ, 0, 4))
	if f.set && f.value == "" && len(f.kids) == 0 {
		return true
	}
	if !n.flat {
		f = f.kids[nonEmpty(n.elemName(), "member")]
		if f == nil {
			return d.fail("Unexpected list element in %s", name)
		}
	}
	list, ok := f.elements()
	if !ok || f.set {
		return d.fail("Unexpected list element in %s", name)
	}
	if d.elements += len(list); d.elements > maxElements {
		return d.fail("The request has too many elements")
	}
	v.Set(reflect.MakeSlice(n.typ, len(list), len(list)))
	for i, e := range list {
		if !d.value(n.elem, e.form, v.Index(i), name, depth+1) {
			return false
		}
	}
	return true
}

// mapping reads NAME.entry.N.key and NAME.entry.N.value, without entry where
// the map is flattened.
func (d *formDecoder) mapping(n *node, f *form, v reflect.Value, name string, depth int) bool {
	v.Set(reflect.MakeMap(n.typ))
	if f.set && f.value == "" && len(f.kids) == 0 {
		return true
	}
	if !n.flat {
		f = f.kids["entry"]
		if f == nil {
			return d.fail("Unexpected map entry in %s", name)
		}
	}
	list, ok := f.elements()
	if !ok || f.set {
		return d.fail("Unexpected map entry in %s", name)
	}
	if d.elements += len(list); d.elements > maxElements {
		return d.fail("The request has too many elements")
	}
	for _, e := range list {
		key, value := e.kids[nonEmpty(n.keyName, "key")], e.kids[nonEmpty(n.elemName(), "value")]
		if key == nil || !key.set || value == nil {
			return d.fail("Unexpected map entry in %s", name)
		}
		ev := reflect.New(n.elem.typ).Elem()
		if !d.value(n.elem, value, ev, name, depth+1) {
			return false
		}
		v.SetMapIndex(reflect.ValueOf(key.value), ev)
	}
	return true
}

// requestIDMark stands where SetRequestID puts the id; it cannot occur in
// escaped text.
const requestIDMark = "<RequestId></RequestId>"

func (c *queryCodec) Encode(operation string, out any) (*Response, error) {
	op := c.model.Operation(operation)
	if op == nil {
		return nil, fmt.Errorf("wire: %s has no operation %q", c.model.Service, operation)
	}
	e := xmlEncoder{dst: make([]byte, 0, 1024), memberLists: true}
	e.raw(`<` + operation + `Response xmlns="` + c.model.XMLNamespace + `">`)
	if !op.NoOutput {
		root := nonEmpty(op.Root, operation+"Result")
		e.raw("<" + root + ">")
		if !absent(out) {
			p, v, err := planFor(out)
			if err != nil {
				return nil, err
			}
			e.members(p, v)
		}
		e.raw("</" + root + ">")
	}
	e.raw("<ResponseMetadata>" + requestIDMark + "</ResponseMetadata></" + operation + "Response>")
	return c.response(http.StatusOK, e.dst), nil
}

func (c *queryCodec) response(status int, body []byte) *Response {
	return &Response{Status: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: body, setRequestID: func(r *Response, id string) {
		setAmznRequestID(r, id)
		if at := bytes.LastIndex(r.Body, []byte(requestIDMark)); at >= 0 {
			at += len("<RequestId>")
			filled := append(make([]byte, 0, len(r.Body)+len(id)), r.Body[:at]...)
			r.Body = append(appendXMLText(filled, id), r.Body[at:]...)
		}
	}}
}

func (c *queryCodec) EncodeError(err *awsapi.Error, requestID string) *Response {
	code := status(c.model, err)
	fault := "Sender"
	if code >= 500 {
		fault = "Receiver"
	}
	e := xmlEncoder{dst: make([]byte, 0, 512)}
	e.raw(`<ErrorResponse xmlns="` + c.model.XMLNamespace + `"><Error>`)
	e.element("Type", fault)
	e.element("Code", err.Code)
	e.element("Message", err.Message)
	for _, f := range err.Fields {
		if text, ok := f.Value.(string); ok {
			e.element(f.Name, text)
		}
	}
	e.raw("</Error>" + requestIDMark + "</ErrorResponse>")
	r := c.response(code, e.dst)
	r.SetRequestID(requestID)
	setErrorHeader(r.Header, err)
	return r
}
