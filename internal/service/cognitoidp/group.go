package cognitoidp

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxGroups is how many groups a user may be in.
const maxGroups = 100

func (g *groupRecord) describe(pool string) shape.GroupType {
	return shape.GroupType{
		GroupName: some(g.Name), UserPoolId: some(pool), Description: textOrNil(g.Description), RoleArn: textOrNil(g.RoleARN),
		Precedence: g.Precedence, CreationDate: some(g.Created), LastModifiedDate: some(g.Modified),
	}
}

func (s *Service) group(tx *store.Tx, pool, name string) (*groupRecord, error) {
	if _, err := s.pool(tx, pool); err != nil {
		return nil, err
	}
	g, err := store.GetJSON[groupRecord](tx, s.groupKey(pool, name))
	if err == nil && g == nil {
		err = groupNotFound()
	}
	return g, err
}

// groupsOf returns the groups of a user by name.
func (s *Service) groupsOf(tx *store.Tx, pool, user string) ([]groupRecord, error) {
	var groups []groupRecord
	lo, hi := s.within(pool, "groupof", user).Prefix()
	for rec, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return nil, err
		}
		parts, err := store.Key(rec.Key).Parts()
		if err != nil {
			return nil, err
		}
		g, err := store.GetJSON[groupRecord](tx, s.groupKey(pool, parts[len(parts)-1]))
		if err != nil {
			return nil, err
		}
		if g != nil {
			groups = append(groups, *g)
		}
	}
	return groups, nil
}

// CreateGroup makes a group. Its role is what identity pools may give members.
func (s *Service) CreateGroup(ctx context.Context, _ *awsapi.Call, in *shape.CreateGroupInput) (*shape.CreateGroupOutput, error) {
	pool, now := text(in.UserPoolId), s.now()
	g := &groupRecord{
		Name: text(in.GroupName), Description: text(in.Description), RoleARN: text(in.RoleArn), Precedence: in.Precedence, Created: now, Modified: now,
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := s.pool(tx, pool); err != nil {
			return err
		}
		_, exists, err := tx.Get(s.groupKey(pool, g.Name))
		if err != nil {
			return err
		}
		if exists {
			return awsapi.Errorf("GroupExistsException", "A group with the name already exists.")
		}
		return store.PutJSON(tx, s.groupKey(pool, g.Name), g)
	})
	if err != nil {
		return nil, err
	}
	return &shape.CreateGroupOutput{Group: some(g.describe(pool))}, nil
}

// GetGroup shows a group.
func (s *Service) GetGroup(ctx context.Context, _ *awsapi.Call, in *shape.GetGroupInput) (*shape.GetGroupOutput, error) {
	out := &shape.GetGroupOutput{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		g, err := s.group(tx, text(in.UserPoolId), text(in.GroupName))
		if err == nil {
			out.Group = some(g.describe(text(in.UserPoolId)))
		}
		return err
	})
	return out, err
}

// UpdateGroup changes what is given of a group.
func (s *Service) UpdateGroup(ctx context.Context, _ *awsapi.Call, in *shape.UpdateGroupInput) (*shape.UpdateGroupOutput, error) {
	out := &shape.UpdateGroupOutput{}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		g, err := s.group(tx, text(in.UserPoolId), text(in.GroupName))
		if err != nil {
			return err
		}
		override(&g.Description, in.Description)
		override(&g.RoleARN, in.RoleArn)
		if in.Precedence != nil {
			g.Precedence = in.Precedence
		}
		g.Modified = s.now()
		out.Group = some(g.describe(text(in.UserPoolId)))
		return store.PutJSON(tx, s.groupKey(text(in.UserPoolId), g.Name), g)
	})
	return out, err
}

// DeleteGroup removes a group from the pool and from its members.
func (s *Service) DeleteGroup(ctx context.Context, _ *awsapi.Call, in *shape.DeleteGroupInput) (*shape.DeleteGroupOutput, error) {
	pool, name := text(in.UserPoolId), text(in.GroupName)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := s.group(tx, pool, name); err != nil {
			return err
		}
		lo, hi := s.within(pool, "member", name).Prefix()
		for rec, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			parts, err := store.Key(rec.Key).Parts()
			if err != nil {
				return err
			}
			tx.Delete(s.groupOfKey(pool, parts[len(parts)-1], name))
		}
		tx.DeleteRange(lo, hi)
		tx.Delete(s.groupKey(pool, name))
		return nil
	})
	return &shape.DeleteGroupOutput{}, err
}

// ListGroups lists a pool's groups by name.
func (s *Service) ListGroups(ctx context.Context, _ *awsapi.Call, in *shape.ListGroupsInput) (*shape.ListGroupsOutput, error) {
	pool := text(in.UserPoolId)
	if err := s.poolExists(ctx, pool); err != nil {
		return nil, err
	}
	out := &shape.ListGroupsOutput{Groups: []shape.GroupType{}}
	next, err := page(ctx, s, s.within(pool, "group"), "groups", text(in.NextToken), int(value(in.Limit)), func(_ *store.Tx, _ string, g *groupRecord) (bool, error) {
		out.Groups = append(out.Groups, g.describe(pool))
		return true, nil
	})
	out.NextToken = textOrNil(next)
	return out, err
}

// AdminAddUserToGroup puts a user into a group.
func (s *Service) AdminAddUserToGroup(ctx context.Context, _ *awsapi.Call, in *shape.AdminAddUserToGroupInput) (*shape.AdminAddUserToGroupOutput, error) {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		pool, u, err := s.adminUser(tx, text(in.UserPoolId), text(in.Username))
		if err != nil {
			return err
		}
		g, err := s.group(tx, pool.ID, text(in.GroupName))
		if err != nil {
			return err
		}
		key := pool.fold(u.Username)
		groups, err := s.groupsOf(tx, pool.ID, key)
		if err != nil {
			return err
		}
		if len(groups) >= maxGroups {
			return awsapi.Errorf("LimitExceededException", "User cannot be in more than %d groups.", maxGroups)
		}
		m := &memberRecord{Added: s.now()}
		if err := store.PutJSON(tx, s.memberKey(pool.ID, g.Name, key), m); err != nil {
			return err
		}
		return store.PutJSON(tx, s.groupOfKey(pool.ID, key, g.Name), m)
	})
	return &shape.AdminAddUserToGroupOutput{}, err
}

// AdminRemoveUserFromGroup takes a user out of a group.
func (s *Service) AdminRemoveUserFromGroup(ctx context.Context, _ *awsapi.Call, in *shape.AdminRemoveUserFromGroupInput) (*shape.AdminRemoveUserFromGroupOutput, error) {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		pool, u, err := s.adminUser(tx, text(in.UserPoolId), text(in.Username))
		if err != nil {
			return err
		}
		g, err := s.group(tx, pool.ID, text(in.GroupName))
		if err != nil {
			return err
		}
		key := pool.fold(u.Username)
		tx.Delete(s.memberKey(pool.ID, g.Name, key))
		tx.Delete(s.groupOfKey(pool.ID, key, g.Name))
		return nil
	})
	return &shape.AdminRemoveUserFromGroupOutput{}, err
}

// AdminListGroupsForUser lists the groups of a user by name.
func (s *Service) AdminListGroupsForUser(ctx context.Context, _ *awsapi.Call, in *shape.AdminListGroupsForUserInput) (*shape.AdminListGroupsForUserOutput, error) {
	pool, u, err := s.viewUser(ctx, text(in.UserPoolId), text(in.Username))
	if err != nil {
		return nil, err
	}
	out := &shape.AdminListGroupsForUserOutput{Groups: []shape.GroupType{}}
	next, err := page(ctx, s, s.within(pool.ID, "groupof", pool.fold(u.Username)), "groupof", text(in.NextToken), int(value(in.Limit)), func(tx *store.Tx, name string, _ *memberRecord) (bool, error) {
		g, err := store.GetJSON[groupRecord](tx, s.groupKey(pool.ID, name))
		if err != nil || g == nil {
			return false, err
		}
		out.Groups = append(out.Groups, g.describe(pool.ID))
		return true, nil
	})
	out.NextToken = textOrNil(next)
	return out, err
}

// ListUsersInGroup lists the members of a group by name.
func (s *Service) ListUsersInGroup(ctx context.Context, _ *awsapi.Call, in *shape.ListUsersInGroupInput) (*shape.ListUsersInGroupOutput, error) {
	pool, name := text(in.UserPoolId), text(in.GroupName)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		_, err := s.group(tx, pool, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &shape.ListUsersInGroupOutput{Users: []shape.UserType{}}
	next, err := page(ctx, s, s.within(pool, "member", name), "members", text(in.NextToken), int(value(in.Limit)), func(tx *store.Tx, user string, _ *memberRecord) (bool, error) {
		u, err := store.GetJSON[userRecord](tx, s.userKey(pool, user))
		if err != nil || u == nil {
			return false, err
		}
		out.Users = append(out.Users, u.describe(nil))
		return true, nil
	})
	out.NextToken = textOrNil(next)
	return out, err
}
