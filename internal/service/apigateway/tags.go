package apigateway

import (
	"context"
	"maps"
	"net/url"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// tagged finds what a tagging ARN names: an API (/restapis/ID) or a stage
// (/restapis/ID/stages/NAME). It returns the tags, to be changed in place, and
// what stores the change.
func (s *Service) tagged(tx *store.Tx, resource *string) (tags *map[string]string, save func() error, err error) {
	raw, err := url.PathUnescape(value(resource))
	if err != nil {
		return nil, nil, errBadRequest("Invalid resource ARN: %s", value(resource))
	}
	rest, ok := strings.CutPrefix(raw, "arn:aws:apigateway:"+s.region+"::/restapis/")
	if !ok {
		return nil, nil, errNotFound("Invalid Resource identifier specified")
	}
	id, name, isStage := strings.Cut(rest, "/stages/")
	if isStage {
		stage, err := s.stage(tx, &id, &name)
		if err != nil {
			return nil, nil, err
		}
		return &stage.Tags, func() error { return store.PutJSON(tx, s.stageKey(id, name), stage) }, nil
	}
	api, err := s.api(tx, &id)
	if err != nil {
		return nil, nil, err
	}
	return &api.Tags, func() error { return store.PutJSON(tx, s.apiKey(id), api) }, nil
}

// TagResource adds tags to an API or a stage.
func (s *Service) TagResource(ctx context.Context, _ *awsapi.Call, in *apigateway.TagResourceInput) (*apigateway.TagResourceOutput, error) {
	return &apigateway.TagResourceOutput{}, s.update(ctx, func(tx *store.Tx) error {
		tags, save, err := s.tagged(tx, in.ResourceArn)
		if err != nil {
			return err
		}
		if *tags == nil {
			*tags = map[string]string{}
		}
		maps.Copy(*tags, in.Tags)
		return save()
	})
}

// UntagResource takes tags off an API or a stage.
func (s *Service) UntagResource(ctx context.Context, _ *awsapi.Call, in *apigateway.UntagResourceInput) (*apigateway.UntagResourceOutput, error) {
	return &apigateway.UntagResourceOutput{}, s.update(ctx, func(tx *store.Tx) error {
		tags, save, err := s.tagged(tx, in.ResourceArn)
		if err != nil {
			return err
		}
		for _, k := range in.TagKeys {
			delete(*tags, k)
		}
		return save()
	})
}

// GetTags returns the tags of an API or a stage.
func (s *Service) GetTags(ctx context.Context, _ *awsapi.Call, in *apigateway.GetTagsInput) (*apigateway.GetTagsOutput, error) {
	out := &apigateway.GetTagsOutput{Tags: map[string]string{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		tags, _, err := s.tagged(tx, in.ResourceArn)
		if err != nil {
			return err
		}
		maps.Copy(out.Tags, *tags)
		return nil
	})
	return out, err
}
