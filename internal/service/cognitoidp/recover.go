package cognitoidp

import (
	"context"
	"slices"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

const noRecovery = "Cannot reset password for the user as there is no registered/verified email or phone_number"

// recoveryEmail returns the address a reset code may go to, or "".
func (p *poolRecord) recoveryEmail(u *userRecord) string {
	r := p.Settings.Recovery
	byEmail := len(r) == 0 || slices.ContainsFunc(r, func(o recoveryOption) bool { return o.Name == "verified_email" })
	if !byEmail || u.Attributes["email_verified"] != "true" {
		return ""
	}
	return u.Attributes["email"]
}

func (p *poolRecord) adminRecovery() bool {
	r := p.Settings.Recovery
	return len(r) == 1 && r[0].Name == "admin_only"
}

// ForgotPassword mails a reset code. Where existence is hidden, names without
// a user, disabled users and users without a verified address get the same
// answer without a mail.
func (s *Service) ForgotPassword(ctx context.Context, _ *awsapi.Call, in *shape.ForgotPasswordInput) (*shape.ForgotPasswordOutput, error) {
	name := text(in.Username)
	client, pool, err := s.public(ctx, text(in.ClientId), text(in.SecretHash), name)
	if err != nil {
		return nil, err
	}
	if pool.adminRecovery() {
		return nil, notAuthorized("Contact administrator to reset password.")
	}
	if err := s.attempt(ctx, "ForgotPassword", pool.ID, s.attemptName(ctx, pool, name)); err != nil {
		return nil, err
	}
	out := &shape.ForgotPasswordOutput{}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		u, err := s.find(tx, pool, name)
		if err != nil {
			return err
		}
		if u == nil || u.Disabled {
			out.CodeDeliveryDetails = s.madeUpDelivery(tx, pool, name)
			return missing(client, u, nil)
		}
		if u.Status == statusForceChange && !client.Settings.HideExistence {
			return notAuthorized("User password cannot be reset in the current state.")
		}
		to := pool.recoveryEmail(u)
		if to == "" || u.Status == statusUnconfirmed || u.Status == statusForceChange {
			if client.Settings.HideExistence {
				out.CodeDeliveryDetails = s.madeUpDelivery(tx, pool, name)
				return nil
			}
			return invalidParameter(noRecovery)
		}
		out.CodeDeliveryDetails, err = s.sendCode(tx, pool, u, purposeReset, "email", to, resetCodeLife)
		return err
	})
	return out, err
}

// ConfirmForgotPassword sets a new password by a reset code.
func (s *Service) ConfirmForgotPassword(ctx context.Context, _ *awsapi.Call, in *shape.ConfirmForgotPasswordInput) (*shape.ConfirmForgotPasswordOutput, error) {
	name, password, code := text(in.Username), text(in.Password), text(in.ConfirmationCode)
	client, pool, err := s.public(ctx, text(in.ClientId), text(in.SecretHash), name)
	if err != nil {
		return nil, err
	}
	if err := pool.Settings.Password.check(password); err != nil {
		return nil, err
	}
	if err := s.attempt(ctx, "ConfirmForgotPassword", pool.ID, s.attemptName(ctx, pool, name)); err != nil {
		return nil, err
	}
	var u *userRecord
	err = s.db.View(ctx, func(tx *store.Tx) error {
		if u, err = s.find(tx, pool, name); err != nil {
			return err
		}
		if u == nil || u.Disabled {
			return missing(client, u, codeMismatch())
		}
		_, asked, err := tx.Get(s.codeKey(pool.ID, pool.fold(u.Username), purposeReset))
		if err != nil {
			return err
		}
		if !asked && client.Settings.HideExistence {
			return codeMismatch() // as for a name without a user
		}
		_, err = s.checkCode(tx, pool, u, purposeReset, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.replacePassword(ctx, pool, u, password, func(tx *store.Tx, u *userRecord) error {
		record, err := s.useCode(tx, pool, u, purposeReset, code)
		if err != nil {
			return err
		}
		// A code that went to a former address is worth nothing any more.
		if u.Attributes[record.Attribute] != record.Value {
			return codeExpired()
		}
		u.Attributes[record.Attribute+"_verified"] = "true"
		if u.Status == statusResetRequired {
			u.Status = statusConfirmed
		}
		return nil
	})
	return &shape.ConfirmForgotPasswordOutput{}, err
}

// replacePassword computes a new password in a slot of the processor pool and
// writes it, together with what more does, and lifts a lock.
func (s *Service) replacePassword(ctx context.Context, pool *poolRecord, u *userRecord, password string, more func(tx *store.Tx, u *userRecord) error) error {
	var fresh *passwordRecord
	err := s.work(ctx, func() error {
		if err := s.checkHistory(pool, u, password); err != nil {
			return err
		}
		fresh = s.newPassword(pool, u, password)
		return nil
	})
	if err != nil {
		return err
	}
	return s.changeUser(ctx, pool.ID, u.Username, func(tx *store.Tx, pool *poolRecord, now *userRecord) error {
		if now.Sub != u.Sub {
			return userNotFound()
		}
		if err := more(tx, now); err != nil {
			return err
		}
		now.setPassword(pool, fresh)
		s.clearLock(tx, pool.ID, pool.srpID(now))
		return nil
	})
}

// ChangePassword sets a new password for who knows the old one. A wrong old
// one counts as a failed sign-in.
func (s *Service) ChangePassword(ctx context.Context, _ *awsapi.Call, in *shape.ChangePasswordInput) (*shape.ChangePasswordOutput, error) {
	h, err := s.hold(ctx, text(in.AccessToken))
	if err != nil {
		return nil, err
	}
	if err := s.attempt(ctx, "ChangePassword", h.pool.ID, h.pool.fold(h.user.Username)); err != nil {
		return nil, err
	}
	if len([]rune(text(in.PreviousPassword))) > maxPassword {
		return nil, wrongPassword()
	}
	c, err := s.credentialOf(h.pool, h.user, h.user.Username)
	if err != nil {
		return nil, err
	}
	right := false
	if err := s.work(ctx, func() error { right = c.matches(h.pool.ID, text(in.PreviousPassword)); return nil }); err != nil {
		return nil, err
	}
	if err := s.settle(ctx, &outcome{poolID: h.pool.ID, user: c.userID, right: right}); err != nil {
		return nil, err
	}
	if err := h.pool.Settings.Password.check(text(in.ProposedPassword)); err != nil {
		return nil, err
	}
	err = s.replacePassword(ctx, h.pool, h.user, text(in.ProposedPassword), func(tx *store.Tx, u *userRecord) error {
		if u.Password == nil || !u.Password.Set.Equal(h.user.Password.Set) {
			return wrongPassword()
		}
		_, err := s.again(tx, h)
		return err
	})
	return &shape.ChangePasswordOutput{}, err
}
