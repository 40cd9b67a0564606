package document

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxSize bounds a document in bytes, before it is parsed.
const MaxSize = 2 << 20

// maxNodes bounds the tree after aliases were expanded.
const maxNodes = 200_000

// Parse reads a YAML or JSON document. file only serves positions. Errors are
// *Error with the place of the fault. An empty document is a Null node.
func Parse(file string, data []byte) (*Node, error) {
	if len(data) > MaxSize {
		return nil, Errorf(Position{File: file}, "the document is larger than %d bytes", MaxSize)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		n, err := parseJSON(file, data)
		if err == nil || strings.HasSuffix(file, ".json") {
			return n, err
		}
		// A YAML document may be one flow map.
		if y, yerr := parseYAML(file, data); yerr == nil {
			return y, nil
		}
		return nil, err
	}
	return parseYAML(file, data)
}

// parseYAML guards against a fault of the parser itself: whatever text comes
// in, the answer is a tree or an error.
func parseYAML(file string, data []byte) (n *Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = nil, Errorf(Position{File: file, Line: 1, Column: 1}, "not valid YAML: %v", r)
		}
	}()
	if depth := flowDepth(data); depth > maxDepth {
		return nil, Errorf(Position{File: file}, "nested deeper than %d levels", maxDepth)
	}
	parsed, err := parser.ParseBytes(hideColons(data), 0)
	if err != nil {
		return nil, yamlFault(file, err)
	}
	b := &yamlBuilder{file: file, anchors: map[string]ast.Node{}}
	var bodies []ast.Node
	for _, doc := range parsed.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return &Node{Pos: Position{file, 1, 1}}, nil
	case 1:
		return b.node(bodies[0], 0)
	}
	return nil, Errorf(b.at(bodies[1]), "there is a second document in the file")
}

// The parser takes the first colon of "{Fn::GetAtt: ...}" and of
// "[!Ref AWS::Region]" for the end of a key. Such pairs are hidden from it, by
// runes of private use that keep columns, and come back in every text.
const hiddenColons = "\ue000\ue001"

func hideColons(data []byte) []byte {
	if !bytes.Contains(data, []byte("::")) {
		return data
	}
	out := make([]byte, 0, len(data)+len(data)/8)
	for i := 0; i < len(data); i++ {
		if data[i] == ':' && i > 0 && i+2 < len(data) && data[i+1] == ':' && isWord(data[i-1]) && isWord(data[i+2]) {
			out = append(out, hiddenColons...)
			i++
			continue
		}
		out = append(out, data[i])
	}
	return out
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func showColons(s string) string { return strings.ReplaceAll(s, hiddenColons, "::") }

// flowDepth is a cheap upper bound of nested brackets, so that the recursive
// parser never sees a bomb of them.
func flowDepth(data []byte) int {
	depth, most := 0, 0
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
			most = max(most, depth)
		case ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return most
}

func yamlFault(file string, err error) error {
	var ye yaml.Error
	if errors.As(err, &ye) {
		pos := Position{File: file}
		if t := ye.GetToken(); t != nil && t.Position != nil {
			pos.Line, pos.Column = t.Position.Line, t.Position.Column
		}
		return Errorf(pos, "not valid YAML: %s", showColons(ye.GetMessage()))
	}
	return Errorf(Position{File: file}, "not valid YAML: %v", err)
}

type yamlBuilder struct {
	file    string
	anchors map[string]ast.Node
	count   int
}

func (b *yamlBuilder) at(n ast.Node) Position {
	p := Position{File: b.file}
	if m, ok := n.(*ast.MappingValueNode); ok {
		n = m.Key
	}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0].Key
	}
	if n == nil {
		return p
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		p.Line, p.Column = t.Position.Line, t.Position.Column
	}
	return p
}

func (b *yamlBuilder) node(n ast.Node, depth int) (*Node, error) {
	b.count++
	if depth > maxDepth {
		return nil, Errorf(b.at(n), "nested deeper than %d levels", maxDepth)
	}
	if b.count > maxNodes {
		return nil, Errorf(b.at(n), "the document has more than %d values", maxNodes)
	}
	switch n := n.(type) {
	case nil:
		return &Node{Pos: Position{File: b.file}}, nil
	case *ast.NullNode:
		return &Node{Pos: b.at(n)}, nil
	case *ast.BoolNode:
		return &Node{Kind: Bool, Text: fmt.Sprint(n.Value), Pos: b.at(n)}, nil
	case *ast.IntegerNode:
		return b.number(n, fmt.Sprint(n.Value)), nil
	case *ast.FloatNode:
		return b.number(n, formatFloat(n.Value)), nil
	case *ast.InfinityNode, *ast.NanNode:
		return &Node{Kind: String, Text: n.GetToken().Value, Pos: b.at(n)}, nil
	case *ast.StringNode:
		return &Node{Kind: String, Text: showColons(n.Value), Pos: b.at(n)}, nil
	case *ast.LiteralNode:
		return &Node{Kind: String, Text: showColons(n.Value.Value), Pos: b.at(n)}, nil
	case *ast.SequenceNode:
		out := &Node{Kind: List, Pos: b.at(n)}
		for _, v := range n.Values {
			item, err := b.node(v, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, item)
		}
		return out, nil
	case *ast.MappingNode:
		return b.mapping(n, n.Values, depth)
	case *ast.MappingValueNode:
		return b.mapping(n, []*ast.MappingValueNode{n}, depth)
	case *ast.AnchorNode:
		b.anchors[n.Name.GetToken().Value] = n.Value
		return b.node(n.Value, depth+1)
	case *ast.AliasNode:
		return b.alias(n, depth)
	case *ast.TagNode:
		return b.tag(n, depth)
	}
	return nil, Errorf(b.at(n), "this YAML construct (%s) is not supported", n.Type())
}

func formatFloat(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprint(f)
}

var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// number keeps a number as it was written; what has leading zeros (an account
// id) stays text, as people mean it.
func (b *yamlBuilder) number(n ast.Node, decoded string) *Node {
	out := &Node{Kind: Number, Text: n.GetToken().Value, Pos: b.at(n)}
	switch {
	case plainNumber.MatchString(out.Text):
	case len(out.Text) > 1 && out.Text[0] == '0' && strings.Trim(out.Text, "0123456789") == "":
		out.Kind = String
	case plainNumber.MatchString(decoded):
		out.Text = decoded
	default:
		out.Kind = String
	}
	return out
}

func (b *yamlBuilder) alias(n *ast.AliasNode, depth int) (*Node, error) {
	name := n.Value.GetToken().Value
	target, ok := b.anchors[name]
	if !ok {
		return nil, Errorf(b.at(n), "the alias *%s has no anchor &%s before it", name, name)
	}
	return b.node(target, depth+1)
}

func (b *yamlBuilder) mapping(n ast.Node, values []*ast.MappingValueNode, depth int) (*Node, error) {
	out := &Node{Kind: Map, Pos: b.at(n)}
	var merged []*Node
	for _, v := range values {
		value, err := b.node(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		pos := b.at(v.Key)
		if value.Pos.Line == 0 {
			value.Pos = pos
		}
		if v.Key.IsMergeKey() {
			merged = append(merged, value)
			continue
		}
		key, err := b.key(v.Key)
		if err != nil {
			return nil, err
		}
		if out.Get(key) != nil {
			return nil, Errorf(pos, "the key %q stands twice in one map", key)
		}
		out.Members = append(out.Members, Member{key, pos, value})
	}
	for _, m := range merged {
		if err := mergeInto(out, m); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (b *yamlBuilder) key(n ast.MapKeyNode) (string, error) {
	switch k := n.(type) {
	case *ast.StringNode:
		return showColons(k.Value), nil
	case *ast.MappingKeyNode:
		if inner, ok := k.Value.(ast.MapKeyNode); ok {
			return b.key(inner)
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return n.GetToken().Value, nil
	}
	return "", Errorf(b.at(n), "a map key must be plain text")
}

func mergeInto(out, from *Node) error {
	switch from.Kind {
	case List:
		for _, item := range from.Items {
			if err := mergeInto(out, item); err != nil {
				return err
			}
		}
		return nil
	case Map:
		for _, m := range from.Members {
			if out.Get(m.Key) == nil {
				out.Members = append(out.Members, m)
			}
		}
		return nil
	}
	return Errorf(from.Pos, "<< needs a map to merge, this is %s", from.Kind)
}

// shortForms are the functions that CloudFormation's YAML tags stand for
// (AWS CloudFormation user guide, "Intrinsic function reference").
var shortForms = map[string]string{
	"!Ref": "Ref", "!Condition": "Condition",
	"!Base64": "Fn::Base64", "!Cidr": "Fn::Cidr", "!FindInMap": "Fn::FindInMap",
	"!GetAtt": "Fn::GetAtt", "!GetAZs": "Fn::GetAZs", "!ImportValue": "Fn::ImportValue",
	"!Join": "Fn::Join", "!Select": "Fn::Select", "!Split": "Fn::Split", "!Sub": "Fn::Sub",
	"!Transform": "Fn::Transform", "!Length": "Fn::Length", "!ToJsonString": "Fn::ToJsonString",
	"!If": "Fn::If", "!Equals": "Fn::Equals", "!And": "Fn::And", "!Or": "Fn::Or", "!Not": "Fn::Not",
}

func (b *yamlBuilder) tag(n *ast.TagNode, depth int) (*Node, error) {
	value, err := b.node(n.Value, depth+1)
	if err != nil {
		return nil, err
	}
	pos := b.at(n)
	name := n.Start.Value
	if long, ok := shortForms[name]; ok {
		if name == "!GetAtt" && value.Kind == String {
			logical, attribute, _ := strings.Cut(value.Text, ".")
			value = Of(value.Pos, []string{logical, attribute})
		}
		return &Node{Kind: Map, Pos: pos, Members: []Member{{long, pos, value}}}, nil
	}
	switch name {
	case "!!str", "!":
		if value.IsScalar() {
			value.Kind = String
		}
		return value, nil
	case "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
		return value, nil
	}
	return nil, Errorf(pos, "the tag %s is not known", name).WithFix("CloudFormation's tags are !Ref, !Sub, !GetAtt, !Join, !If ...")
}
