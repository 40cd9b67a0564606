package cognitoidentity

import (
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/token"
)

// chooseRole picks the role of an identity: by the role mapping of one of its
// logins, else the pool's role for guests or for signed-in users (developer
// guide, "role-based access control").
func (s *Service) chooseRole(p *poolRecord, logins []login, custom *string) (string, error) {
	for i := range logins {
		m, ok := s.mappingOf(p, &logins[i])
		if !ok {
			continue
		}
		role, err := m.choose(logins[i].Claims, text(custom))
		if err != nil || role != "" {
			return role, err
		}
		// No rule or role of the token applies.
		if m.Ambiguous == ambiguousDeny {
			return "", notAuthorized("No role of the identity's token or rules applies and ambiguous role resolution denies.")
		}
		return p.role(roleAuthenticated)
	}
	if custom != nil {
		return "", notAuthorized("The role %s is not one of this identity.", *custom)
	}
	if len(logins) == 0 {
		return p.role(roleUnauthenticated)
	}
	return p.role(roleAuthenticated)
}

func (p *poolRecord) role(kind string) (string, error) {
	if arn := p.Roles[kind]; arn != "" {
		return arn, nil
	}
	return "", badConfiguration()
}

// mappingOf finds the mapping of a login: PROVIDER:CLIENT, in either form of
// the provider's name.
func (s *Service) mappingOf(p *poolRecord, l *login) (*mapping, bool) {
	for name, m := range p.Mappings {
		at := strings.LastIndexByte(name, ':')
		if at < 0 || name[at+1:] != l.Client {
			continue
		}
		if _, canonical, ok := s.userPoolOf(name[:at]); ok && canonical == l.Provider {
			return &m, true
		}
	}
	return nil, false
}

// choose returns the role a mapping gives, "" for none. A role that the caller
// asks for must be among those the mapping would give.
func (m *mapping) choose(claims token.Claims, custom string) (string, error) {
	var possible []string
	preferred := ""
	if m.Type == mappingToken {
		possible = tokenRoles(claims)
		if preferred = claims.String("cognito:preferred_role"); preferred == "" && len(possible) == 1 {
			preferred = possible[0]
		}
		if preferred != "" && !slices.Contains(possible, preferred) {
			possible = append(possible, preferred)
		}
	} else {
		for _, r := range m.Rules {
			if r.matches(claims) {
				possible = append(possible, r.Role)
			}
		}
		if len(possible) > 0 {
			preferred = possible[0]
		}
	}
	if custom == "" {
		return preferred, nil
	}
	if !slices.Contains(possible, custom) {
		return "", notAuthorized("The role %s is not one of this identity.", custom)
	}
	return custom, nil
}

// tokenRoles reads cognito:roles, an array or a comma-separated string.
func tokenRoles(claims token.Claims) []string {
	if s, ok := claims["cognito:roles"].(string); ok {
		return strings.Split(s, ",")
	}
	return claims.Strings("cognito:roles")
}

// matches says whether a rule applies. A rule on a claim the token does not
// have never does, NotEqual included. A claim with several values matches by
// any of them, and is NotEqual only when none is equal.
func (r *rule) matches(claims token.Claims) bool {
	values := claimTexts(claims, r.Claim)
	if len(values) == 0 {
		return false
	}
	some := func(f func(v string) bool) bool { return slices.ContainsFunc(values, f) }
	switch r.Match {
	case "Equals":
		return some(func(v string) bool { return v == r.Value })
	case "NotEqual":
		return !some(func(v string) bool { return v == r.Value })
	case "StartsWith":
		return some(func(v string) bool { return strings.HasPrefix(v, r.Value) })
	case "Contains":
		return some(func(v string) bool { return strings.Contains(v, r.Value) })
	}
	return false
}

// claimTexts returns a claim's values as text.
func claimTexts(claims token.Claims, name string) []string {
	switch v := claims[name].(type) {
	case bool:
		if v {
			return []string{"true"}
		}
		return []string{"false"}
	case interface{ String() string }: // json.Number
		return []string{v.String()}
	}
	return claims.Strings(name)
}
