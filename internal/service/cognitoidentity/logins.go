package cognitoidentity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/token"
)

// maxLogins is how many logins one call may bring (the model's limit).
const maxLogins = 10

// login is one verified login.
type login struct {
	linked
	// Client is the app client the token was made for.
	Client string
	Claims token.Claims
}

// userPoolOf reads a key of Logins, or a provider's name, as a user pool of
// this server: HOST/POOLID, where HOST is AWS's own or one of a custom issuer.
// canonical is the name in AWS's form, by which logins are kept.
func (s *Service) userPoolOf(name string) (pool, canonical string, ok bool) {
	slash := strings.LastIndexByte(name, '/')
	if slash < 0 || !slices.Contains(s.hosts, name[:slash]) {
		return "", "", false
	}
	pool = name[slash+1:]
	if !strings.HasPrefix(pool, s.region+"_") {
		return "", "", false
	}
	return pool, s.hosts[0] + "/" + pool, true
}

// verifyLogins verifies every token of a call. One bad token fails all.
func (s *Service) verifyLogins(ctx context.Context, p *poolRecord, logins map[string]string) ([]login, error) {
	if len(logins) > maxLogins {
		return nil, invalidParameter("At most %d logins are possible.", maxLogins)
	}
	names := make([]string, 0, len(logins))
	for name := range logins {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []login
	for _, name := range names {
		l, err := s.verifyLogin(ctx, p, name, logins[name])
		if err != nil {
			return nil, err
		}
		for _, other := range out {
			if other.Provider == l.Provider {
				return nil, invalidParameter("Please provide a valid public provider; %s is there twice.", l.Provider)
			}
		}
		out = append(out, *l)
	}
	return out, nil
}

func (s *Service) verifyLogin(ctx context.Context, p *poolRecord, name, raw string) (*login, error) {
	userPoolID, canonical, ok := s.userPoolOf(name)
	if !ok {
		return nil, otherProvider(p, name)
	}
	clients, check := s.clientsOf(p, canonical)
	if len(clients) == 0 {
		return nil, unsupportedProvider()
	}
	// What the token says of itself before it is verified only chooses the
	// wording of a refusal (attack 21).
	hint := readHint(raw)
	if hint == nil {
		return nil, badLogin("Not a valid OpenId Connect identity token.")
	}
	if !strings.HasSuffix(hint.Issuer, "/"+userPoolID) {
		return nil, badLogin("Issuer doesn't match providerName")
	}
	claims, err := s.tokens.VerifyIDToken(ctx, raw, userPoolID, nil)
	if err != nil {
		return nil, s.loginError(err, hint)
	}
	client, subject := claims.String("aud"), claims.String("sub")
	switch {
	case client == "":
		return nil, badLogin("Missing a required claim: aud")
	case subject == "":
		return nil, badLogin("Missing a required claim: sub")
	case !slices.Contains(clients, client):
		return nil, unsupportedProvider()
	}
	if check[client] {
		if err := s.tokens.CheckUser(ctx, claims); err != nil {
			if awsapi.Code(err) == "" {
				return nil, err
			}
			return nil, badLogin("Token is either revoked or its user is disabled.")
		}
	}
	return &login{linked: linked{Provider: canonical, Subject: subject}, Client: client, Claims: claims}, nil
}

// clientsOf returns the app clients of a user pool that an identity pool
// accepts, and which of them want the server-side check.
func (s *Service) clientsOf(p *poolRecord, canonical string) (clients []string, check map[string]bool) {
	check = map[string]bool{}
	for _, u := range p.UserPools {
		if _, name, ok := s.userPoolOf(u.Provider); ok && name == canonical {
			clients = append(clients, u.Client)
			check[u.Client] = u.ServerSideCheck != nil && *u.ServerSideCheck
		}
	}
	return clients, check
}

// otherProvider answers a login that is not by a user pool of this server.
func otherProvider(p *poolRecord, name string) error {
	if _, ok := p.SupportedLogins[name]; ok || slices.Contains(p.SAMLProviders, name) {
		return awsapi.NotBuilt("login by " + name)
	}
	for _, arn := range p.OpenIDProviders {
		if _, host, ok := strings.Cut(arn, ":oidc-provider/"); ok && host == name {
			return awsapi.NotBuilt("login by OpenID Connect provider " + name)
		}
	}
	// The developer provider is for GetOpenIdTokenForDeveloperIdentity only.
	return unsupportedProvider()
}

// hint is what an unverified token says of itself.
type hint struct {
	Issuer   string `json:"iss"`
	Expires  int64  `json:"exp"`
	Audience any    `json:"aud"`
}

func readHint(raw string) *hint {
	if len(raw) > token.MaxSize {
		return nil
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	h := new(hint)
	if json.Unmarshal(payload, h) != nil {
		return nil
	}
	return h
}

// loginError words why a token was refused.
func (s *Service) loginError(err error, h *hint) error {
	switch {
	case errors.Is(err, token.ErrExpired):
		return badLogin("Token expired: " + strconv.FormatInt(s.now().Unix(), 10) + " >= " + strconv.FormatInt(h.Expires, 10))
	case errors.Is(err, token.ErrIssuer):
		return badLogin("Issuer doesn't match providerName")
	case errors.Is(err, token.ErrUse) && h.Audience == nil:
		return badLogin("Missing a required claim: aud")
	case errors.Is(err, token.ErrMalformed):
		return badLogin("Not a valid OpenId Connect identity token.")
	case errors.Is(err, token.ErrSignature), errors.Is(err, token.ErrKey), errors.Is(err, token.ErrAlgorithm),
		errors.Is(err, token.ErrUse), errors.Is(err, token.ErrAudience), errors.Is(err, token.ErrNotYetValid), awsapi.Code(err) != "":
		return badLogin("Couldn't verify signed token.")
	}
	return err
}
