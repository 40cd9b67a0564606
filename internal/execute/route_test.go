package execute

import (
	"fmt"
	"strings"
	"testing"
)

func tree(paths ...string) *node {
	root := &node{}
	for _, p := range paths {
		root.add(&resource{path: p})
	}
	return root
}

func TestMatch(t *testing.T) {
	root := tree("/", "/notes", "/notes/{id}", "/notes/special", "/notes/{id}/tags/{tag}", "/files/{proxy+}", "/a/{x}/c", "/a/b/{y+}", "/a/{x+}")
	for path, want := range map[string]string{
		"/": "/ []", "": "/ []", "//": "/ []",
		"/notes": "/notes []", "/notes/": "/notes []", "/notes//": "/notes []",
		"/notes/1": "/notes/{id} [{id 1}]", "/notes/special": "/notes/special []", "/notes/special/": "/notes/special []",
		"/notes/1/tags/x": "/notes/{id}/tags/{tag} [{id 1} {tag x}]", "/notes/special/tags/x": "/notes/{id}/tags/{tag} [{id special} {tag x}]",
		"/notes//tags/x": "", "/notes/1/tags": "", "/other": "", "/Notes": "",
		"/files": "", "/files/a": "/files/{proxy+} [{proxy a}]", "/files/a/b/c": "/files/{proxy+} [{proxy a/b/c}]", "/files/a%2Fb": "/files/{proxy+} [{proxy a%2Fb}]",
		"/a/b/c": "/a/b/{y+} [{y c}]", "/a/q/c": "/a/{x}/c [{x q}]", "/a/q/d": "/a/{x+} [{x q/d}]", "/a/b": "/a/{x+} [{x b}]",
		"/n%6Ftes": "",
	} {
		r, params := root.match(path, nil)
		got := ""
		if r != nil {
			got = fmt.Sprintf("%s %v", r.path, params)
		}
		if got != want {
			t.Errorf("%q goes to %q, want %q", path, got, want)
		}
	}
}

func TestEffective(t *testing.T) {
	for raw, want := range map[string]string{
		"/notes/1": "/notes/1", "/notes/%31": "/notes/1", "/a/../b": "/b", "/a/%2e%2E/b": "/b", "//a//b": "/a/b", "/a/./b": "/a/b", "/..": "/",
		"/a%2Fb": "/a/b", "/a%2": "/a%2", "/a%zz": "/a%zz", "/notes/": "/notes", "/": "/", "/a+b": "/a+b", "/a.b/.c": "/a.b/.c",
	} {
		if got := effective(raw); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	root := tree("/", "/a", "/a/{b}", "/a/{b}/c", "/a/{b+}", "/{p+}")
	f.Add("/a/b/c")
	f.Fuzz(func(t *testing.T, path string) {
		r, params := root.match(path, nil)
		if r == nil {
			return
		}
		// The resource with its parameters filled in is the path again.
		filled := r.path
		for _, p := range params {
			filled = strings.Replace(strings.Replace(filled, "{"+p.name+"}", p.value, 1), "{"+p.name+"+}", p.value, 1)
		}
		if strings.TrimPrefix(filled, "/") != strings.TrimPrefix(strings.TrimRight(path, "/"), "/") && strings.Trim(path, "/") != "" && !strings.ContainsAny(path, "{}") {
			t.Fatalf("%q went to %s with %v", path, r.path, params)
		}
	})
}
