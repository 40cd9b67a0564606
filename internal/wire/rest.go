package wire

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// bindings reads the members of an input that stand outside the body.
type bindings struct {
	route  *route
	labels []param
	query  []param
	header http.Header
	// bad makes the error of a value that is not of its member's type.
	bad func(f *field, value string) *awsapi.Error
}

// newBindings takes a request apart for an operation of the router.
func (rt *router) newBindings(r *Request, operation string) (*bindings, error) {
	route := rt.byName[operation]
	if route == nil {
		return nil, fmt.Errorf("wire: no route for %q", operation)
	}
	labels, ok := route.match(splitRequest(r.Path))
	if !ok {
		return nil, fmt.Errorf("wire: %s %s is not %s", r.Method, r.Path, operation)
	}
	query, _ := parseQuery(r.RawQuery)
	return &bindings{route: route, labels: labels, query: query, header: r.Header}, nil
}

func (b *bindings) read(p *structPlan, v reflect.Value) *awsapi.Error {
	if !p.bound {
		return nil
	}
	for i := range p.fields {
		f := &p.fields[i]
		var err *awsapi.Error
		switch f.in {
		case inURI:
			err = b.uri(f, v)
		case inHeader:
			err = b.headerValue(f, v)
		case inPrefix:
			b.prefixed(f, v)
		case inQuery:
			err = b.queryValue(p, f, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// scalar sets a member from a text.
func (b *bindings) scalar(f *field, v reflect.Value, text string, other timeFormat) *awsapi.Error {
	if !utf8.ValidString(text) && f.node.kind == kindString && f.in != inURI {
		return b.bad(f, strings.ToValidUTF8(text, "\ufffd"))
	}
	if setText(f.node, f.place(v), text, other) {
		return nil
	}
	v.Field(f.index).SetZero()
	if f.node.kind == kindTime && strings.HasPrefix(f.wire, "If-") {
		return nil // RFC 9110, 13.1.3: a condition with a broken date is none
	}
	return b.bad(f, text)
}

func (b *bindings) uri(f *field, v reflect.Value) *awsapi.Error {
	for _, l := range b.labels {
		if l.name == f.wire || l.name == f.name {
			return b.scalar(f, v, l.value, timeISO8601)
		}
	}
	return nil
}

func (b *bindings) headerValue(f *field, v reflect.Value) *awsapi.Error {
	values := b.header[f.header]
	if len(values) == 0 {
		return nil
	}
	text := strings.Join(values, ",")
	if f.node.kind == kindList {
		list := v.Field(f.index)
		list.Set(reflect.MakeSlice(f.node.typ, 0, 2))
		for part := range strings.SplitSeq(text, ",") {
			e := reflect.New(f.node.elem.typ).Elem()
			if !setText(f.node.elem, e, strings.TrimSpace(part), timeRFC822) {
				return b.bad(f, text)
			}
			list.Set(reflect.Append(list, e))
		}
		return nil
	}
	if text == "" {
		return nil
	}
	return b.scalar(f, v, text, timeRFC822)
}

// prefixed collects headers whose names begin alike (x-amz-meta-).
func (b *bindings) prefixed(f *field, v reflect.Value) {
	into, ok := v.Field(f.index).Addr().Interface().(*map[string]string)
	if !ok {
		return
	}
	for name, values := range b.header {
		if len(name) <= len(f.wire) || !strings.EqualFold(name[:len(f.wire)], f.wire) {
			continue
		}
		if *into == nil {
			*into = map[string]string{}
		}
		(*into)[strings.ToLower(name[len(f.wire):])] = strings.Join(values, ",")
	}
}

func (b *bindings) queryValue(p *structPlan, f *field, v reflect.Value) *awsapi.Error {
	switch f.node.kind {
	case kindList:
		return b.queryList(f, v)
	case kindMap:
		return b.queryMap(p, f, v)
	}
	for _, q := range b.query {
		if q.name == f.wire {
			if q.value == "" && f.node.kind != kindString {
				return nil
			}
			return b.scalar(f, v, q.value, timeISO8601)
		}
	}
	return nil
}

func (b *bindings) queryList(f *field, v reflect.Value) *awsapi.Error {
	list := v.Field(f.index)
	for _, q := range b.query {
		if q.name != f.wire {
			continue
		}
		e := reflect.New(f.node.elem.typ).Elem()
		if !utf8.ValidString(q.value) || !setText(f.node.elem, e, q.value, timeISO8601) {
			return b.bad(f, strings.ToValidUTF8(q.value, "\ufffd"))
		}
		list.Set(reflect.Append(list, e))
	}
	return nil
}

// queryMap takes the parameters that no other member and no literal of the URI
// has taken.
func (b *bindings) queryMap(p *structPlan, f *field, v reflect.Value) *awsapi.Error {
	into, ok := v.Field(f.index).Addr().Interface().(*map[string]string)
	if !ok {
		return nil
	}
	for _, q := range b.query {
		taken := slices.ContainsFunc(p.fields, func(o field) bool { return o.in == inQuery && o.wire == q.name }) ||
			slices.ContainsFunc(b.route.literal, func(l param) bool { return l.name == q.name }) ||
			strings.HasPrefix(q.name, "X-Amz-")
		if taken {
			continue
		}
		if *into == nil {
			*into = map[string]string{}
		}
		(*into)[q.name] = q.value
	}
	return nil
}

// writeBindings sets the headers and the status of an output.
func writeBindings(r *Response, p *structPlan, v reflect.Value) {
	for i := range p.fields {
		f := &p.fields[i]
		if f.in == inBody {
			continue
		}
		fv, ok := f.value(v)
		if !ok {
			continue
		}
		switch f.in {
		case inStatus:
			r.Status = int(fv.Int())
		case inHeader:
			if text := headerText(f.node, fv); text != "" {
				r.Header.Set(f.wire, text)
			}
		case inPrefix:
			// Clients take the rest of the name as it stands: it is sent in lower
			// case, as S3 does, not in Go's canonical form.
			for _, key := range sortedKeys(fv) {
				r.Header[strings.ToLower(f.wire+key.String())] = []string{fv.MapIndex(key).String()}
			}
		}
	}
}

func headerText(n *node, v reflect.Value) string {
	if n.kind != kindList {
		return string(appendText(nil, n, v, timeRFC822, false))
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = string(appendText(nil, n.elem, v.Index(i), timeRFC822, false))
	}
	return strings.Join(parts, ",")
}

// closer makes a ReadCloser of a stream that need not be closed.
func closer(r io.Reader) io.ReadCloser {
	if rc, ok := r.(io.ReadCloser); ok {
		return rc
	}
	return io.NopCloser(r)
}

// hasBody says whether an output has members in the body.
func (p *structPlan) hasBody() bool {
	return slices.ContainsFunc(p.fields, func(f field) bool { return f.in == inBody && !f.attr })
}
