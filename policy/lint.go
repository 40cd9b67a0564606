package policy

import "strings"

// Severity says how bad a finding of Lint is.
type Severity int

// The severities.
const (
	// Warning: the policy may allow more than its author thinks.
	Warning Severity = iota
	// Danger: the policy opens a known hole; a service should refuse it.
	Danger
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Danger {
		return "error"
	}
	return "warning"
}

// MarshalText writes the severity as String does.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one thing Lint noticed.
type Finding struct {
	Severity Severity `json:"severity"`
	// Rule is a short fixed name: "cognito-trust-without-aud".
	Rule      string `json:"rule"`
	Statement int    `json:"statement"` // index, from 0
	Sid       string `json:"sid,omitempty"`
	Message   string `json:"message"`
}

// cognitoProvider is the federated principal of identity pools.
const cognitoProvider = "cognito-identity.amazonaws.com"

// Lint looks for statements that are valid and still dangerous.
func Lint(p *Policy) []Finding {
	var out []Finding
	for i := range p.statements {
		s := &p.statements[i]
		add := func(severity Severity, rule, message string) {
			out = append(out, Finding{severity, rule, i, s.sid, message})
		}
		lintConditions(s, add)
		lintTrust(s, add)
		lintBreadth(p, s, add)
	}
	return out
}

type report func(severity Severity, rule, message string)

func lintConditions(s *statement, add report) {
	for i := range s.conditions {
		c := &s.conditions[i]
		op := c.operator
		if !s.deny && op.set == setForAll && !guardedByNull(s, c.key) {
			add(Warning, "for-all-values-with-allow", c.name+" on "+c.key+
				" is also met when the request has no such key. Add \"Null\": {\""+c.key+"\": \"false\"}, or leave out actions that never carry it.")
		}
		if !s.deny && op.set == setForAll && foldEqual(c.key, "dynamodb:LeadingKeys") && s.matchAction("dynamodb:Scan") {
			add(Danger, "leading-keys-with-scan", "dynamodb:Scan carries no dynamodb:LeadingKeys, so this statement allows reading the whole table. Leave Scan out of its actions.")
		}
		if !s.deny && op.negated && anyVariables(c.patterns) {
			add(Warning, "negated-with-variable", c.name+" compares with a variable: where the variable cannot be resolved the condition is met.")
		}
		if !s.deny && op.negated && op.set == setForAny {
			add(Warning, "for-any-value-negated", c.name+" is met as soon as one value differs; to exclude values use ForAllValues, or a Deny statement with ForAnyValue.")
		}
		if op.set == setNone && multiValued(c.key) && op.family != familyNull {
			add(Warning, "set-operator-missing", c.key+" can have several values; use ForAnyValue or ForAllValues.")
		}
	}
}

// guardedByNull says whether the statement also demands that key is present.
func guardedByNull(s *statement, key string) bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		if c.operator.family == familyNull && foldEqual(c.key, key) && len(c.absent) == 1 && !c.absent[0] {
			return true
		}
	}
	return false
}

func anyVariables(patterns []pattern) bool {
	for i := range patterns {
		if patterns[i].hasVariables() {
			return true
		}
	}
	return false
}

// multiValued names the keys that AWS documents as holding several values.
func multiValued(key string) bool {
	switch strings.ToLower(key) {
	case "aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", cognitoProvider + ":amr",
		"dynamodb:leadingkeys", "dynamodb:attributes":
		return true
	}
	return false
}

// lintTrust finds roles that any identity pool of any account could assume
// (the class of CVE-2024-28056).
func lintTrust(s *statement, add report) {
	if s.deny || !s.namesCognito() {
		return
	}
	if !s.pinsAudience() {
		add(Danger, "cognito-trust-without-aud", "The statement trusts "+cognitoProvider+
			" without fixing "+cognitoProvider+":aud by StringEquals: the role could be assumed through any identity pool, also a stranger's.")
	}
	for i := range s.conditions {
		if foldEqual(s.conditions[i].key, cognitoProvider+":amr") {
			return
		}
	}
	add(Warning, "cognito-trust-without-amr", "The statement does not say whether guests (unauthenticated) may have the role; add a condition on "+cognitoProvider+":amr.")
}

func (s *statement) namesCognito() bool {
	for _, p := range s.principals {
		if p.kind == principalFederated && p.text == cognitoProvider {
			return true
		}
	}
	return false
}

// pinsAudience says whether the statement is limited to identity pools that it
// names in full.
func (s *statement) pinsAudience() bool {
	for i := range s.conditions {
		c := &s.conditions[i]
		op := c.operator
		if !foldEqual(c.key, cognitoProvider+":aud") || op.family != familyString || op.negated || op.ifExists || op.set == setForAll {
			continue
		}
		if len(c.patterns) > 0 && allFixed(c.patterns) {
			return true
		}
	}
	return false
}

// allFixed says whether every pattern is plain text.
func allFixed(patterns []pattern) bool {
	for i := range patterns {
		for _, t := range patterns[i].tokens {
			if t.kind != tokenText {
				return false
			}
		}
	}
	return true
}

// TrustsAnyIdentityPool says whether a trust policy lets identity pools assume
// the role without naming the pools: Bawn refuses credentials for such roles.
func TrustsAnyIdentityPool(p *Policy) bool {
	for i := range p.statements {
		s := &p.statements[i]
		if !s.deny && s.namesCognito() && !s.pinsAudience() {
			return true
		}
	}
	return false
}

// lintBreadth finds statements that give away everything.
func lintBreadth(p *Policy, s *statement, add report) {
	if s.deny {
		return
	}
	if s.notAction && p.kind != Trust {
		add(Warning, "allow-with-not-action", "Allow with NotAction allows every action that is not listed, of every service, also future ones.")
	}
	if s.notResource {
		add(Warning, "allow-with-not-resource", "Allow with NotResource allows every resource that is not listed; where a variable in it cannot be resolved, every resource.")
	}
	if s.notPrincipal {
		add(Danger, "allow-with-not-principal", "Allow with NotPrincipal allows everyone who is not listed, anonymous callers included.")
	}
	if p.kind == Trust && len(s.conditions) == 0 && s.matchPrincipal(&Principal{}, false) == levelEveryone {
		add(Danger, "trust-everyone", "Every principal of every account may assume this role.")
	}
}
