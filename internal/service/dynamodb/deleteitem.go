package dynamodb

import (
	"context"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// DeleteItem removes an item; one that does not exist stays so.
func (s *Service) DeleteItem(ctx context.Context, call *awsapi.Call, in *dynamodb.DeleteItemInput) (*dynamodb.DeleteItemOutput, error) {
	m, err := s.deleteMutation(call, in)
	if err != nil {
		return nil, err
	}
	o, err := s.mutate(ctx, m)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.DeleteItemOutput{ConsumedCapacity: o.usage.consumed(in.ReturnConsumedCapacity, text(in.TableName))}
	if text(in.ReturnValues) == "ALL_OLD" {
		out.Attributes = o.old
	}
	out.ItemCollectionMetrics, err = s.collectionMetrics(ctx, in.ReturnItemCollectionMetrics, o.table, in.Key)
	return out, err
}

// deleteMutation makes the checks of DeleteItem that need no table.
func (s *Service) deleteMutation(call *awsapi.Call, in *dynamodb.DeleteItemInput) (*mutation, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	p := &parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, condition: in.ConditionExpression}
	if err := p.checkMixture([]named{{"ConditionExpression", in.ConditionExpression != nil}},
		[]named{{"Expected", in.Expected != nil}, {"ConditionalOperator", in.ConditionalOperator != nil}}); err != nil {
		return nil, err
	}
	if err := in.Key.Check(); err != nil {
		return nil, fromExpression("", err)
	}
	if err := onlyOld(in.ReturnValues); err != nil {
		return nil, err
	}
	condition, err := s.writeCondition(p, in.Expected, in.ConditionalOperator)
	if err != nil {
		return nil, err
	}
	return &mutation{
		at: at, key: in.Key, condition: condition, showOld: text(in.ReturnValuesOnConditionCheckFailure) == "ALL_OLD",
		check: func(t *table) error {
			if err := t.checkKey(in.Key); err != nil {
				return err
			}
			return t.checkNested(condition.NestedAttributes())
		},
		next: func(*table, expression.Item) (expression.Item, error) { return nil, nil },
	}, nil
}
