package template

import (
	"encoding/json"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// Scope is what a template is evaluated in. Values are nil, bool, json.Number,
// string, []any and map[string]any.
type Scope struct {
	Template *Template
	// Pseudo holds the pseudo parameters: "AWS::Region" ... Lists (only
	// AWS::NotificationARNs) are joined by commas.
	Pseudo map[string]string
	// Parameters are the checked values.
	Parameters map[string]string
	// Ref and GetAtt answer for deployed resources; ok is false when the
	// resource is not (yet) deployed.
	Ref    func(logicalID string) (value any, ok bool)
	GetAtt func(logicalID, attribute string) (value any, ok bool)
	// Import answers Fn::ImportValue.
	Import func(name string) (value string, ok bool)

	conditions map[string]bool
	pending    map[string]bool
}

// noValue is what {"Ref": "AWS::NoValue"} is: the property is left out.
type noValue struct{}

// Condition evaluates a named condition.
func (s *Scope) Condition(name string) (bool, error) {
	if v, ok := s.conditions[name]; ok {
		return v, nil
	}
	if s.pending[name] {
		return false, fail(document.Position{}, "Template error: Circular dependency between conditions: [%s]", name)
	}
	for _, c := range s.Template.Conditions {
		if c.Name != name {
			continue
		}
		if s.pending == nil {
			s.pending, s.conditions = map[string]bool{}, map[string]bool{}
		}
		s.pending[name] = true
		defer delete(s.pending, name)
		v, err := s.boolean(c.Expr)
		if err != nil {
			return false, err
		}
		s.conditions[name] = v
		return v, nil
	}
	return false, fail(document.Position{}, "Template format error: Unresolved condition dependency %s", name)
}

// Active says whether a resource or output with this condition exists.
func (s *Scope) Active(condition string) (bool, error) {
	if condition == "" {
		return true, nil
	}
	return s.Condition(condition)
}

// Eval evaluates a value. A top-level AWS::NoValue yields nil.
func (s *Scope) Eval(n *document.Node) (any, error) {
	v, err := s.eval(n)
	if _, none := v.(noValue); none {
		return nil, err
	}
	return v, err
}

// Text evaluates a value that must be a scalar.
func (s *Scope) Text(n *document.Node) (string, error) {
	v, err := s.Eval(n)
	if err != nil {
		return "", err
	}
	text, ok := scalar(v)
	if !ok {
		return "", fail(n.Pos, "Template error: a value that must be a string is %s", kindOf(v))
	}
	return text, nil
}

func (s *Scope) eval(n *document.Node) (any, error) {
	if n == nil {
		return nil, nil
	}
	switch n.Kind {
	case document.Bool:
		return n.Text == "true", nil
	case document.Number:
		return json.Number(n.Text), nil
	case document.String:
		return n.Text, nil
	case document.List:
		out := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			v, err := s.eval(item)
			if err != nil {
				return nil, err
			}
			if _, none := v.(noValue); !none {
				out = append(out, v)
			}
		}
		return out, nil
	case document.Map:
		if name, arg := function(n); name != "" {
			return s.call(n, name, arg)
		}
		out := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			v, err := s.eval(m.Value)
			if err != nil {
				return nil, err
			}
			if _, none := v.(noValue); !none {
				out[m.Key] = v
			}
		}
		return out, nil
	}
	return nil, nil
}

// function returns the intrinsic function a map stands for. {"Condition": name}
// counts only within conditions, where it is read by boolean.
func function(n *document.Node) (name string, arg *document.Node) {
	if n == nil || n.Kind != document.Map || len(n.Members) != 1 {
		return "", nil
	}
	key := n.Members[0].Key
	if key == "Ref" || strings.HasPrefix(key, "Fn::") {
		return key, n.Members[0].Value
	}
	return "", nil
}

// scalar returns a value's text, as CloudFormation coerces it.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

func kindOf(v any) string {
	switch v.(type) {
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	case nil:
		return "empty"
	}
	return "a scalar"
}
