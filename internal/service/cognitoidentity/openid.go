package cognitoidentity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/ids"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

// openIDLifetime is how long a token of GetOpenIdToken lives.
const openIDLifetime = 10 * time.Minute

// issuer is the iss of OpenID tokens of identity pools.
const issuer = "https://cognito-identity.amazonaws.com"

// GetOpenIdToken gives an identity an OpenID token for sts (the basic flow),
// if the pool allows that flow.
func (s *Service) GetOpenIdToken(ctx context.Context, _ *awsapi.Call, in *shape.GetOpenIdTokenInput) (*shape.GetOpenIdTokenOutput, error) {
	p, err := s.poolOfIdentity(ctx, text(in.IdentityId))
	if err != nil {
		return nil, err
	}
	if !p.classic() {
		return nil, basicFlowOff()
	}
	i, p, logins, err := s.entitled(ctx, text(in.IdentityId), in.Logins)
	if err != nil {
		return nil, err
	}
	set, err := s.keySet(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	raw, err := set.Signing(token.AnyUse, now).Sign(map[string]any{
		"iss": issuer, "sub": i.ID, "aud": p.ID, "amr": amr(logins), "iat": now.Unix(), "exp": now.Add(openIDLifetime).Unix(),
	})
	if err != nil {
		return nil, fmt.Errorf("sign an OpenID token: %w", err)
	}
	return &shape.GetOpenIdTokenOutput{IdentityId: &i.ID, Token: &raw}, nil
}

// VerifyWebIdentity verifies an OpenID token of GetOpenIdToken for sts. The
// identity must still exist and its pool still allow the basic flow.
func (s *Service) VerifyWebIdentity(ctx context.Context, raw string) (*awsapi.WebIdentity, error) {
	set, err := s.readKeySet(ctx)
	if err != nil {
		return nil, err
	}
	if set == nil {
		return nil, awsapi.ErrWebIdentityInvalid
	}
	claims, err := token.Verify(raw, set, &token.Expect{Issuers: []string{issuer}, Use: token.AnyUse, Now: s.now()})
	switch {
	case errors.Is(err, token.ErrExpired):
		return nil, awsapi.ErrWebIdentityExpired
	case err != nil:
		return nil, fmt.Errorf("%w: %w", awsapi.ErrWebIdentityInvalid, err)
	}
	session := &awsapi.CognitoSession{IdentityPoolID: claims.String("aud"), IdentityID: claims.String("sub"), AMR: claims.Strings("amr")}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		i, p, err := s.identity(tx, session.IdentityID)
		if awsapi.Code(err) != "" || err == nil && (i.Disabled || p.ID != session.IdentityPoolID || !p.classic()) {
			return awsapi.ErrWebIdentityInvalid
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &awsapi.WebIdentity{
		Provider: provider, Subject: session.IdentityID, Audience: session.IdentityPoolID, Keys: webIdentityKeys(session), Cognito: session,
	}, nil
}

// reader lets key generation draw from the source of ids.
type reader struct{ ids *ids.Source }

// Read fills p.
func (r reader) Read(p []byte) (int, error) { return copy(p, r.ids.Bytes(len(p))), nil }

// readKeySet returns the signing keys, nil when none were made yet.
func (s *Service) readKeySet(ctx context.Context) (set *token.KeySet, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		set, err = s.keySetIn(tx)
		return err
	})
	return set, err
}

func (s *Service) keySetIn(tx *store.Tx) (*token.KeySet, error) {
	box, ok, err := tx.Get(s.key("keys"))
	if err != nil || !ok {
		return nil, err
	}
	plain, err := s.sealer.Open(box, s.key("keys"))
	if err != nil {
		return nil, fmt.Errorf("open the signing keys of identity pools: %w", err)
	}
	return token.UnmarshalKeySet(plain)
}

// keySet returns the signing keys and makes them if need be, once.
func (s *Service) keySet(ctx context.Context) (*token.KeySet, error) {
	s.keys.Lock()
	defer s.keys.Unlock()
	set, err := s.readKeySet(ctx)
	if err != nil || set != nil {
		return set, err
	}
	key, err := token.Generate(reader{s.ids}, token.AnyUse, token.RS512)
	if err != nil {
		return nil, err
	}
	fresh := token.NewKeySet(s.now(), key)
	plain, err := fresh.Marshal()
	if err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if set, err = s.keySetIn(tx); err != nil || set != nil {
			return err // another node was faster
		}
		set = fresh
		tx.Put(s.key("keys"), s.sealer.Seal(plain, s.key("keys")))
		return nil
	})
	return set, err
}
