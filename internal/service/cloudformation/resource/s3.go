package resource

import (
	"context"

	"github.com/bawn-dev/bawn/internal/shape/s3"
)

func s3Types() []*Type { return []*Type{bucketType(), bucketPolicyType()} }

func bucketType() *Type {
	return &Type{
		Name: "AWS::S3::Bucket",
		Properties: table(
			[]string{"CorsConfiguration", "BucketEncryption", "VersioningConfiguration", "PublicAccessBlockConfiguration", "Tags"},
			[]string{"BucketName", "ObjectLockEnabled"},
			[]string{"AccelerateConfiguration", "AccessControl", "AnalyticsConfigurations", "IntelligentTieringConfigurations",
				"InventoryConfigurations", "LifecycleConfiguration", "LoggingConfiguration", "MetricsConfigurations",
				"NotificationConfiguration", "ObjectLockConfiguration", "OwnershipControls", "ReplicationConfiguration",
				"WebsiteConfiguration", "MetadataTableConfiguration", "MetadataConfiguration", "AbacStatus", "BucketNamePrefix", "BucketNamespace"}, nil),
		NameProperty: "BucketName", NameLimit: 63, Lower: true,
		Attributes: []string{"Arn", "DomainName", "RegionalDomainName", "DualStackDomainName", "WebsiteURL"},
		Exists: func(ctx context.Context, r *Request, name string) (bool, error) {
			err := r.do(ctx, "s3", "HeadBucket", &s3.HeadBucketInput{Bucket: &name})
			return err == nil, ignoreGone(err)
		},
		Create: createBucket,
		Update: func(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
			return s, bucketSettings(ctx, r, s, old, p)
		},
		Delete: func(ctx context.Context, r *Request, s *State, _ Props) error {
			return ignoreGone(r.do(ctx, "s3", "DeleteBucket", &s3.DeleteBucketInput{Bucket: &s.PhysicalID}))
		},
	}
}

func createBucket(ctx context.Context, r *Request, p Props) (*State, error) {
	in := &s3.CreateBucketInput{Bucket: &r.Name}
	if p.truth("ObjectLockEnabled") {
		in.ObjectLockEnabledForBucket = ptr(true)
	}
	if r.Region != "us-east-1" {
		in.CreateBucketConfiguration = &s3.CreateBucketConfiguration{LocationConstraint: &r.Region}
	}
	if err := r.do(ctx, "s3", "CreateBucket", in); err != nil {
		return nil, err
	}
	s := &State{PhysicalID: r.Name, Attributes: map[string]any{
		"Arn":                 "arn:" + r.Partition + ":s3:::" + r.Name,
		"DomainName":          r.Name + ".s3.amazonaws.com",
		"RegionalDomainName":  r.Name + ".s3." + r.Region + ".amazonaws.com",
		"DualStackDomainName": r.Name + ".s3.dualstack." + r.Region + ".amazonaws.com",
		"WebsiteURL":          "http://" + r.Name + ".s3-website-" + r.Region + ".amazonaws.com",
	}}
	return s, bucketSettings(ctx, r, s, Props{}, p)
}

func bucketSettings(ctx context.Context, r *Request, s *State, old, p Props) error {
	steps := []struct {
		key string
		run func(ctx context.Context, r *Request, s *State, old, p Props) error
	}{
		{"CorsConfiguration", bucketCORS}, {"BucketEncryption", bucketEncryption}, {"VersioningConfiguration", bucketVersioning},
		{"PublicAccessBlockConfiguration", bucketPublicAccess}, {"Tags", bucketTags},
	}
	for _, step := range steps {
		if changed(old, p, step.key) {
			if err := step.run(ctx, r, s, old, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func bucketCORS(ctx context.Context, r *Request, s *State, _, p Props) error {
	cors := p.sub("CorsConfiguration")
	if cors == nil {
		return r.do(ctx, "s3", "DeleteBucketCors", &s3.DeleteBucketCorsInput{Bucket: &s.PhysicalID})
	}
	config := new(s3.CORSConfiguration)
	for _, rule := range cors.maps("CorsRules") {
		var out s3.CORSRule
		if err := rule.into(&out, rename{"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}); err != nil {
			return err
		}
		config.CORSRules = append(config.CORSRules, out)
	}
	return r.do(ctx, "s3", "PutBucketCors", &s3.PutBucketCorsInput{Bucket: &s.PhysicalID, CORSConfiguration: config})
}

func bucketEncryption(ctx context.Context, r *Request, s *State, _, p Props) error {
	encryption := p.sub("BucketEncryption")
	if encryption == nil {
		return r.do(ctx, "s3", "DeleteBucketEncryption", &s3.DeleteBucketEncryptionInput{Bucket: &s.PhysicalID})
	}
	config := new(s3.ServerSideEncryptionConfiguration)
	for _, rule := range encryption.maps("ServerSideEncryptionConfiguration") {
		var out s3.ServerSideEncryptionRule
		if err := rule.into(&out, rename{"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}); err != nil {
			return err
		}
		config.Rules = append(config.Rules, out)
	}
	return r.do(ctx, "s3", "PutBucketEncryption", &s3.PutBucketEncryptionInput{Bucket: &s.PhysicalID, ServerSideEncryptionConfiguration: config})
}

func bucketVersioning(ctx context.Context, r *Request, s *State, old, p Props) error {
	status := "Suspended"
	if v := p.sub("VersioningConfiguration").text("Status"); v != "" {
		status = v
	}
	if status == "Suspended" && old.sub("VersioningConfiguration").text("Status") != "Enabled" {
		return nil // it never was versioned
	}
	return r.do(ctx, "s3", "PutBucketVersioning", &s3.PutBucketVersioningInput{Bucket: &s.PhysicalID,
		VersioningConfiguration: &s3.VersioningConfiguration{Status: &status}})
}

func bucketPublicAccess(ctx context.Context, r *Request, s *State, _, p Props) error {
	block := p.sub("PublicAccessBlockConfiguration")
	if block == nil {
		return r.do(ctx, "s3", "DeletePublicAccessBlock", &s3.DeletePublicAccessBlockInput{Bucket: &s.PhysicalID})
	}
	config := new(s3.PublicAccessBlockConfiguration)
	if err := block.into(config, nil); err != nil {
		return err
	}
	return r.do(ctx, "s3", "PutPublicAccessBlock", &s3.PutPublicAccessBlockInput{Bucket: &s.PhysicalID, PublicAccessBlockConfiguration: config})
}

func bucketTags(ctx context.Context, r *Request, s *State, _, p Props) error {
	tags := p.tags("Tags", r.Tags)
	if len(tags) == 0 {
		return r.do(ctx, "s3", "DeleteBucketTagging", &s3.DeleteBucketTaggingInput{Bucket: &s.PhysicalID})
	}
	set := new(s3.Tagging)
	for _, k := range sorted(tags) {
		set.TagSet = append(set.TagSet, s3.Tag{Key: ptr(k), Value: ptr(tags[k])})
	}
	return r.do(ctx, "s3", "PutBucketTagging", &s3.PutBucketTaggingInput{Bucket: &s.PhysicalID, Tagging: set})
}

func bucketPolicyType() *Type {
	set := func(ctx context.Context, r *Request, p Props) (*State, error) {
		text, err := p.document("PolicyDocument")
		if err != nil {
			return nil, err
		}
		if err := r.do(ctx, "s3", "PutBucketPolicy", &s3.PutBucketPolicyInput{Bucket: p.pointer("Bucket"), Policy: &text}); err != nil {
			return nil, err
		}
		return &State{PhysicalID: p.text("Bucket")}, nil
	}
	return &Type{
		Name:       "AWS::S3::BucketPolicy",
		Properties: table([]string{"PolicyDocument"}, []string{"Bucket"}, nil, nil),
		Required:   []string{"Bucket", "PolicyDocument"},
		Create:     set,
		Update: func(ctx context.Context, r *Request, _ *State, _, p Props) (*State, error) {
			return set(ctx, r, p)
		},
		Delete: func(ctx context.Context, r *Request, _ *State, p Props) error {
			return ignoreGone(r.do(ctx, "s3", "DeleteBucketPolicy", &s3.DeleteBucketPolicyInput{Bucket: p.pointer("Bucket")}))
		},
	}
}
