package iam

import (
	"context"
	"slices"
	"strconv"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxVersions is how many versions a managed policy keeps.
const maxVersions = 5

// changePolicy reads a customer managed policy, alters and stores it.
func (s *Service) changePolicy(ctx context.Context, policyARN *string, fn func(p *policyRecord) error) error {
	return s.update(ctx, func(tx *store.Tx) error {
		p, err := s.loadPolicy(tx, policyARN)
		if err != nil {
			return err
		}
		if err := fn(p); err != nil {
			return err
		}
		p.Updated = s.clock.Now().UTC()
		return store.PutJSON(tx, s.key("policy", text(policyARN)), p)
	})
}

// CreatePolicyVersion adds a version, and makes it the default if told.
func (s *Service) CreatePolicyVersion(ctx context.Context, _ *awsapi.Call, in *shape.CreatePolicyVersionInput) (*shape.CreatePolicyVersionOutput, error) {
	if err := s.checkManaged(in.PolicyArn, in.PolicyDocument); err != nil {
		return nil, err
	}
	var v versionRecord
	isDefault := in.SetAsDefault != nil && *in.SetAsDefault
	err := s.changePolicy(ctx, in.PolicyArn, func(p *policyRecord) error {
		if len(p.Versions) >= maxVersions {
			return limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		v = versionRecord{ID: "v" + strconv.Itoa(p.Next), Document: text(in.PolicyDocument), Created: s.clock.Now().UTC()}
		p.Next++
		p.Versions = append(p.Versions, v)
		if isDefault {
			p.Default = v.ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &shape.CreatePolicyVersionOutput{PolicyVersion: &shape.PolicyVersion{VersionId: &v.ID, IsDefaultVersion: &isDefault, CreateDate: whenPtr(v.Created)}}, nil
}

// GetPolicyVersion shows one version with its document.
func (s *Service) GetPolicyVersion(ctx context.Context, _ *awsapi.Call, in *shape.GetPolicyVersionInput) (*shape.GetPolicyVersionOutput, error) {
	if m := s.managed[text(in.PolicyArn)]; m != nil {
		if text(in.VersionId) != m.version {
			return nil, noSuchVersion(text(in.PolicyArn), text(in.VersionId))
		}
		return &shape.GetPolicyVersionOutput{PolicyVersion: m.versionShape()}, nil
	}
	var out *shape.PolicyVersion
	err := s.db.View(ctx, func(tx *store.Tx) error {
		p, err := s.loadPolicy(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		v := p.version(text(in.VersionId))
		if v == nil {
			return noSuchVersion(text(in.PolicyArn), text(in.VersionId))
		}
		out = versionShape(p, v)
		out.Document = escapeDocument(v.Document)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &shape.GetPolicyVersionOutput{PolicyVersion: out}, nil
}

func versionShape(p *policyRecord, v *versionRecord) *shape.PolicyVersion {
	return &shape.PolicyVersion{VersionId: &v.ID, IsDefaultVersion: ptr(v.ID == p.Default), CreateDate: whenPtr(v.Created)}
}

// ListPolicyVersions lists the versions, newest first, without documents.
func (s *Service) ListPolicyVersions(ctx context.Context, _ *awsapi.Call, in *shape.ListPolicyVersionsInput) (*shape.ListPolicyVersionsOutput, error) {
	if m := s.managed[text(in.PolicyArn)]; m != nil {
		v := m.versionShape()
		v.Document = nil
		return &shape.ListPolicyVersionsOutput{Versions: []shape.PolicyVersion{*v}, IsTruncated: ptr(false)}, nil
	}
	all := []shape.PolicyVersion{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		p, err := s.loadPolicy(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		for i := len(p.Versions) - 1; i >= 0; i-- {
			all = append(all, *versionShape(p, &p.Versions[i]))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// At most five versions exist: markers are their places in the list.
	for i := range all {
		all[i].Document = ptr(strconv.Itoa(i))
	}
	page, err := cut(all, func(v *shape.PolicyVersion) string { return *v.Document }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	for i := range page.items {
		page.items[i].Document = nil
	}
	if page.items == nil {
		page.items = []shape.PolicyVersion{}
	}
	return &shape.ListPolicyVersionsOutput{Versions: page.items, IsTruncated: page.truncated, Marker: page.marker}, nil
}

// SetDefaultPolicyVersion makes a version the one that counts.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, _ *awsapi.Call, in *shape.SetDefaultPolicyVersionInput) (*shape.SetDefaultPolicyVersionOutput, error) {
	err := s.changePolicy(ctx, in.PolicyArn, func(p *policyRecord) error {
		if p.version(text(in.VersionId)) == nil {
			return noSuchVersion(text(in.PolicyArn), text(in.VersionId))
		}
		p.Default = text(in.VersionId)
		return nil
	})
	return &shape.SetDefaultPolicyVersionOutput{}, err
}

// DeletePolicyVersion deletes a version that is not the default.
func (s *Service) DeletePolicyVersion(ctx context.Context, _ *awsapi.Call, in *shape.DeletePolicyVersionInput) (*shape.DeletePolicyVersionOutput, error) {
	err := s.changePolicy(ctx, in.PolicyArn, func(p *policyRecord) error {
		id := text(in.VersionId)
		if p.version(id) == nil {
			return noSuchVersion(text(in.PolicyArn), id)
		}
		if id == p.Default {
			return deleteConflict("Cannot delete the default version of a policy.")
		}
		p.Versions = slices.DeleteFunc(p.Versions, func(v versionRecord) bool { return v.ID == id })
		return nil
	})
	return &shape.DeletePolicyVersionOutput{}, err
}

// TagPolicy adds or replaces tags of a managed policy.
func (s *Service) TagPolicy(ctx context.Context, _ *awsapi.Call, in *shape.TagPolicyInput) (*shape.TagPolicyOutput, error) {
	return &shape.TagPolicyOutput{}, s.changePolicy(ctx, in.PolicyArn, func(p *policyRecord) (err error) {
		p.Tags, err = mergeTags(p.Tags, in.Tags)
		return err
	})
}

// UntagPolicy removes tags of a managed policy.
func (s *Service) UntagPolicy(ctx context.Context, _ *awsapi.Call, in *shape.UntagPolicyInput) (*shape.UntagPolicyOutput, error) {
	return &shape.UntagPolicyOutput{}, s.changePolicy(ctx, in.PolicyArn, func(p *policyRecord) error {
		p.Tags = dropTags(p.Tags, in.TagKeys)
		return nil
	})
}

// ListPolicyTags lists the tags of a managed policy.
func (s *Service) ListPolicyTags(ctx context.Context, _ *awsapi.Call, in *shape.ListPolicyTagsInput) (*shape.ListPolicyTagsOutput, error) {
	var tags []tag
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if s.managed[text(in.PolicyArn)] != nil {
			return nil
		}
		p, err := s.loadPolicy(tx, in.PolicyArn)
		if err == nil {
			tags = p.Tags
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	p, err := cut(tags, tagKey, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &shape.ListPolicyTagsOutput{Tags: tagShapes(p.items), IsTruncated: p.truncated, Marker: p.marker}, nil
}
