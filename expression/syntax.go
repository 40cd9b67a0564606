package expression

import (
	"strconv"
	"strings"
)

// Limits of expressions (developer guide, "Quotas", "Expression parameters").
const (
	maxExpressionBytes = 4096
	maxOperators       = 300
	maxInOperands      = 100
	maxPathElements    = 32
)

// Error is a rejected expression or parameter. Message is AWS's text for a
// ValidationException, without the "Invalid ConditionExpression: " in front,
// which depends on the parameter the text came in.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

func errorf(parts ...string) *Error { return &Error{strings.Join(parts, "")} }

// tokenKind is the class of a token.
type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokIdent
	tokName   // #name
	tokValue  // :value
	tokNumber // digits
	tokPunct  // one of ( ) [ ] , . = < > <= >= <> + -
	tokBad
)

type token struct {
	kind  tokenKind
	text  string
	start int // byte offset in the expression
}

// lexer cuts an expression into tokens.
type lexer struct {
	src string
	pos int
}

func isIdentStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isIdentPart(c byte) bool { return isIdentStart(c) || isDigit(c) }

func (l *lexer) next() token {
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.pos]) >= 0 {
		l.pos++
	}
	start := l.pos
	if start == len(l.src) {
		return token{tokEOF, "<EOF>", start}
	}
	c := l.src[start]
	kind := tokPunct
	switch {
	case isIdentStart(c):
		kind = tokIdent
		l.run(isIdentPart)
	case c == '#':
		kind = tokName
		l.run(isIdentPart)
	case c == ':':
		kind = tokValue
		l.run(isIdentPart)
	case isDigit(c):
		kind = tokNumber
		l.run(isDigit)
	case c == '<' || c == '>':
		l.pos++
		if l.pos < len(l.src) && (l.src[l.pos] == '=' || c == '<' && l.src[l.pos] == '>') {
			l.pos++
		}
	case strings.IndexByte("()[],.=+-", c) >= 0:
		l.pos++
	default:
		kind = tokBad
		l.pos++
		for l.pos < len(l.src) && l.src[l.pos]&0xc0 == 0x80 {
			l.pos++ // the rest of a rune
		}
	}
	return token{kind, l.src[start:l.pos], start}
}

func (l *lexer) run(part func(byte) bool) {
	l.pos++
	for l.pos < len(l.src) && part(l.src[l.pos]) {
		l.pos++
	}
}

// parser is what the parsers of all expression kinds share: three tokens of
// context, and the first of each kind of error that does not stop parsing.
type parser struct {
	lex       lexer
	prev, tok token
	ahead     token
	operators int
	// The following are reported in this order after the text has proved to be
	// well-formed, as AWS does.
	parens, unknownFunction, misusedFunction, reserved *Error
	syntaxErr                                          *Error
}

// begin checks the text's size and reads the first tokens.
func (p *parser) begin(text string) *Error {
	if text == "" {
		return errorf("The expression can not be empty;")
	}
	if len(text) > maxExpressionBytes {
		return errorf("Expression size has exceeded the maximum allowed size; expression size: ", strconv.Itoa(len(text)))
	}
	p.lex.src = text
	p.tok = p.lex.next()
	p.ahead = p.lex.next()
	if p.tok.kind == tokEOF {
		return errorf("The expression can not be empty;")
	}
	return nil
}

func (p *parser) advance() {
	p.prev, p.tok = p.tok, p.ahead
	p.ahead = p.lex.next()
}

// syntax notes a syntax error at the present token. It always returns false.
func (p *parser) syntax() bool {
	if p.syntaxErr == nil {
		from := p.tok.start
		if p.prev.text != "" {
			from = p.prev.start
		}
		to := p.tok.start + len(p.tok.text)
		if p.tok.kind == tokEOF {
			to = len(p.lex.src)
		} else if p.ahead.kind != tokEOF {
			to = p.ahead.start + len(p.ahead.text)
		}
		p.syntaxErr = errorf(`Syntax error; token: "`, p.tok.text, `", near: "`, p.lex.src[from:to], `"`)
	}
	return false
}

// is says whether the present token is the given punctuation.
func (p *parser) is(punct string) bool { return p.tok.kind == tokPunct && p.tok.text == punct }

func (p *parser) accept(punct string) bool {
	if p.is(punct) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expect(punct string) bool { return p.accept(punct) || p.syntax() }

// word says whether the present token is the given keyword, in any case.
func (p *parser) word(upper string) bool {
	return p.tok.kind == tokIdent && equalFold(p.tok.text, upper)
}

// operator counts one operator or function.
func (p *parser) operator() { p.operators++ }

// finish reports what was collected, in AWS's order.
func (p *parser) finish() *Error {
	switch {
	case p.parens != nil:
		return p.parens
	case p.unknownFunction != nil:
		return p.unknownFunction
	case p.misusedFunction != nil:
		return p.misusedFunction
	case p.reserved != nil:
		return p.reserved
	case p.operators > maxOperators:
		return errorf("The expression contains too many operators; operator count: ", strconv.Itoa(p.operators))
	}
	return nil
}

func (p *parser) checkReserved(name string) {
	if p.reserved == nil && isReserved(name) {
		p.reserved = errorf("Attribute name is a reserved keyword; reserved keyword: ", name)
	}
}

// element is one step of a document path: an attribute name, a #name that is
// still to be looked up, or a list index.
type element struct {
	name  string
	index int
	kind  elementKind
}

type elementKind uint8

const (
	elemName elementKind = iota
	elemAlias
	elemIndex
)

type path []element

// identifier reads an attribute name or #name.
func (p *parser) identifier(keyword func() bool) (element, bool) {
	t := p.tok
	switch {
	case t.kind == tokIdent && !keyword():
		p.advance()
		p.checkReserved(t.text)
		return element{name: t.text}, true
	case t.kind == tokName:
		p.advance()
		return element{name: t.text, kind: elemAlias}, true
	}
	return element{}, p.syntax()
}

// path reads a document path.
func (p *parser) path(keyword func() bool) (path, bool) {
	head, ok := p.identifier(keyword)
	if !ok {
		return nil, false
	}
	return p.pathTail(path{head}, keyword)
}

func (p *parser) pathTail(out path, keyword func() bool) (path, bool) {
	for {
		switch {
		case p.accept("."):
			e, ok := p.identifier(keyword)
			if !ok {
				return nil, false
			}
			out = append(out, e)
		case p.accept("["):
			if p.tok.kind != tokNumber {
				return nil, p.syntax()
			}
			n, err := strconv.Atoi(p.tok.text)
			if err != nil || n > 1<<30 {
				return nil, p.fail(errorf("List index is not within the allowable range; index: [", p.tok.text, "]"))
			}
			p.advance()
			if !p.expect("]") {
				return nil, false
			}
			out = append(out, element{index: n, kind: elemIndex})
		default:
			return out, true
		}
		if len(out) > maxPathElements {
			return nil, p.fail(errorf("The document path has too many nesting elements; nesting elements: ", strconv.Itoa(len(out))))
		}
	}
}

// fail stops parsing with an error that is not one of syntax.
func (p *parser) fail(err *Error) bool {
	if p.syntaxErr == nil {
		p.syntaxErr = err
	}
	return false
}

// String shows a resolved path as AWS does: [a, b, [0]].
func (pt path) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, e := range pt {
		if i > 0 {
			b.WriteString(", ")
		}
		if e.kind == elemIndex {
			b.WriteString("[" + strconv.Itoa(e.index) + "]")
		} else {
			b.WriteString(e.name)
		}
	}
	b.WriteByte(']')
	return b.String()
}

// equal compares resolved paths.
func (pt path) equal(o path) bool {
	if len(pt) != len(o) {
		return false
	}
	for i := range pt {
		if pt[i] != o[i] {
			return false
		}
	}
	return true
}

// get returns the value the resolved path leads to; an unset Value if none.
func (pt path) get(item Item) Value {
	v, ok := item[pt[0].name]
	if !ok {
		return Value{}
	}
	for _, e := range pt[1:] {
		if e.kind == elemIndex {
			if v.kind != KindL || e.index >= len(v.list) {
				return Value{}
			}
			v = v.list[e.index]
			continue
		}
		if v.kind != KindM {
			return Value{}
		}
		v = v.m[e.name]
	}
	return v
}
