package dynamodb

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

var tableARNForm = regexp.MustCompile(`^arn:aws:dynamodb:[^:]+:\d+:table/[a-zA-Z0-9_.-]{3,255}$`)

// tagged returns the table a ResourceArn names.
func (s *Service) tagged(call *awsapi.Call, arn *string) (target, error) {
	if arn == nil {
		return target{}, validation("Invalid TableArn")
	}
	if !tableARNForm.MatchString(*arn) {
		return target{}, validation("Invalid TableArn: Invalid ResourceArn provided as input " + *arn)
	}
	name, ours := strings.CutPrefix(*arn, tableARN(call.Account(), call.Region(), ""))
	if !ours {
		return target{}, unknownARN(*arn)
	}
	return target{name, tableKey(call.Account(), call.Region(), name)}, nil
}

func unknownARN(arn string) error {
	return modelled("ResourceNotFoundException", "Requested resource not found: ResourcArn: "+arn+" not found")
}

// changeRecord changes the record of the table an ARN names.
func (s *Service) changeRecord(ctx context.Context, at target, arn string, change func(r *tableRecord) error) error {
	defer s.forget(at.key)
	return s.db.Update(ctx, func(tx *store.Tx) error {
		r, err := store.GetJSON[tableRecord](tx, at.key)
		if err != nil {
			return err
		}
		if r == nil {
			return unknownARN(arn)
		}
		if err := change(r); err != nil {
			return err
		}
		return store.PutJSON(tx, at.key, r)
	})
}

// TagResource sets tags of a table.
func (s *Service) TagResource(ctx context.Context, call *awsapi.Call, in *dynamodb.TagResourceInput) (*dynamodb.TagResourceOutput, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	at, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, validation("Atleast one Tag needs to be provided as Input.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err = s.changeRecord(ctx, at, *in.ResourceArn, func(r *tableRecord) error {
		r.tag(in.Tags)
		if len(r.Tags) > maxTags {
			return validation("One or more parameter values were invalid: Too many tags: a resource can have at most 50")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &dynamodb.TagResourceOutput{}, nil
}

// UntagResource removes tags of a table.
func (s *Service) UntagResource(ctx context.Context, call *awsapi.Call, in *dynamodb.UntagResourceInput) (*dynamodb.UntagResourceOutput, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	at, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, validation("Atleast one Tag Key needs to be provided as Input.")
	}
	err = s.changeRecord(ctx, at, *in.ResourceArn, func(r *tableRecord) error {
		r.Tags = slices.DeleteFunc(r.Tags, func(t tagRecord) bool { return slices.Contains(in.TagKeys, t.Key) })
		return nil
	})
	if awsapi.Code(err) == "ResourceNotFoundException" {
		return nil, noTable()
	}
	if err != nil {
		return nil, err
	}
	return &dynamodb.UntagResourceOutput{}, nil
}

// ListTagsOfResource returns all tags of a table in one page.
func (s *Service) ListTagsOfResource(ctx context.Context, call *awsapi.Call, in *dynamodb.ListTagsOfResourceInput) (*dynamodb.ListTagsOfResourceOutput, error) {
	at, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	t, err := s.peek(ctx, at.key)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, unknownARN(*in.ResourceArn)
	}
	if in.NextToken != nil {
		return nil, validation("Invalid NextToken")
	}
	out := &dynamodb.ListTagsOfResourceOutput{Tags: []dynamodb.Tag{}}
	for _, tag := range t.record.Tags {
		out.Tags = append(out.Tags, dynamodb.Tag{Key: ptr(tag.Key), Value: ptr(tag.Value)})
	}
	return out, nil
}

func checkTags(tags []dynamodb.Tag) error {
	if len(tags) > maxTags {
		return validation("One or more parameter values were invalid: Too many tags: a resource can have at most 50")
	}
	seen := map[string]bool{}
	for _, t := range tags {
		if seen[*t.Key] {
			return invalidParameter("Duplicate tag key: " + *t.Key)
		}
		seen[*t.Key] = true
		if strings.HasPrefix(strings.ToLower(*t.Key), "aws:") {
			return invalidParameter("User-defined tag keys can't start with 'aws:'")
		}
	}
	return nil
}

// tag sets tags on a record, kept in the order of their keys.
func (r *tableRecord) tag(tags []dynamodb.Tag) {
	for _, t := range tags {
		i := slices.IndexFunc(r.Tags, func(x tagRecord) bool { return x.Key == *t.Key })
		if i < 0 {
			r.Tags = append(r.Tags, tagRecord{*t.Key, *t.Value})
		} else {
			r.Tags[i].Value = *t.Value
		}
	}
	slices.SortFunc(r.Tags, func(a, b tagRecord) int { return strings.Compare(a.Key, b.Key) })
}
