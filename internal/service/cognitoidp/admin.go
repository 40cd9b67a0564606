package cognitoidp

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// The operations of signed callers on a user of a pool.

// adminUser reads a user for an administrator.
func (s *Service) adminUser(tx *store.Tx, poolID, name string) (*poolRecord, *userRecord, error) {
	pool, err := s.pool(tx, poolID)
	if err != nil {
		return nil, nil, err
	}
	u, err := s.find(tx, pool, name)
	if err == nil && u == nil {
		err = userNotFound()
	}
	return pool, u, err
}

// changeUser applies change to a copy of a user and writes it.
func (s *Service) changeUser(ctx context.Context, poolID, name string, change func(tx *store.Tx, pool *poolRecord, u *userRecord) error) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		pool, before, err := s.adminUser(tx, poolID, name)
		if err != nil {
			return err
		}
		after := before.clone()
		if err := change(tx, pool, after); err != nil {
			return err
		}
		after.Modified = s.now()
		return s.putUser(tx, pool, before, after, "AliasExistsException", false)
	})
}

// viewUser reads a user outside of any change.
func (s *Service) viewUser(ctx context.Context, poolID, name string) (pool *poolRecord, u *userRecord, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		pool, u, err = s.adminUser(tx, poolID, name)
		return err
	})
	return pool, u, err
}

// AdminGetUser shows a user with all attributes.
func (s *Service) AdminGetUser(ctx context.Context, _ *awsapi.Call, in *shape.AdminGetUserInput) (*shape.AdminGetUserOutput, error) {
	_, u, err := s.viewUser(ctx, text(in.UserPoolId), text(in.Username))
	if err != nil {
		return nil, err
	}
	return &shape.AdminGetUserOutput{
		Username: some(u.Username), UserAttributes: attributeList(u.Attributes, nil), UserCreateDate: some(u.Created),
		UserLastModifiedDate: some(u.Modified), Enabled: some(!u.Disabled), UserStatus: some(u.Status),
	}, nil
}

// describe returns the user as lists show him; only names shown.
func (u *userRecord) describe(shown func(string) bool) shape.UserType {
	return shape.UserType{
		Username: some(u.Username), Attributes: attributeList(u.Attributes, shown), UserCreateDate: some(u.Created),
		UserLastModifiedDate: some(u.Modified), Enabled: some(!u.Disabled), UserStatus: some(u.Status),
	}
}

// AdminDeleteUser removes a user.
func (s *Service) AdminDeleteUser(ctx context.Context, _ *awsapi.Call, in *shape.AdminDeleteUserInput) (*shape.AdminDeleteUserOutput, error) {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		pool, u, err := s.adminUser(tx, text(in.UserPoolId), text(in.Username))
		if err != nil {
			return err
		}
		return s.deleteUser(tx, pool, u)
	})
	return &shape.AdminDeleteUserOutput{}, err
}

// AdminEnableUser lets a user sign in again.
func (s *Service) AdminEnableUser(ctx context.Context, _ *awsapi.Call, in *shape.AdminEnableUserInput) (*shape.AdminEnableUserOutput, error) {
	err := s.changeUser(ctx, text(in.UserPoolId), text(in.Username), func(_ *store.Tx, _ *poolRecord, u *userRecord) error {
		u.Disabled = false
		return nil
	})
	return &shape.AdminEnableUserOutput{}, err
}

// AdminDisableUser bars a user and ends his sessions.
func (s *Service) AdminDisableUser(ctx context.Context, _ *awsapi.Call, in *shape.AdminDisableUserInput) (*shape.AdminDisableUserOutput, error) {
	err := s.changeUser(ctx, text(in.UserPoolId), text(in.Username), func(_ *store.Tx, _ *poolRecord, u *userRecord) error {
		u.Disabled = true
		u.Epoch++
		return nil
	})
	return &shape.AdminDisableUserOutput{}, err
}

// AdminUserGlobalSignOut ends all sessions of a user.
func (s *Service) AdminUserGlobalSignOut(ctx context.Context, _ *awsapi.Call, in *shape.AdminUserGlobalSignOutInput) (*shape.AdminUserGlobalSignOutOutput, error) {
	err := s.changeUser(ctx, text(in.UserPoolId), text(in.Username), func(_ *store.Tx, _ *poolRecord, u *userRecord) error {
		u.Epoch++
		return nil
	})
	return &shape.AdminUserGlobalSignOutOutput{}, err
}

// AdminUpdateUserAttributes writes any attribute; only here may
// email_verified be set.
func (s *Service) AdminUpdateUserAttributes(ctx context.Context, _ *awsapi.Call, in *shape.AdminUpdateUserAttributesInput) (*shape.AdminUpdateUserAttributesOutput, error) {
	given, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	err = s.changeUser(ctx, text(in.UserPoolId), text(in.Username), func(tx *store.Tx, pool *poolRecord, u *userRecord) error {
		if err := pool.checkWrite(nil, u, given); err != nil {
			return err
		}
		_, err := s.changeAttributes(tx, pool, u, given)
		return err
	})
	return &shape.AdminUpdateUserAttributesOutput{}, err
}

// AdminDeleteUserAttributes removes attributes.
func (s *Service) AdminDeleteUserAttributes(ctx context.Context, _ *awsapi.Call, in *shape.AdminDeleteUserAttributesInput) (*shape.AdminDeleteUserAttributesOutput, error) {
	given := map[string]string{}
	for _, name := range in.UserAttributeNames {
		given[name] = ""
	}
	err := s.changeUser(ctx, text(in.UserPoolId), text(in.Username), func(_ *store.Tx, pool *poolRecord, u *userRecord) error {
		if err := pool.checkWrite(nil, u, given); err != nil {
			return err
		}
		pool.change(u, given)
		return pool.checkNamed(u)
	})
	return &shape.AdminDeleteUserAttributesOutput{}, err
}

// AdminSetUserPassword sets a password: for good, or to be changed at the next
// sign-in.
func (s *Service) AdminSetUserPassword(ctx context.Context, _ *awsapi.Call, in *shape.AdminSetUserPasswordInput) (*shape.AdminSetUserPasswordOutput, error) {
	pool, u, err := s.viewUser(ctx, text(in.UserPoolId), text(in.Username))
	if err != nil {
		return nil, err
	}
	if err := pool.Settings.Password.check(text(in.Password)); err != nil {
		return nil, err
	}
	err = s.replacePassword(ctx, pool, u, text(in.Password), func(_ *store.Tx, u *userRecord) error {
		u.Status = statusForceChange
		if value(in.Permanent) {
			u.Status = statusConfirmed
		}
		return nil
	})
	return &shape.AdminSetUserPasswordOutput{}, err
}

// AdminResetUserPassword makes the user set a new password by a code, which is
// mailed to his verified address.
func (s *Service) AdminResetUserPassword(ctx context.Context, _ *awsapi.Call, in *shape.AdminResetUserPasswordInput) (*shape.AdminResetUserPasswordOutput, error) {
	err := s.changeUser(ctx, text(in.UserPoolId), text(in.Username), func(tx *store.Tx, pool *poolRecord, u *userRecord) error {
		if u.Status != statusConfirmed && u.Status != statusResetRequired {
			return notAuthorized("User password cannot be reset in the current state.")
		}
		to := ""
		if u.Attributes["email_verified"] == "true" {
			to = u.Attributes["email"]
		}
		if to == "" {
			return invalidParameter(noRecovery)
		}
		u.Status = statusResetRequired
		_, err := s.sendCode(tx, pool, u, purposeReset, "email", to, resetCodeLife)
		return err
	})
	return &shape.AdminResetUserPasswordOutput{}, err
}
