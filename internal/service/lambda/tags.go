package lambda

import (
	"context"
	"maps"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
)

const maxTags = 50

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("The number of tags exceeds the limit of %d.", maxTags)
	}
	for k := range tags {
		if strings.HasPrefix(strings.ToLower(k), "aws:") && !strings.HasPrefix(k, "aws:cloudformation:") {
			return invalid("Tag keys must not begin with aws:.")
		}
	}
	return nil
}

// tagged changes the tags of the function an ARN names.
func (s *Service) tagged(ctx context.Context, resource *string, change func(map[string]string) error) error {
	t, err := s.parseName(resource, nil)
	if err != nil {
		return err
	}
	if t.qualifier != "" {
		return invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
	}
	return s.update(ctx, func(tx *store.Tx) error {
		rec, _, _, err := s.load(tx, t)
		if err != nil {
			return err
		}
		tags := maps.Clone(rec.Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		if err := change(tags); err != nil {
			return err
		}
		rec.Tags = tags
		return store.PutJSON(tx, s.key("function", t.name), rec)
	})
}

// TagResource adds tags.
func (s *Service) TagResource(ctx context.Context, _ *awsapi.Call, in *shape.TagResourceInput) (*shape.TagResourceOutput, error) {
	err := s.tagged(ctx, in.Resource, func(tags map[string]string) error {
		maps.Copy(tags, in.Tags)
		return checkTags(tags)
	})
	return &shape.TagResourceOutput{}, err
}

// UntagResource removes tags.
func (s *Service) UntagResource(ctx context.Context, _ *awsapi.Call, in *shape.UntagResourceInput) (*shape.UntagResourceOutput, error) {
	err := s.tagged(ctx, in.Resource, func(tags map[string]string) error {
		for _, k := range in.TagKeys {
			delete(tags, k)
		}
		return nil
	})
	return &shape.UntagResourceOutput{}, err
}

// ListTags lists the tags of a function.
func (s *Service) ListTags(ctx context.Context, _ *awsapi.Call, in *shape.ListTagsInput) (*shape.ListTagsOutput, error) {
	t, err := s.parseName(in.Resource, nil)
	if err != nil {
		return nil, err
	}
	out := &shape.ListTagsOutput{Tags: map[string]string{}}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		rec, _, _, err := s.load(tx, target{name: t.name})
		if err == nil && rec.Tags != nil {
			out.Tags = rec.Tags
		}
		return err
	})
	return out, err
}
