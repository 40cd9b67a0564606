package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/blob"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
)

// lookup returns an object's record, nil where there is none.
func (s *Service) lookup(ctx context.Context, b *bucketRecord, key string) (*objectRecord, error) {
	var o *objectRecord
	err := s.view(ctx, "look up object", func(tx *store.Tx) (err error) {
		o, err = store.GetJSON[objectRecord](tx, s.objectKey(b.ID, key))
		return err
	})
	return o, err
}

// maxRereads is how often a read starts again because the object was replaced
// between the look at its record and at its blob.
const maxRereads = 5

// GetObject reads an object or a part of it.
func (s *Service) GetObject(ctx context.Context, call *awsapi.Call, in *shape.GetObjectInput) (*shape.GetObjectOutput, error) {
	for range maxRereads {
		out, o, b, span, err := s.read(ctx, call, in)
		if err != nil {
			return nil, err
		}
		out.Body, err = s.body(ctx, b, value(in.Key), o, span)
		if errors.Is(err, blob.ErrNotFound) || errors.Is(err, errReplaced) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return out, nil
	}
	return nil, fmt.Errorf("s3: the body of object %q is not there", value(in.Key))
}

// HeadObject answers what GetObject would, but for the body.
func (s *Service) HeadObject(ctx context.Context, call *awsapi.Call, in *shape.HeadObjectInput) (*shape.HeadObjectOutput, error) {
	get := headAsGet(in)
	out, _, _, _, err := s.read(ctx, call, get)
	if err != nil {
		return nil, err
	}
	return &shape.HeadObjectOutput{
		AcceptRanges: out.AcceptRanges, LastModified: out.LastModified, ContentLength: out.ContentLength, ETag: out.ETag,
		ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C, ChecksumCRC64NVME: out.ChecksumCRC64NVME, ChecksumSHA1: out.ChecksumSHA1,
		ChecksumSHA256: out.ChecksumSHA256, ChecksumSHA512: out.ChecksumSHA512, ChecksumMD5: out.ChecksumMD5, ChecksumType: out.ChecksumType,
		CacheControl: out.CacheControl, ContentDisposition: out.ContentDisposition, ContentEncoding: out.ContentEncoding, ContentLanguage: out.ContentLanguage,
		ContentRange: out.ContentRange, ContentType: out.ContentType, Expires: out.Expires, WebsiteRedirectLocation: out.WebsiteRedirectLocation,
		ServerSideEncryption: out.ServerSideEncryption, Metadata: out.Metadata, StorageClass: out.StorageClass, TagCount: out.TagCount,
	}, nil
}

func headAsGet(in *shape.HeadObjectInput) *shape.GetObjectInput {
	return &shape.GetObjectInput{
		Bucket: in.Bucket, Key: in.Key, IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch, IfModifiedSince: in.IfModifiedSince, IfUnmodifiedSince: in.IfUnmodifiedSince,
		Range: in.Range, PartNumber: in.PartNumber, VersionId: in.VersionId, ChecksumMode: in.ChecksumMode,
		ResponseCacheControl: in.ResponseCacheControl, ResponseContentDisposition: in.ResponseContentDisposition, ResponseContentEncoding: in.ResponseContentEncoding,
		ResponseContentLanguage: in.ResponseContentLanguage, ResponseContentType: in.ResponseContentType, ResponseExpires: in.ResponseExpires,
		SSECustomerAlgorithm: in.SSECustomerAlgorithm, SSECustomerKey: in.SSECustomerKey, SSECustomerKeyMD5: in.SSECustomerKeyMD5,
	}
}

// read does all of GetObject but the body.
func (s *Service) read(ctx context.Context, call *awsapi.Call, in *shape.GetObjectInput) (*shape.GetObjectOutput, *objectRecord, *bucketRecord, byteRange, error) {
	fail := func(err error) (*shape.GetObjectOutput, *objectRecord, *bucketRecord, byteRange, error) {
		return nil, nil, nil, byteRange{}, err
	}
	if in.SSECustomerAlgorithm != nil || in.SSECustomerKey != nil || in.SSECustomerKeyMD5 != nil {
		return fail(invalidRequest("The encryption parameters are not applicable to this object."))
	}
	if call.Caller().Kind == awsapi.Anonymous && overrides(in) {
		return fail(invalidRequest("Request specific response headers cannot be used for anonymous GET requests."))
	}
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return fail(err)
	}
	o, err := s.lookup(ctx, b, value(in.Key))
	if err != nil {
		return fail(err)
	}
	if o == nil {
		return fail(s.missing(ctx, call, b, value(in.Key), in.VersionId))
	}
	if in.VersionId != nil && *in.VersionId != "null" {
		return fail(noSuchVersion(value(in.Key), *in.VersionId))
	}
	if err := checkConditions(in, o); err != nil {
		return fail(err)
	}
	span, err := spanOf(in, o.Size)
	if err != nil {
		return fail(err)
	}
	return s.describe(in, o, span), o, b, span, nil
}

// missing is the answer for an object that is not there: only who may list
// the bucket may know that (API reference, GetObject, "Permissions").
func (s *Service) missing(ctx context.Context, call *awsapi.Call, b *bucketRecord, key string, version *string) error {
	d, err := s.demand(call, b, "s3:ListBucket", bucketARN(b.Name))
	if err != nil {
		return err
	}
	if err := call.Allow(ctx, d); err != nil {
		return err
	}
	if version != nil && *version != "null" {
		return noSuchVersion(key, *version)
	}
	return noSuchKey(key)
}

func overrides(in *shape.GetObjectInput) bool {
	return in.ResponseCacheControl != nil || in.ResponseContentDisposition != nil || in.ResponseContentEncoding != nil ||
		in.ResponseContentLanguage != nil || in.ResponseContentType != nil || in.ResponseExpires != nil
}

// describe makes the headers of an object.
func (s *Service) describe(in *shape.GetObjectInput, o *objectRecord, span byteRange) *shape.GetObjectOutput {
	or := func(override *string, own string) *string {
		if override != nil {
			return override
		}
		return text(own)
	}
	contentType := o.ContentType
	if contentType == "" {
		contentType = "binary/octet-stream"
	}
	out := &shape.GetObjectOutput{
		AcceptRanges: text("bytes"), LastModified: &o.Modified, ContentLength: &span.length, ETag: text(quote(o.ETag)),
		ContentType: or(in.ResponseContentType, contentType), CacheControl: or(in.ResponseCacheControl, o.CacheControl),
		ContentDisposition: or(in.ResponseContentDisposition, o.ContentDisposition), ContentEncoding: or(in.ResponseContentEncoding, o.ContentEncoding),
		ContentLanguage: or(in.ResponseContentLanguage, o.ContentLanguage), Expires: text(o.Expires),
		ServerSideEncryption: text("AES256"), WebsiteRedirectLocation: text(o.Redirect), Metadata: maps.Clone(o.Metadata),
	}
	if in.ResponseExpires != nil {
		out.Expires = text(in.ResponseExpires.UTC().Format(http.TimeFormat))
	}
	if o.StorageClass != "STANDARD" {
		out.StorageClass = text(o.StorageClass)
	}
	if n := int32(len(o.Tags)); n > 0 {
		out.TagCount = &n
	}
	if span.partial {
		out.ContentRange = text(fmt.Sprintf("bytes %d-%d/%d", span.start, span.start+span.length-1, o.Size))
	}
	if value(in.ChecksumMode) == "ENABLED" && span.length == o.Size {
		setGetChecksum(out, o)
	}
	return out
}

func setGetChecksum(out *shape.GetObjectOutput, o *objectRecord) {
	sums := new(shape.PutObjectOutput)
	setPutChecksum(sums, o)
	out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumCRC64NVME = sums.ChecksumCRC32, sums.ChecksumCRC32C, sums.ChecksumCRC64NVME
	out.ChecksumSHA1, out.ChecksumSHA256, out.ChecksumSHA512, out.ChecksumMD5 = sums.ChecksumSHA1, sums.ChecksumSHA256, sums.ChecksumSHA512, sums.ChecksumMD5
	out.ChecksumType = text("FULL_OBJECT")
}

// errReplaced is an inline body that is gone because the object was replaced.
var errReplaced = errors.New("s3: the object was replaced meanwhile")

// body opens the bytes of an object.
func (s *Service) body(ctx context.Context, b *bucketRecord, key string, o *objectRecord, span byteRange) (io.Reader, error) {
	switch {
	case o.Blob != "":
		return s.openBlob(ctx, b, key, o, span)
	case o.Body == "":
		return bytes.NewReader(nil), nil
	}
	var box []byte
	err := s.view(ctx, "read object", func(tx *store.Tx) error {
		v, ok, err := tx.Get(s.bodyKey(b.ID, o.Body))
		if err != nil {
			return err
		}
		if !ok {
			return errReplaced
		}
		box = v
		return nil
	})
	if err != nil {
		return nil, err
	}
	plain, err := s.sealer.Open(box, bodyAD(b.ID, key, o.Body))
	if err != nil {
		return nil, wrap("open object", err)
	}
	if int64(len(plain)) != o.Size {
		return nil, errDamaged
	}
	return bytes.NewReader(plain[span.start : span.start+span.length]), nil
}

func (s *Service) openBlob(ctx context.Context, b *bucketRecord, key string, o *objectRecord, span byteRange) (io.Reader, error) {
	dataKey, err := s.sealer.Open(o.Sealed, bodyAD(b.ID, key, ""))
	if err != nil {
		return nil, wrap("open object", err)
	}
	aead, err := newSegmentCipher(dataKey)
	if err != nil {
		return nil, err
	}
	at, first, skip := segments(span.start)
	src, err := s.blobs.Open(ctx, o.Blob, at, -1)
	if err != nil {
		return nil, wrap("open object", err)
	}
	return &openReader{src: src, aead: aead, size: o.Size, n: first, skip: skip, left: span.length}, nil
}

// etagListed says whether an If-Match or If-None-Match header lists the ETag,
// or "*".
func etagListed(header, etag string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(e string) bool {
		e = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(e), "W/"))
		return e == "*" || strings.Trim(e, `"`) == etag
	})
}
