package policy

import (
	"strconv"
	"strings"
)

// Explain evaluates a request like Evaluate and tells everything that was
// looked at. It allocates freely and is meant for people: `bawn why`.
func Explain(req *Request, set *Set) Trail {
	if req == nil || set == nil {
		return Trail{Summary: "Nothing was asked, so nothing is allowed.", Decision: Decision{Statement: -1}}
	}
	d := Evaluate(req, set)
	t := Trail{
		Principal: req.Principal.describe(),
		Action:    req.Action,
		Resource:  req.Resource,
		Decision:  d,
	}
	e := explainer{req: req, bounded: set.bounded() && hasPolicies(req.Principal.Kind)}
	groups := [...]struct {
		role     string
		policies []Named
	}{
		{"identity", set.Identity},
		{"boundary", boundaries(set)},
		{"session", set.Session},
		{"resource", set.Resource},
	}
	for _, g := range groups {
		for i := range g.policies {
			t.Policies = append(t.Policies, e.policy(g.role, &g.policies[i]))
		}
	}
	t.Steps = e.steps(set, &t)
	t.Summary = e.summary(d, &t)
	req.Context.All(func(key string, values []string) bool {
		t.Context = append(t.Context, KeyValues{key, values})
		return true
	})
	return t
}

func boundaries(set *Set) []Named {
	if set.Boundary == nil {
		return nil
	}
	return []Named{*set.Boundary}
}

func (p *Principal) describe() string {
	switch p.Kind {
	case PrincipalAnonymous:
		return "anonymous"
	case PrincipalService:
		return p.Service
	case PrincipalFederated:
		return "a bearer of a token of " + p.Federated
	}
	return p.ARN
}

type explainer struct {
	req     *Request
	bounded bool
}

// hasPolicies says whether principals of a kind have policies of their own.
func hasPolicies(kind PrincipalKind) bool {
	return kind == PrincipalUser || kind == PrincipalRoleSession || kind == PrincipalFederatedUser
}

func (e *explainer) policy(role string, n *Named) PolicyTrail {
	out := PolicyTrail{Name: n.Name, Role: role}
	if n.Policy == nil {
		return out
	}
	if n.Policy.kind == Trust {
		out.Role = "trust"
	}
	for i := range n.Policy.statements {
		s := &n.Policy.statements[i]
		st := e.statement(i, s)
		out.Statements = append(out.Statements, st)
		switch {
		case st.Matched && s.deny:
			out.Effect = ExplicitDeny
		case st.Matched && out.Effect == ImplicitDeny:
			out.Effect = Allow
		}
	}
	return out
}

func (e *explainer) statement(index int, s *statement) StatementTrail {
	st := StatementTrail{Index: index, Sid: s.sid, Effect: s.effect(), Matched: s.match(e.req, e.bounded) != levelNone}
	st.Checks = append(st.Checks, e.action(s))
	if s.hasPrincipal {
		st.Checks = append(st.Checks, e.principal(s))
	}
	if s.hasResource {
		st.Checks = append(st.Checks, e.resource(s))
	}
	for i := range s.conditions {
		st.Checks = append(st.Checks, e.condition(&s.conditions[i], s.deny))
	}
	for _, c := range st.Checks {
		element := strings.TrimPrefix(c.Element, "Not")
		if !c.Matched && (len(st.Failed) == 0 || st.Failed[len(st.Failed)-1] != element) {
			st.Failed = append(st.Failed, element)
		}
	}
	return st
}

func (e *explainer) action(s *statement) Check {
	c := Check{Element: "Action", Matched: s.matchAction(e.req.Action), Request: []string{e.req.Action}}
	if s.notAction {
		c.Element = "NotAction"
	}
	for i := range s.actions {
		c.Policy = append(c.Policy, s.actions[i].source)
	}
	return c
}

func (e *explainer) principal(s *statement) Check {
	l := s.matchPrincipal(&e.req.Principal, e.bounded)
	c := Check{Element: "Principal", Matched: l != levelNone, Request: []string{e.req.Principal.describe()}}
	if s.notPrincipal {
		c.Element = "NotPrincipal"
	}
	for _, p := range s.principals {
		text := p.text
		if p.id != "" && p.id != p.text {
			text += " (bound to " + p.id + ")"
		}
		c.Policy = append(c.Policy, text)
		if p.id != "" && p.kind != principalID && l == levelNone && (p.text == e.req.Principal.ARN || p.text == e.req.Principal.RoleARN) {
			c.Note = "The name is the same, but the principal was deleted and made again: the policy trusts the former one, " + p.id + "."
		}
	}
	if s.notPrincipal && s.deny && e.bounded {
		c.Note = "A Deny with NotPrincipal meets every caller that has a permissions boundary, whatever is listed."
	}
	if l == levelAccount && !s.deny {
		c.Note = "The account is named, not the caller: the caller's own policies must allow as well."
	}
	return c
}

func (e *explainer) resource(s *statement) Check {
	c := Check{Element: "Resource", Matched: s.matchResource(e.req.Resource, e.req.Context), Request: []string{e.req.Resource}}
	if s.notResource {
		c.Element = "NotResource"
	}
	c.Policy, c.Note = e.expandAll(s.resources)
	return c
}

// expandAll writes patterns with their variables replaced and notes the ones
// that could not be.
func (e *explainer) expandAll(patterns []pattern) (texts []string, note string) {
	var missing []string
	for i := range patterns {
		text, unresolved := patterns[i].expand(e.req.Context)
		if !patterns[i].hasVariables() {
			text = patterns[i].source
		}
		texts = append(texts, text)
		missing = append(missing, unresolved...)
	}
	if len(missing) > 0 {
		note = "Not resolved, so the value matches nothing: " + strings.Join(missing, ", ") + "."
	}
	return texts, note
}

func (e *explainer) condition(c *condition, deny bool) Check {
	ctx := e.req.Context
	values, present := ctx.Get(c.key)
	out := Check{
		Element: "Condition", Operator: c.name, Key: c.key,
		Matched: c.holds(ctx, deny), Request: values, Policy: c.sources,
	}
	if len(c.patterns) > 0 {
		out.Policy, out.Note = e.expandAll(c.patterns)
	}
	switch {
	case c.operator.family == familyNull:
	case !present:
		out.Note = join(out.Note, "The request has no key "+c.key+".")
	case c.operator.set == setNone && len(values) > 1:
		out.Note = join(out.Note, "The key has several values; the operator compares one. Use ForAnyValue or ForAllValues.")
	default:
		for _, v := range values {
			if c.judge(v, ctx) == verdictBad {
				out.Note = join(out.Note, "The request's value cannot be read as "+c.operator.family.noun()+": "+v+".")
			}
		}
	}
	return out
}

func (f family) noun() string {
	switch f {
	case familyNumeric:
		return "a number"
	case familyDate:
		return "a date"
	case familyIP:
		return "an address"
	case familyBinary:
		return "base64"
	}
	return "text"
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// steps retells the evaluation order as it went.
func (e *explainer) steps(set *Set, t *Trail) []string {
	var out []string
	d := t.Decision
	if d.Effect == ExplicitDeny {
		return append(out, "A Deny statement of "+d.Policy+" matches: nothing can allow it any more.")
	}
	out = append(out, "No Deny statement matches.")
	if !hasPolicies(e.req.Principal.Kind) {
		return append(out, "The caller has no policies of its own; "+d.Reason.String()+".")
	}
	if e.req.sameAccount() {
		out = append(out, "Caller and resource are in the same account.")
	} else {
		out = append(out, "The resource is in account "+e.req.resourceAccount()+", the caller in "+e.req.Principal.Account+": both sides must allow.")
	}
	for _, group := range [...]struct {
		role string
		must bool
	}{
		{"identity", true}, {"boundary", set.bounded()},
		{"session", set.HasSession || len(set.Session) > 0}, {"resource", len(set.Resource) > 0},
	} {
		if group.must {
			out = append(out, e.step(group.role, t))
		}
	}
	return append(out, "Result: "+d.Effect.String()+", "+d.Reason.String()+".")
}

func (e *explainer) step(role string, t *Trail) string {
	n, allowed := 0, ""
	for i := range t.Policies {
		p := &t.Policies[i]
		if p.Role != role && !(role == "resource" && p.Role == "trust") {
			continue
		}
		n++
		if p.Effect == Allow && allowed == "" {
			allowed = p.Name
		}
	}
	switch {
	case allowed != "":
		return "The " + role + " policies: " + allowed + " allows."
	case n == 0:
		return "The " + role + " policies: there is none."
	}
	return "The " + role + " policies: none allows."
}

func (e *explainer) summary(d Decision, t *Trail) string {
	who := t.Principal
	switch d.Effect {
	case Allow:
		if d.Policy == "" {
			return who + " may " + t.Action + " on " + t.Resource + ": " + d.Reason.String() + "."
		}
		return who + " may " + t.Action + " on " + t.Resource + ": allowed by " + d.Policy + d.where() + "."
	case ExplicitDeny:
		return who + " may not " + t.Action + " on " + t.Resource + ": " + d.Policy + d.where() + " denies it."
	}
	s := who + " may not " + t.Action + " on " + t.Resource + ": " + d.Reason.String() + " it."
	if d.Reason == Undecided {
		s = who + " may not " + t.Action + " on " + t.Resource + ": a policy that applies cannot be evaluated."
	}
	if near := nearest(t); near != "" {
		s += " " + near
	}
	return s
}

func (d Decision) where() string {
	if d.Sid != "" {
		return ", statement " + d.Sid
	}
	return ", statement number " + strconv.Itoa(d.Statement+1)
}

// nearest names the Allow statement that failed by one element only: most
// often the one its author meant.
func nearest(t *Trail) string {
	for _, p := range t.Policies {
		for _, s := range p.Statements {
			if s.Effect != "Allow" || len(s.Failed) != 1 || s.Failed[0] == "Action" {
				continue
			}
			text := "Nearest: " + p.Name + (Decision{Statement: s.Index, Sid: s.Sid}).where() + " fails only by its " + s.Failed[0] + "."
			for _, c := range s.Checks {
				if !c.Matched && c.Note != "" {
					text += " " + c.Note
				}
			}
			return text
		}
	}
	return ""
}
