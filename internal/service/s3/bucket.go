package s3

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
)

// abandoned is after how long a deletion that did not finish counts as given
// up (its process died between its two commits).
const abandoned = time.Minute

func (s *Service) createDemands(_ context.Context, call *awsapi.Call, in *shape.CreateBucketInput) ([]awsapi.Demand, error) {
	d := awsapi.Demand{Action: "s3:CreateBucket", Resource: bucketARN(value(in.Bucket)), ResourceAccount: s.account, Context: s.context(call)}
	if c := in.CreateBucketConfiguration; c != nil && c.LocationConstraint != nil {
		d.Context.Set("s3:LocationConstraint", *c.LocationConstraint)
	}
	if in.ACL != nil {
		d.Context.Set("s3:x-amz-acl", *in.ACL)
	}
	if in.ObjectOwnership != nil {
		d.Context.Set("s3:x-amz-object-ownership", *in.ObjectOwnership)
	}
	return []awsapi.Demand{d}, nil
}

// CreateBucket makes a bucket, closed to the public as AWS's are.
func (s *Service) CreateBucket(ctx context.Context, _ *awsapi.Call, in *shape.CreateBucketInput) (*shape.CreateBucketOutput, error) {
	name := value(in.Bucket)
	if err := s.checkCreate(in); err != nil {
		return nil, err
	}
	tags, err := s.createTags(in.CreateBucketConfiguration)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, "create bucket", func(tx *store.Tx) error {
		have, err := store.GetJSON[bucketRecord](tx, s.bucketKey(name))
		if err != nil {
			return err
		}
		if have != nil {
			// In us-east-1 making one's own bucket again is no error (API
			// reference, CreateBucket).
			if s.region == "us-east-1" {
				return nil
			}
			return alreadyOwned(name)
		}
		return store.PutJSON(tx, s.bucketKey(name), &bucketRecord{
			ID: s.ids.String(20, lowerAlphabet), Name: name, Region: s.region, Created: s.clock.Now().UTC().Truncate(time.Second),
			Block: &publicAccessBlock{true, true, true, true}, Tags: tags,
		})
	})
	if err != nil {
		return nil, err
	}
	location := "/" + name
	return &shape.CreateBucketOutput{Location: &location, BucketArn: text(bucketARN(name))}, nil
}

const lowerAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

func (s *Service) checkCreate(in *shape.CreateBucketInput) error {
	switch {
	case !validBucketName(value(in.Bucket)):
		return invalidBucketName(value(in.Bucket))
	case in.ObjectOwnership != nil && *in.ObjectOwnership != "BucketOwnerEnforced":
		return awsapi.NotBuilt("CreateBucket parameter ObjectOwnership " + *in.ObjectOwnership)
	case in.ACL != nil && *in.ACL != "private", in.GrantFullControl != nil, in.GrantRead != nil, in.GrantReadACP != nil, in.GrantWrite != nil, in.GrantWriteACP != nil:
		return awsapi.Errorf("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	case value(in.ObjectLockEnabledForBucket):
		return awsapi.NotBuilt("CreateBucket parameter ObjectLockEnabledForBucket")
	case in.BucketNamespace != nil && *in.BucketNamespace != "global":
		return awsapi.NotBuilt("CreateBucket parameter BucketNamespace " + *in.BucketNamespace)
	}
	c := in.CreateBucketConfiguration
	if c != nil && (c.Location != nil || c.Bucket != nil) {
		return awsapi.NotBuilt("CreateBucket of directory buckets")
	}
	return s.checkLocation(c)
}

// checkLocation holds the location a request asks for against the region.
func (s *Service) checkLocation(c *shape.CreateBucketConfiguration) error {
	if c == nil || c.LocationConstraint == nil || *c.LocationConstraint == "" {
		if s.region != "us-east-1" {
			return awsapi.Errorf("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
		}
		return nil
	}
	asked := *c.LocationConstraint
	if asked == s.region && s.region != "us-east-1" || asked == "EU" && s.region == "eu-west-1" {
		return nil
	}
	if asked == "us-east-1" {
		return awsapi.Errorf("InvalidLocationConstraint", "The specified location-constraint is not valid").With("LocationConstraint", asked)
	}
	return awsapi.Errorf("IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", asked)
}

func (s *Service) createTags(c *shape.CreateBucketConfiguration) ([]tag, error) {
	if c == nil {
		return nil, nil
	}
	return tagsOf(c.Tags, 50)
}

// HeadBucket says that a bucket is there and open to the caller.
func (s *Service) HeadBucket(ctx context.Context, _ *awsapi.Call, in *shape.HeadBucketInput) (*shape.HeadBucketOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	alias := false
	return &shape.HeadBucketOutput{BucketRegion: &b.Region, BucketArn: text(bucketARN(b.Name)), AccessPointAlias: &alias}, nil
}

// GetBucketLocation answers the bucket's region; nothing for us-east-1.
func (s *Service) GetBucketLocation(ctx context.Context, _ *awsapi.Call, in *shape.GetBucketLocationInput) (*shape.GetBucketLocationOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	out := new(shape.GetBucketLocationOutput)
	if b.Region != "us-east-1" {
		out.LocationConstraint = &b.Region
	}
	return out, nil
}

// ListBuckets lists the account's buckets by name.
func (s *Service) ListBuckets(ctx context.Context, _ *awsapi.Call, in *shape.ListBucketsInput) (*shape.ListBucketsOutput, error) {
	limit := 10_000
	if in.MaxBuckets != nil {
		limit = int(*in.MaxBuckets)
	}
	lo, hi := s.root.With("bucket").Prefix()
	if in.ContinuationToken != nil {
		after, err := base64.RawURLEncoding.DecodeString(*in.ContinuationToken)
		if err != nil {
			return nil, invalidArgument("continuation-token", *in.ContinuationToken, "The continuation token provided is incorrect")
		}
		lo = s.bucketKey(string(after)).After()
	}
	owner := s.owner()
	out := &shape.ListBucketsOutput{Buckets: []shape.Bucket{}, Owner: &shape.Owner{ID: &owner}, Prefix: in.Prefix}
	paged := in.MaxBuckets != nil || in.ContinuationToken != nil || in.Prefix != nil || in.BucketRegion != nil
	err := s.view(ctx, "list buckets", func(tx *store.Tx) error {
		for rec, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			b, err := store.DecodeJSON[bucketRecord](rec.Value)
			if err != nil {
				return err
			}
			if !strings.HasPrefix(b.Name, value(in.Prefix)) || in.BucketRegion != nil && *in.BucketRegion != b.Region {
				continue
			}
			if len(out.Buckets) == limit {
				token := base64.RawURLEncoding.EncodeToString([]byte(*out.Buckets[limit-1].Name))
				out.ContinuationToken = &token
				return nil
			}
			one := shape.Bucket{Name: &b.Name, CreationDate: &b.Created}
			if paged {
				one.BucketRegion, one.BucketArn = &b.Region, text(bucketARN(b.Name))
			}
			out.Buckets = append(out.Buckets, one)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteBucket deletes an empty bucket, in two commits: the first marks it, so
// that uploads keep off; the second looks for objects and deletes it or takes
// the mark away. An upload that was under way reads the bucket's record again
// before its commit, so it either stands before the look or fails.
func (s *Service) DeleteBucket(ctx context.Context, _ *awsapi.Call, in *shape.DeleteBucketInput) (*shape.DeleteBucketOutput, error) {
	name := value(in.Bucket)
	if err := s.change(ctx, name, func(b *bucketRecord) error {
		b.Deleting = s.clock.Now()
		return nil
	}); err != nil {
		return nil, err
	}
	full := false
	err := s.update(ctx, "delete bucket", func(tx *store.Tx) error {
		b, err := s.bucket(tx, name)
		if err != nil {
			return err
		}
		full = false
		lo, hi := s.root.With("object", b.ID).Prefix()
		for _, err := range tx.Scan(lo, hi, false, 1) {
			if err != nil {
				return err
			}
			full = true
		}
		if full {
			b.Deleting = time.Time{}
			return store.PutJSON(tx, s.bucketKey(name), b)
		}
		if b.Deleting.IsZero() {
			return operationAborted() // another deletion found it full meanwhile
		}
		tx.Delete(s.bucketKey(name))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if full {
		return nil, bucketNotEmpty(name)
	}
	return nil, nil
}

// change rewrites a bucket's record.
func (s *Service) change(ctx context.Context, name string, edit func(b *bucketRecord) error) error {
	return s.update(ctx, "change bucket", func(tx *store.Tx) error {
		b, err := s.bucket(tx, name)
		if err != nil {
			return err
		}
		if err := edit(b); err != nil {
			return err
		}
		return store.PutJSON(tx, s.bucketKey(name), b)
	})
}

// open reads the bucket an object is to be written to. A deletion that is
// under way keeps it out; one that was given up is undone.
func (s *Service) open(tx *store.Tx, name string) (*bucketRecord, error) {
	b, err := s.bucket(tx, name)
	if err != nil || b.Deleting.IsZero() {
		return b, err
	}
	if s.clock.Now().Sub(b.Deleting) < abandoned {
		return nil, operationAborted()
	}
	b.Deleting = time.Time{}
	return b, store.PutJSON(tx, s.bucketKey(name), b)
}
