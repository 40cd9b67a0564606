package dynamodb

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
)

// tokenLife is how long a ClientRequestToken keeps its transaction from being
// made twice.
const tokenLife = 10 * time.Minute

// maxTransactBytes is the most data one transaction may write.
const maxTransactBytes = 4 << 20

// tokenRecord remembers a finished transaction.
type tokenRecord struct {
	Hash []byte
	Made time.Time
}

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
		return nil, modelled("TransactionInProgressException", "The transaction could not be completed because other writers kept changing its items")
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

// claimToken notes the request's token in the transaction. repeated says that
// the same request was made before; another with the same token is refused.
func (s *Service) claimToken(tx *store.Tx, call *awsapi.Call, in *dynamodb.TransactWriteItemsInput) (repeated bool, err error) {
	if in.ClientRequestToken == nil {
		return false, nil
	}
	body, err := json.Marshal(in.TransactItems)
	if err != nil {
		return false, fmt.Errorf("hash a transaction: %w", err)
	}
	hash := sha256.Sum256(body)
	key := store.K("dynamodb", call.Account(), call.Region(), "token", *in.ClientRequestToken)
	old, err := store.GetJSON[tokenRecord](tx, key)
	if err != nil {
		return false, err
	}
	now := s.clock.Now().UTC()
	if old != nil && now.Sub(old.Made) < tokenLife {
		if string(old.Hash) != string(hash[:]) {
			return false, modelled("IdempotentParameterMismatchException", "The request uses the same client token as a previous, but non-identical request.")
		}
		return true, nil
	}
	return false, store.PutJSON(tx, key, &tokenRecord{Hash: hash[:], Made: now})
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
