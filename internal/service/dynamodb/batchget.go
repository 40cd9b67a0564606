package dynamodb

import (
	"context"
	"fmt"
	"slices"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// Limits of batches.
const (
	maxBatchGet   = 100
	maxBatchWrite = 25
	maxBatchBytes = 16 << 20
)

// batchTable is what a BatchGetItem wants from one table.
type batchTable struct {
	given     string // the name or ARN as it came
	at        target
	request   dynamodb.KeysAndAttributes
	selection *expression.Selection
}

// BatchGetItem returns up to 100 items of several tables, at most 16 MB of
// them; the keys of the others come back as UnprocessedKeys.
func (s *Service) BatchGetItem(ctx context.Context, call *awsapi.Call, in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
	tables, err := s.prepareBatchGet(call, in)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]expression.Item{}, UnprocessedKeys: map[string]dynamodb.KeysAndAttributes{}}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		loaded := make([]*table, len(tables))
		for i, b := range tables {
			t, err := s.existing(tx, b.at)
			if err != nil {
				return err
			}
			loaded[i] = t
			for _, key := range b.request.Keys {
				if err := t.checkKey(key); err != nil {
					return err
				}
			}
			if err := t.checkNested(b.selection.NestedAttributes()); err != nil {
				return err
			}
		}
		left := maxBatchBytes
		for i, b := range tables {
			u, err := b.read(tx, loaded[i], out, &left)
			if err != nil {
				return err
			}
			if c := u.consumed(in.ReturnConsumedCapacity, b.given); c != nil {
				out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// prepareBatchGet makes the checks that need no table; the tables come in the
// order of their names.
func (s *Service) prepareBatchGet(call *awsapi.Call, in *dynamodb.BatchGetItemInput) ([]batchTable, error) {
	var out []batchTable
	count := 0
	for _, given := range sortedNames(in.RequestItems) {
		at, err := s.target(call, &given)
		if err != nil {
			return nil, err
		}
		b := batchTable{given: given, at: at, request: in.RequestItems[given]}
		p := &parameters{names: b.request.ExpressionAttributeNames, projection: b.request.ProjectionExpression}
		if b.selection, err = s.getSelection(p, b.request.AttributesToGet, func() error { return nil }); err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		for _, key := range b.request.Keys {
			if err := key.Check(); err != nil {
				return nil, fromExpression("", err)
			}
			id := string(key.AppendBinary(nil))
			if seen[id] {
				return nil, validation("Provided list of item keys contains duplicates")
			}
			seen[id] = true
			if count++; count > maxBatchGet {
				return nil, validation("Too many items requested for the BatchGetItem call")
			}
		}
		out = append(out, b)
	}
	return out, nil
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// read fetches one table's items; left is how many bytes may still be returned.
func (b *batchTable) read(tx *store.Tx, t *table, out *dynamodb.BatchGetItemOutput, left *int) (*usage, error) {
	rows := make([]store.Key, len(b.request.Keys))
	for i, key := range b.request.Keys {
		rows[i] = t.row(key)
	}
	values, err := tx.GetMany(rows)
	if err != nil {
		return nil, err
	}
	u := &usage{}
	found := []expression.Item{}
	rest := b.request
	rest.Keys = nil
	for i, raw := range values {
		size := 0
		var it expression.Item
		if raw != nil {
			if it, size, err = expression.DecodeItem(raw); err != nil {
				return nil, fmt.Errorf("item of table %s: %w", b.at.name, err)
			}
		}
		if size > *left {
			*left = 0 // what follows is not processed either
			rest.Keys = append(rest.Keys, b.request.Keys[i])
			continue
		}
		*left -= size
		u.table += readUnits(size, truth(b.request.ConsistentRead))
		if it != nil {
			found = append(found, b.selection.Of(it))
		}
	}
	out.Responses[b.given] = found
	if rest.Keys != nil {
		out.UnprocessedKeys[b.given] = rest
	}
	return u, nil
}
