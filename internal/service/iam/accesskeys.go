package iam

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxAccessKeys is IAM's quota of access keys per user.
const maxAccessKeys = 2

func (s *Service) accessKeyKey(id string) store.Key { return s.key("key", id) }

// newAccessKey makes a key of user e. The secret is returned once and stored
// sealed.
func (s *Service) newAccessKey(e *entity) (record *accessKeyRecord, secret string) {
	id, secret := s.ids.AccessKeyID("AKIA"), s.ids.SecretKey()
	return &accessKeyRecord{
		ID: id, UserID: e.ID, UserName: e.Name, Active: true, Created: s.clock.Now().UTC(),
		Secret: s.secrets.Seal([]byte(secret), []byte(id)),
	}, secret
}

func (s *Service) putAccessKey(tx *store.Tx, k *accessKeyRecord) error {
	tx.Put(s.key("keyof", k.UserID, k.ID), nil)
	return store.PutJSON(tx, s.accessKeyKey(k.ID), k)
}

// CreateAccessKey makes an access key. The answer is the only place where its
// secret is ever shown.
func (s *Service) CreateAccessKey(ctx context.Context, call *awsapi.Call, in *shape.CreateAccessKeyInput) (*shape.CreateAccessKeyOutput, error) {
	name, err := ownName(call, in.UserName)
	if err != nil {
		return nil, err
	}
	var record *accessKeyRecord
	var secret string
	err = s.change(ctx, kindUser, &name, func(tx *store.Tx, e *entity) error {
		keys, err := s.names(tx, s.key("keyof", e.ID))
		if err != nil {
			return err
		}
		if len(keys) >= maxAccessKeys {
			return limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", maxAccessKeys)
		}
		if record == nil {
			record, secret = s.newAccessKey(e)
		}
		return s.putAccessKey(tx, record)
	})
	if err != nil {
		return nil, err
	}
	return &shape.CreateAccessKeyOutput{AccessKey: &shape.AccessKey{
		UserName: &name, AccessKeyId: &record.ID, Status: ptr(record.status()),
		SecretAccessKey: &secret, CreateDate: whenPtr(record.Created),
	}}, nil
}

// ownKey reads an access key that must belong to the named user, or to the
// caller.
func (s *Service) ownKey(tx *store.Tx, call *awsapi.Call, userName, id *string) (*accessKeyRecord, error) {
	name, err := ownName(call, userName)
	if err != nil {
		return nil, err
	}
	e, err := s.load(tx, kindUser, name)
	if err != nil {
		return nil, err
	}
	k, err := store.GetJSON[accessKeyRecord](tx, s.accessKeyKey(text(id)))
	if err != nil {
		return nil, err
	}
	if k == nil || k.UserID != e.ID {
		return nil, noSuchKey(text(id))
	}
	return k, nil
}

// UpdateAccessKey makes an access key active or inactive.
func (s *Service) UpdateAccessKey(ctx context.Context, call *awsapi.Call, in *shape.UpdateAccessKeyInput) (*shape.UpdateAccessKeyOutput, error) {
	status := text(in.Status)
	if status != "Active" && status != "Inactive" {
		return nil, validation("Invalid value for status: %s", status)
	}
	err := s.update(ctx, func(tx *store.Tx) error {
		k, err := s.ownKey(tx, call, in.UserName, in.AccessKeyId)
		if err != nil {
			return err
		}
		k.Active = status == "Active"
		return store.PutJSON(tx, s.accessKeyKey(k.ID), k)
	})
	return &shape.UpdateAccessKeyOutput{}, err
}

// DeleteAccessKey deletes an access key.
func (s *Service) DeleteAccessKey(ctx context.Context, call *awsapi.Call, in *shape.DeleteAccessKeyInput) (*shape.DeleteAccessKeyOutput, error) {
	err := s.update(ctx, func(tx *store.Tx) error {
		k, err := s.ownKey(tx, call, in.UserName, in.AccessKeyId)
		if err != nil {
			return err
		}
		tx.Delete(s.key("keyof", k.UserID, k.ID))
		tx.Delete(s.accessKeyKey(k.ID))
		return nil
	})
	return &shape.DeleteAccessKeyOutput{}, err
}

// ListAccessKeys lists the access keys of a user, without secrets.
func (s *Service) ListAccessKeys(ctx context.Context, call *awsapi.Call, in *shape.ListAccessKeysInput) (*shape.ListAccessKeysOutput, error) {
	name, err := ownName(call, in.UserName)
	if err != nil {
		return nil, err
	}
	var all []shape.AccessKeyMetadata
	err = s.db.View(ctx, func(tx *store.Tx) error {
		e, err := s.load(tx, kindUser, name)
		if err != nil {
			return err
		}
		ids, err := s.names(tx, s.key("keyof", e.ID))
		if err != nil {
			return err
		}
		for _, id := range ids {
			k, err := store.GetJSON[accessKeyRecord](tx, s.accessKeyKey(id))
			if err != nil {
				return err
			}
			if k != nil {
				all = append(all, shape.AccessKeyMetadata{UserName: &name, AccessKeyId: &k.ID, Status: ptr(k.status()), CreateDate: whenPtr(k.Created)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p, err := cut(all, func(k *shape.AccessKeyMetadata) string { return *k.AccessKeyId }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	if p.items == nil {
		p.items = []shape.AccessKeyMetadata{}
	}
	return &shape.ListAccessKeysOutput{AccessKeyMetadata: p.items, IsTruncated: p.truncated, Marker: p.marker}, nil
}

// renameKeys writes a user's new name into its access keys.
func (s *Service) renameKeys(tx *store.Tx, e *entity) error {
	ids, err := s.names(tx, s.key("keyof", e.ID))
	if err != nil {
		return err
	}
	for _, id := range ids {
		k, err := store.GetJSON[accessKeyRecord](tx, s.accessKeyKey(id))
		if err != nil {
			return err
		}
		if k == nil {
			continue
		}
		k.UserName = e.Name
		if err := store.PutJSON(tx, s.accessKeyKey(id), k); err != nil {
			return err
		}
	}
	return nil
}
