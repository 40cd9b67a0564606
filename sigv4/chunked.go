package sigv4

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"
)

// Bounds of an aws-chunked body.
const (
	maxChunkLine   = 256     // a chunk's header line
	maxTrailerLine = 1 << 10 // a trailing header
	maxTrailers    = 8
	minSignedChunk = 8 << 10 // every signed chunk but the last with data
)

// Streaming is what the headers of an aws-chunked request announce.
type Streaming struct {
	// DecodedLength is x-amz-decoded-content-length: the body's length without
	// the chunks' framing.
	DecodedLength int64
	// Trailers are the names listed in x-amz-trailer, in any case.
	Trailers []string
}

// IsStreaming says whether an x-amz-content-sha256 value announces an
// aws-chunked body that ChunkReader reads.
func IsStreaming(payloadHash string) bool {
	switch payloadHash {
	case StreamingPayload, StreamingPayloadTrailer, StreamingUnsignedTrailer:
		return true
	}
	return false
}

// ChunkReader decodes an aws-chunked body and verifies it on the way. What
// Read returns is provisional until it returned io.EOF: only then were every
// chunk's signature, the length, the trailer and the trailer's signature seen
// and found right. Any other end is an *Error (or the body's own error) and
// nothing that was read may become visible.
type ChunkReader struct {
	body     *bufio.Reader
	auth     *Authorization
	key      SigningKey
	signed   bool
	trailing bool
	left     int64 // of the declared length
	names    []string
	trailer  []Header

	previous [sha256.Size]byte // signature of the chunk before
	current  [sha256.Size]byte // signature claimed for this chunk
	sum      hash.Hash
	inChunk  int64 // bytes left in this chunk
	started  bool
	small    bool // a chunk below the minimum was seen: it must be the last
	err      error
}

// NewChunkReader reads the body of a request whose signature a.Verify has
// accepted: that signature seeds the chunks', and without it none of the modes
// is safe. a's payload hash selects the mode.
func NewChunkReader(body io.Reader, a *Authorization, key SigningKey, s Streaming) (*ChunkReader, error) {
	if !a.Verified() {
		return nil, NewError(Unsigned, a)
	}
	r := &ChunkReader{body: bufio.NewReaderSize(body, 4<<10), auth: a, key: key, left: s.DecodedLength}
	switch a.PayloadHash {
	case StreamingPayload:
		r.signed = true
	case StreamingPayloadTrailer:
		r.signed, r.trailing = true, true
	case StreamingUnsignedTrailer:
		r.trailing = true
	default:
		return nil, a.fail(&Error{Kind: InvalidContentHash, Got: a.PayloadHash, Message: "x-amz-content-sha256 does not announce chunks"})
	}
	if s.DecodedLength < 0 {
		return nil, r.fail(IncompleteBody, "x-amz-decoded-content-length is missing or negative")
	}
	if len(s.Trailers) > maxTrailers || !r.trailing && len(s.Trailers) > 0 {
		return nil, r.fail(MalformedTrailer, "x-amz-trailer does not fit the payload's kind")
	}
	for _, name := range s.Trailers {
		r.names = append(r.names, lowerASCII(strings.TrimSpace(name)))
	}
	if r.signed {
		r.sum = sha256.New()
		copy(r.previous[:], a.Signature)
	}
	return r, nil
}

// Trailer returns the trailing headers, names in lower case; they are there
// once Read returned io.EOF.
func (r *ChunkReader) Trailer() []Header {
	if !errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.trailer
}

// Read decodes.
func (r *ChunkReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	for r.inChunk == 0 {
		if r.err = r.next(); r.err != nil {
			return 0, r.err
		}
	}
	if int64(len(p)) > r.inChunk {
		p = p[:r.inChunk]
	}
	n, err := r.body.Read(p)
	r.inChunk -= int64(n)
	r.left -= int64(n)
	if r.signed {
		r.sum.Write(p[:n])
	}
	if err != nil {
		r.err = r.ended(err)
	}
	return n, r.err
}

// next ends the chunk before and begins another; io.EOF when all is done.
func (r *ChunkReader) next() error {
	if r.started {
		if err := r.endChunk(); err != nil {
			return err
		}
	}
	r.started = true
	size, err := r.chunkHeader()
	if err != nil {
		return err
	}
	if size > r.left {
		return r.fail(IncompleteBody, "the chunks are longer than declared")
	}
	if size > 0 {
		if r.small && r.signed {
			return r.fail(ChunkTooSmall, "a chunk that is not the last is too small")
		}
		r.small = size < minSignedChunk
		r.inChunk = size
		return nil
	}
	if r.left != 0 {
		return r.fail(IncompleteBody, "the chunks are shorter than declared")
	}
	if r.signed {
		if err := r.verifyChunk(); err != nil {
			return err
		}
	}
	if r.trailing {
		err = r.readTrailer()
	} else {
		err = r.crlf()
	}
	if err != nil {
		return err
	}
	switch _, err := r.body.ReadByte(); {
	case err == nil:
		return r.fail(MalformedChunk, "there are bytes after the last chunk")
	case !errors.Is(err, io.EOF):
		return err
	}
	return io.EOF
}

// endChunk reads the line end after a chunk's data and verifies the chunk.
func (r *ChunkReader) endChunk() error {
	if err := r.crlf(); err != nil {
		return err
	}
	if !r.signed {
		return nil
	}
	return r.verifyChunk()
}

// verifyChunk compares the claimed signature with that over what was read.
func (r *ChunkReader) verifyChunk() error {
	text := r.stringToSign("AWS4-HMAC-SHA256-PAYLOAD")
	text = append(text, EmptyPayloadHash...)
	text = append(text, '\n')
	text = hex.AppendEncode(text, r.sum.Sum(nil))
	sum := mac(r.key[:], text)
	if !equalMAC(sum[:], r.current[:]) {
		return r.fail(ChunkMismatch, "a chunk's signature does not match")
	}
	r.previous = sum
	r.sum.Reset()
	return nil
}

// stringToSign writes the lines that chunks and trailer share.
func (r *ChunkReader) stringToSign(algorithm string) []byte {
	text := make([]byte, 0, 512)
	text = append(text, algorithm...)
	text = append(text, '\n')
	text = append(text, r.auth.Timestamp...)
	text = append(text, '\n')
	text = r.auth.appendScope(text)
	text = append(text, '\n')
	text = hex.AppendEncode(text, r.previous[:])
	return append(text, '\n')
}

// chunkHeader reads SIZE[;chunk-signature=HEX].
func (r *ChunkReader) chunkHeader() (int64, error) {
	line, err := r.line(maxChunkLine, true)
	if err != nil {
		return 0, err
	}
	size, extension, extended := strings.Cut(line, ";")
	if extended != r.signed {
		return 0, r.fail(MalformedChunk, "a chunk's header does not fit the payload's kind")
	}
	if r.signed {
		value, ok := strings.CutPrefix(extension, "chunk-signature=")
		if ok {
			ok = decodeMAC(&r.current, value)
		}
		if !ok {
			return 0, r.fail(MalformedChunk, "a chunk's signature is malformed")
		}
	}
	if size == "" || len(size) > 15 {
		return 0, r.fail(MalformedChunk, "a chunk's size is malformed")
	}
	var n int64
	for i := 0; i < len(size); i++ {
		d, ok := unhex(size[i])
		if !ok {
			return 0, r.fail(MalformedChunk, "a chunk's size is malformed")
		}
		n = n<<4 | int64(d)
	}
	return n, nil
}

func decodeMAC(into *[sha256.Size]byte, s string) bool {
	var a Authorization
	if readSignature(&a, s) != nil {
		return false
	}
	*into = a.signature
	return true
}

// readTrailer reads the trailing headers up to an empty line and verifies
// their signature. Every announced header must come once, no other may.
func (r *ChunkReader) readTrailer() error {
	var signature string
	var block []byte
	for {
		line, err := r.line(maxTrailerLine, false)
		if err != nil {
			return err
		}
		if line == "" {
			if r.signed && signature == "" && len(r.trailer) > 0 {
				continue // some signers write an empty line before the signature
			}
			break
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = lowerASCII(name), strings.Trim(value, " \t")
		switch {
		case !ok || signature != "":
			return r.fail(MalformedTrailer, "a trailing header is malformed")
		case r.signed && name == "x-amz-trailer-signature":
			signature = value
			continue
		case !contains(r.names, name) || r.hasTrailer(name):
			return r.fail(MalformedTrailer, "a trailing header was not announced, or comes twice")
		}
		r.trailer = append(r.trailer, Header{name, value})
		block = append(append(append(append(block, name...), ':'), value...), '\n')
	}
	if len(r.trailer) != len(r.names) {
		return r.fail(MalformedTrailer, "an announced trailing header is missing")
	}
	if !r.signed {
		return nil
	}
	var claimed [sha256.Size]byte
	if !decodeMAC(&claimed, signature) {
		return r.fail(MalformedTrailer, "the trailer's signature is missing or malformed")
	}
	sum := mac(r.key[:], appendHash(r.stringToSign("AWS4-HMAC-SHA256-TRAILER"), block))
	if !equalMAC(sum[:], claimed[:]) {
		return r.fail(TrailerMismatch, "the trailer's signature does not match")
	}
	return nil
}

func (r *ChunkReader) hasTrailer(name string) bool {
	for _, h := range r.trailer {
		if h.Name == name {
			return true
		}
	}
	return false
}

// line reads up to a line end, without it. strict wants CRLF; trailers may end
// in LF alone.
func (r *ChunkReader) line(limit int, strict bool) (string, error) {
	line, err := r.body.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > limit {
		return "", r.fail(MalformedChunk, "a line of the chunks' framing is too long")
	}
	if err != nil {
		return "", r.ended(err)
	}
	s := string(line[:len(line)-1])
	if trimmed, ok := strings.CutSuffix(s, "\r"); ok {
		return trimmed, nil
	}
	if strict {
		return "", r.fail(MalformedChunk, "a chunk's header does not end in CRLF")
	}
	return s, nil
}

func (r *ChunkReader) crlf() error {
	line, err := r.line(2, true)
	if err == nil && line != "" {
		err = r.fail(MalformedChunk, "a chunk does not end in CRLF")
	}
	return err
}

// ended words the body's early end; other errors of the body stay themselves.
func (r *ChunkReader) ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.fail(IncompleteBody, "the body ended early")
	}
	return err
}

func (r *ChunkReader) fail(kind ErrorKind, message string) error {
	return r.auth.fail(&Error{Kind: kind, Message: message})
}
