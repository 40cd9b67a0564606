package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/sigv4"
)

// maxUpload is S3's largest single upload (5 GiB) with room for the framing
// of its chunks.
const maxUpload = 5<<30 + 64<<20

func newBytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

// bodyReader gives an upload's body as a stream that ends in io.EOF only when
// everything that was signed about it was seen and found right.
func (x *exchange) bodyReader(key *sigv4.SigningKey) (io.Reader, error) {
	raw := http.MaxBytesReader(x.writer, x.request.Body, maxUpload)
	declared := x.declaredPayload()
	switch {
	case isStreamingHash(declared):
		return x.chunkReader(key, raw)
	case x.claimed != nil && declared != "" && declared != sigv4.UnsignedPayload:
		return &hashedReader{body: raw, sum: sha256.New(), want: strings.ToLower(declared), claimed: x.claimed}, nil
	}
	return raw, nil
}

// declaredPayload is x-amz-content-sha256 as the signature has it: a presigned
// URL may name it in the query, and binds the body just as the header does.
func (x *exchange) declaredPayload() string {
	if x.claimed != nil {
		return x.claimed.PayloadHash
	}
	return x.request.Header.Get("X-Amz-Content-Sha256")
}

// chunkReader undoes and verifies aws-chunked. The seed signature is always
// needed, in the unsigned kind too: only a verified request has a key.
func (x *exchange) chunkReader(key *sigv4.SigningKey, body io.Reader) (io.Reader, error) {
	if key == nil {
		return nil, sigv4.NewError(sigv4.Unsigned, nil)
	}
	length, err := strconv.ParseInt(x.request.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || length < 0 || length > maxUpload {
		return nil, &sigv4.Error{Kind: sigv4.IncompleteBody, Message: "x-amz-decoded-content-length is missing or no length"}
	}
	var trailer []string
	for _, v := range x.request.Header.Values("X-Amz-Trailer") {
		for name := range strings.SplitSeq(v, ",") {
			trailer = append(trailer, strings.TrimSpace(name))
		}
	}
	return sigv4.NewChunkReader(body, x.claimed, *key, sigv4.Streaming{DecodedLength: length, Trailers: trailer})
}

// hashedReader compares a body with its signed hash when it ends.
type hashedReader struct {
	body    io.Reader
	sum     hash.Hash
	want    string
	claimed *sigv4.Authorization
}

func (h *hashedReader) Read(p []byte) (int, error) {
	n, err := h.body.Read(p)
	h.sum.Write(p[:n])
	if err == io.EOF {
		if got := hex.EncodeToString(h.sum.Sum(nil)); got != h.want {
			return n, &sigv4.Error{Kind: sigv4.ContentHashMismatch, Got: h.want, Want: got, AccessKeyID: h.claimed.AccessKeyID,
				Message: "the body does not have the hash in x-amz-content-sha256"}
		}
	}
	return n, err
}
