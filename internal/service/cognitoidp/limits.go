package cognitoidp

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// Calls per user and hour (cognito-developer-guide, limits).
var hourly = map[string]int{
	"ConfirmForgotPassword":            15,
	"ForgotPassword":                   15,
	"ResendConfirmationCode":           5,
	"ConfirmSignUp":                    15,
	"ChangePassword":                   5,
	"GetUserAttributeVerificationCode": 5,
	"VerifyUserAttribute":              15,
}

// attempt counts a call of an operation for one user (or a name without one)
// and refuses it over the hourly limit. It commits on its own, so that an
// attempt that fails afterwards has been counted.
func (s *Service) attempt(ctx context.Context, operation, poolID, user string) error {
	over := false
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		now := s.now()
		key := s.base.With("limit", bucket(now, time.Hour, 0), poolID, user, operation)
		c, err := store.GetJSON[countRecord](tx, key)
		if err != nil {
			return err
		}
		if c == nil {
			c = &countRecord{}
			s.sweep(tx, "limit", time.Hour, 0)
		}
		if over = c.Count >= hourly[operation]; over {
			return nil
		}
		c.Count++
		return store.PutJSON(tx, key, c)
	})
	if err == nil && over {
		return limitExceeded()
	}
	return err
}
