package iam

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// defaultMaxSession is a role's longest session in seconds when it is not
// told, and shortestMaxSession the least it may be set to.
const (
	defaultMaxSession  = 3600
	shortestMaxSession = 3600
	longestMaxSession  = 43200
)

func checkMaxSession(seconds *int32) (int32, error) {
	if seconds == nil {
		return defaultMaxSession, nil
	}
	if *seconds < shortestMaxSession || *seconds > longestMaxSession {
		return 0, validation("The MaxSessionDuration must be between %d and %d seconds.", shortestMaxSession, longestMaxSession)
	}
	return *seconds, nil
}

// CreateRole makes a role with its trust policy.
func (s *Service) CreateRole(ctx context.Context, _ *awsapi.Call, in *shape.CreateRoleInput) (*shape.CreateRoleOutput, error) {
	e, err := s.newEntity(kindRole, in.RoleName, in.Path, in.Tags)
	if err != nil {
		return nil, err
	}
	e.Description = text(in.Description)
	if e.MaxSession, err = checkMaxSession(in.MaxSessionDuration); err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		if err := s.setTrust(tx, e, text(in.AssumeRolePolicyDocument)); err != nil {
			return err
		}
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
	s.lint(policy.Trust, "trust policy of role "+e.Name, e.Trust)
	return &shape.CreateRoleOutput{Role: s.roleShape(e, e.Trust)}, nil
}

// GetRole shows a role.
func (s *Service) GetRole(ctx context.Context, _ *awsapi.Call, in *shape.GetRoleInput) (*shape.GetRoleOutput, error) {
	var out *shape.Role
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, err := s.load(tx, kindRole, text(in.RoleName))
		if err != nil {
			return err
		}
		trust, err := s.shownTrust(tx, e)
		out = s.roleShape(e, trust)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &shape.GetRoleOutput{Role: out}, nil
}

// ListRoles lists the roles under a path.
func (s *Service) ListRoles(ctx context.Context, _ *awsapi.Call, in *shape.ListRolesInput) (*shape.ListRolesOutput, error) {
	p, err := s.list(ctx, kindRole, in.PathPrefix, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &shape.ListRolesOutput{Roles: []shape.Role{}, IsTruncated: p.truncated, Marker: p.marker}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		for i := range p.items {
			trust, err := s.shownTrust(tx, &p.items[i])
			if err != nil {
				return err
			}
			r := s.roleShape(&p.items[i], trust)
			r.Tags, r.PermissionsBoundary = nil, nil
			out.Roles = append(out.Roles, *r)
		}
		return nil
	})
	return out, err
}

// UpdateRole changes a role's description and longest session.
func (s *Service) UpdateRole(ctx context.Context, _ *awsapi.Call, in *shape.UpdateRoleInput) (*shape.UpdateRoleOutput, error) {
	err := s.change(ctx, kindRole, in.RoleName, func(_ *store.Tx, e *entity) (err error) {
		// IAM takes a missing member for its default.
		e.Description = text(in.Description)
		e.MaxSession, err = checkMaxSession(in.MaxSessionDuration)
		return err
	})
	return &shape.UpdateRoleOutput{}, err
}

// UpdateRoleDescription changes a role's description.
func (s *Service) UpdateRoleDescription(ctx context.Context, _ *awsapi.Call, in *shape.UpdateRoleDescriptionInput) (*shape.UpdateRoleDescriptionOutput, error) {
	var out *shape.Role
	err := s.change(ctx, kindRole, in.RoleName, func(tx *store.Tx, e *entity) error {
		e.Description = text(in.Description)
		trust, err := s.shownTrust(tx, e)
		out = s.roleShape(e, trust)
		return err
	})
	return &shape.UpdateRoleDescriptionOutput{Role: out}, err
}

// UpdateAssumeRolePolicy replaces a role's trust policy.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, _ *awsapi.Call, in *shape.UpdateAssumeRolePolicyInput) (*shape.UpdateAssumeRolePolicyOutput, error) {
	err := s.change(ctx, kindRole, in.RoleName, func(tx *store.Tx, e *entity) error {
		return s.setTrust(tx, e, text(in.PolicyDocument))
	})
	if err == nil {
		s.lint(policy.Trust, "trust policy of role "+text(in.RoleName), text(in.PolicyDocument))
	}
	return &shape.UpdateAssumeRolePolicyOutput{}, err
}

// DeleteRole deletes a role without policies. Its sessions end with it,
// because their policies are looked up by the role's unique id.
func (s *Service) DeleteRole(ctx context.Context, _ *awsapi.Call, in *shape.DeleteRoleInput) (*shape.DeleteRoleOutput, error) {
	err := s.update(ctx, func(tx *store.Tx) error {
		e, err := s.load(tx, kindRole, text(in.RoleName))
		if err != nil {
			return err
		}
		s.unbound(tx, e)
		return s.remove(tx, e)
	})
	return &shape.DeleteRoleOutput{}, err
}
