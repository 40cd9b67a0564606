package dynamodb

import (
	"context"
	"fmt"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// GetItem returns the item with a key, or parts of it.
func (s *Service) GetItem(ctx context.Context, call *awsapi.Call, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	selection, err := s.getSelection(&parameters{names: in.ExpressionAttributeNames, projection: in.ProjectionExpression}, in.AttributesToGet, func() error {
		return fromExpression("", in.Key.Check())
	})
	if err != nil {
		return nil, err
	}
	t, err := s.peek(ctx, at.key)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", at.name, err)
	}
	if t == nil {
		return nil, noTable()
	}
	if err := t.checkKey(in.Key); err != nil {
		return nil, err
	}
	if err := t.checkNested(selection.NestedAttributes()); err != nil {
		return nil, err
	}
	out := &dynamodb.GetItemOutput{}
	size := 0
	err = s.db.View(ctx, func(tx *store.Tx) error {
		raw, ok, err := tx.Get(t.row(in.Key))
		if err != nil || !ok {
			return err
		}
		out.Item, size, err = expression.DecodeItem(raw)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get item of table %s: %w", at.name, err)
	}
	if out.Item != nil {
		out.Item = selection.Of(out.Item)
	}
	u := usage{table: readUnits(size, truth(in.ConsistentRead))}
	out.ConsumedCapacity = u.consumed(in.ReturnConsumedCapacity, text(in.TableName))
	return out, nil
}

// getSelection compiles what a read by key returns, in either form; between is
// what AWS checks between the mixture of forms and the forms themselves.
func (s *Service) getSelection(p *parameters, attributes []string, between func() error) (*expression.Selection, error) {
	if err := p.checkMixture([]named{{"ProjectionExpression", p.projection != nil}},
		[]named{{"AttributesToGet", attributes != nil}}); err != nil {
		return nil, err
	}
	if err := between(); err != nil {
		return nil, err
	}
	legacy, err := attributesToGet(attributes)
	if err != nil {
		return nil, err
	}
	c, err := s.compile(p)
	if err != nil {
		return nil, err
	}
	if legacy != nil {
		return legacy, nil
	}
	return c.selection, nil
}
