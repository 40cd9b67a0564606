package cognitoidp

import (
	"context"
	"maps"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxTags is how many tags a pool may have.
const maxTags = 50

// taggedPool returns the pool id of a user pool's ARN.
func taggedPool(call *awsapi.Call, arn string) (string, error) {
	id := arn[strings.LastIndexByte(arn, '/')+1:]
	if arn != poolARN(call, id) {
		return "", invalidParameter("Invalid user pool ARN.")
	}
	return id, nil
}

// TagResource adds tags to a pool.
func (s *Service) TagResource(ctx context.Context, call *awsapi.Call, in *shape.TagResourceInput) (*shape.TagResourceOutput, error) {
	id, err := taggedPool(call, text(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	err = s.changePool(ctx, id, func(_ *store.Tx, pool *poolRecord) error {
		tags := maps.Clone(pool.Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		maps.Copy(tags, in.Tags)
		if len(tags) > maxTags {
			return invalidParameter("A user pool can have at most %d tags.", maxTags)
		}
		pool.Tags = tags
		return nil
	})
	return &shape.TagResourceOutput{}, err
}

// UntagResource removes tags from a pool.
func (s *Service) UntagResource(ctx context.Context, call *awsapi.Call, in *shape.UntagResourceInput) (*shape.UntagResourceOutput, error) {
	id, err := taggedPool(call, text(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	err = s.changePool(ctx, id, func(_ *store.Tx, pool *poolRecord) error {
		for _, k := range in.TagKeys {
			delete(pool.Tags, k)
		}
		return nil
	})
	return &shape.UntagResourceOutput{}, err
}

// ListTagsForResource shows a pool's tags.
func (s *Service) ListTagsForResource(ctx context.Context, call *awsapi.Call, in *shape.ListTagsForResourceInput) (*shape.ListTagsForResourceOutput, error) {
	id, err := taggedPool(call, text(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	out := &shape.ListTagsForResourceOutput{}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		pool, err := s.pool(tx, id)
		if err == nil {
			out.Tags = pool.Tags
		}
		return err
	})
	return out, err
}
