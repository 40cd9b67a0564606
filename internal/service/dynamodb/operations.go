package dynamodb

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// Operations is the table of what is built.
func (s *Service) Operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("CreateTable", s.CreateTable, awsapi.Per(s.createDemands)),
		awsapi.Op("DescribeTable", s.DescribeTable, awsapi.On("dynamodb:DescribeTable", func(c *awsapi.Call, in *dynamodb.DescribeTableInput) string { return arnOf(c, in.TableName) })),
		awsapi.Op("UpdateTable", s.UpdateTable, awsapi.On("dynamodb:UpdateTable", func(c *awsapi.Call, in *dynamodb.UpdateTableInput) string { return arnOf(c, in.TableName) })),
		awsapi.Op("DeleteTable", s.DeleteTable, awsapi.On("dynamodb:DeleteTable", func(c *awsapi.Call, in *dynamodb.DeleteTableInput) string { return arnOf(c, in.TableName) })),
		awsapi.Op("ListTables", s.ListTables, awsapi.Any[dynamodb.ListTablesInput]("dynamodb:ListTables")),
		awsapi.Op("DescribeLimits", s.DescribeLimits, awsapi.Any[dynamodb.DescribeLimitsInput]("dynamodb:DescribeLimits")),
		awsapi.Op("DescribeEndpoints", s.DescribeEndpoints, awsapi.Any[dynamodb.DescribeEndpointsInput]("dynamodb:DescribeEndpoints")),
		awsapi.Op("TagResource", s.TagResource, awsapi.On("dynamodb:TagResource", func(_ *awsapi.Call, in *dynamodb.TagResourceInput) string { return text(in.ResourceArn) })),
		awsapi.Op("UntagResource", s.UntagResource, awsapi.On("dynamodb:UntagResource", func(_ *awsapi.Call, in *dynamodb.UntagResourceInput) string { return text(in.ResourceArn) })),
		awsapi.Op("ListTagsOfResource", s.ListTagsOfResource, awsapi.On("dynamodb:ListTagsOfResource", func(_ *awsapi.Call, in *dynamodb.ListTagsOfResourceInput) string { return text(in.ResourceArn) })),
		awsapi.Op("UpdateTimeToLive", s.UpdateTimeToLive, awsapi.On("dynamodb:UpdateTimeToLive", func(c *awsapi.Call, in *dynamodb.UpdateTimeToLiveInput) string { return arnOf(c, in.TableName) })),
		awsapi.Op("DescribeTimeToLive", s.DescribeTimeToLive, awsapi.On("dynamodb:DescribeTimeToLive", func(c *awsapi.Call, in *dynamodb.DescribeTimeToLiveInput) string { return arnOf(c, in.TableName) })),

		awsapi.Op("PutItem", s.PutItem, awsapi.Per(s.putDemands)),
		awsapi.Op("GetItem", s.GetItem, awsapi.Per(s.getDemands)),
		awsapi.Op("UpdateItem", s.UpdateItem, awsapi.Per(s.updateDemands)),
		awsapi.Op("DeleteItem", s.DeleteItem, awsapi.Per(s.deleteDemands)),
		awsapi.Op("Query", s.Query, awsapi.Per(s.queryDemands)),
		awsapi.Op("Scan", s.Scan, awsapi.Per(s.scanDemands)),
		awsapi.Op("BatchGetItem", s.BatchGetItem, awsapi.Per(s.batchGetDemands)),
		awsapi.Op("BatchWriteItem", s.BatchWriteItem, awsapi.Per(s.batchWriteDemands)),
		awsapi.Op("TransactGetItems", s.TransactGetItems, awsapi.Per(s.transactGetDemands)),
		awsapi.Op("TransactWriteItems", s.TransactWriteItems, awsapi.Per(s.transactWriteDemands)),
	)
}

// arnOf is the ARN of the table a TableName parameter names. What is no name
// gives an ARN that matches no table.
func arnOf(call *awsapi.Call, given *string) string {
	name, err := tableName(call, given)
	if err != nil {
		name = text(given)
	}
	return tableARN(call.Account(), call.Region(), name)
}
