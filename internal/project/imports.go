package project

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// metafile is the part of esbuild's report that is used here.
type metafile struct {
	Inputs map[string]struct {
		Imports []struct {
			Path     string `json:"path"`
			Kind     string `json:"kind"`
			External bool   `json:"external"`
			Original string `json:"original"`
		} `json:"imports"`
	} `json:"inputs"`
}

// metaInputs lists the source files of a build as absolute paths.
func metaInputs(dir, meta string) []string {
	var m metafile
	if meta == "" || json.Unmarshal([]byte(meta), &m) != nil {
		return nil
	}
	var out []string
	for name := range m.Inputs {
		if strings.HasPrefix(name, "<") || strings.Contains(name, ":") && !filepath.IsAbs(name) {
			continue // an input without a file
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, filepath.FromSlash(name))
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// missing finds packages that the sources import and that are not installed:
// each is a fault that names the npm command. A require() may stand in a try
// and is left to Node.
func (p *Project) missing(meta, entry string) Problems {
	var m metafile
	if json.Unmarshal([]byte(meta), &m) != nil {
		return nil //nolint:nilerr // it is esbuild's own output; without it nothing is found missing
	}
	absent := map[string]document.Position{}
	for name, input := range m.Inputs {
		file := filepath.Join(p.Dir, filepath.FromSlash(name))
		for _, i := range input.Imports {
			pkg := packageName(i.Path)
			if !i.External || pkg == "" || i.Kind != "import-statement" && !isSDK(pkg) || installed(pkg, filepath.Dir(file), filepath.Dir(entry)) {
				continue
			}
			if _, ok := absent[pkg]; !ok {
				absent[pkg] = findImport(name, file, i.Path)
			}
		}
	}
	var out Problems
	for pkg, pos := range absent {
		out = append(out, document.Errorf(pos, "the package %s is not installed in the project", pkg).WithFix("run: npm install %s", pkg))
	}
	slices.SortFunc(out, func(a, b *document.Error) int { return strings.Compare(a.Error(), b.Error()) })
	return out
}

func isSDK(pkg string) bool { return pkg == "aws-sdk" || strings.HasPrefix(pkg, "@aws-sdk/") }

// packageName is the package an import names, or "" for a file or a part of
// Node (or of esbuild: "<runtime>").
func packageName(path string) string {
	if path == "" || path[0] == '.' || path[0] == '/' || path[0] == '#' || path[0] == '<' || strings.Contains(path, ":") {
		return ""
	}
	parts := strings.SplitN(path, "/", 3)
	name := parts[0]
	if name[0] == '@' {
		if len(parts) < 2 {
			return ""
		}
		name += "/" + parts[1]
	}
	if slices.Contains(nodeModules, parts[0]) {
		return ""
	}
	return name
}

// nodeModules are the parts of Node that need no node: prefix.
var nodeModules = strings.Fields(`assert async_hooks buffer child_process cluster console constants crypto dgram
	diagnostics_channel dns domain events fs http http2 https inspector module net os path perf_hooks process punycode
	querystring readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib`)

func installed(pkg string, dirs ...string) bool {
	for _, dir := range dirs {
		for {
			if _, err := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(pkg))); err == nil {
				return true
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return false
}

// findImport finds the line that imports a path.
func findImport(name, file, path string) document.Position {
	pos := document.Position{File: name}
	data, err := os.ReadFile(file)
	if err != nil {
		return pos
	}
	for i, line := range strings.Split(string(data), "\n") {
		for _, q := range []string{`"`, `'`, "`"} {
			if at := strings.Index(line, q+path+q); at >= 0 {
				pos.Line, pos.Column = i+1, at+1
				return pos
			}
		}
	}
	return pos
}
