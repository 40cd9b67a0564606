package cognitoidp

import (
	"context"
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// public reads client and pool of an unsigned operation and checks the secret
// hash over the given user name.
func (s *Service) public(ctx context.Context, clientID, hash, username string) (client *clientRecord, pool *poolRecord, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		client, pool, err = s.clientAndPool(tx, "", clientID)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return client, pool, s.checkSecretHash(client, hash, username)
}

// SignUp makes an unconfirmed user and mails him a code, if the pool verifies
// e-mail addresses.
func (s *Service) SignUp(ctx context.Context, _ *awsapi.Call, in *shape.SignUpInput) (*shape.SignUpOutput, error) {
	client, pool, err := s.public(ctx, text(in.ClientId), text(in.SecretHash), text(in.Username))
	if err != nil {
		return nil, err
	}
	if pool.Settings.AdminCreateOnly {
		return nil, notAuthorized("SignUp is not permitted for this user pool")
	}
	if text(in.Password) == "" {
		return nil, awsapi.NotBuilt("SignUp without parameter Password")
	}
	given, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	if err := pool.checkWrite(&client.Settings, nil, given); err != nil {
		return nil, err
	}
	u, err := s.newUser(pool, text(in.Username), given)
	if err != nil {
		return nil, err
	}
	if err := pool.checkRequired(u.Attributes); err != nil {
		return nil, err
	}
	if err := pool.Settings.Password.check(*in.Password); err != nil {
		return nil, err
	}
	u.Status = statusUnconfirmed
	out := &shape.SignUpOutput{UserConfirmed: some(false), UserSub: some(u.Sub)}
	err = s.work(ctx, func() error {
		u.Password = s.newPassword(pool, u, *in.Password)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := s.addUser(tx, pool, u, "User already exists", false); err != nil {
			return err
		}
		if u.Attributes["email"] == "" || !slices.Contains(pool.Settings.AutoVerified, "email") {
			return nil
		}
		out.CodeDeliveryDetails, err = s.sendCode(tx, pool, u, purposeSignUp, "email", u.Attributes["email"], signUpCodeLife)
		return err
	})
	return out, err
}

// newUser makes a user record from the name and attributes given. In a pool
// with UsernameAttributes the name is one of these, and the internal user name
// is the sub.
func (s *Service) newUser(pool *poolRecord, name string, given map[string]string) (*userRecord, error) {
	now := s.now()
	u := &userRecord{Username: name, Sub: s.ids.UUID(), Attributes: map[string]string{}, Created: now, Modified: now}
	for k, v := range given {
		u.set(k, v)
	}
	u.Attributes["sub"] = u.Sub
	for _, kind := range []string{"email", "phone_number"} {
		if u.Attributes[kind] != "" && u.Attributes[kind+"_verified"] == "" {
			u.Attributes[kind+"_verified"] = "false"
		}
	}
	if len(pool.UsernameAttributes) == 0 {
		if validEmail(name) && slices.Contains(pool.AliasAttributes, "email") {
			return nil, invalidParameter("Username cannot be of email format, since user pool is configured for email alias.")
		}
		if validPhone(name) && slices.Contains(pool.AliasAttributes, "phone_number") {
			return nil, invalidParameter("Username cannot be of phone number format, since user pool is configured for phone number alias.")
		}
		return u, nil
	}
	kind, err := pool.nameKind(name)
	if err != nil {
		return nil, err
	}
	if v := u.Attributes[kind]; v != "" && pool.foldAlias(kind, v) != pool.foldAlias(kind, name) {
		return nil, invalidParameter("The %s attribute differs from the username.", kind)
	}
	u.Username = u.Sub
	u.Attributes[kind] = name
	if u.Attributes[kind+"_verified"] == "" {
		u.Attributes[kind+"_verified"] = "false"
	}
	return u, nil
}

// nameKind says which of the pool's UsernameAttributes a name is.
func (p *poolRecord) nameKind(name string) (string, error) {
	email, phone := slices.Contains(p.UsernameAttributes, "email"), slices.Contains(p.UsernameAttributes, "phone_number")
	switch {
	case email && validEmail(name):
		return "email", nil
	case phone && validPhone(name):
		return "phone_number", nil
	case email && phone:
		return "", invalidParameter("Username should be either an email or a phone number.")
	case email:
		return "", invalidParameter("Username should be an email.")
	}
	return "", invalidParameter("Username should be a phone number.")
}

// addUser writes a new user, whose name must be free.
func (s *Service) addUser(tx *store.Tx, pool *poolRecord, u *userRecord, exists string, force bool) error {
	// The pool is read again so that a pool deleted meanwhile keeps no users.
	if _, err := s.pool(tx, pool.ID); err != nil {
		return err
	}
	_, taken, err := tx.Get(s.userKey(pool.ID, pool.fold(u.Username)))
	if err != nil {
		return err
	}
	if taken {
		return usernameExists(exists)
	}
	// Nor may a name be what another user is found by.
	for _, kind := range []string{"sub", "preferred_username"} {
		_, taken, err := tx.Get(s.nameKey(pool.ID, kind, pool.foldAlias(kind, u.Username)))
		if err != nil {
			return err
		}
		if taken {
			return usernameExists(exists)
		}
	}
	code := "AliasExistsException"
	if len(pool.UsernameAttributes) > 0 {
		code = "UsernameExistsException"
	}
	return s.putUser(tx, pool, nil, u, code, force)
}

// ConfirmSignUp confirms a user by the code that was mailed to him, which also
// verifies the address it went to.
func (s *Service) ConfirmSignUp(ctx context.Context, _ *awsapi.Call, in *shape.ConfirmSignUpInput) (*shape.ConfirmSignUpOutput, error) {
	if text(in.Session) != "" {
		return nil, awsapi.NotBuilt("ConfirmSignUp parameter Session")
	}
	name := text(in.Username)
	client, pool, err := s.public(ctx, text(in.ClientId), text(in.SecretHash), name)
	if err != nil {
		return nil, err
	}
	if err := s.attempt(ctx, "ConfirmSignUp", pool.ID, s.attemptName(ctx, pool, name)); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		before, err := s.find(tx, pool, name)
		if err != nil {
			return err
		}
		if before == nil || before.Disabled {
			return missing(client, before, codeExpired())
		}
		if before.Status != statusUnconfirmed {
			return notAuthorized("User cannot be confirmed. Current status is " + before.Status)
		}
		record, err := s.useCode(tx, pool, before, purposeSignUp, text(in.ConfirmationCode))
		if err != nil {
			return err
		}
		after := before.clone()
		after.Status, after.Modified = statusConfirmed, s.now()
		if after.Attributes[record.Attribute] == record.Value {
			after.Attributes[record.Attribute+"_verified"] = "true"
		}
		return s.putUser(tx, pool, before, after, "AliasExistsException", value(in.ForceAliasCreation))
	})
	return &shape.ConfirmSignUpOutput{}, err
}

// missing answers for a user that does not exist or is disabled: plainly, or
// as hidden where existence is.
func missing(client *clientRecord, u *userRecord, hidden error) error {
	switch {
	case client.Settings.HideExistence:
		return hidden
	case u == nil:
		return userNotFound()
	}
	return userDisabled()
}

// attemptName is the name under which calls for a user are counted: his own,
// however he was named, or the name as it was typed.
func (s *Service) attemptName(ctx context.Context, pool *poolRecord, name string) string {
	counted := pool.fold(name)
	_ = s.db.View(ctx, func(tx *store.Tx) error {
		if u, err := s.find(tx, pool, name); err == nil && u != nil {
			counted = pool.fold(u.Username)
		}
		return nil
	})
	return counted
}

// AdminConfirmSignUp confirms a user without a code; it does not verify his
// address, as on AWS.
func (s *Service) AdminConfirmSignUp(ctx context.Context, _ *awsapi.Call, in *shape.AdminConfirmSignUpInput) (*shape.AdminConfirmSignUpOutput, error) {
	err := s.changeUser(ctx, text(in.UserPoolId), text(in.Username), func(tx *store.Tx, pool *poolRecord, u *userRecord) error {
		if u.Status != statusUnconfirmed {
			return notAuthorized("User cannot be confirmed. Current status is " + u.Status)
		}
		u.Status = statusConfirmed
		tx.Delete(s.codeKey(pool.ID, pool.fold(u.Username), purposeSignUp))
		return nil
	})
	return &shape.AdminConfirmSignUpOutput{}, err
}

// ResendConfirmationCode mails a new sign-up code.
func (s *Service) ResendConfirmationCode(ctx context.Context, _ *awsapi.Call, in *shape.ResendConfirmationCodeInput) (*shape.ResendConfirmationCodeOutput, error) {
	name := text(in.Username)
	client, pool, err := s.public(ctx, text(in.ClientId), text(in.SecretHash), name)
	if err != nil {
		return nil, err
	}
	if err := s.attempt(ctx, "ResendConfirmationCode", pool.ID, s.attemptName(ctx, pool, name)); err != nil {
		return nil, err
	}
	out := &shape.ResendConfirmationCodeOutput{}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := s.find(tx, pool, name)
		if err != nil {
			return err
		}
		if u == nil || u.Disabled {
			if err := missing(client, u, nil); err != nil {
				return err
			}
			out.CodeDeliveryDetails = s.madeUpDelivery(tx, pool, name)
			return nil
		}
		if u.Status != statusUnconfirmed {
			return invalidParameter("User is already confirmed.")
		}
		if u.Attributes["email"] == "" || !slices.Contains(pool.Settings.AutoVerified, "email") {
			return invalidParameter("Auto verification not turned on.")
		}
		out.CodeDeliveryDetails, err = s.sendCode(tx, pool, u, purposeSignUp, "email", u.Attributes["email"], signUpCodeLife)
		return err
	})
	return out, err
}
