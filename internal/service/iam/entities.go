package iam

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

// What users, groups and roles have in common: being made, found, listed and
// deleted.

// uniqueIDs are the prefixes of unique ids by kind.
func uniqueIDPrefix(kind string) string {
	switch kind {
	case kindGroup:
		return "AGPA"
	case kindRole:
		return "AROA"
	}
	return "AIDA"
}

// newEntity starts a record.
func (s *Service) newEntity(kind string, name, path *string, tags []shape.Tag) (*entity, error) {
	e := &entity{
		Kind: kind, Name: text(name), Path: "/", ID: s.ids.UniqueID(uniqueIDPrefix(kind)),
		Created: s.clock.Now().UTC(),
	}
	if path != nil {
		e.Path = *path
	}
	if err := checkName(e.Name); err != nil {
		return nil, err
	}
	if err := checkPath(e.Path); err != nil {
		return nil, err
	}
	var err error
	e.Tags, err = mergeTags(nil, tags)
	return e, err
}

// checkName refuses names that would read as something else in an ARN. The
// gateway has checked names that came over the wire; stacks bring others.
func checkName(name string) error {
	if len(name) < 1 || len(name) > 128 || !plainName(name) {
		return validation("The specified value for name is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
	}
	return nil
}

// plainName says whether s consists of IAM's name characters.
func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("+=,.@_-", c) < 0 {
			return false
		}
	}
	return true
}

// checkPath wants a path that begins and ends with a slash.
func checkPath(path string) error {
	if !strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/") || strings.Contains(path, "//") {
		return validation("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return nil
}

// create stores a new entity whose name must be free.
func (s *Service) create(tx *store.Tx, e *entity) error {
	_, taken, err := tx.Get(s.entityKey(e.Kind, e.Name))
	if err != nil {
		return err
	}
	if taken {
		return alreadyExists(strings.ToUpper(e.Kind[:1])+e.Kind[1:], e.Name)
	}
	return s.save(tx, e)
}

// change reads an entity, lets fn alter it and stores it.
func (s *Service) change(ctx context.Context, kind string, name *string, fn func(tx *store.Tx, e *entity) error) error {
	return s.update(ctx, func(tx *store.Tx) error {
		e, err := s.load(tx, kind, text(name))
		if err != nil {
			return err
		}
		if err := fn(tx, e); err != nil {
			return err
		}
		return s.save(tx, e)
	})
}

// read reads an entity.
func (s *Service) read(ctx context.Context, kind string, name *string) (*entity, error) {
	var e *entity
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		e, err = s.load(tx, kind, text(name))
		return err
	})
	return e, err
}

// remove deletes an entity that has nothing left that AWS wants removed first.
func (s *Service) remove(tx *store.Tx, e *entity) error {
	if len(e.Attached) > 0 {
		return deleteConflict("Cannot delete entity, must detach all policies first.")
	}
	if len(e.Inline) > 0 {
		return deleteConflict("Cannot delete entity, must delete policies first.")
	}
	if e.Boundary != "" {
		tx.Delete(s.key("bounded", e.Boundary, e.Kind, strings.ToLower(e.Name)))
	}
	tx.Delete(s.entityKey(e.Kind, e.Name))
	return nil
}

// rename moves an entity to a new name or path, with the rows that carry its
// name. ARNs change with it, as IAM's do.
func (s *Service) rename(tx *store.Tx, e *entity, newName, newPath *string) error {
	if newPath != nil {
		if err := checkPath(*newPath); err != nil {
			return err
		}
		e.Path = *newPath
	}
	if newName == nil || *newName == e.Name {
		return nil
	}
	if err := checkName(*newName); err != nil {
		return err
	}
	if !strings.EqualFold(*newName, e.Name) {
		_, taken, err := tx.Get(s.entityKey(e.Kind, *newName))
		if err != nil {
			return err
		}
		if taken {
			return alreadyExists(strings.ToUpper(e.Kind[:1])+e.Kind[1:], *newName)
		}
	}
	old, fresh := strings.ToLower(e.Name), strings.ToLower(*newName)
	tx.Delete(s.entityKey(e.Kind, e.Name))
	move := func(row string, policies ...string) {
		for _, p := range policies {
			tx.Delete(s.key(row, p, e.Kind, old))
			tx.Put(s.key(row, p, e.Kind, fresh), nil)
		}
	}
	move("attached", e.Attached...)
	if e.Boundary != "" {
		move("bounded", e.Boundary)
	}
	e.Name = *newName
	return nil
}

// list makes one page of a kind.
func (s *Service) list(ctx context.Context, kind string, pathPrefix, marker *string, maxItems *int32) (page[entity], error) {
	var all []entity
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		all, err = s.entities(tx, kind, text(pathPrefix))
		return err
	})
	if err != nil {
		return page[entity]{}, err
	}
	return cut(all, lowerName, marker, maxItems)
}

// ownName returns the user name a request gives, or the caller's own where it
// gives none.
func ownName(call *awsapi.Call, name *string) (string, error) {
	if name != nil {
		return *name, nil
	}
	if caller := call.Caller(); caller.Kind == awsapi.User {
		return caller.UserName, nil
	}
	return "", validation("Must specify userName when calling with non-User credentials")
}
