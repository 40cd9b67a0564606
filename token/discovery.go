package token

import "encoding/json"

// Configuration is an OpenID Connect discovery document with the members and
// the order Cognito answers at ISSUER/.well-known/openid-configuration. The
// endpoints of a hosted domain are left out for a pool without one.
type Configuration struct {
	AuthorizationEndpoint string   `json:"authorization_endpoint,omitempty"`
	EndSessionEndpoint    string   `json:"end_session_endpoint,omitempty"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	Issuer                string   `json:"issuer"`
	JWKSURI               string   `json:"jwks_uri"`
	ResponseTypes         []string `json:"response_types_supported"`
	RevocationEndpoint    string   `json:"revocation_endpoint,omitempty"`
	Scopes                []string `json:"scopes_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	TokenEndpoint         string   `json:"token_endpoint,omitempty"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint,omitempty"`
}

// Discovery returns the document of an issuer. jwksURI is where the key set is
// served; domain is the base URL of the hosted endpoints, or "".
func Discovery(issuer, jwksURI, domain string) ([]byte, error) {
	c := Configuration{
		SigningAlgorithms: []string{string(RS256)},
		Issuer:            issuer,
		JWKSURI:           jwksURI,
		ResponseTypes:     []string{"code", "token"},
		Scopes:            []string{"openid", "email", "phone", "profile"},
		SubjectTypes:      []string{"public"},
		TokenAuthMethods:  []string{"client_secret_basic", "client_secret_post"},
	}
	if domain != "" {
		c.AuthorizationEndpoint = domain + "/oauth2/authorize"
		c.EndSessionEndpoint = domain + "/logout"
		c.RevocationEndpoint = domain + "/oauth2/revoke"
		c.TokenEndpoint = domain + "/oauth2/token"
		c.UserinfoEndpoint = domain + "/oauth2/userInfo"
	}
	return json.Marshal(c)
}
