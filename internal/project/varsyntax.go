package project

import (
	"regexp"
	"strings"
)

// part is a piece of a string: plain text, or a variable.
type part struct {
	text     string
	variable *variable
}

// variable is ${first, second, ...}: the first source with a value wins.
type variable struct {
	raw     string
	sources []source
}

// source is one alternative: a literal, or kind(params):address where params
// and address may hold variables themselves.
type source struct {
	literal *string
	// bare is a literal without quotes: a number, true, false or null.
	bare    bool
	kind    string
	params  []part
	address []part
	raw     string
}

// maxVariableDepth bounds ${ ${ ${ ... } } }.
const maxVariableDepth = 16

// parseParts cuts a string into text and variables. What looks like ${...} but
// is none of the framework's forms (${AWS::Region}, ${Table.Arn},
// ${cognito-identity.amazonaws.com:sub}) stays text. \${ and $${ escape.
func parseParts(s string) ([]part, error) {
	p := varParser{s: s}
	return p.parts(0, "")
}

// hasVariable is the cheap test before parsing.
func hasVariable(s string) bool { return strings.Contains(s, "${") }

type varParser struct {
	s string
	i int
}

type varSyntaxError struct{ what string }

func (e *varSyntaxError) Error() string { return e.what }

// parts reads until one of the stop characters at this level, or the end.
func (p *varParser) parts(depth int, stops string) ([]part, error) {
	var out []part
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out = append(out, part{text: text.String()})
			text.Reset()
		}
	}
	for p.i < len(p.s) {
		rest := p.s[p.i:]
		switch {
		case strings.HasPrefix(rest, `\${`), strings.HasPrefix(rest, `$${`):
			text.WriteString("${")
			p.i += 3
			if end := strings.IndexByte(p.s[p.i:], '}'); end >= 0 {
				text.WriteString(p.s[p.i : p.i+end+1])
				p.i += end + 1
			}
		case strings.HasPrefix(rest, "${") && looksLikeVariable(rest[2:]):
			flush()
			v, err := p.variable(depth + 1)
			if err != nil {
				return nil, err
			}
			out = append(out, part{variable: v})
		case strings.HasPrefix(rest, "${") && stops == "":
			// Not a variable: copied with its brace, so that an inner
			// framework variable is still found.
			text.WriteString("${")
			p.i += 2
		case stops != "" && strings.IndexByte(stops, rest[0]) >= 0:
			flush()
			return out, nil
		default:
			text.WriteByte(rest[0])
			p.i++
		}
	}
	flush()
	return out, nil
}

var variableStart = regexp.MustCompile(`^\s*(?:['"]|[a-zA-Z][a-zA-Z0-9_-]*(?:\(|:(?:[^:]|$)))`)

func looksLikeVariable(s string) bool { return variableStart.MatchString(s) }

// variable reads from "${" to its "}".
func (p *varParser) variable(depth int) (*variable, error) {
	if depth > maxVariableDepth {
		return nil, &varSyntaxError{"variables are nested too deeply"}
	}
	start := p.i
	p.i += 2
	v := &variable{}
	for {
		src, err := p.source(depth)
		if err != nil {
			return nil, err
		}
		v.sources = append(v.sources, src)
		p.space()
		if p.i >= len(p.s) {
			return nil, &varSyntaxError{"the variable " + clip(p.s[start:]) + " has no closing brace"}
		}
		c := p.s[p.i]
		p.i++
		switch c {
		case '}':
			v.raw = p.s[start:p.i]
			return v, nil
		case ',':
		default:
			return nil, &varSyntaxError{"the variable " + clip(p.s[start:]) + " has an unexpected " + string(rune(c))}
		}
	}
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}

func (p *varParser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

var (
	sourceKind  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_-]*`)
	bareLiteral = regexp.MustCompile(`^(?:true|false|null|-?[0-9]+(?:\.[0-9]+)?)\s*[,}]`)
)

func (p *varParser) source(depth int) (source, error) {
	p.space()
	start := p.i
	rest := p.s[p.i:]
	if rest == "" {
		return source{}, &varSyntaxError{"a variable has no closing brace"}
	}
	if rest[0] == '\'' || rest[0] == '"' {
		return p.quoted(rest[0])
	}
	if m := bareLiteral.FindString(rest); m != "" {
		text := strings.TrimSpace(m[:len(m)-1])
		p.i += len(text)
		return source{literal: &text, bare: true, raw: text}, nil
	}
	if strings.HasPrefix(rest, "${") && looksLikeVariable(rest[2:]) {
		// ${opt:stage, ${self:custom.x}}: a fallback in its own braces.
		v, err := p.variable(depth + 1)
		if err != nil {
			return source{}, err
		}
		return source{kind: "", address: []part{{variable: v}}, raw: v.raw}, nil
	}
	kind := sourceKind.FindString(rest)
	if kind == "" {
		return source{}, &varSyntaxError{"a variable source is expected at " + clip(rest)}
	}
	p.i += len(kind)
	src := source{kind: kind}
	var err error
	hasParams := p.i < len(p.s) && p.s[p.i] == '('
	if hasParams {
		p.i++
		if src.params, err = p.parts(depth, ")"); err != nil {
			return source{}, err
		}
		if p.i >= len(p.s) {
			return source{}, &varSyntaxError{"the variable " + clip(rest) + " has no closing parenthesis"}
		}
		p.i++
	}
	if p.i < len(p.s) && p.s[p.i] == ':' {
		p.i++
		if src.address, err = p.parts(depth, ",}"); err != nil {
			return source{}, err
		}
	} else if !hasParams {
		return source{}, &varSyntaxError{"the variable source " + kind + " has no address; it is written " + kind + ":address"}
	}
	src.raw = strings.TrimSpace(p.s[start:p.i])
	return src, nil
}

func (p *varParser) quoted(q byte) (source, error) {
	var b strings.Builder
	for i := p.i + 1; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '\\' && i+1 < len(p.s):
			i++
			b.WriteByte(p.s[i])
		case c == q:
			text := b.String()
			raw := p.s[p.i : i+1]
			p.i = i + 1
			return source{literal: &text, raw: raw}, nil
		default:
			b.WriteByte(c)
		}
	}
	return source{}, &varSyntaxError{"a text in " + clip(p.s[p.i:]) + " has no closing quote"}
}
