package project

import (
	"slices"
	"strconv"

	"github.com/bawn-dev/bawn/internal/document"
)

// object reads a map of the project file key by key and, at done, names every
// key that nobody asked for.
type object struct {
	c    *compiler
	node *document.Node
	// what names the map in messages: "provider", "function create".
	what string
	seen []string
}

// object opens a map; a missing or empty one has no keys, any other kind of
// value is reported.
func (c *compiler) object(n *document.Node, what string) *object {
	o := &object{c: c, node: n, what: what}
	if n != nil && n.Kind != document.Map {
		if n.Kind != document.Null {
			c.fail(n.Pos, "%s must be a map of keys and values, this is %s", what, n.Kind)
		}
		o.node = nil
	}
	return o
}

// get returns a value, or nil when it is missing or empty.
func (o *object) get(key string) *document.Node {
	o.seen = append(o.seen, key)
	n := o.node.Get(key)
	if n == nil || n.Kind == document.Null {
		return nil
	}
	return n
}

// pos is where key stands.
func (o *object) pos(key string) document.Position {
	if o.node == nil {
		return document.Position{File: o.c.file}
	}
	return o.node.KeyPos(key)
}

// str returns a scalar as text.
func (o *object) str(key string) string {
	n := o.get(key)
	if n == nil {
		return ""
	}
	if !n.IsScalar() {
		o.c.fail(n.Pos, "%s: %s must be text, this is %s", o.what, key, n.Kind)
		return ""
	}
	return n.Text
}

// integer returns a number within lo..hi, or def when it is missing.
func (o *object) integer(key string, def, lo, hi int) int {
	n := o.get(key)
	if n == nil {
		return def
	}
	v, err := strconv.Atoi(n.Text)
	if !n.IsScalar() || err != nil {
		o.c.fail(n.Pos, "%s: %s must be a whole number, this is %s", o.what, key, describe(n))
		return def
	}
	if v < lo || v > hi {
		o.c.fail(n.Pos, "%s: %s must be between %d and %d, this is %d", o.what, key, lo, hi, v)
		return def
	}
	return v
}

// boolean returns true or false; a missing value is false.
func (o *object) boolean(key string) bool {
	n := o.get(key)
	if n == nil {
		return false
	}
	if !n.IsScalar() || (n.Text != "true" && n.Text != "false") {
		o.c.fail(n.Pos, "%s: %s must be true or false, this is %s", o.what, key, describe(n))
	}
	return n.Text == "true"
}

func describe(n *document.Node) string {
	if n.IsScalar() {
		return strconv.Quote(n.Text)
	}
	return n.Kind.String()
}

// strs returns a list of scalars; one scalar counts as a list of one.
func (o *object) strs(key string) []string {
	n := o.get(key)
	if n == nil {
		return nil
	}
	if n.IsScalar() {
		return []string{n.Text}
	}
	var out []string
	for _, item := range n.Items {
		if !item.IsScalar() {
			o.c.fail(item.Pos, "%s: %s must be a list of texts, one is %s", o.what, key, item.Kind)
			continue
		}
		out = append(out, item.Text)
	}
	return out
}

// ignore marks keys that have no meaning when a project runs in Bawn.
func (o *object) ignore(keys ...string) { o.seen = append(o.seen, keys...) }

// unbuilt reports each of the keys that is set: known to the framework, not
// built here. An explicit false or empty value counts as not set.
func (o *object) unbuilt(keys ...string) {
	for _, key := range keys {
		n := o.get(key)
		if n == nil || (n.Kind == document.Bool && n.Text == "false") || (n.Kind == document.List && len(n.Items) == 0) {
			continue
		}
		o.c.unbuilt(o.pos(key), o.what+" key "+key)
	}
}

// done reports keys that were not asked for.
func (o *object) done() {
	if o.node == nil {
		return
	}
	for _, m := range o.node.Members {
		if slices.Contains(o.seen, m.Key) || o.c.foreign(m.Key) {
			continue
		}
		e := document.Errorf(m.KeyPos, "%s has an unknown key %q", o.what, m.Key)
		if near := nearest(m.Key, o.seen); near != "" {
			e = e.WithFix("did you mean %q?", near)
		} else if len(o.c.unknownPlugins) > 0 {
			o.c.warnings = append(o.c.warnings, e.WithFix("it is ignored; a plugin may have given it a meaning"))
			continue
		}
		o.c.problems = append(o.c.problems, e)
	}
}

// nearest returns the known key within two edits of a misspelt one.
func nearest(key string, known []string) string {
	best, most := "", 3
	for _, k := range known {
		if d := editDistance(key, k); d < most {
			best, most = k, d
		}
	}
	return best
}

// editDistance is Levenshtein's, without regard to case.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	lower := func(c byte) byte {
		if c >= 'A' && c <= 'Z' {
			return c + 32
		}
		return c
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if lower(a[i-1]) == lower(b[j-1]) {
				cost = 0
			}
			next := min(row[j]+1, row[j-1]+1, diagonal+cost)
			diagonal, row[j] = row[j], next
		}
	}
	return row[len(b)]
}
