package expression

import (
	"slices"
)

// Projection is a parsed projection expression. It is immutable and safe for
// concurrent use.
type Projection struct{ paths []path }

// ParseProjection parses the text of a ProjectionExpression. The error is an
// *Error.
func ParseProjection(text string) (*Projection, error) {
	p := &parser{}
	if err := p.begin(text); err != nil {
		return nil, err
	}
	none := func() bool { return false }
	out := &Projection{}
	for {
		pt, ok := p.path(none)
		if !ok {
			return nil, p.syntaxErr
		}
		out.paths = append(out.paths, pt)
		if !p.accept(",") {
			break
		}
	}
	if p.tok.kind != tokEOF {
		p.syntax()
		return nil, p.syntaxErr
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return out, nil
}

// Selection is a set of document paths bound to a request: which parts of an
// item to return. It is immutable and safe for concurrent use.
type Selection struct {
	root          selected
	heads, nested []string
}

// selected is one level of the paths.
type selected struct {
	whole   bool
	names   map[string]*selected
	indexes map[int]*selected
}

// Bind resolves the projection's names. The error is an *Error.
func (pr *Projection) Bind(params *Params) (*Selection, error) {
	resolved := make([]path, len(pr.paths))
	for i, pt := range pr.paths {
		r, err := params.resolve(pt)
		if err != nil {
			return nil, err
		}
		resolved[i] = r
	}
	if err := checkPaths(resolved); err != nil {
		return nil, err
	}
	return newSelection(resolved), nil
}

// SelectAttributes is the legacy AttributesToGet: whole top-level attributes.
func SelectAttributes(names ...string) *Selection {
	paths := make([]path, len(names))
	for i, n := range names {
		paths[i] = path{{name: n}}
	}
	return newSelection(paths)
}

func newSelection(paths []path) *Selection {
	s := &Selection{}
	for _, pt := range paths {
		s.heads = append(s.heads, pt[0].name)
		if len(pt) > 1 {
			s.nested = append(s.nested, pt[0].name)
		}
		at := &s.root
		for _, e := range pt {
			at = at.child(e)
		}
		at.whole = true
	}
	return s
}

func (s *selected) child(e element) *selected {
	if e.kind == elemIndex {
		if s.indexes == nil {
			s.indexes = map[int]*selected{}
		}
		if s.indexes[e.index] == nil {
			s.indexes[e.index] = &selected{}
		}
		return s.indexes[e.index]
	}
	if s.names == nil {
		s.names = map[string]*selected{}
	}
	if s.names[e.name] == nil {
		s.names[e.name] = &selected{}
	}
	return s.names[e.name]
}

// Attributes returns the top-level attributes of all paths; names may repeat.
func (s *Selection) Attributes() []string {
	if s == nil {
		return nil
	}
	return s.heads
}

// NestedAttributes returns the top-level attributes of the paths with more
// than one element; names may repeat.
func (s *Selection) NestedAttributes() []string {
	if s == nil {
		return nil
	}
	return s.nested
}

// Of returns the selected parts of an item: maps keep their shape, lists close
// up. A nil Selection is the whole item.
func (s *Selection) Of(item Item) Item {
	if s == nil {
		return item
	}
	return s.root.item(item)
}

func (s *selected) item(item Item) Item {
	out := make(Item, len(s.names))
	for name, sub := range s.names {
		if v, ok := item[name]; ok {
			if part, ok := sub.of(v); ok {
				out[name] = part
			}
		}
	}
	return out
}

func (s *selected) of(v Value) (Value, bool) {
	switch {
	case s.whole:
		return v, true
	case s.names != nil && v.kind == KindM:
		m := s.item(v.m)
		return Map(m), len(m) > 0
	case s.indexes != nil && v.kind == KindL:
		var list []Value
		for _, i := range s.sortedIndexes() {
			if i >= len(v.list) {
				break
			}
			if part, ok := s.indexes[i].of(v.list[i]); ok {
				list = append(list, part)
			}
		}
		return List(list...), len(list) > 0
	}
	return Value{}, false
}

func (s *selected) sortedIndexes() []int {
	out := make([]int, 0, len(s.indexes))
	for i := range s.indexes {
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}

// checkPaths refuses paths of which one leads to or into another's part, or
// that need the same part to be both a map and a list.
func checkPaths(paths []path) *Error {
	var conflict *Error
	for i := range paths {
		for j := range i {
			at, clash := meet(paths[j], paths[i])
			switch {
			case at && !clash:
				return errorf("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: ",
					paths[j].String(), ", path two: ", paths[i].String())
			case clash && conflict == nil:
				conflict = errorf("Two document paths conflict with each other; must remove or rewrite one of these paths; path one: ",
					paths[j].String(), ", path two: ", paths[i].String())
			}
		}
	}
	return conflict
}

// meet compares two paths step by step: at is true where one ends on the
// other, clash where one goes on by name and the other by index.
func meet(a, b path) (at, clash bool) {
	for k := range min(len(a), len(b)) {
		if a[k].kind != b[k].kind {
			return false, true
		}
		if a[k] != b[k] {
			return false, false
		}
	}
	return true, false
}
