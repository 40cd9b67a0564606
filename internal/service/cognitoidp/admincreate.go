package cognitoidp

import (
	"context"
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/ids"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// AdminCreateUser makes a user with a temporary password and mails him an
// invitation, or (RESEND) invites an existing one again.
func (s *Service) AdminCreateUser(ctx context.Context, _ *awsapi.Call, in *shape.AdminCreateUserInput) (*shape.AdminCreateUserOutput, error) {
	const operation = "AdminCreateUser"
	if slices.Contains(in.DesiredDeliveryMediums, "SMS") {
		return nil, awsapi.NotBuilt(operation + " parameter DesiredDeliveryMediums SMS")
	}
	var pool *poolRecord
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		pool, err = s.pool(tx, text(in.UserPoolId))
		return err
	})
	if err != nil {
		return nil, err
	}
	password := text(in.TemporaryPassword)
	if password == "" {
		password = s.temporaryPassword(&pool.Settings.Password)
	}
	if err := pool.Settings.Password.check(password); err != nil {
		return nil, err
	}
	if text(in.MessageAction) == "RESEND" {
		return s.inviteAgain(ctx, pool, text(in.Username), password)
	}
	u, err := s.invited(pool, in)
	if err != nil {
		return nil, err
	}
	if err := s.work(ctx, func() error { u.Password = s.newPassword(pool, u, password); return nil }); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := s.addUser(tx, pool, u, "User account already exists", value(in.ForceAliasCreation)); err != nil {
			return err
		}
		if text(in.MessageAction) == "SUPPRESS" {
			return nil
		}
		return s.invite(tx, pool, u, text(in.Username), password)
	})
	if err != nil {
		return nil, err
	}
	return &shape.AdminCreateUserOutput{User: some(u.describe(nil))}, nil
}

// invited makes the record of a user whom an administrator creates. What the
// schema requires may be missing: the user is asked for it at his first
// sign-in.
func (s *Service) invited(pool *poolRecord, in *shape.AdminCreateUserInput) (*userRecord, error) {
	given, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	if err := pool.checkWrite(nil, nil, given); err != nil {
		return nil, err
	}
	u, err := s.newUser(pool, text(in.Username), given)
	if err != nil {
		return nil, err
	}
	u.Status = statusForceChange
	return u, nil
}

// invite mails the temporary password, if there is an address. name is how the
// user will sign in.
func (s *Service) invite(tx *store.Tx, pool *poolRecord, u *userRecord, name, password string) error {
	to := u.Attributes["email"]
	if to == "" {
		return nil
	}
	return s.mailer.Put(tx, pool.inviteMessage(to, name, password))
}

// inviteAgain gives an invited user a new temporary password.
func (s *Service) inviteAgain(ctx context.Context, pool *poolRecord, name, password string) (*shape.AdminCreateUserOutput, error) {
	_, u, err := s.viewUser(ctx, pool.ID, name)
	if err != nil {
		return nil, err
	}
	err = s.replacePassword(ctx, pool, u, password, func(tx *store.Tx, now *userRecord) error {
		if now.Status != statusForceChange {
			return awsapi.Errorf("UnsupportedUserStateException", "Resend not possible. %s status is not FORCE_CHANGE_PASSWORD", now.Username)
		}
		u = now
		return s.invite(tx, pool, now, name, password)
	})
	if err != nil {
		return nil, err
	}
	return &shape.AdminCreateUserOutput{User: some(u.describe(nil))}, nil
}

// temporaryPassword makes one that conforms with every policy: characters of
// each class, then evenly drawn ones, in a drawn order.
func (s *Service) temporaryPassword(p *passwordPolicy) string {
	const upper, lower, special = "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "!@#$%^*_-+="
	made := s.ids.String(1, upper) + s.ids.String(1, lower) + s.ids.String(1, ids.Digits) + s.ids.String(1, special)
	made += s.ids.String(max(12, int(p.MinimumLength))-len(made), upper+lower+ids.Digits)
	out := []byte(made)
	for i := len(out) - 1; i > 0; i-- {
		// The small bias of a byte modulo i is no matter for an order.
		j := int(s.ids.Bytes(1)[0]) % (i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}
