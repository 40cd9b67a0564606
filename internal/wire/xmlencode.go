package wire

import (
	"reflect"
	"strconv"
	"unicode/utf8"
)

// xmlEncoder appends planned values as XML.
type xmlEncoder struct {
	dst []byte
	// memberLists names list elements "member" where the model names none;
	// both XML protocols do.
	memberLists bool
	// milli writes milliseconds of times also where they are 0, as S3 does.
	milli bool
}

func (e *xmlEncoder) raw(s string) { e.dst = append(e.dst, s...) }

// element appends a text element.
func (e *xmlEncoder) element(name, text string) {
	e.raw("<" + name + ">")
	e.dst = appendXMLText(e.dst, text)
	e.raw("</" + name + ">")
}

// members appends the body members of a struct that are present.
func (e *xmlEncoder) members(p *structPlan, v reflect.Value) {
	for i := range p.fields {
		f := &p.fields[i]
		if f.in != inBody || f.attr {
			continue
		}
		if fv, ok := f.value(v); ok {
			e.value(f.node, f.wire, fv)
		}
	}
}

// value appends one element, or for flattened lists and maps several.
func (e *xmlEncoder) value(n *node, name string, v reflect.Value) {
	switch n.kind {
	case kindList:
		e.list(n, name, v)
		return
	case kindMap:
		e.mapping(n, name, v)
		return
	}
	e.open(n, name, v)
	if n.kind == kindStruct {
		e.members(n.str, v)
	} else {
		e.text(n, v)
	}
	e.raw("</" + name + ">")
}

// open appends a start tag with the namespace and attributes of the value.
func (e *xmlEncoder) open(n *node, name string, v reflect.Value) {
	e.raw("<" + name)
	if n.ns != "" {
		if n.nsp != "" {
			e.raw(" xmlns:" + n.nsp + `="` + n.ns + `"`)
		} else {
			e.raw(` xmlns="` + n.ns + `"`)
		}
	}
	if n.kind == kindStruct {
		for i := range n.str.fields {
			f := &n.str.fields[i]
			if !f.attr {
				continue
			}
			if fv, ok := f.value(v); ok {
				e.raw(" " + f.wire + `="`)
				e.text(f.node, fv)
				e.raw(`"`)
			}
		}
	}
	e.raw(">")
}

func (e *xmlEncoder) text(n *node, v reflect.Value) {
	if n.kind == kindString {
		e.dst = appendXMLText(e.dst, v.String())
		return
	}
	e.dst = appendText(e.dst, n, v, timeISO8601, e.milli)
}

// elemName is the element name of a list's elements or a map's values, or "".
func (n *node) elemName() string {
	if n.elem == nil {
		return ""
	}
	return n.elem.traits.name
}

func (e *xmlEncoder) list(n *node, name string, v reflect.Value) {
	if n.flat {
		for i := range v.Len() {
			e.value(n.elem, name, v.Index(i))
		}
		return
	}
	elem := nonEmpty(n.elemName(), "member")
	e.raw("<" + name + ">")
	for i := range v.Len() {
		e.value(n.elem, elem, v.Index(i))
	}
	e.raw("</" + name + ">")
}

func (e *xmlEncoder) mapping(n *node, name string, v reflect.Value) {
	entry := "entry"
	if n.flat {
		entry = name
	} else {
		e.raw("<" + name + ">")
	}
	for _, key := range sortedKeys(v) {
		e.raw("<" + entry + ">")
		e.element(nonEmpty(n.keyName, "key"), key.String())
		e.value(n.elem, nonEmpty(n.elemName(), "value"), v.MapIndex(key))
		e.raw("</" + entry + ">")
	}
	if !n.flat {
		e.raw("</" + name + ">")
	}
}

// appendXMLText appends s as character data that is safe in attributes too.
// Characters that XML 1.0 cannot hold are written as references all the same,
// as S3 does for object keys; what is not UTF-8 becomes U+FFFD.
func appendXMLText(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			} else if r == 0xFFFE || r == 0xFFFF {
				dst = appendReference(append(dst, s[start:i]...), int(r))
				start = i + size
			}
			i += size
			continue
		}
		escape := ""
		switch c {
		case '&':
			escape = "&amp;"
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '"':
			escape = "&quot;"
		case '\n', '\t':
			i++
			continue
		default:
			if c >= ' ' && c != 0x7f {
				i++
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		i++
		start = i
		if escape != "" {
			dst = append(dst, escape...)
		} else {
			dst = appendReference(dst, int(c))
		}
	}
	return append(dst, s[start:]...)
}

func appendReference(dst []byte, r int) []byte {
	dst = append(dst, "&#x"...)
	dst = strconv.AppendInt(dst, int64(r), 16)
	return append(dst, ';')
}
