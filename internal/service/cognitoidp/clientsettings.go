package cognitoidp

import (
	"slices"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
)

// Default and extreme lifetimes of tokens
// (cognito-developer-guide, limits and amazon-cognito-user-pools-using-tokens).
const (
	defaultRefreshDays   = 30
	defaultTokenLife     = time.Hour
	shortestToken        = 5 * time.Minute
	longestToken         = 24 * time.Hour
	shortestRefresh      = time.Hour
	longestRefresh       = 3650 * 24 * time.Hour
	defaultSessionMinute = 3
)

// clientSettingsOf reads the parameters that CreateUserPoolClient and
// UpdateUserPoolClient share; what is absent gets its default.
func clientSettingsOf(operation string, pool *poolRecord, in *shape.UpdateUserPoolClientInput) (*clientSettings, error) {
	err := refuse(operation,
		parameter{"AnalyticsConfiguration", firstSet(in.AnalyticsConfiguration) != ""},
		parameter{"EnablePropagateAdditionalUserContextData", value(in.EnablePropagateAdditionalUserContextData)},
		parameter{"ExplicitAuthFlows ALLOW_USER_AUTH", slices.Contains(in.ExplicitAuthFlows, "ALLOW_USER_AUTH")},
	)
	if err != nil {
		return nil, err
	}
	for _, p := range in.SupportedIdentityProviders {
		if p != "COGNITO" {
			return nil, awsapi.NotBuilt(operation + " parameter SupportedIdentityProviders " + p)
		}
	}
	s := &clientSettings{
		RefreshValidity: value(in.RefreshTokenValidity), AccessValidity: value(in.AccessTokenValidity), IDValidity: value(in.IdTokenValidity),
		Read: in.ReadAttributes, Write: in.WriteAttributes, Flows: in.ExplicitAuthFlows, Providers: in.SupportedIdentityProviders,
		CallbackURLs: in.CallbackURLs, LogoutURLs: in.LogoutURLs, DefaultRedirect: text(in.DefaultRedirectURI),
		OAuthFlows: in.AllowedOAuthFlows, OAuthScopes: in.AllowedOAuthScopes, OAuthEnabled: value(in.AllowedOAuthFlowsUserPoolClient),
		HideExistence: text(in.PreventUserExistenceErrors) == "ENABLED", HideGiven: in.PreventUserExistenceErrors != nil,
		Revocation: in.EnableTokenRevocation == nil || *in.EnableTokenRevocation, SessionMinutes: defaultSessionMinute,
	}
	if in.AuthSessionValidity != nil {
		s.SessionMinutes = *in.AuthSessionValidity
	}
	if u := in.TokenValidityUnits; u != nil {
		s.RefreshUnit, s.AccessUnit, s.IDUnit = text(u.RefreshToken), text(u.AccessToken), text(u.IdToken)
	}
	if s.RefreshValidity == 0 {
		s.RefreshValidity, s.RefreshUnit = defaultRefreshDays, ""
	}
	if r := in.RefreshTokenRotation; r != nil {
		s.RotationGiven, s.Rotation, s.GraceSeconds = true, text(r.Feature) == "ENABLED", value(r.RetryGracePeriodSeconds)
	}
	return s, s.check(pool)
}

func (s *clientSettings) check(pool *poolRecord) error {
	for _, l := range []struct {
		life, least, most time.Duration
	}{
		{s.accessLife(), shortestToken, longestToken}, {s.idLife(), shortestToken, longestToken},
		{s.refreshLife(), shortestRefresh, longestRefresh},
	} {
		if l.life < l.least || l.life > l.most {
			return invalidParameter("Invalid range for token validity.")
		}
	}
	if s.accessLife() > s.refreshLife() || s.idLife() > s.refreshLife() {
		return invalidParameter("Access token and ID token validity must be shorter than refresh token validity.")
	}
	legacy, modern := 0, 0
	for _, f := range s.Flows {
		if strings.HasPrefix(f, "ALLOW_") {
			modern++
		} else {
			legacy++
		}
	}
	if legacy > 0 && modern > 0 {
		return invalidParameter("Cannot use ALLOW_ prefixed ExplicitAuthFlows together with ADMIN_NO_SRP_AUTH, CUSTOM_AUTH_FLOW_ONLY and USER_PASSWORD_AUTH.")
	}
	if s.Rotation && slices.Contains(s.Flows, "ALLOW_REFRESH_TOKEN_AUTH") {
		return invalidParameter("Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH.")
	}
	if err := s.checkAttributes(pool); err != nil {
		return err
	}
	return s.checkOAuth()
}

// checkAttributes: the lists name attributes of the schema, and required ones
// must be writable.
func (s *clientSettings) checkAttributes(pool *poolRecord) error {
	for _, list := range [][]string{s.Read, s.Write} {
		for _, name := range list {
			if pool.attribute(name) == nil {
				return invalidParameter("Invalid attribute specified: %s", name)
			}
		}
	}
	for _, name := range s.Write {
		a := pool.attribute(name)
		if !a.Mutable && !strings.Contains(name, ":") || readOnlyAttribute(name) || a.DeveloperOnly {
			return invalidParameter("Invalid write attributes specified while creating a client")
		}
	}
	for i := range pool.Schema {
		a := &pool.Schema[i]
		if len(s.Write) > 0 && a.Required && a.Name != "sub" && !slices.Contains(s.Write, a.Name) {
			return invalidParameter("Required attribute %s must be writable by the client.", a.Name)
		}
	}
	return nil
}

func (s *clientSettings) checkOAuth() error {
	if s.DefaultRedirect != "" && !slices.Contains(s.CallbackURLs, s.DefaultRedirect) {
		return invalidParameter("The default redirect URI must be in the CallbackURLs list.")
	}
	if len(s.OAuthFlows) > 0 && len(s.OAuthScopes) == 0 {
		return awsapi.Errorf("InvalidOAuthFlowException", "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
	}
	if slices.Contains(s.OAuthFlows, "client_credentials") && len(s.OAuthFlows) > 1 {
		return awsapi.Errorf("InvalidOAuthFlowException", "client_credentials flow can not be selected along with code flow or implicit flow.")
	}
	for _, list := range [][]string{s.CallbackURLs, s.LogoutURLs} {
		for _, u := range list {
			if !redirectable(u) {
				return invalidParameter("%s is not a valid redirect URI: it needs a scheme, https unless it is http://localhost or an app's own, and no fragment.", u)
			}
		}
	}
	return nil
}

// redirectable accepts what section 5.5 of the OAuth rules allows: https,
// http on localhost, and schemes of apps.
func redirectable(u string) bool {
	scheme, rest, ok := strings.Cut(u, "://")
	if !ok || scheme == "" || rest == "" || strings.Contains(u, "#") {
		return false
	}
	if scheme != "http" {
		return true
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host == "localhost" || host == "127.0.0.1"
}

// lifetime returns n units; an unset unit is the parameter's default.
func lifetime(n int32, unit string, otherwise time.Duration) time.Duration {
	d := map[string]time.Duration{"seconds": time.Second, "minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour}[unit]
	if d == 0 {
		d = otherwise
	}
	return time.Duration(n) * d
}

func (s *clientSettings) accessLife() time.Duration {
	if s.AccessValidity == 0 {
		return defaultTokenLife
	}
	return lifetime(s.AccessValidity, s.AccessUnit, time.Hour)
}

func (s *clientSettings) idLife() time.Duration {
	if s.IDValidity == 0 {
		return defaultTokenLife
	}
	return lifetime(s.IDValidity, s.IDUnit, time.Hour)
}

func (s *clientSettings) refreshLife() time.Duration {
	return lifetime(s.RefreshValidity, s.RefreshUnit, 24*time.Hour)
}

// allows says whether a sign-in flow is on, given the name of its ALLOW_ flag.
func (s *clientSettings) allows(flag string) bool {
	if len(s.Flows) == 0 {
		switch flag {
		case "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH":
			return true
		case "ALLOW_REFRESH_TOKEN_AUTH":
			return !s.Rotation
		}
		return false
	}
	if strings.HasPrefix(s.Flows[0], "ALLOW_") {
		return slices.Contains(s.Flows, flag)
	}
	// The legacy list: SRP and refresh stay on unless only custom flows are
	// wanted (the guide's clients sign in by SRP with only ADMIN_NO_SRP_AUTH).
	switch flag {
	case "ALLOW_USER_SRP_AUTH":
		return !slices.Contains(s.Flows, "CUSTOM_AUTH_FLOW_ONLY")
	case "ALLOW_REFRESH_TOKEN_AUTH":
		return !s.Rotation
	case "ALLOW_ADMIN_USER_PASSWORD_AUTH":
		return slices.Contains(s.Flows, "ADMIN_NO_SRP_AUTH")
	case "ALLOW_USER_PASSWORD_AUTH":
		return slices.Contains(s.Flows, "USER_PASSWORD_AUTH")
	case "ALLOW_CUSTOM_AUTH":
		return true
	}
	return false
}

// readOnlyAttribute names what clients never write themselves (attack 34).
func readOnlyAttribute(name string) bool {
	switch name {
	case "sub", "email_verified", "phone_number_verified", "identities":
		return true
	}
	return false
}

// writable says whether the client may write an attribute.
func (s *clientSettings) writable(a *attributeRecord) bool {
	if a.DeveloperOnly || readOnlyAttribute(a.Name) {
		return false
	}
	return len(s.Write) == 0 || slices.Contains(s.Write, a.Name)
}

// readable says whether the client may read an attribute; sub always.
func (s *clientSettings) readable(name string) bool {
	if strings.HasPrefix(name, developerPrefix) {
		return false
	}
	return len(s.Read) == 0 || name == "sub" || slices.Contains(s.Read, name)
}
