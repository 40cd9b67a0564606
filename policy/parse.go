package policy

import (
	"strings"
)

// Messages of IAM's MalformedPolicyDocument. Wording from memory of AWS's
// answers where no recording exists.
const (
	msgSyntax       = "Syntax errors in policy."
	msgVersion      = "The policy must contain a valid version string"
	msgNoActions    = "Policy statement must contain actions."
	msgNoResources  = "Policy statement must contain resources."
	msgNoPrincipal  = "Missing required field Principal"
	msgHasPrincipal = "Policy document should not specify a principal."
	msgHasResource  = "Has prohibited field Resource"
	msgVendor       = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	msgSidForm      = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	msgSidTwice     = "Statement IDs (SID) in a single policy must be unique."
	msgTrustAction  = "AssumeRole policy may only specify STS AssumeRole actions."
)

// maxStatements and maxValues bound the work of one evaluation; no document
// within AWS's size limits comes near.
const (
	maxStatements = 2000
	maxValues     = 20000
)

// Parse reads, checks and compiles a policy document. The error is a
// *SyntaxError. Size limits that differ by service (10,240 characters for a
// role's inline policies, 6,144 for a managed policy, 2,048 for a session
// policy, 20 KiB for a bucket policy) are the caller's, see Policy.Size.
func Parse(kind Kind, doc []byte) (*Policy, error) {
	if len(doc) > MaxDocument {
		return nil, &SyntaxError{Message: "The policy document is too long."}
	}
	if err := checkCharacters(doc); err != nil {
		return nil, err
	}
	root, err := readJSON(doc)
	if err != nil {
		return nil, err
	}
	c := &compiler{doc: doc, kind: kind}
	p := &Policy{kind: kind, doc: append([]byte(nil), doc...), size: countCharacters(doc)}
	if err := c.document(root, p); err != nil {
		return nil, err
	}
	return p, nil
}

// compiler turns the JSON of one document into statements.
type compiler struct {
	doc       []byte
	kind      Kind
	variables bool // Version 2012-10-17
	values    int
}

func (c *compiler) fail(v jsonValue, message string) error {
	return newSyntaxError(c.doc, v.at, message)
}

func (c *compiler) document(root jsonValue, p *Policy) error {
	if root.kind != jsonObject {
		return c.fail(root, msgSyntax)
	}
	var statements *jsonValue
	for i := range root.members {
		m := &root.members[i]
		switch m.name {
		case "Version":
			p.version = m.value.text
			if m.value.kind != jsonString || p.version != "2012-10-17" && p.version != "2008-10-17" {
				return c.fail(m.value, msgVersion)
			}
		case "Id":
			if m.value.kind != jsonString {
				return c.fail(m.value, msgSyntax)
			}
			p.id = m.value.text
		case "Statement":
			statements = &m.value
		default:
			return newSyntaxError(c.doc, m.at, "Unknown field "+m.name)
		}
	}
	if statements == nil {
		return c.fail(root, "Missing required field Statement")
	}
	c.variables = p.version == "2012-10-17"
	items := []jsonValue{*statements}
	if statements.kind == jsonArray {
		items = statements.items
	}
	if len(items) == 0 || len(items) > maxStatements {
		return c.fail(*statements, msgSyntax)
	}
	sids := map[string]bool{}
	for _, item := range items {
		s, err := c.statement(item)
		if err != nil {
			return err
		}
		if s.sid != "" && sids[s.sid] {
			return c.fail(item, msgSidTwice)
		}
		sids[s.sid] = true
		p.statements = append(p.statements, s)
	}
	return nil
}

func (c *compiler) statement(v jsonValue) (statement, error) {
	var s statement
	if v.kind != jsonObject {
		return s, c.fail(v, msgSyntax)
	}
	elements := map[string]jsonValue{}
	for _, m := range v.members {
		elements[m.name] = m.value
		var err error
		switch m.name {
		case "Sid":
			err = c.sid(m.value, &s)
		case "Effect":
			err = c.effect(m.value, &s)
		case "Action", "NotAction":
			s.notAction = m.name == "NotAction"
			s.actions, err = c.actions(m.value)
		case "Resource", "NotResource":
			s.hasResource, s.notResource = true, m.name == "NotResource"
			s.resources, err = c.resources(m.value)
		case "Principal", "NotPrincipal":
			s.hasPrincipal, s.notPrincipal = true, m.name == "NotPrincipal"
			s.principals, err = c.principals(m.value)
		case "Condition":
			s.conditions, err = c.conditions(m.value)
		default:
			err = newSyntaxError(c.doc, m.at, "Unknown field "+m.name)
		}
		if err != nil {
			return s, err
		}
	}
	return s, c.elements(v, &s, elements)
}

// elements checks which elements a statement of this kind has.
func (c *compiler) elements(v jsonValue, s *statement, have map[string]jsonValue) error {
	has := func(name string) bool { _, ok := have[name]; return ok }
	for _, name := range [...]string{"Action", "Resource", "Principal"} {
		if has(name) && has("Not"+name) {
			return c.fail(v, "Statement/policy must not contain both "+name+" and Not"+name+".")
		}
	}
	if !has("Effect") {
		return c.fail(v, "Missing required field Effect")
	}
	if len(s.actions) == 0 {
		return c.fail(v, msgNoActions)
	}
	switch c.kind {
	case Resource, Trust:
		if !s.hasPrincipal {
			return c.fail(v, msgNoPrincipal)
		}
	default:
		if s.hasPrincipal {
			return c.fail(v, msgHasPrincipal)
		}
	}
	if c.kind == Trust {
		if s.hasResource {
			return c.fail(v, msgHasResource)
		}
		return c.trustActions(v, s)
	}
	if len(s.resources) == 0 {
		return c.fail(v, msgNoResources)
	}
	return nil
}

// trustActions allows only STS actions in a trust policy.
func (c *compiler) trustActions(v jsonValue, s *statement) error {
	for i := range s.actions {
		if !hasFoldPrefix(s.actions[i].source, "sts:") {
			return c.fail(v, msgTrustAction)
		}
	}
	if s.notPrincipal && !s.deny {
		return c.fail(v, "NotPrincipal must not be used with Allow in a trust policy.")
	}
	return nil
}

func (c *compiler) sid(v jsonValue, s *statement) error {
	if v.kind != jsonString {
		return c.fail(v, msgSyntax)
	}
	s.sid = v.text
	// Resource policies of some services allow more characters.
	if c.kind == Resource {
		return nil
	}
	for i := 0; i < len(v.text); i++ {
		if b := lower(v.text[i]); (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return c.fail(v, msgSidForm)
		}
	}
	return nil
}

func (c *compiler) effect(v jsonValue, s *statement) error {
	switch {
	case v.kind == jsonString && v.text == "Allow":
		s.deny = false
	case v.kind == jsonString && v.text == "Deny":
		s.deny = true
	default:
		return c.fail(v, "Invalid effect: "+v.text)
	}
	return nil
}

// texts returns a single value or an array as a list of strings. Booleans and
// numbers are taken as their text where scalars is set.
func (c *compiler) texts(v jsonValue, scalars bool) ([]jsonValue, error) {
	items := []jsonValue{v}
	if v.kind == jsonArray {
		items = v.items
	}
	for _, item := range items {
		scalar := scalars && (item.kind == jsonBool || item.kind == jsonNumber)
		if item.kind != jsonString && !scalar {
			return nil, c.fail(item, msgSyntax)
		}
		if c.values++; c.values > maxValues {
			return nil, c.fail(item, "The policy has too many values.")
		}
	}
	return items, nil
}

func (c *compiler) actions(v jsonValue) ([]pattern, error) {
	items, err := c.texts(v, false)
	if err != nil {
		return nil, err
	}
	out := make([]pattern, 0, len(items))
	for _, item := range items {
		text := item.text
		if text == "*:*" {
			text = "*"
		}
		if text != "*" && !validAction(text) {
			return nil, c.fail(item, msgVendor)
		}
		p, problem := compilePattern(text, patternMode{wildcards: true, fold: true})
		if problem != "" {
			return nil, c.fail(item, problem)
		}
		out = append(out, p)
	}
	return out, nil
}

// validAction wants "vendor:Name" with wildcards in the name only.
func validAction(s string) bool {
	vendor, name, ok := strings.Cut(s, ":")
	if !ok || vendor == "" || name == "" {
		return false
	}
	for i := 0; i < len(vendor); i++ {
		if b := lower(vendor[i]); (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' {
			return false
		}
	}
	for i := 0; i < len(name); i++ {
		switch b := lower(name[i]); {
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9':
		case b == '*' || b == '?' || b == '-' || b == '_':
		default:
			return false
		}
	}
	return true
}

func (c *compiler) resources(v jsonValue) ([]pattern, error) {
	items, err := c.texts(v, false)
	if err != nil {
		return nil, err
	}
	out := make([]pattern, 0, len(items))
	for _, item := range items {
		p, problem := c.resource(item.text)
		if problem != "" {
			return nil, c.fail(item, problem)
		}
		out = append(out, p)
	}
	return out, nil
}

func (c *compiler) resource(text string) (pattern, string) {
	if text == "*" {
		return compilePattern(text, patternMode{wildcards: true})
	}
	if !strings.HasPrefix(text, "arn:") {
		return pattern{}, "Resource " + text + " must be in ARN format or \"*\"."
	}
	full := text
	// Missing fields at the end stand for any value (user guide, "incomplete
	// ARNs").
	for strings.Count(full, ":") < 5 {
		full += ":*"
	}
	if c.variables && strings.Contains(full[:fifthColon(full)], "${") {
		return pattern{}, "Policy variables are valid only after the fifth colon of a resource: " + text
	}
	p, problem := compilePattern(full, patternMode{wildcards: true, variables: c.variables, arn: true})
	p.source = text
	return p, problem
}
