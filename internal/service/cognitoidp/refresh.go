package cognitoidp

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

// refreshSignIn is the REFRESH_TOKEN_AUTH flow. Its SECRET_HASH may be over
// the internal user name or the sub.
func (s *Service) refreshSignIn(ctx context.Context, r *signIn) (*reply, error) {
	raw, err := r.required("REFRESH_TOKEN")
	if err != nil {
		return nil, err
	}
	sub, err := s.read(ctx, r, "", "")
	if err != nil {
		return nil, err
	}
	if sub.client.Settings.Rotation {
		return nil, invalidParameter("Refresh token rotation is enabled for this client: use GetTokensFromRefreshToken.")
	}
	if !sub.client.Settings.allows("ALLOW_REFRESH_TOKEN_AUTH") {
		return nil, flowOff(r.flow)
	}
	refresh, err := token.OpenRefresh(s.sealer("refresh"), sub.pool.ID, raw)
	if err != nil {
		return nil, refreshInvalid()
	}
	if err := s.checkSecretHash(sub.client, r.params["SECRET_HASH"], refresh.Username, refresh.Subject); err != nil {
		return nil, err
	}
	result, err := s.renew(ctx, sub.client.ID, raw)
	if err != nil {
		return nil, err
	}
	return &reply{result: result, params: map[string]string{}}, nil
}

// GetTokensFromRefreshToken renews tokens; with rotation on, the refresh token
// is replaced and its use again, after the grace period, revokes all that stem
// from the same sign-in.
func (s *Service) GetTokensFromRefreshToken(ctx context.Context, _ *awsapi.Call, in *shape.GetTokensFromRefreshTokenInput) (*shape.GetTokensFromRefreshTokenOutput, error) {
	if text(in.DeviceKey) != "" {
		return nil, awsapi.Errorf("ResourceNotFoundException", "Device does not exist.")
	}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		c, err := s.client(tx, "", text(in.ClientId))
		if err != nil {
			return err
		}
		return s.checkSecret(c, text(in.ClientSecret))
	})
	if err != nil {
		return nil, err
	}
	result, err := s.renew(ctx, text(in.ClientId), text(in.RefreshToken))
	if err != nil {
		return nil, err
	}
	return &shape.GetTokensFromRefreshTokenOutput{AuthenticationResult: result}, nil
}

// renewal is what a refresh was decided to do.
type renewal struct {
	grant *grant
	// reused: the token was replaced before; the family is revoked now.
	reused bool
	// write says that the transaction may write.
	write bool
}

// renew checks a refresh token and signs new tokens. auth_time and the end of
// the refresh token's life stay those of the sign-in.
func (s *Service) renew(ctx context.Context, clientID, raw string) (*shape.AuthenticationResultType, error) {
	var r renewal
	rotation, write := false, false
	decide := func(tx *store.Tx) (err error) {
		r = renewal{write: write}
		client, pool, err := s.clientAndPool(tx, "", clientID)
		if err != nil {
			return err
		}
		rotation = client.Settings.Rotation
		return s.decideRenewal(tx, client, pool, raw, &r)
	}
	if err := s.db.View(ctx, decide); err != nil {
		return nil, err
	}
	if write = rotation || r.reused; write {
		if err := s.db.Update(ctx, decide); err != nil {
			return nil, err
		}
	}
	if r.reused {
		return nil, refreshReused()
	}
	if r.grant.keys == nil {
		keys, err := s.keys.ensure(ctx, r.grant.pool.ID)
		if err != nil {
			return nil, err
		}
		r.grant.keys = keys
	}
	var result *shape.AuthenticationResultType
	err := s.work(ctx, func() (err error) {
		result, err = s.tokens(r.grant)
		return err
	})
	return result, err
}

// decideRenewal checks everything about a refresh token. In a View it only
// looks; in an Update it also writes the rotation or the revocation.
func (s *Service) decideRenewal(tx *store.Tx, client *clientRecord, pool *poolRecord, raw string, r *renewal) error {
	refresh, err := token.OpenRefresh(s.sealer("refresh"), pool.ID, raw)
	if err != nil || refresh.ClientID != client.ID {
		return refreshInvalid()
	}
	now := s.now()
	if refresh.Expired(now) {
		return refreshExpired()
	}
	key := pool.fold(refresh.Username)
	u, err := store.GetJSON[userRecord](tx, s.userKey(pool.ID, key))
	if err != nil {
		return err
	}
	switch {
	case u == nil || u.Sub != refresh.Subject:
		return userNotFound()
	case u.Disabled:
		return userDisabled()
	case u.Epoch != refresh.Epoch:
		return refreshRevoked()
	case u.Status == statusResetRequired:
		return resetRequired()
	}
	groups, err := s.groupsOf(tx, pool.ID, key)
	if err != nil {
		return err
	}
	keys, err := s.keys.in(tx, pool.ID)
	if err != nil {
		return err
	}
	r.grant = &grant{pool: pool, client: client, user: u, groups: groups, keys: keys, refresh: *refresh}
	return s.rotate(tx, client, pool, r, now)
}

// rotate looks at the family of a refresh token: revoked, used up, within
// grace, or to be replaced.
func (s *Service) rotate(tx *store.Tx, client *clientRecord, pool *poolRecord, r *renewal, now time.Time) error {
	refresh := &r.grant.refresh
	f, err := store.GetJSON[familyRecord](tx, s.familyKey(pool.ID, refresh.Family))
	if err != nil {
		return err
	}
	if f == nil {
		f = &familyRecord{Expires: time.Unix(refresh.Expires, 0).UTC()}
	}
	grace := f.Rotated.Add(time.Duration(client.Settings.GraceSeconds) * time.Second)
	switch {
	case f.Revoked:
		return refreshRevoked()
	case refresh.Generation == f.Generation && !client.Settings.Rotation:
		return nil
	case refresh.Generation == f.Generation:
		f.Generation++
		f.Rotated = now
	case refresh.Generation == f.Generation-1 && now.Before(grace):
		// A retry, or a second tab: it gets the present generation again.
	default:
		r.reused = true
		f.Revoked = true
	}
	refresh.Generation, refresh.Issued = f.Generation, now.Unix()
	r.grant.renew = client.Settings.Rotation
	if !r.write {
		return nil
	}
	return s.putFamily(tx, pool.ID, refresh.Family, f)
}

// familySpan is the size of the buckets by which family records are found
// again when nothing they say matters any more.
const familySpan = 24 * time.Hour

// putFamily writes a family record and deletes some that are over.
func (s *Service) putFamily(tx *store.Tx, poolID, id string, f *familyRecord) error {
	// Access tokens of the family may live on after its refresh tokens.
	end := f.Expires.Add(longestToken)
	tx.Put(s.base.With("old", bucket(end, familySpan, 1), poolID, id), nil)
	lo, hi := s.base.With("old"), s.base.With("old", bucket(s.now(), familySpan, 0))
	for rec, err := range tx.Scan(lo, hi, false, 16) {
		if err != nil {
			return err
		}
		parts, err := store.Key(rec.Key).Parts()
		if err != nil {
			return err
		}
		tx.Delete(store.Key(rec.Key))
		tx.Delete(s.familyKey(parts[len(parts)-2], parts[len(parts)-1]))
	}
	return store.PutJSON(tx, s.familyKey(poolID, id), f)
}

// RevokeToken revokes a refresh token and all tokens of its sign-in. A token
// that is no refresh token of the client is an error, a revoked one is not.
func (s *Service) RevokeToken(ctx context.Context, _ *awsapi.Call, in *shape.RevokeTokenInput) (*shape.RevokeTokenOutput, error) {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		client, pool, err := s.clientAndPool(tx, "", text(in.ClientId))
		if err != nil {
			return err
		}
		if err := s.checkSecret(client, text(in.ClientSecret)); err != nil {
			return err
		}
		if !client.Settings.Revocation {
			return awsapi.Errorf("UnsupportedOperationException", "Revocation is not enabled for this client.")
		}
		refresh, err := token.OpenRefresh(s.sealer("refresh"), pool.ID, text(in.Token))
		if err != nil {
			return awsapi.Errorf("UnsupportedTokenTypeException", "Unsupported token type")
		}
		if refresh.ClientID != client.ID {
			return awsapi.Errorf("UnauthorizedException", "Token is not issued to this client.")
		}
		f, err := store.GetJSON[familyRecord](tx, s.familyKey(pool.ID, refresh.Family))
		if err != nil {
			return err
		}
		if f == nil {
			f = &familyRecord{Expires: time.Unix(refresh.Expires, 0).UTC()}
		}
		f.Revoked = true
		return s.putFamily(tx, pool.ID, refresh.Family, f)
	})
	return &shape.RevokeTokenOutput{}, err
}
