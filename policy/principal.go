package policy

import "strings"

// PrincipalKind says what kind of principal makes a request.
type PrincipalKind int

// The kinds of principal. The zero value is the weakest.
const (
	PrincipalAnonymous PrincipalKind = iota
	PrincipalRoot
	PrincipalUser
	PrincipalRoleSession
	PrincipalFederatedUser
	// PrincipalFederated is the bearer of a web identity token or SAML
	// assertion who asks for a role: Federated names the provider.
	PrincipalFederated
	// PrincipalService is an AWS service acting for itself.
	PrincipalService
)

// Principal is who makes a request. It holds verified facts only.
type Principal struct {
	Kind    PrincipalKind
	Account string
	// ARN is the user's or the session's ARN
	// (arn:aws:sts::ACCT:assumed-role/ROLE/SESSION), or the root's.
	ARN string
	// RoleARN is the role's ARN, path included, for a role session.
	RoleARN string
	// UniqueID is AIDA... of the user or AROA... of the role.
	UniqueID string
	// Service is set for PrincipalService: "apigateway.amazonaws.com".
	Service string
	// Federated is set for PrincipalFederated: "cognito-identity.amazonaws.com"
	// or the provider's ARN.
	Federated string
}

// principal is one entry of a Principal element.
type principal struct {
	kind principalType
	// text as in the document.
	text string
	// account of an account entry.
	account string
	// id is the unique id that a user or role entry is bound to, or "".
	id string
}

type principalType uint8

const (
	principalEveryone  principalType = iota // "*"
	principalAWSAll                         // {"AWS": "*"}
	principalAccount                        // account id or :root
	principalUserARN                        // user
	principalRoleARN                        // role
	principalSession                        // assumed-role or federated-user session
	principalID                             // AIDA..., AROA... as such
	principalService                        // {"Service": ...}
	principalFederated                      // {"Federated": ...}
	principalCanonical                      // {"CanonicalUser": ...}: S3's canonical id
)

// level is how directly a Principal element names the caller; it decides what
// an Allow there is worth (evaluation order of iam.md 1.1).
type level uint8

const (
	levelNone level = iota
	levelAccount
	levelRole
	levelEveryone
	levelExact
)

func (c *compiler) principals(v jsonValue) ([]principal, error) {
	if v.kind == jsonString && v.text == "*" {
		return []principal{{kind: principalEveryone, text: "*"}}, nil
	}
	if v.kind != jsonObject || len(v.members) == 0 {
		return nil, c.fail(v, "Invalid principal in policy.")
	}
	var out []principal
	for _, m := range v.members {
		items, err := c.texts(m.value, false)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			entry, ok := parsePrincipal(m.name, item.text)
			if !ok {
				return nil, c.fail(item, "Invalid principal in policy: \""+m.name+"\":\""+item.text+"\"")
			}
			out = append(out, entry)
		}
	}
	if len(out) == 0 {
		return nil, c.fail(v, "Invalid principal in policy.")
	}
	return out, nil
}

func parsePrincipal(kind, text string) (principal, bool) {
	p := principal{text: text}
	switch kind {
	case "AWS":
		return parseAWSPrincipal(text)
	case "Service":
		p.kind = principalService
		return p, text == "*" || strings.Contains(text, ".") && !strings.ContainsAny(text, "*?")
	case "Federated":
		p.kind = principalFederated
		return p, text != "" && !strings.ContainsAny(text, "*?")
	case "CanonicalUser":
		p.kind = principalCanonical
		return p, text != "" && !strings.ContainsAny(text, "*?")
	}
	return p, false
}

// parseAWSPrincipal reads "*", an account, a user, role or session ARN, or a
// unique id. A wildcard inside is refused: only the whole value may be one.
func parseAWSPrincipal(text string) (principal, bool) {
	p := principal{text: text}
	if text == "*" {
		p.kind = principalAWSAll
		return p, true
	}
	if isAccount(text) {
		p.kind, p.account = principalAccount, text
		return p, true
	}
	if isUniqueID(text) {
		p.kind, p.id = principalID, text
		return p, true
	}
	part := strings.SplitN(text, ":", 6)
	if len(part) != 6 || part[0] != "arn" || part[3] != "" || !isAccount(part[4]) || strings.ContainsAny(text, "*?") {
		return p, false
	}
	p.account = part[4]
	kind, name, _ := strings.Cut(part[5], "/")
	switch {
	case part[2] == "iam" && part[5] == "root":
		p.kind = principalAccount
	case part[2] == "iam" && kind == "user" && name != "":
		p.kind = principalUserARN
	case part[2] == "iam" && kind == "role" && name != "":
		p.kind = principalRoleARN
	case part[2] == "sts" && kind == "assumed-role" && strings.Count(name, "/") == 1:
		p.kind = principalSession
	case part[2] == "sts" && kind == "federated-user" && name != "":
		p.kind = principalSession
	default:
		return p, false
	}
	return p, true
}

func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isUniqueID says whether s has the form of a user's or role's unique id.
func isUniqueID(s string) bool {
	if len(s) < 16 || len(s) > 128 || !strings.HasPrefix(s, "AIDA") && !strings.HasPrefix(s, "AROA") {
		return false
	}
	for i := 0; i < len(s); i++ {
		if (s[i] < 'A' || s[i] > 'Z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// match says how directly the entry names who.
func (p *principal) match(who *Principal) level {
	switch p.kind {
	case principalEveryone:
		return levelEveryone
	case principalAWSAll:
		if who.Kind != PrincipalService && who.Kind != PrincipalFederated {
			return levelEveryone
		}
	case principalAccount:
		return p.matchAccount(who)
	case principalUserARN:
		if who.Kind == PrincipalUser && p.names(who, who.ARN) {
			return levelExact
		}
	case principalRoleARN:
		if who.Kind == PrincipalRoleSession && p.names(who, who.RoleARN) {
			return levelRole
		}
	case principalSession:
		if (who.Kind == PrincipalRoleSession || who.Kind == PrincipalFederatedUser) && p.text == who.ARN {
			return levelExact
		}
	case principalID:
		return p.matchID(who)
	case principalService:
		if who.Kind == PrincipalService && (p.text == who.Service || p.text == "*") {
			return levelExact
		}
	case principalFederated:
		if who.Kind == PrincipalFederated && p.text == who.Federated {
			return levelExact
		}
	case principalCanonical:
	}
	return levelNone
}

// names compares a user or role entry: by the unique id it is bound to, or by
// ARN where it was never bound.
func (p *principal) names(who *Principal, arn string) bool {
	if p.id != "" {
		return p.id == who.UniqueID
	}
	return p.text == arn
}

func (p *principal) matchAccount(who *Principal) level {
	switch who.Kind {
	case PrincipalRoot:
		if p.account == who.Account {
			return levelExact
		}
	case PrincipalUser, PrincipalRoleSession, PrincipalFederatedUser:
		if p.account == who.Account {
			return levelAccount
		}
	case PrincipalAnonymous, PrincipalFederated, PrincipalService:
	}
	return levelNone
}

func (p *principal) matchID(who *Principal) level {
	if p.id != who.UniqueID {
		return levelNone
	}
	switch who.Kind {
	case PrincipalUser:
		return levelExact
	case PrincipalRoleSession:
		return levelRole
	}
	return levelNone
}

// matchPrincipal says how directly the statement names who; levelEveryone for
// policies that have no Principal element.
//
// Two choices where AWS's guide is silent, both giving less access: "*" in an
// Allow does not reach the bearer of a web identity, who must be named by
// provider (the class of CVE-2024-28056); and a NotPrincipal entry for an
// account excepts its root user only, as the guide's example says.
//
// bounded says that the caller has a permissions boundary: a Deny with
// NotPrincipal then meets it whatever is listed (user guide, "NotPrincipal").
func (s *statement) matchPrincipal(who *Principal, bounded bool) level {
	if !s.hasPrincipal || bounded && s.notPrincipal && s.deny {
		return levelEveryone
	}
	best := levelNone
	for i := range s.principals {
		p := &s.principals[i]
		l := p.match(who)
		if s.notPrincipal && l == levelAccount {
			l = levelNone
		}
		if l == levelEveryone && !s.deny && !s.notPrincipal && who.Kind == PrincipalFederated {
			l = levelNone
		}
		if l > best {
			best = l
		}
	}
	if !s.notPrincipal {
		return best
	}
	if best != levelNone {
		return levelNone
	}
	return levelEveryone
}
