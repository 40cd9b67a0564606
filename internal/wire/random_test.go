package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/expression"
)

// randomizer fills planned structs with values, for round trips.
type randomizer struct {
	*rand.Rand
}

func newRandomizer(seed uint64) *randomizer {
	return &randomizer{rand.New(rand.NewPCG(seed, 2))}
}

// alphabet has what encoders trip over: quotes, escapes, separators, control
// characters, characters of two, three and four bytes.
var alphabet = []rune("abcXYZ019 \"'\\/&<>%+=?#;,.:_-~\n\téß€😀\u2028")

func (r *randomizer) text(runes []rune) string {
	var b strings.Builder
	for range 1 + r.IntN(12) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

// structure fills the struct v. At depth 0 nothing but scalars is set.
func (r *randomizer) structure(p *structPlan, v reflect.Value, depth int) {
	for tries := 0; tries < 3; tries++ {
		for i := range p.fields {
			f := &p.fields[i]
			if r.IntN(3) == 0 && f.in != inURI && f.in != inStatus && !f.req {
				continue
			}
			if depth <= 0 && !f.node.scalar() {
				continue
			}
			r.field(f, v, depth)
		}
		if !v.IsZero() {
			return
		}
	}
}

func (r *randomizer) field(f *field, v reflect.Value, depth int) {
	fv := reflect.New(f.node.typ).Elem()
	switch {
	case f.in == inHeader && f.node.kind == kindString || f.in == inURI && f.node.kind == kindString && f.wire != "Key":
		fv.SetString("x" + r.text([]rune("abc019_-./=+&%?é"[:15])) + "y")
	case f.in == inHeader && f.node.kind == kindList && f.node.elem.kind == kindString:
		fv.Set(reflect.ValueOf([]string{"one", "two"}))
	case f.in == inPrefix:
		fv.Set(reflect.ValueOf(map[string]string{"a": "one", "b-c": "two words"}))
	case f.node.kind == kindStream:
		fv.Set(reflect.ValueOf(strings.NewReader(r.text(alphabet))))
	case f.in == inStatus:
		fv.SetInt(200)
	default:
		r.value(f.node, fv, depth, f.in == inHeader)
	}
	if fv.IsZero() && (f.node.kind == kindStruct || f.node.kind == kindList || f.node.kind == kindMap) {
		return
	}
	if f.ptr {
		p := reflect.New(f.node.typ)
		p.Elem().Set(fv)
		v.Field(f.index).Set(p)
		return
	}
	v.Field(f.index).Set(fv)
}

func (r *randomizer) value(n *node, v reflect.Value, depth int, seconds bool) {
	switch n.kind {
	case kindString:
		v.SetString(r.text(alphabet))
	case kindInt32:
		v.SetInt(int64(int32(r.Uint32())))
	case kindInt64:
		v.SetInt(int64(r.Uint64()))
	case kindFloat32, kindFloat64:
		v.SetFloat(float64(r.IntN(1_000_000)) / 64)
	case kindBool:
		v.SetBool(r.IntN(2) == 0)
	case kindTime:
		ms := r.Int64N(4_000_000_000_000)
		if seconds || n.time == timeRFC822 {
			ms -= ms % 1000
		}
		v.Set(reflect.ValueOf(time.UnixMilli(ms).UTC()))
	case kindBlob:
		raw := make([]byte, 1+r.IntN(20))
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		v.SetBytes(raw)
	case kindList:
		for range 1 + r.IntN(3) {
			e := reflect.New(n.elem.typ).Elem()
			r.value(n.elem, e, depth-1, seconds)
			if n.elem.kind == kindStruct && e.IsZero() {
				continue
			}
			v.Set(reflect.Append(v, e))
		}
	case kindMap:
		v.Set(reflect.MakeMap(n.typ))
		for range 1 + r.IntN(3) {
			e := reflect.New(n.elem.typ).Elem()
			r.value(n.elem, e, depth-1, seconds)
			if n.elem.scalar() || !e.IsZero() {
				v.SetMapIndex(reflect.ValueOf(r.text(alphabet)), e)
			}
		}
		if v.Len() == 0 {
			v.SetZero()
		}
	case kindStruct:
		r.structure(n.str, v, depth-1)
	case kindValue:
		v.Set(reflect.ValueOf(r.attribute(2)))
	case kindItem:
		v.Set(reflect.ValueOf(expression.Item{r.text(alphabet): r.attribute(2), "id": expression.String("1")}))
	case kindDocument:
		v.SetBytes(json.RawMessage(`{"a":[1,"b",null]}`))
	}
}

func (r *randomizer) attribute(depth int) expression.Value {
	switch n := r.IntN(7); {
	case n == 0:
		return expression.Binary([]byte(r.text(alphabet)))
	case n == 1:
		v, _ := expression.ParseNumber("-12.50")
		return v
	case n == 2:
		return expression.Bool(true)
	case n == 3:
		return expression.Null()
	case n == 4:
		return expression.StringSet("a", "b")
	case n == 5 && depth > 0:
		return expression.List(r.attribute(depth-1), expression.String("x"))
	case n == 6 && depth > 0:
		return expression.Map(expression.Item{"k": r.attribute(depth - 1)})
	}
	return expression.String(r.text(alphabet))
}

// textStream is a stream that has been read, so that structs can be compared.
type textStream string

// Read is never called.
func (textStream) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// settled returns a copy of the struct that v points to in which every stream
// is read to its end (none holds nothing); v's own streams can be read again.
func settled(v any) any {
	from := reflect.ValueOf(v).Elem()
	to := reflect.New(from.Type())
	to.Elem().Set(from)
	for i := range from.NumField() {
		f := from.Field(i)
		if f.Type() != typeReader {
			continue
		}
		var b bytes.Buffer
		if !f.IsNil() {
			_, _ = b.ReadFrom(f.Interface().(io.Reader))
			f.Set(reflect.ValueOf(strings.NewReader(b.String())))
		}
		to.Elem().Field(i).Set(reflect.ValueOf(textStream(b.String())))
	}
	return to.Interface()
}
