package s3

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// unclaimed is how old a blob without an object must be to count as left over
// by a crash: an upload takes less between its blob and its commit.
const unclaimed = time.Hour

// sweepBatch is how many garbage records one transaction takes away.
const sweepBatch = 100

// sweepAlways deletes blobs that nothing refers to: at first those that a
// crash left between a blob and its commit, then those that deletions leave
// behind, whenever there are some. What fails is tried again at the next
// occasion; a blob too many does no harm.
func (s *Service) sweepAlways(ctx context.Context) {
	failed := func(err error) {
		if ctx.Err() == nil {
			s.log.Error("s3: blobs could not be deleted", "error", err)
		}
	}
	wake, err := s.db.Watch(ctx, s.root.With("garbage"))
	if err != nil {
		failed(err)
		return
	}
	if err := s.sweepOrphans(ctx); err != nil {
		failed(err)
	}
	for {
		if err := s.Sweep(ctx); err != nil {
			failed(err)
		}
		if _, ok := <-wake; !ok {
			return
		}
	}
}

// Sweep deletes the blobs that deletions and replacements have let go of.
func (s *Service) Sweep(ctx context.Context) error {
	lo, hi := s.root.With("garbage").Prefix()
	for {
		var keys []store.Key
		err := s.view(ctx, "list garbage", func(tx *store.Tx) error {
			for rec, err := range tx.Scan(lo, hi, false, sweepBatch) {
				if err != nil {
					return err
				}
				keys = append(keys, store.Key(rec.Key))
			}
			return nil
		})
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, key := range keys {
			parts, err := key.Parts()
			if err != nil {
				return wrap("read garbage", err)
			}
			if err := s.blobs.Delete(ctx, parts[len(parts)-1]); err != nil {
				return wrap("delete a blob", err)
			}
		}
		err = s.update(ctx, "forget garbage", func(tx *store.Tx) error {
			for _, key := range keys {
				tx.Delete(key)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// sweepOrphans deletes old blobs that no object refers to.
func (s *Service) sweepOrphans(ctx context.Context) error {
	for info, err := range s.blobs.List(ctx) {
		if err != nil {
			return wrap("list blobs", err)
		}
		if s.clock.Now().Sub(info.Stored) < unclaimed {
			continue
		}
		used := false
		err := s.view(ctx, "look for a blob", func(tx *store.Tx) (err error) {
			_, used, err = tx.Get(s.blobKey(info.ID))
			return err
		})
		if err != nil {
			return err
		}
		if used {
			continue
		}
		if err := s.blobs.Delete(ctx, info.ID); err != nil {
			return wrap("delete an orphan", err)
		}
	}
	return nil
}
