package cognitoidp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

// VerifyIDToken checks an ID token of a pool: signature, issuer, use, expiry
// and, if clients is not empty, that it was made for one of them. pool may be
// "": then the token's own issuer says which pool of this server it claims to
// be from, which only chooses the keys. Errors are those of package token, or
// an *awsapi.Error for a pool that does not exist.
func (s *Service) VerifyIDToken(ctx context.Context, raw, pool string, clients []string) (token.Claims, error) {
	return s.verify(ctx, raw, pool, token.ID, clients, nil)
}

// VerifyAccessToken is VerifyIDToken for access tokens. Beyond what a
// stranger can check, it refuses tokens that were revoked, that are of a user
// who signed out everywhere since, or of one who is disabled or gone: these
// are the *awsapi.Error that GetUser answers.
func (s *Service) VerifyAccessToken(ctx context.Context, raw, pool string, clients []string) (token.Claims, error) {
	return s.verify(ctx, raw, pool, token.Access, clients, func(tx *store.Tx, pool string, claims token.Claims) error {
		_, err := s.bearer(tx, pool, claims)
		return err
	})
}

// CheckUser asks about the user behind verified claims what a signature cannot
// say: that he exists, is enabled and has not signed out everywhere since
// (ServerSideTokenCheck of identity pools).
func (s *Service) CheckUser(ctx context.Context, claims token.Claims) error {
	return s.db.View(ctx, func(tx *store.Tx) error {
		_, err := s.bearer(tx, poolOfIssuer(claims.String("iss")), claims)
		return err
	})
}

// verify checks a token in one snapshot; more is run on verified claims.
func (s *Service) verify(ctx context.Context, raw, pool string, use token.Use, clients []string, more func(tx *store.Tx, pool string, claims token.Claims) error) (claims token.Claims, err error) {
	if pool == "" {
		if pool = poolHint(raw); pool == "" {
			return nil, token.ErrMalformed
		}
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		set, err := s.keys.in(tx, pool)
		if err != nil {
			return err
		}
		if set == nil {
			if _, err := s.pool(tx, pool); err != nil {
				return err
			}
			return token.ErrKey
		}
		claims, err = s.cache.Verify(raw, set, &token.Expect{Issuers: s.issuers(pool), Use: use, Audiences: clients, Now: s.now()})
		if err != nil || more == nil {
			return err
		}
		return more(tx, pool, claims)
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// poolHint reads the pool id that an unverified token claims to be from. It is
// only used to look up keys (attack 21).
func poolHint(raw string) string {
	_, rest, _ := strings.Cut(raw, ".")
	body, _, _ := strings.Cut(rest, ".")
	if len(raw) > token.MaxSize {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return poolOfIssuer(claims.Issuer)
}

func poolOfIssuer(issuer string) string {
	pool := issuer[strings.LastIndexByte(issuer, '/')+1:]
	if len(pool) > 55 {
		return ""
	}
	return pool
}

// holder is who presents an access token.
type holder struct {
	pool   *poolRecord
	client *clientRecord
	user   *userRecord
	claims token.Claims
}

// bearer looks up the user of verified claims and refuses tokens that were
// revoked or signed out.
func (s *Service) bearer(tx *store.Tx, poolID string, claims token.Claims) (*holder, error) {
	pool, err := s.pool(tx, poolID)
	if err != nil {
		return nil, err
	}
	name := claims.String("username")
	if name == "" {
		name = claims.String("cognito:username")
	}
	u, err := store.GetJSON[userRecord](tx, s.userKey(pool.ID, pool.fold(name)))
	if err != nil {
		return nil, err
	}
	if u == nil || u.Sub != claims.String("sub") {
		return nil, userNotFound()
	}
	if u.Disabled {
		return nil, userDisabled()
	}
	if epoch, ok := eventEpoch(claims.String("event_id")); !ok || epoch != u.Epoch {
		return nil, accessTokenRevoked()
	}
	if family := claims.String("origin_jti"); family != "" {
		f, err := store.GetJSON[familyRecord](tx, s.familyKey(pool.ID, family))
		if err != nil {
			return nil, err
		}
		if f != nil && f.Revoked {
			return nil, accessTokenRevoked()
		}
	}
	return &holder{pool: pool, user: u, claims: claims}, nil
}

// hold verifies the access token of an operation, in AWS's words, and reads
// who it belongs to.
func (s *Service) hold(ctx context.Context, raw string) (h *holder, err error) {
	_, err = s.verify(ctx, raw, "", token.Access, nil, func(tx *store.Tx, pool string, claims token.Claims) error {
		if !slices.Contains(strings.Fields(claims.String("scope")), apiScope) {
			return notAuthorized("Access Token does not have required scopes")
		}
		if h, err = s.bearer(tx, pool, claims); err != nil {
			return err
		}
		h.client, err = s.client(tx, pool, claims.String("client_id"))
		return err
	})
	return h, bearerError(err)
}

// again reads the holder's user once more, inside an Update.
func (s *Service) again(tx *store.Tx, h *holder) (*holder, error) {
	now, err := s.bearer(tx, h.pool.ID, h.claims)
	if err != nil {
		return nil, err
	}
	now.client = h.client
	return now, nil
}

// bearerError words the refusal of a token.
func bearerError(err error) error {
	for _, kind := range []error{
		token.ErrMalformed, token.ErrAlgorithm, token.ErrKey, token.ErrSignature,
		token.ErrIssuer, token.ErrUse, token.ErrAudience, token.ErrNotYetValid,
	} {
		if errors.Is(err, kind) {
			return accessTokenInvalid()
		}
	}
	if errors.Is(err, token.ErrExpired) {
		return accessTokenExpired()
	}
	if awsapi.Code(err) == "ResourceNotFoundException" {
		return accessTokenInvalid() // its pool or client is gone, or never was
	}
	return err
}
