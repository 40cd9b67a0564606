package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
)

// serialization makes the error of a body that does not have the form of the
// operation's input.
func serialization(message string) *awsapi.Error {
	return &awsapi.Error{Code: "SerializationException", Message: message, Namespace: "com.amazon.coral.service"}
}

// jsonDecoder decodes a JSON text into planned structs.
type jsonDecoder struct {
	scanner
	// byWire looks members up by their wire name (REST) instead of the model's.
	byWire bool
}

// decodeJSON reads a whole text into the struct v. An empty text is an empty
// object, as AWS takes it.
func decodeJSON(data []byte, p *structPlan, v reflect.Value, byWire bool) *awsapi.Error {
	d := jsonDecoder{scanner: scanner{data: data}, byWire: byWire}
	if d.peek() == 0 && d.pos >= len(d.data) {
		return nil
	}
	if d.structure(p, v) {
		d.end()
	}
	return d.err
}

// null eats a null if one stands here.
func (d *jsonDecoder) null() bool { return d.peek() == 'n' && d.literal("null") }

func (d *jsonDecoder) structure(p *structPlan, v reflect.Value) bool {
	switch d.peek() {
	case '{':
	case '[':
		return d.fail("Unrecognized collection type class " + p.typ.Name())
	case 0:
		return d.syntax()
	default:
		return d.fail("Unexpected value type in payload")
	}
	members := p.byMode
	if d.byWire {
		members = p.byName
	}
	return d.object(func(name []byte) bool {
		f := members[string(name)]
		if f == nil {
			return d.skip()
		}
		if d.null() {
			v.Field(f.index).SetZero()
			return true
		}
		return d.err == nil && d.value(f.node, f.place(v))
	})
}

// value reads the value that stands here, which is not a null, into v.
func (d *jsonDecoder) value(n *node, v reflect.Value) bool {
	switch n.kind {
	case kindString:
		t, ok := d.textOf("String")
		if ok {
			v.SetString(string(t))
		}
		return ok
	case kindBool:
		return d.boolean(v)
	case kindInt32, kindInt64:
		return d.integer(n, v)
	case kindFloat32, kindFloat64:
		return d.float(v)
	case kindTime:
		return d.time(n, v)
	case kindBlob:
		return d.blob(v)
	case kindList:
		return d.list(n, v)
	case kindMap:
		return d.mapping(n, v)
	case kindStruct:
		return d.structure(n.str, v)
	case kindValue:
		return d.expression(v.Addr().Interface().(*expression.Value).DecodeJSON)
	case kindItem:
		return d.expression(v.Addr().Interface().(*expression.Item).DecodeJSON)
	case kindDocument:
		start := d.pos
		if !d.skip() {
			return false
		}
		v.SetBytes(append([]byte(nil), d.data[start:d.pos]...))
		return true
	}
	return d.skip()
}

// expression lets package expression read an attribute value or item.
func (d *jsonDecoder) expression(decode func([]byte) (int, error)) bool {
	n, err := decode(d.data[d.pos:])
	d.pos += n
	if err != nil {
		return d.fail(err.Error())
	}
	return true
}

// mismatch words a value of a wrong type as AWS's parser does.
func (d *jsonDecoder) mismatch(class string) bool {
	switch d.peek() {
	case '{':
		return d.fail("Start of structure or map found where not expected")
	case '[':
		return d.fail("Unrecognized collection type class java.lang." + class)
	case '"':
		return d.fail("STRING_VALUE cannot be converted to " + class)
	case 't':
		return d.literal("true") && d.fail("TRUE_VALUE cannot be converted to "+class)
	case 'f':
		return d.literal("false") && d.fail("FALSE_VALUE cannot be converted to "+class)
	}
	_, whole, ok := d.number()
	if !ok {
		return false
	}
	if whole {
		return d.fail("NUMBER_VALUE cannot be converted to " + class)
	}
	return d.fail("DECIMAL_VALUE cannot be converted to " + class)
}

func (d *jsonDecoder) textOf(class string) ([]byte, bool) {
	if d.peek() != '"' {
		return nil, d.mismatch(class)
	}
	return d.text()
}

func (d *jsonDecoder) boolean(v reflect.Value) bool {
	switch d.peek() {
	case 't':
		v.SetBool(true)
		return d.literal("true")
	case 'f':
		v.SetBool(false)
		return d.literal("false")
	}
	return d.mismatch("Boolean")
}

func numeric(c byte) bool { return c == '-' || c >= '0' && c <= '9' }

func (d *jsonDecoder) integer(n *node, v reflect.Value) bool {
	class, bits := "Integer", 32
	if n.kind == kindInt64 {
		class, bits = "Long", 64
	}
	if !numeric(d.peek()) {
		return d.mismatch(class)
	}
	t, whole, ok := d.number()
	if !ok {
		return false
	}
	i, err := strconv.ParseInt(string(t), 10, bits)
	if !whole {
		// 5.0 and 5e0 are whole numbers too.
		f, ferr := strconv.ParseFloat(string(t), 64)
		i, err = int64(f), ferr
		if f != math.Trunc(f) || math.Abs(f) > 1<<53 || bits == 32 && int64(int32(i)) != i {
			return d.fail("DECIMAL_VALUE cannot be converted to " + class)
		}
	}
	if err != nil {
		return d.fail("NUMBER_VALUE cannot be converted to " + class)
	}
	v.SetInt(i)
	return true
}

func (d *jsonDecoder) float(v reflect.Value) bool {
	switch c := d.peek(); {
	case numeric(c):
		t, _, ok := d.number()
		if !ok {
			return false
		}
		f, err := strconv.ParseFloat(string(t), 64)
		if err != nil {
			return d.fail("NUMBER_VALUE cannot be converted to Double")
		}
		v.SetFloat(f)
		return true
	case c == '"':
		t, ok := d.text()
		if !ok {
			return false
		}
		if special, ok := map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[string(t)]; ok {
			v.SetFloat(special)
			return true
		}
		return d.fail("STRING_VALUE cannot be converted to Double")
	}
	return d.mismatch("Double")
}

// time reads epoch seconds, or a text in ISO 8601, which AWS takes as well.
func (d *jsonDecoder) time(n *node, v reflect.Value) bool {
	switch c := d.peek(); {
	case numeric(c):
		t, _, ok := d.number()
		if !ok {
			return false
		}
		when, ok := parseEpoch(string(t))
		if !ok {
			return d.fail("NUMBER_VALUE cannot be converted to Date")
		}
		*v.Addr().Interface().(*time.Time) = when
		return true
	case c == '"':
		t, ok := d.text()
		if !ok {
			return false
		}
		when, ok := parseTime(string(t), n.time, timeISO8601)
		if !ok {
			return d.fail("STRING_VALUE cannot be converted to Date")
		}
		*v.Addr().Interface().(*time.Time) = when
		return true
	}
	return d.mismatch("Date")
}

func (d *jsonDecoder) blob(v reflect.Value) bool {
	if d.peek() != '"' {
		return d.mismatch("ByteBuffer")
	}
	t, ok := d.text()
	if !ok {
		return false
	}
	raw, ok := decodeBase64(string(t))
	if !ok {
		return d.fail("Base64 encoded length is unexpected or the text is not Base64")
	}
	v.SetBytes(raw)
	return true
}

// decodeBase64 reads padded standard Base64 and refuses line breaks, which the
// standard library would skip.
func decodeBase64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	raw, err := base64.StdEncoding.DecodeString(s)
	return raw, err == nil
}

func (d *jsonDecoder) list(n *node, v reflect.Value) bool {
	switch d.peek() {
	case '[':
	case '{':
		return d.fail("Start of structure or map found where not expected")
	case 0:
		return d.syntax()
	default:
		return d.fail("Unexpected field type")
	}
	if n.elem.kind == kindString {
		return d.strings(v.Addr().Interface())
	}
	v.Set(reflect.MakeSlice(n.typ, 0, 4))
	return d.array(func() bool {
		if v.Len() == v.Cap() {
			v.Grow(v.Cap())
		}
		at := v.Len()
		v.SetLen(at + 1)
		e := v.Index(at)
		e.SetZero()
		return d.null() || d.err == nil && d.value(n.elem, e)
	})
}

// strings is list for the most common element.
func (d *jsonDecoder) strings(into any) bool {
	list, ok := into.(*[]string)
	if !ok {
		return d.fail("Unexpected field type")
	}
	*list = []string{}
	return d.array(func() bool {
		if d.null() {
			*list = append(*list, "")
			return true
		}
		if d.err != nil {
			return false
		}
		t, ok := d.textOf("String")
		*list = append(*list, string(t))
		return ok
	})
}

func (d *jsonDecoder) mapping(n *node, v reflect.Value) bool {
	switch d.peek() {
	case '{':
	case '[':
		return d.fail("Unrecognized collection type java.util.Map")
	case 0:
		return d.syntax()
	default:
		return d.fail("Unexpected field type")
	}
	if m, ok := v.Addr().Interface().(*map[string]string); ok {
		*m = make(map[string]string)
		return d.object(func(name []byte) bool {
			key := string(name)
			if !d.element() || d.null() {
				return d.err == nil
			}
			t, ok := d.textOf("String")
			(*m)[key] = string(t)
			return ok
		})
	}
	v.Set(reflect.MakeMap(n.typ))
	return d.object(func(name []byte) bool {
		key := reflect.ValueOf(string(name))
		if !d.element() || d.null() {
			return d.err == nil
		}
		e := reflect.New(n.elem.typ).Elem()
		if d.err != nil || !d.value(n.elem, e) {
			return false
		}
		v.SetMapIndex(key, e)
		return true
	})
}
