package s3

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/policy"
)

// Operations is the service's table.
func (s *Service) Operations() awsapi.Table {
	return awsapi.NewTable(append(s.bucketOperations(), s.objectOperations()...)...)
}

func (s *Service) bucketOperations() []*awsapi.Operation {
	return []*awsapi.Operation{
		awsapi.Op("CreateBucket", s.CreateBucket, awsapi.Per(s.createDemands)),
		awsapi.Op("ListBuckets", s.ListBuckets, awsapi.On("s3:ListAllMyBuckets", func(*awsapi.Call, *shape.ListBucketsInput) string { return bucketARN("*") })),
		awsapi.Op("HeadBucket", s.HeadBucket, onBucket(s, "s3:ListBucket", func(in *shape.HeadBucketInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("DeleteBucket", s.DeleteBucket, onBucket(s, "s3:DeleteBucket", func(in *shape.DeleteBucketInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("GetBucketLocation", s.GetBucketLocation, onBucket(s, "s3:GetBucketLocation", func(in *shape.GetBucketLocationInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),

		awsapi.Op("PutBucketCors", s.PutBucketCors, onBucket(s, "s3:PutBucketCORS", func(in *shape.PutBucketCorsInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("GetBucketCors", s.GetBucketCors, onBucket(s, "s3:GetBucketCORS", func(in *shape.GetBucketCorsInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("DeleteBucketCors", s.DeleteBucketCors, onBucket(s, "s3:PutBucketCORS", func(in *shape.DeleteBucketCorsInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),

		awsapi.Op("PutBucketPolicy", s.PutBucketPolicy, onBucketPolicy(s, "s3:PutBucketPolicy", func(in *shape.PutBucketPolicyInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner })),
		awsapi.Op("GetBucketPolicy", s.GetBucketPolicy, onBucketPolicy(s, "s3:GetBucketPolicy", func(in *shape.GetBucketPolicyInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner })),
		awsapi.Op("DeleteBucketPolicy", s.DeleteBucketPolicy, onBucketPolicy(s, "s3:DeleteBucketPolicy", func(in *shape.DeleteBucketPolicyInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner })),
		awsapi.Op("GetBucketPolicyStatus", s.GetBucketPolicyStatus, onBucket(s, "s3:GetBucketPolicyStatus", func(in *shape.GetBucketPolicyStatusInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),

		awsapi.Op("PutPublicAccessBlock", s.PutPublicAccessBlock, onBucket(s, "s3:PutBucketPublicAccessBlock", func(in *shape.PutPublicAccessBlockInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("GetPublicAccessBlock", s.GetPublicAccessBlock, onBucket(s, "s3:GetBucketPublicAccessBlock", func(in *shape.GetPublicAccessBlockInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("DeletePublicAccessBlock", s.DeletePublicAccessBlock, onBucket(s, "s3:PutBucketPublicAccessBlock", func(in *shape.DeletePublicAccessBlockInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),

		awsapi.Op("PutBucketEncryption", s.PutBucketEncryption, onBucket(s, "s3:PutEncryptionConfiguration", func(in *shape.PutBucketEncryptionInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("GetBucketEncryption", s.GetBucketEncryption, onBucket(s, "s3:GetEncryptionConfiguration", func(in *shape.GetBucketEncryptionInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("DeleteBucketEncryption", s.DeleteBucketEncryption, onBucket(s, "s3:PutEncryptionConfiguration", func(in *shape.DeleteBucketEncryptionInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),

		awsapi.Op("PutBucketTagging", s.PutBucketTagging, onBucket(s, "s3:PutBucketTagging", func(in *shape.PutBucketTaggingInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("GetBucketTagging", s.GetBucketTagging, onBucket(s, "s3:GetBucketTagging", func(in *shape.GetBucketTaggingInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
		awsapi.Op("DeleteBucketTagging", s.DeleteBucketTagging, onBucket(s, "s3:PutBucketTagging", func(in *shape.DeleteBucketTaggingInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner }, nil)),
	}
}

func (s *Service) objectOperations() []*awsapi.Operation {
	return []*awsapi.Operation{
		awsapi.Op("PutObject", s.PutObject, onObject(s, func(in *shape.PutObjectInput) (_, _, _ *string) { return in.Bucket, in.ExpectedBucketOwner, in.Key }, putActions,
			func(_ context.Context, _ *bucketRecord, c *policy.Context, in *shape.PutObjectInput) error {
				return putKeys(c, in)
			})),
		awsapi.Op("GetObject", s.GetObject, onObject(s, func(in *shape.GetObjectInput) (_, _, _ *string) { return in.Bucket, in.ExpectedBucketOwner, in.Key },
			func(in *shape.GetObjectInput) []string { return readActions("s3:GetObject", in.VersionId) },
			func(ctx context.Context, b *bucketRecord, c *policy.Context, in *shape.GetObjectInput) error {
				versionKey(c, in.VersionId)
				return s.existingTags(ctx, b, c, value(in.Key))
			})),
		awsapi.Op("HeadObject", s.HeadObject, onObject(s, func(in *shape.HeadObjectInput) (_, _, _ *string) { return in.Bucket, in.ExpectedBucketOwner, in.Key },
			func(in *shape.HeadObjectInput) []string { return readActions("s3:GetObject", in.VersionId) },
			func(ctx context.Context, b *bucketRecord, c *policy.Context, in *shape.HeadObjectInput) error {
				versionKey(c, in.VersionId)
				return s.existingTags(ctx, b, c, value(in.Key))
			})),
		awsapi.Op("DeleteObject", s.DeleteObject, onObject(s, func(in *shape.DeleteObjectInput) (_, _, _ *string) { return in.Bucket, in.ExpectedBucketOwner, in.Key },
			func(in *shape.DeleteObjectInput) []string { return readActions("s3:DeleteObject", in.VersionId) },
			func(ctx context.Context, b *bucketRecord, c *policy.Context, in *shape.DeleteObjectInput) error {
				versionKey(c, in.VersionId)
				return s.existingTags(ctx, b, c, value(in.Key))
			})),
		// DeleteObjects asks for s3:DeleteObject on each key while it runs: what
		// is refused becomes an entry of the answer, as AWS does it.
		awsapi.Op("DeleteObjects", s.DeleteObjects, awsapi.Signed[shape.DeleteObjectsInput]()),
		awsapi.Op("ListObjects", s.ListObjects, onList(s, func(in *shape.ListObjectsInput) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner },
			func(in *shape.ListObjectsInput) (*string, *string, *int32) {
				return in.Prefix, in.Delimiter, in.MaxKeys
			})),
		awsapi.Op("ListObjectsV2", s.ListObjectsV2, onList(s, func(in *shape.ListObjectsV2Input) (_, _ *string) { return in.Bucket, in.ExpectedBucketOwner },
			func(in *shape.ListObjectsV2Input) (*string, *string, *int32) {
				return in.Prefix, in.Delimiter, in.MaxKeys
			})),
	}
}
