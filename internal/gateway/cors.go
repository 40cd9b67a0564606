package gateway

import (
	"context"
	"net/http"
	"strings"

	"github.com/bawn-dev/bawn/internal/wire"
)

// BucketRules answers the cross-origin headers that a bucket's own rules give
// for a request; ok is false when no rule matches. method is the method asked
// for by a preflight, or the request's own.
type BucketRules interface {
	CrossOrigin(ctx context.Context, bucket, origin, method string, headers []string) (h http.Header, ok bool)
}

// exposed are the response headers that browser clients read: without them
// they see neither error names nor the clock to correct theirs by.
const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,x-amz-request-id,x-amz-id-2,x-amz-crc32,Date,ETag," +
	"x-amz-version-id,x-amz-function-error,x-amz-log-result,x-amz-executed-version"

// preflight answers a browser's OPTIONS. The services allow every origin: the
// requests themselves carry their own proof, never a cookie. Buckets answer by
// their rules.
func (x *exchange) preflight() error {
	x.silent = true
	h := http.Header{}
	if x.service != nil && x.service.Model.Service == "s3" {
		x.stylePath()
		return x.bucketPreflight()
	}
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS")
	if asked := x.request.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	} else {
		h.Set("Access-Control-Allow-Headers", "*")
	}
	h.Set("Access-Control-Max-Age", "172800")
	x.answer = &wire.Response{Status: http.StatusOK, Header: h}
	return errAnswered
}

// bucketOf returns the bucket of a path-style path.
func bucketOf(path string) string {
	bucket, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return bucket
}

func (x *exchange) bucketPreflight() error {
	asked := strings.FieldsFunc(x.request.Header.Get("Access-Control-Request-Headers"), func(r rune) bool { return r == ',' || r == ' ' })
	var h http.Header
	ok := false
	if x.gateway.buckets != nil {
		h, ok = x.gateway.buckets.CrossOrigin(x.request.Context(), bucketOf(x.wire.Path), x.request.Header.Get("Origin"), x.request.Header.Get("Access-Control-Request-Method"), asked)
	}
	if !ok {
		x.answer = &wire.Response{Status: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/xml"}},
			Body: []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.</Message></Error>")}
		return errAnswered
	}
	x.answer = &wire.Response{Status: http.StatusOK, Header: h}
	return errAnswered
}

// crossOrigin adds the cross-origin headers of an ordinary answer.
func (x *exchange) crossOrigin(h http.Header) {
	origin := x.request.Header.Get("Origin")
	if x.service == nil || x.silent || x.stageName != "" {
		return
	}
	if x.service.Model.Service != "s3" {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", exposed)
		return
	}
	if origin == "" || x.gateway.buckets == nil {
		return
	}
	rules, ok := x.gateway.buckets.CrossOrigin(x.request.Context(), bucketOf(x.wire.Path), origin, x.request.Method, nil)
	if !ok {
		return
	}
	for k, v := range rules {
		h[k] = v
	}
}
