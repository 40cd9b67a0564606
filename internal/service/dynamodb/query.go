package dynamodb

import (
	"bytes"
	"context"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// query is a Query whose parameters were checked without the table.
type query struct {
	in        *dynamodb.QueryInput
	keys      map[string]expression.Comparison
	filter    *expression.Predicate
	selection *expression.Selection
}

// Query returns the items of one partition, in the order of their sort key.
func (s *Service) Query(ctx context.Context, call *awsapi.Call, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	q, err := s.prepareQuery(in)
	if err != nil {
		return nil, err
	}
	var p *page
	err = s.db.View(ctx, func(tx *store.Tx) error {
		t, err := s.existing(tx, at)
		if err != nil {
			return err
		}
		r, err := q.reading(t)
		if err != nil {
			return err
		}
		p, err = r.run(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &dynamodb.QueryOutput{Items: p.items, Count: small(p.count), ScannedCount: small(p.scanned), LastEvaluatedKey: p.last,
		ConsumedCapacity: p.usage.consumed(in.ReturnConsumedCapacity, text(in.TableName))}
	if text(in.Select) == "COUNT" {
		out.Items = nil
	}
	return out, nil
}

func small(n int) *int32 {
	v := int32(n)
	return &v
}

func (s *Service) prepareQuery(in *dynamodb.QueryInput) (*query, error) {
	p := &parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		keyCondition: in.KeyConditionExpression, filter: in.FilterExpression, projection: in.ProjectionExpression}
	legacy := []named{{"AttributesToGet", in.AttributesToGet != nil}, {"QueryFilter", in.QueryFilter != nil}, {"ConditionalOperator", in.ConditionalOperator != nil}}
	if in.KeyConditionExpression != nil {
		legacy = append(legacy, named{"KeyConditions", in.KeyConditions != nil})
	}
	if err := p.checkMixture([]named{{"ProjectionExpression", in.ProjectionExpression != nil}, {"FilterExpression", in.FilterExpression != nil},
		{"KeyConditionExpression", in.KeyConditionExpression != nil}}, legacy); err != nil {
		return nil, err
	}
	filters, err := comparisons(in.QueryFilter)
	if err != nil {
		return nil, err
	}
	if in.ConditionalOperator != nil && len(filters) == 0 {
		return nil, validation("ConditionalOperator cannot be used without Filter or Expected")
	}
	q := &query{in: in, filter: expression.Comparisons(filters, text(in.ConditionalOperator))}
	if q.selection, err = attributesToGet(in.AttributesToGet); err != nil {
		return nil, err
	}
	if err := checkStartValues(in.ExclusiveStartKey); err != nil {
		return nil, err
	}
	if in.KeyConditions == nil && in.KeyConditionExpression == nil {
		return nil, validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if err := checkSelect(in.Select, in.IndexName, in.ProjectionExpression, in.AttributesToGet); err != nil {
		return nil, err
	}
	return q, s.bindQuery(q, p)
}

// bindQuery compiles the expressions of a query.
func (s *Service) bindQuery(q *query, p *parameters) error {
	c, err := s.compile(p)
	if err != nil {
		return err
	}
	if c.filter != nil {
		q.filter = c.filter
	}
	if c.selection != nil {
		q.selection = c.selection
	}
	if c.keys != nil {
		q.keys = c.keys
		err = fromExpression("", expression.CheckComparisons(c.keys))
	} else {
		q.keys, err = comparisons(q.in.KeyConditions)
	}
	if err != nil {
		return err
	}
	if n := len(q.keys); n == 0 || n > 2 && q.in.IndexName == nil {
		return validation("Conditions can be of length 1 or 2 only")
	}
	return nil
}

// reading makes the checks that need the table and finds the range.
func (q *query) reading(t *table) (*reading, error) {
	in := q.in
	r := &reading{t: t, reverse: in.ScanIndexForward != nil && !*in.ScanIndexForward}
	if in.Limit != nil {
		r.limit = int(*in.Limit)
	}
	if err := r.choose(in.IndexName, in.ConsistentRead); err != nil {
		return nil, err
	}
	if in.ExclusiveStartKey != nil && len(in.ExclusiveStartKey) != r.startLength() {
		return nil, validation("The provided starting key is invalid")
	}
	if err := q.checkKeys(r); err != nil {
		return nil, err
	}
	if err := q.checkStart(r); err != nil {
		return nil, err
	}
	if err := t.checkNested(q.selection.NestedAttributes()); err != nil {
		return nil, err
	}
	if err := q.checkFilter(r); err != nil {
		return nil, err
	}
	if err := r.selectFrom(in.Select, q.selection, q.filter); err != nil {
		return nil, err
	}
	if err := t.checkNested(q.filter.NestedAttributes()); err != nil {
		return nil, err
	}
	q.setRange(r)
	return r, nil
}

// checkKeys checks the key conditions against the key.
func (q *query) checkKeys(r *reading) error {
	schema := r.schema()
	start := q.in.ExclusiveStartKey
	met, ranged := 0, false
	for a, hash := range schema.all {
		if start != nil {
			if err := only(a, hash).checkStart(start); err != nil {
				return err
			}
		}
		if hash && schema.len() == 1 && len(q.keys) > 1 {
			return validation("Query key condition not supported")
		}
		c, ok := q.keys[a.name]
		if !ok {
			if hash || len(q.keys) > met {
				return validation("Query condition missed key schema element: " + a.name)
			}
			continue
		}
		met++
		if err := checkKeyCondition(a, c); err != nil {
			return err
		}
		if ranged || hash && c.Operator != "EQ" {
			return validation("Query key condition not supported")
		}
		ranged = c.Operator != "EQ"
	}
	return nil
}

// only is the key of one attribute.
func only(a keyAttribute, hash bool) *keySchema {
	if hash {
		return &keySchema{hash: []keyAttribute{a}}
	}
	return &keySchema{sort: []keyAttribute{a}}
}

// checkStart checks the attributes of the key in an ExclusiveStartKey, one after
// the other.
func (k *keySchema) checkStart(start expression.Item) error {
	for a, hash := range k.all {
		if _, ok := start[a.name]; !ok {
			return validation("The provided starting key is invalid")
		}
		if err := only(a, hash).checkPieces(start); err != nil {
			return err
		}
	}
	return nil
}

func checkKeyCondition(a keyAttribute, c expression.Comparison) error {
	switch c.Operator {
	case "NULL", "NOT_NULL", "NE", "CONTAINS", "NOT_CONTAINS", "IN":
		return validation("Attempted conditional constraint is not an indexable operation")
	}
	for _, v := range c.Values {
		if v.Kind() != a.kind {
			return invalidParameter("Condition parameter type does not match schema type")
		}
		if a.kind != expression.KindN && v.Text() == "" {
			return invalidParameter("The AttributeValue for a key attribute cannot contain an empty " +
				emptyName(a.kind) + " value. Key: " + a.name)
		}
	}
	return nil
}

// checkStart checks that the ExclusiveStartKey is a place this query can have
// ended at.
func (q *query) checkStart(r *reading) error {
	start := q.in.ExclusiveStartKey
	if start == nil {
		return nil
	}
	if err := r.t.key.checkPieces(start); err != nil {
		return validation("The provided starting key is invalid: " + awsMessage(err))
	}
	outside := false
	for _, a := range r.schema().hash {
		outside = outside || !q.keys[a.name].Values[0].Equal(start[a.name])
	}
	ranged := false
	for _, a := range r.schema().sort {
		c, ok := q.keys[a.name]
		if !ok {
			continue
		}
		ranged = true
		if !c.Matches(start[a.name]) {
			return validation("The provided starting key does not match the range key predicate")
		}
	}
	switch {
	case outside && ranged:
		return validation("The query can return at most one row and cannot be restarted")
	case outside:
		return validation("The provided starting key is outside query boundaries based on provided conditions")
	}
	return nil
}

// checkFilter refuses filters on key attributes.
func (q *query) checkFilter(r *reading) error {
	if q.filter == nil {
		return nil
	}
	what := "Filter Expression"
	if q.in.QueryFilter != nil {
		what = "QueryFilter"
	}
	looked := map[string]bool{}
	for _, name := range q.filter.Attributes() {
		looked[name] = true
	}
	for a := range r.schema().all {
		if looked[a.name] {
			return validation(what + " can only contain non-primary key attributes: Primary key attribute: " + a.name)
		}
	}
	return nil
}

// setRange finds the rows the key conditions leave.
func (q *query) setRange(r *reading) {
	schema := r.schema()
	asked := expression.Item{}
	for _, a := range schema.hash {
		asked[a.name] = q.keys[a.name].Values[0]
	}
	base := schema.partition(r.prefix(), asked)
	r.lo, r.hi = base, after(base)
	for _, a := range schema.sort {
		c, ok := q.keys[a.name]
		if !ok {
			break
		}
		key := func(i int) []byte {
			k, _ := c.Values[i].AppendSortKey(bytes.Clone(r.lo))
			return k
		}
		switch c.Operator {
		case "EQ":
			r.lo = key(0)
			r.hi = after(r.lo)
			continue
		case "LT":
			r.hi = key(0)
		case "LE":
			r.hi = after(key(0))
		case "GT":
			r.lo = after(key(0))
		case "GE":
			r.lo = key(0)
		case "BETWEEN":
			r.lo, r.hi = key(0), after(key(1))
		case "BEGINS_WITH":
			r.lo = c.Values[0].AppendSortPrefix(bytes.Clone(r.lo))
			r.hi = after(r.lo)
		}
		break
	}
	if q.in.ExclusiveStartKey != nil {
		r.continueAfter(r.startRow(q.in.ExclusiveStartKey))
	}
}
