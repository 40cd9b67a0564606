package dynamodb

import (
	"context"
	"fmt"
	"time"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// named loads the table of a table operation.
func (s *Service) named(tx *store.Tx, at target) (*table, error) {
	t, err := s.load(tx, at.key)
	if err == nil && t == nil {
		err = noTableNamed(at.name)
	}
	return t, err
}

// DescribeTable tells what a table is. Sizes are counted at most every ten
// seconds (AWS: about every six hours).
func (s *Service) DescribeTable(ctx context.Context, call *awsapi.Call, in *dynamodb.DescribeTableInput) (*dynamodb.DescribeTableOutput, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	var d *dynamodb.TableDescription
	err = s.db.View(ctx, func(tx *store.Tx) error {
		t, err := s.named(tx, at)
		if err != nil {
			return err
		}
		d = describe(t.record, "ACTIVE")
		return s.addSizes(tx, t, d)
	})
	if err != nil {
		return nil, err
	}
	return &dynamodb.DescribeTableOutput{Table: d}, nil
}

// tableSize is what was counted of a table and its indexes.
type tableSize struct {
	next    time.Time // when to count again
	table   rangeSize
	indexes map[string]rangeSize // by index id
}

type rangeSize struct{ items, bytes int64 }

// countPause is the least time between two counts of a table. A count that
// takes long is repeated later: it takes at most a hundredth of the time.
const countPause = 10 * time.Second

// addSizes fills in the sizes of a description.
func (s *Service) addSizes(tx *store.Tx, t *table, d *dynamodb.TableDescription) error {
	s.mu.RLock()
	size, ok := s.sizes[t.record.ID]
	s.mu.RUnlock()
	now := s.clock.Now()
	if !ok || !now.Before(size.next) || len(size.indexes) != len(t.indexes) {
		size = tableSize{indexes: map[string]rangeSize{}}
		var err error
		if size.table, err = countRange(tx, t.rows); err != nil {
			return err
		}
		for _, ix := range t.indexes {
			if size.indexes[ix.record.ID], err = countRange(tx, ix.rows); err != nil {
				return err
			}
		}
		if !t.filling() { // an index in the making grows by itself
			end := s.clock.Now()
			size.next = end.Add(max(countPause, 100*end.Sub(now)))
			s.mu.Lock()
			s.sizes[t.record.ID] = size
			s.mu.Unlock()
		}
	}
	d.ItemCount, d.TableSizeBytes = &size.table.items, &size.table.bytes
	for i := range t.record.Local {
		n := size.indexes[t.record.Local[i].ID]
		d.LocalSecondaryIndexes[i].ItemCount, d.LocalSecondaryIndexes[i].IndexSizeBytes = &n.items, &n.bytes
	}
	for i := range t.record.Global {
		n := size.indexes[t.record.Global[i].ID]
		d.GlobalSecondaryIndexes[i].ItemCount, d.GlobalSecondaryIndexes[i].IndexSizeBytes = &n.items, &n.bytes
	}
	return nil
}

// filling says whether an index is still being filled.
func (t *table) filling() bool {
	for _, ix := range t.indexes {
		if ix.record.Backfilling {
			return true
		}
	}
	return false
}

func countRange(tx *store.Tx, prefix store.Key) (rangeSize, error) {
	var n rangeSize
	for rec, err := range tx.Scan(prefix, after(prefix), false, 0) {
		if err != nil {
			return n, err
		}
		size, err := expression.StoredSize(rec.Value)
		if err != nil {
			return n, fmt.Errorf("count items: %w", err)
		}
		n.items++
		n.bytes += int64(size)
	}
	return n, nil
}

// ListTables names the tables in the order of their names.
func (s *Service) ListTables(ctx context.Context, call *awsapi.Call, in *dynamodb.ListTablesInput) (*dynamodb.ListTablesOutput, error) {
	limit := 100
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	all := store.K("dynamodb", call.Account(), call.Region(), "table")
	lo, hi := all.Prefix()
	if in.ExclusiveStartTableName != nil {
		lo = tableKey(call.Account(), call.Region(), *in.ExclusiveStartTableName).After()
	}
	out := &dynamodb.ListTablesOutput{TableNames: []string{}}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		for rec, err := range tx.Scan(lo, hi, false, limit+1) {
			if err != nil {
				return err
			}
			if len(out.TableNames) == limit {
				out.LastEvaluatedTableName = &out.TableNames[limit-1]
				break
			}
			parts, err := store.Key(rec.Key).Parts()
			if err != nil {
				return err
			}
			out.TableNames = append(out.TableNames, parts[len(parts)-1])
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return out, nil
}

// DeleteTable removes a table with its items and indexes at once. It answers
// DELETING, as AWS does.
func (s *Service) DeleteTable(ctx context.Context, call *awsapi.Call, in *dynamodb.DeleteTableInput) (*dynamodb.DeleteTableOutput, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	var record *tableRecord
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		t, err := s.named(tx, at)
		if err != nil {
			return err
		}
		if t.record.Protected {
			return validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
		}
		record = t.record
		tx.Delete(at.key)
		tx.DeleteRange(t.rows, after(t.rows))
		for _, ix := range t.indexes {
			tx.DeleteRange(ix.rows, after(ix.rows))
		}
		if t.expiry != nil {
			tx.DeleteRange(t.expiry.rows, after(t.expiry.rows))
		}
		return nil
	})
	s.forget(at.key)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.sizes, record.ID)
	s.mu.Unlock()
	d := describe(record, "DELETING")
	d.GlobalSecondaryIndexes, d.LocalSecondaryIndexes = nil, nil
	d.AttributeDefinitions, d.KeySchema, d.CreationDateTime = nil, nil, nil
	return &dynamodb.DeleteTableOutput{TableDescription: d}, nil
}

// DescribeLimits tells the account's throughput limits, AWS's defaults: there
// is no limit here.
func (s *Service) DescribeLimits(_ context.Context, _ *awsapi.Call, _ *dynamodb.DescribeLimitsInput) (*dynamodb.DescribeLimitsOutput, error) {
	return &dynamodb.DescribeLimitsOutput{
		AccountMaxReadCapacityUnits: ptr(int64(80000)), AccountMaxWriteCapacityUnits: ptr(int64(80000)),
		TableMaxReadCapacityUnits: ptr(int64(40000)), TableMaxWriteCapacityUnits: ptr(int64(40000)),
	}, nil
}

// DescribeEndpoints names the endpoint of the region. Clients use it only if
// endpoint discovery is switched on.
func (s *Service) DescribeEndpoints(_ context.Context, call *awsapi.Call, _ *dynamodb.DescribeEndpointsInput) (*dynamodb.DescribeEndpointsOutput, error) {
	return &dynamodb.DescribeEndpointsOutput{Endpoints: []dynamodb.Endpoint{
		{Address: ptr("dynamodb." + call.Region() + ".amazonaws.com"), CachePeriodInMinutes: ptr(int64(1440))},
	}}, nil
}
