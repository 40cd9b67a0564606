package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

// errDied is what calls answer after the cloud's machine has lost power.
var errDied = errors.New("the server died")

// cloud is a small world behind the door: things by name with a description of
// their state, so that two moments can be compared. CloudFormation's own
// operations go to the real service.
type cloud struct {
	mu     sync.Mutex
	door   *awsapi.Door
	things map[string]string
	calls  []string
	next   int
	// fail makes an operation fail.
	fail map[string]error
	// on, if set, may refuse the n-th call of an operation.
	on    func(operation string, n int) error
	count map[string]int
	// dieAt cuts the power at the n-th call: before its effect, or after it.
	dieAt    int
	dieAfter bool
	died     func()
}

func newCloud() *cloud {
	return &cloud{things: map[string]string{}, fail: map[string]error{}, count: map[string]int{}}
}

func (c *cloud) Do(ctx context.Context, caller *awsapi.Caller, env *awsapi.Environment, service, operation string, in any) (any, *awsapi.Call, error) {
	if service == "cloudformation" {
		return c.door.Do(ctx, caller, env, service, operation, in)
	}
	if env.Via != via {
		return nil, nil, fmt.Errorf("%s is called without via", operation)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, operation)
	n := len(c.calls)
	if c.dieAt > 0 && (n > c.dieAt || n == c.dieAt && !c.dieAfter) {
		c.die()
		return nil, nil, errDied
	}
	if err := c.fail[operation]; err != nil {
		return nil, nil, err
	}
	if c.on != nil {
		c.count[operation]++
		if err := c.on(operation, c.count[operation]); err != nil {
			return nil, nil, err
		}
	}
	out, err := c.answer(in)
	if c.dieAt > 0 && n >= c.dieAt {
		c.die()
		return nil, nil, errDied
	}
	return out, nil, err
}

func (c *cloud) die() {
	if c.died != nil {
		c.died()
	}
}

// state is all there is, in order.
func (c *cloud) state() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(c.things)) {
		lines = append(lines, k+" = "+c.things[k])
	}
	return strings.Join(lines, "\n")
}

func (c *cloud) id(prefix string) string {
	c.next++
	return fmt.Sprintf("%s%d", prefix, c.next)
}

func (c *cloud) put(key, value string) { c.things[key] = value }

func (c *cloud) make(key, value string) error {
	if _, ok := c.things[key]; ok {
		return awsapi.Errorf("ResourceInUseException", "%s is there", key)
	}
	c.things[key] = value
	return nil
}

func (c *cloud) need(key, code string) error {
	if _, ok := c.things[key]; !ok {
		return awsapi.Errorf(code, "%s is not there", key)
	}
	return nil
}

func (c *cloud) drop(key, code string) error {
	if err := c.need(key, code); err != nil {
		return err
	}
	delete(c.things, key)
	return nil
}

func s(p *string) string { return text(p) }

//nolint:gocyclo // a table of small answers
func (c *cloud) answer(in any) (any, error) {
	switch in := in.(type) {
	case *logs.DescribeLogGroupsInput:
		out := &logs.DescribeLogGroupsOutput{}
		if _, ok := c.things["log/"+s(in.LogGroupNamePrefix)]; ok {
			out.LogGroups = append(out.LogGroups, logs.LogGroup{LogGroupName: in.LogGroupNamePrefix})
		}
		return out, nil
	case *logs.CreateLogGroupInput:
		return &logs.CreateLogGroupOutput{}, c.make("log/"+s(in.LogGroupName), "")
	case *logs.PutRetentionPolicyInput:
		c.put("log/"+s(in.LogGroupName), fmt.Sprint(*in.RetentionInDays))
		return &logs.PutRetentionPolicyOutput{}, nil
	case *logs.DeleteRetentionPolicyInput:
		c.put("log/"+s(in.LogGroupName), "")
		return &logs.DeleteRetentionPolicyOutput{}, nil
	case *logs.DeleteLogGroupInput:
		return &logs.DeleteLogGroupOutput{}, c.drop("log/"+s(in.LogGroupName), "ResourceNotFoundException")
	case *dynamodb.DescribeTableInput:
		if err := c.need("table/"+s(in.TableName), "ResourceNotFoundException"); err != nil {
			return nil, err
		}
		return &dynamodb.DescribeTableOutput{Table: &dynamodb.TableDescription{TableStatus: ptr("ACTIVE"), TableArn: ptr("arn:table/" + s(in.TableName))}}, nil
	case *dynamodb.CreateTableInput:
		return &dynamodb.CreateTableOutput{}, c.make("table/"+s(in.TableName), s(in.BillingMode))
	case *dynamodb.UpdateTableInput:
		c.put("table/"+s(in.TableName), s(in.BillingMode))
		return &dynamodb.UpdateTableOutput{}, nil
	case *dynamodb.DeleteTableInput:
		return &dynamodb.DeleteTableOutput{}, c.drop("table/"+s(in.TableName), "ResourceNotFoundException")
	case *s3.HeadBucketInput:
		return &s3.HeadBucketOutput{}, c.need("bucket/"+s(in.Bucket), "404")
	case *s3.CreateBucketInput:
		return &s3.CreateBucketOutput{}, c.make("bucket/"+s(in.Bucket), "")
	case *s3.DeleteBucketInput:
		return &s3.DeleteBucketOutput{}, c.drop("bucket/"+s(in.Bucket), "NoSuchBucket")
	case *iam.GetRoleInput:
		return &iam.GetRoleOutput{}, c.need("role/"+s(in.RoleName), "NoSuchEntity")
	case *iam.CreateRoleInput:
		return &iam.CreateRoleOutput{Role: &iam.Role{Arn: ptr("arn:role/" + s(in.RoleName)), RoleId: ptr("AROA")}}, c.make("role/"+s(in.RoleName), s(in.Description))
	case *iam.UpdateRoleInput:
		c.put("role/"+s(in.RoleName), s(in.Description))
		return &iam.UpdateRoleOutput{}, nil
	case *iam.PutRolePolicyInput:
		c.put("policy/"+s(in.RoleName)+"/"+s(in.PolicyName), s(in.PolicyDocument))
		return &iam.PutRolePolicyOutput{}, nil
	case *iam.DeleteRolePolicyInput:
		return &iam.DeleteRolePolicyOutput{}, c.drop("policy/"+s(in.RoleName)+"/"+s(in.PolicyName), "NoSuchEntity")
	case *iam.DeleteRoleInput:
		return &iam.DeleteRoleOutput{}, c.drop("role/"+s(in.RoleName), "NoSuchEntity")
	case *cognitoidp.CreateUserPoolInput:
		id := c.id("us-east-1_P")
		c.put("pool/"+id, s(in.PoolName)+"|"+in.UserPoolTags["aws:cloudformation:stack-id"]+"|"+in.UserPoolTags["aws:cloudformation:logical-id"])
		return &cognitoidp.CreateUserPoolOutput{UserPool: &cognitoidp.UserPoolType{Id: &id}}, nil
	case *cognitoidp.ListUserPoolsInput:
		out := &cognitoidp.ListUserPoolsOutput{}
		for key := range c.things {
			if id, ok := strings.CutPrefix(key, "pool/"); ok {
				out.UserPools = append(out.UserPools, cognitoidp.UserPoolDescriptionType{Id: ptr(id)})
			}
		}
		return out, nil
	case *cognitoidp.DescribeUserPoolInput:
		parts := strings.Split(c.things["pool/"+s(in.UserPoolId)], "|")
		return &cognitoidp.DescribeUserPoolOutput{UserPool: &cognitoidp.UserPoolType{Id: in.UserPoolId,
			UserPoolTags: map[string]string{"aws:cloudformation:stack-id": parts[1], "aws:cloudformation:logical-id": parts[2]}}}, nil
	case *cognitoidp.DeleteUserPoolInput:
		return &cognitoidp.DeleteUserPoolOutput{}, c.drop("pool/"+s(in.UserPoolId), "ResourceNotFoundException")
	}
	return c.answerAPI(in)
}

func (c *cloud) answerAPI(in any) (any, error) {
	switch in := in.(type) {
	case *lambda.GetFunctionConfigurationInput:
		return &lambda.GetFunctionConfigurationOutput{}, c.need("function/"+s(in.FunctionName), "ResourceNotFoundException")
	case *lambda.CreateFunctionInput:
		return &lambda.CreateFunctionOutput{FunctionArn: ptr("arn:function/" + s(in.FunctionName))}, c.make("function/"+s(in.FunctionName), s(in.Code.S3Key))
	case *lambda.UpdateFunctionCodeInput:
		c.put("function/"+s(in.FunctionName), s(in.S3Key))
		return &lambda.UpdateFunctionCodeOutput{}, nil
	case *lambda.DeleteFunctionInput:
		return &lambda.DeleteFunctionOutput{}, c.drop("function/"+s(in.FunctionName), "ResourceNotFoundException")
	case *lambda.AddPermissionInput:
		return &lambda.AddPermissionOutput{}, c.make("permission/"+s(in.FunctionName), "")
	case *lambda.RemovePermissionInput:
		return &lambda.RemovePermissionOutput{}, c.drop("permission/"+s(in.FunctionName), "ResourceNotFoundException")
	case *apigateway.CreateRestApiInput:
		id := c.id("api")
		c.put("api/"+id, s(in.Name))
		return &apigateway.CreateRestApiOutput{Id: &id, RootResourceId: ptr(id + "root")}, nil
	case *apigateway.GetRestApisInput:
		return &apigateway.GetRestApisOutput{}, nil
	case *apigateway.DeleteRestApiInput:
		return &apigateway.DeleteRestApiOutput{}, c.drop("api/"+s(in.RestApiId), "NotFoundException")
	case *apigateway.CreateResourceInput:
		return &apigateway.CreateResourceOutput{Id: ptr(c.id("res"))}, nil
	case *apigateway.GetResourcesInput:
		return &apigateway.GetResourcesOutput{}, nil
	case *apigateway.DeleteResourceInput:
		return &apigateway.DeleteResourceOutput{}, nil
	case *apigateway.PutMethodInput:
		return &apigateway.PutMethodOutput{}, c.make("method/"+s(in.ResourceId)+"/"+s(in.HttpMethod), s(in.AuthorizationType))
	case *apigateway.DeleteMethodInput:
		return &apigateway.DeleteMethodOutput{}, c.drop("method/"+s(in.ResourceId)+"/"+s(in.HttpMethod), "NotFoundException")
	case *apigateway.PutMethodResponseInput:
		return &apigateway.PutMethodResponseOutput{}, nil
	case *apigateway.PutIntegrationInput:
		return &apigateway.PutIntegrationOutput{}, nil
	case *apigateway.PutIntegrationResponseInput:
		return &apigateway.PutIntegrationResponseOutput{}, nil
	case *apigateway.GetStageInput:
		v, ok := c.things["stage/"+s(in.StageName)]
		if !ok {
			return nil, awsapi.Errorf("NotFoundException", "no stage")
		}
		return &apigateway.GetStageOutput{DeploymentId: &v}, nil
	case *apigateway.CreateDeploymentInput:
		id := c.id("dep")
		c.put("deployment/"+id, "")
		c.put("stage/"+s(in.StageName), id)
		return &apigateway.CreateDeploymentOutput{Id: &id}, nil
	case *apigateway.UpdateStageInput:
		c.put("stage/"+s(in.StageName), s(in.PatchOperations[0].Value))
		return &apigateway.UpdateStageOutput{}, nil
	case *apigateway.DeleteStageInput:
		return &apigateway.DeleteStageOutput{}, c.drop("stage/"+s(in.StageName), "NotFoundException")
	case *apigateway.DeleteDeploymentInput:
		return &apigateway.DeleteDeploymentOutput{}, c.drop("deployment/"+s(in.DeploymentId), "NotFoundException")
	case *apigateway.CreateAuthorizerInput:
		return &apigateway.CreateAuthorizerOutput{Id: ptr(c.id("auth"))}, nil
	case *apigateway.DeleteAuthorizerInput:
		return &apigateway.DeleteAuthorizerOutput{}, nil
	case *apigateway.PutGatewayResponseInput:
		return &apigateway.PutGatewayResponseOutput{}, nil
	case *apigateway.DeleteGatewayResponseInput:
		return &apigateway.DeleteGatewayResponseOutput{}, nil
	}
	return nil, fmt.Errorf("the cloud of the tests does not know %T", in)
}
