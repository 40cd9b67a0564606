package s3

import (
	"context"
	"strconv"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

func objectARN(bucket, key string) string { return "arn:aws:s3:::" + bucket + "/" + key }

// bucket reads a bucket's record; NoSuchBucket where there is none.
func (s *Service) bucket(tx *store.Tx, name string) (*bucketRecord, error) {
	b, err := store.GetJSON[bucketRecord](tx, s.bucketKey(name))
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, noSuchBucket(name)
	}
	return b, nil
}

// find reads the bucket a request names and holds it against the owner that
// the request expects (x-amz-expected-bucket-owner). It runs before the
// authorization: whether a bucket exists is no secret, its names are global.
func (s *Service) find(ctx context.Context, name, expectedOwner *string) (*bucketRecord, error) {
	var b *bucketRecord
	err := s.view(ctx, "find bucket", func(tx *store.Tx) (err error) {
		b, err = s.bucket(tx, value(name))
		return err
	})
	if err != nil {
		return nil, err
	}
	if expectedOwner != nil && *expectedOwner != s.account {
		return nil, accessDenied("Access Denied")
	}
	return b, nil
}

// demand makes the demand of an action on a bucket or one of its objects.
func (s *Service) demand(call *awsapi.Call, b *bucketRecord, action, resource string) (awsapi.Demand, error) {
	d := awsapi.Demand{Action: action, Resource: resource, ResourceAccount: s.account, ResourcePolicyName: "bucket policy", Context: s.context(call)}
	p, err := s.policyOf(b)
	if err != nil {
		return d, err
	}
	// RestrictPublicBuckets: a public policy counts only within the account.
	outsider := call.Caller().Account != s.account && call.Caller().Kind != awsapi.ServicePrincipal
	if p != nil && b.Block != nil && b.Block.RestrictBuckets && outsider && isPublic(p) {
		p = nil
	}
	d.ResourcePolicy = p
	return d, nil
}

// context holds the condition keys that every request has.
func (s *Service) context(call *awsapi.Call) *policy.Context {
	c := new(policy.Context)
	c.Set("s3:ResourceAccount", s.account)
	c.Set("aws:ResourceAccount", s.account)
	if call.Caller().AccessKeyID != "" {
		c.Set("s3:signatureversion", "AWS4-HMAC-SHA256") // the only one there is
	}
	return c
}

// named is what the inputs of bucket operations have in common.
type named[In any] func(in *In) (bucket, expectedOwner *string)

// onBucket is the rule of an operation on a bucket. more, if not nil, adds
// condition keys.
func onBucket[In any](s *Service, action string, of named[In], more func(c *policy.Context, in *In)) awsapi.Rule[In] {
	return awsapi.Per(func(ctx context.Context, call *awsapi.Call, in *In) ([]awsapi.Demand, error) {
		b, err := s.find(ctx, first(of(in)), second(of(in)))
		if err != nil {
			return nil, err
		}
		d, err := s.demand(call, b, action, bucketARN(b.Name))
		if err != nil {
			return nil, err
		}
		if more != nil {
			more(d.Context, in)
		}
		return []awsapi.Demand{d}, nil
	})
}

// onBucketPolicy is the rule of an operation on a bucket's policy. It is for
// callers of the bucket's own account alone, whatever the policy says (API
// reference, PutBucketPolicy): a policy that lets everybody do everything does
// not let strangers read or replace it.
func onBucketPolicy[In any](s *Service, action string, of named[In]) awsapi.Rule[In] {
	return awsapi.Per(func(ctx context.Context, call *awsapi.Call, in *In) ([]awsapi.Demand, error) {
		b, err := s.find(ctx, first(of(in)), second(of(in)))
		if err != nil {
			return nil, err
		}
		d, err := s.demand(call, b, action, bucketARN(b.Name))
		if err != nil {
			return nil, err
		}
		if call.Caller().Account != s.account || call.Caller().Kind == awsapi.ServicePrincipal {
			d.ResourcePolicy = nil
		}
		return []awsapi.Demand{d}, nil
	})
}

func first(a, _ *string) *string { return a }

func second(_, b *string) *string { return b }

// onObject is the rule of an operation on an object: one demand for each
// action that actions returns. more adds condition keys to all of them.
func onObject[In any](s *Service, of func(in *In) (bucket, expectedOwner, key *string), actions func(in *In) []string, more func(ctx context.Context, b *bucketRecord, c *policy.Context, in *In) error) awsapi.Rule[In] {
	return awsapi.Per(func(ctx context.Context, call *awsapi.Call, in *In) ([]awsapi.Demand, error) {
		bucket, owner, key := of(in)
		if err := checkKey(value(key)); err != nil {
			return nil, err
		}
		b, err := s.find(ctx, bucket, owner)
		if err != nil {
			return nil, err
		}
		var demands []awsapi.Demand
		for _, action := range actions(in) {
			d, err := s.demand(call, b, action, objectARN(b.Name, value(key)))
			if err != nil {
				return nil, err
			}
			if err := more(ctx, b, d.Context, in); err != nil {
				return nil, err
			}
			demands = append(demands, d)
		}
		return demands, nil
	})
}

// onList is the rule of the two list operations. A parameter that is not
// given leaves its condition key absent; an empty one gives an empty text.
func onList[In any](s *Service, of named[In], keys func(in *In) (prefix, delimiter *string, maxKeys *int32)) awsapi.Rule[In] {
	return onBucket(s, "s3:ListBucket", of, func(c *policy.Context, in *In) {
		prefix, delimiter, maxKeys := keys(in)
		if prefix != nil {
			c.Set("s3:prefix", *prefix)
		}
		if delimiter != nil {
			c.Set("s3:delimiter", *delimiter)
		}
		if maxKeys != nil {
			c.Set("s3:max-keys", strconv.Itoa(int(*maxKeys)))
		}
	})
}

// readActions are the actions of reading an object or a version of it.
func readActions(plain string, version *string) []string {
	if version != nil {
		return []string{plain + "Version"}
	}
	return []string{plain}
}

// existingTags sets the condition keys of the object that is there.
func (s *Service) existingTags(ctx context.Context, b *bucketRecord, c *policy.Context, key string) error {
	o, err := s.lookup(ctx, b, key)
	if err != nil || o == nil {
		return err
	}
	for _, t := range o.Tags {
		c.Set("s3:ExistingObjectTag/"+t.Key, t.Value)
	}
	return nil
}

// versionKey sets the condition key of a request for a version.
func versionKey(c *policy.Context, version *string) {
	if version != nil {
		c.Set("s3:VersionId", *version)
	}
}

// putKeys sets the condition keys of an upload.
func putKeys(c *policy.Context, in *shape.PutObjectInput) error {
	for _, k := range []struct {
		name  string
		value *string
	}{
		{"s3:x-amz-acl", in.ACL}, {"s3:x-amz-storage-class", in.StorageClass}, {"s3:x-amz-server-side-encryption", in.ServerSideEncryption},
		{"s3:x-amz-grant-full-control", in.GrantFullControl}, {"s3:x-amz-grant-read", in.GrantRead}, {"s3:x-amz-grant-read-acp", in.GrantReadACP},
		{"s3:x-amz-grant-write-acp", in.GrantWriteACP}, {"s3:if-none-match", in.IfNoneMatch}, {"s3:if-match", in.IfMatch},
	} {
		if k.value != nil {
			c.Set(k.name, *k.value)
		}
	}
	tags, err := parseTags(in.Tagging)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(tags))
	for _, t := range tags {
		c.Set("s3:RequestObjectTag/"+t.Key, t.Value)
		names = append(names, t.Key)
	}
	if len(names) > 0 {
		c.Set("s3:RequestObjectTagKeys", names...)
	}
	return nil
}
