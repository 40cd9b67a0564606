package dynamodb

import (
	"context"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// UpdateItem changes attributes of an item, which it creates if need be.
func (s *Service) UpdateItem(ctx context.Context, call *awsapi.Call, in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	m, change, err := s.updateMutation(call, in)
	if err != nil {
		return nil, err
	}
	o, err := s.mutate(ctx, m)
	if err != nil {
		return nil, err
	}
	out := &dynamodb.UpdateItemOutput{
		ConsumedCapacity: o.usage.consumed(in.ReturnConsumedCapacity, text(in.TableName)),
		Attributes:       returned(text(in.ReturnValues), change, o),
	}
	out.ItemCollectionMetrics, err = s.collectionMetrics(ctx, in.ReturnItemCollectionMetrics, o.table, in.Key)
	return out, err
}

// returned picks the attributes ReturnValues asks for; nil for none.
func returned(mode string, change *expression.Change, o *outcome) expression.Item {
	var it expression.Item
	switch mode {
	case "ALL_OLD":
		return o.old
	case "ALL_NEW":
		return o.new
	case "UPDATED_OLD":
		it = o.old
	case "UPDATED_NEW":
		it = o.new
	}
	if it == nil || change == nil {
		return nil
	}
	if it = change.Touched().Of(it); len(it) == 0 {
		return nil
	}
	return it
}

// updateMutation makes the checks of UpdateItem that need no table.
func (s *Service) updateMutation(call *awsapi.Call, in *dynamodb.UpdateItemInput) (*mutation, *expression.Change, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, nil, err
	}
	p := &parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, condition: in.ConditionExpression, update: in.UpdateExpression}
	if err := p.checkMixture(
		[]named{{"UpdateExpression", in.UpdateExpression != nil}, {"ConditionExpression", in.ConditionExpression != nil}},
		[]named{{"AttributeUpdates", in.AttributeUpdates != nil}, {"Expected", in.Expected != nil}, {"ConditionalOperator", in.ConditionalOperator != nil}}); err != nil {
		return nil, nil, err
	}
	if err := in.Key.Check(); err != nil {
		return nil, nil, fromExpression("", err)
	}
	change, err := legacyChange(in.AttributeUpdates)
	if err != nil {
		return nil, nil, err
	}
	condition, err := expectedPredicate(in.Expected, in.ConditionalOperator)
	if err != nil {
		return nil, nil, err
	}
	c, err := s.compile(p)
	if err != nil {
		return nil, nil, err
	}
	if c.change != nil {
		change = c.change
	}
	if c.condition != nil {
		condition = c.condition
	}
	return &mutation{
		at: at, key: in.Key, condition: condition, showOld: text(in.ReturnValuesOnConditionCheckFailure) == "ALL_OLD",
		check: func(t *table) error {
			if err := t.checkKey(in.Key); err != nil {
				return err
			}
			if err := t.checkChange(change); err != nil {
				return err
			}
			return t.checkNested(condition.NestedAttributes())
		},
		next: func(t *table, old expression.Item) (expression.Item, error) { return updated(t, change, in.Key, old) },
	}, change, nil
}

func legacyChange(updates map[string]dynamodb.AttributeValueUpdate) (*expression.Change, error) {
	if updates == nil {
		return nil, nil
	}
	m := make(map[string]expression.AttributeUpdate, len(updates))
	for name, u := range updates {
		m[name] = expression.AttributeUpdate{Action: text(u.Action), Value: u.Value}
	}
	c, err := expression.AttributeUpdates(m)
	return c, fromExpression("", err)
}

// updated applies a change to an item, or to a new one of its key only.
func updated(t *table, change *expression.Change, key, old expression.Item) (expression.Item, error) {
	if old == nil {
		old = key
	}
	it, err := change.Apply(old)
	if err != nil {
		return nil, fromExpression("", err)
	}
	if it.Size() > maxItemSize {
		return nil, validation("Item size to update has exceeded the maximum allowed size")
	}
	for _, ix := range t.indexes {
		for a := range ix.key.all {
			if v, ok := it[a.name]; ok && v.Kind() != a.kind {
				return nil, validation("The update expression attempted to update the secondary index key to unsupported type")
			}
		}
	}
	if err := it.Check(); err != nil {
		return nil, fromExpression("", err)
	}
	return it, t.checkIndexKeys(it)
}
