package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/policy"
)

type allowAll struct{}

func (allowAll) Authorize(_ context.Context, _ *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	return awsapi.Decided{Demand: d, Decision: policy.Decision{Effect: policy.Allow}}, nil
}

type fixture struct {
	*Service
	t     *testing.T
	cloud *cloud
	db    *store.DB
}

var (
	admin = &awsapi.Caller{Kind: awsapi.User, Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/admin", UserName: "admin"}
	env   = &awsapi.Environment{Region: "us-east-1"}
)

func newFixture(t *testing.T, db *store.DB, c *cloud) *fixture {
	t.Helper()
	if db == nil {
		db = store.New(memstore.New())
	}
	svc := New(Config{DB: db, Door: c, Clock: clock.NewFake(time.Unix(1e9, 0)), IDs: ids.New(nil), Account: "000000000000", Region: "us-east-1"})
	c.door = awsapi.NewDoor("000000000000", allowAll{})
	c.door.Register(&awsapi.Service{Name: "cloudformation", Table: svc.Operations()})
	t.Cleanup(func() { _ = svc.Close() })
	return &fixture{svc, t, c, db}
}

func (f *fixture) deploy(body string) (*Stack, error) {
	return f.Deploy(context.Background(), admin, env, "notes", []byte(body), nil, nil)
}

func (f *fixture) mustDeploy(body string) *Stack {
	f.t.Helper()
	stack, err := f.deploy(body)
	if err != nil {
		f.t.Fatal(err)
	}
	return stack
}

func invoke[Out any](f *fixture, operation string, in any) (*Out, error) {
	f.t.Helper()
	v, _, err := f.cloud.Do(context.Background(), admin, env, "cloudformation", operation, in)
	if err != nil {
		return nil, err
	}
	return v.(*Out), nil
}

func (f *fixture) idle() {
	for {
		f.mu.Lock()
		var op *operation
		for _, o := range f.busy {
			op = o
		}
		f.mu.Unlock()
		if op == nil {
			return
		}
		<-op.done
	}
}

func (f *fixture) remove() {
	f.t.Helper()
	if _, err := invoke[shape.DeleteStackOutput](f, "DeleteStack", &shape.DeleteStackInput{StackName: ptr("notes")}); err != nil {
		f.t.Fatal(err)
	}
	f.idle()
}

func (f *fixture) status(name string) (status, reason string) {
	f.t.Helper()
	out, err := invoke[shape.DescribeStacksOutput](f, "DescribeStacks", &shape.DescribeStacksInput{StackName: &name})
	if err != nil {
		return err.Error(), ""
	}
	return *out.Stacks[0].StackStatus, text(out.Stacks[0].StackStatusReason)
}

const first = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      Description: one
      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Resource: !GetAtt Table.Arn}]}}]
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: t1, KeySchema: [{AttributeName: id, KeyType: HASH}], AttributeDefinitions: [{AttributeName: id, AttributeType: S}], BillingMode: PAY_PER_REQUEST}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: !Sub '${Table}-pool'}}
  Gone: {Type: AWS::S3::Bucket}
Outputs:
  TableName: {Value: !Ref Table, Export: {Name: notes-table}}
  PoolId: {Value: !Ref Pool}
`

// second changes a role in place (and its policy), replaces the log group by a
// named one and the table by another name, and has no bucket.
const second = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      Description: two
      Policies: [{PolicyName: q, PolicyDocument: {Statement: [{Resource: !GetAtt Table.Arn}]}}]
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: t2, KeySchema: [{AttributeName: id, KeyType: HASH}], AttributeDefinitions: [{AttributeName: id, AttributeType: S}], BillingMode: PAY_PER_REQUEST}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/x/${Table}', RetentionInDays: 14}}
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: t1-pool}}
  New: {Type: AWS::S3::Bucket, DependsOn: [Role, Logs], Properties: {BucketName: fresh}}
Outputs:
  TableName: {Value: !Ref Table, Export: {Name: notes-table}}
`

func TestCreateUpdateDelete(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	stack := f.mustDeploy(first)
	if stack.Outputs["TableName"] != "t1" || stack.Outputs["PoolId"] != stack.Resources["Pool"] || !stack.Changed {
		t.Errorf("stack %+v", stack)
	}
	if got := f.cloud.things["policy/"+stack.Resources["Role"]+"/p"]; got != `{"Statement":[{"Resource":"arn:table/t1"}]}` {
		t.Errorf("policy %q", got)
	}
	before, calls := f.cloud.state(), len(f.cloud.calls)
	if again := f.mustDeploy(first); again.Changed || len(f.cloud.calls) != calls {
		t.Errorf("the same template changed something: %v", f.cloud.calls[calls:])
	}
	pool := stack.Resources["Pool"]
	stack = f.mustDeploy(second)
	if stack.Resources["Pool"] != pool || stack.Resources["Table"] != "t2" || stack.Resources["Logs"] != "/x/t2" || stack.Resources["Gone"] != "" {
		t.Errorf("resources %v", stack.Resources)
	}
	state := f.cloud.state()
	for _, gone := range []string{"table/t1", "bucket/notes-gone", "/p ="} {
		if strings.Contains(state, gone) || !strings.Contains(before, gone) {
			t.Errorf("%s: before\n%s\nafter\n%s", gone, before, state)
		}
	}
	if status, _ := f.status("notes"); status != "UPDATE_COMPLETE" {
		t.Errorf("status %s", status)
	}
	f.remove()
	if left := f.cloud.state(); left != "" {
		t.Errorf("left over: %s", left)
	}
	if status, _ := f.status("notes"); status != "ValidationError: Stack with id notes does not exist" {
		t.Errorf("status %s", status)
	}
	if status, _ := f.status(stack.ID); status != "DELETE_COMPLETE" {
		t.Errorf("status by id %s", status)
	}
	out, err := invoke[shape.DescribeStackEventsOutput](f, "DescribeStackEvents", &shape.DescribeStackEventsInput{StackName: &stack.ID})
	if err != nil || *out.StackEvents[0].ResourceStatus != "DELETE_COMPLETE" || *out.StackEvents[len(out.StackEvents)-1].ResourceStatus != "CREATE_IN_PROGRESS" {
		t.Errorf("events %v %v", out, err)
	}
}

func TestCreateRollsBack(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	f.cloud.fail["CreateBucket"] = awsapi.Errorf("BucketAlreadyExists", "taken")
	_, err := f.deploy(first)
	var failure *Failure
	if !errors.As(err, &failure) || len(failure.Resources) != 1 || failure.Resources[0].LogicalID != "Gone" || !strings.Contains(failure.Resources[0].Reason, "taken") {
		t.Fatalf("failure %v", err)
	}
	if left := f.cloud.state(); left != "" {
		t.Errorf("left over: %s", left)
	}
	if status, reason := f.status("notes"); status != "ROLLBACK_COMPLETE" {
		t.Errorf("status %s %s", status, reason)
	}
	delete(f.cloud.fail, "CreateBucket")
	f.mustDeploy(first) // a stack that never stood is made anew
}

func TestUpdateRollsBackToWhatWas(t *testing.T) {
	for _, operation := range []string{"CreateBucket", "PutRolePolicy", "PutRetentionPolicy", "UpdateRole"} {
		t.Run(operation, func(t *testing.T) {
			f := newFixture(t, nil, newCloud())
			was := f.mustDeploy(first)
			before := f.cloud.state()
			f.cloud.fail[operation] = awsapi.Errorf("Boom", "no")
			_, err := f.deploy(second)
			var failure *Failure
			if !errors.As(err, &failure) {
				t.Fatalf("got %v", err)
			}
			if operation == "CreateBucket" {
				if status, _ := f.status("notes"); status != "UPDATE_ROLLBACK_COMPLETE" {
					t.Errorf("status %s", status)
				}
				if after := f.cloud.state(); after != before {
					t.Errorf("before\n%s\nafter\n%s", before, after)
				}
				out, err := invoke[shape.DescribeStacksOutput](f, "DescribeStacks", &shape.DescribeStacksInput{StackName: ptr("notes")})
				if err != nil || *out.Stacks[0].Outputs[0].OutputValue != was.Outputs["TableName"] {
					t.Errorf("outputs %v %v", out, err)
				}
				delete(f.cloud.fail, operation)
				f.mustDeploy(second)
			}
		})
	}
}

// TestPowerCut cuts the power at every call of a creation and of an update, before
// and after its effect, starts a new server on the same store and expects
// that either nothing has happened, or all.
func TestPowerCut(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, from := range []string{"", first} {
			to := first
			if from != "" {
				to = second
			}
			for n := 1; n < 60; n++ {
				if !powerCut(t, from, to, n, after) {
					break
				}
			}
		}
	}
}

func powerCut(t *testing.T, from, to string, n int, after bool) bool {
	t.Helper()
	c := newCloud()
	f := newFixture(t, nil, c)
	before := ""
	if from != "" {
		f.mustDeploy(from)
		before = c.state()
	}
	c.calls, c.dieAt, c.dieAfter, c.died = nil, n, after, f.cancel
	stack, err := f.deploy(to)
	f.Service.wait.Wait()
	c.dieAt = 0
	if err == nil {
		return false
	}
	again := newFixture(t, f.db, c)
	if err := again.Recover(context.Background()); err != nil {
		t.Fatalf("cut at %d (after %v): %v (%v)", n, after, err, stack)
	}
	status, _ := again.status("notes")
	got := c.state()
	switch status {
	case "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE":
		if got != before {
			t.Fatalf("cut at %d (after %v) of %v: %s\nbefore\n%s\nafter\n%s", n, after, c.calls, status, before, got)
		}
	case "UPDATE_COMPLETE":
		if strings.Contains(got, "table/t1") || !strings.Contains(got, "table/t2") {
			t.Fatalf("cut at %d (after %v): %s with\n%s", n, after, status, got)
		}
	default:
		t.Fatalf("cut at %d (after %v): %s", n, after, status)
	}
	if _, err := again.deploy(to); err != nil {
		t.Fatalf("deploy after the cut at %d: %v", n, err)
	}
	again.remove()
	if left := c.state(); left != "" {
		t.Fatalf("cut at %d (after %v) left over: %s", n, after, left)
	}
	return true
}

func TestRefusals(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"unknown type", "Resources: {A: {Type: AWS::SNS::Topic}}", "Unrecognized resource types: [AWS::SNS::Topic]"},
		{"unknown property", "Resources: {A: {Type: AWS::S3::Bucket, Properties: {Name: x}}}", "A (AWS::S3::Bucket): #: extraneous key [Name] is not permitted"},
		{"unbuilt property", "Resources: {A: {Type: AWS::S3::Bucket, Properties: {WebsiteConfiguration: {}}}}", "WebsiteConfiguration of AWS::S3::Bucket is not built"},
		{"required", "Resources: {A: {Type: AWS::DynamoDB::Table}}", "required key [KeySchema] not found"},
		{"attribute", "Resources: {A: {Type: AWS::S3::Bucket}}\nOutputs: {O: {Value: !GetAtt A.Nope}}", "resource A does not support attribute type Nope in Fn::GetAtt"},
		{"circle", "Resources: {A: {Type: AWS::S3::Bucket, DependsOn: B}, B: {Type: AWS::S3::Bucket, DependsOn: A}}", "Circular dependency between resources: [A, B]"},
		{"dangling", "Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}}}", "Unresolved resource dependencies [B] in the Resources block"},
		{"import", "Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !ImportValue nope}}}", "No export named nope found."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, nil, newCloud())
			_, err := f.deploy(tt.body)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if f.cloud.state() != "" {
				t.Error("something was made")
			}
		})
	}
}

func TestCapabilities(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	in := &shape.CreateStackInput{StackName: ptr("x"), TemplateBody: ptr(first)}
	_, err := invoke[shape.CreateStackOutput](f, "CreateStack", in)
	if err == nil || err.Error() != "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]" {
		t.Errorf("got %v", err)
	}
	in.Capabilities = []string{"CAPABILITY_IAM"}
	in.TemplateBody = ptr(strings.Replace(first, "Description: one", "Description: one\n      RoleName: r", 1))
	if _, err = invoke[shape.CreateStackOutput](f, "CreateStack", in); err == nil || !strings.Contains(err.Error(), "[CAPABILITY_NAMED_IAM]") {
		t.Errorf("got %v", err)
	}
}

// TestStuckRollback: a rollback that fails is continued by the next deploy, if
// need be without what cannot go back.
func TestStuckRollback(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	f.mustDeploy(first)
	third := strings.Replace(first, "Description: one", "Description: three", 1)
	third = strings.Replace(third, "Gone: {Type: AWS::S3::Bucket}", "Gone: {Type: AWS::S3::Bucket}\n  Last: {Type: AWS::S3::Bucket, DependsOn: Role, Properties: {BucketName: last}}", 1)
	f.cloud.fail["CreateBucket"] = awsapi.Errorf("Boom", "no")
	f.cloud.on = func(operation string, n int) error {
		if operation == "UpdateRole" && n > 1 {
			return awsapi.Errorf("Boom", "the role cannot go back")
		}
		return nil
	}
	if _, err := f.deploy(third); err == nil {
		t.Fatal("deployed")
	}
	if status, _ := f.status("notes"); status != "UPDATE_ROLLBACK_FAILED" {
		t.Fatalf("status %s", status)
	}
	delete(f.cloud.fail, "CreateBucket")
	_, err := f.deploy(strings.Replace(third, "Description: three", "Description: one", 1))
	if status, reason := f.status("notes"); err != nil || status != "UPDATE_COMPLETE" {
		t.Errorf("status %s %s: %v", status, reason, err)
	}
}

// TestChangeSets walks the way of `aws cloudformation deploy`.
func TestChangeSets(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	create := func(body, kind string) error {
		_, err := invoke[shape.CreateChangeSetOutput](f, "CreateChangeSet", &shape.CreateChangeSetInput{StackName: ptr("notes"), ChangeSetName: ptr("set"),
			ChangeSetType: &kind, TemplateBody: &body, Capabilities: []string{"CAPABILITY_IAM"}})
		return err
	}
	execute := func() {
		t.Helper()
		if _, err := invoke[shape.ExecuteChangeSetOutput](f, "ExecuteChangeSet", &shape.ExecuteChangeSetInput{StackName: ptr("notes"), ChangeSetName: ptr("set")}); err != nil {
			t.Fatal(err)
		}
		f.idle()
	}
	changes := func() string {
		t.Helper()
		out, err := invoke[shape.DescribeChangeSetOutput](f, "DescribeChangeSet", &shape.DescribeChangeSetInput{StackName: ptr("notes"), ChangeSetName: ptr("set")})
		if err != nil {
			t.Fatal(err)
		}
		text := *out.Status
		for _, c := range out.Changes {
			text += " " + *c.ResourceChange.Action + ":" + *c.ResourceChange.LogicalResourceId + ":" + s(c.ResourceChange.Replacement)
		}
		return text
	}
	if err := create(first, "UPDATE"); err == nil || !strings.Contains(err.Error(), "Stack [notes] does not exist") {
		t.Errorf("got %v", err)
	}
	if err := create(first, "CREATE"); err != nil {
		t.Fatal(err)
	}
	if status, _ := f.status("notes"); status != "REVIEW_IN_PROGRESS" || f.cloud.state() != "" {
		t.Errorf("status %s", status)
	}
	if got := changes(); got != "CREATE_COMPLETE Add:Role: Add:Table: Add:Logs: Add:Pool: Add:Gone:" {
		t.Errorf("changes %s", got)
	}
	execute()
	if status, _ := f.status("notes"); status != "CREATE_COMPLETE" {
		t.Errorf("status %s", status)
	}
	if err := create(second, "UPDATE"); err != nil {
		t.Fatal(err)
	}
	if got := changes(); got != "CREATE_COMPLETE Modify:Role:False Modify:Table:True Modify:Logs:True Add:New: Remove:Gone:" {
		t.Errorf("changes %s", got)
	}
	execute()
	if err := create(second, "UPDATE"); err != nil {
		t.Fatal(err)
	}
	if got := changes(); got != "FAILED" {
		t.Errorf("changes %s", got)
	}
}

func TestExports(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	f.mustDeploy(first)
	user := "Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub ['x-${t}', {t: !ImportValue notes-table}]}}}"
	if _, err := f.Deploy(context.Background(), admin, env, "user", []byte(user), nil, nil); err != nil {
		t.Fatal(err)
	}
	_, err := invoke[shape.DeleteStackOutput](f, "DeleteStack", &shape.DeleteStackInput{StackName: ptr("notes")})
	if err == nil || !strings.Contains(err.Error(), "Export notes-table cannot be deleted as it is in use by user") {
		t.Errorf("got %v", err)
	}
	_, err = f.deploy(second) // the export's value would change
	if err == nil || !strings.Contains(err.Error(), "Export notes-table cannot be updated as it is in use by user") {
		t.Errorf("got %v", err)
	}
	list, err := invoke[shape.ListExportsOutput](f, "ListExports", &shape.ListExportsInput{})
	if err != nil || len(list.Exports) != 1 || *list.Exports[0].Value != "t1" {
		t.Errorf("exports %v %v", list, err)
	}
	_, err = f.Deploy(context.Background(), admin, env, "third", []byte("Resources: {A: {Type: AWS::S3::Bucket}}\nOutputs: {O: {Value: x, Export: {Name: notes-table}}}"), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "Export with name notes-table is already exported by stack notes") {
		t.Errorf("got %v", err)
	}
}

func TestRetainAndStranger(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	body := "Resources:\n  A: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: keep}}\n  B: {Type: AWS::S3::Bucket, Properties: {BucketName: go-away}}\n"
	f.mustDeploy(body)
	f.remove()
	if got := f.cloud.state(); got != "bucket/keep = " {
		t.Errorf("left %q", got)
	}
	// The kept bucket is a stranger now: the creation fails and spares it.
	_, err := f.deploy(body)
	if err == nil || !strings.Contains(err.Error(), "'keep' already exists") {
		t.Errorf("got %v", err)
	}
	if got := f.cloud.state(); got != "bucket/keep = " {
		t.Errorf("left %q", got)
	}
}

func TestCustomNamedReplacement(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	f.mustDeploy(first)
	changed := strings.Replace(first, "KeySchema: [{AttributeName: id, KeyType: HASH}]", "KeySchema: [{AttributeName: other, KeyType: HASH}]", 1)
	_, err := f.deploy(changed)
	if err == nil || !strings.Contains(err.Error(), "Rename t1 and update the stack again.") {
		t.Errorf("got %v", err)
	}
}

func TestParametersAndNoEcho(t *testing.T) {
	f := newFixture(t, nil, newCloud())
	body := "Parameters: {Secret: {Type: String, NoEcho: true}, N: {Type: Number, Default: 3}}\nResources: {A: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: !Ref Secret}}}"
	_, err := f.deploy(body)
	if err == nil || !strings.Contains(err.Error(), "Parameters: [Secret] must have values") {
		t.Errorf("got %v", err)
	}
	if _, err = f.Deploy(context.Background(), admin, env, "notes", []byte(body), map[string]string{"Secret": "hush-hush"}, nil); err != nil {
		t.Fatal(err)
	}
	out, err := invoke[shape.DescribeStacksOutput](f, "DescribeStacks", &shape.DescribeStacksInput{StackName: ptr("notes")})
	if err != nil || fmt.Sprint(*out.Stacks[0].Parameters[1].ParameterValue) != "****" {
		t.Errorf("parameters %v %v", out, err)
	}
	_, err = invoke[shape.UpdateStackOutput](f, "UpdateStack", &shape.UpdateStackInput{StackName: ptr("notes"), UsePreviousTemplate: ptr(true),
		Parameters: []shape.Parameter{{ParameterKey: ptr("Secret"), UsePreviousValue: ptr(true)}}})
	if err == nil || err.Error() != "ValidationError: No updates are to be performed." {
		t.Errorf("got %v", err)
	}
}
