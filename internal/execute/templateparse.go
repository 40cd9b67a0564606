package execute

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxTemplate is AWS's limit for a mapping template, in bytes.
const maxTemplate = 300 << 10

// maxNesting bounds #if and parentheses.
const maxNesting = 50

// templateParser reads a template from left to right.
type templateParser struct {
	s     string
	i     int
	depth int
}

var errTemplateEnd = errors.New("the template ends inside a directive")

// CheckTemplate says why a mapping template cannot be run, so that the control
// plane may refuse it when it is stored; nil if it can.
func CheckTemplate(s string) error {
	_, err := parseTemplate(s)
	return err
}

// parseTemplate compiles a template.
func parseTemplate(s string) (*template, error) {
	if len(s) > maxTemplate {
		return nil, fmt.Errorf("the template is over %d bytes", maxTemplate)
	}
	p := &templateParser{s: s}
	nodes, stop, err := p.nodes()
	if err == nil && stop != "" {
		err = fmt.Errorf("#%s without #if", stop)
	}
	if err != nil {
		return nil, fmt.Errorf("at byte %d: %w", p.i, err)
	}
	return &template{nodes}, nil
}

// nodes reads up to #end, #else, #elseif (returned as stop) or the end.
func (p *templateParser) nodes() (list []templateNode, stop string, err error) {
	text := func(from, to int) {
		if to > from {
			list = append(list, textNode(p.s[from:to]))
		}
	}
	start := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '\\' && p.i+1 < len(p.s) && strings.IndexByte("$#\\", p.s[p.i+1]) >= 0:
			text(start, p.i)
			start = p.i + 1
			p.i += 2
		case c == '$' && p.atReference():
			text(start, p.i)
			ref, err := p.reference()
			if err != nil {
				return nil, "", err
			}
			list = append(list, printNode{ref})
			start = p.i
		case c == '#':
			at := p.i
			node, word, isDirective, err := p.directive()
			if err != nil {
				return nil, "", err
			}
			if !isDirective {
				p.i = at + 1
				continue
			}
			text(start, at)
			if word != "" {
				return list, word, nil
			}
			if node != nil {
				list = append(list, node)
			}
			start = p.i
		default:
			p.i++
		}
	}
	text(start, p.i)
	return list, "", nil
}

// directive reads what begins with '#'. word is end, else or elseif.
func (p *templateParser) directive() (node templateNode, word string, isDirective bool, err error) {
	p.i++
	if strings.HasPrefix(p.s[p.i:], "#") {
		if n := strings.IndexByte(p.s[p.i:], '\n'); n >= 0 {
			p.i += n + 1
		} else {
			p.i = len(p.s)
		}
		return nil, "", true, nil
	}
	braces := strings.HasPrefix(p.s[p.i:], "{")
	if braces {
		p.i++
	}
	name := p.word()
	if braces { // #{else}: the name ends where text follows at once
		if !strings.HasPrefix(p.s[p.i:], "}") {
			return nil, "", false, nil
		}
		p.i++
	}
	switch name {
	case "set":
		node, err = p.set()
	case "if":
		node, err = p.conditional()
	case "end", "else", "elseif":
		return nil, name, true, nil
	case "foreach", "macro", "include", "parse", "define", "stop", "break", "evaluate":
		return nil, "", true, fmt.Errorf("#%s is not built in Bawn", name)
	default:
		return nil, "", false, nil
	}
	return node, "", true, err
}

func (p *templateParser) word() string {
	start := p.i
	for p.i < len(p.s) && isWordByte(p.s[p.i]) {
		p.i++
	}
	return p.s[start:p.i]
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// isNameByte is for property names, which may hold '-' (header names).
func isNameByte(c byte) bool { return isWordByte(c) || c == '-' }

func (p *templateParser) set() (templateNode, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	ref, err := p.reference()
	if err != nil {
		return nil, err
	}
	if err := p.expect("="); err != nil {
		return nil, err
	}
	value, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	n := &setNode{value: value}
	path := ref.path()
	switch {
	case len(ref.steps) == 0:
		n.name = ref.name
	case strings.HasPrefix(path, "context.responseOverride.header."), path == "context.responseOverride.status":
		n.override = strings.TrimPrefix(path, "context.responseOverride.")
	default:
		return nil, fmt.Errorf("#set of $%s is not built in Bawn", path)
	}
	return n, nil
}

func (p *templateParser) conditional() (templateNode, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, errors.New("#if is nested too deeply")
	}
	defer func() { p.depth-- }()
	n := &ifNode{}
	word := "elseif"
	for {
		var b branch
		var err error
		if word == "elseif" {
			if err = p.expect("("); err != nil {
				return nil, err
			}
			if b.when, err = p.expression(); err != nil {
				return nil, err
			}
			if err = p.expect(")"); err != nil {
				return nil, err
			}
		}
		was := word
		if b.then, word, err = p.nodes(); err != nil {
			return nil, err
		}
		n.branches = append(n.branches, b)
		switch {
		case word == "end":
			return n, nil
		case word == "":
			return nil, errTemplateEnd
		case was == "else":
			return nil, errors.New("#" + word + " after #else")
		}
	}
}

func (p *templateParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *templateParser) expect(s string) error {
	p.space()
	if !strings.HasPrefix(p.s[p.i:], s) {
		if p.i >= len(p.s) {
			return errTemplateEnd
		}
		return fmt.Errorf("%q is missing", s)
	}
	p.i += len(s)
	return nil
}

// expression reads operators by precedence: ||, &&, comparisons.
func (p *templateParser) expression() (expression, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, errors.New("an expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	return p.level(0)
}

var operators = [...][]string{{"||"}, {"&&"}, {"==", "!=", "<=", ">=", "<", ">"}}

func (p *templateParser) level(n int) (expression, error) {
	if n == len(operators) {
		return p.unary()
	}
	left, err := p.level(n + 1)
	if err != nil {
		return nil, err
	}
next:
	for {
		p.space()
		for _, op := range operators[n] {
			if strings.HasPrefix(p.s[p.i:], op) {
				p.i += len(op)
				right, err := p.level(n + 1)
				if err != nil {
					return nil, err
				}
				left = &binary{op, left, right}
				continue next
			}
		}
		return left, nil
	}
}

func (p *templateParser) unary() (expression, error) {
	p.space()
	if p.i >= len(p.s) {
		return nil, errTemplateEnd
	}
	switch c := p.s[p.i]; {
	case c == '!':
		p.i++
		if p.depth++; p.depth > maxNesting {
			return nil, errors.New("an expression is nested too deeply")
		}
		defer func() { p.depth-- }()
		of, err := p.unary()
		return not{of}, err
	case c == '(':
		p.i++
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case c == '\'':
		s, err := p.quoted('\'')
		return literal{s}, err
	case c == '"':
		s, err := p.quoted('"')
		if err != nil || strings.IndexByte(s, '$') < 0 {
			return literal{s}, err
		}
		inner := &templateParser{s: s, depth: p.depth + 1}
		if inner.depth > maxNesting {
			return nil, errors.New("strings are nested too deeply")
		}
		nodes, stop, err := inner.nodes()
		if err == nil && stop != "" {
			err = fmt.Errorf("#%s in a string", stop)
		}
		return interpolation{nodes}, err
	case c == '$':
		return p.reference()
	case c == '-' || '0' <= c && c <= '9':
		start := p.i
		for p.i++; p.i < len(p.s) && (p.s[p.i] == '.' || '0' <= p.s[p.i] && p.s[p.i] <= '9'); p.i++ {
		}
		f, err := strconv.ParseFloat(p.s[start:p.i], 64)
		return literal{f}, err
	}
	switch word := p.word(); word {
	case "true":
		return literal{true}, nil
	case "false":
		return literal{false}, nil
	case "null":
		return literal{nil}, nil
	}
	return nil, fmt.Errorf("an expression cannot begin with %q", p.s[min(p.i, len(p.s)-1)])
}

// quoted reads a string; a doubled quote stands for one.
func (p *templateParser) quoted(quote byte) (string, error) {
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		if p.s[p.i] != quote {
			b.WriteByte(p.s[p.i])
			continue
		}
		if p.i+1 < len(p.s) && p.s[p.i+1] == quote {
			b.WriteByte(quote)
			p.i++
			continue
		}
		p.i++
		return b.String(), nil
	}
	return "", errors.New("a string does not end")
}
