package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// Parameter is one entry of the Parameters section.
type Parameter struct {
	Name, Type  string
	Description string
	// Default is nil when there is none.
	Default       *string
	AllowedValues []string
	NoEcho        bool
	Constraint    string
	Pos           document.Position

	pattern              *regexp.Regexp
	patternText          string
	minLength, maxLength *int
	minValue, maxValue   *float64
}

// IsList says whether the parameter's value is a list.
func (p *Parameter) IsList() bool {
	return p.Type == "CommaDelimitedList" || strings.HasPrefix(p.Type, "List<")
}

func (t *Template) readParameters() error {
	n, err := t.section("Parameters")
	if err != nil || n == nil {
		return err
	}
	if len(n.Members) > MaxParameters {
		return fail(n.Pos, "Template format error: Number of parameters, %d, is greater than maximum allowed, %d", len(n.Members), MaxParameters)
	}
	for _, m := range n.Members {
		p, err := readParameter(m)
		if err != nil {
			return err
		}
		t.Parameters = append(t.Parameters, p)
	}
	return nil
}

var parameterAttributes = []string{
	"Type", "Default", "NoEcho", "AllowedValues", "AllowedPattern", "MaxLength", "MinLength", "MaxValue", "MinValue",
	"Description", "ConstraintDescription",
}

func readParameter(m document.Member) (*Parameter, error) {
	p := &Parameter{Name: m.Key, Pos: m.KeyPos}
	if !logicalID.MatchString(m.Key) {
		return nil, fail(m.KeyPos, "Template format error: Parameter name %s is non alphanumeric.", m.Key)
	}
	for _, a := range m.Value.Members {
		if !slices.Contains(parameterAttributes, a.Key) {
			return nil, fail(a.KeyPos, "Invalid template parameter property '%s'", a.Key)
		}
	}
	kind := m.Value.Get("Type")
	if !kind.IsScalar() {
		return nil, fail(m.KeyPos, "Template format error: Every Parameters object must contain a Type member.")
	}
	p.Type = kind.Text
	switch {
	case p.Type == "String", p.Type == "Number", p.Type == "CommaDelimitedList", p.Type == "List<Number>", p.Type == "List<String>":
	case strings.HasPrefix(p.Type, "AWS::EC2::"), strings.HasPrefix(p.Type, "List<AWS::EC2::"), strings.HasPrefix(p.Type, "AWS::SSM::"), strings.HasPrefix(p.Type, "AWS::Route53::"):
		return nil, fail(kind.Pos, "Parameter type %s is not built in Bawn", p.Type)
	default:
		return nil, fail(kind.Pos, "Template format error: Unrecognized parameter type: %s", p.Type)
	}
	text := func(key string) string {
		if n := m.Value.Get(key); n.IsScalar() {
			return n.Text
		}
		return ""
	}
	p.Description, p.Constraint = text("Description"), text("ConstraintDescription")
	p.NoEcho = text("NoEcho") == "true"
	if d := m.Value.Get("Default"); d != nil {
		v := d.Text
		if d.Kind == document.List {
			return nil, fail(d.Pos, "Template format error: Every Default member must be a string.")
		}
		p.Default = &v
	}
	if list := m.Value.Get("AllowedValues"); list != nil {
		for _, item := range list.Items {
			p.AllowedValues = append(p.AllowedValues, item.Text)
		}
	}
	return p, p.readBounds(m.Value)
}

func (p *Parameter) readBounds(n *document.Node) error {
	for key, to := range map[string]**int{"MinLength": &p.minLength, "MaxLength": &p.maxLength} {
		if v := n.Get(key); v.IsScalar() {
			i, err := strconv.Atoi(v.Text)
			if err != nil {
				return fail(v.Pos, "Template format error: %s of parameter %s must be a number", key, p.Name)
			}
			*to = &i
		}
	}
	for key, to := range map[string]**float64{"MinValue": &p.minValue, "MaxValue": &p.maxValue} {
		if v := n.Get(key); v.IsScalar() {
			f, err := strconv.ParseFloat(v.Text, 64)
			if err != nil {
				return fail(v.Pos, "Template format error: %s of parameter %s must be a number", key, p.Name)
			}
			*to = &f
		}
	}
	if v := n.Get("AllowedPattern"); v.IsScalar() {
		re, err := regexp.Compile(`^(?:` + v.Text + `)$`)
		if err != nil {
			return fail(v.Pos, "Template format error: AllowedPattern of parameter %s cannot be read: %v", p.Name, err)
		}
		p.pattern, p.patternText = re, v.Text
	}
	return nil
}

// Values checks the given values against the template's parameters, fills in
// defaults, and returns all of them as text.
func (t *Template) Values(given map[string]string) (map[string]string, error) {
	out := map[string]string{}
	var missing []string
	for _, p := range t.Parameters {
		v, ok := given[p.Name]
		if !ok {
			if p.Default == nil {
				missing = append(missing, p.Name)
				continue
			}
			v = *p.Default
		}
		if err := p.check(v); err != nil {
			return nil, err
		}
		out[p.Name] = v
	}
	var unknown []string
	for name := range given {
		if !slices.ContainsFunc(t.Parameters, func(p *Parameter) bool { return p.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	if len(unknown) > 0 {
		return nil, fail(document.Position{}, "Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	if len(missing) > 0 {
		return nil, fail(t.Parameters[0].Pos, "Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return out, nil
}

func (p *Parameter) check(v string) error {
	wrong := func(format string, args ...any) error {
		if p.Constraint != "" {
			return fail(p.Pos, "Parameter %s failed to satisfy constraint: %s", p.Name, p.Constraint)
		}
		return fail(p.Pos, "Parameter '"+p.Name+"' "+format, args...)
	}
	values := []string{v}
	if p.IsList() {
		values = splitList(v)
	}
	for _, one := range values {
		if len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, one) {
			return wrong("must be one of AllowedValues")
		}
		if p.pattern != nil && !p.pattern.MatchString(one) {
			return wrong("must match pattern %s", p.patternText)
		}
		if p.Type == "Number" || p.Type == "List<Number>" {
			f, err := strconv.ParseFloat(one, 64)
			switch {
			case err != nil:
				return wrong("must be a number")
			case p.minValue != nil && f < *p.minValue:
				return wrong("must be a number not less than %v", *p.minValue)
			case p.maxValue != nil && f > *p.maxValue:
				return wrong("must be a number not greater than %v", *p.maxValue)
			}
		}
	}
	switch n := len([]rune(v)); {
	case p.minLength != nil && n < *p.minLength:
		return wrong("must contain at least %d characters", *p.minLength)
	case p.maxLength != nil && n > *p.maxLength:
		return wrong("must contain at most %d characters", *p.maxLength)
	case n > 4096:
		return wrong("must contain at most 4096 characters")
	}
	return nil
}

// splitList cuts a comma-delimited list; spaces around values do not count.
func splitList(v string) []string {
	if v == "" {
		return nil
	}
	parts := strings.Split(v, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
