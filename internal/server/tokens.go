package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/service/cognitoidp"
	"github.com/bawn-dev/bawn/token"
)

// stageTokens lets API authorizers verify tokens of this Bawn's user pools.
type stageTokens struct{ pools *cognitoidp.Service }

// VerifyToken checks a token against the pools an authorizer names. Tokens
// that were revoked, or whose user signed out everywhere, was disabled or
// deleted, are refused too (DIVERGENCES.md).
func (t *stageTokens) VerifyToken(ctx context.Context, raw, use string, userPoolARNs []string, _ time.Time) (token.Claims, error) {
	verify := t.pools.VerifyIDToken
	if use == "access" {
		verify = t.pools.VerifyAccessToken
	}
	err := errors.New("the authorizer names no user pool")
	for _, arn := range userPoolARNs {
		_, pool, ok := strings.Cut(arn, ":userpool/")
		if !ok {
			continue
		}
		var claims token.Claims
		claims, err = verify(ctx, raw, pool, nil)
		if err == nil && use != "access" {
			err = t.pools.CheckUser(ctx, claims)
		}
		if err == nil {
			return claims, nil
		}
		if errors.Is(err, token.ErrExpired) {
			return nil, err
		}
	}
	return nil, err
}

// poolDocuments serves what verifiers of a user pool's tokens fetch:
// /POOL/.well-known/jwks.json and openid-configuration.
type poolDocuments struct {
	pools    *cognitoidp.Service
	endpoint string
}

func (d *poolDocuments) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pool, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/.well-known/")
	var body []byte
	var err error
	if name == "jwks.json" {
		body, err = d.pools.JWKS(r.Context(), pool)
	} else {
		body, err = d.pools.OpenIDConfiguration(r.Context(), pool, d.endpoint)
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if err != nil || body == nil {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"User pool does not exist."}`))
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(body)
}
