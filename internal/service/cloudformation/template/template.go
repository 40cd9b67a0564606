package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// Limits of a template (AWS CloudFormation user guide, "quotas").
const (
	MaxResources  = 500
	MaxParameters = 200
	MaxOutputs    = 200
)

// Error is a fault of a template: CloudFormation's message and the place.
type Error struct {
	Message string
	Pos     document.Position
	// LogicalID is the resource that is at fault, or "".
	LogicalID string
}

// Error returns the message alone, as the service sends it.
func (e *Error) Error() string { return e.Message }

func fail(pos document.Position, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Pos: pos}
}

// Template is a parsed template. It is not changed after Parse.
type Template struct {
	Description string
	Parameters  []*Parameter
	Mappings    *document.Node
	Conditions  []Condition
	// Resources are in the template's order.
	Resources []*Resource
	Outputs   []*Output
	Metadata  *document.Node
	// Root is the whole document.
	Root *document.Node

	resources map[string]*Resource
}

// Condition is one entry of the Conditions section.
type Condition struct {
	Name string
	Expr *document.Node
}

// Resource is one entry of the Resources section.
type Resource struct {
	ID, Type            string
	Properties          *document.Node
	DependsOn           []string
	Condition           string
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            *document.Node
	Pos                 document.Position
}

// Output is one entry of the Outputs section.
type Output struct {
	Name        string
	Description string
	Value       *document.Node
	ExportName  *document.Node
	Condition   string
	Pos         document.Position
}

// Resource returns a resource by its logical id, or nil.
func (t *Template) Resource(id string) *Resource { return t.resources[id] }

var sections = []string{
	"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
	"Transform", "Resources", "Outputs", "Hooks",
}

// Parse reads a template body in YAML or JSON and checks all that can be
// checked without values. Faults are *Error.
func Parse(body []byte) (*Template, error) {
	root, err := document.Parse("", body)
	if err != nil {
		var e *document.Error
		if d, ok := err.(*document.Error); ok { //nolint:errorlint // Parse returns it unwrapped
			e = d
		} else {
			return nil, fail(document.Position{}, "Template format error: %v", err)
		}
		return nil, fail(e.Pos, "Template format error: %s", e.Error())
	}
	return FromNode(root)
}

// FromNode reads a template that is already a tree.
func FromNode(root *document.Node) (*Template, error) {
	if root.Kind != document.Map {
		return nil, fail(root.Pos, "Template format error: unsupported structure.")
	}
	t := &Template{Root: root, resources: map[string]*Resource{}}
	var unknown []string
	for _, m := range root.Members {
		if !slices.Contains(sections, m.Key) {
			unknown = append(unknown, m.Key)
		}
	}
	if len(unknown) > 0 {
		return nil, fail(root.KeyPos(unknown[0]), "Invalid template property or properties [%s]", strings.Join(unknown, ", "))
	}
	for _, key := range []string{"Transform", "Rules", "Hooks"} {
		if n := root.Get(key); n != nil && n.Kind != document.Null {
			return nil, fail(root.KeyPos(key), "Template section %s is not built in Bawn", key)
		}
	}
	if v := root.Get("AWSTemplateFormatVersion"); v != nil && v.Text != "2010-09-09" {
		return nil, fail(v.Pos, "Template format error: Unsupported value for AWSTemplateFormatVersion. No such version.")
	}
	if d := root.Get("Description"); d != nil && d.Kind != document.Null {
		if !d.IsScalar() {
			return nil, fail(d.Pos, "Template format error: Description must be a string")
		}
		t.Description = d.Text
	}
	t.Metadata = root.Get("Metadata")
	steps := []func() error{t.readParameters, t.readMappings, t.readConditions, t.readResources, t.readOutputs, t.check}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// section returns a map section, or nil when it is absent or empty.
func (t *Template) section(name string) (*document.Node, error) {
	n := t.Root.Get(name)
	if n == nil || n.Kind == document.Null {
		return nil, nil
	}
	if n.Kind != document.Map {
		return nil, fail(n.Pos, "Template format error: %s must be an object.", name)
	}
	return n, nil
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

func (t *Template) readMappings() error {
	n, err := t.section("Mappings")
	if err != nil || n == nil {
		return err
	}
	for _, m := range n.Members {
		if m.Value.Kind != document.Map {
			return fail(m.KeyPos, "Template format error: Every Mappings member %s must be a map", m.Key)
		}
	}
	t.Mappings = n
	return nil
}

func (t *Template) readConditions() error {
	n, err := t.section("Conditions")
	if err != nil || n == nil {
		return err
	}
	for _, m := range n.Members {
		t.Conditions = append(t.Conditions, Condition{m.Key, m.Value})
	}
	return nil
}

var resourceAttributes = []string{
	"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata",
	"CreationPolicy", "UpdatePolicy", "Description",
}

func (t *Template) readResources() error {
	n, err := t.section("Resources")
	if err != nil {
		return err
	}
	if n == nil || len(n.Members) == 0 {
		return fail(t.Root.Pos, "Template format error: At least one Resources member must be defined.")
	}
	if len(n.Members) > MaxResources {
		return fail(n.Pos, "Template format error: Number of resources, %d, is greater than maximum allowed, %d", len(n.Members), MaxResources)
	}
	for _, m := range n.Members {
		r, err := readResource(m)
		if err != nil {
			return err
		}
		t.Resources = append(t.Resources, r)
		t.resources[r.ID] = r
	}
	return nil
}

func readResource(m document.Member) (*Resource, error) {
	r := &Resource{ID: m.Key, Pos: m.KeyPos}
	wrong := func(format string, args ...any) (*Resource, error) {
		e := fail(m.KeyPos, "Template format error: "+format, args...)
		e.LogicalID = m.Key
		return nil, e
	}
	if !logicalID.MatchString(m.Key) {
		return wrong("Resource name %s is non alphanumeric.", m.Key)
	}
	if m.Value.Kind != document.Map {
		return wrong("[/Resources/%s] resource definition is malformed", m.Key)
	}
	for _, a := range m.Value.Members {
		if !slices.Contains(resourceAttributes, a.Key) {
			e := fail(a.KeyPos, "Invalid template resource property '%s'", a.Key)
			e.LogicalID = m.Key
			return nil, e
		}
	}
	kind := m.Value.Get("Type")
	if !kind.IsScalar() || kind.Text == "" {
		return wrong("[/Resources/%s] Every Resources object must contain a Type member.", m.Key)
	}
	r.Type = kind.Text
	for _, key := range []string{"CreationPolicy", "UpdatePolicy"} {
		if v := m.Value.Get(key); v != nil && v.Kind != document.Null {
			return wrong("[/Resources/%s] the attribute %s is not built in Bawn", m.Key, key)
		}
	}
	if p := m.Value.Get("Properties"); p != nil && p.Kind != document.Null {
		if p.Kind != document.Map {
			return wrong("[/Resources/%s/Properties] 'null' values are not allowed in templates", m.Key)
		}
		r.Properties = p
	}
	r.Metadata = m.Value.Get("Metadata")
	if c := m.Value.Get("Condition"); c != nil {
		if c.Kind != document.String {
			return wrong("[/Resources/%s/Condition] a condition must be a name", m.Key)
		}
		r.Condition = c.Text
	}
	var err error
	if r.DependsOn, err = dependsOn(m); err != nil {
		return nil, err
	}
	if r.DeletionPolicy, err = policy(m, "DeletionPolicy", "Delete", "Retain", "Snapshot", "RetainExceptOnCreate"); err != nil {
		return nil, err
	}
	r.UpdateReplacePolicy, err = policy(m, "UpdateReplacePolicy", "Delete", "Retain", "Snapshot")
	return r, err
}

func dependsOn(m document.Member) ([]string, error) {
	n := m.Value.Get("DependsOn")
	if n == nil || n.Kind == document.Null {
		return nil, nil
	}
	if n.Kind == document.String {
		return []string{n.Text}, nil
	}
	var out []string
	for _, item := range n.Items {
		if item.Kind != document.String {
			return nil, fail(item.Pos, "Template format error: DependsOn of %s must be a string or list of strings.", m.Key)
		}
		out = append(out, item.Text)
	}
	return out, nil
}

func policy(m document.Member, key string, allowed ...string) (string, error) {
	n := m.Value.Get(key)
	if n == nil || n.Kind == document.Null {
		return "", nil
	}
	if n.Kind != document.String || !slices.Contains(allowed, n.Text) {
		e := fail(n.Pos, "Template format error: Unrecognized %s %s for resource %s", key, n.Text, m.Key)
		e.LogicalID = m.Key
		return "", e
	}
	return n.Text, nil
}

func (t *Template) readOutputs() error {
	n, err := t.section("Outputs")
	if err != nil || n == nil {
		return err
	}
	if len(n.Members) > MaxOutputs {
		return fail(n.Pos, "Template format error: Number of outputs, %d, is greater than maximum allowed, %d", len(n.Members), MaxOutputs)
	}
	for _, m := range n.Members {
		o := &Output{Name: m.Key, Pos: m.KeyPos}
		if !logicalID.MatchString(m.Key) {
			return fail(m.KeyPos, "Template format error: Output name %s is non alphanumeric.", m.Key)
		}
		o.Value = m.Value.Get("Value")
		if o.Value == nil || o.Value.Kind == document.Null {
			return fail(m.KeyPos, "Template format error: Every Outputs member must contain a Value object (%s)", m.Key)
		}
		if d := m.Value.Get("Description"); d.IsScalar() {
			o.Description = d.Text
		}
		if c := m.Value.Get("Condition"); c != nil {
			o.Condition = c.Text
		}
		if e := m.Value.Get("Export"); e != nil {
			if o.ExportName = e.Get("Name"); o.ExportName == nil {
				return fail(e.Pos, "Template format error: Output %s is malformed. The Export must have a Name.", m.Key)
			}
		}
		t.Outputs = append(t.Outputs, o)
	}
	return nil
}
