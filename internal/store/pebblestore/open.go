package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options are the settings of a store. The zero value is good for a laptop.
type Options struct {
	// CacheBytes bounds the block cache, which grows with what is read; 0: 32 MiB.
	CacheBytes int64
	// MemTableBytes is how much is collected in memory before it goes to a
	// table file; up to two of them are in memory at once. 0: 8 MiB.
	MemTableBytes uint64
	// FS is the file system; nil: the machine's.
	FS vfs.FS
	// Logger gets errors of background work; nil: slog.Default().
	Logger *slog.Logger
}

const (
	defaultCache    = 32 << 20
	defaultMemTable = 8 << 20
)

// ErrLocked is returned by Open when another process has the folder open.
var ErrLocked = errors.New("in use by another process")

// Open opens or creates the store in folder dir, which it locks. It fails with
// ErrLocked if the folder is open already.
func Open(dir string, opts Options) (*Store, error) {
	if opts.FS == nil {
		opts.FS = vfs.Default
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if err := opts.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the store's folder: %w", err)
	}
	lock, err := pebble.LockDirectory(dir, opts.FS)
	if err != nil {
		return nil, fmt.Errorf("the store in %s is %w (%w)", dir, ErrLocked, err)
	}
	db, err := pebble.Open(dir, pebbleOptions(&opts, lock))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the store in %s: %w", dir, err), lock.Close())
	}
	s := &Store{db: db, lock: lock, locks: locks{seed: maphash.MakeSeed()}}
	next, err := s.reserved()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the store in %s: %w", dir, err), s.Close())
	}
	s.marks = newWatermark(next, s.reserve)
	return s, nil
}

func pebbleOptions(opts *Options, lock *pebble.Lock) *pebble.Options {
	o := &pebble.Options{
		FS:                          opts.FS,
		Lock:                        lock,
		Logger:                      logger{opts.Logger},
		CacheSize:                   opts.CacheBytes,
		MemTableSize:                opts.MemTableBytes,
		MemTableStopWritesThreshold: 3,
		MaxOpenFiles:                256,
		// Pinned, so that a newer library does not rewrite a folder that an
		// older Bawn may have to open again.
		FormatMajorVersion: pebble.FormatWALSyncChunks,
		// Range deletes (a dropped table) give their disk space back soon.
		FlushDelayDeleteRange: deleteFlushDelay,
	}
	if o.CacheSize == 0 {
		o.CacheSize = defaultCache
	}
	if o.MemTableSize == 0 {
		o.MemTableSize = defaultMemTable
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// reserved reads the first version that no earlier run has reserved.
func (s *Store) reserved() (uint64, error) {
	value, closer, err := s.db.Get(nextKey)
	if errors.Is(err, pebble.ErrNotFound) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	if len(value) != 8 {
		return 0, fmt.Errorf("the reserved version has %d bytes", len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

// reserve needs no sync: the log keeps it before every commit that uses one
// of the reserved versions.
func (s *Store) reserve(ceiling uint64) error {
	err := s.db.Set(nextKey, binary.BigEndian.AppendUint64(nil, ceiling), pebble.NoSync)
	if err != nil {
		return fmt.Errorf("reserve versions: %w", err)
	}
	return nil
}

// logger passes Pebble's words on to slog.
type logger struct{ *slog.Logger }

func (logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.Error("store", "detail", fmt.Sprintf(format, args...))
}

// Fatalf is called when Pebble can neither go on nor go back, for example when
// the log cannot be written. It must not return; what was acknowledged is on
// disk, so the process ends.
func (l logger) Fatalf(format string, args ...any) {
	l.Error("store failed, ending the process", "detail", fmt.Sprintf(format, args...))
	os.Exit(1)
}
