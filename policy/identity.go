package policy

import (
	"bytes"
	"encoding/json"
)

// Principals returns the ARNs of users and roles that the policy names in
// Principal or NotPrincipal, each once, in order of appearance. A service that
// stores a trust or resource policy looks up their unique ids and binds the
// policy to them with WithPrincipalIDs.
func (p *Policy) Principals() []string {
	var out []string
	seen := map[string]bool{}
	for i := range p.statements {
		for _, entry := range p.statements[i].principals {
			named := entry.kind == principalUserARN || entry.kind == principalRoleARN
			if named && !seen[entry.text] {
				seen[entry.text] = true
				out = append(out, entry.text)
			}
		}
	}
	return out
}

// WithPrincipalIDs returns a copy of the policy in which every user or role
// ARN found in ids matches only the principal with that unique id. So a role
// that is deleted and made again under the same name is not the one that was
// trusted (user guide, "IAM role principals"). ARNs that are not in ids go on
// matching by name. The document is unchanged.
func (p *Policy) WithPrincipalIDs(ids map[string]string) *Policy {
	out := *p
	out.statements = append([]statement(nil), p.statements...)
	for i := range out.statements {
		s := &out.statements[i]
		entries := append([]principal(nil), s.principals...)
		for j := range entries {
			e := &entries[j]
			if e.kind != principalUserARN && e.kind != principalRoleARN {
				continue
			}
			if id := ids[e.text]; id != "" {
				e.id = id
			}
		}
		s.principals = entries
	}
	return &out
}

// ReplacePrincipals returns the document with each string that equals a key of
// names replaced by its value: IAM shows the unique id of a principal that no
// longer exists in place of its ARN.
func (p *Policy) ReplacePrincipals(names map[string]string) []byte {
	doc := p.doc
	for from, to := range names {
		a, errA := json.Marshal(from)
		b, errB := json.Marshal(to)
		if errA != nil || errB != nil {
			continue
		}
		doc = bytes.ReplaceAll(doc, a, b)
	}
	return append([]byte(nil), doc...)
}
