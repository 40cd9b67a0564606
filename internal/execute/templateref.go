package execute

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// reference is $name with the properties and method calls behind it.
type reference struct {
	name  string
	steps []step
}

type step struct {
	name string
	call bool
	args []expression
	// pattern is the compiled argument of matches('literal').
	pattern *regexp.Regexp
}

// path is the reference without arguments: context.error.message.
func (r *reference) path() string {
	s := r.name
	for _, st := range r.steps {
		s += "." + st.name
	}
	return s
}

// atReference says whether the '$' at the cursor begins a reference.
func (p *templateParser) atReference() bool {
	rest := strings.TrimPrefix(strings.TrimPrefix(p.s[p.i+1:], "!"), "{")
	return rest != "" && ('a' <= rest[0] && rest[0] <= 'z' || 'A' <= rest[0] && rest[0] <= 'Z' || rest[0] == '_')
}

// reference reads $name, ${name} or $!name with .property and .method(args).
func (p *templateParser) reference() (*reference, error) {
	p.space()
	if p.i >= len(p.s) || p.s[p.i] != '$' || !p.atReference() {
		return nil, errors.New("a reference is missing")
	}
	p.i++
	if p.s[p.i] == '!' {
		p.i++
	}
	braces := p.s[p.i] == '{'
	if braces {
		p.i++
	}
	r := &reference{name: p.word()}
	for p.i+1 < len(p.s) && p.s[p.i] == '.' && isWordByte(p.s[p.i+1]) && len(r.steps) < maxNesting {
		p.i++
		start := p.i
		for p.i < len(p.s) && isNameByte(p.s[p.i]) {
			p.i++
		}
		st := step{name: p.s[start:p.i]}
		if p.i < len(p.s) && p.s[p.i] == '(' {
			if err := p.arguments(&st); err != nil {
				return nil, err
			}
		}
		r.steps = append(r.steps, st)
	}
	if braces {
		if err := p.expect("}"); err != nil {
			return nil, err
		}
	}
	return r, r.check()
}

func (p *templateParser) arguments(st *step) error {
	p.i++
	st.call = true
	for {
		p.space()
		if p.i < len(p.s) && p.s[p.i] == ')' {
			p.i++
			break
		}
		if len(st.args) > 0 {
			if err := p.expect(","); err != nil {
				return err
			}
		}
		arg, err := p.expression()
		if err != nil {
			return err
		}
		st.args = append(st.args, arg)
	}
	if st.name != "matches" || len(st.args) != 1 {
		return nil
	}
	if l, ok := st.args[0].(literal); ok {
		re, err := regexp.Compile(`^(?:` + textOf(l.value) + `)$`)
		if err != nil {
			return fmt.Errorf("matches: %w", err)
		}
		st.pattern = re
	}
	return nil
}

// check refuses what is not built, when the template is stored or deployed
// instead of when a request comes.
func (r *reference) check() error {
	if r.name == "input" || r.name == "util" {
		if len(r.steps) == 0 {
			return errors.New("$" + r.name + " alone is not built in Bawn")
		}
		switch name := r.name + "." + r.steps[0].name; name {
		case "input.params", "input.body", "input.json", "input.path", "util.escapeJavaScript", "util.parseJson", "util.urlEncode", "util.urlDecode", "util.base64Encode", "util.base64Decode":
		default:
			return errors.New("$" + name + " is not built in Bawn")
		}
		if r.steps[0].name != "body" && len(r.steps[0].args) != 1 {
			return errors.New("$" + r.name + "." + r.steps[0].name + " without exactly one argument is not built in Bawn")
		}
	}
	for i, st := range r.steps {
		if !st.call || i == 0 && (r.name == "input" || r.name == "util") {
			continue
		}
		if _, ok := stringMethods[st.name]; !ok && st.name != "get" && st.name != "matches" {
			return errors.New("method " + st.name + " is not built in Bawn")
		}
	}
	return nil
}

// eval finds the value; what does not exist is nil.
func (r *reference) eval(s *templateState) (any, error) {
	args := make([][]string, len(r.steps))
	for i := range r.steps {
		for _, a := range r.steps[i].args {
			v, err := a.eval(s)
			if err != nil {
				return nil, err
			}
			args[i] = append(args[i], textOf(v))
		}
	}
	var v any
	steps := r.steps
	switch r.name {
	case "context", "stageVariables":
		n := 0
		for n < len(steps) && !steps[n].call {
			n++
		}
		short := reference{name: r.name, steps: steps[:n]}
		if text := s.x.lookup(short.path(), s.e); text != "" {
			v = text
		}
		steps, args = steps[n:], args[n:]
	case "input":
		v = s.x.input(steps[0].name, args[0])
		steps, args = steps[1:], args[1:]
	case "util":
		v = utility(steps[0].name, args[0])
		steps, args = steps[1:], args[1:]
	default:
		v = s.locals[r.name]
	}
	for i := range steps {
		v = steps[i].apply(v, args[i])
	}
	return v, nil
}

// stringMethods are Java's string methods that templates use.
var stringMethods = map[string]func(s string, args []string) any{
	"equals":           func(s string, a []string) any { return s == arg(a, 0) },
	"equalsIgnoreCase": func(s string, a []string) any { return strings.EqualFold(s, arg(a, 0)) },
	"contains":         func(s string, a []string) any { return strings.Contains(s, arg(a, 0)) },
	"startsWith":       func(s string, a []string) any { return strings.HasPrefix(s, arg(a, 0)) },
	"endsWith":         func(s string, a []string) any { return strings.HasSuffix(s, arg(a, 0)) },
	"toLowerCase":      func(s string, _ []string) any { return strings.ToLower(s) },
	"toUpperCase":      func(s string, _ []string) any { return strings.ToUpper(s) },
	"trim":             func(s string, _ []string) any { return strings.TrimSpace(s) },
	"isEmpty":          func(s string, _ []string) any { return s == "" },
	"length":           func(s string, _ []string) any { return float64(len(s)) },
	"replace":          func(s string, a []string) any { return strings.ReplaceAll(s, arg(a, 0), arg(a, 1)) },
	"toString":         func(s string, _ []string) any { return s },
}

func arg(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

// apply goes one step on from v. A method of nothing is nothing.
func (st *step) apply(v any, args []string) any {
	if !st.call {
		if m, ok := v.(map[string]any); ok {
			return m[st.name]
		}
		return nil
	}
	if st.name == "get" {
		if m, ok := v.(map[string]any); ok {
			return m[arg(args, 0)]
		}
		return nil
	}
	text, ok := v.(string)
	if !ok {
		return nil
	}
	if st.name == "matches" {
		re := st.pattern
		if re == nil {
			var err error
			if re, err = regexp.Compile(`^(?:` + arg(args, 0) + `)$`); err != nil {
				return false
			}
		}
		return re.MatchString(text)
	}
	return stringMethods[st.name](text, args)
}

// input is $input: the request's parameters and body.
func (x *exchange) input(name string, args []string) any {
	switch name {
	case "body":
		return string(x.in.Body)
	case "params":
		return x.inputParam(arg(args, 0))
	}
	v := jsonPath(x.in.Body, arg(args, 0))
	if name == "json" {
		return jsonText(v)
	}
	return v
}

// inputParam finds a parameter: path, then query, then header. API Gateway
// gives an empty text for none.
func (x *exchange) inputParam(name string) string {
	for _, p := range x.params {
		if p.name == name {
			return p.value
		}
	}
	for i := len(x.query) - 1; i >= 0; i-- {
		if x.query[i].name == name {
			return x.query[i].value
		}
	}
	return x.header(strings.ToLower(name))
}

// jsonPath resolves $, $.a.b of a JSON body; nil where there is nothing.
func jsonPath(body []byte, path string) any {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return nil
	}
	for name := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(path, "$"), "."), ".") {
		if name == "" {
			continue
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// utility is $util.
func utility(name string, args []string) any {
	s := arg(args, 0)
	switch name {
	case "escapeJavaScript":
		quoted := string(appendString(nil, s))
		return strings.ReplaceAll(strings.ReplaceAll(quoted[1:len(quoted)-1], "'", `\'`), "/", `\/`)
	case "urlEncode":
		return url.QueryEscape(s)
	case "urlDecode":
		return decode(s, true)
	case "base64Encode":
		return base64.StdEncoding.EncodeToString([]byte(s))
	case "base64Decode":
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil
		}
		return string(raw)
	}
	return jsonPath([]byte(s), "$")
}
