// Package s3 is the bucket service: buckets with their CORS rules, policy,
// public access block, tags and encryption, and objects. It is not yet the
// whole of S3: no versions, no multipart uploads, no copies, no ACLs (every
// bucket has BucketOwnerEnforced, S3's default since 2023).
//
// Keys in the store, all under ("s3", account, "global"), for bucket names are
// one namespace for all regions:
//
//	"bucket", NAME               bucketRecord (JSON)
//	"object", BUCKET-ID, KEY     objectRecord (JSON); the order is S3's
//	"body", BUCKET-ID, BODY-ID   sealed bytes of an object up to 64 KiB
//	"blob", BLOB-ID              present while an object refers to the blob
//	"garbage", BLOB-ID           a blob that nothing refers to any more
//
// An object's key is opaque bytes of UTF-8: it is never cleaned, split or given
// to a file system. Larger bodies are blobs under random ids; they are durable
// before the commit that makes them visible, and deleted after the commit that
// lets go of them (sweep.go deletes what a crash left).
//
// All bodies are encrypted: small ones in one sealed box, blobs in segments
// under a key of their own that is sealed in the object's record (cipher.go).
// So "x-amz-server-side-encryption: AES256" is no empty word.
//
// Deleting a bucket marks it first, so that no upload can slip between the
// look for objects and the deletion.
package s3
