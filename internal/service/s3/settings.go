package s3

import (
	"context"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
)

// PutPublicAccessBlock sets the bucket's public access block.
func (s *Service) PutPublicAccessBlock(ctx context.Context, _ *awsapi.Call, in *shape.PutPublicAccessBlockInput) (*shape.PutPublicAccessBlockOutput, error) {
	c := in.PublicAccessBlockConfiguration
	if c == nil {
		return nil, malformedXML()
	}
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.Block = &publicAccessBlock{BlockACLs: value(c.BlockPublicAcls), IgnoreACLs: value(c.IgnorePublicAcls), BlockPolicy: value(c.BlockPublicPolicy), RestrictBuckets: value(c.RestrictPublicBuckets)}
		return nil
	})
}

// GetPublicAccessBlock answers the bucket's public access block.
func (s *Service) GetPublicAccessBlock(ctx context.Context, _ *awsapi.Call, in *shape.GetPublicAccessBlockInput) (*shape.GetPublicAccessBlockOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	if b.Block == nil {
		return nil, notThere("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", b.Name)
	}
	return &shape.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &shape.PublicAccessBlockConfiguration{
		BlockPublicAcls: &b.Block.BlockACLs, IgnorePublicAcls: &b.Block.IgnoreACLs, BlockPublicPolicy: &b.Block.BlockPolicy, RestrictPublicBuckets: &b.Block.RestrictBuckets,
	}}, nil
}

// DeletePublicAccessBlock opens the bucket for public policies.
func (s *Service) DeletePublicAccessBlock(ctx context.Context, _ *awsapi.Call, in *shape.DeletePublicAccessBlockInput) (*shape.DeletePublicAccessBlockOutput, error) {
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.Block = nil
		return nil
	})
}

// PutBucketEncryption takes AES256, which is what every object gets.
func (s *Service) PutBucketEncryption(ctx context.Context, _ *awsapi.Call, in *shape.PutBucketEncryptionInput) (*shape.PutBucketEncryptionOutput, error) {
	c := in.ServerSideEncryptionConfiguration
	if c == nil || len(c.Rules) != 1 {
		return nil, malformedXML()
	}
	rule := c.Rules[0]
	if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
		if value(by.SSEAlgorithm) != "AES256" {
			return nil, awsapi.NotBuilt("PutBucketEncryption parameter SSEAlgorithm " + value(by.SSEAlgorithm))
		}
		if by.KMSMasterKeyID != nil {
			return nil, invalidArgument("KMSMasterKeyID", "", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
		}
	}
	if rule.BlockedEncryptionTypes != nil {
		return nil, awsapi.NotBuilt("PutBucketEncryption parameter BlockedEncryptionTypes")
	}
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.BucketKey = value(rule.BucketKeyEnabled)
		return nil
	})
}

// GetBucketEncryption answers AES256: AWS encrypts every bucket so since 2023.
func (s *Service) GetBucketEncryption(ctx context.Context, _ *awsapi.Call, in *shape.GetBucketEncryptionInput) (*shape.GetBucketEncryptionOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	return &shape.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &shape.ServerSideEncryptionConfiguration{Rules: []shape.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &shape.ServerSideEncryptionByDefault{SSEAlgorithm: text("AES256")}, BucketKeyEnabled: &b.BucketKey,
	}}}}, nil
}

// DeleteBucketEncryption goes back to the default, which is AES256 too.
func (s *Service) DeleteBucketEncryption(ctx context.Context, _ *awsapi.Call, in *shape.DeleteBucketEncryptionInput) (*shape.DeleteBucketEncryptionOutput, error) {
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.BucketKey = false
		return nil
	})
}

// PutBucketTagging sets the bucket's tags.
func (s *Service) PutBucketTagging(ctx context.Context, _ *awsapi.Call, in *shape.PutBucketTaggingInput) (*shape.PutBucketTaggingOutput, error) {
	if in.Tagging == nil {
		return nil, malformedXML()
	}
	tags, err := tagsOf(in.Tagging.TagSet, 50)
	if err != nil {
		return nil, err
	}
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.Tags = tags
		return nil
	})
}

// GetBucketTagging answers the bucket's tags.
func (s *Service) GetBucketTagging(ctx context.Context, _ *awsapi.Call, in *shape.GetBucketTaggingInput) (*shape.GetBucketTaggingOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	if len(b.Tags) == 0 {
		return nil, notThere("NoSuchTagSet", "The TagSet does not exist", b.Name)
	}
	out := new(shape.GetBucketTaggingOutput)
	for i := range b.Tags {
		out.TagSet = append(out.TagSet, shape.Tag{Key: &b.Tags[i].Key, Value: &b.Tags[i].Value})
	}
	return out, nil
}

// DeleteBucketTagging removes the bucket's tags.
func (s *Service) DeleteBucketTagging(ctx context.Context, _ *awsapi.Call, in *shape.DeleteBucketTaggingInput) (*shape.DeleteBucketTaggingOutput, error) {
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.Tags = nil
		return nil
	})
}

// tagsOf checks a set of tags (user guide, "Using cost allocation S3 bucket
// tags" and "Categorizing your objects").
func tagsOf(set []shape.Tag, most int) ([]tag, error) {
	if len(set) > most {
		if most == 50 {
			return nil, awsapi.Errorf("BadRequest", "Bucket tag count cannot be greater than 50")
		}
		return nil, awsapi.Errorf("BadRequest", "Object tags cannot be greater than 10")
	}
	tags := make([]tag, 0, len(set))
	for _, t := range set {
		one := tag{value(t.Key), value(t.Value)}
		if n := utf8.RuneCountInString(one.Key); n < 1 || n > 128 {
			return nil, awsapi.Errorf("InvalidTag", "The TagKey you have provided is invalid").With("TagKey", one.Key)
		}
		if utf8.RuneCountInString(one.Value) > 256 {
			return nil, awsapi.Errorf("InvalidTag", "The TagValue you have provided is invalid").With("TagKey", one.Key)
		}
		if strings.HasPrefix(strings.ToLower(one.Key), "aws:") {
			return nil, awsapi.Errorf("InvalidTag", "System tags cannot be added/updated by requester").With("TagKey", one.Key)
		}
		for _, other := range tags {
			if other.Key == one.Key {
				return nil, awsapi.Errorf("InvalidTag", "Cannot provide multiple Tags with the same key").With("TagKey", one.Key)
			}
		}
		tags = append(tags, one)
	}
	return tags, nil
}

// parseTags reads the tags of an x-amz-tagging header (a=b&c=d).
func parseTags(header *string) ([]tag, error) {
	if header == nil || *header == "" {
		return nil, nil
	}
	bad := invalidArgument("x-amz-tagging", *header, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	if len(*header) > 8<<10 {
		return nil, bad
	}
	var set []shape.Tag
	for pair := range strings.SplitSeq(*header, "&") {
		k, v, _ := strings.Cut(pair, "=")
		k, err1 := url.QueryUnescape(k)
		v, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil || !utf8.ValidString(k) || !utf8.ValidString(v) {
			return nil, bad
		}
		set = append(set, shape.Tag{Key: &k, Value: &v})
	}
	return tagsOf(set, 10)
}
