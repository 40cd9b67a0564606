package s3

import (
	"context"
	"errors"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxDeletes is how many keys one DeleteObjects takes.
const maxDeletes = 1000

// DeleteObject deletes an object; one that is not there is no error.
func (s *Service) DeleteObject(ctx context.Context, _ *awsapi.Call, in *shape.DeleteObjectInput) (*shape.DeleteObjectOutput, error) {
	switch {
	case in.MFA != nil:
		return nil, awsapi.NotBuilt("DeleteObject parameter MFA")
	case value(in.BypassGovernanceRetention):
		return nil, awsapi.NotBuilt("DeleteObject parameter BypassGovernanceRetention")
	case in.IfMatchLastModifiedTime != nil || in.IfMatchSize != nil:
		return nil, awsapi.NotBuilt("DeleteObject parameters of directory buckets")
	}
	if err := s.remove(ctx, value(in.Bucket), value(in.Key), in.VersionId, in.IfMatch); err != nil {
		return nil, err
	}
	return &shape.DeleteObjectOutput{}, nil
}

// remove deletes one object. In a bucket without versions the only version is
// "null".
func (s *Service) remove(ctx context.Context, bucket, key string, version, ifMatch *string) error {
	if version != nil && *version != "null" {
		return noSuchVersion(key, *version)
	}
	old := ""
	err := s.update(ctx, "delete object", func(tx *store.Tx) error {
		b, err := s.bucket(tx, bucket)
		if err != nil {
			return err
		}
		have, err := store.GetJSON[objectRecord](tx, s.objectKey(b.ID, key))
		if err != nil {
			return err
		}
		if ifMatch != nil {
			if have == nil {
				return noSuchKey(key)
			}
			if !etagListed(*ifMatch, have.ETag) {
				return preconditionFailed("If-Match")
			}
		}
		if have == nil {
			return nil
		}
		old = s.release(tx, b.ID, have)
		tx.Delete(s.objectKey(b.ID, key))
		return nil
	})
	if err == nil && old != "" {
		_ = s.blobs.Delete(context.WithoutCancel(ctx), old) // the sweep tries again
	}
	return err
}

// DeleteObjects deletes several objects, each with its own right; what fails
// is listed in the answer.
func (s *Service) DeleteObjects(ctx context.Context, call *awsapi.Call, in *shape.DeleteObjectsInput) (*shape.DeleteObjectsOutput, error) {
	switch {
	case in.MFA != nil:
		return nil, awsapi.NotBuilt("DeleteObjects parameter MFA")
	case value(in.BypassGovernanceRetention):
		return nil, awsapi.NotBuilt("DeleteObjects parameter BypassGovernanceRetention")
	case in.Delete == nil || len(in.Delete.Objects) == 0 || len(in.Delete.Objects) > maxDeletes:
		return nil, malformedXML()
	}
	b, err := s.find(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	out := &shape.DeleteObjectsOutput{}
	for i := range in.Delete.Objects {
		o := &in.Delete.Objects[i]
		err := s.removeListed(ctx, call, b, o)
		var refused *awsapi.Error
		switch {
		case err == nil:
			if !value(in.Delete.Quiet) {
				out.Deleted = append(out.Deleted, shape.DeletedObject{Key: o.Key, VersionId: o.VersionId})
			}
		case errors.As(err, &refused):
			out.Errors = append(out.Errors, shape.Error{Key: o.Key, VersionId: o.VersionId, Code: &refused.Code, Message: &refused.Message})
		default:
			return nil, err
		}
	}
	return out, nil
}

// removeListed authorizes and deletes one object of a list.
func (s *Service) removeListed(ctx context.Context, call *awsapi.Call, b *bucketRecord, o *shape.ObjectIdentifier) error {
	key := value(o.Key)
	if err := checkKey(key); err != nil {
		return err
	}
	d, err := s.demand(call, b, readActions("s3:DeleteObject", o.VersionId)[0], objectARN(b.Name, key))
	if err != nil {
		return err
	}
	versionKey(d.Context, o.VersionId)
	if err := s.existingTags(ctx, b, d.Context, key); err != nil {
		return err
	}
	if err := call.Allow(ctx, d); err != nil {
		return err
	}
	if o.LastModifiedTime != nil || o.Size != nil {
		return awsapi.NotBuilt("DeleteObjects parameters of directory buckets")
	}
	return s.remove(ctx, b.Name, key, o.VersionId, o.ETag)
}
