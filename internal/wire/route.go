package wire

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/shape"
)

// maxQueryPairs bounds the parameters of a URL.
const maxQueryPairs = 1000

// router finds the operation of a request of a REST protocol.
type router struct {
	routes map[string][]*route // by method, most telling first
	byName map[string]*route
	// literals are the query parameters that name a sub-resource in some URI
	// of the model ("acl", "uploads"). A request that carries one must be
	// taken by an operation that names it, never by one that overlooks it.
	literals map[string]bool
}

// route is one operation's method and URI, taken apart.
type route struct {
	op       *shape.Operation
	segments []segment
	literal  []param  // query parameters with the value they must have
	query    []string // query parameters that must be there
	header   []string // headers that must be there
}

// segment is a part of a path between slashes: a literal text, or a label.
type segment struct {
	text   string
	label  bool
	greedy bool // the label takes all the rest of the path
}

type param struct{ name, value string }

func newRouter(model *shape.Model) *router {
	rt := &router{routes: map[string][]*route{}, byName: map[string]*route{}, literals: map[string]bool{}}
	for i := range model.Operations {
		r := newRoute(&model.Operations[i])
		rt.routes[r.op.Method] = append(rt.routes[r.op.Method], r)
		rt.byName[r.op.Name] = r
		for _, p := range r.literal {
			if p.value == "" {
				rt.literals[p.name] = true
			}
		}
		// Told apart from its neighbours by a parameter alone (uploadId).
		if len(r.literal) == 0 {
			for _, name := range r.query {
				rt.literals[name] = true
			}
		}
	}
	for _, list := range rt.routes {
		slices.SortStableFunc(list, compareRoutes)
	}
	return rt
}

func newRoute(op *shape.Operation) *route {
	path, query, _ := strings.Cut(op.URI, "?")
	r := &route{op: op, query: op.Query, header: op.Header}
	for _, text := range splitPath(path) {
		s := segment{text: text}
		if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
			s = segment{text: strings.Trim(text, "{+}"), label: true, greedy: strings.HasSuffix(text, "+}")}
		}
		r.segments = append(r.segments, s)
	}
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		r.literal = append(r.literal, param{name, value})
	}
	return r
}

// splitPath cuts a path at its slashes, without the first one and one last.
func splitPath(path string) []string {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// compareRoutes puts first what asks for more: literal segments, then query
// and headers, then operations that are not deprecated.
func compareRoutes(a, b *route) int {
	if d := b.weight() - a.weight(); d != 0 {
		return d
	}
	if a.op.Deprecated != b.op.Deprecated {
		if b.op.Deprecated {
			return -1
		}
		return 1
	}
	return strings.Compare(a.op.Name, b.op.Name)
}

func (r *route) weight() int {
	w := 0
	for _, s := range r.segments {
		if !s.label {
			w += 100
		}
	}
	return w + 10*len(r.literal) + 3*len(r.query) + 2*len(r.header)
}

// find returns the route of a request, or nil.
func (rt *router) find(r *Request) *route {
	segments := splitRequest(r.Path)
	query, ok := parseQuery(r.RawQuery)
	if !ok {
		return nil
	}
	for _, candidate := range rt.routes[r.Method] {
		if !candidate.fits(segments) || !candidate.asks(query, r.Header) {
			continue
		}
		if _, ok := candidate.match(segments); !ok || rt.overlooks(candidate, query) {
			return nil
		}
		return candidate
	}
	return nil
}

// fits says whether a path has the form of the route; it does not look at
// escapes, match does.
func (r *route) fits(path []string) bool {
	for i, s := range r.segments {
		switch {
		case i >= len(path):
			return false
		case s.greedy:
			return len(path) > i+1 || path[i] != ""
		case s.label && path[i] == "", !s.label && path[i] != s.text:
			return false
		}
	}
	rest := path[len(r.segments):]
	return len(rest) == 0 || len(rest) == 1 && rest[0] == ""
}

// overlooks says whether the request carries a sub-resource that the route is
// not about.
func (rt *router) overlooks(r *route, query []param) bool {
	for _, q := range query {
		if !rt.literals[q.name] || slices.Contains(r.query, q.name) {
			continue
		}
		if slices.ContainsFunc(r.literal, func(p param) bool { return p.name == q.name }) {
			continue
		}
		// A part of an object may be read; only writing it is an operation of
		// its own.
		if q.name == "partNumber" && (r.op.Method == http.MethodGet || r.op.Method == http.MethodHead) {
			continue
		}
		return true
	}
	return false
}

// asks says whether the request has the query parameters and headers that make
// it this operation.
func (r *route) asks(query []param, h http.Header) bool {
	for _, want := range r.literal {
		if !slices.ContainsFunc(query, func(q param) bool {
			return q.name == want.name && (want.value == "" || q.value == want.value)
		}) {
			return false
		}
	}
	for _, name := range r.query {
		if !slices.ContainsFunc(query, func(q param) bool { return q.name == name }) {
			return false
		}
	}
	for _, name := range r.header {
		if h.Get(name) == "" {
			return false
		}
	}
	return true
}

// splitRequest cuts a request's path at its slashes, still escaped. A slash at
// the end gives an empty last segment.
func splitRequest(path string) []string {
	return strings.Split(strings.TrimPrefix(path, "/"), "/")
}

// match returns the labels of a path, unescaped once, in the order of the
// segments that are labels. Empty segments match no label, but the bytes of a
// greedy label are what they are: a//b is not a/b.
func (r *route) match(path []string) (labels []param, ok bool) {
	for i, s := range r.segments {
		if i >= len(path) {
			return nil, false
		}
		switch {
		case s.greedy:
			rest := strings.Join(path[i:], "/")
			if rest == "" {
				return nil, false
			}
			value, err := url.PathUnescape(rest)
			if err != nil {
				return nil, false
			}
			return append(labels, param{s.text, value}), true
		case s.label:
			value, err := url.PathUnescape(path[i])
			if err != nil || value == "" {
				return nil, false
			}
			labels = append(labels, param{s.text, value})
		case path[i] != s.text:
			return nil, false
		}
	}
	// A slash at the end is as good as none.
	rest := path[len(r.segments):]
	return labels, len(rest) == 0 || len(rest) == 1 && rest[0] == ""
}

// parseQuery reads the parameters of a URL in order. ok is false for a broken
// escape and for too many of them.
func parseQuery(raw string) (list []param, ok bool) {
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || len(list) >= maxQueryPairs {
			return nil, false
		}
		list = append(list, param{name, value})
	}
	return list, true
}
