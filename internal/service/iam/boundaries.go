package iam

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

// setBoundary makes a managed policy the boundary of an entity that is about
// to be saved.
func (s *Service) setBoundary(tx *store.Tx, e *entity, policyARN string) error {
	if err := s.touchPolicy(tx, policyARN); err != nil {
		return err
	}
	s.unbound(tx, e)
	e.Boundary = policyARN
	tx.Put(s.key("bounded", policyARN, e.Kind, lowerName(e)), nil)
	return nil
}

// unbound takes the boundary away.
func (s *Service) unbound(tx *store.Tx, e *entity) {
	if e.Boundary != "" {
		tx.Delete(s.key("bounded", e.Boundary, e.Kind, lowerName(e)))
		e.Boundary = ""
	}
}

func (s *Service) putBoundary(ctx context.Context, kind string, name, policyARN *string) error {
	return s.change(ctx, kind, name, func(tx *store.Tx, e *entity) error {
		return s.setBoundary(tx, e, text(policyARN))
	})
}

func (s *Service) deleteBoundary(ctx context.Context, kind string, name *string) error {
	return s.change(ctx, kind, name, func(tx *store.Tx, e *entity) error {
		if e.Boundary == "" {
			return fail("NoSuchEntity", 404, "The %s with name %s does not have a permissions boundary.", kind, e.Name)
		}
		s.unbound(tx, e)
		return nil
	})
}

// PutUserPermissionsBoundary sets the boundary of a user.
func (s *Service) PutUserPermissionsBoundary(ctx context.Context, _ *awsapi.Call, in *shape.PutUserPermissionsBoundaryInput) (*shape.PutUserPermissionsBoundaryOutput, error) {
	return &shape.PutUserPermissionsBoundaryOutput{}, s.putBoundary(ctx, kindUser, in.UserName, in.PermissionsBoundary)
}

// DeleteUserPermissionsBoundary removes the boundary of a user.
func (s *Service) DeleteUserPermissionsBoundary(ctx context.Context, _ *awsapi.Call, in *shape.DeleteUserPermissionsBoundaryInput) (*shape.DeleteUserPermissionsBoundaryOutput, error) {
	return &shape.DeleteUserPermissionsBoundaryOutput{}, s.deleteBoundary(ctx, kindUser, in.UserName)
}

// PutRolePermissionsBoundary sets the boundary of a role.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, _ *awsapi.Call, in *shape.PutRolePermissionsBoundaryInput) (*shape.PutRolePermissionsBoundaryOutput, error) {
	return &shape.PutRolePermissionsBoundaryOutput{}, s.putBoundary(ctx, kindRole, in.RoleName, in.PermissionsBoundary)
}

// DeleteRolePermissionsBoundary removes the boundary of a role.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, _ *awsapi.Call, in *shape.DeleteRolePermissionsBoundaryInput) (*shape.DeleteRolePermissionsBoundaryOutput, error) {
	return &shape.DeleteRolePermissionsBoundaryOutput{}, s.deleteBoundary(ctx, kindRole, in.RoleName)
}
