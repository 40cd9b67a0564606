package dynamodb

import (
	"bytes"
	"context"
	"strconv"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// scan is a Scan whose parameters were checked without the table.
type scan struct {
	in        *dynamodb.ScanInput
	filter    *expression.Predicate
	selection *expression.Selection
}

// Scan returns the items of a table or index in the order of their hashes, all
// of them or one of several equal segments.
func (s *Service) Scan(ctx context.Context, call *awsapi.Call, in *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	sc, err := s.prepareScan(in)
	if err != nil {
		return nil, err
	}
	var p *page
	err = s.db.View(ctx, func(tx *store.Tx) error {
		t, err := s.existing(tx, at)
		if err != nil {
			return err
		}
		r, err := sc.reading(t)
		if err != nil {
			return err
		}
		p, err = r.run(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &dynamodb.ScanOutput{Items: p.items, Count: small(p.count), ScannedCount: small(p.scanned), LastEvaluatedKey: p.last,
		ConsumedCapacity: p.usage.consumed(in.ReturnConsumedCapacity, text(in.TableName))}
	if text(in.Select) == "COUNT" {
		out.Items = nil
	}
	return out, nil
}

func (s *Service) prepareScan(in *dynamodb.ScanInput) (*scan, error) {
	p := &parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, filter: in.FilterExpression, projection: in.ProjectionExpression}
	if err := p.checkMixture([]named{{"ProjectionExpression", in.ProjectionExpression != nil}, {"FilterExpression", in.FilterExpression != nil}},
		[]named{{"AttributesToGet", in.AttributesToGet != nil}, {"ScanFilter", in.ScanFilter != nil}, {"ConditionalOperator", in.ConditionalOperator != nil}}); err != nil {
		return nil, err
	}
	sc := &scan{in: in}
	var err error
	if sc.selection, err = attributesToGet(in.AttributesToGet); err != nil {
		return nil, err
	}
	filters, err := comparisons(in.ScanFilter)
	if err != nil {
		return nil, err
	}
	if in.ConditionalOperator != nil && len(filters) == 0 {
		return nil, validation("ConditionalOperator cannot be used without Filter or Expected")
	}
	sc.filter = expression.Comparisons(filters, text(in.ConditionalOperator))
	if err := checkStartValues(in.ExclusiveStartKey); err != nil {
		return nil, err
	}
	if err := checkSegments(in.Segment, in.TotalSegments); err != nil {
		return nil, err
	}
	if err := checkSelect(in.Select, in.IndexName, in.ProjectionExpression, in.AttributesToGet); err != nil {
		return nil, err
	}
	c, err := s.compile(p)
	if err != nil {
		return nil, err
	}
	if c.filter != nil {
		sc.filter = c.filter
	}
	if c.selection != nil {
		sc.selection = c.selection
	}
	return sc, nil
}

func checkSegments(segment, total *int32) error {
	switch {
	case segment == nil && total == nil:
		return nil
	case total == nil:
		return validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case segment == nil:
		return validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *segment >= *total:
		return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: " +
			strconv.Itoa(int(*segment)) + " is not less than TotalSegments: " + strconv.Itoa(int(*total)))
	}
	return nil
}

// reading makes the checks that need the table and finds the range.
func (sc *scan) reading(t *table) (*reading, error) {
	in := sc.in
	r := &reading{t: t}
	if in.Limit != nil {
		r.limit = int(*in.Limit)
	}
	if err := r.choose(in.IndexName, in.ConsistentRead); err != nil {
		return nil, err
	}
	if err := sc.checkStart(r); err != nil {
		return nil, err
	}
	if err := r.selectFrom(in.Select, sc.selection, sc.filter); err != nil {
		return nil, err
	}
	r.lo, r.hi = r.prefix(), after(r.prefix())
	if in.TotalSegments != nil {
		r.lo, r.hi = segmentRange(r.prefix(), int(*in.Segment), int(*in.TotalSegments))
	}
	if in.ExclusiveStartKey != nil {
		row := r.startRow(in.ExclusiveStartKey)
		if in.TotalSegments != nil && (bytes.Compare(row, r.lo) < 0 || bytes.Compare(row, r.hi) >= 0) {
			return nil, validation("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. " +
				"TotalSegments: " + strconv.Itoa(int(*in.TotalSegments)) + " Segment: " + strconv.Itoa(int(*in.Segment)))
		}
		r.continueAfter(row)
	}
	if err := t.checkNested(sc.selection.NestedAttributes()); err != nil {
		return nil, err
	}
	return r, t.checkNested(sc.filter.NestedAttributes())
}

// segmentRange returns the rows of one of total equal parts of the hash space.
func segmentRange(prefix store.Key, segment, total int) (lo, hi []byte) {
	const space = 1 << 16
	edge := func(n int) []byte {
		h := (space*n + total - 1) / total
		if h >= space {
			return after(prefix)
		}
		return append(bytes.Clone(prefix), byte(h>>8), byte(h))
	}
	return edge(segment), edge(segment + 1)
}

// checkStart checks the ExclusiveStartKey against the keys.
func (sc *scan) checkStart(r *reading) error {
	start := sc.in.ExclusiveStartKey
	if start == nil {
		return nil
	}
	const invalid = "The provided starting key is invalid"
	if len(start) != r.startLength() {
		if r.ix != nil {
			return validation(invalid)
		}
		return validation(invalid + ": The provided key element does not match the schema")
	}
	if r.ix != nil {
		if err := r.ix.key.checkStart(start); err != nil {
			return err
		}
	}
	if err := r.selectFrom(sc.in.Select, sc.selection, sc.filter); err != nil {
		return err
	}
	if err := r.t.key.checkPieces(start); err != nil {
		return validation(invalid + ": " + awsMessage(err))
	}
	return nil
}
