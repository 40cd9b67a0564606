package s3

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A blob is encrypted in segments, so that a range can be read without the
// rest: every segmentSize bytes of an object become one AES-256-GCM box under
// the object's own random key. A segment's nonce is its number, and tells the
// last one apart, so segments can be neither swapped nor cut off.
const (
	segmentSize = 64 << 10
	tagSize     = 16
	dataKeySize = 32
)

func newSegmentCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the object's cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

func segmentNonce(n uint64, last bool) []byte {
	nonce := make([]byte, 12)
	if last {
		nonce[0] = 1
	}
	binary.BigEndian.PutUint64(nonce[4:], n)
	return nonce
}

// sealReader encrypts what it reads.
type sealReader struct {
	src   io.Reader
	aead  cipher.AEAD
	plain []byte // the segment that is next to seal, if ahead
	spare []byte
	box   []byte // sealed bytes that were not yet given out
	buf   []byte
	n     uint64
	ahead bool
	done  bool
}

func newSealReader(src io.Reader, aead cipher.AEAD) *sealReader {
	return &sealReader{src: src, aead: aead, plain: make([]byte, segmentSize), spare: make([]byte, segmentSize), buf: make([]byte, 0, segmentSize+tagSize)}
}

func (r *sealReader) Read(p []byte) (int, error) {
	for len(r.box) == 0 {
		if r.done {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.box)
	r.box = r.box[n:]
	return n, nil
}

// next seals one segment. It reads one ahead, to know which one is the last.
func (r *sealReader) next() error {
	if !r.ahead {
		n, err := io.ReadFull(r.src, r.plain)
		if err != nil && !ended(err) {
			return err
		}
		r.plain, r.ahead = r.plain[:n], true
	}
	n := 0
	if len(r.plain) == segmentSize {
		var err error
		if n, err = io.ReadFull(r.src, r.spare); err != nil && !ended(err) {
			return err
		}
	}
	r.done = n == 0
	r.box = r.aead.Seal(r.buf[:0], segmentNonce(r.n, r.done), r.plain, nil)
	r.n++
	r.plain, r.spare = r.spare[:n], r.plain[:segmentSize]
	return nil
}

// ended says whether io.ReadFull met the end of its source.
func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF } //nolint:errorlint // ReadFull gives these two bare; a wrapped one is a failure

// segments returns where in a blob the sealed segments begin that hold the
// plain bytes from offset, the number of the first one, and how many plain
// bytes of it come before offset.
func segments(offset int64) (at int64, first uint64, skip int) {
	n := offset / segmentSize
	return n * (segmentSize + tagSize), uint64(n), int(offset % segmentSize)
}

// openReader decrypts a blob from one of its segments on.
type openReader struct {
	src   io.ReadCloser
	aead  cipher.AEAD
	size  int64 // of the object
	n     uint64
	skip  int
	left  int64 // plain bytes that are still to be given out
	plain []byte
	buf   []byte
}

var errDamaged = errors.New("s3: a stored object is damaged")

func (r *openReader) Read(p []byte) (int, error) {
	for len(r.plain) == 0 {
		if r.left <= 0 {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.plain[:min(int64(len(r.plain)), r.left)])
	r.plain = r.plain[n:]
	r.left -= int64(n)
	if r.left == 0 {
		r.plain = nil
	}
	return n, nil
}

func (r *openReader) next() error {
	start := int64(r.n) * segmentSize
	length := min(r.size-start, segmentSize)
	if length <= 0 {
		return errDamaged
	}
	if r.buf == nil {
		r.buf = make([]byte, segmentSize+tagSize)
	}
	box := r.buf[:length+tagSize]
	if _, err := io.ReadFull(r.src, box); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	plain, err := r.aead.Open(box[:0], segmentNonce(r.n, start+length == r.size), box, nil)
	if err != nil {
		return errDamaged
	}
	r.n++
	r.plain = plain[min(r.skip, len(plain)):]
	r.skip = 0
	return nil
}

// Close closes the blob.
func (r *openReader) Close() error { return r.src.Close() }
