package iam

import (
	"time"

	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/policy"
)

// managedPolicy is one policy that AWS itself manages.
type managedPolicy struct {
	name, path, id, version, description, document string
	compiled                                       *policy.Policy
}

func (m *managedPolicy) arn() string { return "arn:aws:iam::aws:policy" + m.path + m.name }

// managedSince is the creation date shown for all of them.
func managedSince() time.Time { return time.Date(2015, time.February, 6, 18, 40, 0, 0, time.UTC) }

func (m *managedPolicy) shape(attached, bounded int32) *shape.Policy {
	return &shape.Policy{
		PolicyName: &m.name, PolicyId: &m.id, Arn: ptr(m.arn()), Path: &m.path, DefaultVersionId: &m.version,
		AttachmentCount: &attached, PermissionsBoundaryUsageCount: &bounded, IsAttachable: ptr(true),
		Description: &m.description, CreateDate: whenPtr(managedSince()), UpdateDate: whenPtr(managedSince()),
	}
}

func (m *managedPolicy) versionShape() *shape.PolicyVersion {
	return &shape.PolicyVersion{
		Document: escapeDocument(m.document), VersionId: &m.version, IsDefaultVersion: ptr(true), CreateDate: whenPtr(managedSince()),
	}
}

// allow makes the document of a policy that is one Allow statement.
func allow(actions, resources string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` + actions + `],"Resource":` + resources + `}]}`
}

// awsManaged are the AWS managed policies that applications of this
// architecture name. Their documents are from memory of AWS's own, cut to what
// they say about services that exist in Bawn; policies whose meaning lies in a
// long list of other services (ReadOnlyAccess) are left out on purpose: a
// missing one is refused when it is attached, a wrong one would not be noticed.
func awsManaged() []*managedPolicy {
	const logs = `"logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"`
	list := []*managedPolicy{
		{name: "AdministratorAccess", description: "Provides full access to AWS services and resources.", document: allow(`"*"`, `"*"`)},
		{
			name: "PowerUserAccess", description: "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
			document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},` +
				`{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization"],"Resource":"*"}]}`,
		},
		{name: "IAMFullAccess", description: "Provides full access to IAM.", document: allow(`"iam:*"`, `"*"`)},
		{name: "IAMReadOnlyAccess", description: "Provides read only access to IAM.", document: allow(`"iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"`, `"*"`)},
		{name: "AWSLambdaBasicExecutionRole", path: "/service-role/", description: "Provides write permissions to CloudWatch Logs.", document: allow(logs, `"*"`)},
		{name: "AWSLambdaRole", path: "/service-role/", description: "Default policy for AWS Lambda service role.", document: allow(`"lambda:InvokeFunction"`, `["*"]`)},
		{name: "AWSLambdaDynamoDBExecutionRole", path: "/service-role/", description: "Provides list and read access to DynamoDB streams and write permissions to CloudWatch Logs.", document: allow(`"dynamodb:DescribeStream","dynamodb:GetRecords","dynamodb:GetShardIterator","dynamodb:ListStreams",`+logs, `"*"`)},
		{name: "AWSLambdaSQSQueueExecutionRole", path: "/service-role/", description: "Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs.", document: allow(`"sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes",`+logs, `"*"`)},
		{name: "AmazonAPIGatewayPushToCloudWatchLogs", path: "/service-role/", description: "Allows API Gateway to push logs to user's account.", document: allow(`"logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogGroups","logs:DescribeLogStreams","logs:PutLogEvents","logs:GetLogEvents","logs:FilterLogEvents"`, `"*"`)},
		{name: "AmazonAPIGatewayInvokeFullAccess", description: "Provides full access to invoke APIs in Amazon API Gateway.", document: allow(`"execute-api:Invoke","execute-api:ManageConnections"`, `"arn:aws:execute-api:*:*:*"`)},
		{name: "AmazonAPIGatewayAdministrator", description: "Provides full access to create/edit/delete APIs in Amazon API Gateway via the AWS Management Console.", document: allow(`"apigateway:*"`, `"arn:aws:apigateway:*::/*"`)},
		{name: "AmazonDynamoDBFullAccess", description: "Provides full access to Amazon DynamoDB via the AWS Management Console.", document: allow(`"dynamodb:*","dax:*","application-autoscaling:DeleteScalingPolicy","application-autoscaling:DeregisterScalableTarget","application-autoscaling:DescribeScalableTargets","application-autoscaling:DescribeScalingActivities","application-autoscaling:DescribeScalingPolicies","application-autoscaling:PutScalingPolicy","application-autoscaling:RegisterScalableTarget","cloudwatch:DeleteAlarms","cloudwatch:DescribeAlarmHistory","cloudwatch:DescribeAlarms","cloudwatch:DescribeAlarmsForMetric","cloudwatch:GetMetricData","cloudwatch:GetMetricStatistics","cloudwatch:ListMetrics","cloudwatch:PutMetricAlarm","sns:CreateTopic","sns:DeleteTopic","sns:ListSubscriptions","sns:ListSubscriptionsByTopic","sns:ListTopics","sns:SetTopicAttributes","sns:Subscribe","sns:Unsubscribe","lambda:CreateEventSourceMapping","lambda:CreateFunction","lambda:DeleteEventSourceMapping","lambda:DeleteFunction","lambda:GetFunctionConfiguration","lambda:ListEventSourceMappings","lambda:ListFunctions"`, `"*"`)},
		{name: "AmazonDynamoDBReadOnlyAccess", description: "Provides read only access to Amazon DynamoDB via the AWS Management Console.", document: allow(`"dynamodb:BatchGetItem","dynamodb:Describe*","dynamodb:List*","dynamodb:GetItem","dynamodb:GetResourcePolicy","dynamodb:Query","dynamodb:Scan","dynamodb:PartiQLSelect"`, `"*"`)},
		{name: "AmazonS3FullAccess", description: "Provides full access to all buckets via the AWS Management Console.", document: allow(`"s3:*","s3-object-lambda:*"`, `"*"`)},
		{name: "AmazonS3ReadOnlyAccess", description: "Provides read only access to all buckets via the AWS Management Console.", document: allow(`"s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"`, `"*"`)},
		{name: "CloudWatchLogsFullAccess", description: "Provides full access to CloudWatch Logs.", document: allow(`"logs:*"`, `"*"`)},
		{name: "CloudWatchLogsReadOnlyAccess", description: "Provides read only access to CloudWatch Logs.", document: allow(`"logs:Describe*","logs:Get*","logs:List*","logs:StartQuery","logs:StopQuery","logs:TestMetricFilter","logs:FilterLogEvents"`, `"*"`)},
		{name: "AmazonCognitoUnauthenticatedIdentities", description: "Session policy of the guests of identity pools.", document: allow(`"rum:PutRumEvents"`, `"*"`)},
	}
	for i, m := range list {
		if m.path == "" {
			m.path = "/"
		}
		m.version = "v1"
		m.id = "ANPA" + "BAWNAWSMANAGED" + string(rune('A'+i/26)) + string(rune('A'+i%26)) + "A"
	}
	return list
}
