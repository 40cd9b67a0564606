package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// structure is one Go struct to write.
type structure struct {
	name    string // Go name
	comment string
	shape   *shape
	wire    string // name of the shape in the description
}

// plan is what is written for one service.
type plan struct {
	service service
	desc    *description
	tables  *tables
	structs []structure
	aliases map[string]string // XInput or XOutput -> struct name
	goName  map[string]string // shape -> Go name of its struct
	uses    map[string]int    // shape -> how many operations use it as input or output
}

func newPlan(s service, d *description, t *tables) (*plan, error) {
	p := &plan{service: s, desc: d, tables: t, aliases: map[string]string{}, goName: map[string]string{}, uses: map[string]int{}}
	inner := p.innerShapes()
	p.countUses()
	for _, name := range d.operationNames() {
		op := d.Operations[name]
		p.root(op.Input, name+"Input", name+" takes.", inner)
		p.root(op.Output, name+"Output", name+" answers.", inner)
	}
	for name := range inner {
		if p.goName[name] == "" {
			p.add(name, structName(name), "a shape of the model.")
		}
	}
	slices.SortFunc(p.structs, func(a, b structure) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(p.structs); i++ {
		if p.structs[i].name == p.structs[i-1].name {
			return nil, fmt.Errorf("%s: two structs are called %s", s.file, p.structs[i].name)
		}
	}
	return p, nil
}

func (p *plan) countUses() {
	for _, op := range p.desc.Operations {
		for _, r := range []*ref{op.Input, op.Output} {
			if r != nil {
				p.uses[r.Shape]++
			}
		}
	}
}

// root names the struct of an operation's input or output. A shape that
// several operations or other shapes use keeps its own name and gets an alias.
func (p *plan) root(r *ref, name, does string, inner map[string]bool) {
	comment := "what " + does
	if r == nil {
		p.structs = append(p.structs, structure{name: name, comment: comment, shape: &shape{Type: "structure"}})
		return
	}
	if p.uses[r.Shape] > 1 || inner[r.Shape] {
		own := structName(r.Shape)
		if p.goName[r.Shape] == "" {
			p.add(r.Shape, own, "a shape of the model.")
		}
		if own != name {
			p.aliases[name] = own
		}
		return
	}
	p.add(r.Shape, name, comment)
}

func (p *plan) add(shapeName, goName, comment string) {
	p.goName[shapeName] = goName
	p.structs = append(p.structs, structure{name: goName, comment: comment, shape: p.desc.Shapes[shapeName], wire: shapeName})
}

// innerShapes finds the structures that members, lists and maps refer to,
// starting at the operations' inputs, outputs and errors.
func (p *plan) innerShapes() map[string]bool {
	inner, seen := map[string]bool{}, map[string]bool{}
	var walk func(name string, root bool)
	walk = func(name string, root bool) {
		s := p.desc.Shapes[name]
		if p.special(name) != "" {
			return
		}
		if !root && s.Type == "structure" {
			inner[name] = true
		}
		if seen[name] {
			return
		}
		seen[name] = true
		for _, m := range s.Members {
			walk(m.Shape, false)
		}
		for _, r := range []*ref{s.Member, s.Key, s.Value} {
			if r != nil {
				walk(r.Shape, false)
			}
		}
	}
	for _, op := range p.desc.Operations {
		if op.Input != nil {
			walk(op.Input.Shape, true)
		}
		if op.Output != nil {
			walk(op.Output.Shape, true)
		}
		for _, e := range op.Errors {
			walk(e.Shape, true)
		}
	}
	return inner
}

// special returns the Go type of shapes that are not generated: DynamoDB's
// attribute values, which package expression owns, and free JSON documents.
func (p *plan) special(name string) string {
	s := p.desc.Shapes[name]
	if p.service.pkg == "dynamodb" {
		if name == "AttributeValue" {
			return "expression.Value"
		}
		if s.Type == "map" && s.Value.Shape == "AttributeValue" {
			return "expression.Item"
		}
	}
	// An object's Expires header is any text: S3 keeps what it was given.
	if p.service.pkg == "s3" && name == "Expires" {
		return "string"
	}
	if s.Document {
		return "json.RawMessage"
	}
	return ""
}

// element returns the Go type of a shape as a list element or map value.
func (p *plan) element(name string) (string, error) {
	s := p.desc.Shapes[name]
	if own := p.special(name); own != "" {
		return own, nil
	}
	switch s.Type {
	case "structure":
		return p.goName[name], nil
	case "string":
		return "string", nil
	case "integer":
		return "int32", nil
	case "long":
		return "int64", nil
	case "boolean":
		return "bool", nil
	case "double":
		return "float64", nil
	case "float":
		return "float32", nil
	case "timestamp":
		return "time.Time", nil
	case "blob":
		return "[]byte", nil
	case "list":
		of, err := p.element(s.Member.Shape)
		return "[]" + of, err
	case "map":
		of, err := p.element(s.Value.Shape)
		return "map[string]" + of, err
	}
	return "", fmt.Errorf("shape %s has unknown type %q", name, s.Type)
}

// field returns the Go type of a member.
func (p *plan) field(m member) (string, error) {
	s := p.desc.Shapes[m.Shape]
	if m.Streaming || s.Streaming {
		return "io.Reader", nil
	}
	t, err := p.element(m.Shape)
	if err != nil {
		return "", err
	}
	switch s.Type {
	case "list", "map", "blob":
		return t, nil
	}
	if t == "json.RawMessage" {
		return t, nil
	}
	return "*" + t, nil
}

// tag writes a member's struct tag; the grammar is documented in
// internal/shape.
func (p *plan) tag(owner *shape, m member) string {
	s := p.desc.Shapes[m.Shape]
	parts := []string{m.name}
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if slices.Contains(owner.Required, m.name) {
		add("req")
	}
	if in := map[string]string{"header": "header", "headers": "prefix", "uri": "uri", "querystring": "query", "statusCode": "status"}[m.Location]; in != "" {
		add("in=%s", in)
	}
	name := m.LocationName
	if name == "" && s.Type == "list" && s.Flattened && s.Member.LocationName != "" {
		name = s.Member.LocationName
	}
	if name != "" && name != m.name {
		add("name=%s", name)
	}
	if owner.Payload == m.name {
		add("payload")
	}
	if m.IdempotentToken {
		add("idem")
	}
	if m.XMLAttribute {
		add("attr")
	}
	if m.Flattened || s.Flattened {
		add("flat")
	}
	ns := m.XMLNamespace
	if ns == nil {
		ns = s.XMLNamespace
	}
	if ns != nil {
		add("ns=%s", ns.URI)
		if ns.Prefix != "" {
			add("nsprefix=%s", ns.Prefix)
		}
	}
	if m.TimestampFormat != "" {
		add("ts=%s", m.TimestampFormat)
	}
	parts = append(parts, p.constraints(m.Shape, "", map[string]bool{})...)
	return strings.Join(parts, ",")
}

// openEnums are enums whose values services check themselves: a Bawn's region
// may be one that AWS does not have.
var openEnums = map[string]bool{"BucketLocationConstraint": true}

// constraints lists what a shape demands of its values, and what lists and
// maps demand of their elements (prefix e.) and keys (prefix k.).
func (p *plan) constraints(name, prefix string, seen map[string]bool) []string {
	s := p.desc.Shapes[name]
	var out []string
	add := func(key string, value any) { out = append(out, prefix+fmt.Sprint(key, value)) }
	// A length of at least 0 says nothing, but for elements AWS's messages list it.
	length := s.Type != "integer" && s.Type != "long" && s.Type != "double"
	if s.Min != nil && (prefix != "" || !length || string(*s.Min) != "0") {
		add("min=", *s.Min)
	}
	if s.Max != nil {
		add("max=", *s.Max)
	}
	if s.Pattern != "" {
		if n := p.tables.pattern(s.Pattern); n >= 0 {
			add("pat=", strconv.Itoa(n))
		}
	}
	if len(s.Enum) > 0 && !openEnums[name] {
		add("enum=", strconv.Itoa(p.tables.enum(s.Enum)))
	}
	if s.Sensitive {
		add("sens", "")
	}
	if s.TimestampFormat != "" {
		add("ts=", s.TimestampFormat)
	}
	if p.special(name) != "" || seen[name] {
		return out
	}
	seen[name] = true
	switch s.Type {
	case "list":
		if n := s.Member.LocationName; n != "" && n != "member" && !s.Flattened {
			add("e.name=", n)
		}
		out = append(out, p.constraints(s.Member.Shape, prefix+"e.", seen)...)
	case "map":
		if n := s.Key.LocationName; n != "" && n != "key" {
			add("k.name=", n)
		}
		if n := s.Value.LocationName; n != "" && n != "value" {
			add("e.name=", n)
		}
		out = append(out, p.constraints(s.Key.Shape, prefix+"k.", seen)...)
		out = append(out, p.constraints(s.Value.Shape, prefix+"e.", seen)...)
	}
	delete(seen, name)
	return out
}
