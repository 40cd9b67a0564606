package project

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// refusedSources are variable sources that need a cloud or run code.
var refusedSources = []string{"cf", "ssm", "s3", "git", "vault", "doppler", "terraform", "awsSecretsManager", "output", "http", "https"}

// resolver replaces the framework's variables in a project's tree. Values are
// resolved when they are needed and once each.
type resolver struct {
	root    *document.Node
	dir     string
	read    func(path string) ([]byte, error)
	environ map[string]string
	options map[string]string
	params  map[string]string
	account string
	region  string
	id      string

	files map[string]*document.Node
	done  map[*document.Node]*document.Node
	busy  map[*document.Node]bool
	depth int
	count int
}

// maxResolved bounds the values made by one load: nested ${self:} can grow a
// tree exponentially.
const maxResolved = 500_000

// node resolves a value and all below it. Names of maps are resolved too.
func (r *resolver) node(n *document.Node) (*document.Node, error) {
	if n == nil {
		return nil, nil
	}
	if out, ok := r.done[n]; ok {
		return out, nil
	}
	if r.busy[n] {
		return nil, document.Errorf(n.Pos, "this value refers to itself through its variables")
	}
	if r.count++; r.count > maxResolved {
		return nil, document.Errorf(n.Pos, "the variables of this project make more than %d values", maxResolved)
	}
	r.busy[n] = true
	defer delete(r.busy, n)
	out, err := r.resolve(n)
	if err != nil {
		return nil, err
	}
	r.done[n] = out
	r.done[out] = out // its text is final: an escaped ${ is not read again
	return out, nil
}

func (r *resolver) resolve(n *document.Node) (*document.Node, error) {
	switch n.Kind {
	case document.String:
		if !hasVariable(n.Text) {
			return n, nil
		}
		return r.text(n)
	case document.List:
		out := &document.Node{Kind: n.Kind, Pos: n.Pos}
		for _, item := range n.Items {
			v, err := r.node(item)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, v)
		}
		return out, nil
	case document.Map:
		out := &document.Node{Kind: n.Kind, Pos: n.Pos}
		for _, m := range n.Members {
			key := m.Key
			if hasVariable(key) {
				k, err := r.text(&document.Node{Kind: document.String, Text: key, Pos: m.KeyPos})
				if err != nil {
					return nil, err
				}
				key = k.Text
			}
			v, err := r.node(m.Value)
			if err != nil {
				return nil, err
			}
			out.Members = append(out.Members, document.Member{Key: key, KeyPos: m.KeyPos, Value: v})
		}
		return out, nil
	}
	return n, nil
}

// text resolves a string: one variable alone may yield any value, within text
// it must be a scalar.
func (r *resolver) text(n *document.Node) (*document.Node, error) {
	parts, err := parseParts(n.Text)
	if err != nil {
		return nil, document.Errorf(n.Pos, "%v", err).WithFix(`a literal ${ is written \${`)
	}
	return r.join(parts, n.Pos)
}

func (r *resolver) join(parts []part, pos document.Position) (*document.Node, error) {
	if len(parts) == 1 && parts[0].variable != nil {
		return r.variable(parts[0].variable, pos)
	}
	var b strings.Builder
	for _, p := range parts {
		if p.variable == nil {
			b.WriteString(p.text)
			continue
		}
		v, err := r.variable(p.variable, pos)
		if err != nil {
			return nil, err
		}
		if !v.IsScalar() {
			return nil, document.Errorf(pos, "the variable %s stands within text, but its value is %s", p.variable.raw, v.Kind).
				WithFix("let it point at a string or number")
		}
		b.WriteString(v.Text)
	}
	return &document.Node{Kind: document.String, Text: b.String(), Pos: pos}, nil
}

func (r *resolver) variable(v *variable, pos document.Position) (*document.Node, error) {
	if r.depth++; r.depth > 100 {
		return nil, document.Errorf(pos, "the variable %s is nested too deeply", v.raw)
	}
	defer func() { r.depth-- }()
	for _, src := range v.sources {
		out, err := r.source(src, pos)
		if err != nil {
			return nil, err
		}
		if out != nil && out.Kind != document.Null {
			if out.IsScalar() {
				placed := *out
				placed.Pos = pos
				return &placed, nil
			}
			return out, nil
		}
		if src.bare && src.literal != nil {
			return &document.Node{Pos: pos}, nil // ${..., null}
		}
	}
	e := document.Errorf(pos, "the variable %s has no value", v.raw)
	if path := r.missingFile(v); path != "" {
		return nil, e.WithFix("there is no file %s: create it, correct its name, or give a default", path)
	}
	if len(v.sources) == 1 {
		return nil, e.WithFix("set it, or give a default: ${%s, 'value'}", v.sources[0].raw)
	}
	return nil, e.WithFix("none of its alternatives is set")
}

// source returns nil when the source has no value.
func (r *resolver) source(src source, pos document.Position) (*document.Node, error) {
	if src.literal != nil {
		return literalNode(src, pos), nil
	}
	if src.kind == "" {
		return r.join(src.address, pos)
	}
	address, err := r.joinText(src.address, pos)
	if err != nil {
		return nil, err
	}
	switch src.kind {
	case "self":
		return r.walk(r.root, address, pos)
	case "file":
		return r.file(src, address, pos)
	case "opt":
		return r.option(address, pos)
	case "env":
		return textOrNil(r.environ, address, pos), nil
	case "param":
		return r.param(address, pos)
	case "sls":
		return r.sls(address, pos)
	case "aws":
		return r.aws(address, pos)
	case "strToBool":
		return r.strToBool(src, pos)
	}
	if slices.Contains(refusedSources, src.kind) {
		return nil, document.Errorf(pos, "the variable source %q (${%s}) is not built in Bawn: it needs the cloud", src.kind, src.raw).
			WithFix("use ${env:NAME} with a line in .env, or ${param:name} with a value per stage under params")
	}
	return nil, document.Errorf(pos, "the variable source %q (${%s}) is not known", src.kind, src.raw).
		WithFix(`the sources are self, opt, env, file, param, sls and aws; a literal ${ is written \${`)
}

func literalNode(src source, pos document.Position) *document.Node {
	n := &document.Node{Kind: document.String, Text: *src.literal, Pos: pos}
	if !src.bare {
		return n
	}
	switch n.Text {
	case "null":
		return &document.Node{Pos: pos}
	case "true", "false":
		n.Kind = document.Bool
	default:
		n.Kind = document.Number
	}
	return n
}

func textOrNil(m map[string]string, key string, pos document.Position) *document.Node {
	v, ok := m[key]
	if !ok {
		return nil
	}
	return &document.Node{Kind: document.String, Text: v, Pos: pos}
}

func (r *resolver) joinText(parts []part, pos document.Position) (string, error) {
	if len(parts) == 0 {
		return "", nil
	}
	n, err := r.join(parts, pos)
	if err != nil {
		return "", err
	}
	if !n.IsScalar() {
		return "", document.Errorf(pos, "a variable's address must be text, this is %s", n.Kind)
	}
	return strings.TrimSpace(n.Text), nil
}

// walk follows a dotted address from n, resolving only what lies on the way.
func (r *resolver) walk(n *document.Node, address string, pos document.Position) (*document.Node, error) {
	if address != "" {
		for _, step := range strings.Split(address, ".") {
			if n != nil && n.Kind == document.String && hasVariable(n.Text) {
				resolved, err := r.node(n)
				if err != nil {
					return nil, err
				}
				n = resolved
			}
			switch {
			case n == nil:
				return nil, nil
			case n.Kind == document.List:
				i, err := strconv.Atoi(step)
				if err != nil || i < 0 || i >= len(n.Items) {
					return nil, nil //nolint:nilerr // no such item is no value, not a fault
				}
				n = n.Items[i]
			default:
				n = n.Get(step)
			}
		}
	}
	if n == nil {
		return nil, nil
	}
	if r.busy[n] {
		return nil, document.Errorf(pos, "the variable ${self:%s} refers to the value it stands in", address)
	}
	return r.node(n)
}

func (r *resolver) option(address string, pos document.Position) (*document.Node, error) {
	if address == "" {
		return document.Of(pos, pairs(r.options)), nil
	}
	return textOrNil(r.options, address, pos), nil
}

func pairs(m map[string]string) []document.Pair {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]document.Pair, 0, len(m))
	for _, k := range keys {
		out = append(out, document.Pair{Key: k, Value: m[k]})
	}
	return out
}

// stage is the --stage option, else provider.stage, else "dev".
func (r *resolver) stage() (string, error) {
	if s := r.options["stage"]; s != "" {
		return s, nil
	}
	n, err := r.walk(r.root, "provider.stage", document.Position{})
	if err != nil {
		return "", err
	}
	if n.IsScalar() && n.Text != "" {
		return n.Text, nil
	}
	return "dev", nil
}

func (r *resolver) param(address string, pos document.Position) (*document.Node, error) {
	if v := textOrNil(r.params, address, pos); v != nil {
		return v, nil
	}
	stage, err := r.stage()
	if err != nil {
		return nil, err
	}
	for _, at := range []string{"params." + stage, "stages." + stage + ".params", "params.default", "stages.default.params"} {
		holder, err := r.find(at)
		if err != nil {
			return nil, err
		}
		v, err := r.walk(holder, address, pos)
		if err != nil || (v != nil && v.Kind != document.Null) {
			return v, err
		}
	}
	return nil, nil
}

// find follows an address without resolving the value it ends at.
func (r *resolver) find(address string) (*document.Node, error) {
	n := r.root
	for _, step := range strings.Split(address, ".") {
		n = n.Get(step)
		if n != nil && n.Kind == document.String && hasVariable(n.Text) {
			resolved, err := r.node(n)
			if err != nil {
				return nil, err
			}
			n = resolved
		}
	}
	return n, nil
}

func (r *resolver) sls(address string, pos document.Position) (*document.Node, error) {
	switch address {
	case "stage":
		s, err := r.stage()
		return &document.Node{Kind: document.String, Text: s, Pos: pos}, err
	case "instanceId":
		return &document.Node{Kind: document.String, Text: r.id, Pos: pos}, nil
	}
	return nil, document.Errorf(pos, "the variable ${sls:%s} is not known", address).WithFix("there are sls:stage and sls:instanceId")
}

// aws answers accountId and region; any other ${aws:...} is an IAM policy
// variable (${aws:username}) and stays as it is.
func (r *resolver) aws(address string, pos document.Position) (*document.Node, error) {
	text := "${aws:" + address + "}"
	switch address {
	case "accountId":
		text = r.account
	case "region":
		text = r.region
	}
	return &document.Node{Kind: document.String, Text: text, Pos: pos}, nil
}

func (r *resolver) strToBool(src source, pos document.Position) (*document.Node, error) {
	text, err := r.joinText(src.params, pos)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(strings.Trim(text, `'"`)) {
	case "true", "1":
		return document.Of(pos, true), nil
	case "false", "0", "null", "undefined":
		return document.Of(pos, false), nil
	}
	return nil, document.Errorf(pos, "strToBool cannot read %q", text).WithFix("write true, false, 0 or 1")
}

func (r *resolver) file(src source, address string, pos document.Position) (*document.Node, error) {
	name, err := r.joinText(src.params, pos)
	if err != nil {
		return nil, err
	}
	name = strings.Trim(name, `'"`)
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, filepath.FromSlash(name))
	}
	root, err := r.load(path, name, pos)
	if err != nil || root == nil {
		return nil, err
	}
	return r.walk(root, address, pos)
}

// missingFile returns the path of a variable's only source if that is a file
// which does not exist, else "".
func (r *resolver) missingFile(v *variable) string {
	if len(v.sources) != 1 || v.sources[0].kind != "file" {
		return ""
	}
	name, err := r.joinText(v.sources[0].params, document.Position{})
	if err != nil {
		return ""
	}
	path := filepath.FromSlash(strings.Trim(name, `'"`))
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, path)
	}
	if _, err := r.read(path); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return r.display(path)
}

func (r *resolver) load(path, name string, pos document.Position) (*document.Node, error) {
	if n, ok := r.files[path]; ok {
		return n, nil
	}
	switch filepath.Ext(path) {
	case ".js", ".cjs", ".mjs", ".ts":
		return nil, document.Errorf(pos, "${file(%s)} runs a program; that is not built in Bawn", name).
			WithFix("put the values into a .yml or .json file")
	}
	data, err := r.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // no value: a default may follow
	}
	if err != nil {
		return nil, document.Errorf(pos, "cannot read %s: %v", name, err)
	}
	n := &document.Node{Kind: document.String, Text: strings.TrimSpace(string(data)), Pos: document.Position{File: path, Line: 1, Column: 1}}
	switch filepath.Ext(path) {
	case ".yml", ".yaml", ".json", ".tfstate":
		if n, err = document.Parse(r.display(path), data); err != nil {
			return nil, err
		}
	}
	r.files[path] = n
	return n, nil
}

// display shortens a path for positions: relative to the project.
func (r *resolver) display(path string) string {
	if rel, err := filepath.Rel(r.dir, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}
