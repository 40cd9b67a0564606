package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxGroups is IAM's quota of groups per user.
const maxGroups = 10

// CreateGroup makes a group.
func (s *Service) CreateGroup(ctx context.Context, _ *awsapi.Call, in *shape.CreateGroupInput) (*shape.CreateGroupOutput, error) {
	e, err := s.newEntity(kindGroup, in.GroupName, in.Path, nil)
	if err != nil {
		return nil, err
	}
	if err := s.update(ctx, func(tx *store.Tx) error { return s.create(tx, e) }); err != nil {
		return nil, err
	}
	return &shape.CreateGroupOutput{Group: s.groupShape(e)}, nil
}

// GetGroup shows a group and its members.
func (s *Service) GetGroup(ctx context.Context, _ *awsapi.Call, in *shape.GetGroupInput) (*shape.GetGroupOutput, error) {
	var group *entity
	var members []entity
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		if group, err = s.load(tx, kindGroup, text(in.GroupName)); err != nil {
			return err
		}
		names, err := s.names(tx, s.key("member", lowerName(group)))
		if err != nil {
			return err
		}
		for _, name := range names {
			e, err := store.GetJSON[entity](tx, s.entityKey(kindUser, name))
			if err != nil {
				return err
			}
			if e != nil {
				members = append(members, *e)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p, err := cut(members, lowerName, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &shape.GetGroupOutput{Group: s.groupShape(group), Users: []shape.User{}, IsTruncated: p.truncated, Marker: p.marker}
	for i := range p.items {
		u := s.userShape(&p.items[i])
		u.Tags, u.PermissionsBoundary = nil, nil
		out.Users = append(out.Users, *u)
	}
	return out, nil
}

// UpdateGroup gives a group another name or path.
func (s *Service) UpdateGroup(ctx context.Context, _ *awsapi.Call, in *shape.UpdateGroupInput) (*shape.UpdateGroupOutput, error) {
	err := s.change(ctx, kindGroup, in.GroupName, func(tx *store.Tx, e *entity) error {
		old := e.Name
		if err := s.rename(tx, e, in.NewGroupName, in.NewPath); err != nil {
			return err
		}
		if e.Name == old {
			return nil
		}
		members, err := s.names(tx, s.key("member", strings.ToLower(old)))
		if err != nil {
			return err
		}
		for _, name := range members {
			u, err := store.GetJSON[entity](tx, s.entityKey(kindUser, name))
			if err != nil || u == nil {
				return err
			}
			tx.Delete(s.memberKey(old, name))
			tx.Put(s.memberKey(e.Name, name), nil)
			if i := slices.Index(u.Groups, old); i >= 0 {
				u.Groups[i] = e.Name
			}
			if err := s.save(tx, u); err != nil {
				return err
			}
		}
		return nil
	})
	return &shape.UpdateGroupOutput{}, err
}

// DeleteGroup deletes a group without members and policies.
func (s *Service) DeleteGroup(ctx context.Context, _ *awsapi.Call, in *shape.DeleteGroupInput) (*shape.DeleteGroupOutput, error) {
	err := s.update(ctx, func(tx *store.Tx) error {
		e, err := s.load(tx, kindGroup, text(in.GroupName))
		if err != nil {
			return err
		}
		members, err := s.names(tx, s.key("member", lowerName(e)))
		if err != nil {
			return err
		}
		if len(members) > 0 {
			return deleteConflict("Cannot delete entity, must remove users from group first.")
		}
		return s.remove(tx, e)
	})
	return &shape.DeleteGroupOutput{}, err
}

// ListGroups lists the groups under a path.
func (s *Service) ListGroups(ctx context.Context, _ *awsapi.Call, in *shape.ListGroupsInput) (*shape.ListGroupsOutput, error) {
	p, err := s.list(ctx, kindGroup, in.PathPrefix, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &shape.ListGroupsOutput{Groups: s.groupShapes(p.items), IsTruncated: p.truncated, Marker: p.marker}, nil
}

func (s *Service) groupShapes(groups []entity) []shape.Group {
	out := []shape.Group{}
	for i := range groups {
		out = append(out, *s.groupShape(&groups[i]))
	}
	return out
}

// AddUserToGroup adds a user; adding it again changes nothing. Both records
// are written, so that deleting either meanwhile is a conflict.
func (s *Service) AddUserToGroup(ctx context.Context, _ *awsapi.Call, in *shape.AddUserToGroupInput) (*shape.AddUserToGroupOutput, error) {
	err := s.membership(ctx, in.GroupName, in.UserName, func(tx *store.Tx, group, user *entity) error {
		if slices.Contains(user.Groups, group.Name) {
			return nil
		}
		if len(user.Groups) >= maxGroups {
			return limitExceeded("Cannot exceed quota for GroupsPerUser: %d", maxGroups)
		}
		user.Groups = append(user.Groups, group.Name)
		tx.Put(s.memberKey(group.Name, user.Name), nil)
		return nil
	})
	return &shape.AddUserToGroupOutput{}, err
}

// RemoveUserFromGroup removes a user; one that is no member stays none.
func (s *Service) RemoveUserFromGroup(ctx context.Context, _ *awsapi.Call, in *shape.RemoveUserFromGroupInput) (*shape.RemoveUserFromGroupOutput, error) {
	err := s.membership(ctx, in.GroupName, in.UserName, func(tx *store.Tx, group, user *entity) error {
		user.Groups = slices.DeleteFunc(user.Groups, func(name string) bool { return name == group.Name })
		tx.Delete(s.memberKey(group.Name, user.Name))
		return nil
	})
	return &shape.RemoveUserFromGroupOutput{}, err
}

func (s *Service) membership(ctx context.Context, groupName, userName *string, fn func(tx *store.Tx, group, user *entity) error) error {
	return s.change(ctx, kindGroup, groupName, func(tx *store.Tx, group *entity) error {
		user, err := s.load(tx, kindUser, text(userName))
		if err != nil {
			return err
		}
		if err := fn(tx, group, user); err != nil {
			return err
		}
		return s.save(tx, user)
	})
}

// ListGroupsForUser lists the groups of a user.
func (s *Service) ListGroupsForUser(ctx context.Context, _ *awsapi.Call, in *shape.ListGroupsForUserInput) (*shape.ListGroupsForUserOutput, error) {
	var groups []entity
	err := s.db.View(ctx, func(tx *store.Tx) error {
		user, err := s.load(tx, kindUser, text(in.UserName))
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(slices.Values(user.Groups)) {
			e, err := s.find(tx, kindGroup, name)
			if err != nil {
				return err
			}
			if e != nil {
				groups = append(groups, *e)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(groups, func(a, b entity) int { return strings.Compare(lowerName(&a), lowerName(&b)) })
	p, err := cut(groups, lowerName, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &shape.ListGroupsForUserOutput{Groups: s.groupShapes(p.items), IsTruncated: p.truncated, Marker: p.marker}, nil
}
