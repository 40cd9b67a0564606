package dynamodb

import (
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// describe makes the description of a table with the given status, without
// sizes.
func describe(r *tableRecord, status string) *dynamodb.TableDescription {
	arn := tableARN(r.Account, r.Region, r.Name)
	d := &dynamodb.TableDescription{
		TableName: &r.Name, TableArn: &arn, TableId: &r.ID, TableStatus: &status, CreationDateTime: &r.Created,
		KeySchema: keyElements(r.Key), ProvisionedThroughput: describeThroughput(&r.Throughput),
		TableSizeBytes: ptr(int64(0)), ItemCount: ptr(int64(0)), DeletionProtectionEnabled: &r.Protected,
	}
	for _, a := range r.Attributes {
		d.AttributeDefinitions = append(d.AttributeDefinitions, dynamodb.AttributeDefinition{AttributeName: ptr(a.Name), AttributeType: ptr(a.Type)})
	}
	if r.OnDemandSince != nil {
		d.BillingModeSummary = &dynamodb.BillingModeSummary{BillingMode: &r.Billing, LastUpdateToPayPerRequestDateTime: r.OnDemandSince}
	}
	if r.Class != "" {
		d.TableClassSummary = &dynamodb.TableClassSummary{TableClass: &r.Class, LastUpdateDateTime: r.ClassChanged}
	}
	for i := range r.Local {
		d.LocalSecondaryIndexes = append(d.LocalSecondaryIndexes, describeLocal(&r.Local[i], arn))
	}
	for i := range r.Global {
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, describeGlobal(&r.Global[i], arn))
	}
	return d
}

func keyElements(key []keyRecord) []dynamodb.KeySchemaElement {
	out := make([]dynamodb.KeySchemaElement, len(key))
	for i, k := range key {
		out[i] = dynamodb.KeySchemaElement{AttributeName: ptr(k.Name), KeyType: ptr(k.Type)}
	}
	return out
}

func describeThroughput(t *throughputRecord) *dynamodb.ProvisionedThroughputDescription {
	return &dynamodb.ProvisionedThroughputDescription{
		ReadCapacityUnits: &t.Read, WriteCapacityUnits: &t.Write, NumberOfDecreasesToday: &t.Decreases,
		LastIncreaseDateTime: t.Increased, LastDecreaseDateTime: t.Decreased,
	}
}

func describeLocal(ix *indexRecord, tableARN string) dynamodb.LocalSecondaryIndexDescription {
	return dynamodb.LocalSecondaryIndexDescription{
		IndexName: &ix.Name, IndexArn: ptr(tableARN + "/index/" + ix.Name), KeySchema: keyElements(ix.Key),
		Projection:     &dynamodb.Projection{ProjectionType: &ix.Projection, NonKeyAttributes: ix.NonKey},
		IndexSizeBytes: ptr(int64(0)), ItemCount: ptr(int64(0)),
	}
}

func describeGlobal(ix *indexRecord, tableARN string) dynamodb.GlobalSecondaryIndexDescription {
	d := dynamodb.GlobalSecondaryIndexDescription{
		IndexName: &ix.Name, IndexArn: ptr(tableARN + "/index/" + ix.Name), KeySchema: keyElements(ix.Key),
		Projection:     &dynamodb.Projection{ProjectionType: &ix.Projection, NonKeyAttributes: ix.NonKey},
		IndexSizeBytes: ptr(int64(0)), ItemCount: ptr(int64(0)), IndexStatus: ptr("ACTIVE"),
		ProvisionedThroughput: describeThroughput(&ix.Throughput),
	}
	if ix.Backfilling {
		d.IndexStatus, d.Backfilling = ptr("CREATING"), ptr(true)
	}
	return d
}
