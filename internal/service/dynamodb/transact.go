package dynamodb

import (
	"context"
	"errors"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
)

// maxTransactBytes is the most data one transaction may write.
const maxTransactBytes = 4 << 20

// TransactWriteItems makes up to 100 writes and checks, all or none.
func (s *Service) TransactWriteItems(ctx context.Context, call *awsapi.Call, in *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error) {
	list, names, err := s.transaction(call, in)
	if err != nil {
		return nil, err
	}
	rows, err := s.rowsOf(ctx, list)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[string(row)] {
			return nil, validation("Transaction request cannot include multiple operations on one item")
		}
		seen[string(row)] = true
	}
	var done []*outcome
	err = s.db.UpdateKeys(ctx, rows, func(tx *store.Tx) error {
		done = nil
		repeated, err := s.claimToken(tx, call, in)
		if err != nil || repeated {
			return err
		}
		done, err = s.applyAll(tx, list)
		return err
	})
	if errors.Is(err, driver.ErrConflict) {
		reasons := make([]dynamodb.CancellationReason, len(list))
		for i := range reasons {
			reasons[i] = dynamodb.CancellationReason{Code: ptr("TransactionConflict"), Message: ptr("Transaction is ongoing for the item")}
		}
		return nil, transactionCancelled(reasons)
	}
	if err != nil {
		return nil, err
	}
	return s.transactOutput(ctx, in, list, names, done)
}

// transaction makes the checks that need no table. names are the tables as the
// request named them.
func (s *Service) transaction(call *awsapi.Call, in *dynamodb.TransactWriteItemsInput) (list []*mutation, names []string, err error) {
	size := 0
	for _, item := range in.TransactItems {
		m, name, err := s.transactMutation(call, &item)
		if err != nil {
			return nil, nil, err
		}
		list, names = append(list, m), append(names, name)
		size += m.key.Size()
	}
	if size > maxTransactBytes {
		return nil, nil, validation("Transaction request exceeds the maximum size of 4 MB")
	}
	return list, names, nil
}

// transactMutation translates one action to the mutation of the operation it
// is like.
func (s *Service) transactMutation(call *awsapi.Call, item *dynamodb.TransactWriteItem) (m *mutation, name string, err error) {
	given := 0
	if p := item.Put; p != nil {
		given++
		name = text(p.TableName)
		m, err = s.putMutation(call, &dynamodb.PutItemInput{TableName: p.TableName, Item: p.Item, ConditionExpression: p.ConditionExpression,
			ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: p.ReturnValuesOnConditionCheckFailure})
	}
	if p := item.Update; p != nil {
		given++
		name = text(p.TableName)
		m, _, err = s.updateMutation(call, &dynamodb.UpdateItemInput{TableName: p.TableName, Key: p.Key, UpdateExpression: p.UpdateExpression,
			ConditionExpression: p.ConditionExpression, ExpressionAttributeNames: p.ExpressionAttributeNames,
			ExpressionAttributeValues: p.ExpressionAttributeValues, ReturnValuesOnConditionCheckFailure: p.ReturnValuesOnConditionCheckFailure})
	}
	if p := item.Delete; p != nil {
		given++
		name = text(p.TableName)
		m, err = s.deleteMutation(call, deleteLike(p))
	}
	if p := item.ConditionCheck; p != nil {
		given++
		name = text(p.TableName)
		m, err = s.deleteMutation(call, deleteLike(conditionDelete(p)))
		if err == nil {
			m.next = nil
		}
	}
	if given != 1 {
		return nil, "", validation("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return m, name, err
}

func conditionDelete(p *dynamodb.ConditionCheck) *dynamodb.Delete {
	return &dynamodb.Delete{TableName: p.TableName, Key: p.Key, ConditionExpression: p.ConditionExpression,
		ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: p.ReturnValuesOnConditionCheckFailure}
}

func deleteLike(p *dynamodb.Delete) *dynamodb.DeleteItemInput {
	return &dynamodb.DeleteItemInput{TableName: p.TableName, Key: p.Key, ConditionExpression: p.ConditionExpression,
		ExpressionAttributeNames: p.ExpressionAttributeNames, ExpressionAttributeValues: p.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: p.ReturnValuesOnConditionCheckFailure}
}

// applyAll makes all mutations, or reports for each why the transaction is
// cancelled.
func (s *Service) applyAll(tx *store.Tx, list []*mutation) ([]*outcome, error) {
	reasons := make([]dynamodb.CancellationReason, len(list))
	outcomes := make([]*outcome, len(list))
	cancelled := false
	for i, m := range list {
		reasons[i].Code = ptr("None")
		o, err := s.apply(tx, m)
		outcomes[i] = o
		var e *awsapi.Error
		switch {
		case err == nil:
			continue
		case !errors.As(err, &e):
			return nil, err
		case e.Code == "ConditionalCheckFailedException":
			reasons[i].Code = ptr("ConditionalCheckFailed")
		case e.Code == "ValidationException":
			reasons[i].Code = ptr("ValidationError")
		default:
			return nil, err
		}
		cancelled = true
		reasons[i].Message = ptr(e.Message)
		for _, f := range e.Fields {
			if it, ok := f.Value.(expression.Item); ok {
				reasons[i].Item = it
			}
		}
	}
	if !cancelled {
		return outcomes, nil
	}
	return nil, transactionCancelled(reasons)
}

func transactionCancelled(reasons []dynamodb.CancellationReason) error {
	msg := "Transaction cancelled, please refer cancellation reasons for specific reasons ["
	for i, r := range reasons {
		if i > 0 {
			msg += ", "
		}
		msg += *r.Code
	}
	return modelled("TransactionCanceledException", msg+"]").With("CancellationReasons", reasons)
}

func (s *Service) transactOutput(ctx context.Context, in *dynamodb.TransactWriteItemsInput, list []*mutation, names []string, done []*outcome) (*dynamodb.TransactWriteItemsOutput, error) {
	out := &dynamodb.TransactWriteItemsOutput{}
	sums := map[string]*usage{}
	for i, o := range done {
		if sums[names[i]] == nil {
			sums[names[i]] = &usage{}
		}
		sums[names[i]].add(&o.usage)
		metrics, err := s.collectionMetrics(ctx, in.ReturnItemCollectionMetrics, o.table, list[i].key)
		if err != nil {
			return nil, err
		}
		if metrics != nil && list[i].next != nil {
			if out.ItemCollectionMetrics == nil {
				out.ItemCollectionMetrics = map[string][]dynamodb.ItemCollectionMetrics{}
			}
			out.ItemCollectionMetrics[names[i]] = append(out.ItemCollectionMetrics[names[i]], *metrics)
		}
	}
	for _, name := range sortedNames(sums) {
		if c := sums[name].transactional(in.ReturnConsumedCapacity, name, true); c != nil {
			out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
		}
	}
	return out, nil
}
