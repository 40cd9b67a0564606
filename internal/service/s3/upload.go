package s3

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // an ETag is an MD5 by definition
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/blob"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/wire"
)

// digests are what an upload claims of its body and what was found.
type digests struct {
	md5     hash.Hash
	wantMD5 []byte
	// claimed is the algorithm that a header names, with the sum it claims;
	// the sum may come in the trailer.
	claimed string
	sum     string
	hashes  map[string]hash.Hash
}

// claimedSums are the checksum headers of an upload. The xxhash ones are
// refused by name in refusePut.
func claimedSums(in *shape.PutObjectInput) map[string]*string {
	return map[string]*string{
		"crc32": in.ChecksumCRC32, "crc32c": in.ChecksumCRC32C, "crc64nvme": in.ChecksumCRC64NVME, "sha1": in.ChecksumSHA1,
		"sha256": in.ChecksumSHA256, "sha512": in.ChecksumSHA512, "md5": in.ChecksumMD5,
	}
}

// newDigests reads what an upload claims.
func newDigests(in *shape.PutObjectInput) (*digests, error) {
	d := &digests{md5: md5.New(), hashes: map[string]hash.Hash{}} //nolint:gosec // see above
	if in.ContentMD5 != nil {
		raw, err := base64.StdEncoding.DecodeString(*in.ContentMD5)
		if err != nil || len(raw) != md5.Size {
			return nil, awsapi.Errorf("InvalidDigest", "The Content-MD5 you specified was invalid.").With("Content-MD5", *in.ContentMD5)
		}
		d.wantMD5 = raw
	}
	for name, sum := range claimedSums(in) {
		if sum == nil {
			continue
		}
		if d.claimed != "" {
			return nil, invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		d.claimed, d.sum = name, *sum
		if !validSum(name, *sum) {
			return nil, invalidRequest("Value for x-amz-checksum-" + name + " header is invalid.")
		}
	}
	d.start(in)
	return d, nil
}

func validSum(name, sum string) bool {
	raw, err := base64.StdEncoding.DecodeString(sum)
	h := wire.NewChecksum(name)
	return err == nil && h != nil && len(raw) == h.Size()
}

// start makes the hashes to run: the one that is claimed or named; for a body
// with a trailer that names none, all that a trailer may bring; else
// CRC-64/NVME, which S3 keeps of every object.
func (d *digests) start(in *shape.PutObjectInput) {
	_, trailer := in.Body.(trailed)
	switch {
	case d.claimed != "":
		d.hashes[d.claimed] = wire.NewChecksum(d.claimed)
	case in.ChecksumAlgorithm != nil && wire.NewChecksum(*in.ChecksumAlgorithm) != nil:
		name := strings.ToLower(*in.ChecksumAlgorithm)
		d.hashes[name] = wire.NewChecksum(name)
	case trailer:
		for _, name := range wire.ChecksumNames[:5] {
			d.hashes[name] = wire.NewChecksum(name)
		}
	}
	if len(d.hashes) == 0 {
		d.hashes["crc64nvme"] = wire.NewChecksum("crc64nvme")
	}
}

// Write feeds all hashes.
func (d *digests) Write(p []byte) (int, error) {
	d.md5.Write(p)
	for _, h := range d.hashes {
		h.Write(p)
	}
	return len(p), nil
}

// verify compares what was claimed, in headers and trailer, with what was
// found, and returns the checksum to keep.
func (d *digests) verify(body io.Reader) (name, sum string, err error) {
	if t, ok := body.(trailed); ok {
		for _, h := range t.Trailer() {
			algorithm, is := strings.CutPrefix(strings.ToLower(h.Name), "x-amz-checksum-")
			if !is {
				continue
			}
			if d.claimed != "" && d.claimed != algorithm || d.hashes[algorithm] == nil || !validSum(algorithm, h.Value) {
				return "", "", invalidRequest("Value for x-amz-checksum-" + algorithm + " trailing header is invalid.")
			}
			d.claimed, d.sum = algorithm, h.Value
		}
	}
	if found := d.md5.Sum(nil); d.wantMD5 != nil && !bytes.Equal(found, d.wantMD5) {
		return "", "", awsapi.Errorf("BadDigest", "The Content-MD5 you specified did not match what we received.").
			With("ExpectedDigest", base64.StdEncoding.EncodeToString(d.wantMD5)).With("CalculatedDigest", base64.StdEncoding.EncodeToString(found))
	}
	name = d.claimed
	if name == "" {
		for name = range d.hashes { // one, or all of a trailer that brought none
			if d.hashes["crc64nvme"] != nil {
				name = "crc64nvme"
			}
			break
		}
	}
	sum = base64.StdEncoding.EncodeToString(d.hashes[name].Sum(nil))
	if d.claimed != "" && sum != d.sum {
		return "", "", badDigest(strings.ToUpper(d.claimed))
	}
	return name, sum, nil
}

// stored is where an upload's body is.
type stored struct {
	size   int64
	etag   string
	inline []byte // plain; nil for a blob and an empty body
	blob   string
	sealed []byte // the blob's key
	name   string // of the checksum
	sum    string
}

// receive reads a body to its end, and makes it durable where it is too large
// for the store. Nothing of it is visible yet; discard takes it back.
func (s *Service) receive(ctx context.Context, body io.Reader, d *digests, ad []byte) (*stored, error) {
	src := io.TeeReader(body, d)
	head := make([]byte, inlineLimit+1)
	n, err := io.ReadFull(src, head)
	out := &stored{size: int64(n)}
	switch {
	case err == nil:
		if err := s.receiveBlob(ctx, io.MultiReader(bytes.NewReader(head), src), out, ad); err != nil {
			return nil, err
		}
	case ended(err):
		out.inline = head[:n]
	default:
		return nil, bodyError(err)
	}
	out.etag = hex.EncodeToString(d.md5.Sum(nil))
	if out.name, out.sum, err = d.verify(body); err != nil {
		s.discard(ctx, out)
		return nil, err
	}
	return out, nil
}

func (s *Service) receiveBlob(ctx context.Context, src io.Reader, out *stored, ad []byte) error {
	key := s.ids.Bytes(dataKeySize)
	aead, err := newSegmentCipher(key)
	if err != nil {
		return err
	}
	count := &counter{src: src}
	info, err := s.blobs.Put(ctx, newSealReader(count, aead), -1)
	if err != nil {
		return bodyError(err)
	}
	out.size, out.blob, out.sealed = count.n, info.ID, s.sealer.Seal(key, ad)
	return nil
}

// counter counts plain bytes and refuses more than S3 takes.
type counter struct {
	src io.Reader
	n   int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	if c.n > maxObject {
		return n, entityTooLarge()
	}
	return n, err
}

// bodyError words a body that could not be read. Errors of the signature and
// of this service stay in the chain for the gateway to word.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, blob.ErrTooLarge):
		return entityTooLarge()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return awsapi.Errorf("IncompleteBody", "The request body terminated unexpectedly")
	}
	return wrap("receive an object", err)
}

// discard takes a body back that no object will have. What fails here is
// found by the sweep.
func (s *Service) discard(ctx context.Context, out *stored) {
	if out.blob != "" {
		_ = s.blobs.Delete(context.WithoutCancel(ctx), out.blob)
	}
}

// release lets go of an object's body in a transaction; the returned blob is
// to be deleted after the commit.
func (s *Service) release(tx *store.Tx, bucketID string, o *objectRecord) (blobID string) {
	if o == nil {
		return ""
	}
	if o.Body != "" {
		tx.Delete(s.bodyKey(bucketID, o.Body))
	}
	if o.Blob != "" {
		tx.Delete(s.blobKey(o.Blob))
		tx.Put(s.garbageKey(o.Blob), []byte{1})
	}
	return o.Blob
}
