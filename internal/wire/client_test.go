package wire

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/shape"
)

// This file is the client's side of the protocols, for round trips: it writes
// requests from input structs and reads answers into output structs.

// clientRequest encodes an input as a client does.
func clientRequest(m *shape.Model, operation string, in any) (*Request, error) {
	p, v, err := planFor(in)
	if err != nil {
		return nil, err
	}
	switch m.Protocol {
	case shape.JSON:
		e := jsonEncoder{}
		e.structure(p, v)
		return &Request{Method: "POST", Path: "/", Body: e.dst, Header: http.Header{"X-Amz-Target": {m.TargetPrefix + "." + operation}}}, nil
	case shape.Query:
		form := url.Values{"Action": {operation}, "Version": {m.APIVersion}}
		writeForm(form, "", p, v)
		return &Request{Method: "POST", Path: "/", Header: http.Header{}, Body: []byte(form.Encode())}, nil
	}
	return restRequest(m, operation, p, v)
}

func writeForm(form url.Values, prefix string, p *structPlan, v reflect.Value) {
	for i := range p.fields {
		f := &p.fields[i]
		if fv, ok := f.value(v); ok {
			writeFormValue(form, prefix+f.wire, f.node, fv)
		}
	}
}

func writeFormValue(form url.Values, key string, n *node, v reflect.Value) {
	switch n.kind {
	case kindStruct:
		writeForm(form, key+".", n.str, v)
	case kindList:
		if v.Len() == 0 {
			form.Set(key, "")
		}
		if !n.flat {
			key += "." + nonEmpty(n.elemName(), "member")
		}
		for i := range v.Len() {
			writeFormValue(form, key+"."+strconv.Itoa(i+1), n.elem, v.Index(i))
		}
	case kindMap:
		if !n.flat {
			key += ".entry"
		}
		for i, k := range sortedKeys(v) {
			at := key + "." + strconv.Itoa(i+1) + "."
			form.Set(at+nonEmpty(n.keyName, "key"), k.String())
			writeFormValue(form, at+nonEmpty(n.elemName(), "value"), n.elem, v.MapIndex(k))
		}
	default:
		form.Set(key, string(appendText(nil, n, v, timeISO8601, false)))
	}
}

func restRequest(m *shape.Model, operation string, p *structPlan, v reflect.Value) (*Request, error) {
	op := m.Operation(operation)
	path, literal, _ := strings.Cut(op.URI, "?")
	r := &Request{Method: op.Method, Header: http.Header{}}
	query := []string{}
	if literal != "" {
		query = append(query, literal)
	}
	for i := range p.fields {
		f := &p.fields[i]
		fv, ok := f.value(v)
		if !ok {
			continue
		}
		switch f.in {
		case inURI:
			text := string(appendText(nil, f.node, fv, timeISO8601, false))
			escaped := url.PathEscape(text)
			if strings.Contains(path, "{"+f.wire+"+}") {
				path = strings.Replace(path, "{"+f.wire+"+}", strings.ReplaceAll(escaped, "%2F", "/"), 1)
			}
			path = strings.Replace(path, "{"+f.wire+"}", escaped, 1)
		case inHeader:
			if f.wire == "Content-MD5" || strings.HasPrefix(f.wire, "x-amz-checksum-") {
				v.Field(f.index).SetZero() // it would have to be the body's
				continue
			}
			r.Header.Set(f.wire, headerText(f.node, fv))
		case inPrefix:
			for _, k := range sortedKeys(fv) {
				r.Header.Set(f.wire+k.String(), fv.MapIndex(k).String())
			}
		case inQuery:
			query = append(query, queryPairs(f, fv)...)
		case inBody:
			if !f.load {
				continue
			}
			if err := clientPayload(m, r, f, v); err != nil {
				return nil, err
			}
		}
	}
	r.Path, r.RawQuery = path, strings.Join(query, "&")
	if p.load == nil && p.hasBody() {
		if m.Protocol == shape.RESTXML {
			e := xmlEncoder{}
			e.raw("<" + operation + "Request>")
			e.members(p, v)
			e.raw("</" + operation + "Request>")
			r.Body = e.dst
			return r, nil
		}
		e := jsonEncoder{byWire: true}
		e.structure(p, v)
		r.Body = e.dst
	}
	return r, nil
}

func queryPairs(f *field, v reflect.Value) (pairs []string) {
	pair := func(name, value string) { pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value)) }
	switch f.node.kind {
	case kindList:
		for i := range v.Len() {
			pair(f.wire, string(appendText(nil, f.node.elem, v.Index(i), timeISO8601, false)))
		}
	case kindMap:
		for _, k := range sortedKeys(v) {
			pair(k.String(), v.MapIndex(k).String())
		}
	default:
		pair(f.wire, string(appendText(nil, f.node, v, timeISO8601, false)))
	}
	return pairs
}

func clientPayload(m *shape.Model, r *Request, f *field, v reflect.Value) error {
	fv, _ := f.value(v)
	switch {
	case f.node.kind == kindStream:
		raw, err := io.ReadAll(v.Field(f.index).Interface().(io.Reader))
		v.Field(f.index).Set(reflect.ValueOf(strings.NewReader(string(raw))))
		r.Body = raw
		return err
	case f.node.kind == kindBlob:
		r.Body = fv.Bytes()
	case f.node.kind == kindString:
		r.Body = []byte(fv.String())
	case m.Protocol == shape.RESTJSON:
		e := jsonEncoder{byWire: true}
		e.structure(f.node.str, fv)
		r.Body = e.dst
	default:
		e := xmlEncoder{}
		e.open(f.node, f.wire, fv)
		e.members(f.node.str, fv)
		e.raw("</" + f.wire + ">")
		r.Body = e.dst
	}
	return nil
}

// clientResponse decodes an answer as a client does.
func clientResponse(m *shape.Model, operation string, r *Response, out any) error {
	p, v, err := planFor(out)
	if err != nil {
		return err
	}
	op := m.Operation(operation)
	switch m.Protocol {
	case shape.JSON:
		if derr := decodeJSON(r.Body, p, v, false); derr != nil {
			return derr
		}
		return nil
	case shape.Query:
		return clientQueryResponse(r.Body, nonEmpty(op.Root, operation+"Result"), p, v)
	}
	for i := range p.fields {
		f := &p.fields[i]
		switch f.in {
		case inStatus:
			f.place(v).SetInt(int64(r.Status))
		case inHeader:
			b := bindings{header: r.Header}
			if derr := b.headerValue(f, v); derr != nil {
				return derr
			}
		case inPrefix:
			b := bindings{header: r.Header}
			b.prefixed(f, v)
		}
	}
	return clientBody(m, op, r, p, v)
}

func clientBody(m *shape.Model, op *shape.Operation, r *Response, p *structPlan, v reflect.Value) error {
	n := &node{kind: kindStruct, typ: p.typ, str: p}
	root := nonEmpty(op.Root, op.Name+"Result")
	if f := p.load; f != nil {
		fv := v.Field(f.index)
		switch f.node.kind {
		case kindStream:
			if r.Stream != nil {
				fv.Set(reflect.ValueOf(r.Stream))
			}
			return nil
		case kindBlob:
			fv.SetBytes(r.Body)
			return nil
		case kindString:
			if r.Body != nil {
				f.place(v).SetString(string(r.Body))
			}
			return nil
		}
		if r.Body == nil {
			return nil
		}
		n, v, root = f.node, f.place(v), f.wire
	}
	if m.Protocol == shape.RESTJSON {
		if err := decodeJSON(r.Body, n.str, v, true); err != nil {
			return err
		}
		return nil
	}
	if len(r.Body) == 0 {
		return nil
	}
	return decodeXML(r.Body, root, n, v)
}

func clientQueryResponse(body []byte, result string, p *structPlan, v reflect.Value) error {
	d := xmlDecoder{dec: xml.NewDecoder(strings.NewReader(string(body)))}
	if _, err := d.root(); err != nil {
		return err
	}
	return d.children(func(child xml.StartElement) error {
		switch child.Name.Local {
		case result:
			return d.structure(p, child, v)
		case "ResponseMetadata":
			return d.skipUnknown()
		}
		return fmt.Errorf("unexpected element %s", child.Name.Local)
	})
}
