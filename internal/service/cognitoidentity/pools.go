package cognitoidentity

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/internal/store"
)

// CreateIdentityPool makes a pool. Guests and the basic flow are off unless
// they are asked for.
func (s *Service) CreateIdentityPool(ctx context.Context, _ *awsapi.Call, in *shape.CreateIdentityPoolInput) (*shape.CreateIdentityPoolOutput, error) {
	p := &poolRecord{
		ID: s.newID(), Name: text(in.IdentityPoolName), ClassicFlow: in.AllowClassicFlow, SupportedLogins: in.SupportedLoginProviders,
		DeveloperProvider: text(in.DeveloperProviderName), OpenIDProviders: in.OpenIdConnectProviderARNs,
		SAMLProviders: in.SamlProviderARNs, Tags: in.IdentityPoolTags, Created: s.now(),
		Guests: in.AllowUnauthenticatedIdentities != nil && *in.AllowUnauthenticatedIdentities,
	}
	var err error
	if p.UserPools, err = s.userPools(in.CognitoIdentityProviders); err != nil {
		return nil, err
	}
	if err := s.db.Update(ctx, func(tx *store.Tx) error { return store.PutJSON(tx, s.poolKey(p.ID), p) }); err != nil {
		return nil, err
	}
	return poolShape(p), nil
}

// userPools checks the user pools an identity pool is to accept.
func (s *Service) userPools(in []shape.CognitoIdentityProvider) ([]userPool, error) {
	var out []userPool
	seen := map[string]bool{}
	for _, c := range in {
		name, client := text(c.ProviderName), text(c.ClientId)
		if _, _, ok := s.userPoolOf(name); !ok {
			return nil, invalidParameter("Invalid Cognito Identity Provider: %s", name)
		}
		if client == "" {
			return nil, invalidParameter("Client ID of Cognito Identity Provider %s is missing.", name)
		}
		if seen[name+" "+client] {
			return nil, invalidParameter("Duplicate Cognito Identity Provider: %s", name)
		}
		seen[name+" "+client] = true
		out = append(out, userPool{Provider: name, Client: client, ServerSideCheck: c.ServerSideTokenCheck})
	}
	return out, nil
}

func poolShape(p *poolRecord) *shape.IdentityPool {
	out := &shape.IdentityPool{
		IdentityPoolId: &p.ID, IdentityPoolName: &p.Name, AllowUnauthenticatedIdentities: &p.Guests, AllowClassicFlow: p.ClassicFlow,
		SupportedLoginProviders: p.SupportedLogins, DeveloperProviderName: textPtr(p.DeveloperProvider),
		OpenIdConnectProviderARNs: p.OpenIDProviders, SamlProviderARNs: p.SAMLProviders, IdentityPoolTags: p.Tags,
	}
	for _, u := range p.UserPools {
		out.CognitoIdentityProviders = append(out.CognitoIdentityProviders, shape.CognitoIdentityProvider{
			ProviderName: ptr(u.Provider), ClientId: ptr(u.Client), ServerSideTokenCheck: ptr(u.ServerSideCheck != nil && *u.ServerSideCheck),
		})
	}
	return out
}

// DescribeIdentityPool shows a pool.
func (s *Service) DescribeIdentityPool(ctx context.Context, _ *awsapi.Call, in *shape.DescribeIdentityPoolInput) (*shape.DescribeIdentityPoolOutput, error) {
	p, err := s.readPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return poolShape(p), nil
}

func (s *Service) readPool(ctx context.Context, id *string) (p *poolRecord, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		p, err = s.pool(tx, text(id))
		return err
	})
	return p, err
}

// changePool reads a pool, lets fn alter it and stores it.
func (s *Service) changePool(ctx context.Context, id *string, fn func(p *poolRecord) error) (p *poolRecord, err error) {
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if p, err = s.pool(tx, text(id)); err != nil {
			return err
		}
		if err := fn(p); err != nil {
			return err
		}
		return store.PutJSON(tx, s.poolKey(p.ID), p)
	})
	return p, err
}

// UpdateIdentityPool replaces a pool's settings by those given; its roles
// stay.
func (s *Service) UpdateIdentityPool(ctx context.Context, _ *awsapi.Call, in *shape.UpdateIdentityPoolInput) (*shape.UpdateIdentityPoolOutput, error) {
	userPools, err := s.userPools(in.CognitoIdentityProviders)
	if err != nil {
		return nil, err
	}
	p, err := s.changePool(ctx, in.IdentityPoolId, func(p *poolRecord) error {
		if p.DeveloperProvider != "" && p.DeveloperProvider != text(in.DeveloperProviderName) {
			return invalidParameter("The developer provider name of an identity pool cannot be changed.")
		}
		p.Name, p.Guests, p.ClassicFlow = text(in.IdentityPoolName), in.AllowUnauthenticatedIdentities != nil && *in.AllowUnauthenticatedIdentities, in.AllowClassicFlow
		p.SupportedLogins, p.DeveloperProvider, p.OpenIDProviders = in.SupportedLoginProviders, text(in.DeveloperProviderName), in.OpenIdConnectProviderARNs
		p.UserPools, p.SAMLProviders = userPools, in.SamlProviderARNs
		if in.IdentityPoolTags != nil {
			p.Tags = in.IdentityPoolTags
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return poolShape(p), nil
}

// deleteBatch is how many identities one transaction deletes.
const deleteBatch = 100

// DeleteIdentityPool deletes a pool and its identities. The pool goes first, so
// that no credentials are given out while its identities go.
func (s *Service) DeleteIdentityPool(ctx context.Context, _ *awsapi.Call, in *shape.DeleteIdentityPoolInput) (*shape.DeleteIdentityPoolOutput, error) {
	id := text(in.IdentityPoolId)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		p, err := s.pool(tx, id)
		if err != nil {
			return err
		}
		tx.Delete(s.poolKey(p.ID))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for {
		var batch []string
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			var err error
			if batch, err = s.identityIDs(tx, id, "", deleteBatch); err != nil {
				return err
			}
			for _, identity := range batch {
				i, err := store.GetJSON[identityRecord](tx, s.identityKey(identity))
				if err != nil {
					return err
				}
				if i != nil {
					s.deleteIdentity(tx, i)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(batch) == 0 {
			return &shape.DeleteIdentityPoolOutput{}, nil
		}
		if err := s.roles.RevokeIdentities(ctx, batch...); err != nil {
			return nil, err
		}
	}
}

// identityIDs lists a pool's identities after one, at most limit.
func (s *Service) identityIDs(tx *store.Tx, pool, after string, limit int) ([]string, error) {
	under := s.key("in", pool, "identity")
	lo, hi := under.Prefix()
	if after != "" {
		lo = under.With(after).After()
	}
	var out []string
	for record, err := range tx.Scan(lo, hi, false, limit) {
		if err != nil {
			return nil, err
		}
		parts, err := store.Key(record.Key).Parts()
		if err != nil {
			return nil, err
		}
		out = append(out, parts[len(parts)-1])
	}
	return out, nil
}

// ListIdentityPools lists pools, a page at a time.
func (s *Service) ListIdentityPools(ctx context.Context, _ *awsapi.Call, in *shape.ListIdentityPoolsInput) (*shape.ListIdentityPoolsOutput, error) {
	limit := pageSize(in.MaxResults)
	out := &shape.ListIdentityPoolsOutput{IdentityPools: []shape.IdentityPoolShortDescription{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := s.key("pool").Prefix()
		if in.NextToken != nil {
			lo = s.poolKey(*in.NextToken).After()
		}
		for record, err := range tx.Scan(lo, hi, false, limit+1) {
			if err != nil {
				return err
			}
			p, err := store.DecodeJSON[poolRecord](record.Value)
			if err != nil {
				return err
			}
			if len(out.IdentityPools) == limit {
				out.NextToken = out.IdentityPools[limit-1].IdentityPoolId
				break
			}
			out.IdentityPools = append(out.IdentityPools, shape.IdentityPoolShortDescription{IdentityPoolId: &p.ID, IdentityPoolName: &p.Name})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

const maxPage = 60

func pageSize(n *int32) int {
	if n == nil || *n < 1 || *n > maxPage {
		return maxPage
	}
	return int(*n)
}

// poolOfARN returns the pool id in an identity pool's ARN.
func (s *Service) poolOfARN(arn *string) (string, error) {
	id, ok := strings.CutPrefix(text(arn), s.poolARN(""))
	if !ok || id == "" {
		return "", invalidParameter("Invalid resource ARN: %s", text(arn))
	}
	return id, nil
}

// TagResource adds or replaces tags of a pool.
func (s *Service) TagResource(ctx context.Context, _ *awsapi.Call, in *shape.TagResourceInput) (*shape.TagResourceOutput, error) {
	id, err := s.poolOfARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	_, err = s.changePool(ctx, &id, func(p *poolRecord) error {
		if p.Tags == nil {
			p.Tags = map[string]string{}
		}
		for k, v := range in.Tags {
			p.Tags[k] = v
		}
		if len(p.Tags) > 50 {
			return awsapi.Errorf("LimitExceededException", "An identity pool can have at most 50 tags.")
		}
		return nil
	})
	return &shape.TagResourceOutput{}, err
}

// UntagResource removes tags of a pool.
func (s *Service) UntagResource(ctx context.Context, _ *awsapi.Call, in *shape.UntagResourceInput) (*shape.UntagResourceOutput, error) {
	id, err := s.poolOfARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	_, err = s.changePool(ctx, &id, func(p *poolRecord) error {
		for _, k := range in.TagKeys {
			delete(p.Tags, k)
		}
		return nil
	})
	return &shape.UntagResourceOutput{}, err
}

// ListTagsForResource lists the tags of a pool.
func (s *Service) ListTagsForResource(ctx context.Context, _ *awsapi.Call, in *shape.ListTagsForResourceInput) (*shape.ListTagsForResourceOutput, error) {
	id, err := s.poolOfARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	p, err := s.readPool(ctx, &id)
	if err != nil {
		return nil, err
	}
	return &shape.ListTagsForResourceOutput{Tags: p.Tags}, nil
}
