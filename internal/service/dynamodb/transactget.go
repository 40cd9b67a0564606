package dynamodb

import (
	"context"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// TransactGetItems reads up to 100 items as they are at one moment.
func (s *Service) TransactGetItems(ctx context.Context, call *awsapi.Call, in *dynamodb.TransactGetItemsInput) (*dynamodb.TransactGetItemsOutput, error) {
	type wanted struct {
		at        target
		name      string
		key       expression.Item
		selection *expression.Selection
	}
	var list []wanted
	for _, item := range in.TransactItems {
		g := item.Get
		at, err := s.target(call, g.TableName)
		if err != nil {
			return nil, err
		}
		sel, err := s.getSelection(&parameters{names: g.ExpressionAttributeNames, projection: g.ProjectionExpression}, nil, func() error {
			return fromExpression("", g.Key.Check())
		})
		if err != nil {
			return nil, err
		}
		list = append(list, wanted{at, text(g.TableName), g.Key, sel})
	}
	out := &dynamodb.TransactGetItemsOutput{Responses: []dynamodb.ItemResponse{}}
	sums := map[string]*usage{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		seen := map[string]bool{}
		for _, w := range list {
			t, err := s.existing(tx, w.at)
			if err != nil {
				return err
			}
			if err := t.checkKey(w.key); err != nil {
				return err
			}
			if err := t.checkNested(w.selection.NestedAttributes()); err != nil {
				return err
			}
			row := t.row(w.key)
			if seen[string(row)] {
				return validation("Transaction request cannot include multiple operations on one item")
			}
			seen[string(row)] = true
			it, size, err := readRow(tx, row)
			if err != nil {
				return err
			}
			if it != nil {
				it = w.selection.Of(it)
			}
			if sums[w.name] == nil {
				sums[w.name] = &usage{}
			}
			sums[w.name].table += readUnits(size, true)
			out.Responses = append(out.Responses, dynamodb.ItemResponse{Item: it})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range sortedNames(sums) {
		if c := sums[name].transactional(in.ReturnConsumedCapacity, name, false); c != nil {
			out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
		}
	}
	return out, nil
}

// readRow returns the item of a row, nil if there is none.
func readRow(tx *store.Tx, row store.Key) (expression.Item, int, error) {
	raw, ok, err := tx.Get(row)
	if err != nil || !ok {
		return nil, 0, err
	}
	return expression.DecodeItem(raw)
}

func (s *Service) transactWriteDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.TransactWriteItemsInput) ([]awsapi.Demand, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	var out []awsapi.Demand
	for _, item := range in.TransactItems {
		var list []awsapi.Demand
		var err error
		switch {
		case item.Put != nil:
			p := item.Put
			list, err = s.putDemands(ctx, call, &dynamodb.PutItemInput{TableName: p.TableName, Item: p.Item, ConditionExpression: p.ConditionExpression,
				ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues})
		case item.Update != nil:
			p := item.Update
			list, err = s.updateDemands(ctx, call, &dynamodb.UpdateItemInput{TableName: p.TableName, Key: p.Key, UpdateExpression: p.UpdateExpression,
				ConditionExpression: p.ConditionExpression, ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues})
		case item.Delete != nil:
			list, err = s.deleteDemands(ctx, call, deleteLike(item.Delete))
		case item.ConditionCheck != nil:
			list, err = s.deleteDemands(ctx, call, deleteLike(conditionDelete(item.ConditionCheck)))
			for i := range list {
				list[i].Action = "dynamodb:ConditionCheckItem"
			}
		default:
			return nil, validation("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		if err != nil {
			return nil, err
		}
		out = append(out, enclosed(list, "TransactWriteItems")...)
	}
	return out, nil
}

func enclosed(list []awsapi.Demand, operation string) []awsapi.Demand {
	for i := range list {
		list[i].Context.Set("dynamodb:EnclosingOperation", operation)
	}
	return list
}

func (s *Service) transactGetDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.TransactGetItemsInput) ([]awsapi.Demand, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	var out []awsapi.Demand
	for _, item := range in.TransactItems {
		g := item.Get
		list, err := s.getDemands(ctx, call, &dynamodb.GetItemInput{TableName: g.TableName, Key: g.Key,
			ProjectionExpression: g.ProjectionExpression, ExpressionAttributeNames: g.ExpressionAttributeNames})
		if err != nil {
			return nil, err
		}
		out = append(out, enclosed(list, "TransactGetItems")...)
	}
	return out, nil
}
