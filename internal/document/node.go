package document

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind says what sort of value a node is.
type Kind uint8

// The kinds of value. Null is the zero value.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Map
)

// String names the kind as an error message does.
func (k Kind) String() string {
	switch k {
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case List:
		return "a list"
	case Map:
		return "a map"
	}
	return "empty"
}

// Position is a place in a file; lines and columns count from 1. The zero
// value means that the place is not known (the value was made, not read).
type Position struct {
	File         string
	Line, Column int
}

// String writes file:line:column, leaving out what is not known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Known says whether the position names a line.
func (p Position) Known() bool { return p.Line > 0 }

// Node is one value of a document.
type Node struct {
	Kind Kind
	// Text is the decoded text of a scalar: a string's value, a number as it
	// was written, "true" or "false".
	Text string
	// Items are the values of a List.
	Items []*Node
	// Members are the entries of a Map in the order they were written.
	Members []Member
	Pos     Position
}

// Member is one entry of a map.
type Member struct {
	Key string
	// KeyPos is where the key stands; Value.Pos where its value starts.
	KeyPos Position
	Value  *Node
}

// Get returns the value of key in a map, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Map {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Key == key {
			return n.Members[i].Value
		}
	}
	return nil
}

// KeyPos returns where key stands in a map, or the map's own position.
func (n *Node) KeyPos(key string) Position {
	for i := range n.Members {
		if n.Members[i].Key == key {
			return n.Members[i].KeyPos
		}
	}
	return n.Pos
}

// Set puts a value into a map, replacing one of the same key.
func (n *Node) Set(key string, value *Node) {
	for i := range n.Members {
		if n.Members[i].Key == key {
			n.Members[i].Value = value
			return
		}
	}
	n.Members = append(n.Members, Member{Key: key, KeyPos: value.Pos, Value: value})
}

// Delete removes key from a map.
func (n *Node) Delete(key string) {
	for i := range n.Members {
		if n.Members[i].Key == key {
			n.Members = append(n.Members[:i:i], n.Members[i+1:]...)
			return
		}
	}
}

// IsScalar says whether the node is a boolean, number or string.
func (n *Node) IsScalar() bool {
	return n != nil && (n.Kind == Bool || n.Kind == Number || n.Kind == String)
}

// Clone returns a deep copy.
func (n *Node) Clone() *Node {
	if n == nil {
		return nil
	}
	c := *n
	if n.Items != nil {
		c.Items = make([]*Node, len(n.Items))
		for i, item := range n.Items {
			c.Items[i] = item.Clone()
		}
	}
	if n.Members != nil {
		c.Members = make([]Member, len(n.Members))
		for i, m := range n.Members {
			c.Members[i] = Member{m.Key, m.KeyPos, m.Value.Clone()}
		}
	}
	return &c
}

// Of makes a node of a Go value: nil, bool, int, float64, string, []any,
// []string, map[string]any (keys sorted), []Pair (keys in order) or *Node.
// Every made node gets the position pos.
func Of(pos Position, v any) *Node {
	n := &Node{Pos: pos}
	switch v := v.(type) {
	case nil:
	case *Node:
		return v
	case bool:
		n.Kind, n.Text = Bool, strconv.FormatBool(v)
	case int:
		n.Kind, n.Text = Number, strconv.Itoa(v)
	case float64:
		n.Kind, n.Text = Number, strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		n.Kind, n.Text = String, v
	case []string:
		n.Kind = List
		for _, item := range v {
			n.Items = append(n.Items, Of(pos, item))
		}
	case []any:
		n.Kind = List
		for _, item := range v {
			n.Items = append(n.Items, Of(pos, item))
		}
	case map[string]any:
		n.Kind = Map
		for _, key := range sortedKeys(v) {
			n.Members = append(n.Members, Member{key, pos, Of(pos, v[key])})
		}
	case []Pair:
		n.Kind = Map
		for _, p := range v {
			n.Members = append(n.Members, Member{p.Key, pos, Of(pos, p.Value)})
		}
	default:
		n.Kind, n.Text = String, fmt.Sprint(v)
	}
	return n
}

// Pair is one entry of an ordered map given to Of.
type Pair struct {
	Key   string
	Value any
}

// Error is a fault at a place of a document: what is wrong and why, and what
// to do about it.
type Error struct {
	Pos Position
	// What says what is wrong and why.
	What string
	// Fix says what to do; may be empty.
	Fix string
}

// Error writes "file:line:column: what; fix".
func (e *Error) Error() string {
	var b strings.Builder
	if at := e.Pos.String(); at != "" {
		b.WriteString(at + ": ")
	}
	b.WriteString(e.What)
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

// Errorf makes an Error without a fix.
func Errorf(pos Position, format string, args ...any) *Error {
	return &Error{Pos: pos, What: fmt.Sprintf(format, args...)}
}

// WithFix returns a copy that says what to do.
func (e *Error) WithFix(format string, args ...any) *Error {
	c := *e
	c.Fix = fmt.Sprintf(format, args...)
	return &c
}
