// Package fileblob keeps pieces as files of one folder:
//
//	FOLDER/new/ID       being written; removed at the next Open
//	FOLDER/ab/ID        a piece whose id begins with ab
//
// A piece is written to a temporary file, synced, and renamed to its place,
// whose folder is synced as well: it is there whole and for good, or not at all.
//
// May import: blob, ids.
package fileblob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"github.com/bawn-dev/bawn/internal/blob"
	"github.com/bawn-dev/bawn/internal/ids"
)

// incoming is the folder of files being written.
const incoming = "new"

// Store is a blob.Store in a folder. Made by Open.
type Store struct {
	dir string
	ids *ids.Source
	// shards remembers the shard folders that are known to be durable.
	shards sync.Map
}

// Open opens or makes the store in folder dir and removes what an earlier run
// left half written. Only one process may use the folder at a time: whoever
// opens it holds the lock of the database beside it.
func Open(dir string, source *ids.Source) (*Store, error) {
	s := &Store{dir: dir, ids: source}
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("make the blob folder: %w", err)
	}
	if err := errors.Join(syncDir(filepath.Dir(dir)), syncDir(dir)); err != nil {
		return nil, fmt.Errorf("make the blob folder: %w", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, incoming))
	if err != nil {
		return nil, fmt.Errorf("open the blob folder: %w", err)
	}
	for _, f := range left {
		if err := os.Remove(filepath.Join(dir, incoming, f.Name())); err != nil {
			return nil, fmt.Errorf("remove a half-written piece: %w", err)
		}
	}
	return s, nil
}

// shard returns the folder of a piece.
func (s *Store) shard(id string) string { return filepath.Join(s.dir, id[:2]) }

func (s *Store) path(id string) string { return filepath.Join(s.shard(id), id) }

// Put writes a new piece.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (blob.Info, error) {
	info := blob.Info{ID: hex.EncodeToString(s.ids.Bytes(16))}
	temp := filepath.Join(s.dir, incoming, info.ID)
	if err := write(ctx, temp, r, limit, &info); err != nil {
		// Nothing refers to the file; should this fail too, Open removes it.
		_ = os.Remove(temp)
		return blob.Info{}, fmt.Errorf("store a piece: %w", err)
	}
	if err := s.place(temp, info.ID); err != nil {
		_ = os.Remove(temp)
		return blob.Info{}, fmt.Errorf("store a piece: %w", err)
	}
	return info, nil
}

// write fills a new file, durable but for its name.
func write(ctx context.Context, path string, r io.Reader, limit int64, info *blob.Info) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	info.Size, err = blob.Copy(ctx, io.MultiWriter(f, hash), r, limit)
	if err != nil {
		return err
	}
	hash.Sum(info.SHA256[:0])
	if err := f.Sync(); err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	info.Stored = st.ModTime()
	return nil
}

// place gives a written file its name for good.
func (s *Store) place(temp, id string) error {
	shard := s.shard(id)
	if _, known := s.shards.Load(shard); !known {
		if err := os.Mkdir(shard, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := syncDir(s.dir); err != nil {
			return err
		}
		s.shards.Store(shard, true)
	}
	if err := os.Rename(temp, s.path(id)); err != nil {
		return err
	}
	return syncDir(shard)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open reads a range of a piece.
func (s *Store) Open(ctx context.Context, id string, offset, length int64) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !blob.ValidID(id) {
		return nil, blob.ErrNotFound
	}
	f, err := os.Open(s.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blob.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open a piece: %w", err)
	}
	n, err := span(f, offset, length)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &reader{f: f, LimitedReader: io.LimitedReader{R: f, N: n}}, nil
}

// span positions f at offset and returns how much to read.
func span(f *os.File, offset, length int64) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	n, err := blob.Span(st.Size(), offset, length)
	if err != nil {
		return 0, err
	}
	_, err = f.Seek(offset, io.SeekStart)
	return n, err
}

// reader reads part of a file. WriteTo hands the file itself to the
// destination, so that a socket can have it sent by the kernel.
type reader struct {
	f *os.File
	io.LimitedReader
}

func (r *reader) Close() error { return r.f.Close() }

func (r *reader) WriteTo(w io.Writer) (int64, error) {
	if to, ok := w.(io.ReaderFrom); ok {
		return to.ReadFrom(&r.LimitedReader)
	}
	return io.Copy(struct{ io.Writer }{w}, &r.LimitedReader)
}

// Delete removes a piece.
func (s *Store) Delete(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !blob.ValidID(id) {
		return nil
	}
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete a piece: %w", err)
	}
	return nil
}

// List yields all pieces, one shard folder after the other.
func (s *Store) List(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		shards, err := os.ReadDir(s.dir)
		if err != nil {
			yield(blob.Info{}, fmt.Errorf("list pieces: %w", err))
			return
		}
		for _, d := range shards {
			if d.Name() == incoming || !d.IsDir() {
				continue
			}
			if !s.listShard(ctx, d.Name(), yield) {
				return
			}
		}
	}
}

func (s *Store) listShard(ctx context.Context, name string, yield func(blob.Info, error) bool) bool {
	files, err := os.ReadDir(filepath.Join(s.dir, name))
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		yield(blob.Info{}, fmt.Errorf("list pieces: %w", err))
		return false
	}
	for _, f := range files {
		if !blob.ValidID(f.Name()) {
			continue
		}
		st, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			yield(blob.Info{}, fmt.Errorf("list pieces: %w", err))
			return false
		}
		if !yield(blob.Info{ID: f.Name(), Size: st.Size(), Stored: st.ModTime()}, nil) {
			return false
		}
	}
	return true
}
