package project

import (
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// LocalCodeBucket is the S3Bucket of a function whose code is a folder of this
// machine; S3Key is then the folder's absolute path. The lambda service accepts
// it in development only.
const LocalCodeBucket = "bawn-local-code"

// Options say what to load and what the project's variables can see.
type Options struct {
	// Dir is the project's folder, absolute.
	Dir string
	// Data is Bawn's data folder, absolute; empty: Dir/.bawn.
	Data string
	// Config is the project file's name within Dir; empty: the first of
	// ConfigNames that exists.
	Config string
	// Options are the command's options for ${opt:}: "stage", "region", ...
	Options map[string]string
	// Params are values for ${param:} given on the command line.
	Params map[string]string
	// Environ is the environment for ${env:}; a project's .env adds to it.
	Environ map[string]string
	// Account and Region are Bawn's own; a project may name another region.
	Account, Region string
	// InstanceID is ${sls:instanceId}, a random word of this run.
	InstanceID string
	// APIEndpoint is how clients reach a REST API, with {api} for its id:
	// "http://127.0.0.1:4566/_api/{api}". Empty: AWS's own host name.
	APIEndpoint string
	// WarnUnbuilt turns events and keys that are not built from errors into
	// warnings that name them.
	WarnUnbuilt bool
	// ReadFile reads a file by absolute path; nil: the disk.
	ReadFile func(path string) ([]byte, error)
}

// ConfigNames are the project files that are looked for, in order.
var configNames = []string{
	"serverless.yml", "serverless.yaml", "serverless.json",
	"template.yaml", "template.yml", "template.json",
}

// Kind is the form a project has.
type Kind int

// The forms of a project.
const (
	None Kind = iota
	Serverless
	CloudFormation
)

// Project is a loaded project. It is not changed after Load but by Bundle.
type Project struct {
	Kind Kind
	Dir  string
	// File is the project file's name within Dir.
	File string
	// Service, Stage and Region as the project names them. StackName is
	// SERVICE-STAGE unless the project says otherwise.
	Service, Stage, Region, StackName string
	// StackTags are the stack's tags, Parameters its parameters' values.
	StackTags, Parameters map[string]string
	// Functions in the order of the project file.
	Functions []*Function
	// Warnings are notes for the developer, with their place.
	Warnings []*document.Error
	// Inputs are the absolute paths of all files that were read, or looked
	// for, to load the project. Bundle.Inputs has the functions' sources.
	Inputs []string
	// BuildDir is where Bundle writes.
	BuildDir string
	// APIEndpoint is the option of the same name.
	APIEndpoint string

	template *document.Node
}

// Function is one function of a project.
type Function struct {
	// Key is its name in the project file, Name the deployed function's name.
	Key, Name string
	// LogicalID is its id in the template.
	LogicalID string
	// Handler as the project names it: "src/create.main".
	Handler string
	Runtime string
	// Routes are its REST API events: "POST /notes".
	Routes []string
	Pos    document.Position

	// codeURI is the folder of a plain template's function, else "".
	codeURI string
	code    *document.Node // the Properties map whose Code Bundle fills
}

// Problems are all faults found in a project, in the order they were found.
type Problems []*document.Error

// Error has one fault a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, e := range p {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Template returns the CloudFormation template as JSON. Before Bundle, function
// code is missing from it.
func (p *Project) Template() []byte {
	if p.template == nil {
		return nil
	}
	return p.template.AppendJSON(nil)
}

// Locate returns the place of a resource in the project's files, as near to
// the property path ("KeySchema", "0", "KeyType") as is known. The position is
// not Known for resources that Bawn added itself.
func (p *Project) Locate(logicalID string, path ...string) document.Position {
	resources := p.template.Get("Resources")
	n := resources.Get(logicalID)
	if n == nil {
		return document.Position{}
	}
	pos := resources.KeyPos(logicalID)
	n = n.Get("Properties")
	for _, step := range path {
		next := n.Get(step)
		if next == nil {
			if next = index(n, step); next == nil {
				break
			}
			pos = next.Pos
		} else {
			pos = n.KeyPos(step)
		}
		n = next
	}
	return pos
}

func index(n *document.Node, step string) *document.Node {
	if n == nil || n.Kind != document.List || len(step) == 0 || len(step) > 6 {
		return nil
	}
	i := 0
	for _, c := range step {
		if c < '0' || c > '9' {
			return nil
		}
		i = i*10 + int(c-'0')
	}
	if i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}
