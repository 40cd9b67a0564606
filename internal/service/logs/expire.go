package logs

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

const expireTime = 10 * time.Minute

// expireLoop deletes events that are older than their group keeps them.
func (s *Service) expireLoop(ctx context.Context) {
	tick := time.NewTicker(expireTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.expire(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("delete old log events", "error", err)
		}
	}
}

// expire deletes chunks that hold only old events. Old events in a younger
// chunk are hidden from readers and go with it.
func (s *Service) expire(ctx context.Context) error {
	var groups []*groupRecord
	err := s.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := s.key("group").Prefix()
		for raw, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			rec, err := store.DecodeJSON[groupRecord](raw.Value)
			if err != nil {
				return err
			}
			if rec.Retention > 0 {
				groups = append(groups, rec)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		var old []store.Key
		before := s.oldest(g)
		err := s.db.View(ctx, func(tx *store.Tx) error {
			lo, hi := s.key("chunk", g.Name).Prefix()
			for raw, err := range tx.Scan(lo, hi, false, 0) {
				if err != nil {
					return err
				}
				events, err := decodeChunk(raw.Value)
				if err != nil {
					return err
				}
				young := false
				for _, e := range events {
					young = young || e.time >= before
				}
				if !young {
					old = append(old, raw.Key)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for len(old) > 0 {
			n := min(len(old), 100)
			if err := s.db.Update(ctx, func(tx *store.Tx) error {
				for _, k := range old[:n] {
					tx.Delete(k)
				}
				return nil
			}); err != nil {
				return err
			}
			old = old[n:]
		}
	}
	return nil
}

// oldest is the least event time a group still shows.
func (s *Service) oldest(g *groupRecord) int64 {
	if g.Retention == 0 {
		return 0
	}
	return s.now() - int64(g.Retention)*24*time.Hour.Milliseconds()
}
