package dynamodb

import (
	"context"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
)

// Limits of tables (developer guide, "Quotas").
const (
	maxThroughput     = 1_000_000_000_000
	maxLocal          = 5
	maxGlobal         = 20
	maxIndexHash      = 4
	maxIndexSort      = 4
	maxProjectedTotal = 100
	maxTags           = 50
)

// CreateTable makes a table. It answers CREATING, as AWS does; the table is
// ACTIVE from then on.
func (s *Service) CreateTable(ctx context.Context, call *awsapi.Call, in *dynamodb.CreateTableInput) (*dynamodb.CreateTableOutput, error) {
	if err := wellFormed(in); err != nil {
		return nil, err
	}
	at, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	if err := refuseCreate(in); err != nil {
		return nil, err
	}
	if err := checkCreate(in); err != nil {
		return nil, err
	}
	record := s.newTable(call, at.name, in)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		_, taken, err := tx.Get(at.key)
		if err != nil {
			return err
		}
		if taken {
			return inUse("Table already exists: " + at.name)
		}
		return store.PutJSON(tx, at.key, record)
	})
	if err != nil {
		return nil, err
	}
	d := describe(record, "CREATING")
	for i := range d.GlobalSecondaryIndexes {
		d.GlobalSecondaryIndexes[i].IndexStatus = ptr("CREATING")
	}
	return &dynamodb.CreateTableOutput{TableDescription: d}, nil
}

// refuseCreate names the parameters that are not built.
func refuseCreate(in *dynamodb.CreateTableInput) error {
	switch {
	case in.StreamSpecification != nil && truth(in.StreamSpecification.StreamEnabled):
		return awsapi.NotBuilt("CreateTable parameter StreamSpecification")
	case in.SSESpecification != nil && truth(in.SSESpecification.Enabled):
		return awsapi.NotBuilt("CreateTable parameter SSESpecification")
	case in.WarmThroughput != nil:
		return awsapi.NotBuilt("CreateTable parameter WarmThroughput")
	case in.ResourcePolicy != nil:
		return awsapi.NotBuilt("CreateTable parameter ResourcePolicy")
	case limited(in.OnDemandThroughput):
		return awsapi.NotBuilt("CreateTable parameter OnDemandThroughput")
	case in.GlobalTableSourceArn != nil:
		return awsapi.NotBuilt("CreateTable parameter GlobalTableSourceArn")
	case in.GlobalTableSettingsReplicationMode != nil:
		return awsapi.NotBuilt("CreateTable parameter GlobalTableSettingsReplicationMode")
	case len(in.VectorIndexes) > 0:
		return awsapi.NotBuilt("CreateTable parameter VectorIndexes")
	}
	for _, ix := range in.GlobalSecondaryIndexes {
		if ix.WarmThroughput != nil {
			return awsapi.NotBuilt("CreateTable parameter GlobalSecondaryIndexes.WarmThroughput")
		}
		if limited(ix.OnDemandThroughput) {
			return awsapi.NotBuilt("CreateTable parameter GlobalSecondaryIndexes.OnDemandThroughput")
		}
	}
	return nil
}

// limited says whether a cap on request units is asked for; -1 is none.
func limited(t *dynamodb.OnDemandThroughput) bool {
	set := func(p *int64) bool { return p != nil && *p != -1 }
	return t != nil && (set(t.MaxReadRequestUnits) || set(t.MaxWriteRequestUnits))
}

// checkCreate makes AWS's checks in AWS's order.
func checkCreate(in *dynamodb.CreateTableInput) error {
	for _, p := range []named{{"attributeDefinitions", in.AttributeDefinitions != nil}, {"keySchema", in.KeySchema != nil}} {
		if !p.given {
			return validation("1 validation error detected: Value null at '" + p.name + "' failed to satisfy constraint: Member must not be null")
		}
	}
	if err := checkBilling(in.BillingMode, in.ProvisionedThroughput); err != nil {
		return err
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	defined, err := definitions(in.AttributeDefinitions)
	if err != nil {
		return err
	}
	if len(in.KeySchema) > len(defined) {
		return validation("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := checkKeySchema(in.KeySchema, defined, 1, 1); err != nil {
		return err
	}
	if in.LocalSecondaryIndexes == nil && in.GlobalSecondaryIndexes == nil && len(in.KeySchema) != len(defined) {
		return invalidParameter("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	names := map[string]bool{}
	if err := checkLocals(in, defined, names); err != nil {
		return err
	}
	if err := checkGlobals(in, defined, names); err != nil {
		return err
	}
	return checkDefinitionsUsed(in, defined)
}

func checkBilling(mode *string, t *dynamodb.ProvisionedThroughput) error {
	if text(mode) == "PAY_PER_REQUEST" {
		if t != nil {
			return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
		return nil
	}
	if t == nil {
		return invalidParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return checkThroughput(t)
}

func checkThroughput(t *dynamodb.ProvisionedThroughput) error {
	if n := *t.ReadCapacityUnits; n > maxThroughput {
		return validation("Given value " + strconv.FormatInt(n, 10) + " for ReadCapacityUnits is out of bounds")
	}
	if n := *t.WriteCapacityUnits; n > maxThroughput {
		return validation("Given value " + strconv.FormatInt(n, 10) + " for WriteCapacityUnits is out of bounds")
	}
	return nil
}

// definitions returns the defined attribute names in order.
func definitions(list []dynamodb.AttributeDefinition) ([]string, error) {
	var names []string
	for _, d := range list {
		for _, n := range names {
			if n == *d.AttributeName {
				return nil, invalidParameter("Duplicate AttributeName in AttributeDefinitions: " + n)
			}
		}
		names = append(names, *d.AttributeName)
	}
	return names, nil
}

func bracketed(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

func has(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// checkKeySchema checks the elements of a key with at most the given number of
// partition and sort attributes.
func checkKeySchema(schema []dynamodb.KeySchemaElement, defined []string, hashes, sorts int) error {
	var names []string
	undefined := false
	for _, e := range schema {
		names = append(names, *e.AttributeName)
		undefined = undefined || !has(defined, *e.AttributeName)
	}
	if undefined {
		return invalidParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: " +
			bracketed(names) + ", AttributeDefinitions: " + bracketed(defined))
	}
	for i, n := range names {
		if has(names[:i], n) {
			return validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
		}
	}
	nh, ns := 0, 0
	for i, e := range schema {
		hash := *e.KeyType == "HASH"
		switch {
		case i == 0 && !hash:
			return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
		case hash && (ns > 0 || nh == hashes):
			return validation("Invalid KeySchema: The " + ordinal(i) + " KeySchemaElement is not a RANGE key type")
		case hash:
			nh++
		default:
			if ns++; ns > sorts {
				return validation("1 validation error detected: Value '" + bracketed(names) +
					"' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to " + strconv.Itoa(hashes+sorts))
			}
		}
	}
	return nil
}

func ordinal(i int) string {
	words := []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"}
	if i < len(words) {
		return words[i]
	}
	return strconv.Itoa(i+1) + "th"
}

func checkLocals(in *dynamodb.CreateTableInput, defined []string, names map[string]bool) error {
	if in.LocalSecondaryIndexes == nil {
		return nil
	}
	if len(in.LocalSecondaryIndexes) == 0 {
		return invalidParameter("List of LocalSecondaryIndexes is empty")
	}
	if len(in.KeySchema) != 2 {
		return invalidParameter("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	hash := *in.KeySchema[0].AttributeName
	for _, ix := range in.LocalSecondaryIndexes {
		if err := checkKeySchema(ix.KeySchema, defined, 1, 1); err != nil {
			return err
		}
		if len(ix.KeySchema) != 2 {
			return invalidParameter("Index KeySchema does not have a range key for index: " + *ix.IndexName)
		}
		if own := *ix.KeySchema[0].AttributeName; own != hash {
			return invalidParameter("Index KeySchema does not have the same leading hash key as table KeySchema for index: " +
				*ix.IndexName + ". index hash key: " + own + ", table hash key: " + hash)
		}
		if err := checkProjection(ix.Projection); err != nil {
			return err
		}
		if names[*ix.IndexName] {
			return invalidParameter("Duplicate index name: " + *ix.IndexName)
		}
		names[*ix.IndexName] = true
	}
	if len(in.LocalSecondaryIndexes) > maxLocal {
		return invalidParameter("Number of LocalSecondaryIndexes exceeds per-table limit of 5")
	}
	return nil
}

func checkProjection(p *dynamodb.Projection) error {
	if p.ProjectionType == nil {
		return invalidParameter("Unknown ProjectionType: null")
	}
	switch {
	case p.NonKeyAttributes != nil && *p.ProjectionType != "INCLUDE":
		return invalidParameter("ProjectionType is " + *p.ProjectionType + ", but NonKeyAttributes is specified")
	case p.NonKeyAttributes == nil && *p.ProjectionType == "INCLUDE":
		return invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	}
	return nil
}

func checkGlobals(in *dynamodb.CreateTableInput, defined []string, names map[string]bool) error {
	if in.GlobalSecondaryIndexes == nil {
		return nil
	}
	if len(in.GlobalSecondaryIndexes) == 0 {
		return invalidParameter("List of GlobalSecondaryIndexes is empty")
	}
	projected := 0
	for _, ix := range in.GlobalSecondaryIndexes {
		if err := checkKeySchema(ix.KeySchema, defined, maxIndexHash, maxIndexSort); err != nil {
			return err
		}
		if err := checkProjection(ix.Projection); err != nil {
			return err
		}
		projected += len(ix.Projection.NonKeyAttributes)
		if err := checkIndexThroughput(*ix.IndexName, text(in.BillingMode), ix.ProvisionedThroughput); err != nil {
			return err
		}
		if names[*ix.IndexName] {
			return invalidParameter("Duplicate index name: " + *ix.IndexName)
		}
		names[*ix.IndexName] = true
	}
	for _, ix := range in.LocalSecondaryIndexes {
		projected += len(ix.Projection.NonKeyAttributes)
	}
	if projected > maxProjectedTotal {
		return invalidParameter("Number of distinct NonKeyAttributes exceeds per-table limit of 100")
	}
	if len(in.GlobalSecondaryIndexes) > maxGlobal {
		return invalidParameter("GlobalSecondaryIndex count exceeds the per-table limit of 20")
	}
	return nil
}

func checkIndexThroughput(index, billing string, t *dynamodb.ProvisionedThroughput) error {
	if billing == "PAY_PER_REQUEST" {
		if t != nil {
			return invalidParameter("ProvisionedThroughput should not be specified for index: " + index + " when BillingMode is PAY_PER_REQUEST")
		}
		return nil
	}
	if t == nil {
		return invalidParameter("ProvisionedThroughput must be specified for index: " + index)
	}
	return checkThroughput(t)
}

// checkDefinitionsUsed refuses attribute definitions that no key uses.
func checkDefinitionsUsed(in *dynamodb.CreateTableInput, defined []string) error {
	used := map[string]bool{}
	note := func(schema []dynamodb.KeySchemaElement) {
		for _, e := range schema {
			used[*e.AttributeName] = true
		}
	}
	note(in.KeySchema)
	for _, ix := range in.LocalSecondaryIndexes {
		note(ix.KeySchema)
	}
	for _, ix := range in.GlobalSecondaryIndexes {
		note(ix.KeySchema)
	}
	if len(used) == len(defined) {
		return nil
	}
	var keys []string
	for _, n := range defined {
		if used[n] {
			keys = append(keys, n)
		}
	}
	return invalidParameter("Some AttributeDefinitions are not used. AttributeDefinitions: " + bracketed(defined) + ", keys used: " + bracketed(keys))
}

// newTable makes the record of a checked request.
func (s *Service) newTable(call *awsapi.Call, name string, in *dynamodb.CreateTableInput) *tableRecord {
	now := s.clock.Now().UTC()
	r := &tableRecord{
		ID: s.ids.UUID(), Name: name, Account: call.Account(), Region: call.Region(), Created: now,
		Key: keyRecords(in.KeySchema), Billing: "PROVISIONED", Throughput: throughput(in.ProvisionedThroughput),
		Protected: truth(in.DeletionProtectionEnabled), Class: text(in.TableClass),
	}
	if text(in.BillingMode) == "PAY_PER_REQUEST" {
		r.Billing, r.OnDemandSince = "PAY_PER_REQUEST", &now
	}
	for _, d := range in.AttributeDefinitions {
		r.Attributes = append(r.Attributes, attributeRecord{*d.AttributeName, *d.AttributeType})
	}
	for _, ix := range in.LocalSecondaryIndexes {
		r.Local = append(r.Local, s.newIndex(*ix.IndexName, ix.KeySchema, ix.Projection, nil))
	}
	for _, ix := range in.GlobalSecondaryIndexes {
		r.Global = append(r.Global, s.newIndex(*ix.IndexName, ix.KeySchema, ix.Projection, ix.ProvisionedThroughput))
	}
	r.tag(in.Tags)
	return r
}

func (s *Service) newIndex(name string, key []dynamodb.KeySchemaElement, p *dynamodb.Projection, t *dynamodb.ProvisionedThroughput) indexRecord {
	return indexRecord{ID: s.ids.UUID(), Name: name, Key: keyRecords(key), Projection: *p.ProjectionType, NonKey: p.NonKeyAttributes, Throughput: throughput(t)}
}

func keyRecords(schema []dynamodb.KeySchemaElement) []keyRecord {
	out := make([]keyRecord, len(schema))
	for i, e := range schema {
		out[i] = keyRecord{*e.AttributeName, *e.KeyType}
	}
	return out
}

func throughput(t *dynamodb.ProvisionedThroughput) throughputRecord {
	if t == nil {
		return throughputRecord{}
	}
	return throughputRecord{Read: *t.ReadCapacityUnits, Write: *t.WriteCapacityUnits}
}

func ptr[T any](v T) *T { return &v }
