package cognitoidp

import (
	"context"
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/ids"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// CreateUserPool makes a pool; its signing keys are made in the background.
func (s *Service) CreateUserPool(ctx context.Context, call *awsapi.Call, in *shape.CreateUserPoolInput) (*shape.CreateUserPoolOutput, error) {
	settings, err := settingsOf("CreateUserPool", &shape.UpdateUserPoolInput{
		Policies: in.Policies, DeletionProtection: in.DeletionProtection, LambdaConfig: in.LambdaConfig,
		AutoVerifiedAttributes: in.AutoVerifiedAttributes, SmsVerificationMessage: in.SmsVerificationMessage,
		EmailVerificationMessage: in.EmailVerificationMessage, EmailVerificationSubject: in.EmailVerificationSubject,
		VerificationMessageTemplate: in.VerificationMessageTemplate, SmsAuthenticationMessage: in.SmsAuthenticationMessage,
		UserAttributeUpdateSettings: in.UserAttributeUpdateSettings, MfaConfiguration: in.MfaConfiguration,
		DeviceConfiguration: in.DeviceConfiguration, EmailConfiguration: in.EmailConfiguration,
		SmsConfiguration: in.SmsConfiguration, AdminCreateUserConfig: in.AdminCreateUserConfig,
		UserPoolAddOns: in.UserPoolAddOns, AccountRecoverySetting: in.AccountRecoverySetting,
		UserPoolTier: in.UserPoolTier, KeyConfiguration: in.KeyConfiguration, IssuerConfiguration: in.IssuerConfiguration,
	})
	if err != nil {
		return nil, err
	}
	if len(in.AliasAttributes) > 0 && len(in.UsernameAttributes) > 0 {
		return nil, invalidParameter("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
	}
	now := s.now()
	pool := &poolRecord{
		ID: s.region + "_" + s.ids.String(9, ids.Alnum), Name: text(in.PoolName), Created: now, Modified: now,
		AliasAttributes: in.AliasAttributes, UsernameAttributes: in.UsernameAttributes,
		Schema: standardSchema(), Settings: *settings, Tags: in.UserPoolTags,
	}
	if in.UsernameConfiguration != nil {
		pool.CaseSensitive = in.UsernameConfiguration.CaseSensitive
	}
	if err := pool.addSchema(in.Schema); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error { return store.PutJSON(tx, s.poolKey(pool.ID), pool) })
	if err != nil {
		return nil, err
	}
	s.keys.prepare(pool.ID)
	return &shape.CreateUserPoolOutput{UserPool: pool.describe(call, 0)}, nil
}

// pool reads a pool; absent is ResourceNotFoundException. The record is shared
// and must not be changed.
func (s *Service) pool(tx *store.Tx, id string) (*poolRecord, error) {
	pool, err := s.pools.get(tx, s.poolKey(id))
	if err == nil && pool == nil {
		return nil, poolNotFound(id)
	}
	return pool, err
}

// changePool applies change to a pool and marks it modified.
func (s *Service) changePool(ctx context.Context, id string, change func(tx *store.Tx, pool *poolRecord) error) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		pool, err := store.GetJSON[poolRecord](tx, s.poolKey(id))
		if err != nil {
			return err
		}
		if pool == nil {
			return poolNotFound(id)
		}
		if err := change(tx, pool); err != nil {
			return err
		}
		pool.Modified = s.now()
		return store.PutJSON(tx, s.poolKey(id), pool)
	})
}

// DescribeUserPool shows a pool.
func (s *Service) DescribeUserPool(ctx context.Context, call *awsapi.Call, in *shape.DescribeUserPoolInput) (*shape.DescribeUserPoolOutput, error) {
	var out *shape.UserPoolType
	err := s.db.View(ctx, func(tx *store.Tx) error {
		pool, err := s.pool(tx, text(in.UserPoolId))
		if err != nil {
			return err
		}
		users, err := s.countUsers(tx, pool.ID)
		out = pool.describe(call, users)
		return err
	})
	return &shape.DescribeUserPoolOutput{UserPool: out}, err
}

// countUsers counts the rows of subs: one a user, and small.
func (s *Service) countUsers(tx *store.Tx, pool string) (int32, error) {
	n := int32(0)
	lo, hi := s.within(pool, "name", "sub").Prefix()
	for _, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// UpdateUserPool replaces a pool's settings; what is absent is reset, but for
// the name and the tags.
func (s *Service) UpdateUserPool(ctx context.Context, _ *awsapi.Call, in *shape.UpdateUserPoolInput) (*shape.UpdateUserPoolOutput, error) {
	settings, err := settingsOf("UpdateUserPool", in)
	if err != nil {
		return nil, err
	}
	err = s.changePool(ctx, text(in.UserPoolId), func(_ *store.Tx, pool *poolRecord) error {
		pool.Settings = *settings
		if in.PoolName != nil {
			pool.Name = *in.PoolName
		}
		if in.UserPoolTags != nil {
			pool.Tags = in.UserPoolTags
		}
		return nil
	})
	return &shape.UpdateUserPoolOutput{}, err
}

// DeleteUserPool removes a pool with its clients, users and keys.
func (s *Service) DeleteUserPool(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserPoolInput) (*shape.DeleteUserPoolOutput, error) {
	id := text(in.UserPoolId)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		pool, err := s.pool(tx, id)
		if err != nil {
			return err
		}
		if pool.Settings.DeletionProtection == "ACTIVE" {
			return invalidParameter("The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
		}
		if pool.Domain != "" {
			return invalidParameter("User pool cannot be deleted. It has a domain configured that should be deleted first.")
		}
		lo, hi := s.within(id, "client").Prefix()
		for rec, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			parts, err := store.Key(rec.Key).Parts()
			if err != nil {
				return err
			}
			tx.Delete(s.clientKey(parts[len(parts)-1]))
		}
		tx.DeleteRange(s.within(id).Prefix())
		tx.Delete(s.poolKey(id))
		return nil
	})
	if err == nil {
		s.keys.forget(id)
	}
	return &shape.DeleteUserPoolOutput{}, err
}

// ListUserPools lists pools by id.
func (s *Service) ListUserPools(ctx context.Context, _ *awsapi.Call, in *shape.ListUserPoolsInput) (*shape.ListUserPoolsOutput, error) {
	out := &shape.ListUserPoolsOutput{UserPools: []shape.UserPoolDescriptionType{}}
	next, err := page(ctx, s, s.base.With("pool"), "pools", text(in.NextToken), int(value(in.MaxResults)), func(_ *store.Tx, _ string, p *poolRecord) (bool, error) {
		out.UserPools = append(out.UserPools, shape.UserPoolDescriptionType{
			Id: some(p.ID), Name: some(p.Name), LambdaConfig: &shape.LambdaConfigType{},
			CreationDate: some(p.Created), LastModifiedDate: some(p.Modified),
		})
		return true, nil
	})
	out.NextToken = textOrNil(next)
	return out, err
}

// AddCustomAttributes extends a pool's schema. Clients with a WriteAttributes
// list do not get to write the new attributes.
func (s *Service) AddCustomAttributes(ctx context.Context, _ *awsapi.Call, in *shape.AddCustomAttributesInput) (*shape.AddCustomAttributesOutput, error) {
	err := s.changePool(ctx, text(in.UserPoolId), func(_ *store.Tx, pool *poolRecord) error {
		for i := range in.CustomAttributes {
			if err := pool.addCustom(&in.CustomAttributes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return &shape.AddCustomAttributesOutput{}, err
}

// SetUserPoolMfaConfig accepts only what means no second factor.
func (s *Service) SetUserPoolMfaConfig(ctx context.Context, _ *awsapi.Call, in *shape.SetUserPoolMfaConfigInput) (*shape.SetUserPoolMfaConfigOutput, error) {
	const operation = "SetUserPoolMfaConfig"
	software := in.SoftwareTokenMfaConfiguration
	err := refuse(operation,
		parameter{"MfaConfiguration " + text(in.MfaConfiguration), in.MfaConfiguration != nil && *in.MfaConfiguration != "OFF"},
		parameter{"SoftwareTokenMfaConfiguration.Enabled", software != nil && value(software.Enabled)},
		parameter{"SmsMfaConfiguration", firstSet(in.SmsMfaConfiguration) != ""},
		parameter{"EmailMfaConfiguration", firstSet(in.EmailMfaConfiguration) != ""},
		parameter{"WebAuthnConfiguration", firstSet(in.WebAuthnConfiguration) != ""},
	)
	if err != nil {
		return nil, err
	}
	err = s.changePool(ctx, text(in.UserPoolId), func(*store.Tx, *poolRecord) error { return nil })
	return &shape.SetUserPoolMfaConfigOutput{MfaConfiguration: some("OFF")}, err
}

// GetUserPoolMfaConfig shows that there is no second factor.
func (s *Service) GetUserPoolMfaConfig(ctx context.Context, _ *awsapi.Call, in *shape.GetUserPoolMfaConfigInput) (*shape.GetUserPoolMfaConfigOutput, error) {
	err := s.db.View(ctx, func(tx *store.Tx) error {
		_, err := s.pool(tx, text(in.UserPoolId))
		return err
	})
	return &shape.GetUserPoolMfaConfigOutput{MfaConfiguration: some("OFF")}, err
}

// hasName says whether attribute is a sign-in name of the pool.
func (p *poolRecord) hasName(attribute string) bool {
	return slices.Contains(p.UsernameAttributes, attribute) || slices.Contains(p.AliasAttributes, attribute)
}
