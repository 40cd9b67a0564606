package wire

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/expression"
)

// jsonEncoder appends planned values as JSON.
type jsonEncoder struct {
	dst []byte
	// byWire writes members under their wire name (REST) instead of the model's.
	byWire bool
}

// structure appends the body members of a struct that are present.
func (e *jsonEncoder) structure(p *structPlan, v reflect.Value) {
	e.dst = append(e.dst, '{')
	first := true
	for i := range p.fields {
		f := &p.fields[i]
		if f.in != inBody {
			continue
		}
		fv, ok := f.value(v)
		if !ok {
			continue
		}
		if !first {
			e.dst = append(e.dst, ',')
		}
		first = false
		name := f.name
		if e.byWire {
			name = f.wire
		}
		e.dst = append(append(append(e.dst, '"'), name...), '"', ':')
		e.value(f.node, fv)
	}
	e.dst = append(e.dst, '}')
}

func (e *jsonEncoder) value(n *node, v reflect.Value) {
	switch n.kind {
	case kindString:
		e.dst = appendJSONString(e.dst, v.String())
	case kindBool:
		e.dst = strconv.AppendBool(e.dst, v.Bool())
	case kindInt32, kindInt64:
		e.dst = strconv.AppendInt(e.dst, v.Int(), 10)
	case kindFloat32, kindFloat64:
		e.dst = appendJSONFloat(e.dst, v.Float())
	case kindTime:
		e.time(n, v.Interface().(time.Time))
	case kindBlob:
		e.dst = append(e.dst, '"')
		e.dst = base64.StdEncoding.AppendEncode(e.dst, v.Bytes())
		e.dst = append(e.dst, '"')
	case kindList:
		e.list(n, v)
	case kindMap:
		e.mapping(n, v)
	case kindStruct:
		e.structure(n.str, v)
	case kindValue:
		e.dst = v.Interface().(expression.Value).AppendJSON(e.dst)
	case kindItem:
		e.dst = v.Interface().(expression.Item).AppendJSON(e.dst)
	case kindDocument:
		if raw := v.Bytes(); len(raw) > 0 {
			e.dst = append(e.dst, raw...)
			return
		}
		e.dst = append(e.dst, "null"...)
	default:
		e.dst = append(e.dst, "null"...)
	}
}

func (e *jsonEncoder) time(n *node, t time.Time) {
	if n.time == timeDefault || n.time == timeUnix {
		e.dst = appendEpoch(e.dst, t.UTC())
		return
	}
	e.dst = append(e.dst, '"')
	e.dst = appendTime(e.dst, t, n.time, timeUnix, false)
	e.dst = append(e.dst, '"')
}

func (e *jsonEncoder) list(n *node, v reflect.Value) {
	e.dst = append(e.dst, '[')
	for i := range v.Len() {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.value(n.elem, v.Index(i))
	}
	e.dst = append(e.dst, ']')
}

// mapping appends a map with its keys in order, so that answers are stable.
func (e *jsonEncoder) mapping(n *node, v reflect.Value) {
	e.dst = append(e.dst, '{')
	for i, key := range sortedKeys(v) {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.dst = append(appendJSONString(e.dst, key.String()), ':')
		e.value(n.elem, v.MapIndex(key))
	}
	e.dst = append(e.dst, '}')
}

// any appends a member of an error document: a text, a number, a flag, or
// anything that has a plan.
func (e *jsonEncoder) any(x any) error {
	b := builder{made: map[reflect.Type]*structPlan{}}
	v := reflect.ValueOf(x)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if !v.IsValid() || v.Kind() == reflect.Pointer {
		e.dst = append(e.dst, "null"...)
		return nil
	}
	if v.Kind() == reflect.Int {
		e.dst = strconv.AppendInt(e.dst, v.Int(), 10)
		return nil
	}
	n, err := b.node(v.Type(), nil)
	if err != nil {
		return fmt.Errorf("wire: error member: %w", err)
	}
	e.value(n, v)
	return nil
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

func appendJSONFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s as a JSON string; invalid UTF-8 is replaced.
func appendJSONString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
