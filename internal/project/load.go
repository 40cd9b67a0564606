package project

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// ErrNone says that the folder has no project file.
var ErrNone = errors.New("there is no serverless.yml and no template.yaml")

// Load reads and compiles the project in o.Dir. Faults of the project are
// Problems; a folder without a project file is ErrNone. The Project that comes
// with Problems holds only what is needed to watch for a correction: Inputs.
func Load(o Options) (*Project, error) {
	l := &loader{o: o}
	if l.o.ReadFile == nil {
		l.o.ReadFile = os.ReadFile
	}
	if l.o.Data == "" {
		l.o.Data = filepath.Join(o.Dir, ".bawn")
	}
	p := &Project{Dir: o.Dir, Stage: "dev", Region: o.Region, BuildDir: l.buildDir(), APIEndpoint: o.APIEndpoint}
	err := l.load(p)
	p.Inputs = slices.Sorted(maps.Keys(l.inputs))
	var one *document.Error
	if errors.As(err, &one) {
		err = Problems{one}
	}
	return p, err
}

type loader struct {
	o      Options
	inputs map[string]bool
}

// buildDir is DATA/build; where DATA lies outside the project, DIR/.bawn/build,
// because Node finds node_modules by walking up from the built file.
func (l *loader) buildDir() string {
	if rel, err := filepath.Rel(l.o.Dir, l.o.Data); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.Join(l.o.Data, "build")
	}
	return filepath.Join(l.o.Dir, ".bawn", "build")
}

// read reads a file and notes it as an input, also when it does not exist: it
// may come.
func (l *loader) read(path string) ([]byte, error) {
	if l.inputs == nil {
		l.inputs = map[string]bool{}
	}
	l.inputs[path] = true
	return l.o.ReadFile(path)
}

func (l *loader) load(p *Project) error {
	names := configNames
	if l.o.Config != "" {
		names = []string{l.o.Config}
	}
	for _, name := range names {
		data, err := l.read(filepath.Join(l.o.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		p.File = name
		root, err := document.Parse(name, data)
		if err != nil {
			return err
		}
		return l.compile(p, root)
	}
	for _, name := range []string{"serverless.ts", "serverless.js"} {
		if _, err := l.o.ReadFile(filepath.Join(l.o.Dir, name)); err == nil {
			return document.Errorf(document.Position{File: name}, "a project file that is a program is not built in Bawn").
				WithFix("write it as serverless.yml")
		}
	}
	return ErrNone
}

func (l *loader) compile(p *Project, root *document.Node) error {
	if root.Kind != document.Map {
		return document.Errorf(root.Pos, "the project file must be a map of keys and values, this is %s", root.Kind)
	}
	switch {
	case root.Get("service") != nil || root.Get("provider") != nil || root.Get("functions") != nil:
		p.Kind = Serverless
		return l.serverless(p, root)
	case root.Get("Resources") != nil || root.Get("AWSTemplateFormatVersion") != nil || root.Get("Transform") != nil:
		p.Kind = CloudFormation
		return l.plain(p, root)
	}
	return document.Errorf(root.Pos, "the file is neither a serverless.yml (it has no service) nor a CloudFormation template (it has no Resources)")
}

func (l *loader) serverless(p *Project, root *document.Node) error {
	environ := maps.Clone(l.o.Environ)
	if environ == nil {
		environ = map[string]string{}
	}
	c := &compiler{loader: l, p: p, file: p.File, environ: environ}
	c.r = &resolver{
		root: root, dir: l.o.Dir, read: l.read, environ: environ, options: l.o.Options, params: l.o.Params,
		account: l.o.Account, region: l.o.Region, id: l.o.InstanceID,
		files: map[string]*document.Node{}, done: map[*document.Node]*document.Node{}, busy: map[*document.Node]bool{},
	}
	c.compile(root)
	p.Warnings = c.warnings
	if len(c.problems) > 0 {
		return c.problems
	}
	return nil
}

// plain takes a CloudFormation template as it is; functions whose Code is a
// path of the project are bundled like those of a serverless.yml.
func (l *loader) plain(p *Project, root *document.Node) error {
	if t := root.Get("Transform"); t != nil {
		return document.Errorf(root.KeyPos("Transform"), "templates with a Transform (%s) are not built in Bawn yet", describe(t)).
			WithFix("write AWS::Lambda::Function and the resources of the API yourself, or a serverless.yml")
	}
	if s := l.o.Options["stage"]; s != "" {
		p.Stage = s
	}
	p.Service = stackWord(filepath.Base(l.o.Dir))
	p.StackName = p.Service + "-" + p.Stage
	p.Parameters = maps.Clone(l.o.Params)
	p.template = root
	resources := root.Get("Resources")
	if resources == nil || resources.Kind != document.Map {
		return document.Errorf(root.Pos, "the template has no Resources")
	}
	for _, m := range resources.Members {
		if t := m.Value.Get("Type"); t == nil || t.Text != "AWS::Lambda::Function" {
			continue
		}
		props := m.Value.Get("Properties")
		code := props.Get("Code")
		if code == nil || code.Kind != document.String {
			continue
		}
		fn := &Function{Key: m.Key, Name: m.Key, LogicalID: m.Key, Pos: m.KeyPos, codeURI: code.Text, code: props}
		if h := props.Get("Handler"); h.IsScalar() {
			fn.Handler = h.Text
		}
		if r := props.Get("Runtime"); r.IsScalar() {
			fn.Runtime = r.Text
		}
		p.Functions = append(p.Functions, fn)
	}
	return nil
}

// stackWord makes a stack name of a folder's name.
func stackWord(s string) string {
	s = strings.Trim(notAlnum.ReplaceAllString(s, "-"), "-")
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		s = "app-" + s
	}
	if len(s) > 100 {
		s = s[:100]
	}
	return strings.TrimRight(s, "-")
}
