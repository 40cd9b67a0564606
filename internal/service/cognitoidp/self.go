package cognitoidp

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// The operations of a user on himself: the access token in the body says who
// it is, the client it was made for what he may read and write.

// changeSelf applies change to the holder's user.
func (s *Service) changeSelf(ctx context.Context, raw string, change func(tx *store.Tx, h *holder, u *userRecord) error) error {
	h, err := s.hold(ctx, raw)
	if err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		now, err := s.again(tx, h)
		if err != nil {
			return err
		}
		after := now.user.clone()
		if err := change(tx, now, after); err != nil {
			return err
		}
		after.Modified = s.now()
		return s.putUser(tx, now.pool, now.user, after, "AliasExistsException", false)
	})
	return bearerError(err)
}

// GetUser shows the attributes the client may read.
func (s *Service) GetUser(ctx context.Context, _ *awsapi.Call, in *shape.GetUserInput) (*shape.GetUserOutput, error) {
	h, err := s.hold(ctx, text(in.AccessToken))
	if err != nil {
		return nil, err
	}
	return &shape.GetUserOutput{
		Username: some(h.user.Username), UserAttributes: attributeList(h.user.Attributes, h.client.Settings.readable),
	}, nil
}

// DeleteUser removes the user.
func (s *Service) DeleteUser(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserInput) (*shape.DeleteUserOutput, error) {
	h, err := s.hold(ctx, text(in.AccessToken))
	if err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		now, err := s.again(tx, h)
		if err != nil {
			return err
		}
		return s.deleteUser(tx, now.pool, now.user)
	})
	return &shape.DeleteUserOutput{}, bearerError(err)
}

// GlobalSignOut ends all sessions of the user.
func (s *Service) GlobalSignOut(ctx context.Context, _ *awsapi.Call, in *shape.GlobalSignOutInput) (*shape.GlobalSignOutOutput, error) {
	err := s.changeSelf(ctx, text(in.AccessToken), func(_ *store.Tx, _ *holder, u *userRecord) error {
		u.Epoch++
		return nil
	})
	return &shape.GlobalSignOutOutput{}, err
}

// UpdateUserAttributes writes attributes; new addresses get a code.
func (s *Service) UpdateUserAttributes(ctx context.Context, _ *awsapi.Call, in *shape.UpdateUserAttributesInput) (*shape.UpdateUserAttributesOutput, error) {
	given, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	out := &shape.UpdateUserAttributesOutput{}
	err = s.changeSelf(ctx, text(in.AccessToken), func(tx *store.Tx, h *holder, u *userRecord) error {
		if err := h.pool.checkWrite(&h.client.Settings, u, given); err != nil {
			return err
		}
		out.CodeDeliveryDetailsList, err = s.changeAttributes(tx, h.pool, u, given)
		return err
	})
	return out, err
}

// changeAttributes applies checked values and mails the codes they need.
func (s *Service) changeAttributes(tx *store.Tx, pool *poolRecord, u *userRecord, given map[string]string) ([]shape.CodeDeliveryDetailsType, error) {
	verify := pool.change(u, given)
	if err := pool.checkNamed(u); err != nil {
		return nil, err
	}
	if err := s.checkPending(tx, pool, u); err != nil {
		return nil, err
	}
	return s.sendAttributeCodes(tx, pool, u, verify)
}

// checkNamed says whether a user can still sign in: in a pool with
// UsernameAttributes one of these must stay.
func (p *poolRecord) checkNamed(u *userRecord) error {
	for _, kind := range p.UsernameAttributes {
		if u.Attributes[kind] != "" {
			return nil
		}
	}
	if len(p.UsernameAttributes) > 0 {
		return invalidParameter("User must keep one of the attributes used to sign in.")
	}
	return nil
}

// DeleteUserAttributes removes attributes the client may write.
func (s *Service) DeleteUserAttributes(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserAttributesInput) (*shape.DeleteUserAttributesOutput, error) {
	given := map[string]string{}
	for _, name := range in.UserAttributeNames {
		given[name] = ""
	}
	err := s.changeSelf(ctx, text(in.AccessToken), func(_ *store.Tx, h *holder, u *userRecord) error {
		if err := h.pool.checkWrite(&h.client.Settings, u, given); err != nil {
			return err
		}
		h.pool.change(u, given)
		return h.pool.checkNamed(u)
	})
	return &shape.DeleteUserAttributesOutput{}, err
}

// GetUserAttributeVerificationCode mails a code for the user's address, the
// new one if it waits to be verified.
func (s *Service) GetUserAttributeVerificationCode(ctx context.Context, _ *awsapi.Call, in *shape.GetUserAttributeVerificationCodeInput) (*shape.GetUserAttributeVerificationCodeOutput, error) {
	const operation = "GetUserAttributeVerificationCode"
	name := text(in.AttributeName)
	h, err := s.countSelf(ctx, operation, text(in.AccessToken))
	if err != nil {
		return nil, err
	}
	switch name {
	case "email":
	case "phone_number":
		return nil, awsapi.NotBuilt(operation + " parameter AttributeName phone_number")
	default:
		return nil, invalidParameter("Verification is not supported for attribute %s.", name)
	}
	out := &shape.GetUserAttributeVerificationCodeOutput{}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		now, err := s.again(tx, h)
		if err != nil {
			return err
		}
		to := now.user.contact(name)
		if to == "" {
			return invalidParameter("User does not have attribute %s.", name)
		}
		out.CodeDeliveryDetails, err = s.sendCode(tx, now.pool, now.user, purposeAttribute+name, name, to, attributeCodeLife)
		return err
	})
	return out, bearerError(err)
}

// countSelf checks a token and counts the call.
func (s *Service) countSelf(ctx context.Context, operation, raw string) (*holder, error) {
	h, err := s.hold(ctx, raw)
	if err != nil {
		return nil, err
	}
	return h, s.attempt(ctx, operation, h.pool.ID, h.pool.fold(h.user.Username))
}

// VerifyUserAttribute proves an address by its code; a new one takes the old
// one's place now.
func (s *Service) VerifyUserAttribute(ctx context.Context, _ *awsapi.Call, in *shape.VerifyUserAttributeInput) (*shape.VerifyUserAttributeOutput, error) {
	name := text(in.AttributeName)
	if _, err := s.countSelf(ctx, "VerifyUserAttribute", text(in.AccessToken)); err != nil {
		return nil, err
	}
	if name != "email" && name != "phone_number" {
		return nil, invalidParameter("Verification is not supported for attribute %s.", name)
	}
	err := s.changeSelf(ctx, text(in.AccessToken), func(tx *store.Tx, h *holder, u *userRecord) error {
		record, err := s.useCode(tx, h.pool, u, purposeAttribute+name, text(in.Code))
		if err != nil {
			return err
		}
		if u.contact(name) != record.Value {
			return codeExpired()
		}
		u.Attributes[name], u.Attributes[name+"_verified"] = record.Value, "true"
		delete(u.Pending, name)
		return nil
	})
	return &shape.VerifyUserAttributeOutput{}, err
}
