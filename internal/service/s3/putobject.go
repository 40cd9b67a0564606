package s3

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
)

// putActions are the actions an upload needs.
func putActions(in *shape.PutObjectInput) []string {
	actions := []string{"s3:PutObject"}
	if in.Tagging != nil {
		actions = append(actions, "s3:PutObjectTagging")
	}
	if in.ACL != nil {
		actions = append(actions, "s3:PutObjectAcl")
	}
	return actions
}

// refusePut refuses what an upload asks for and does not get.
func refusePut(in *shape.PutObjectInput) error {
	for _, p := range []struct {
		name string
		set  bool
	}{
		{"SSECustomerAlgorithm", in.SSECustomerAlgorithm != nil || in.SSECustomerKey != nil || in.SSECustomerKeyMD5 != nil},
		{"SSEKMSKeyId", in.SSEKMSKeyId != nil || in.SSEKMSEncryptionContext != nil},
		{"ServerSideEncryption " + value(in.ServerSideEncryption), in.ServerSideEncryption != nil && *in.ServerSideEncryption != "AES256"},
		{"ObjectLockMode", in.ObjectLockMode != nil || in.ObjectLockRetainUntilDate != nil},
		{"ObjectLockLegalHoldStatus", value(in.ObjectLockLegalHoldStatus) == "ON"},
		{"WriteOffsetBytes", in.WriteOffsetBytes != nil},
		{"ChecksumXXHASH", in.ChecksumXXHASH64 != nil || in.ChecksumXXHASH3 != nil || in.ChecksumXXHASH128 != nil || strings.HasPrefix(value(in.ChecksumAlgorithm), "XXHASH")},
		{"StorageClass " + value(in.StorageClass), in.StorageClass != nil && !storageClasses[*in.StorageClass]},
	} {
		if p.set {
			return awsapi.NotBuilt("PutObject parameter " + p.name)
		}
	}
	if in.IfNoneMatch != nil && *in.IfNoneMatch != "*" {
		return awsapi.NotBuilt("PutObject parameter If-None-Match with an ETag")
	}
	if in.GrantFullControl != nil || in.GrantRead != nil || in.GrantReadACP != nil || in.GrantWriteACP != nil {
		return noACLs()
	}
	if in.ACL != nil && *in.ACL != "private" && *in.ACL != "bucket-owner-full-control" {
		return noACLs()
	}
	return nil
}

// storageClasses are those that read as the standard one does; they are kept
// and shown. The archives would need a restore first.
var storageClasses = map[string]bool{"STANDARD": true, "STANDARD_IA": true, "ONEZONE_IA": true, "INTELLIGENT_TIERING": true, "REDUCED_REDUNDANCY": true}

// PutObject stores an object. It is visible only when its whole body was seen,
// its signature and digests were found right, and it is durable.
func (s *Service) PutObject(ctx context.Context, _ *awsapi.Call, in *shape.PutObjectInput) (*shape.PutObjectOutput, error) {
	if err := refusePut(in); err != nil {
		return nil, err
	}
	o, err := s.newObject(in)
	if err != nil {
		return nil, err
	}
	d, err := newDigests(in)
	if err != nil {
		return nil, err
	}
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	body := in.Body
	if body == nil {
		body = bytes.NewReader(nil)
	}
	got, err := s.receive(ctx, body, d, bodyAD(b.ID, value(in.Key), ""))
	if err != nil {
		return nil, err
	}
	o.ETag, o.Size, o.Blob, o.Sealed, o.ChecksumName, o.Checksum = got.etag, got.size, got.blob, got.sealed, got.name, got.sum
	if err := s.publish(ctx, in, b.ID, o, got.inline); err != nil {
		s.discard(ctx, got)
		return nil, err
	}
	out := &shape.PutObjectOutput{ETag: text(quote(o.ETag)), ServerSideEncryption: text("AES256"), ChecksumType: text("FULL_OBJECT")}
	setPutChecksum(out, o)
	return out, nil
}

// newObject makes the record of an upload, but for its body.
func (s *Service) newObject(in *shape.PutObjectInput) (*objectRecord, error) {
	size := 0
	for k, v := range in.Metadata {
		size += len(k) + len(v)
	}
	if size > maxMetadata {
		return nil, awsapi.Errorf("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size").
			With("Size", strconv.Itoa(size)).With("MaxSizeAllowed", strconv.Itoa(maxMetadata))
	}
	tags, err := parseTags(in.Tagging)
	if err != nil {
		return nil, err
	}
	return &objectRecord{
		Modified: s.clock.Now().UTC().Truncate(time.Second), ContentType: value(in.ContentType), CacheControl: value(in.CacheControl),
		ContentDisposition: value(in.ContentDisposition), ContentEncoding: storedEncoding(value(in.ContentEncoding)), ContentLanguage: value(in.ContentLanguage),
		Expires: value(in.Expires), Redirect: value(in.WebsiteRedirectLocation), StorageClass: value(in.StorageClass), Metadata: in.Metadata, Tags: tags,
	}, nil
}

// storedEncoding takes the framing of the upload off a Content-Encoding.
func storedEncoding(header string) string {
	var kept []string
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ",")
}

// publish makes an upload the object under its key, in one commit.
func (s *Service) publish(ctx context.Context, in *shape.PutObjectInput, bucketID string, o *objectRecord, inline []byte) error {
	key := value(in.Key)
	old := ""
	err := s.update(ctx, "put object", func(tx *store.Tx) error {
		b, err := s.open(tx, value(in.Bucket))
		if err != nil {
			return err
		}
		if b.ID != bucketID {
			return noSuchBucket(b.Name) // deleted and made again meanwhile
		}
		have, err := store.GetJSON[objectRecord](tx, s.objectKey(b.ID, key))
		if err != nil {
			return err
		}
		if err := mayPut(in, have); err != nil {
			return err
		}
		old = s.release(tx, b.ID, have)
		if len(inline) > 0 {
			o.Body = s.ids.String(20, lowerAlphabet)
			tx.Put(s.bodyKey(b.ID, o.Body), s.sealer.Seal(inline, bodyAD(b.ID, key, o.Body)))
		}
		if o.Blob != "" {
			tx.Put(s.blobKey(o.Blob), []byte{1})
		}
		return store.PutJSON(tx, s.objectKey(b.ID, key), o)
	})
	if err != nil {
		return err
	}
	if old != "" {
		_ = s.blobs.Delete(context.WithoutCancel(ctx), old) // the sweep tries again
	}
	return nil
}

// bodyAD is the associated data of an object's body: it can be opened only as
// the body of this object.
func bodyAD(bucketID, key, body string) []byte {
	return []byte(bucketID + "\x00" + body + "\x00" + key)
}

// mayPut holds the object that is there against the conditions of an upload.
func mayPut(in *shape.PutObjectInput, have *objectRecord) error {
	switch {
	case in.IfNoneMatch != nil && have != nil:
		return preconditionFailed("If-None-Match")
	case in.IfMatch == nil:
		return nil
	case have == nil:
		return noSuchKey(value(in.Key))
	case !etagListed(*in.IfMatch, have.ETag):
		return preconditionFailed("If-Match")
	}
	return nil
}

func setPutChecksum(out *shape.PutObjectOutput, o *objectRecord) {
	switch sum := text(o.Checksum); o.ChecksumName {
	case "crc32":
		out.ChecksumCRC32 = sum
	case "crc32c":
		out.ChecksumCRC32C = sum
	case "crc64nvme":
		out.ChecksumCRC64NVME = sum
	case "sha1":
		out.ChecksumSHA1 = sum
	case "sha256":
		out.ChecksumSHA256 = sum
	case "sha512":
		out.ChecksumSHA512 = sum
	case "md5":
		out.ChecksumMD5 = sum
	}
}

func quote(etag string) string { return `"` + etag + `"` }
