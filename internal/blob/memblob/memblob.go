// Package memblob keeps pieces in memory, for tests and throw-away servers.
//
// May import: blob, ids, clock.
package memblob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"maps"
	"sync"

	"github.com/bawn-dev/bawn/internal/blob"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
)

// Store is a blob.Store in memory.
type Store struct {
	ids   *ids.Source
	clock clock.Clock

	mu     sync.Mutex
	pieces map[string]piece
}

type piece struct {
	info    blob.Info
	content []byte
}

// New returns an empty store.
func New(source *ids.Source, c clock.Clock) *Store {
	return &Store{ids: source, clock: c, pieces: map[string]piece{}}
}

// Put keeps what r gives.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (blob.Info, error) {
	var b bytes.Buffer
	n, err := blob.Copy(ctx, &b, r, limit)
	if err != nil {
		return blob.Info{}, err
	}
	info := blob.Info{ID: hex.EncodeToString(s.ids.Bytes(16)), Size: n, SHA256: sha256.Sum256(b.Bytes()), Stored: s.clock.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces[info.ID] = piece{info, b.Bytes()}
	return info, nil
}

// Open reads a range.
func (s *Store) Open(ctx context.Context, id string, offset, length int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	p, ok := s.pieces[id]
	s.mu.Unlock()
	if !ok {
		return nil, blob.ErrNotFound
	}
	n, err := blob.Span(p.info.Size, offset, length)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(p.content[offset : offset+n])), nil
}

// Delete forgets a piece.
func (s *Store) Delete(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pieces, id)
	return nil
}

// List yields all pieces of this moment.
func (s *Store) List(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		s.mu.Lock()
		pieces := maps.Clone(s.pieces)
		s.mu.Unlock()
		for _, p := range pieces {
			if err := ctx.Err(); err != nil {
				yield(blob.Info{}, err)
				return
			}
			p.info.SHA256 = [32]byte{}
			if !yield(p.info, nil) {
				return
			}
		}
	}
}
