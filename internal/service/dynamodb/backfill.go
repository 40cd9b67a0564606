package dynamodb

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/store"
)

// backfillBatch is how many items one commit of a backfill looks at.
const backfillBatch = 100

// resume starts the filling of indexes and expiry rows that are not complete,
// unless it is under way. One that a crash interrupted starts again when the
// table is first used.
func (s *Service) resume(t *table) {
	at := target{t.record.Name, tableKey(t.record.Account, t.record.Region, t.record.Name)}
	for _, ix := range t.indexes {
		if ix.record.Backfilling {
			s.startFill(at, ix.record.ID)
		}
	}
	if t.record.TTLFilling {
		s.startFill(at, t.record.TTLID)
	}
}

func (s *Service) startFill(at target, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filling[id] || s.ctx.Err() != nil {
		return
	}
	s.filling[id] = true
	s.background.Add(1)
	go s.fill(at, id)
}

var errIndexGone = errors.New("the index is gone")

// fill writes the entries of all items into one index, in small commits. Each
// checks the items it looked at, so that writes in between win; and writes made
// since the index exists keep it up to date by themselves.
func (s *Service) fill(at target, indexID string) {
	defer s.background.Done()
	defer func() {
		s.mu.Lock()
		delete(s.filling, indexID)
		s.mu.Unlock()
	}()
	var from []byte
	for {
		next, err := s.fillBatch(at, indexID, from)
		switch {
		case errors.Is(err, errIndexGone) || s.ctx.Err() != nil:
			return
		case err != nil:
			slog.Error("index backfill failed, will go on", "table", at.name, "index", indexID, "error", err)
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(time.Second):
			}
			continue
		}
		if next == nil {
			break
		}
		from = next
	}
	if err := s.finishIndex(at, indexID); err != nil && s.ctx.Err() == nil {
		slog.Error("index backfill could not be concluded", "table", at.name, "index", indexID, "error", err)
	}
}

// fillBatch handles one batch of rows beginning at from and returns where the
// next one begins, nil at the end.
func (s *Service) fillBatch(at target, indexID string, from []byte) (next []byte, err error) {
	err = s.db.Update(s.ctx, func(tx *store.Tx) error {
		next = nil
		t, put, err := s.filler(tx, at, indexID)
		if err != nil {
			return err
		}
		lo := from
		if lo == nil {
			lo = t.rows
		}
		var rows []store.Key
		for rec, err := range tx.Scan(lo, after(t.rows), false, backfillBatch) {
			if err != nil {
				return err
			}
			rows = append(rows, bytes.Clone(rec.Key))
		}
		values, err := tx.GetMany(rows)
		if err != nil {
			return err
		}
		for i, raw := range values {
			if raw == nil {
				continue
			}
			it, _, err := expression.DecodeItem(raw)
			if err != nil {
				return fmt.Errorf("item of table %s: %w", at.name, err)
			}
			put(rows[i], it)
		}
		if len(rows) == backfillBatch {
			next = rows[len(rows)-1].After()
		}
		return nil
	})
	return next, err
}

// filler returns what writes the rows of one item.
func (s *Service) filler(tx *store.Tx, at target, id string) (*table, func(row store.Key, it expression.Item), error) {
	t, err := s.load(tx, at.key)
	if err != nil {
		return nil, nil, err
	}
	if t == nil {
		return nil, nil, errIndexGone
	}
	if t.expiry != nil && t.record.TTLID == id {
		return t, func(row store.Key, it expression.Item) { t.expiry.replace(tx, row, nil, it) }, nil
	}
	for _, ix := range t.indexes {
		if ix.record.ID == id {
			return t, func(_ store.Key, it expression.Item) {
				if ix.holds(it) {
					tx.Put(ix.row(t, it), ix.project(it).AppendBinary(nil))
				}
			}, nil
		}
	}
	return nil, nil, errIndexGone
}

// finishIndex notes that all rows are written; an index can be read from then on.
func (s *Service) finishIndex(at target, indexID string) error {
	err := s.db.Update(s.ctx, func(tx *store.Tx) error {
		r, err := store.GetJSON[tableRecord](tx, at.key)
		if err != nil || r == nil {
			return err
		}
		for i := range r.Global {
			if r.Global[i].ID == indexID {
				r.Global[i].Backfilling = false
			}
		}
		if r.TTLID == indexID {
			r.TTLFilling = false
		}
		return store.PutJSON(tx, at.key, r)
	})
	s.forget(at.key)
	return err
}
