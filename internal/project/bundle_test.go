package project

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// write makes files below a fresh folder and returns it.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func bundle(t *testing.T, dir string, o Options) (*Project, []*Bundle) {
	t.Helper()
	o.Dir, o.Region = dir, "us-east-1"
	p, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBundler()
	t.Cleanup(b.Close)
	bundles, err := p.Bundle(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return p, bundles
}

// call loads a built handler in Node, the way a runtime does, and prints its
// result.
func callHandler(t *testing.T, b *Bundle) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	file, export, _ := cutHandler(b.Handler)
	script := "import(" + quoteJS(filepath.Join(b.Dir, file+".js")) + ").then(async m => { const h = m." + export + " || m.default." + export +
		"; console.log(await h({}, {})) }, e => console.log(String(e.message)))"
	out, err := exec.Command(node, "--input-type=module", "-e", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func quoteJS(s string) string { return "'" + filepath.ToSlash(s) + "'" }

func TestBundle(t *testing.T) {
	tests := []struct {
		name, handler, want string
		files               map[string]string
	}{
		{"commonjs", "src/create.main", "made by lib", map[string]string{
			"src/create.js": "const lib = require('../lib/say');\nexports.main = async () => lib.say();\n",
			"lib/say.js":    "exports.say = () => 'made by lib';\n"}},
		{"import in a .js file, as bundlers allow it", "create.main", "dep+local", map[string]string{
			"create.js":                     "import dep from 'dep';\nimport { x } from './x';\nexport async function main() { return dep + x; }\n",
			"x.js":                          "export const x = '+local';\n",
			"node_modules/dep/index.js":     "module.exports = 'dep';\n",
			"node_modules/dep/package.json": `{"name": "dep"}`}},
		{"module with top-level await and require", "create.main", "waited", map[string]string{
			"package.json": `{"type": "module"}`,
			"create.js":    "const x = await Promise.resolve('waited');\nexport const main = async () => x;\n"}},
		{"typescript", "create.main", "typed 7", map[string]string{
			"create.ts": "type N = number;\nconst n: N = 7;\nexport const main = async (): Promise<string> => `typed ${n}`;\n"}},
		{"mjs", "create.main", "m", map[string]string{"create.mjs": "export const main = async () => 'm';\n"}},
		{"json and __dirname", "a/create.main", "v here", map[string]string{
			"a/create.js": "const j = require('./d.json');\nconst fs = require('fs');\nexports.main = async () => j.k + ' ' + fs.readFileSync(__dirname + '/t.txt');\n",
			"a/d.json":    `{"k": "v"}`, "a/t.txt": "here"}},
		{"package beside the function", "fn/create.main", "near", map[string]string{
			"fn/create.js":                     "import d from 'd';\nexport const main = async () => d;\n",
			"fn/node_modules/d/index.js":       "module.exports = 'near';\n",
			"fn/node_modules/d/package.json":   `{"name": "d"}`,
			"node_modules/other/package.json":  `{}`,
			"fn/node_modules/other/index.json": `{}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.files["serverless.yml"] = head + "functions:\n  f: {handler: " + tt.handler + "}\n"
			dir := writeFiles(t, tt.files)
			p, bundles := bundle(t, dir, Options{})
			b := bundles[0]
			if len(b.Problems) > 0 {
				t.Fatal(b.Problems)
			}
			if got := callHandler(t, b); got != tt.want {
				t.Errorf("handler answered %q, want %q", got, tt.want)
			}
			if b.Handler != tt.handler || !strings.HasPrefix(b.Dir, filepath.Join(dir, ".bawn", "build", "f")) {
				t.Errorf("bundle %+v", b)
			}
			if !strings.Contains(string(p.Template()), `"Code":{"S3Bucket":"bawn-local-code","S3Key":"`+b.Dir+`"}`) {
				t.Errorf("template %s", p.Template())
			}
			for _, in := range b.Inputs {
				if _, err := os.Stat(in); err != nil {
					t.Errorf("input %s: %v", in, err)
				}
			}
		})
	}
}

func TestBundleFaults(t *testing.T) {
	tests := []struct {
		name, want string
		files      map[string]string
	}{
		{"syntax", "create.js:2:11: ", map[string]string{"create.js": "exports.main = async () => {\n  const x 7;\n};\n"}},
		{"missing file", "create.js:1:", map[string]string{"create.js": "import x from './nope';\nexport const main = x;\n"}},
		{"missing package", "create.js:2:22: the package @aws-sdk/client-dynamodb is not installed in the project; run: npm install @aws-sdk/client-dynamodb",
			map[string]string{"create.js": "import fs from 'fs';\nimport { X } from 'x'; import Y from '@aws-sdk/client-dynamodb';\nexport const main = async () => [fs, X, Y];\n",
				"node_modules/x/package.json": "{}"}},
		{"no such handler", "there is no file create.js", map[string]string{"other.js": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.files["serverless.yml"] = head + "functions:\n  f: {handler: create.main}\n"
			dir := writeFiles(t, tt.files)
			_, bundles := bundle(t, dir, Options{})
			got := bundles[0].Problems.Error()
			if tt.name == "missing package" {
				if !strings.Contains(got, "run: npm install @aws-sdk/client-dynamodb") || !strings.HasPrefix(got, "create.js:2:") {
					t.Errorf("got %s", got)
				}
			} else if !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			// The function throws its fault when it is loaded.
			if said := callHandler(t, bundles[0]); !strings.Contains(got, said) {
				t.Errorf("the function says %q, the fault is %q", said, got)
			}
		})
	}
}

// TestRebuild: an edit makes a new folder, an unchanged source keeps its own.
func TestRebuild(t *testing.T) {
	dir := writeFiles(t, map[string]string{"serverless.yml": head + "functions:\n  f: {handler: create.main}\n", "create.js": "exports.main = async () => 1;\n"})
	p, err := Load(Options{Dir: dir, Region: "us-east-1", Data: "/nowhere/else"})
	if err != nil {
		t.Fatal(err)
	}
	b := NewBundler()
	defer b.Close()
	build := func() string {
		bundles, err := p.Bundle(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		return bundles[0].Dir
	}
	first := build()
	if again := build(); again != first || !strings.HasPrefix(first, dir) {
		t.Errorf("folders %s %s", first, again)
	}
	if err := os.WriteFile(filepath.Join(dir, "create.js"), []byte("exports.main = async () => 2;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if edited := build(); edited == first {
		t.Errorf("the edit is not seen: %s", edited)
	}
}

// TestPrune: old builds go, the present one stays.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	current := filepath.Join(dir, fmt.Sprintf("%016x", 0))
	for i := range keptBuilds + 5 {
		path := filepath.Join(dir, fmt.Sprintf("%016x", i))
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		made := time.Unix(int64(1000+i), 0)
		if err := os.Chtimes(path, made, made); err != nil {
			t.Fatal(err)
		}
	}
	prune(dir, current)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != keptBuilds+1 || left[0].Name() != filepath.Base(current) || left[1].Name() != fmt.Sprintf("%016x", 5) {
		t.Errorf("left %v %v", left, err)
	}
}

func TestWatcher(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.yml": "1", "other.yml": "1"})
	w, err := NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	a, later := filepath.Join(dir, "a.yml"), filepath.Join(dir, "later.yml")
	if err := w.Set([]string{a, later, filepath.Join(dir, "gone", "x")}); err != nil {
		t.Fatal(err)
	}
	expect := func(want string, change func() error) {
		t.Helper()
		if err := change(); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-w.Changes:
			if !slices.Contains(got, want) {
				t.Errorf("changes %v, want %s", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("no change of %s", want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "other.yml"), []byte("2"), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(a, func() error { return os.WriteFile(a, []byte("2"), 0o644) })
	expect(later, func() error { return os.WriteFile(later, []byte("new"), 0o644) })
	expect(a, func() error { // an editor's save: a new file takes the name
		temp := a + ".tmp"
		if err := os.WriteFile(temp, []byte("3"), 0o644); err != nil {
			return err
		}
		return os.Rename(temp, a)
	})
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, open := <-w.Changes; open {
		if _, open = <-w.Changes; open {
			t.Error("Changes is open after Close")
		}
	}
}
