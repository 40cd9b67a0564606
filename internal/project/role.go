package project

import (
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// readIAM reads the execution role: the forms of version 1 and 2 on the
// provider itself, and provider.iam.role.
func (c *compiler) readIAM(o *object) {
	s := &c.provider
	s.statements = c.statementList(o.get("iamRoleStatements"))
	s.managedPolicies = c.listOf(o, "iamManagedPolicies")
	s.boundary = o.get("rolePermissionsBoundary")
	s.role = c.roleOf(o)
	iam := c.object(o.get("iam"), "provider.iam")
	iam.ignore("deploymentRole")
	role := iam.get("role")
	iam.done()
	if role == nil {
		return
	}
	if role.IsScalar() || isFunction(role) {
		s.role = c.roleOf(iam)
		return
	}
	r := c.object(role, "provider.iam.role")
	s.roleName, s.rolePath = r.get("name"), r.get("path")
	if n := c.statementList(r.get("statements")); n != nil {
		s.statements = n
	}
	if n := c.listOf(r, "managedPolicies"); n != nil {
		s.managedPolicies = n
	}
	for _, key := range []string{"permissionsBoundary", "permissionBoundary"} {
		if n := r.get(key); n != nil {
			s.boundary = n
		}
	}
	s.roleTags = c.textMap(r.get("tags"), "provider.iam.role tags")
	r.done()
}

func (c *compiler) listOf(o *object, key string) *document.Node {
	n := o.get(key)
	if n != nil && n.Kind != document.List {
		c.fail(n.Pos, "%s: %s must be a list, this is %s", o.what, key, n.Kind)
		return nil
	}
	return n
}

// statementList checks what can be checked of policy statements before they
// reach IAM. Lists within the list (from ${file()}) are joined.
func (c *compiler) statementList(n *document.Node) *document.Node {
	if n == nil {
		return nil
	}
	if n.Kind != document.List {
		c.report(document.Errorf(n.Pos, "the role's statements must be a list, this is %s", n.Kind).WithFix("begin each statement with a dash"))
		return nil
	}
	out := &document.Node{Kind: document.List, Pos: n.Pos}
	for _, item := range n.Items {
		switch {
		case item.Kind == document.Null:
		case item.Kind == document.List:
			if more := c.statementList(item); more != nil {
				out.Items = append(out.Items, more.Items...)
			}
		case item.Kind != document.Map:
			c.fail(item.Pos, "a statement of the role must be a map, this is %s", item.Kind)
		case isFunction(item):
			out.Items = append(out.Items, item)
		default:
			c.checkStatement(item)
			out.Items = append(out.Items, item)
		}
	}
	return out
}

func (c *compiler) checkStatement(n *document.Node) {
	effect := n.Get("Effect")
	switch {
	case effect == nil:
		c.report(document.Errorf(n.Pos, "a statement of the role has no Effect").WithFix("add \"Effect: Allow\""))
	case effect.Text != "Allow" && effect.Text != "Deny":
		c.fail(effect.Pos, "a statement's Effect must be Allow or Deny, this is %s", describe(effect))
	}
	if n.Get("Action") == nil && n.Get("NotAction") == nil {
		c.fail(n.Pos, "a statement of the role has neither Action nor NotAction")
	}
	if n.Get("Resource") == nil && n.Get("NotResource") == nil {
		c.report(document.Errorf(n.Pos, "a statement of the role has neither Resource nor NotResource").WithFix("name the resource it is for, for example \"Resource: !GetAtt NotesTable.Arn\""))
	}
	known := []string{"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
	for _, m := range n.Members {
		if !slices.Contains(known, m.Key) {
			e := document.Errorf(m.KeyPos, "a statement of the role has an unknown key %q", m.Key)
			if near := nearest(m.Key, known); near != "" {
				e = e.WithFix("did you mean %q?", near)
			}
			c.report(e)
		}
	}
}

// emitRole writes the execution role that all functions without one share.
func (c *compiler) emitRole() {
	s := &c.provider
	if s.role != nil || len(c.functions) == 0 || !slices.ContainsFunc(c.functions, func(f *functionSettings) bool { return f.role == nil }) {
		return
	}
	statements := c.logStatements()
	if s.statements != nil {
		for _, item := range s.statements.Items {
			statements = append(statements, item)
		}
	}
	if slices.ContainsFunc(c.functions, func(f *functionSettings) bool { return f.tracing != "" }) {
		statements = append(statements, document.Of(s.pos, []document.Pair{
			{Key: "Effect", Value: "Allow"},
			{Key: "Action", Value: []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}},
			{Key: "Resource", Value: []string{"*"}},
		}))
	}
	list := []document.Pair{
		{Key: "AssumeRolePolicyDocument", Value: []document.Pair{
			{Key: "Version", Value: "2012-10-17"},
			{Key: "Statement", Value: []any{[]document.Pair{
				{Key: "Effect", Value: "Allow"},
				{Key: "Principal", Value: []document.Pair{{Key: "Service", Value: []string{"lambda.amazonaws.com"}}}},
				{Key: "Action", Value: []string{"sts:AssumeRole"}},
			}}},
		}},
		{Key: "Policies", Value: []any{[]document.Pair{
			{Key: "PolicyName", Value: join("-", c.p.Service, c.p.Stage, "lambda")},
			{Key: "PolicyDocument", Value: []document.Pair{{Key: "Version", Value: "2012-10-17"}, {Key: "Statement", Value: statements}}},
		}}},
		{Key: "Path", Value: "/"},
		{Key: "RoleName", Value: join("-", c.p.Service, c.p.Stage, ref("AWS::Region"), "lambdaRole")},
	}
	props := document.Of(s.pos, list)
	for key, v := range map[string]*document.Node{"Path": s.rolePath, "RoleName": s.roleName} {
		if v != nil {
			props.Set(key, v)
		}
	}
	if s.boundary != nil {
		props.Set("PermissionsBoundary", s.boundary)
	}
	if s.managedPolicies != nil {
		props.Set("ManagedPolicyArns", s.managedPolicies)
	}
	if tags := tagList(s.pos, s.tags, s.roleTags); tags != nil && len(s.roleTags) > 0 {
		props.Set("Tags", tags)
	}
	c.add(roleID, s.pos, "AWS::IAM::Role", props)
}

// logStatements are the rights to write logs: by the common prefix of the
// functions' names, and one line for each function with a name of its own.
func (c *compiler) logStatements() []any {
	prefix := c.p.Service + "-" + c.p.Stage
	var names []string
	common := false
	for _, f := range c.functions {
		if strings.HasPrefix(f.name, prefix) {
			common = true
		} else if !f.disableLogs {
			names = append(names, f.name)
		}
	}
	if common {
		names = append(names, prefix+"*")
	}
	resources := func(names []string, suffix string) []any {
		var out []any
		for _, name := range names {
			out = append(out, sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/"+name+suffix))
		}
		return out
	}
	statement := func(effect string, action any, resource []any) any {
		return []document.Pair{{Key: "Effect", Value: effect}, {Key: "Action", Value: action}, {Key: "Resource", Value: resource}}
	}
	out := []any{
		statement("Allow", []string{"logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"}, resources(names, ":*")),
		statement("Allow", []string{"logs:PutLogEvents"}, resources(names, ":*:*")),
	}
	for _, f := range c.functions {
		if f.disableLogs {
			out = append(out, statement("Deny", "logs:PutLogEvents", resources([]string{f.name}, ":*")))
		}
	}
	return out
}
