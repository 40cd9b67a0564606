package iam

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/store"
)

const maxTags = 50

// mergeTags puts new tags over old ones. Keys are unique without regard to
// case.
func mergeTags(old []tag, add []shape.Tag) ([]tag, error) {
	out := append([]tag(nil), old...)
	seen := map[string]bool{}
	for _, t := range add {
		key, value := text(t.Key), text(t.Value)
		lower := strings.ToLower(key)
		if seen[lower] {
			return nil, invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[lower] = true
		if strings.HasPrefix(lower, "aws:") {
			return nil, invalidInput("Tag keys beginning with 'aws:' are reserved for system use.")
		}
		found := false
		for i := range out {
			if strings.EqualFold(out[i].Key, key) {
				out[i] = tag{key, value}
				found = true
			}
		}
		if !found {
			out = append(out, tag{key, value})
		}
	}
	if len(out) > maxTags {
		return nil, limitExceeded("The number of tags has reached the maximum limit.")
	}
	return out, nil
}

// dropTags removes tags by key.
func dropTags(old []tag, keys []string) []tag {
	var out []tag
	for _, t := range old {
		keep := true
		for _, key := range keys {
			keep = keep && !strings.EqualFold(t.Key, key)
		}
		if keep {
			out = append(out, t)
		}
	}
	return out
}

func (s *Service) tagEntity(ctx context.Context, kind string, name *string, tags []shape.Tag) error {
	return s.change(ctx, kind, name, func(_ *store.Tx, e *entity) (err error) {
		e.Tags, err = mergeTags(e.Tags, tags)
		return err
	})
}

func (s *Service) untagEntity(ctx context.Context, kind string, name *string, keys []string) error {
	return s.change(ctx, kind, name, func(_ *store.Tx, e *entity) error {
		e.Tags = dropTags(e.Tags, keys)
		return nil
	})
}

func tagKey(t *tag) string { return t.Key }

// TagUser adds or replaces tags of a user.
func (s *Service) TagUser(ctx context.Context, _ *awsapi.Call, in *shape.TagUserInput) (*shape.TagUserOutput, error) {
	return &shape.TagUserOutput{}, s.tagEntity(ctx, kindUser, in.UserName, in.Tags)
}

// UntagUser removes tags of a user.
func (s *Service) UntagUser(ctx context.Context, _ *awsapi.Call, in *shape.UntagUserInput) (*shape.UntagUserOutput, error) {
	return &shape.UntagUserOutput{}, s.untagEntity(ctx, kindUser, in.UserName, in.TagKeys)
}

// ListUserTags lists the tags of a user.
func (s *Service) ListUserTags(ctx context.Context, _ *awsapi.Call, in *shape.ListUserTagsInput) (*shape.ListUserTagsOutput, error) {
	e, err := s.read(ctx, kindUser, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := cut(e.Tags, tagKey, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &shape.ListUserTagsOutput{Tags: tagShapes(p.items), IsTruncated: p.truncated, Marker: p.marker}, nil
}

// TagRole adds or replaces tags of a role.
func (s *Service) TagRole(ctx context.Context, _ *awsapi.Call, in *shape.TagRoleInput) (*shape.TagRoleOutput, error) {
	return &shape.TagRoleOutput{}, s.tagEntity(ctx, kindRole, in.RoleName, in.Tags)
}

// UntagRole removes tags of a role.
func (s *Service) UntagRole(ctx context.Context, _ *awsapi.Call, in *shape.UntagRoleInput) (*shape.UntagRoleOutput, error) {
	return &shape.UntagRoleOutput{}, s.untagEntity(ctx, kindRole, in.RoleName, in.TagKeys)
}

// ListRoleTags lists the tags of a role.
func (s *Service) ListRoleTags(ctx context.Context, _ *awsapi.Call, in *shape.ListRoleTagsInput) (*shape.ListRoleTagsOutput, error) {
	e, err := s.read(ctx, kindRole, in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := cut(e.Tags, tagKey, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &shape.ListRoleTagsOutput{Tags: tagShapes(p.items), IsTruncated: p.truncated, Marker: p.marker}, nil
}
