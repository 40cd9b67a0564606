package dynamodb

import (
	"context"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// PutItem creates an item or replaces it whole.
func (s *Service) PutItem(ctx context.Context, call *awsapi.Call, in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	m, err := s.putMutation(call, in)
	if err != nil {
		return nil, err
	}
	o, err := s.mutate(ctx, m)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.PutItemOutput{ConsumedCapacity: o.usage.consumed(in.ReturnConsumedCapacity, text(in.TableName))}
	if text(in.ReturnValues) == "ALL_OLD" {
		out.Attributes = o.old
	}
	out.ItemCollectionMetrics, err = s.collectionMetrics(ctx, in.ReturnItemCollectionMetrics, o.table, o.new)
	return out, err
}

// putMutation makes the checks of PutItem that need no table.
func (s *Service) putMutation(call *awsapi.Call, in *dynamodb.PutItemInput) (*mutation, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	p := &parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, condition: in.ConditionExpression}
	if err := p.checkMixture([]named{{"ConditionExpression", in.ConditionExpression != nil}},
		[]named{{"Expected", in.Expected != nil}, {"ConditionalOperator", in.ConditionalOperator != nil}}); err != nil {
		return nil, err
	}
	if err := in.Item.Check(); err != nil {
		return nil, fromExpression("", err)
	}
	if err := onlyOld(in.ReturnValues); err != nil {
		return nil, err
	}
	if in.Item.Size() > maxItemSize {
		return nil, validation("Item size has exceeded the maximum allowed size")
	}
	condition, err := s.writeCondition(p, in.Expected, in.ConditionalOperator)
	if err != nil {
		return nil, err
	}
	return &mutation{
		at: at, key: in.Item, condition: condition, showOld: text(in.ReturnValuesOnConditionCheckFailure) == "ALL_OLD",
		check: func(t *table) error {
			if err := t.checkItem(in.Item); err != nil {
				return err
			}
			return t.checkNested(condition.NestedAttributes())
		},
		next: func(*table, expression.Item) (expression.Item, error) { return in.Item, nil },
	}, nil
}

// onlyOld checks ReturnValues of PutItem and DeleteItem.
func onlyOld(v *string) error {
	if r := text(v); r != "" && r != "NONE" && r != "ALL_OLD" {
		return validation("ReturnValues can only be ALL_OLD or NONE")
	}
	return nil
}

// writeCondition compiles the condition of a write, in either form.
func (s *Service) writeCondition(p *parameters, expected map[string]dynamodb.ExpectedAttributeValue, operator *string) (*expression.Predicate, error) {
	legacy, err := expectedPredicate(expected, operator)
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
	return c.condition, nil
}
