package expression

import (
	"strconv"
)

// op is what a node of an expression tree does.
type op uint8

const (
	opPath op = iota
	opValue
	opAnd
	opOr
	opNot
	opEq
	opNe
	opLt
	opLe
	opGt
	opGe
	opBetween
	opIn
	opExists
	opNotExists
	opType
	opBeginsWith
	opContains
	opNotContains // legacy only
	opSize
	opPlus
	opMinus
	opIfNotExists
	opListAppend
	opUnknown
	opConst // a fixed truth: flag of val
)

// node is one node of an expression tree, as parsed or as bound to the names
// and values of a request.
type node struct {
	op   op
	args []*node
	path path
	// ref is the :name of an unbound value, or the name of a function.
	ref string
	val Value
	// typ is the type the node is known to have, if any; immediate says that
	// it is a value of the request.
	typ       Kind
	immediate bool
	// inParens says that parentheses stand directly around it.
	inParens bool
}

type function struct {
	op       op
	operands int
}

// conditionFunction returns the function of that name in conditions.
func conditionFunction(name string) (function, bool) {
	switch name {
	case "attribute_exists":
		return function{opExists, 1}, true
	case "attribute_not_exists":
		return function{opNotExists, 1}, true
	case "attribute_type":
		return function{opType, 2}, true
	case "begins_with":
		return function{opBeginsWith, 2}, true
	case "contains":
		return function{opContains, 2}, true
	case "size":
		return function{opSize, 1}, true
	}
	return function{}, false
}

// updateFunction returns the function of that name in updates.
func updateFunction(name string) (function, bool) {
	switch name {
	case "if_not_exists":
		return function{opIfNotExists, 2}, true
	case "list_append":
		return function{opListAppend, 2}, true
	}
	return function{}, false
}

func (n *node) isCall() bool {
	return n.op >= opExists && n.op <= opSize || n.op == opUnknown
}

// isOperand says whether n can only be an operand, not a condition.
func (n *node) isOperand() bool { return n.op == opPath || n.op == opValue }

// Condition is a parsed condition, filter or key-condition expression. It is
// immutable and safe for concurrent use.
type Condition struct{ root *node }

// ParseCondition parses the text of a ConditionExpression, FilterExpression or
// KeyConditionExpression. The error is an *Error.
func ParseCondition(text string) (*Condition, error) {
	p := &conditionParser{}
	if err := p.begin(text); err != nil {
		return nil, err
	}
	root, ok := p.or()
	if ok && (p.tok.kind != tokEOF || root.isOperand()) {
		ok = p.syntax()
	}
	if !ok {
		return nil, p.syntaxErr
	}
	p.asCondition(root)
	if err := p.finish(); err != nil {
		return nil, err
	}
	return &Condition{root}, nil
}

type conditionParser struct{ parser }

func (p *conditionParser) keyword() bool {
	return p.word("AND") || p.word("OR") || p.word("NOT") || p.word("IN") || p.word("BETWEEN")
}

func (p *conditionParser) or() (*node, bool)  { return p.chain("OR", opOr, p.and) }
func (p *conditionParser) and() (*node, bool) { return p.chain("AND", opAnd, p.not) }

// chain reads next {word next}.
func (p *conditionParser) chain(word string, o op, next func() (*node, bool)) (*node, bool) {
	first, ok := next()
	if !ok || !p.word(word) {
		return first, ok
	}
	out := &node{op: o, args: []*node{first}}
	for p.word(word) {
		if last := out.args[len(out.args)-1]; last.isOperand() {
			return nil, p.syntax()
		}
		p.operator()
		p.advance()
		n, ok := next()
		if !ok {
			return nil, false
		}
		out.args = append(out.args, n)
	}
	for _, a := range out.args {
		if a.isOperand() {
			return nil, p.syntax()
		}
		p.asCondition(a)
	}
	return out, true
}

func (p *conditionParser) not() (*node, bool) {
	if !p.word("NOT") {
		return p.primary()
	}
	p.operator()
	p.advance()
	n, ok := p.not()
	if !ok {
		return nil, false
	}
	if n.isOperand() {
		return nil, p.syntax()
	}
	p.asCondition(n)
	return &node{op: opNot, args: []*node{n}}, true
}

// asCondition notes the misuse of a function without truth value.
func (p *conditionParser) asCondition(n *node) {
	if n.op == opSize && p.misusedFunction == nil {
		p.misusedFunction = errorf("The function is not allowed to be used this way in an expression; function: ", n.ref)
	}
}

// asOperands notes functions that are no operands.
func (p *conditionParser) asOperands(args []*node) {
	for _, n := range args {
		if n.isCall() && n.op != opSize && p.misusedFunction == nil {
			p.misusedFunction = errorf("The function is not allowed to be used this way in an expression; function: ", n.ref)
		}
	}
}

// primary reads a comparison, a function, or something in parentheses. An
// operand alone is returned only where a closing parenthesis follows: it may
// be the left side of a comparison outside.
func (p *conditionParser) primary() (*node, bool) {
	var x *node
	var ok bool
	if p.is("(") {
		x, ok = p.group(p.or)
	} else {
		x, ok = p.operand()
	}
	if !ok {
		return nil, false
	}
	if !x.isOperand() && !x.isCall() {
		return x, true
	}
	if o, ok := p.comparator(); ok {
		return p.comparison(o, x)
	}
	switch {
	case p.word("BETWEEN"):
		return p.between(x)
	case p.word("IN"):
		return p.in(x)
	case x.isCall(), p.is(")"):
		return x, true
	}
	return nil, p.syntax()
}

// group reads ( inner ) and what may follow a parenthesised path.
func (p *conditionParser) group(inner func() (*node, bool)) (*node, bool) {
	p.advance()
	x, ok := inner()
	if !ok || !p.expect(")") {
		return nil, false
	}
	if x.inParens && p.parens == nil {
		p.parens = errorf("The expression has redundant parentheses;")
	}
	if x.op == opPath {
		if x.path, ok = p.pathTail(x.path, p.keyword); !ok {
			return nil, false
		}
	}
	x.inParens = true
	return x, true
}

func (p *conditionParser) comparator() (op, bool) {
	if p.tok.kind != tokPunct {
		return 0, false
	}
	switch p.tok.text {
	case "=":
		return opEq, true
	case "<>":
		return opNe, true
	case "<":
		return opLt, true
	case "<=":
		return opLe, true
	case ">":
		return opGt, true
	case ">=":
		return opGe, true
	}
	return 0, false
}

func (p *conditionParser) comparison(o op, x *node) (*node, bool) {
	sign := p.tok.text
	p.operator()
	p.advance()
	y, ok := p.operand()
	if !ok {
		return nil, false
	}
	n := &node{op: o, ref: sign, args: []*node{x, y}}
	p.asOperands(n.args)
	return n, true
}

func (p *conditionParser) between(x *node) (*node, bool) {
	p.operator()
	p.advance()
	lo, ok := p.operand()
	if !ok {
		return nil, false
	}
	if !p.word("AND") {
		return nil, p.syntax()
	}
	p.advance()
	hi, ok := p.operand()
	if !ok {
		return nil, false
	}
	n := &node{op: opBetween, ref: "BETWEEN", args: []*node{x, lo, hi}}
	p.asOperands(n.args)
	return n, true
}

func (p *conditionParser) in(x *node) (*node, bool) {
	p.operator()
	p.advance()
	list, ok := p.arguments()
	if !ok {
		return nil, false
	}
	if len(list) > maxInOperands {
		return nil, p.fail(errorf("The IN operator is provided with too many operands; number of operands: ", strconv.Itoa(len(list))))
	}
	n := &node{op: opIn, ref: "IN", args: append([]*node{x}, list...)}
	p.asOperands(n.args)
	return n, true
}

// arguments reads ( operand {, operand} ).
func (p *conditionParser) arguments() ([]*node, bool) {
	if !p.expect("(") {
		return nil, false
	}
	var list []*node
	for {
		n, ok := p.operand()
		if !ok {
			return nil, false
		}
		list = append(list, n)
		if p.accept(",") {
			continue
		}
		return list, p.expect(")")
	}
}

// operand reads a path, a value or a function, possibly in parentheses.
func (p *conditionParser) operand() (*node, bool) {
	switch {
	case p.is("("):
		return p.group(p.operand)
	case p.tok.kind == tokValue:
		n := &node{op: opValue, ref: p.tok.text}
		p.advance()
		return n, true
	case p.tok.kind == tokIdent && p.ahead.kind == tokPunct && p.ahead.text == "(" && !p.keyword():
		return p.call()
	}
	pt, ok := p.path(p.keyword)
	if !ok {
		return nil, false
	}
	return &node{op: opPath, path: pt}, true
}

func (p *conditionParser) call() (*node, bool) {
	n := &node{op: opUnknown, ref: p.tok.text}
	p.operator()
	p.advance()
	args, ok := p.arguments()
	if !ok {
		return nil, false
	}
	n.args = args
	p.asOperands(args)
	if f, ok := conditionFunction(n.ref); ok {
		n.op = f.op
	} else if p.unknownFunction == nil {
		if _, ok := updateFunction(n.ref); ok {
			p.unknownFunction = errorf("The function is not allowed in a condition expression; function: ", n.ref)
		} else {
			p.unknownFunction = errorf("Invalid function name; function: ", n.ref)
		}
	}
	return n, true
}
