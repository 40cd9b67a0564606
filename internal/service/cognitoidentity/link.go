package cognitoidentity

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/internal/store"
)

// Which identity a set of verified logins belongs to, and how identities are
// linked and merged (reference iam.md 3.3).

// GetId returns the identity of the logins, or a new one. Without logins it is
// a new guest every time.
func (s *Service) GetId(ctx context.Context, _ *awsapi.Call, in *shape.GetIdInput) (*shape.GetIdOutput, error) {
	if in.AccountId != nil && *in.AccountId != s.account {
		return nil, poolNotFound(text(in.IdentityPoolId))
	}
	p, err := s.readPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	logins, err := s.verifyLogins(ctx, p, in.Logins)
	if err != nil {
		return nil, err
	}
	if len(logins) == 0 && !p.Guests {
		return nil, noGuests()
	}
	fresh := s.newID()
	var out string
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		// Read again: the pool may be gone by now.
		if _, err := s.pool(tx, p.ID); err != nil {
			return err
		}
		i, err := s.owner(tx, p.ID, logins)
		if err != nil {
			return err
		}
		if i == nil {
			i = &identityRecord{ID: fresh, Pool: p.ID, Created: s.now()}
			if len(logins) == 0 {
				out = i.ID
				return s.putIdentity(tx, i)
			}
		}
		i, err = s.link(tx, i, logins)
		if err == nil {
			out = i.ID
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &shape.GetIdOutput{IdentityId: &out}, nil
}

// owner returns the first identity that one of the logins is linked to, or
// nil.
func (s *Service) owner(tx *store.Tx, pool string, logins []login) (*identityRecord, error) {
	for _, l := range logins {
		i, err := s.linkedTo(tx, pool, l.linked)
		if err != nil || i != nil {
			return i, err
		}
	}
	return nil, nil
}

// linkedTo returns the identity a login is linked to, or nil.
func (s *Service) linkedTo(tx *store.Tx, pool string, l linked) (*identityRecord, error) {
	id, ok, err := tx.Get(s.loginKey(pool, l))
	if err != nil || !ok {
		return nil, err
	}
	return store.GetJSON[identityRecord](tx, s.identityKey(string(id)))
}

// link links logins to an identity. A login that is linked to another one
// merges the two: the older of two with logins, or the one that has any,
// becomes the owner and the other is disabled. It returns the owner.
func (s *Service) link(tx *store.Tx, i *identityRecord, logins []login) (*identityRecord, error) {
	changed := false
	for _, l := range logins {
		if subject, ok := i.at(l.Provider); ok && subject == l.Subject {
			continue
		}
		other, err := s.linkedTo(tx, i.Pool, l.linked)
		if err != nil {
			return nil, err
		}
		if other != nil && other.ID != i.ID {
			if i, err = s.merge(tx, i, other); err != nil {
				return nil, err
			}
			changed = true
			continue
		}
		if _, ok := i.at(l.Provider); ok {
			// One login of a provider; a second user of it is a conflict.
			return nil, alreadyLinked()
		}
		i.Logins = append(i.Logins, l.linked)
		changed = true
	}
	if !changed {
		return i, nil
	}
	return i, s.putIdentity(tx, i)
}

// merge joins two identities and returns the owner, which the caller stores.
func (s *Service) merge(tx *store.Tx, a, b *identityRecord) (*identityRecord, error) {
	owner, loser := a, b
	if len(a.Logins) == 0 || len(b.Logins) > 0 && b.Created.Before(a.Created) {
		owner, loser = b, a
	}
	for _, l := range loser.Logins {
		if _, ok := owner.at(l.Provider); ok {
			return nil, alreadyLinked()
		}
	}
	owner.Logins = append(owner.Logins, loser.Logins...)
	loser.Logins, loser.Disabled = nil, true
	if err := s.putIdentity(tx, loser); err != nil {
		return nil, err
	}
	return owner, nil
}

// entitled decides whether the bearer of the logins may act as an identity,
// links what is new, and returns the identity that acts: after a merge it may
// be another one. It is the heart of GetOpenIdToken and
// GetCredentialsForIdentity.
func (s *Service) entitled(ctx context.Context, id string, tokens map[string]string) (*identityRecord, *poolRecord, []login, error) {
	var i *identityRecord
	var p *poolRecord
	read := func(tx *store.Tx) (err error) {
		if i, p, err = s.identity(tx, id); err != nil {
			return err
		}
		if i.Disabled {
			return forbidden(id)
		}
		if len(tokens) == 0 {
			return guestMay(i, p)
		}
		return nil
	}
	if err := s.db.View(ctx, read); err != nil {
		return nil, nil, nil, err
	}
	if len(tokens) == 0 {
		return i, p, nil, nil
	}
	logins, err := s.verifyLogins(ctx, p, tokens)
	if err != nil {
		return nil, nil, nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := read(tx); err != nil {
			return err
		}
		if len(i.Logins) > 0 && !knowsOne(i, logins) {
			return loginsDoNotMatch()
		}
		i, err = s.link(tx, i, logins)
		return err
	})
	return i, p, logins, err
}

// guestMay refuses callers without logins where the identity has some, or the
// pool wants some.
func guestMay(i *identityRecord, p *poolRecord) error {
	switch {
	case len(i.Logins) > 0:
		return forbidden(i.ID)
	case !p.Guests:
		return noGuests()
	}
	return nil
}

// knowsOne says whether one of the logins is linked to the identity.
func knowsOne(i *identityRecord, logins []login) bool {
	for _, l := range logins {
		if subject, ok := i.at(l.Provider); ok && subject == l.Subject {
			return true
		}
	}
	return false
}

// UnlinkIdentity removes logins from an identity; it takes a token of each
// login that stays or goes to prove that the identity is the caller's. Without
// logins left the identity is disabled.
func (s *Service) UnlinkIdentity(ctx context.Context, _ *awsapi.Call, in *shape.UnlinkIdentityInput) (*shape.UnlinkIdentityOutput, error) {
	id := text(in.IdentityId)
	if len(in.Logins) == 0 {
		return nil, forbidden(id)
	}
	p, err := s.poolOfIdentity(ctx, id)
	if err != nil {
		return nil, err
	}
	logins, err := s.verifyLogins(ctx, p, in.Logins)
	if err != nil {
		return nil, err
	}
	remove := map[string]bool{}
	for _, name := range in.LoginsToRemove {
		_, canonical, ok := s.userPoolOf(name)
		if !ok {
			return nil, unsupportedProvider()
		}
		remove[canonical] = true
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		i, _, err := s.identity(tx, id)
		if err != nil {
			return err
		}
		if i.Disabled || !knowsOne(i, logins) {
			return forbidden(id)
		}
		var kept []linked
		for _, l := range i.Logins {
			if remove[l.Provider] {
				tx.Delete(s.loginKey(i.Pool, l))
				continue
			}
			kept = append(kept, l)
		}
		if len(kept) == len(i.Logins) {
			return notAuthorized("Login is not linked to this identity.")
		}
		i.Logins, i.Disabled = kept, len(kept) == 0
		return s.putIdentity(tx, i)
	})
	return &shape.UnlinkIdentityOutput{}, err
}

func (s *Service) poolOfIdentity(ctx context.Context, id string) (p *poolRecord, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		_, p, err = s.identity(tx, id)
		return err
	})
	return p, err
}
