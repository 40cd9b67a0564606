package dynamodb

import (
	"context"
	"encoding/base64"
	"slices"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/policy"
)

// facts are what a request shows to the policy conditions of DynamoDB
// (developer guide, "Using IAM policy conditions for fine-grained access
// control"). Attributes are added as far as the request can be understood; one
// that cannot is refused by its handler before anything is touched.
type facts struct {
	leading    []string
	attributes map[string]struct{}
	sel        string
	returns    string
	capacity   string
	enclosing  string
	fullScan   bool
}

func (f *facts) name(names ...string) {
	if f.attributes == nil {
		f.attributes = make(map[string]struct{}, 8)
	}
	for _, n := range names {
		f.attributes[n] = struct{}{}
	}
}

func (f *facts) item(it expression.Item) {
	for n := range it {
		f.name(n)
	}
}

// unknownKey stands for a partition key that cannot be known because there is
// no such table or index (yet). No key has this value, so a policy on leading
// keys refuses, whatever comes into being before the handler looks again.
const unknownKey = ""

// key notes the partition key of an item or key.
func (f *facts) key(t *table, it expression.Item) {
	if t == nil {
		f.leading = append(f.leading, unknownKey)
		return
	}
	for _, a := range t.key.hash {
		if v, ok := it[a.name]; ok {
			f.leading = append(f.leading, leadingText(v))
		}
	}
}

func leadingText(v expression.Value) string {
	if v.Kind() == expression.KindB {
		return base64.StdEncoding.EncodeToString([]byte(v.Text()))
	}
	return v.Text()
}

func (f *facts) compiled(c *compiled) {
	if c == nil {
		return
	}
	f.name(c.change.Attributes()...)
	f.name(c.change.ReadAttributes()...)
	f.name(c.condition.Attributes()...)
	f.name(c.filter.Attributes()...)
	f.name(c.selection.Attributes()...)
	for n := range c.keys {
		f.name(n)
	}
}

func (f *facts) context() *policy.Context {
	c := new(policy.Context)
	if f.leading != nil {
		c.Set("dynamodb:LeadingKeys", f.leading...)
	}
	if f.attributes != nil {
		names := make([]string, 0, len(f.attributes))
		for n := range f.attributes {
			names = append(names, n)
		}
		slices.Sort(names)
		c.Set("dynamodb:Attributes", names...)
	}
	for _, pair := range [][2]string{{"dynamodb:Select", f.sel}, {"dynamodb:ReturnValues", f.returns},
		{"dynamodb:ReturnConsumedCapacity", f.capacity}, {"dynamodb:EnclosingOperation", f.enclosing}} {
		if pair[1] != "" {
			c.Set(pair[0], pair[1])
		}
	}
	if f.fullScan {
		c.Set("dynamodb:FullTableScan", "true")
	}
	return c
}

// orNone returns the effective value of a parameter whose default is NONE.
func orNone(p *string) string {
	if p == nil {
		return "NONE"
	}
	return *p
}

// effectiveSelect is what a read returns if Select does not say.
func effectiveSelect(given, indexName *string, specific bool) string {
	switch {
	case given != nil:
		return *given
	case specific:
		return "SPECIFIC_ATTRIBUTES"
	case indexName != nil:
		return "ALL_PROJECTED_ATTRIBUTES"
	}
	return "ALL_ATTRIBUTES"
}

// about finds the table of a demand. Its ARN is known even if it does not
// exist.
func (s *Service) about(ctx context.Context, call *awsapi.Call, given *string) (arn string, t *table, err error) {
	at, err := s.target(call, given)
	if err != nil {
		return "", nil, err
	}
	t, err = s.peek(ctx, at.key)
	return tableARN(call.Account(), call.Region(), at.name), t, err
}

// bound compiles parameters for a demand; nil if they are wrong.
func (s *Service) bound(p *parameters) *compiled {
	c, err := s.compile(p)
	if err != nil {
		return nil
	}
	return c
}

func demand(action, arn string, f *facts) []awsapi.Demand {
	return []awsapi.Demand{{Action: "dynamodb:" + action, Resource: arn, Context: f.context()}}
}

func (s *Service) putDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.PutItemInput) ([]awsapi.Demand, error) {
	arn, t, err := s.about(ctx, call, in.TableName)
	if err != nil {
		return nil, err
	}
	f := &facts{returns: orNone(in.ReturnValues), capacity: text(in.ReturnConsumedCapacity)}
	f.key(t, in.Item)
	f.item(in.Item)
	for n := range in.Expected {
		f.name(n)
	}
	f.compiled(s.bound(&parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, condition: in.ConditionExpression}))
	return demand("PutItem", arn, f), nil
}

func (s *Service) getDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.GetItemInput) ([]awsapi.Demand, error) {
	arn, t, err := s.about(ctx, call, in.TableName)
	if err != nil {
		return nil, err
	}
	f := &facts{capacity: text(in.ReturnConsumedCapacity), sel: effectiveSelect(nil, nil, in.ProjectionExpression != nil || in.AttributesToGet != nil)}
	f.key(t, in.Key)
	f.item(in.Key)
	f.name(in.AttributesToGet...)
	f.compiled(s.bound(&parameters{names: in.ExpressionAttributeNames, projection: in.ProjectionExpression}))
	return demand("GetItem", arn, f), nil
}

func (s *Service) updateDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.UpdateItemInput) ([]awsapi.Demand, error) {
	arn, t, err := s.about(ctx, call, in.TableName)
	if err != nil {
		return nil, err
	}
	f := &facts{returns: orNone(in.ReturnValues), capacity: text(in.ReturnConsumedCapacity)}
	f.key(t, in.Key)
	f.item(in.Key)
	for n := range in.Expected {
		f.name(n)
	}
	for n := range in.AttributeUpdates {
		f.name(n)
	}
	f.compiled(s.bound(&parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, condition: in.ConditionExpression, update: in.UpdateExpression}))
	return demand("UpdateItem", arn, f), nil
}

func (s *Service) deleteDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.DeleteItemInput) ([]awsapi.Demand, error) {
	arn, t, err := s.about(ctx, call, in.TableName)
	if err != nil {
		return nil, err
	}
	f := &facts{returns: orNone(in.ReturnValues), capacity: text(in.ReturnConsumedCapacity)}
	f.key(t, in.Key)
	f.item(in.Key)
	for n := range in.Expected {
		f.name(n)
	}
	f.compiled(s.bound(&parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues, condition: in.ConditionExpression}))
	return demand("DeleteItem", arn, f), nil
}

func (s *Service) queryDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.QueryInput) ([]awsapi.Demand, error) {
	arn, t, err := s.about(ctx, call, in.TableName)
	if err != nil {
		return nil, err
	}
	f := &facts{capacity: text(in.ReturnConsumedCapacity), sel: effectiveSelect(in.Select, in.IndexName, in.ProjectionExpression != nil || in.AttributesToGet != nil)}
	f.item(in.ExclusiveStartKey)
	if q, err := s.prepareQuery(in); err == nil {
		f.name(q.filter.Attributes()...)
		f.name(q.selection.Attributes()...)
		for n := range q.keys {
			f.name(n)
		}
		f.leading = leadingOf(t, in.IndexName, q.keys)
	}
	return demand("Query", withIndex(arn, in.IndexName), f), nil
}

func withIndex(arn string, indexName *string) string {
	if indexName == nil {
		return arn
	}
	return arn + "/index/" + *indexName
}

// leadingOf returns the partition key a query asks for.
func leadingOf(t *table, indexName *string, keys map[string]expression.Comparison) []string {
	if t == nil {
		return []string{unknownKey}
	}
	schema := &t.key
	if indexName != nil {
		ix := t.index(*indexName)
		if ix == nil {
			return []string{unknownKey}
		}
		schema = &ix.key
	}
	var out []string
	for _, a := range schema.hash {
		for _, v := range keys[a.name].Values {
			out = append(out, leadingText(v))
		}
	}
	return out
}

func (s *Service) scanDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.ScanInput) ([]awsapi.Demand, error) {
	arn, _, err := s.about(ctx, call, in.TableName)
	if err != nil {
		return nil, err
	}
	f := &facts{capacity: text(in.ReturnConsumedCapacity), fullScan: true,
		sel: effectiveSelect(in.Select, in.IndexName, in.ProjectionExpression != nil || in.AttributesToGet != nil)}
	f.item(in.ExclusiveStartKey)
	if sc, err := s.prepareScan(in); err == nil {
		f.name(sc.filter.Attributes()...)
		f.name(sc.selection.Attributes()...)
	}
	return demand("Scan", withIndex(arn, in.IndexName), f), nil
}

func (s *Service) batchGetDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.BatchGetItemInput) ([]awsapi.Demand, error) {
	var out []awsapi.Demand
	for _, given := range sortedNames(in.RequestItems) {
		arn, t, err := s.about(ctx, call, &given)
		if err != nil {
			return nil, err
		}
		r := in.RequestItems[given]
		f := &facts{capacity: text(in.ReturnConsumedCapacity), sel: effectiveSelect(nil, nil, r.ProjectionExpression != nil || r.AttributesToGet != nil)}
		for _, key := range r.Keys {
			f.key(t, key)
			f.item(key)
		}
		f.name(r.AttributesToGet...)
		f.compiled(s.bound(&parameters{names: r.ExpressionAttributeNames, projection: r.ProjectionExpression}))
		out = append(out, demand("BatchGetItem", arn, f)...)
	}
	return out, nil
}

func (s *Service) batchWriteDemands(ctx context.Context, call *awsapi.Call, in *dynamodb.BatchWriteItemInput) ([]awsapi.Demand, error) {
	var out []awsapi.Demand
	for _, given := range sortedNames(in.RequestItems) {
		arn, t, err := s.about(ctx, call, &given)
		if err != nil {
			return nil, err
		}
		f := &facts{capacity: text(in.ReturnConsumedCapacity)}
		for _, w := range in.RequestItems[given] {
			if w.PutRequest != nil {
				f.key(t, w.PutRequest.Item)
				f.item(w.PutRequest.Item)
			}
			if w.DeleteRequest != nil {
				f.key(t, w.DeleteRequest.Key)
				f.item(w.DeleteRequest.Key)
			}
		}
		out = append(out, demand("BatchWriteItem", arn, f)...)
	}
	return out, nil
}

// createDemands of CreateTable: tags need a permission of their own.
func (s *Service) createDemands(_ context.Context, call *awsapi.Call, in *dynamodb.CreateTableInput) ([]awsapi.Demand, error) {
	arn := arnOf(call, in.TableName)
	out := []awsapi.Demand{{Action: "dynamodb:CreateTable", Resource: arn}}
	if len(in.Tags) > 0 {
		out = append(out, awsapi.Demand{Action: "dynamodb:TagResource", Resource: arn})
	}
	return out, nil
}
