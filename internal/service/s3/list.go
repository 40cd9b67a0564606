package s3

import (
	"context"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxKeys is how many keys and common prefixes a page has at most.
const maxKeys = 1000

// listing is one page of a bucket's keys.
type listing struct {
	prefix, delimiter string
	after             string // keys up to this one are not listed
	limit             int
	owner             *shape.Owner

	objects  []shape.Object
	prefixes []string
	more     bool
	last     string // the last key or common prefix of the page
}

// run fills the page. With a delimiter it jumps over what lies under a common
// prefix, so a page costs what it shows.
func (s *Service) run(ctx context.Context, bucketID string, l *listing) error {
	return s.view(ctx, "list objects", func(tx *store.Tx) error {
		*l = listing{prefix: l.prefix, delimiter: l.delimiter, after: l.after, limit: l.limit, owner: l.owner}
		from := l.prefix
		if l.after != "" && l.after >= from {
			from = l.after
			if group, ok := l.group(l.after); ok && group == l.after {
				// The page before ended with a common prefix: go on behind it.
				if from, ok = successor(group); !ok {
					return nil
				}
				l.after = ""
			}
		}
		for l.limit > 0 {
			next, err := s.scan(tx, bucketID, l, from)
			if err != nil || next == "" {
				return err
			}
			from = next
		}
		return nil
	})
}

// scan lists keys from a key on, until the page is full, the prefix ends, or a
// common prefix was met; then it returns the key to go on at.
func (s *Service) scan(tx *store.Tx, bucketID string, l *listing, from string) (next string, err error) {
	_, hi := s.root.With("object", bucketID).Prefix()
	for rec, err := range tx.Scan(s.objectKey(bucketID, from), hi, false, 0) {
		if err != nil {
			return "", err
		}
		parts, err := store.Key(rec.Key).Parts()
		if err != nil {
			return "", err
		}
		key := parts[len(parts)-1]
		if !strings.HasPrefix(key, l.prefix) {
			if key > l.prefix {
				return "", nil
			}
			continue
		}
		if l.after != "" && key <= l.after {
			continue
		}
		if len(l.objects)+len(l.prefixes) == l.limit {
			l.more = true
			return "", nil
		}
		if group, ok := l.group(key); ok {
			l.prefixes = append(l.prefixes, group)
			l.last = group
			next, _ = successor(group)
			return next, nil
		}
		o, err := store.DecodeJSON[objectRecord](rec.Value)
		if err != nil {
			return "", err
		}
		l.last = key
		l.objects = append(l.objects, objectEntry(key, o, l.owner))
	}
	return "", nil
}

// group returns the common prefix that a key counts under.
func (l *listing) group(key string) (string, bool) {
	if l.delimiter == "" || len(key) < len(l.prefix) || !strings.HasPrefix(key, l.prefix) {
		return "", false
	}
	i := strings.Index(key[len(l.prefix):], l.delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(l.prefix)+i+len(l.delimiter)], true
}

// successor returns the first key behind all that begin with prefix.
func successor(prefix string) (string, bool) {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1]), true
		}
	}
	return "", false
}

func objectEntry(key string, o *objectRecord, owner *shape.Owner) shape.Object {
	class := o.StorageClass
	if class == "" {
		class = "STANDARD"
	}
	e := shape.Object{Key: &key, LastModified: &o.Modified, ETag: text(quote(o.ETag)), Size: &o.Size, StorageClass: &class, Owner: owner}
	if o.ChecksumName != "" {
		e.ChecksumAlgorithm = []string{strings.ToUpper(o.ChecksumName)}
		e.ChecksumType = text("FULL_OBJECT")
	}
	return e
}

// pageSize reads max-keys.
func pageSize(n *int32) (int, error) {
	if n == nil {
		return maxKeys, nil
	}
	if *n < 0 {
		return 0, invalidArgument("maxKeys", strconv.Itoa(int(*n)), "Argument maxKeys must be an integer between 0 and 2147483647")
	}
	return min(int(*n), maxKeys), nil
}

// encoder returns how keys are written: as they are, or for encoding-type=url
// with percent signs, so that any key fits into XML.
func encoder(encoding *string) (func(string) string, error) {
	if encoding == nil || *encoding == "" {
		return func(s string) string { return s }, nil
	}
	if *encoding != "url" {
		return nil, invalidArgument("encoding-type", *encoding, "Invalid Encoding Method specified in Request")
	}
	return func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%2F", "/")
	}, nil
}

func encoded(p *string, encode func(string) string) *string {
	if p == nil {
		return nil
	}
	s := encode(*p)
	return &s
}

func (l *listing) contents(encode func(string) string) []shape.Object {
	for i := range l.objects {
		l.objects[i].Key = encoded(l.objects[i].Key, encode)
	}
	return l.objects
}

func (l *listing) common(encode func(string) string) []shape.CommonPrefix {
	var list []shape.CommonPrefix
	for _, p := range l.prefixes {
		p = encode(p)
		list = append(list, shape.CommonPrefix{Prefix: &p})
	}
	return list
}

// ListObjectsV2 lists keys.
func (s *Service) ListObjectsV2(ctx context.Context, _ *awsapi.Call, in *shape.ListObjectsV2Input) (*shape.ListObjectsV2Output, error) {
	encode, err := encoder(in.EncodingType)
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(in.MaxKeys)
	if err != nil {
		return nil, err
	}
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	l := &listing{prefix: value(in.Prefix), delimiter: value(in.Delimiter), after: value(in.StartAfter), limit: limit}
	if value(in.FetchOwner) {
		l.owner = &shape.Owner{ID: text(s.owner())}
	}
	if in.ContinuationToken != nil {
		after, err := base64.RawURLEncoding.DecodeString(*in.ContinuationToken)
		if err != nil || len(after) == 0 {
			return nil, invalidArgument("continuation-token", *in.ContinuationToken, "The continuation token provided is incorrect")
		}
		l.after = string(after)
	}
	if err := s.run(ctx, b.ID, l); err != nil {
		return nil, err
	}
	prefix, size, count := encode(l.prefix), int32(limit), int32(len(l.objects)+len(l.prefixes))
	out := &shape.ListObjectsV2Output{
		Name: &b.Name, Prefix: &prefix, Delimiter: encoded(in.Delimiter, encode), MaxKeys: &size, EncodingType: in.EncodingType, KeyCount: &count,
		ContinuationToken: in.ContinuationToken, StartAfter: encoded(in.StartAfter, encode), IsTruncated: &l.more, CommonPrefixes: l.common(encode),
	}
	if l.more {
		token := base64.RawURLEncoding.EncodeToString([]byte(l.last))
		out.NextContinuationToken = &token
	}
	out.Contents = l.contents(encode)
	return out, nil
}

// ListObjects lists keys in the older form.
func (s *Service) ListObjects(ctx context.Context, _ *awsapi.Call, in *shape.ListObjectsInput) (*shape.ListObjectsOutput, error) {
	encode, err := encoder(in.EncodingType)
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(in.MaxKeys)
	if err != nil {
		return nil, err
	}
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	l := &listing{prefix: value(in.Prefix), delimiter: value(in.Delimiter), after: value(in.Marker), limit: limit, owner: &shape.Owner{ID: text(s.owner())}}
	if err := s.run(ctx, b.ID, l); err != nil {
		return nil, err
	}
	prefix, marker, size := encode(l.prefix), encode(value(in.Marker)), int32(limit)
	out := &shape.ListObjectsOutput{
		Name: &b.Name, Prefix: &prefix, Marker: &marker, Delimiter: encoded(in.Delimiter, encode), MaxKeys: &size, EncodingType: in.EncodingType,
		IsTruncated: &l.more, CommonPrefixes: l.common(encode),
	}
	if l.more && l.delimiter != "" {
		next := encode(l.last)
		out.NextMarker = &next
	}
	out.Contents = l.contents(encode)
	return out, nil
}
