package execute

import (
	"errors"
	"fmt"
	"strings"
)

// template is a mapping template: the part of the Velocity template language
// that API Gateway's own examples and the Serverless Framework's generated
// templates use. Text, references ($context.x, $input.params('x'), $local),
// #set, #if, #elseif, #else, #end and comments. Anything else is refused when
// the template is parsed. It is immutable.
type template struct{ nodes []templateNode }

// templateNode is one piece of a template.
type templateNode interface {
	run(s *templateState) error
}

// templateState is one run of a template.
type templateState struct {
	x      *exchange
	e      *refusal // set while a gateway response is made
	out    []byte
	locals map[string]any
}

// maxTemplateOutput bounds what a template may produce, in bytes.
const maxTemplateOutput = MaxPayload

var errTemplateOutput = errors.New("a template's result is too large")

// run renders the template for a request. e is the refusal being answered, or
// nil.
func (t *template) run(x *exchange, e *refusal) ([]byte, error) {
	s := &templateState{x: x, e: e}
	if err := runNodes(t.nodes, s); err != nil {
		return nil, err
	}
	return s.out, nil
}

func runNodes(nodes []templateNode, s *templateState) error {
	for _, n := range nodes {
		if err := n.run(s); err != nil {
			return err
		}
		if len(s.out) > maxTemplateOutput {
			return errTemplateOutput
		}
	}
	return nil
}

// textNode is literal text.
type textNode string

func (n textNode) run(s *templateState) error {
	s.out = append(s.out, n...)
	return nil
}

// printNode writes a reference's value.
type printNode struct{ ref *reference }

func (n printNode) run(s *templateState) error {
	v, err := n.ref.eval(s)
	if err != nil {
		return err
	}
	s.out = append(s.out, textOf(v)...)
	return nil
}

// ifNode is #if ... #elseif ... #else ... #end.
type ifNode struct {
	branches []branch
}

type branch struct {
	when expression // nil for #else
	then []templateNode
}

func (n *ifNode) run(s *templateState) error {
	for i := range n.branches {
		b := &n.branches[i]
		if b.when != nil {
			v, err := b.when.eval(s)
			if err != nil {
				return err
			}
			if !truthy(v) {
				continue
			}
		}
		return runNodes(b.then, s)
	}
	return nil
}

// setNode is #set($name = expression), or the same for
// $context.responseOverride.header.NAME and $context.responseOverride.status.
type setNode struct {
	name     string // local variable, or "" for an override
	override string
	value    expression
}

func (n *setNode) run(s *templateState) error {
	v, err := n.value.eval(s)
	if err != nil {
		return err
	}
	if n.override != "" {
		return s.x.override(n.override, textOf(v))
	}
	if s.locals == nil {
		s.locals = map[string]any{}
	}
	s.locals[n.name] = v
	return nil
}

// expression is a value to compute: string, bool, float64, nil, or decoded
// JSON.
type expression interface {
	eval(s *templateState) (any, error)
}

type literal struct{ value any }

func (l literal) eval(*templateState) (any, error) { return l.value, nil }

// interpolation is a double-quoted string with references in it.
type interpolation struct{ nodes []templateNode }

func (i interpolation) eval(s *templateState) (any, error) {
	inner := &templateState{x: s.x, e: s.e, locals: s.locals}
	if err := runNodes(i.nodes, inner); err != nil {
		return nil, err
	}
	return string(inner.out), nil
}

type not struct{ of expression }

func (n not) eval(s *templateState) (any, error) {
	v, err := n.of.eval(s)
	return !truthy(v), err
}

// binary is &&, ||, ==, !=, <, >, <= or >=.
type binary struct {
	op   string
	a, b expression
}

func (b *binary) eval(s *templateState) (any, error) {
	left, err := b.a.eval(s)
	if err != nil {
		return nil, err
	}
	switch {
	case b.op == "&&" && !truthy(left):
		return false, nil
	case b.op == "||" && truthy(left):
		return true, nil
	}
	right, err := b.b.eval(s)
	if err != nil {
		return nil, err
	}
	switch b.op {
	case "&&", "||":
		return truthy(right), nil
	case "==":
		return sameValue(left, right), nil
	case "!=":
		return !sameValue(left, right), nil
	}
	x, ok1 := left.(float64)
	y, ok2 := right.(float64)
	if !ok1 || !ok2 {
		return false, nil
	}
	switch b.op {
	case "<":
		return x < y, nil
	case ">":
		return x > y, nil
	case "<=":
		return x <= y, nil
	}
	return x >= y, nil
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case nil, bool, float64:
		if a == b {
			return true
		}
	}
	return textOf(a) == textOf(b)
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	}
	return true
}

// textOf renders a value: nothing for nil, JSON for maps and lists.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return jsonText(v)
}

// override applies $context.responseOverride: "status" or "header.NAME".
func (x *exchange) override(what, value string) error {
	if name, ok := strings.CutPrefix(what, "header."); ok {
		x.out.set(name, value)
		return nil
	}
	var status int
	if _, err := fmt.Sscanf(value, "%d", &status); err != nil || status < 100 || status > 599 {
		return fmt.Errorf("responseOverride.status %q", value)
	}
	x.out.Status = status
	return nil
}
