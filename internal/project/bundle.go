package project

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/bawn-dev/bawn/internal/document"
)

// Bundle is one built function.
type Bundle struct {
	Function *Function
	// Dir is the folder with the built code, absolute.
	Dir string
	// Handler is what the function's runtime is to load, relative to Dir:
	// "create.main".
	Handler string
	// Inputs are the absolute paths of the sources.
	Inputs []string
	// Problems are the faults of the sources. The code in Dir then throws them
	// when it is loaded: a broken function answers with its fault, never with
	// an older version.
	Problems Problems
	// Warnings are esbuild's.
	Warnings []*document.Error
}

// Bundler builds the functions of a project and keeps what makes a rebuild
// fast. It is safe for concurrent use.
type Bundler struct {
	mu       sync.Mutex
	contexts map[string]api.BuildContext
}

// NewBundler returns an empty bundler; Close it to free its memory.
func NewBundler() *Bundler { return &Bundler{contexts: map[string]api.BuildContext{}} }

// Close frees what was kept for rebuilds.
func (b *Bundler) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, c := range b.contexts {
		c.Dispose()
		delete(b.contexts, key)
	}
}

// Bundle builds all Node functions and writes their folders into the template;
// functions of other runtimes get the project's folder itself. Faults of the
// sources are in the bundles; an error means that the disk failed.
func (p *Project) Bundle(ctx context.Context, b *Bundler) ([]*Bundle, error) {
	out := make([]*Bundle, len(p.Functions))
	errs := make([]error, len(p.Functions))
	var wait sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, fn := range p.Functions {
		wait.Add(1)
		go func() {
			defer wait.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			if errs[i] = ctx.Err(); errs[i] == nil {
				out[i], errs[i] = p.build(b, fn)
			}
		}()
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, bundle := range out {
		p.setCode(bundle)
	}
	return out, nil
}

// setCode writes a bundle's place into the function's resource, unless the
// project's own resources gave it other code.
func (p *Project) setCode(b *Bundle) {
	fn := b.Function
	pos := fn.Pos
	fn.code.Set("Code", document.Of(pos, []document.Pair{
		{Key: "S3Bucket", Value: LocalCodeBucket},
		{Key: "S3Key", Value: b.Dir},
	}))
	fn.code.Set("Handler", document.Of(pos, b.Handler))
}

func (p *Project) build(b *Bundler, fn *Function) (*Bundle, error) {
	root := filepath.Join(p.Dir, filepath.FromSlash(fn.codeURI))
	out := &Bundle{Function: fn, Dir: root, Handler: fn.Handler}
	if !strings.HasPrefix(fn.Runtime, "nodejs") {
		return out, nil
	}
	file, export, ok := cutHandler(fn.Handler)
	if !ok {
		return p.broken(out, "handler", Problems{document.Errorf(fn.Pos, "the handler %q of function %s is not FILE.EXPORT", fn.Handler, fn.Key).
			WithFix("write for example src/create.main")})
	}
	entry := findEntry(root, file)
	if entry == "" {
		return p.broken(out, export, Problems{document.Errorf(fn.Pos, "the function %s has the handler %s, but there is no file %s.js (nor .ts, .mjs, .cjs ...)", fn.Key, fn.Handler, file).
			WithFix("create the file, or correct the handler")})
	}
	out.Inputs = []string{entry}
	esm := isESM(entry, p.Dir)
	result, err := b.rebuild(p.Dir, entry, filepath.Join(p.BuildDir, fn.Key, placeholder), file, esm)
	if err != nil {
		return nil, err
	}
	out.Inputs = union(out.Inputs, metaInputs(p.Dir, result.Metafile))
	out.Warnings = messages(result.Warnings)
	if len(result.Errors) > 0 {
		return p.broken(out, export, messages(result.Errors))
	}
	if missing := p.missing(result.Metafile, entry); len(missing) > 0 {
		return p.broken(out, export, missing)
	}
	out.Handler = filepath.ToSlash(file) + "." + export
	return out, p.write(out, result.OutputFiles, esm, nearestModules(entry))
}

// cutHandler splits "src/create.main" at the first dot of its last part, as
// Lambda does.
func cutHandler(handler string) (file, export string, ok bool) {
	dir, base := path.Split(handler)
	name, export, ok := strings.Cut(base, ".")
	if !ok || name == "" || export == "" {
		return "", "", false
	}
	return filepath.FromSlash(path.Join(dir, name)), export, true
}

var sourceExtensions = []string{".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"}

func findEntry(root, file string) string {
	base := filepath.Join(root, file)
	if rel, err := filepath.Rel(root, base); err != nil || strings.HasPrefix(rel, "..") {
		return ""
	}
	for _, ext := range sourceExtensions {
		if info, err := os.Stat(base + ext); err == nil && info.Mode().IsRegular() {
			return base + ext
		}
	}
	return ""
}

// isESM says whether Node would load the file as an ES module: by its
// extension, else by the nearest package.json.
func isESM(entry, stop string) bool {
	switch filepath.Ext(entry) {
	case ".mjs", ".mts":
		return true
	case ".cjs", ".cts":
		return false
	}
	for dir := filepath.Dir(entry); ; dir = filepath.Dir(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "package.json")); err == nil {
			var pkg struct{ Type string }
			return json.Unmarshal(data, &pkg) == nil && pkg.Type == "module"
		}
		if dir == stop || dir == filepath.Dir(dir) {
			return false
		}
	}
}

// nearestModules is the first node_modules upwards of a file, or "".
func nearestModules(entry string) string {
	for dir := filepath.Dir(entry); ; dir = filepath.Dir(dir) {
		modules := filepath.Join(dir, "node_modules")
		if info, err := os.Stat(modules); err == nil && info.IsDir() {
			return modules
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// placeholder stands for the hash in the folder's name while it is built, so
// that the source map's relative paths are right.
const placeholder = "0000000000000000"

func (b *Bundler) rebuild(dir, entry, outdir, name string, esm bool) (*api.BuildResult, error) {
	key := fmt.Sprintf("%s|%s|%t", outdir, entry, esm)
	b.mu.Lock()
	c := b.contexts[key]
	b.mu.Unlock()
	if c == nil {
		made, cerr := api.Context(buildOptions(dir, entry, outdir, name, esm))
		if cerr != nil {
			return nil, fmt.Errorf("prepare the bundle of %s: %w", entry, cerr)
		}
		b.mu.Lock()
		if have := b.contexts[key]; have != nil {
			made.Dispose()
			made = have
		}
		b.contexts[key] = made
		b.mu.Unlock()
		c = made
	}
	result := c.Rebuild()
	return &result, nil
}

func buildOptions(dir, entry, outdir, name string, esm bool) api.BuildOptions {
	o := api.BuildOptions{
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: entry, OutputPath: filepath.ToSlash(name)}},
		Outdir:              outdir, // never written: names the outputs
		AbsWorkingDir:       dir,
		Bundle:              true,
		Platform:            api.PlatformNode,
		Packages:            api.PackagesExternal,
		Target:              api.ES2023,
		Format:              api.FormatCommonJS,
		Sourcemap:           api.SourceMapLinked,
		SourcesContent:      api.SourcesContentExclude,
		Metafile:            true,
		LogLevel:            api.LogLevelSilent,
		KeepNames:           true,
		Supported:           map[string]bool{"dynamic-import": true},
		Loader:              map[string]api.Loader{".node": api.LoaderCopy, ".graphql": api.LoaderText, ".html": api.LoaderText, ".txt": api.LoaderText},
		Plugins:             []api.Plugin{dirnamePlugin(esm)},
	}
	if esm {
		o.Format = api.FormatESModule
		o.Banner = map[string]string{"js": "import { createRequire as __bawnRequire } from 'node:module'; const require = __bawnRequire(import.meta.url);"}
	}
	return o
}

// dirnamePlugin keeps __dirname and __filename of a source at its own place, as
// they are without bundling.
func dirnamePlugin(esm bool) api.Plugin {
	return api.Plugin{Name: "dirname", Setup: func(build api.PluginBuild) {
		if esm {
			return
		}
		build.OnLoad(api.OnLoadOptions{Filter: `\.[cm]?[jt]sx?$`, Namespace: "file"}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			data, err := os.ReadFile(a.Path)
			if err != nil || !strings.Contains(string(data), "__dirname") && !strings.Contains(string(data), "__filename") {
				return api.OnLoadResult{}, nil //nolint:nilerr // esbuild reads the file itself and reports the fault
			}
			loader := map[string]api.Loader{".ts": api.LoaderTS, ".mts": api.LoaderTS, ".cts": api.LoaderTS, ".tsx": api.LoaderTSX, ".jsx": api.LoaderJSX}[filepath.Ext(a.Path)]
			if loader == api.LoaderNone {
				loader = api.LoaderJS
			}
			text := fmt.Sprintf("var __dirname=%q,__filename=%q;", filepath.ToSlash(filepath.Dir(a.Path)), filepath.ToSlash(a.Path))
			if strings.HasPrefix(string(data), "#!") || strings.HasPrefix(string(data), `"use strict"`) || strings.HasPrefix(string(data), `'use strict'`) {
				first, rest, _ := strings.Cut(string(data), "\n")
				text = first + "\n" + text + rest
			} else {
				text += string(data)
			}
			return api.OnLoadResult{Contents: &text, Loader: loader, ResolveDir: filepath.Dir(a.Path)}, nil
		})
	}}
}

// messages turns esbuild's messages into faults with their place.
func messages(list []api.Message) Problems {
	var out Problems
	for _, m := range list {
		e := &document.Error{What: m.Text}
		if m.Location != nil {
			e.Pos = document.Position{File: m.Location.File, Line: m.Location.Line, Column: m.Location.Column + 1}
		}
		if len(m.Notes) > 0 {
			e.Fix = m.Notes[0].Text
		}
		out = append(out, e)
	}
	return out
}

// write stores the built files in BUILD/<function>/<hash>/, which is complete
// or not there at all.
func (p *Project) write(b *Bundle, files []api.OutputFile, esm bool, modules string) error {
	kind := `{"type":"commonjs"}` + "\n"
	if esm {
		kind = `{"type":"module"}` + "\n"
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%s\n%s\n", kind, modules, b.Handler)
	slices.SortFunc(files, func(a, c api.OutputFile) int { return strings.Compare(a.Path, c.Path) })
	for _, f := range files {
		fmt.Fprintf(sum, "%s %d\n", p.outputName(b.Function, f), len(f.Contents))
		sum.Write(f.Contents)
	}
	parent := filepath.Join(p.BuildDir, b.Function.Key)
	b.Dir = filepath.Join(parent, hex.EncodeToString(sum.Sum(nil)[:8]))
	if _, err := os.Stat(b.Dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("make the build folder: %w", err)
	}
	temp, err := os.MkdirTemp(parent, ".new-")
	if err != nil {
		return fmt.Errorf("make the build folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	if err := p.fill(temp, b.Function, files, kind, modules); err != nil {
		return fmt.Errorf("write the build of %s: %w", b.Function.Key, err)
	}
	if err := os.Rename(temp, b.Dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, statErr := os.Stat(b.Dir); statErr != nil {
			return fmt.Errorf("write the build of %s: %w", b.Function.Key, err)
		}
	}
	prune(parent, b.Dir)
	return nil
}

// outputName is where an output lies within its build folder.
func (p *Project) outputName(fn *Function, f api.OutputFile) string {
	rel, err := filepath.Rel(filepath.Join(p.BuildDir, fn.Key, placeholder), f.Path)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.Base(f.Path)
	}
	return rel
}

// keptBuilds is how many builds of a function stay: what runs may be some edits
// behind.
const keptBuilds = 24

// prune removes the oldest builds beside current. What cannot be removed stays.
func prune(parent, current string) {
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) <= keptBuilds {
		return
	}
	type build struct {
		path string
		made int64
	}
	var builds []build
	for _, e := range entries {
		info, err := e.Info()
		path := filepath.Join(parent, e.Name())
		if err == nil && e.IsDir() && path != current && len(e.Name()) == len(placeholder) {
			builds = append(builds, build{path, info.ModTime().UnixNano()})
		}
	}
	slices.SortFunc(builds, func(a, b build) int { return cmp.Compare(b.made, a.made) })
	for _, b := range builds[min(keptBuilds, len(builds)):] {
		_ = os.RemoveAll(b.path)
	}
}

func (p *Project) fill(dir string, fn *Function, files []api.OutputFile, kind, modules string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join(dir, p.outputName(fn, f))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Contents, 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(kind), 0o644); err != nil {
		return err
	}
	// Packages beside a function's own package.json (a workspace) are not on
	// the way up from the build folder.
	if modules == "" || strings.HasPrefix(p.BuildDir, filepath.Dir(modules)+string(filepath.Separator)) {
		return nil
	}
	return os.Symlink(modules, filepath.Join(dir, "node_modules"))
}

// broken builds a function that throws its faults when it is loaded.
func (p *Project) broken(b *Bundle, export string, problems Problems) (*Bundle, error) {
	b.Problems = problems
	b.Handler = "index." + export
	text, err := json.Marshal(problems.Error())
	if err != nil {
		return nil, err
	}
	source := "const e = new Error(" + string(text) + ");\ne.name = 'Runtime.UserCodeSyntaxError';\ne.stack = e.name + ': ' + e.message;\nthrow e;\n"
	return b, p.write(b, []api.OutputFile{{Path: "index.js", Contents: []byte(source)}}, false, "")
}
