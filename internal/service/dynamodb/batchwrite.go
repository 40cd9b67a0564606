package dynamodb

import (
	"context"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// BatchWriteItem puts and deletes up to 25 items of several tables, each for
// itself.
func (s *Service) BatchWriteItem(ctx context.Context, call *awsapi.Call, in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	if err := checkBatchWrite(in); err != nil {
		return nil, err
	}
	out := &dynamodb.BatchWriteItemOutput{UnprocessedItems: map[string][]dynamodb.WriteRequest{}}
	plans := map[string][]*mutation{}
	for _, given := range sortedNames(in.RequestItems) {
		list, err := s.planBatchWrite(ctx, call, given, in.RequestItems[given])
		if err != nil {
			return nil, err
		}
		plans[given] = list
	}
	for _, given := range sortedNames(plans) {
		sum := usage{}
		for _, m := range plans[given] {
			o, err := s.mutate(ctx, m)
			if err != nil {
				return nil, err
			}
			sum.add(&o.usage)
			metrics, err := s.collectionMetrics(ctx, in.ReturnItemCollectionMetrics, o.table, m.key)
			if err != nil {
				return nil, err
			}
			if metrics != nil {
				if out.ItemCollectionMetrics == nil {
					out.ItemCollectionMetrics = map[string][]dynamodb.ItemCollectionMetrics{}
				}
				out.ItemCollectionMetrics[given] = append(out.ItemCollectionMetrics[given], *metrics)
			}
		}
		if c := sum.consumed(in.ReturnConsumedCapacity, given); c != nil {
			out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
		}
	}
	return out, nil
}

// checkBatchWrite makes the checks that need no table.
func checkBatchWrite(in *dynamodb.BatchWriteItemInput) error {
	count := 0
	for _, given := range sortedNames(in.RequestItems) {
		for _, w := range in.RequestItems[given] {
			count++
			if (w.PutRequest == nil) == (w.DeleteRequest == nil) {
				return validation("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
			}
			if w.DeleteRequest != nil {
				if err := w.DeleteRequest.Key.Check(); err != nil {
					return fromExpression("", err)
				}
				continue
			}
			if err := w.PutRequest.Item.Check(); err != nil {
				return fromExpression("", err)
			}
			if w.PutRequest.Item.Size() > maxItemSize {
				return validation("Item size has exceeded the maximum allowed size")
			}
		}
	}
	if count > maxBatchWrite {
		return validation("Too many items requested for the BatchWriteItem call")
	}
	return nil
}

// planBatchWrite checks one table's requests against the table.
func (s *Service) planBatchWrite(ctx context.Context, call *awsapi.Call, given string, requests []dynamodb.WriteRequest) ([]*mutation, error) {
	at, err := s.target(call, &given)
	if err != nil {
		return nil, err
	}
	t, err := s.peek(ctx, at.key)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, noTable()
	}
	seen := map[string]bool{}
	var out []*mutation
	for _, w := range requests {
		m := batchMutation(at, w)
		if err := m.check(t); err != nil {
			return nil, err
		}
		row := string(t.row(m.key))
		if seen[row] {
			return nil, validation("Provided list of item keys contains duplicates")
		}
		seen[row] = true
		out = append(out, m)
	}
	return out, nil
}

func batchMutation(at target, w dynamodb.WriteRequest) *mutation {
	if w.DeleteRequest != nil {
		key := w.DeleteRequest.Key
		return &mutation{at: at, key: key,
			check: func(t *table) error { return t.checkKey(key) },
			next:  func(*table, expression.Item) (expression.Item, error) { return nil, nil },
		}
	}
	it := w.PutRequest.Item
	return &mutation{at: at, key: it,
		check: func(t *table) error {
			// In a batch AWS words defects of the key as those of a Key.
			for a := range t.key.all {
				if it[a.name].Kind() != a.kind {
					return validation("The provided key element does not match the schema")
				}
			}
			return t.checkItem(it)
		},
		next: func(*table, expression.Item) (expression.Item, error) { return it, nil },
	}
}

// rowsOf returns the rows that mutations touch, as far as their tables are
// known.
func (s *Service) rowsOf(ctx context.Context, list []*mutation) ([]store.Key, error) {
	var rows []store.Key
	for _, m := range list {
		t, err := s.peek(ctx, m.at.key)
		if err != nil {
			return nil, err
		}
		if t == nil {
			return nil, noTable()
		}
		if err := m.check(t); err != nil {
			return nil, err
		}
		rows = append(rows, t.row(m.key))
	}
	return rows, nil
}
