package dynamodb

import (
	"context"
	"fmt"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// maxItemSize is the largest item in bytes by DynamoDB's count.
const maxItemSize = 400 << 10

// mutation is one write of one item, as PutItem, UpdateItem and DeleteItem,
// batches and transactions make it.
type mutation struct {
	at target
	// check inspects the request against the table; it is made before the item
	// is read.
	check func(t *table) error
	// key returns the item whose key attributes say which item is meant.
	key       expression.Item
	condition *expression.Predicate
	// showOld says that a failed condition shows the present item.
	showOld bool
	// next computes the new item; nil deletes. old is nil if there is none.
	next func(t *table, old expression.Item) (expression.Item, error)
}

// outcome is what a mutation did.
type outcome struct {
	table    *table
	old, new expression.Item
	usage    usage
}

// mutate makes a mutation in a transaction of its own.
func (s *Service) mutate(ctx context.Context, m *mutation) (*outcome, error) {
	var out *outcome
	run := func(tx *store.Tx) (err error) {
		out, err = s.apply(tx, m)
		return err
	}
	t, err := s.peek(ctx, m.at.key)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", m.at.name, err)
	}
	if t == nil {
		return nil, noTable()
	}
	// The check comes before a row can be named; it is repeated in the
	// transaction against the table as it is then.
	if err := m.check(t); err != nil {
		return nil, err
	}
	if err := s.db.UpdateKeys(ctx, []store.Key{t.row(m.key)}, run); err != nil {
		return nil, err
	}
	return out, nil
}

// apply makes a mutation inside a transaction.
func (s *Service) apply(tx *store.Tx, m *mutation) (*outcome, error) {
	t, err := s.existing(tx, m.at)
	if err != nil {
		return nil, err
	}
	if err := m.check(t); err != nil {
		return nil, err
	}
	row := t.row(m.key)
	raw, ok, err := tx.Get(row)
	if err != nil {
		return nil, err
	}
	out := &outcome{table: t}
	oldSize := 0
	if ok {
		if out.old, oldSize, err = expression.DecodeItem(raw); err != nil {
			return nil, fmt.Errorf("item of table %s: %w", m.at.name, err)
		}
	}
	if !m.condition.Match(out.old) {
		if m.showOld {
			return nil, conditionFailed(out.old)
		}
		return nil, conditionFailed(nil)
	}
	if m.next == nil {
		out.usage.table = writeUnits(oldSize)
		return out, nil // a ConditionCheck
	}
	if out.new, err = m.next(t, out.old); err != nil {
		return nil, err
	}
	newSize := 0
	if out.new == nil {
		if ok {
			tx.Delete(row)
		}
	} else {
		newSize = out.new.Size()
		tx.Put(row, out.new.AppendBinary(make([]byte, 0, newSize+32)))
	}
	out.usage.table = writeUnits(max(oldSize, newSize))
	for _, ix := range t.indexes {
		ix.replace(tx, t, out)
	}
	if t.expiry != nil {
		t.expiry.replace(tx, row, out.old, out.new)
	}
	return out, nil
}

// replace writes the index entry that follows from an item's change.
func (ix *index) replace(tx *store.Tx, t *table, o *outcome) {
	had, has := ix.holds(o.old), ix.holds(o.new)
	var oldRow store.Key
	var before expression.Item
	if had {
		oldRow, before = ix.row(t, o.old), ix.project(o.old)
	}
	if !has {
		if had {
			tx.Delete(oldRow)
			o.usage.index(ix, writeUnits(before.Size()))
		}
		return
	}
	entry := ix.project(o.new)
	row := ix.row(t, o.new)
	if had && string(oldRow) == string(row) {
		if entry.Equal(before) {
			// Sets compare without order and keep the newest order.
			tx.Put(row, entry.AppendBinary(nil))
			return
		}
		o.usage.index(ix, writeUnits(max(before.Size(), entry.Size())))
	} else {
		if had {
			tx.Delete(oldRow)
			o.usage.index(ix, writeUnits(before.Size()))
		}
		o.usage.index(ix, writeUnits(entry.Size()))
	}
	tx.Put(row, entry.AppendBinary(nil))
}

// collectionMetrics makes the ItemCollectionMetrics of an answer: only for
// tables with local indexes, and only if asked for.
func (s *Service) collectionMetrics(ctx context.Context, mode *string, t *table, key expression.Item) (*dynamodb.ItemCollectionMetrics, error) {
	if text(mode) != "SIZE" || !t.hasLocal() {
		return nil, nil
	}
	hash := t.key.hash[0].name
	bytes, err := s.collectionSize(ctx, t, key)
	if err != nil {
		return nil, err
	}
	low := float64(bytes >> 30)
	return &dynamodb.ItemCollectionMetrics{
		ItemCollectionKey:   expression.Item{hash: key[hash]},
		SizeEstimateRangeGB: []float64{low, low + 1},
	}, nil
}

// collectionSize adds up the items with one partition key, with their entries
// in local indexes.
func (s *Service) collectionSize(ctx context.Context, t *table, key expression.Item) (int, error) {
	prefixes := []store.Key{t.rows}
	for _, ix := range t.indexes {
		if ix.local {
			prefixes = append(prefixes, ix.rows)
		}
	}
	sum := 0
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for _, p := range prefixes {
			lo := t.key.partition(p, key)
			for rec, err := range tx.Scan(lo, after(lo), false, 0) {
				if err != nil {
					return err
				}
				n, err := expression.StoredSize(rec.Value)
				if err != nil {
					return err
				}
				sum += n
			}
		}
		return nil
	})
	return sum, err
}
