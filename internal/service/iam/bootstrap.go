package iam

import (
	"context"
	"fmt"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// AccessKey is a new long-term access key with its secret.
type AccessKey struct {
	ID, Secret, UserName string
}

// administratorAccess is the policy the first user gets.
const administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"

// firstStart records that the first administrator was made.
type firstStart struct {
	Created  time.Time `json:"created"`
	UserName string    `json:"userName"`
}

// FirstStart makes the first administrator, once in the life of a store: a
// user with AdministratorAccess and one access key made for this installation
// (no key is magic). The key is returned once; afterwards FirstStart returns
// nil.
func (s *Service) FirstStart(ctx context.Context, userName string) (*AccessKey, error) {
	var out *AccessKey
	err := s.update(ctx, func(tx *store.Tx) error {
		out = nil
		_, done, err := tx.Get(s.key("first"))
		if err != nil || done {
			return err
		}
		e, err := s.newEntity(kindUser, &userName, nil, nil)
		if err != nil {
			return err
		}
		e.Attached = []string{administratorAccess}
		tx.Put(s.key("attached", administratorAccess, kindUser, lowerName(e)), nil)
		if err := s.create(tx, e); err != nil {
			return err
		}
		record, secret := s.newAccessKey(e)
		if err := s.putAccessKey(tx, record); err != nil {
			return err
		}
		out = &AccessKey{ID: record.ID, Secret: secret, UserName: userName}
		return store.PutJSON(tx, s.key("first"), firstStart{Created: e.Created, UserName: userName})
	})
	if err != nil {
		return nil, fmt.Errorf("make the first administrator: %w", err)
	}
	return out, nil
}
