package logs

import (
	"context"
	"maps"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/store"
)

const maxTags = 50

// retag changes the tags of a group.
func (s *Service) retag(ctx context.Context, group string, add map[string]string, remove []string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		rec, err := s.group(tx, group)
		if err != nil {
			return err
		}
		tags := maps.Clone(rec.Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		maps.Copy(tags, add)
		for _, k := range remove {
			delete(tags, k)
		}
		if len(tags) > maxTags {
			return awsapi.Errorf("TooManyTagsException", "A resource can have no more than %d tags.", maxTags)
		}
		rec.Tags = tags
		return store.PutJSON(tx, s.key("group", group), rec)
	})
}

func (s *Service) tagsOf(ctx context.Context, group string) (map[string]string, error) {
	tags := map[string]string{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		rec, err := s.group(tx, group)
		if err == nil {
			maps.Copy(tags, rec.Tags)
		}
		return err
	})
	return tags, err
}

// groupARN returns the group a tag operation's ARN names.
func (s *Service) groupARN(arn *string) (string, error) {
	if !strings.HasPrefix(deref(arn), s.arn("")) {
		return "", invalid("Invalid resourceArn: %s", deref(arn))
	}
	return s.groupOf(*arn), nil
}

// TagLogGroup adds tags to a group.
func (s *Service) TagLogGroup(ctx context.Context, _ *awsapi.Call, in *shape.TagLogGroupInput) (*shape.TagLogGroupOutput, error) {
	return &shape.TagLogGroupOutput{}, s.retag(ctx, deref(in.LogGroupName), in.Tags, nil)
}

// UntagLogGroup removes tags from a group.
func (s *Service) UntagLogGroup(ctx context.Context, _ *awsapi.Call, in *shape.UntagLogGroupInput) (*shape.UntagLogGroupOutput, error) {
	return &shape.UntagLogGroupOutput{}, s.retag(ctx, deref(in.LogGroupName), nil, in.Tags)
}

// ListTagsLogGroup lists the tags of a group.
func (s *Service) ListTagsLogGroup(ctx context.Context, _ *awsapi.Call, in *shape.ListTagsLogGroupInput) (*shape.ListTagsLogGroupOutput, error) {
	tags, err := s.tagsOf(ctx, deref(in.LogGroupName))
	return &shape.ListTagsLogGroupOutput{Tags: tags}, err
}

// TagResource adds tags to a group.
func (s *Service) TagResource(ctx context.Context, _ *awsapi.Call, in *shape.TagResourceInput) (*shape.TagResourceOutput, error) {
	group, err := s.groupARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &shape.TagResourceOutput{}, s.retag(ctx, group, in.Tags, nil)
}

// UntagResource removes tags from a group.
func (s *Service) UntagResource(ctx context.Context, _ *awsapi.Call, in *shape.UntagResourceInput) (*shape.UntagResourceOutput, error) {
	group, err := s.groupARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &shape.UntagResourceOutput{}, s.retag(ctx, group, nil, in.TagKeys)
}

// ListTagsForResource lists the tags of a group.
func (s *Service) ListTagsForResource(ctx context.Context, _ *awsapi.Call, in *shape.ListTagsForResourceInput) (*shape.ListTagsForResourceOutput, error) {
	group, err := s.groupARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags, err := s.tagsOf(ctx, group)
	return &shape.ListTagsForResourceOutput{Tags: tags}, err
}
