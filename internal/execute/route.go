package execute

import "strings"

// node is one level of the tree of resources. Names are compared with the
// path's segments as they were sent: what was signed and authorized is what is
// routed.
type node struct {
	static   map[string]*node
	param    *node
	name     string // of the parameter this node stands for
	greedy   *node  // {name+}: the whole rest
	resource *resource
}

// add puts a resource into the tree.
func (n *node) add(r *resource) {
	for segment := range strings.SplitSeq(strings.Trim(r.path, "/"), "/") {
		if segment == "" {
			break // the root
		}
		n = n.child(segment)
	}
	n.resource = r
}

func (n *node) child(segment string) *node {
	name, isParam := strings.CutPrefix(segment, "{")
	if !isParam {
		if n.static == nil {
			n.static = map[string]*node{}
		}
		if n.static[segment] == nil {
			n.static[segment] = &node{}
		}
		return n.static[segment]
	}
	name = strings.TrimSuffix(name, "}")
	into := &n.param
	if rest, ok := strings.CutSuffix(name, "+"); ok {
		name, into = rest, &n.greedy
	}
	if *into == nil {
		*into = &node{name: name}
	}
	return *into
}

// param is a path parameter with its value as sent.
type param struct{ name, value string }

// match finds the most specific resource for a path: at each level an exact
// name before {param} before {proxy+}. Trailing slashes do not count. params
// is appended to and returned.
func (n *node) match(path string, params []param) (*resource, []param) {
	path = strings.TrimPrefix(strings.TrimRight(path, "/"), "/")
	if path == "" {
		return n.resource, params
	}
	return n.walk(path, params)
}

func (n *node) walk(path string, params []param) (*resource, []param) {
	segment, rest, more := strings.Cut(path, "/")
	descend := func(next *node, params []param) (*resource, []param) {
		if more {
			return next.walk(rest, params)
		}
		return next.resource, params
	}
	if next := n.static[segment]; next != nil {
		if r, found := descend(next, params); r != nil {
			return r, found
		}
	}
	if n.param != nil && segment != "" {
		if r, found := descend(n.param, append(params, param{n.param.name, segment})); r != nil {
			return r, found
		}
	}
	if n.greedy != nil && n.greedy.resource != nil {
		return n.greedy.resource, append(params, param{n.greedy.name, path})
	}
	return nil, params
}
