package s3

import (
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// bucketRecord is a stored bucket.
type bucketRecord struct {
	ID      string // of this bucket, not of its name: a new one has another
	Name    string
	Region  string
	Created time.Time
	// Deleting is when a deletion began that is not finished; see deleteBucket.
	Deleting time.Time `json:",omitzero"`

	CORS []corsRule `json:",omitempty"`
	// Policy is the document as it was given; PolicyID names this version of
	// it, for the cache of compiled policies. PrincipalIDs bind it.
	Policy       string            `json:",omitempty"`
	PolicyID     string            `json:",omitempty"`
	PrincipalIDs map[string]string `json:",omitempty"`
	// Block is the public access block; nil when it was deleted.
	Block     *publicAccessBlock `json:",omitempty"`
	Tags      []tag              `json:",omitempty"`
	BucketKey bool               `json:",omitempty"`
}

type corsRule struct {
	ID      string   `json:",omitempty"`
	Origins []string `json:",omitempty"`
	Methods []string `json:",omitempty"`
	Headers []string `json:",omitempty"`
	Expose  []string `json:",omitempty"`
	MaxAge  *int32   `json:",omitempty"`
}

type publicAccessBlock struct {
	BlockACLs, IgnoreACLs, BlockPolicy, RestrictBuckets bool
}

type tag struct{ Key, Value string }

// objectRecord is a stored object.
type objectRecord struct {
	ETag     string // hexadecimal MD5, without quotes
	Size     int64
	Modified time.Time // whole seconds
	// Body is the id of the inline body, or Blob that of the blob; neither is
	// set for an empty object. Sealed holds the blob's key.
	Body   string `json:",omitempty"`
	Blob   string `json:",omitempty"`
	Sealed []byte `json:",omitempty"`

	ContentType        string            `json:",omitempty"`
	CacheControl       string            `json:",omitempty"`
	ContentDisposition string            `json:",omitempty"`
	ContentEncoding    string            `json:",omitempty"`
	ContentLanguage    string            `json:",omitempty"`
	Expires            string            `json:",omitempty"`
	Redirect           string            `json:",omitempty"`
	StorageClass       string            `json:",omitempty"`
	Metadata           map[string]string `json:",omitempty"`
	Tags               []tag             `json:",omitempty"`
	// Checksum is the Base64 sum under ChecksumName ("crc32").
	ChecksumName string `json:",omitempty"`
	Checksum     string `json:",omitempty"`
}

func (s *Service) bucketKey(name string) store.Key { return s.root.With("bucket", name) }

func (s *Service) objectKey(bucketID, key string) store.Key {
	return s.root.With("object", bucketID, key)
}

func (s *Service) bodyKey(bucketID, id string) store.Key { return s.root.With("body", bucketID, id) }

func (s *Service) blobKey(id string) store.Key { return s.root.With("blob", id) }

func (s *Service) garbageKey(id string) store.Key { return s.root.With("garbage", id) }
