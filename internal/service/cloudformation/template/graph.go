package template

import (
	"slices"
	"strings"
)

// Graph is which resources exist under a scope's conditions, and what each
// needs first.
type Graph struct {
	// Active are the resources that exist, in the template's order.
	Active []*Resource
	// Needs lists, by logical id, the resources that must exist before.
	Needs map[string][]string
}

// Graph evaluates conditions and finds the dependencies of all resources. A
// cycle, or the use of a resource whose condition is false, is an *Error.
func (t *Template) Graph(s *Scope) (*Graph, error) {
	g := &Graph{Needs: map[string][]string{}}
	active := map[string]bool{}
	for _, r := range t.Resources {
		yes, err := s.Active(r.Condition)
		if err != nil {
			return nil, located(at(err, r.Pos), r.ID)
		}
		if yes {
			active[r.ID] = true
			g.Active = append(g.Active, r)
		}
	}
	for _, r := range g.Active {
		need := func(id string) {
			if !slices.Contains(g.Needs[r.ID], id) {
				g.Needs[r.ID] = append(g.Needs[r.ID], id)
			}
		}
		var missing *Error
		err := t.walk(r.Properties, s, func(ref reference) {
			switch {
			case t.resources[ref.name] == nil:
			case !active[ref.name]:
				missing = fail(ref.pos, "Template format error: Unresolved resource dependencies [%s] in the Resources block of the template", ref.name)
			default:
				need(ref.name)
			}
		})
		if err != nil {
			return nil, located(err, r.ID)
		}
		if missing != nil {
			missing.LogicalID = r.ID
			return nil, missing
		}
		for _, d := range r.DependsOn {
			if active[d] { // a dependency whose condition is false does not count
				need(d)
			}
		}
	}
	if cycle := g.cycle(); len(cycle) > 0 {
		e := fail(t.resources[cycle[0]].Pos, "Circular dependency between resources: [%s]", strings.Join(cycle, ", "))
		e.LogicalID = cycle[0]
		return nil, e
	}
	return g, nil
}

// cycle returns the resources that lie on, or between, cycles: what is left
// when all without needs, and all that nothing needs, are taken away.
func (g *Graph) cycle() []string {
	left := map[string]bool{}
	for _, r := range g.Active {
		left[r.ID] = true
	}
	for changed := true; changed; {
		changed = false
		needed := map[string]bool{}
		for id := range left {
			for _, n := range g.Needs[id] {
				if left[n] {
					needed[n] = true
				}
			}
		}
		for id := range left {
			if !needed[id] || !slices.ContainsFunc(g.Needs[id], func(n string) bool { return left[n] }) {
				delete(left, id)
				changed = true
			}
		}
	}
	var out []string
	for _, r := range g.Active {
		if left[r.ID] {
			out = append(out, r.ID)
		}
	}
	return out
}
