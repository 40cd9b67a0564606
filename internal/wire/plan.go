package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/expression"
)

// Bounds of one request, beside the length of its body, which the caller
// bounds. A model's deepest input nests 12 levels; DynamoDB's attribute values
// have bounds of their own in package expression.
const (
	maxDepth    = 64
	maxElements = 200_000 // list elements and map entries in all
)

// kind is what a value is on the wire.
type kind uint8

const (
	kindString kind = iota + 1
	kindInt32
	kindInt64
	kindFloat32
	kindFloat64
	kindBool
	kindTime
	kindBlob
	kindList
	kindMap
	kindStruct
	kindValue    // expression.Value
	kindItem     // expression.Item
	kindDocument // json.RawMessage
	kindStream   // io.Reader
)

// node says how values of one Go type stand on the wire at one place.
type node struct {
	kind kind
	typ  reflect.Type
	traits
	elem *node       // of lists and maps
	str  *structPlan // of structures; filled in when the plan is finished
}

// location is where a REST protocol carries a member.
type location uint8

const (
	inBody location = iota
	inHeader
	inPrefix
	inURI
	inQuery
	inStatus
)

// field is one member of a structure.
type field struct {
	name string // in the model
	wire string // on the wire
	path string // in validation messages: name with a small first letter
	// header is the canonical form of wire for members in headers.
	header string
	index  int
	ptr    bool // the Go field is a pointer to node.typ
	in     location
	req    bool
	load   bool // payload: the whole body
	attr   bool
	node   *node
}

// structPlan is how one struct stands on the wire.
type structPlan struct {
	typ    reflect.Type
	fields []field
	byName map[string]*field // by wire name, body members only
	byMode map[string]*field // by model name: the JSON protocols ignore locationName
	load   *field            // the payload member, or nil
	bound  bool              // some member is bound outside the body
}

var (
	typeTime     = reflect.TypeFor[time.Time]()
	typeBlob     = reflect.TypeFor[[]byte]()
	typeValue    = reflect.TypeFor[expression.Value]()
	typeItem     = reflect.TypeFor[expression.Item]()
	typeDocument = reflect.TypeFor[json.RawMessage]()
	typeReader   = reflect.TypeFor[io.Reader]()
)

// plans keeps the plan of every struct type seen so far. A plan depends on
// nothing but its type, so this cache is not state that tests could notice.
var plans sync.Map // reflect.Type -> *structPlan

// planOf returns the plan of a struct type.
func planOf(t reflect.Type) (*structPlan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(*structPlan), nil
	}
	b := builder{made: map[reflect.Type]*structPlan{}}
	if _, err := b.structOf(t); err != nil {
		return nil, err
	}
	// Plans refer to each other, so all of them become visible together.
	for typ, p := range b.made {
		plans.LoadOrStore(typ, p)
	}
	p, _ := plans.Load(t)
	return p.(*structPlan), nil
}

// planFor returns the plan and the struct value that v, a pointer to a struct,
// points to.
func planFor(v any) (*structPlan, reflect.Value, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Pointer || rv.IsNil() || rv.Elem().Kind() != reflect.Struct {
		return nil, reflect.Value{}, fmt.Errorf("wire: %T is not a pointer to a struct", v)
	}
	p, err := planOf(rv.Elem().Type())
	return p, rv.Elem(), err
}

// builder makes the plans of a struct and of those it refers to.
type builder struct {
	made map[reflect.Type]*structPlan
}

func (b *builder) structOf(t reflect.Type) (*structPlan, error) {
	if p := b.made[t]; p != nil {
		return p, nil
	}
	p := &structPlan{typ: t, byName: map[string]*field{}, byMode: map[string]*field{}}
	b.made[t] = p
	for i := range t.NumField() {
		f, err := b.field(t.Field(i))
		if err != nil {
			return nil, fmt.Errorf("wire: %s.%s: %w", t, t.Field(i).Name, err)
		}
		f.index = i
		p.fields = append(p.fields, f)
	}
	for i := range p.fields {
		f := &p.fields[i]
		if f.load {
			p.load = f
		}
		if f.in != inBody {
			p.bound = true
			continue
		}
		p.byName[f.wire] = f
		p.byMode[f.name] = f
	}
	return p, nil
}

func (b *builder) field(sf reflect.StructField) (field, error) {
	var f field
	tag, ok := sf.Tag.Lookup("aws")
	if !ok {
		return f, fmt.Errorf("has no aws tag")
	}
	ft, err := parseTag(tag)
	if err != nil {
		return f, err
	}
	f = ft.field
	if f.in == inHeader {
		f.header = http.CanonicalHeaderKey(f.wire)
	}
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		f.ptr, t = true, t.Elem()
	}
	f.node, err = b.node(t, ft.levels)
	return f, err
}

// node makes the node of a type; levels holds the traits of the type, of its
// elements, of their elements and so on.
func (b *builder) node(t reflect.Type, levels []traits) (*node, error) {
	n := &node{typ: t}
	if len(levels) > 0 {
		n.traits, levels = levels[0], levels[1:]
	}
	var err error
	switch {
	case t == typeTime:
		n.kind = kindTime
	case t == typeBlob:
		n.kind = kindBlob
	case t == typeValue:
		n.kind = kindValue
	case t == typeItem:
		n.kind = kindItem
	case t == typeDocument:
		n.kind = kindDocument
	case t == typeReader:
		n.kind = kindStream
	case t.Kind() == reflect.Slice:
		n.kind = kindList
		n.elem, err = b.node(t.Elem(), levels)
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		n.kind = kindMap
		n.elem, err = b.node(t.Elem(), levels)
	case t.Kind() == reflect.Struct:
		n.kind = kindStruct
		n.str, err = b.structOf(t)
	default:
		n.kind = scalarKind(t.Kind())
		if n.kind == 0 {
			err = fmt.Errorf("type %s has no form on the wire", t)
		}
	}
	return n, err
}

func scalarKind(k reflect.Kind) kind {
	switch k {
	case reflect.String:
		return kindString
	case reflect.Int32:
		return kindInt32
	case reflect.Int64:
		return kindInt64
	case reflect.Float32:
		return kindFloat32
	case reflect.Float64:
		return kindFloat64
	case reflect.Bool:
		return kindBool
	}
	return 0
}

// place returns the settable value that a field of struct v is decoded into,
// making the pointer's target where the field is a pointer.
func (f *field) place(v reflect.Value) reflect.Value {
	fv := v.Field(f.index)
	if !f.ptr {
		return fv
	}
	fv.Set(reflect.New(f.node.typ))
	return fv.Elem()
}

// value returns the value of a field of struct v; ok is false where it is
// absent (a nil pointer, slice, map or reader).
func (f *field) value(v reflect.Value) (fv reflect.Value, ok bool) {
	fv = v.Field(f.index)
	switch fv.Kind() {
	case reflect.Pointer:
		if fv.IsNil() {
			return fv, false
		}
		return fv.Elem(), true
	case reflect.Slice, reflect.Map, reflect.Interface:
		return fv, !fv.IsNil()
	}
	return fv, true
}
