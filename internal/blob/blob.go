package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// ErrNotFound is returned by Open for an id that does not exist.
var ErrNotFound = errors.New("blob: not found")

// ErrRange is returned by Open for an offset beyond the end.
var ErrRange = errors.New("blob: offset beyond the end")

// ErrTooLarge is returned by Put for a reader that gives more than its limit.
var ErrTooLarge = errors.New("blob: larger than allowed")

// Info describes a stored piece.
type Info struct {
	// ID is 32 lower-case hexadecimal digits.
	ID   string
	Size int64
	// SHA256 is the hash of the content; List does not fill it.
	SHA256 [32]byte
	// Stored is when Put ended.
	Stored time.Time
}

// Store keeps pieces. All methods are safe for concurrent use.
type Store interface {
	// Put stores what r gives until its end, at most limit bytes (ErrTooLarge
	// beyond; a negative limit is none). It returns when the piece is durable.
	// If it fails, or a crash comes first, no piece appears. An error of r is
	// in the returned error's chain.
	Put(ctx context.Context, r io.Reader, limit int64) (Info, error)
	// Open reads length bytes from offset, fewer if the piece ends before; a
	// negative length reads to the end. An offset of the size itself reads
	// nothing. A reader that is open survives Delete.
	Open(ctx context.Context, id string, offset, length int64) (io.ReadCloser, error)
	// Delete removes a piece; one that is absent is no error. After a crash a
	// deleted piece may be there again, for List to find.
	Delete(ctx context.Context, id string) error
	// List yields every stored piece, in no order. Pieces put or deleted
	// meanwhile may or may not be seen.
	List(ctx context.Context) iter.Seq2[Info, error]
}

// ValidID says whether id has the form that Put gives.
func ValidID(id string) bool {
	if len(id) != 32 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Span checks a range against a size and returns how many bytes it reads. It
// is for engines.
func Span(size, offset, length int64) (int64, error) {
	if offset < 0 || offset > size {
		return 0, fmt.Errorf("%w: offset %d of %d bytes", ErrRange, offset, size)
	}
	if length < 0 || length > size-offset {
		length = size - offset
	}
	return length, nil
}

// Copy copies r to w until its end, at most limit bytes (negative: all), and
// stops when ctx ends. It is for engines.
func Copy(ctx context.Context, w io.Writer, r io.Reader, limit int64) (int64, error) {
	buf := make([]byte, 128<<10)
	var n int64
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		k, err := r.Read(buf)
		n += int64(k)
		if limit >= 0 && n > limit {
			return n, ErrTooLarge
		}
		if _, werr := w.Write(buf[:k]); werr != nil {
			return n, werr
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("read the content: %w", err)
		}
	}
}
