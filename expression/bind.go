package expression

import (
	"strconv"
	"strings"
)

// binder turns a parsed tree into one whose names and values are those of a
// request, and makes the checks AWS makes then. The errors of one comparison or
// function are reported in the order of its fields; the first comparison with
// an error wins.
type binder struct {
	params *Params
	// heads are the first elements of all paths, nested those of paths with
	// more than one element.
	heads, nested []string

	undefined, count, distinct, operand *Error
}

func (b *binder) firstError() *Error {
	switch {
	case b.undefined != nil:
		return b.undefined
	case b.count != nil:
		return b.count
	case b.distinct != nil:
		return b.distinct
	}
	return b.operand
}

func setError(slot **Error, parts ...string) {
	if *slot == nil {
		*slot = errorf(parts...)
	}
}

// condition binds a tree of conditions.
func (b *binder) condition(n *node) (*node, *Error) {
	if n.op != opAnd && n.op != opOr && n.op != opNot {
		out := b.bind(n)
		if err := b.firstError(); err != nil {
			return nil, err
		}
		return out, nil
	}
	out := &node{op: n.op, args: make([]*node, len(n.args))}
	for i, a := range n.args {
		var err *Error
		if out.args[i], err = b.condition(a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bind binds an operand, a comparison or a function with its operands.
func (b *binder) bind(n *node) *node {
	out := &node{op: n.op, ref: n.ref}
	switch n.op {
	case opPath:
		b.bindPath(n, out)
		return out
	case opValue:
		if b.undefined != nil {
			return out
		}
		v, err := b.params.value(n.ref)
		if err != nil {
			b.undefined = err
			return out
		}
		out.val, out.typ, out.immediate = v, v.kind, true
		return out
	}
	out.args = make([]*node, len(n.args))
	for i, a := range n.args {
		out.args[i] = b.bind(a)
	}
	b.check(out)
	return out
}

func (b *binder) bindPath(n, out *node) {
	out.path = n.path
	if b.undefined != nil {
		return
	}
	resolved, err := b.params.resolve(n.path)
	if err != nil {
		b.undefined = err
		return
	}
	out.path = resolved
	b.heads = append(b.heads, resolved[0].name)
	if len(resolved) > 1 {
		b.nested = append(b.nested, resolved[0].name)
	}
}

// check makes the checks of one comparison or function.
func (b *binder) check(n *node) {
	if b.undefined != nil {
		return
	}
	switch n.op {
	case opEq, opNe:
		b.checkDistinct(n)
	case opLt, opLe, opGt, opGe:
		b.checkDistinct(n)
		b.checkOrdered(n)
	case opBetween:
		b.checkOrdered(n)
		b.checkBounds(n.args[1], n.args[2])
	case opIn:
		b.checkDistinct(n)
	default:
		b.checkCall(n)
	}
}

func (b *binder) checkDistinct(n *node) {
	first := n.args[0]
	if first.op != opPath {
		return
	}
	for _, a := range n.args[1:] {
		if a.op == opPath && a.path.equal(first.path) {
			setError(&b.distinct, "The first operand must be distinct from the remaining operands for this operator or function; operator: ",
				n.ref, ", first operand: ", first.path.String())
		}
	}
}

// checkOrdered refuses values that have no order.
func (b *binder) checkOrdered(n *node) {
	for _, a := range n.args {
		if a.immediate && a.typ != KindS && a.typ != KindN && a.typ != KindB {
			setError(&b.operand, "Incorrect operand type for operator or function; operator or function: ", n.ref,
				", operand type: ", a.typ.String())
		}
	}
}

func (b *binder) checkBounds(lo, hi *node) {
	if !lo.immediate || !hi.immediate {
		return
	}
	bounds := []string{"; lower bound operand: AttributeValue: ", show(lo.val), ", upper bound operand: AttributeValue: ", show(hi.val)}
	if lo.typ != hi.typ {
		setError(&b.operand, append([]string{"The BETWEEN operator requires same data type for lower and upper bounds"}, bounds...)...)
	} else if c, ok := compare(lo.val, hi.val); ok && c > 0 {
		setError(&b.operand, append([]string{"The BETWEEN operator requires upper bound to be greater than or equal to lower bound"}, bounds...)...)
	}
}

// show writes a value as AWS does in messages: {S:abc}.
func show(v Value) string {
	text := v.str
	switch v.kind {
	case KindB:
		text = strings.Trim(string(appendBlob(nil, v.str)), `"`)
	case KindBOOL, KindNULL:
		text = strconv.FormatBool(v.flag)
	case KindSS, KindNS, KindBS:
		text = v.listing()
	}
	return "{" + v.kind.String() + ":" + text + "}"
}

func (b *binder) checkCall(n *node) {
	f, _ := conditionFunction(n.ref)
	if f.operands != len(n.args) {
		setError(&b.count, "Incorrect number of operands for operator or function; operator or function: ", n.ref,
			", number of operands: ", strconv.Itoa(len(n.args)))
		return
	}
	if f.operands == 2 {
		b.checkDistinct(n)
	}
	wrongType := func(typ string) {
		setError(&b.operand, "Incorrect operand type for operator or function; operator or function: ", n.ref, ", operand type: ", typ)
	}
	first := n.args[0]
	switch n.op {
	case opExists, opNotExists:
		if first.op != opPath {
			setError(&b.operand, "Operator or function requires a document path; operator or function: ", n.ref)
		}
	case opBeginsWith:
		for _, a := range n.args {
			if a.typ != KindUnset && a.typ != KindS && a.typ != KindB {
				wrongType(a.typ.String())
			}
		}
		n.typ = KindBOOL
	case opType:
		b.checkTypeName(n.args[1], wrongType)
		n.typ = KindBOOL
	case opSize:
		if first.typ == KindN || first.typ == KindBOOL || first.typ == KindNULL {
			wrongType(first.typ.String())
		}
		n.typ = KindN
	case opContains:
		n.typ = KindBOOL
	}
}

func (b *binder) checkTypeName(arg *node, wrongType func(string)) {
	switch {
	case arg.typ == KindUnset:
		wrongType("{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	case arg.typ != KindS:
		wrongType(arg.typ.String())
	case kindOf(arg.val.str) == KindUnset:
		setError(&b.operand, "Invalid attribute type name found; type: ", arg.val.str, ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
	}
}

// Predicate is a condition bound to the names and values of a request. It is
// immutable and safe for concurrent use.
type Predicate struct {
	root          *node
	heads, nested []string
}

// Bind resolves the condition's names and values. The error is an *Error.
func (c *Condition) Bind(p *Params) (*Predicate, error) {
	b := &binder{params: p}
	root, err := b.condition(c.root)
	if err != nil {
		return nil, err
	}
	return &Predicate{root, b.heads, b.nested}, nil
}

// Attributes returns the top-level attributes the predicate looks at; names
// may repeat.
func (p *Predicate) Attributes() []string {
	if p == nil {
		return nil
	}
	return p.heads
}

// NestedAttributes returns the top-level attributes the predicate looks into
// by a path of more than one element; names may repeat.
func (p *Predicate) NestedAttributes() []string {
	if p == nil {
		return nil
	}
	return p.nested
}
