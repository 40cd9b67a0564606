package cognitoidentity

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/internal/store"
)

func identityShape(i *identityRecord) *shape.IdentityDescription {
	out := &shape.IdentityDescription{IdentityId: &i.ID, CreationDate: &i.Created, LastModifiedDate: &i.Modified}
	for _, l := range i.Logins {
		out.Logins = append(out.Logins, l.Provider)
	}
	return out
}

// DescribeIdentity shows an identity with the names of its logins.
func (s *Service) DescribeIdentity(ctx context.Context, _ *awsapi.Call, in *shape.DescribeIdentityInput) (*shape.DescribeIdentityOutput, error) {
	var out *shape.IdentityDescription
	err := s.db.View(ctx, func(tx *store.Tx) error {
		i, _, err := s.identity(tx, text(in.IdentityId))
		if err == nil {
			out = identityShape(i)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ListIdentities lists a pool's identities, a page at a time.
func (s *Service) ListIdentities(ctx context.Context, _ *awsapi.Call, in *shape.ListIdentitiesInput) (*shape.ListIdentitiesOutput, error) {
	limit := pageSize(in.MaxResults)
	hide := in.HideDisabled != nil && *in.HideDisabled
	out := &shape.ListIdentitiesOutput{IdentityPoolId: in.IdentityPoolId, Identities: []shape.IdentityDescription{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := s.pool(tx, text(in.IdentityPoolId)); err != nil {
			return err
		}
		ids, err := s.identityIDs(tx, text(in.IdentityPoolId), text(in.NextToken), limit+1)
		if err != nil {
			return err
		}
		if len(ids) > limit {
			out.NextToken = ptr(ids[limit-1])
			ids = ids[:limit]
		}
		for _, id := range ids {
			i, err := store.GetJSON[identityRecord](tx, s.identityKey(id))
			if err != nil {
				return err
			}
			if i != nil && !(hide && i.Disabled) {
				out.Identities = append(out.Identities, *identityShape(i))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteIdentities deletes identities and ends their sessions. One that does
// not exist counts as deleted.
func (s *Service) DeleteIdentities(ctx context.Context, _ *awsapi.Call, in *shape.DeleteIdentitiesInput) (*shape.DeleteIdentitiesOutput, error) {
	var known []string
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		known = nil
		for _, id := range in.IdentityIdsToDelete {
			i, err := store.GetJSON[identityRecord](tx, s.identityKey(id))
			if err != nil {
				return err
			}
			if i != nil {
				s.deleteIdentity(tx, i)
				known = append(known, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(known) > 0 {
		if err := s.roles.RevokeIdentities(ctx, known...); err != nil {
			return nil, err
		}
	}
	return &shape.DeleteIdentitiesOutput{UnprocessedIdentityIds: []shape.UnprocessedIdentityId{}}, nil
}
