package cognitoidentity

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
)

const (
	roleAuthenticated   = "authenticated"
	roleUnauthenticated = "unauthenticated"
	mappingToken        = "Token"
	mappingRules        = "Rules"
	ambiguousDeny       = "Deny"
	// maxRules is how many rules a provider may have (developer guide,
	// "quotas").
	maxRules = 25
)

// SetIdentityPoolRoles replaces the roles of a pool's identities. The caller
// needs iam:PassRole for each (operations.go).
func (s *Service) SetIdentityPoolRoles(ctx context.Context, _ *awsapi.Call, in *shape.SetIdentityPoolRolesInput) (*shape.SetIdentityPoolRolesOutput, error) {
	for kind, arn := range in.Roles {
		if kind != roleAuthenticated && kind != roleUnauthenticated {
			return nil, invalidParameter("Invalid role type %s.", kind)
		}
		if !isRole(arn) {
			return nil, invalidParameter("Invalid role ARN %s.", arn)
		}
	}
	_, err := s.changePool(ctx, in.IdentityPoolId, func(p *poolRecord) error {
		mappings := map[string]mapping{}
		for name, m := range in.RoleMappings {
			checked, err := s.checkMapping(p, name, &m)
			if err != nil {
				return err
			}
			mappings[name] = *checked
		}
		p.Roles, p.Mappings = in.Roles, mappings
		return nil
	})
	if err == nil {
		s.warnOfWritableClaims(in)
	}
	return &shape.SetIdentityPoolRolesOutput{}, err
}

// warnOfWritableClaims warns of rules on attributes: a user who may write the
// attribute chooses the role (developer guide, "role-based access control";
// attack 36). Claims that only the user pool sets are fine.
func (s *Service) warnOfWritableClaims(in *shape.SetIdentityPoolRolesInput) {
	fixed := []string{"sub", "aud", "iss", "amr", "cognito:groups", "cognito:roles", "cognito:preferred_role", "cognito:username", "identities"}
	for name, m := range in.RoleMappings {
		if m.RulesConfiguration == nil {
			continue
		}
		for _, r := range m.RulesConfiguration.Rules {
			if claim := text(r.Claim); !slices.Contains(fixed, claim) {
				s.log.Warn("role mapping on an attribute", slog.String("pool", text(in.IdentityPoolId)), slog.String("provider", name), slog.String("claim", claim),
					slog.String("why", "a user who may write the attribute chooses the role: leave it out of the app client's WriteAttributes"))
			}
		}
	}
}

func isRole(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && strings.HasPrefix(parts[5], "role/")
}

// checkMapping reads a mapping. Its name is PROVIDER:CLIENT of a user pool.
func (s *Service) checkMapping(p *poolRecord, name string, m *shape.RoleMapping) (*mapping, error) {
	userPool, _, _ := strings.Cut(name, ":")
	if _, _, ok := s.userPoolOf(userPool); !ok {
		if err := otherProvider(p, name); awsapi.Code(err) == "NotImplemented" {
			return nil, awsapi.NotBuilt("SetIdentityPoolRoles RoleMappings of " + name)
		}
		return nil, invalidParameter("Invalid identity provider name %s in role mappings.", name)
	}
	out := &mapping{Type: text(m.Type), Ambiguous: text(m.AmbiguousRoleResolution)}
	if out.Ambiguous == "" {
		return nil, invalidParameter("AmbiguousRoleResolution is required for role mapping %s.", name)
	}
	switch {
	case out.Type == mappingToken && m.RulesConfiguration != nil:
		return nil, invalidParameter("RulesConfiguration must not be given for a role mapping of type Token.")
	case out.Type == mappingToken:
		return out, nil
	case out.Type != mappingRules:
		return nil, invalidParameter("Invalid role mapping type %s.", out.Type)
	case m.RulesConfiguration == nil || len(m.RulesConfiguration.Rules) == 0:
		return nil, invalidParameter("RulesConfiguration is required for a role mapping of type Rules.")
	case len(m.RulesConfiguration.Rules) > maxRules:
		return nil, awsapi.Errorf("LimitExceededException", "A role mapping can have at most %d rules.", maxRules)
	}
	for _, r := range m.RulesConfiguration.Rules {
		if !isRole(text(r.RoleARN)) {
			return nil, invalidParameter("Invalid role ARN %s.", text(r.RoleARN))
		}
		if !slices.Contains([]string{"Equals", "NotEqual", "StartsWith", "Contains"}, text(r.MatchType)) {
			return nil, invalidParameter("Invalid match type %s.", text(r.MatchType))
		}
		out.Rules = append(out.Rules, rule{Claim: text(r.Claim), Match: text(r.MatchType), Value: text(r.Value), Role: text(r.RoleARN)})
	}
	return out, nil
}

// GetIdentityPoolRoles shows the roles of a pool.
func (s *Service) GetIdentityPoolRoles(ctx context.Context, _ *awsapi.Call, in *shape.GetIdentityPoolRolesInput) (*shape.GetIdentityPoolRolesOutput, error) {
	p, err := s.readPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	out := &shape.GetIdentityPoolRolesOutput{IdentityPoolId: &p.ID, Roles: p.Roles}
	for name, m := range p.Mappings {
		shown := shape.RoleMapping{Type: ptr(m.Type), AmbiguousRoleResolution: textPtr(m.Ambiguous)}
		if len(m.Rules) > 0 {
			shown.RulesConfiguration = &shape.RulesConfigurationType{}
			for _, r := range m.Rules {
				shown.RulesConfiguration.Rules = append(shown.RulesConfiguration.Rules, shape.MappingRule{
					Claim: ptr(r.Claim), MatchType: ptr(r.Match), Value: ptr(r.Value), RoleARN: ptr(r.Role),
				})
			}
		}
		if out.RoleMappings == nil {
			out.RoleMappings = map[string]shape.RoleMapping{}
		}
		out.RoleMappings[name] = shown
	}
	return out, nil
}
