package iam

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

// CreateUser makes a user without any rights.
func (s *Service) CreateUser(ctx context.Context, _ *awsapi.Call, in *shape.CreateUserInput) (*shape.CreateUserOutput, error) {
	e, err := s.newEntity(kindUser, in.UserName, in.Path, in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		e.Boundary = ""
		if in.PermissionsBoundary != nil {
			if err := s.setBoundary(tx, e, *in.PermissionsBoundary); err != nil {
				return err
			}
		}
		return s.create(tx, e)
	})
	if err != nil {
		return nil, err
	}
	return &shape.CreateUserOutput{User: s.userShape(e)}, nil
}

// GetUser shows a user; without a name the caller itself, also root.
func (s *Service) GetUser(ctx context.Context, call *awsapi.Call, in *shape.GetUserInput) (*shape.GetUserOutput, error) {
	if in.UserName == nil && call.Caller().Kind == awsapi.Root {
		arn := "arn:aws:iam::" + s.account + ":root"
		return &shape.GetUserOutput{User: &shape.User{
			Path: ptr("/"), UserName: ptr("root"), UserId: ptr(s.account), Arn: &arn, CreateDate: whenPtr(s.clock.Now()),
		}}, nil
	}
	name, err := ownName(call, in.UserName)
	if err != nil {
		return nil, err
	}
	e, err := s.read(ctx, kindUser, &name)
	if err != nil {
		return nil, err
	}
	return &shape.GetUserOutput{User: s.userShape(e)}, nil
}

// UpdateUser gives a user another name or path. Its ARN changes with it.
func (s *Service) UpdateUser(ctx context.Context, _ *awsapi.Call, in *shape.UpdateUserInput) (*shape.UpdateUserOutput, error) {
	err := s.change(ctx, kindUser, in.UserName, func(tx *store.Tx, e *entity) error {
		old := e.Name
		if err := s.rename(tx, e, in.NewUserName, in.NewPath); err != nil {
			return err
		}
		if e.Name == old {
			return nil
		}
		for _, group := range e.Groups {
			tx.Delete(s.memberKey(group, old))
			tx.Put(s.memberKey(group, e.Name), nil)
		}
		return s.renameKeys(tx, e)
	})
	return &shape.UpdateUserOutput{}, err
}

// DeleteUser deletes a user that has no keys, groups or policies left.
func (s *Service) DeleteUser(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserInput) (*shape.DeleteUserOutput, error) {
	err := s.update(ctx, func(tx *store.Tx) error {
		e, err := s.load(tx, kindUser, text(in.UserName))
		if err != nil {
			return err
		}
		keys, err := s.names(tx, s.key("keyof", e.ID))
		if err != nil {
			return err
		}
		switch {
		case len(keys) > 0:
			return deleteConflict("Cannot delete entity, must delete access keys first.")
		case len(e.Groups) > 0:
			return deleteConflict("Cannot delete entity, must remove users from group first.")
		}
		s.unbound(tx, e)
		return s.remove(tx, e)
	})
	return &shape.DeleteUserOutput{}, err
}

// ListUsers lists the users under a path.
func (s *Service) ListUsers(ctx context.Context, _ *awsapi.Call, in *shape.ListUsersInput) (*shape.ListUsersOutput, error) {
	p, err := s.list(ctx, kindUser, in.PathPrefix, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &shape.ListUsersOutput{Users: []shape.User{}, IsTruncated: p.truncated, Marker: p.marker}
	for i := range p.items {
		u := s.userShape(&p.items[i])
		// IAM leaves these out of listings.
		u.Tags, u.PermissionsBoundary = nil, nil
		out.Users = append(out.Users, *u)
	}
	return out, nil
}

func (s *Service) memberKey(group, user string) store.Key {
	return s.key("member", strings.ToLower(group), strings.ToLower(user))
}
