package s3

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxCORSRules is how many rules a bucket has at most (API reference,
// PutBucketCors).
const maxCORSRules = 100

// PutBucketCors sets the bucket's rules.
func (s *Service) PutBucketCors(ctx context.Context, _ *awsapi.Call, in *shape.PutBucketCorsInput) (*shape.PutBucketCorsOutput, error) {
	if in.CORSConfiguration == nil || len(in.CORSConfiguration.CORSRules) == 0 {
		return nil, malformedXML()
	}
	if len(in.CORSConfiguration.CORSRules) > maxCORSRules {
		return nil, invalidRequest("The number of CORS rules should not exceed allowed limit of 100 rules.")
	}
	rules := make([]corsRule, 0, len(in.CORSConfiguration.CORSRules))
	for _, r := range in.CORSConfiguration.CORSRules {
		if err := checkCORSRule(&r); err != nil {
			return nil, err
		}
		rules = append(rules, corsRule{ID: value(r.ID), Origins: r.AllowedOrigins, Methods: r.AllowedMethods, Headers: r.AllowedHeaders, Expose: r.ExposeHeaders, MaxAge: r.MaxAgeSeconds})
	}
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.CORS = rules
		return nil
	})
}

func checkCORSRule(r *shape.CORSRule) error {
	if len(r.AllowedMethods) == 0 || len(r.AllowedOrigins) == 0 || len(value(r.ID)) > 255 {
		return malformedXML()
	}
	for _, m := range r.AllowedMethods {
		if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}, m) {
			return invalidRequest("Found unsupported HTTP method in CORS config. Unsupported method is " + m)
		}
	}
	for _, o := range r.AllowedOrigins {
		if strings.Count(o, "*") > 1 {
			return invalidRequest(`AllowedOrigin "` + o + `" can not have more than one wildcard.`)
		}
	}
	for _, h := range r.AllowedHeaders {
		if strings.Count(h, "*") > 1 {
			return invalidRequest(`AllowedHeader "` + h + `" can not have more than one wildcard.`)
		}
	}
	for _, h := range r.ExposeHeaders {
		if strings.Contains(h, "*") {
			return invalidRequest(`ExposeHeader "` + h + `" contains wildcard. We currently do not support wildcard for ExposeHeader.`)
		}
	}
	return nil
}

// GetBucketCors answers the bucket's rules.
func (s *Service) GetBucketCors(ctx context.Context, _ *awsapi.Call, in *shape.GetBucketCorsInput) (*shape.GetBucketCorsOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	if len(b.CORS) == 0 {
		return nil, notThere("NoSuchCORSConfiguration", "The CORS configuration does not exist", b.Name)
	}
	out := new(shape.GetBucketCorsOutput)
	for _, r := range b.CORS {
		out.CORSRules = append(out.CORSRules, shape.CORSRule{ID: text(r.ID), AllowedOrigins: r.Origins, AllowedMethods: r.Methods, AllowedHeaders: r.Headers, ExposeHeaders: r.Expose, MaxAgeSeconds: r.MaxAge})
	}
	return out, nil
}

// DeleteBucketCors removes the bucket's rules.
func (s *Service) DeleteBucketCors(ctx context.Context, _ *awsapi.Call, in *shape.DeleteBucketCorsInput) (*shape.DeleteBucketCorsOutput, error) {
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.CORS = nil
		return nil
	})
}

// CrossOrigin returns the cross-origin headers of the first rule of a bucket
// that matches the origin, the method and every one of the requested headers
// (those of a preflight). ok is false where none does, where the bucket has no
// rules and where there is no such bucket: then no header is sent at all.
// (User guide, "How does Amazon S3 evaluate the CORS configuration".)
func (s *Service) CrossOrigin(ctx context.Context, bucket, origin, method string, headers []string) (h http.Header, ok bool) {
	if origin == "" || method == "" {
		return nil, false
	}
	var b *bucketRecord
	if err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		b, err = s.bucket(tx, bucket)
		return err
	}); err != nil {
		return nil, false
	}
	for i := range b.CORS {
		if r := &b.CORS[i]; r.matches(origin, method, headers) {
			return r.header(origin, headers), true
		}
	}
	return nil, false
}

func (r *corsRule) matches(origin, method string, headers []string) bool {
	if !slices.Contains(r.Methods, method) || !slices.ContainsFunc(r.Origins, func(o string) bool { return wildcard(o, origin) }) {
		return false
	}
	for _, h := range headers {
		h = strings.ToLower(h)
		if !slices.ContainsFunc(r.Headers, func(allowed string) bool { return wildcard(strings.ToLower(allowed), h) }) {
			return false
		}
	}
	return true
}

// wildcard matches a text with a pattern of at most one star.
func wildcard(pattern, s string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}

func (r *corsRule) header(origin string, asked []string) http.Header {
	h := http.Header{}
	if slices.Contains(r.Origins, "*") {
		// Never with credentials: any site may read, as no one in particular.
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(r.Methods, ", "))
	if len(asked) > 0 {
		h.Set("Access-Control-Allow-Headers", strings.ToLower(strings.Join(asked, ", ")))
	}
	if len(r.Expose) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(r.Expose, ", "))
	}
	if r.MaxAge != nil {
		h.Set("Access-Control-Max-Age", strconv.Itoa(int(*r.MaxAge)))
	}
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	return h
}
