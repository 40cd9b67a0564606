package dynamodb

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// expiry is the compiled time to live of a table: a row for each item that has
// the attribute as a number, in the order of its value. The row's value is the
// item's row.
type expiry struct {
	attribute string
	rows      store.Key
}

func compileExpiry(r *tableRecord) *expiry {
	if r.TTL == "" {
		return nil
	}
	return &expiry{r.TTL, expiryPrefix(r)}
}

// row returns the row of an item, nil if it does not expire.
func (e *expiry) row(it expression.Item, itemRow store.Key) store.Key {
	d, ok := it[e.attribute].Decimal()
	if !ok {
		return nil
	}
	key := d.AppendSortKey(append(make([]byte, 0, len(e.rows)+len(itemRow)+16), e.rows...))
	return append(key, itemRow...)
}

// replace follows an item's change.
func (e *expiry) replace(tx *store.Tx, itemRow store.Key, old, next expression.Item) {
	before, now := e.row(old, itemRow), e.row(next, itemRow)
	if string(before) == string(now) {
		return
	}
	if before != nil {
		tx.Delete(before)
	}
	if now != nil {
		tx.Put(now, itemRow)
	}
}

// longExpired is the age from which AWS takes a time to live for a mistake and
// leaves the item alone.
const longExpired = 5 * 365 * 24 * time.Hour

// due says whether the item is to be removed at the given time.
func (e *expiry) due(it expression.Item, now time.Time) bool {
	d, ok := it[e.attribute].Decimal()
	if !ok {
		return false
	}
	return d.Cmp(seconds(now)) <= 0 && d.Cmp(seconds(now.Add(-longExpired))) > 0
}

func seconds(t time.Time) expression.Decimal {
	d, err := expression.ParseDecimal(fmt.Sprint(t.Unix()))
	if err != nil {
		return expression.Decimal{}
	}
	return d
}

// UpdateTimeToLive switches expiry on or off.
func (s *Service) UpdateTimeToLive(ctx context.Context, call *awsapi.Call, in *dynamodb.UpdateTimeToLiveInput) (*dynamodb.UpdateTimeToLiveOutput, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	enable, name := *in.TimeToLiveSpecification.Enabled, *in.TimeToLiveSpecification.AttributeName
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		r, err := store.GetJSON[tableRecord](tx, at.key)
		if err != nil {
			return err
		}
		switch {
		case r == nil:
			return noTableNamed(at.name)
		case enable && r.TTL == name:
			return validation("TimeToLive is already enabled")
		case r.TTL != "" && r.TTL != name:
			return validation("TimeToLive is active on a different AttributeName: current AttributeName is " + r.TTL)
		case !enable && r.TTL == "":
			return validation("TimeToLive is already disabled")
		}
		if enable {
			r.TTL, r.TTLID, r.TTLFilling = name, s.ids.UUID(), true
		} else {
			rows := expiryPrefix(r)
			tx.DeleteRange(rows, after(rows))
			r.TTL, r.TTLID, r.TTLFilling = "", "", false
		}
		return store.PutJSON(tx, at.key, r)
	})
	s.forget(at.key)
	if err != nil {
		return nil, err
	}
	if _, err := s.peek(ctx, at.key); err != nil { // starts the filling
		return nil, fmt.Errorf("read table %s: %w", at.name, err)
	}
	return &dynamodb.UpdateTimeToLiveOutput{TimeToLiveSpecification: in.TimeToLiveSpecification}, nil
}

// DescribeTimeToLive tells whether items of a table expire, and by what.
func (s *Service) DescribeTimeToLive(ctx context.Context, call *awsapi.Call, in *dynamodb.DescribeTimeToLiveInput) (*dynamodb.DescribeTimeToLiveOutput, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	var t *table
	err = s.db.View(ctx, func(tx *store.Tx) (err error) {
		t, err = s.named(tx, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	d := &dynamodb.TimeToLiveDescription{TimeToLiveStatus: ptr("DISABLED")}
	if t.expiry != nil {
		d.TimeToLiveStatus, d.AttributeName = ptr("ENABLED"), ptr(t.expiry.attribute)
		if t.record.TTLFilling {
			d.TimeToLiveStatus = ptr("ENABLING")
		}
	}
	return &dynamodb.DescribeTimeToLiveOutput{TimeToLiveDescription: d}, nil
}

// sweepPause is the time between two looks for expired items (AWS: within a few
// days).
const sweepPause = time.Second

// sweepBatch is how many items of a table one look removes at most.
const sweepBatch = 200

// watch notes a table whose items expire. The first one starts the sweeper. A
// table is noted when it is first used after a start, so one that nobody uses
// keeps its expired items until then.
func (s *Service) watch(t *table) {
	if t.expiry == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	if s.expiring == nil {
		s.expiring = map[string]target{}
		s.background.Add(1)
		go s.sweepAll()
	}
	s.expiring[t.record.ID] = target{t.record.Name, tableKey(t.record.Account, t.record.Region, t.record.Name)}
}

func (s *Service) sweepAll() {
	defer s.background.Done()
	tick := time.NewTicker(sweepPause)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			s.sweep(s.ctx)
		}
	}
}

// sweep removes what has expired from all watched tables.
func (s *Service) sweep(ctx context.Context) {
	s.mu.RLock()
	tables := make(map[string]target, len(s.expiring))
	for id, at := range s.expiring {
		tables[id] = at
	}
	s.mu.RUnlock()
	for id, at := range tables {
		gone, err := s.sweepTable(ctx, id, at)
		switch {
		case err != nil && ctx.Err() == nil:
			slog.Error("expired items could not be removed", "table", at.name, "error", err)
		case gone:
			s.mu.Lock()
			delete(s.expiring, id)
			s.mu.Unlock()
		}
	}
}

// sweepTable removes a batch of expired items. gone says that the table is
// deleted or its items do not expire any more.
func (s *Service) sweepTable(ctx context.Context, id string, at target) (gone bool, err error) {
	now := s.clock.Now()
	var due []expression.Item
	err = s.db.View(ctx, func(tx *store.Tx) error {
		t, err := s.load(tx, at.key)
		if err != nil {
			return err
		}
		if gone = t == nil || t.record.ID != id || t.expiry == nil; gone {
			return nil
		}
		lo := seconds(now.Add(-longExpired)).AppendSortKey(append([]byte(nil), t.expiry.rows...))
		hi := after(seconds(now).AppendSortKey(append([]byte(nil), t.expiry.rows...)))
		for rec, err := range tx.Scan(lo, hi, false, sweepBatch) {
			if err != nil {
				return err
			}
			it, _, err := readRow(tx, rec.Value)
			if err != nil {
				return err
			}
			if it != nil {
				due = append(due, it)
			}
		}
		return nil
	})
	for _, it := range due {
		if err != nil {
			break
		}
		err = s.expire(ctx, id, at, it, now)
	}
	return gone, err
}

// expire removes one item, unless it has changed meanwhile so that it is not due.
func (s *Service) expire(ctx context.Context, id string, at target, it expression.Item, now time.Time) error {
	_, err := s.mutate(ctx, &mutation{at: at, key: it,
		check: func(t *table) error {
			if t.record.ID != id {
				return noTable()
			}
			return t.checkItem(it)
		},
		next: func(t *table, old expression.Item) (expression.Item, error) {
			if old == nil || t.expiry == nil || !t.expiry.due(old, now) {
				return old, nil
			}
			return nil, nil
		},
	})
	if awsapi.Code(err) != "" {
		return nil // the table went away or changed its keys
	}
	return err
}
