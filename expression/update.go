package expression

import (
	"strconv"
)

// Update is a parsed update expression. It is immutable and safe for
// concurrent use.
type Update struct{ actions []action }

// action is one assignment, removal, addition or deletion.
type action struct {
	kind  actionKind
	path  path
	value *node // nil for removals
}

type actionKind uint8

const (
	actSet actionKind = iota
	actRemove
	actAdd
	actDelete
)

// ParseUpdate parses the text of an UpdateExpression. The error is an *Error.
func ParseUpdate(text string) (*Update, error) {
	p := &updateParser{}
	if err := p.begin(text); err != nil {
		return nil, err
	}
	out := &Update{}
	for p.tok.kind != tokEOF {
		if !p.section(out) {
			return nil, p.syntaxErr
		}
	}
	return out, p.report()
}

// report gives the errors of a well-formed text in AWS's order for updates. It
// returns a plain nil when there is none.
func (p *updateParser) report() error {
	switch {
	case p.parens != nil:
		return p.parens
	case p.reserved != nil:
		return p.reserved
	case p.unknownFunction != nil:
		return p.unknownFunction
	case p.repeated != nil:
		return p.repeated
	}
	if err := p.finish(); err != nil {
		return err
	}
	return nil
}

type updateParser struct {
	parser
	seen     [4]bool
	repeated *Error
}

func (p *updateParser) keyword() bool {
	_, _, ok := p.sectionWord()
	return ok
}

func (p *updateParser) sectionWord() (actionKind, string, bool) {
	switch {
	case p.word("SET"):
		return actSet, "SET", true
	case p.word("REMOVE"):
		return actRemove, "REMOVE", true
	case p.word("ADD"):
		return actAdd, "ADD", true
	case p.word("DELETE"):
		return actDelete, "DELETE", true
	}
	return 0, "", false
}

func (p *updateParser) section(out *Update) bool {
	kind, word, ok := p.sectionWord()
	if !ok {
		return p.syntax()
	}
	if p.seen[kind] && p.repeated == nil {
		p.repeated = errorf(`The "`, word, `" section can only be used once in an update expression;`)
	}
	p.seen[kind] = true
	p.advance()
	for {
		a := action{kind: kind}
		if a.path, ok = p.path(p.keyword); !ok {
			return false
		}
		p.operator()
		switch kind {
		case actSet:
			if !p.expect("=") {
				return false
			}
			a.value, ok = p.setValue()
		case actAdd, actDelete:
			a.value, ok = p.valueRef()
		}
		if !ok {
			return false
		}
		out.actions = append(out.actions, a)
		if !p.accept(",") {
			return true
		}
	}
}

func (p *updateParser) valueRef() (*node, bool) {
	if p.tok.kind != tokValue {
		return nil, p.syntax()
	}
	n := &node{op: opValue, ref: p.tok.text}
	p.advance()
	return n, true
}

// setValue reads operand [(+|-) operand].
func (p *updateParser) setValue() (*node, bool) {
	x, ok := p.operand(p.setValue)
	if !ok || !p.is("+") && !p.is("-") {
		return x, ok
	}
	n := &node{op: opPlus, ref: p.tok.text}
	if p.is("-") {
		n.op = opMinus
	}
	if x.op == opPlus || x.op == opMinus {
		return nil, p.syntax()
	}
	p.operator()
	p.advance()
	y, ok := p.operand(p.plainOperand)
	if !ok {
		return nil, false
	}
	n.args = []*node{x, y}
	return n, true
}

func (p *updateParser) plainOperand() (*node, bool) { return p.operand(p.plainOperand) }

// operand reads a path, value or function; inner reads what may stand in
// parentheses.
func (p *updateParser) operand(inner func() (*node, bool)) (*node, bool) {
	switch {
	case p.accept("("):
		x, ok := inner()
		if !ok || !p.expect(")") {
			return nil, false
		}
		if x.inParens && p.parens == nil {
			p.parens = errorf("The expression has redundant parentheses;")
		}
		x.inParens = true
		return x, true
	case p.tok.kind == tokValue:
		return p.valueRef()
	case p.tok.kind == tokIdent && p.ahead.kind == tokPunct && p.ahead.text == "(" && !p.keyword():
		return p.call()
	}
	pt, ok := p.path(p.keyword)
	if !ok {
		return nil, false
	}
	return &node{op: opPath, path: pt}, true
}

func (p *updateParser) call() (*node, bool) {
	n := &node{op: opUnknown, ref: p.tok.text}
	p.operator()
	p.advance()
	p.advance() // the parenthesis
	for {
		a, ok := p.plainOperand()
		if !ok {
			return nil, false
		}
		n.args = append(n.args, a)
		if p.accept(",") {
			continue
		}
		if !p.expect(")") {
			return nil, false
		}
		break
	}
	if f, ok := updateFunction(n.ref); ok {
		n.op = f.op
	} else if p.unknownFunction == nil {
		if _, ok := conditionFunction(n.ref); ok {
			p.unknownFunction = errorf("The function is not allowed in an update expression; function: ", n.ref)
		} else {
			p.unknownFunction = errorf("Invalid function name; function: ", n.ref)
		}
	}
	return n, true
}

// updateBinder collects the errors of a whole update expression; they are
// reported in the order of the fields.
type updateBinder struct {
	params              *Params
	name, value         *Error
	overlap             *Error
	operator, operandEr *Error
}

// Bind resolves the update's names and values. The error is an *Error.
func (u *Update) Bind(params *Params) (*Change, error) {
	b := &updateBinder{params: params}
	c := &Change{actions: make([]boundAction, len(u.actions))}
	paths := make([]path, len(u.actions))
	for i, a := range u.actions {
		paths[i] = b.path(a.path)
		out := boundAction{kind: a.kind, path: paths[i]}
		if a.value != nil {
			out.value = b.bind(a.value)
			b.checkOperator(a.kind, out.value)
		}
		c.actions[i] = out
	}
	if b.name == nil && b.value == nil {
		b.overlap = checkPaths(paths)
	}
	for _, err := range []*Error{b.name, b.value, b.overlap, b.operator, b.operandEr} {
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (b *updateBinder) path(pt path) path {
	resolved, err := b.params.resolve(pt)
	if err != nil {
		if b.name == nil {
			b.name = err
		}
		return pt
	}
	return resolved
}

func (b *updateBinder) bind(n *node) *node {
	out := &node{op: n.op, ref: n.ref}
	switch n.op {
	case opPath:
		out.path = b.path(n.path)
		return out
	case opValue:
		v, err := b.params.value(n.ref)
		if err != nil {
			if b.value == nil {
				b.value = err
			}
			return out
		}
		out.val, out.typ, out.immediate = v, v.kind, true
		return out
	}
	out.args = make([]*node, len(n.args))
	for i, a := range n.args {
		out.args[i] = b.bind(a)
	}
	b.checkCall(out)
	return out
}

func (b *updateBinder) checkCall(n *node) {
	if len(n.args) != 2 {
		setError(&b.operandEr, "Incorrect number of operands for operator or function; operator or function: ", n.ref,
			", number of operands: ", strconv.Itoa(len(n.args)))
		return
	}
	want := KindN
	switch n.op {
	case opIfNotExists:
		if n.args[0].op != opPath {
			setError(&b.operandEr, "Operator or function requires a document path; operator or function: ", n.ref)
		}
		n.typ = n.args[1].typ
		return
	case opListAppend:
		want = KindL
	}
	n.typ = want
	for _, a := range n.args {
		if a.immediate && a.typ != want {
			setError(&b.operandEr, "Incorrect operand type for operator or function; operator or function: ", n.ref,
				", operand type: ", a.typ.String())
		}
	}
}

// checkOperator checks the value of ADD and DELETE.
func (b *updateBinder) checkOperator(kind actionKind, n *node) {
	if kind != actAdd && kind != actDelete || n.typ == KindUnset || n.typ.IsSet() || kind == actAdd && n.typ == KindN {
		return
	}
	word := "ADD"
	if kind == actDelete {
		word = "DELETE"
	}
	setError(&b.operator, "Incorrect operand type for operator or function; operator: ", word, ", operand type: ", longTypeName(n.typ))
}

func longTypeName(k Kind) string {
	switch k {
	case KindS:
		return "STRING"
	case KindN:
		return "NUMBER"
	case KindB:
		return "BINARY"
	case KindBOOL:
		return "BOOLEAN"
	case KindL:
		return "LIST"
	case KindM:
		return "MAP"
	}
	return k.String()
}
