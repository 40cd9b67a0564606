package lambda

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
)

func TestInvoke(t *testing.T) {
	f := newFixture(t, nil)
	must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	var seen *Version
	f.runner.run = func(v *Version, in *Invocation) (*Outcome, error) {
		seen = v
		return &Outcome{Payload: in.Payload, LogTail: []byte("log")}, nil
	}
	out := must[shape.InvokeOutput](f, "Invoke", &shape.InvokeInput{FunctionName: new("f"), Payload: []byte(`{"a":1}`), LogType: new("Tail"),
		ClientContext: new(base64.StdEncoding.EncodeToString([]byte(`{"client":1}`)))})
	if *out.StatusCode != 200 || string(out.Payload) != `{"a":1}` || *out.LogResult != "bG9n" || *out.ExecutedVersion != "$LATEST" || out.FunctionError != nil {
		t.Errorf("got %+v", out)
	}
	in := f.runner.calls[0]
	if in.RequestID != "req-1" || string(in.ClientContext) != `{"client":1}` || in.FunctionARN != "arn:aws:lambda:us-east-1:000000000000:function:f" {
		t.Errorf("ran %+v", in)
	}
	if b, err := os.ReadFile(filepath.Join(seen.CodeDir, "lib/a.txt")); err != nil || string(b) != "a" {
		t.Errorf("code %q, %v", b, err)
	}
	first := seen
	must[shape.InvokeOutput](f, "Invoke", &shape.InvokeInput{FunctionName: new("f"), Payload: []byte(`1`)})
	if seen != first {
		t.Error("the same version came with another pointer")
	}
	must[shape.UpdateFunctionConfigurationOutput](f, "UpdateFunctionConfiguration", &shape.UpdateFunctionConfigurationInput{FunctionName: new("f"), Timeout: new(int32(7))})
	must[shape.InvokeOutput](f, "Invoke", &shape.InvokeInput{FunctionName: new("f"), Payload: []byte(`1`)})
	if seen == first || seen.Timeout != 7*time.Second {
		t.Errorf("after the change it ran %+v", seen)
	}
	dry := must[shape.InvokeOutput](f, "Invoke", &shape.InvokeInput{FunctionName: new("f"), InvocationType: new("DryRun")})
	if *dry.StatusCode != 204 || f.runner.count() != 3 {
		t.Errorf("dry run: %+v after %d calls", dry, f.runner.count())
	}
}

func TestInvokeRefusals(t *testing.T) {
	f := newFixture(t, nil)
	must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	in := func(payload string) *shape.InvokeInput {
		return &shape.InvokeInput{FunctionName: new("f"), Payload: []byte(payload)}
	}
	refused(f, "Invoke", in(`{bad`), "InvalidRequestContentException", "Could not parse request body into json")
	refused(f, "Invoke", in(`"`+strings.Repeat("x", 6<<20)+`"`), "RequestTooLargeException", "RequestResponse")
	big := in(`"` + strings.Repeat("x", 1<<20) + `"`)
	big.InvocationType = new("Event")
	refused(f, "Invoke", big, "RequestTooLargeException", "Event")
	refused(f, "Invoke", &shape.InvokeInput{FunctionName: new("g")}, "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g")
	refused(f, "Invoke", &shape.InvokeInput{FunctionName: new("f"), Qualifier: new("3")}, "ResourceNotFoundException", "function:f:3")
	refused(f, "Invoke", &shape.InvokeInput{FunctionName: new("f:1"), Qualifier: new("2")}, "InvalidParameterValueException", "derived qualifier")
	refused(f, "Invoke", &shape.InvokeInput{FunctionName: new("f"), ClientContext: new("x")}, "InvalidRequestContentException", "Client context")
	f.runner.run = func(*Version, *Invocation) (*Outcome, error) {
		return nil, &Throttled{"ConcurrentInvocationLimitExceeded"}
	}
	refused(f, "Invoke", in(`1`), "TooManyRequestsException", "Rate Exceeded")
	f.runner.run = func(*Version, *Invocation) (*Outcome, error) { return nil, &NotRunnable{"no Node"} }
	refused(f, "Invoke", in(`1`), "InvalidRuntimeException", "no Node")
	f.runner.run = func(*Version, *Invocation) (*Outcome, error) {
		return &Outcome{Payload: []byte(`{"errorType":"Error"}`), FunctionError: "Unhandled"}, nil
	}
	if out := must[shape.InvokeOutput](f, "Invoke", in(`1`)); *out.StatusCode != 200 || *out.FunctionError != "Unhandled" {
		t.Errorf("got %+v", out)
	}
	f.auth.refused["lambda:InvokeFunction"] = true
	refused(f, "Invoke", in(`1`), "AccessDeniedException", "lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:f")
}

func TestResourcePolicy(t *testing.T) {
	f := newFixture(t, nil)
	must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	user := f.caller
	api := &awsapi.Caller{Kind: awsapi.ServicePrincipal, Account: account, ServiceName: "apigateway.amazonaws.com",
		SourceARN: "arn:aws:execute-api:us-east-1:000000000000:api1/dev/GET/notes", SourceAccount: account}
	call := &shape.InvokeInput{FunctionName: new("arn:aws:lambda:us-east-1:000000000000:function:f"), Payload: []byte(`{}`)}
	f.caller = api
	refused(f, "Invoke", call, "AccessDeniedException", "apigateway.amazonaws.com")

	f.caller = user
	refused(f, "GetPolicy", &shape.GetPolicyInput{FunctionName: new("f")}, "ResourceNotFoundException", "does not exist")
	grant := &shape.AddPermissionInput{FunctionName: new("f"), StatementId: new("gateway"), Action: new("lambda:InvokeFunction"),
		Principal: new("apigateway.amazonaws.com"), SourceArn: new("arn:aws:execute-api:us-east-1:000000000000:api1/*/*")}
	added := must[shape.AddPermissionOutput](f, "AddPermission", grant)
	want := `{"Sid":"gateway","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:execute-api:us-east-1:000000000000:api1/*/*"}}}`
	if *added.Statement != want {
		t.Errorf("statement %s", *added.Statement)
	}
	refused(f, "AddPermission", grant, "ResourceConflictException", "The statement id (gateway) provided already exists")

	f.caller = api
	must[shape.InvokeOutput](f, "Invoke", call)
	other := *api
	other.SourceARN = "arn:aws:execute-api:us-east-1:000000000000:api2/dev/GET/notes"
	f.caller = &other
	refused(f, "Invoke", call, "AccessDeniedException", "")
	other.SourceARN, other.ServiceName = api.SourceARN, "s3.amazonaws.com"
	refused(f, "Invoke", call, "AccessDeniedException", "")

	f.caller = user
	got := must[shape.GetPolicyOutput](f, "GetPolicy", &shape.GetPolicyInput{FunctionName: new("f")})
	if !strings.Contains(*got.Policy, want) {
		t.Errorf("policy %s", *got.Policy)
	}
	refused(f, "RemovePermission", &shape.RemovePermissionInput{FunctionName: new("f"), StatementId: new("x")}, "ResourceNotFoundException", "Statement x")
	must[shape.RemovePermissionOutput](f, "RemovePermission", &shape.RemovePermissionInput{FunctionName: new("f"), StatementId: new("gateway")})
	f.caller = api
	refused(f, "Invoke", call, "AccessDeniedException", "")
}

func TestVersions(t *testing.T) {
	f := newFixture(t, nil)
	made := must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	refused(f, "PublishVersion", &shape.PublishVersionInput{FunctionName: new("f"), CodeSha256: new("x")}, "InvalidParameterValueException", "CodeSHA256 (x)")
	one := must[shape.PublishVersionOutput](f, "PublishVersion", &shape.PublishVersionInput{FunctionName: new("f"), CodeSha256: made.CodeSha256, Description: new("first")})
	if *one.Version != "1" || *one.FunctionArn != *made.FunctionArn+":1" || *one.Description != "first" {
		t.Errorf("version %+v", one)
	}
	again := must[shape.PublishVersionOutput](f, "PublishVersion", &shape.PublishVersionInput{FunctionName: new("f")})
	if *again.Version != "1" {
		t.Errorf("nothing changed, but version %s", *again.Version)
	}
	two := must[shape.UpdateFunctionCodeOutput](f, "UpdateFunctionCode", &shape.UpdateFunctionCodeInput{FunctionName: new("f"), ZipFile: zipOf(t, map[string]string{"index.js": "2"}), Publish: new(true)})
	if *two.Version != "2" {
		t.Errorf("version %s", *two.Version)
	}
	out := must[shape.InvokeOutput](f, "Invoke", &shape.InvokeInput{FunctionName: new("f:1"), Payload: []byte(`1`)})
	if *out.ExecutedVersion != "1" {
		t.Errorf("ran %s", *out.ExecutedVersion)
	}
	var all []string
	in := &shape.ListVersionsByFunctionInput{FunctionName: new("f"), MaxItems: new(int32(2))}
	for {
		page := must[shape.ListVersionsByFunctionOutput](f, "ListVersionsByFunction", in)
		for _, v := range page.Versions {
			all = append(all, *v.Version)
		}
		if in.Marker = page.NextMarker; in.Marker == nil {
			break
		}
	}
	if strings.Join(all, " ") != "$LATEST 1 2" {
		t.Errorf("versions %v", all)
	}
	must[shape.DeleteFunctionOutput](f, "DeleteFunction", &shape.DeleteFunctionInput{FunctionName: new("f"), Qualifier: new("1")})
	refused(f, "Invoke", &shape.InvokeInput{FunctionName: new("f:1")}, "ResourceNotFoundException", "f:1")
}

func TestConcurrencySettings(t *testing.T) {
	f := newFixture(t, nil)
	for _, name := range []string{"a", "b"} {
		must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, name))
	}
	put := func(name string, n int32) *shape.PutFunctionConcurrencyInput {
		return &shape.PutFunctionConcurrencyInput{FunctionName: &name, ReservedConcurrentExecutions: &n}
	}
	must[shape.PutFunctionConcurrencyOutput](f, "PutFunctionConcurrency", put("a", 600))
	refused(f, "PutFunctionConcurrency", put("b", 301), "InvalidParameterValueException", "below its minimum value of [100]")
	must[shape.PutFunctionConcurrencyOutput](f, "PutFunctionConcurrency", put("b", 300))
	settings := must[shape.GetAccountSettingsOutput](f, "GetAccountSettings", &shape.GetAccountSettingsInput{})
	if *settings.AccountLimit.UnreservedConcurrentExecutions != 100 || *settings.AccountUsage.FunctionCount != 2 {
		t.Errorf("settings %+v %+v", settings.AccountLimit, settings.AccountUsage)
	}
	must[shape.DeleteFunctionConcurrencyOutput](f, "DeleteFunctionConcurrency", &shape.DeleteFunctionConcurrencyInput{FunctionName: new("a")})
	if got := must[shape.GetFunctionConcurrencyOutput](f, "GetFunctionConcurrency", &shape.GetFunctionConcurrencyInput{FunctionName: new("a")}); got.ReservedConcurrentExecutions != nil {
		t.Errorf("still %d", *got.ReservedConcurrentExecutions)
	}
}

func TestTags(t *testing.T) {
	f := newFixture(t, nil)
	made := must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	must[shape.TagResourceOutput](f, "TagResource", &shape.TagResourceInput{Resource: made.FunctionArn, Tags: map[string]string{"a": "1", "b": "2"}})
	must[shape.UntagResourceOutput](f, "UntagResource", &shape.UntagResourceInput{Resource: made.FunctionArn, TagKeys: []string{"a"}})
	if got := must[shape.ListTagsOutput](f, "ListTags", &shape.ListTagsInput{Resource: made.FunctionArn}); len(got.Tags) != 1 || got.Tags["b"] != "2" {
		t.Errorf("tags %v", got.Tags)
	}
	refused(f, "TagResource", &shape.TagResourceInput{Resource: made.FunctionArn, Tags: map[string]string{"aws:x": "1"}}, "InvalidParameterValueException", "aws:")
}

func TestLocalCode(t *testing.T) {
	root := t.TempDir()
	inside, outside := filepath.Join(root, "build"), t.TempDir()
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inside, "index.js"), []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, func(c *Config) { c.LocalCodeRoot = root })
	in := createInput(t, "f")
	for _, bad := range []string{outside, filepath.Join(root, "link"), filepath.Join(root, "..", filepath.Base(outside)), "build", "/", filepath.Join(root, "none")} {
		in.Code = &shape.FunctionCode{S3Bucket: new(LocalCodeBucket), S3Key: &bad}
		refused(f, "CreateFunction", in, "InvalidParameterValueException", "folder of local code")
	}
	in.Code = &shape.FunctionCode{S3Bucket: new(LocalCodeBucket), S3Key: &inside}
	made := must[shape.CreateFunctionOutput](f, "CreateFunction", in)
	var ran *Version
	f.runner.run = func(v *Version, _ *Invocation) (*Outcome, error) {
		ran = v
		return &Outcome{}, nil
	}
	must[shape.InvokeOutput](f, "Invoke", &shape.InvokeInput{FunctionName: new("f")})
	if ran.CodeDir != inside || ran.GroupDir != root || ran.CodeID != *made.CodeSha256 {
		t.Errorf("ran %+v", ran)
	}
	if err := os.WriteFile(filepath.Join(inside, "index.js"), []byte("2"), 0o644); err != nil {
		t.Fatal(err)
	}
	changed := must[shape.UpdateFunctionCodeOutput](f, "UpdateFunctionCode", &shape.UpdateFunctionCodeInput{FunctionName: new("f"), S3Bucket: new(LocalCodeBucket), S3Key: &inside})
	if *changed.CodeSha256 == *made.CodeSha256 {
		t.Error("the hash did not change with the folder")
	}
}

// events returns how many asynchronous calls wait.
func (f *fixture) events() int {
	n := 0
	err := f.svc.db.View(context.Background(), func(tx *store.Tx) error {
		n = 0
		lo, hi := f.svc.key("event").Prefix()
		for _, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// settle handles all due calls in the test's own goroutine.
func (f *fixture) settle() {
	due, err := f.svc.queue.due(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range due {
		f.svc.queue.handle(context.Background(), e)
	}
}

func TestAsynchronousCalls(t *testing.T) {
	f := newFixture(t, nil)
	must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	event := &shape.InvokeInput{FunctionName: new("f"), InvocationType: new("Event"), Payload: []byte(`{"n":1}`)}
	if out := must[shape.InvokeOutput](f, "Invoke", event); *out.StatusCode != 202 || f.runner.count() != 0 || f.events() != 1 {
		t.Fatalf("got %+v, %d calls, %d waiting", out, f.runner.count(), f.events())
	}
	f.settle()
	if f.runner.count() != 1 || f.events() != 0 || string(f.runner.calls[0].Payload) != `{"n":1}` || f.runner.calls[0].RequestID != "req-1" {
		t.Fatalf("%d calls, %d waiting", f.runner.count(), f.events())
	}
	// A function that fails is run again after one and two minutes.
	f.runner.run = func(*Version, *Invocation) (*Outcome, error) { return &Outcome{FunctionError: "Unhandled"}, nil }
	must[shape.InvokeOutput](f, "Invoke", event)
	for i, wait := range []time.Duration{0, time.Minute, 2 * time.Minute} {
		f.clock.Advance(wait - time.Second)
		f.settle()
		if i > 0 && f.runner.count() != i+1 {
			t.Fatalf("run %d came too early", i)
		}
		f.clock.Advance(time.Second)
		f.settle()
		if f.runner.count() != i+2 {
			t.Fatalf("run %d did not come: %d calls", i, f.runner.count())
		}
	}
	if f.events() != 0 {
		t.Error("it still waits after three runs")
	}
	// Throttles do not count as runs, but end with the event's age.
	f.runner.run = func(*Version, *Invocation) (*Outcome, error) { return nil, &Throttled{"x"} }
	must[shape.InvokeOutput](f, "Invoke", event)
	for range 100 {
		f.settle()
		f.clock.Advance(throttleMax)
	}
	if f.events() != 0 {
		t.Error("it still waits after its greatest age")
	}
}

func TestAsynchronousCallsSurvive(t *testing.T) {
	db := store.New(memstore.New())
	code := t.TempDir()
	share := func(c *Config) { c.DB, c.CodeDir = db, code }
	f := newFixture(t, share)
	must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	must[shape.InvokeOutput](f, "Invoke", &shape.InvokeInput{FunctionName: new("f"), InvocationType: new("Event"), Payload: []byte(`1`)})
	// Another process with the same store finds the call and runs it.
	ran := make(chan string, 1)
	after := newFixture(t, share)
	after.runner.run = func(v *Version, _ *Invocation) (*Outcome, error) {
		ran <- v.CodeDir
		return &Outcome{}, nil
	}
	after.svc.Start()
	dir := <-ran
	if _, err := os.Stat(filepath.Join(dir, "index.js")); err != nil {
		t.Errorf("the code was not unpacked again: %v", err)
	}
}
