package template

import (
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// pseudoParameters are known without being declared.
var pseudoParameters = []string{
	"AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId",
	"AWS::StackName", "AWS::URLSuffix",
}

// reference is one use of a name in a section.
type reference struct {
	name string
	pos  document.Position
	// owner is the resource whose properties the use stands in, or "".
	owner string
	// attribute is true for Fn::GetAtt; attr is its attribute where that is
	// written out.
	attribute bool
	attr      string
}

// AttributeUse is one Fn::GetAtt whose attribute is written out.
type AttributeUse struct {
	LogicalID, Attribute string
	Pos                  document.Position
}

// AttributeUses lists the attributes the template asks for.
func (t *Template) AttributeUses() []AttributeUse {
	var out []AttributeUse
	visit := func(r reference) {
		if r.attribute && r.attr != "" {
			out = append(out, AttributeUse{r.name, r.attr, r.pos})
		}
	}
	for _, r := range t.Resources {
		_ = t.walk(r.Properties, nil, visit) // checked by Parse
	}
	for _, o := range t.Outputs {
		_ = t.walk(o.Value, nil, visit)
	}
	return out
}

// check verifies that every name used in the template is declared.
func (t *Template) check() error {
	for _, c := range t.Conditions {
		if err := t.checkCondition(c); err != nil {
			return err
		}
	}
	var all []reference
	for _, r := range t.Resources {
		refs, err := t.references(r.Properties)
		if err != nil {
			return located(err, r.ID)
		}
		for _, d := range r.DependsOn {
			refs = append(refs, reference{name: d, pos: r.Pos})
			if t.resources[d] == nil {
				return &Error{Pos: r.Pos, LogicalID: r.ID,
					Message: "Template format error: Unresolved resource dependencies [" + d + "] in the Resources block of the template"}
			}
		}
		if err := t.checkConditionName(r.Condition, r.Pos, "Resources"); err != nil {
			return located(err, r.ID)
		}
		for i := range refs {
			refs[i].owner = r.ID
		}
		all = append(all, refs...)
	}
	if err := t.checkReferences(all, "Resources"); err != nil {
		return err
	}
	all = nil
	for _, o := range t.Outputs {
		for _, n := range []*document.Node{o.Value, o.ExportName} {
			refs, err := t.references(n)
			if err != nil {
				return err
			}
			all = append(all, refs...)
		}
		if err := t.checkConditionName(o.Condition, o.Pos, "Outputs"); err != nil {
			return err
		}
	}
	return t.checkReferences(all, "Outputs")
}

func located(err error, id string) error {
	if e, ok := err.(*Error); ok && e.LogicalID == "" { //nolint:errorlint // made in this package, never wrapped
		e.LogicalID = id
	}
	return err
}

func (t *Template) checkCondition(c Condition) error {
	refs, err := t.references(c.Expr)
	if err != nil {
		return err
	}
	var unresolved []string
	for _, r := range refs {
		if r.attribute || !t.isParameter(r.name) && !slices.Contains(pseudoParameters, r.name) {
			unresolved = append(unresolved, r.name)
		}
	}
	if len(unresolved) > 0 {
		return fail(c.Expr.Pos, "Template format error: Unresolved dependencies [%s]. Cannot reference resources in the Conditions block of the template", strings.Join(unresolved, ", "))
	}
	return nil
}

func (t *Template) isParameter(name string) bool {
	return slices.ContainsFunc(t.Parameters, func(p *Parameter) bool { return p.Name == name })
}

func (t *Template) checkConditionName(name string, where document.Position, block string) error {
	if name == "" || slices.ContainsFunc(t.Conditions, func(c Condition) bool { return c.Name == name }) {
		return nil
	}
	return fail(where, "Template format error: Unresolved condition dependency %s in the %s block of the template", name, block)
}

func (t *Template) checkReferences(refs []reference, block string) error {
	var unresolved []string
	var first reference
	for _, r := range refs {
		if r.attribute {
			if t.resources[r.name] == nil {
				return located(fail(r.pos, "Template error: instance of Fn::GetAtt references undefined resource %s", r.name), r.owner)
			}
			continue
		}
		if t.resources[r.name] == nil && !t.isParameter(r.name) && !slices.Contains(pseudoParameters, r.name) && !slices.Contains(unresolved, r.name) {
			if len(unresolved) == 0 {
				first = r
			}
			unresolved = append(unresolved, r.name)
		}
	}
	if len(unresolved) > 0 {
		e := fail(first.pos, "Template format error: Unresolved resource dependencies [%s] in the %s block of the template", strings.Join(unresolved, ", "), block)
		return located(e, first.owner)
	}
	return nil
}

// references lists all names that a value uses, in every branch.
func (t *Template) references(n *document.Node) ([]reference, error) {
	var out []reference
	err := t.walk(n, nil, func(r reference) { out = append(out, r) })
	return out, err
}

// walk visits the references of a value. With a scope it follows only the
// branches that the scope's conditions choose.
func (t *Template) walk(n *document.Node, scope *Scope, visit func(reference)) error {
	if n == nil {
		return nil
	}
	for _, item := range n.Items {
		if err := t.walk(item, scope, visit); err != nil {
			return err
		}
	}
	if n.Kind != document.Map {
		return nil
	}
	switch name, arg := function(n); name {
	case "":
	case "Ref":
		if arg == nil || arg.Kind != document.String {
			return fail(n.Pos, "Template error: every Ref object must have a single String value.")
		}
		visit(reference{name: arg.Text, pos: arg.Pos})
		return nil
	case "Fn::GetAtt":
		id, attr, err := attribute(arg)
		if err != nil {
			return err
		}
		use := reference{name: id, pos: arg.Pos, attribute: true}
		if attr.Kind == document.String {
			use.attr = attr.Text
		}
		visit(use)
		return t.walk(attr, scope, visit)
	case "Fn::Sub":
		return t.walkSub(arg, scope, visit)
	case "Fn::If":
		return t.walkIf(arg, scope, visit)
	case "Fn::Transform", "Fn::ForEach", "Fn::Length", "Fn::ToJsonString":
		return fail(n.Pos, "Template error: the function %s is not built in Bawn", name)
	}
	for _, m := range n.Members {
		if err := t.walk(m.Value, scope, visit); err != nil {
			return err
		}
	}
	return nil
}

func (t *Template) walkSub(arg *document.Node, scope *Scope, visit func(reference)) error {
	text, vars, err := subArgs(arg)
	if err != nil {
		return err
	}
	_, names, err := subParts(text.Text)
	if err != nil {
		return at(err, text.Pos)
	}
	for _, name := range names {
		if vars.Get(name) != nil {
			continue
		}
		id, attr, isAttribute := strings.Cut(name, ".")
		if isAttribute && !strings.HasPrefix(name, "AWS::") && attr != "" {
			visit(reference{name: id, pos: text.Pos, attribute: true, attr: attr})
			continue
		}
		visit(reference{name: name, pos: text.Pos})
	}
	return t.walk(vars, scope, visit)
}

func (t *Template) walkIf(arg *document.Node, scope *Scope, visit func(reference)) error {
	if scope != nil {
		branch, err := scope.branch(arg)
		if err != nil {
			return err
		}
		return t.walk(branch, scope, visit)
	}
	if arg == nil || arg.Kind != document.List || len(arg.Items) != 3 || arg.Items[0].Kind != document.String {
		return fail(pos(arg), "Template error: Fn::If requires a list argument with the first element being a condition")
	}
	if err := t.checkConditionName(arg.Items[0].Text, arg.Pos, "Resources"); err != nil {
		return err
	}
	for _, item := range arg.Items[1:] {
		if err := t.walk(item, nil, visit); err != nil {
			return err
		}
	}
	return nil
}
