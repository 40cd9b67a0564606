package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/policy"
)

const (
	account = "000000000000"
	region  = "us-east-1"
	role    = "arn:aws:iam::000000000000:role/run"
)

// runner answers calls from a function of the test.
type runner struct {
	mu    sync.Mutex
	calls []*Invocation
	run   func(*Version, *Invocation) (*Outcome, error)
}

func (r *runner) Run(_ context.Context, v *Version, in *Invocation) (*Outcome, error) {
	r.mu.Lock()
	r.calls = append(r.calls, in)
	run := r.run
	r.mu.Unlock()
	if run == nil {
		return &Outcome{Payload: in.Payload, LogTail: []byte("log of " + v.Handler)}, nil
	}
	return run(v, in)
}

func (r *runner) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

type roles struct{}

// BindPrincipals binds every named user or role to an id made of its name.
func (roles) BindPrincipals(_ context.Context, p *policy.Policy) (map[string]string, string, error) {
	ids := map[string]string{}
	for _, arn := range p.Principals() {
		ids[arn] = "AIDA-of-" + arn
	}
	return ids, "", nil
}

func (roles) TrustsService(_ context.Context, arn, service string) (bool, error) {
	return arn == role && service == "lambda.amazonaws.com", nil
}

// authorizer allows users whatever they want but what refused lists, and
// services only what a resource policy grants.
type authorizer struct {
	refused map[string]bool // by action
	asked   []awsapi.Demand
}

func (a *authorizer) Authorize(_ context.Context, c *awsapi.Caller, env *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	a.asked = append(a.asked, d)
	decided := awsapi.Decided{Demand: d}
	if c.Kind != awsapi.ServicePrincipal {
		decided.Decision.Effect = policy.Allow
		if a.refused[d.Action] {
			decided.Decision.Effect = policy.ImplicitDeny
		}
		return decided, nil
	}
	set := &policy.Set{}
	if d.ResourcePolicy != nil {
		set.Resource = []policy.Named{{Name: "policy", Policy: d.ResourcePolicy}}
	}
	decided.Decision = policy.Evaluate(&policy.Request{
		Principal: policy.Principal{Kind: policy.PrincipalService, Service: c.ServiceName},
		Action:    d.Action, Resource: d.Resource, ResourceAccount: account, Context: awsapi.Context(c, env)}, set)
	return decided, nil
}

type fixture struct {
	t      *testing.T
	svc    *Service
	door   *awsapi.Door
	auth   *authorizer
	runner *runner
	clock  *clock.Fake
	caller *awsapi.Caller
}

func newFixture(t *testing.T, change func(*Config)) *fixture {
	f := &fixture{t: t, auth: &authorizer{refused: map[string]bool{}}, runner: &runner{},
		clock:  clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
		caller: &awsapi.Caller{Kind: awsapi.User, Account: account, ARN: "arn:aws:iam::000000000000:user/u", UserName: "u"}}
	cfg := Config{DB: store.New(memstore.New()), Clock: f.clock, Account: account, Region: region,
		CodeDir: t.TempDir(), Runner: f.runner, Roles: roles{}}
	if change != nil {
		change(&cfg)
	}
	svc, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.svc = svc
	f.door = awsapi.NewDoor(account, f.auth)
	f.door.Register(svc.Service())
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// do runs an operation as the fixture's caller.
func do[Out any](f *fixture, operation string, in any) (*Out, error) {
	env := &awsapi.Environment{RequestID: "req-1", Now: f.clock.Now(), Region: region}
	out, _, err := f.door.Do(context.Background(), f.caller, env, "lambda", operation, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// must is do for an operation that succeeds.
func must[Out any](f *fixture, operation string, in any) *Out {
	f.t.Helper()
	out, err := do[Out](f, operation, in)
	if err != nil {
		f.t.Fatalf("%s: %v", operation, err)
	}
	return out
}

// refused runs an operation that must fail with a code and, in part, a message.
func refused(f *fixture, operation string, in any, code, message string) {
	f.t.Helper()
	env := &awsapi.Environment{RequestID: "req-1", Now: f.clock.Now(), Region: region}
	_, _, err := f.door.Do(context.Background(), f.caller, env, "lambda", operation, in)
	if awsapi.Code(err) != code || !strings.Contains(err.Error(), message) {
		f.t.Fatalf("%s: got %v, want %s with %q", operation, err, code, message)
	}
}

// zipOf makes a package of files.
func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func createInput(t *testing.T, name string) *shape.CreateFunctionInput {
	return &shape.CreateFunctionInput{FunctionName: &name, Runtime: new("nodejs20.x"), Role: new(role), Handler: new("index.handler"),
		Code: &shape.FunctionCode{ZipFile: zipOf(t, map[string]string{"index.js": "exports.handler = async () => 1;", "lib/a.txt": "a"})}}
}

func TestLifeOfAFunction(t *testing.T) {
	f := newFixture(t, nil)
	in := createInput(t, "notes")
	in.Environment = &shape.Environment{Variables: map[string]string{"TABLE": "notes"}}
	in.Tags = map[string]string{"a": "b"}
	made := must[shape.CreateFunctionOutput](f, "CreateFunction", in)
	if *made.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:notes" || *made.State != "Active" || *made.Version != "$LATEST" || *made.Timeout != 3 || *made.MemorySize != 128 {
		t.Errorf("made %+v", made)
	}
	refused(f, "CreateFunction", in, "ResourceConflictException", "Function already exist: notes")

	got := must[shape.GetFunctionOutput](f, "GetFunction", &shape.GetFunctionInput{FunctionName: made.FunctionArn})
	if got.Tags["a"] != "b" || *got.Configuration.CodeSha256 != *made.CodeSha256 || got.Configuration.Environment.Variables["TABLE"] != "notes" {
		t.Errorf("got %+v", got.Configuration)
	}
	refused(f, "GetFunction", &shape.GetFunctionInput{FunctionName: new("nope")}, "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope")

	changed := must[shape.UpdateFunctionConfigurationOutput](f, "UpdateFunctionConfiguration", &shape.UpdateFunctionConfigurationInput{FunctionName: new("notes"), Timeout: new(int32(9)), RevisionId: made.RevisionId})
	if *changed.Timeout != 9 || *changed.Handler != "index.handler" || *changed.RevisionId == *made.RevisionId {
		t.Errorf("changed %+v", changed)
	}
	refused(f, "UpdateFunctionConfiguration", &shape.UpdateFunctionConfigurationInput{FunctionName: new("notes"), RevisionId: made.RevisionId}, "PreconditionFailedException", "Revision Id")

	code := must[shape.UpdateFunctionCodeOutput](f, "UpdateFunctionCode", &shape.UpdateFunctionCodeInput{FunctionName: new("notes"), ZipFile: zipOf(t, map[string]string{"index.js": "2"})})
	if *code.CodeSha256 == *made.CodeSha256 {
		t.Error("the code's hash did not change")
	}
	if _, err := os.Stat(f.svc.code.zipFile(codeID(*made.CodeSha256))); !os.IsNotExist(err) {
		t.Errorf("the old package is still there: %v", err)
	}
	list := must[shape.ListFunctionsOutput](f, "ListFunctions", &shape.ListFunctionsInput{})
	if len(list.Functions) != 1 || list.NextMarker != nil {
		t.Errorf("list %+v", list)
	}
	must[shape.DeleteFunctionOutput](f, "DeleteFunction", &shape.DeleteFunctionInput{FunctionName: new("notes")})
	refused(f, "GetFunctionConfiguration", &shape.GetFunctionConfigurationInput{FunctionName: new("notes")}, "ResourceNotFoundException", "")
	if _, err := os.Stat(f.svc.code.zipFile(codeID(*code.CodeSha256))); !os.IsNotExist(err) {
		t.Errorf("the package is still there: %v", err)
	}
}

func TestCreateRefusals(t *testing.T) {
	f := newFixture(t, nil)
	big := map[string]string{"BIG": strings.Repeat("x", 5000)}
	for name, tc := range map[string]struct {
		change        func(*shape.CreateFunctionInput)
		code, message string
	}{
		"no runtime":   {func(in *shape.CreateFunctionInput) { in.Runtime = nil }, "InvalidParameterValueException", "mandatory"},
		"python":       {func(in *shape.CreateFunctionInput) { in.Runtime = new("python3.12") }, "NotImplemented", "runtime python3.12"},
		"foreign role": {func(in *shape.CreateFunctionInput) { in.Role = new("arn:aws:iam::000000000000:role/other") }, "InvalidParameterValueException", "cannot be assumed by Lambda."},
		"timeout":      {func(in *shape.CreateFunctionInput) { in.Timeout = new(int32(901)) }, "ValidationException", "less than or equal to 900"},
		"memory":       {func(in *shape.CreateFunctionInput) { in.MemorySize = new(int32(64)) }, "ValidationException", "128"},
		"environment":  {func(in *shape.CreateFunctionInput) { in.Environment = &shape.Environment{Variables: big} }, "InvalidParameterValueException", "4KB"},
		"reserved key": {func(in *shape.CreateFunctionInput) {
			in.Environment = &shape.Environment{Variables: map[string]string{"AWS_REGION": "x"}}
		}, "InvalidParameterValueException", "Reserved keys used in this request: AWS_REGION"},
		"no code":   {func(in *shape.CreateFunctionInput) { in.Code = &shape.FunctionCode{} }, "InvalidParameterValueException", "source for function code"},
		"not a zip": {func(in *shape.CreateFunctionInput) { in.Code = &shape.FunctionCode{ZipFile: []byte("hello")} }, "InvalidParameterValueException", "Could not unzip"},
		"local code": {func(in *shape.CreateFunctionInput) {
			in.Code = &shape.FunctionCode{S3Bucket: new(LocalCodeBucket), S3Key: new("/etc")}
		}, "InvalidParameterValueException", "NoSuchBucket"},
		"layers":         {func(in *shape.CreateFunctionInput) { in.Layers = []string{"x"} }, "NotImplemented", "Layers"},
		"active tracing": {func(in *shape.CreateFunctionInput) { in.TracingConfig = &shape.TracingConfig{Mode: new("Active")} }, "NotImplemented", "TracingConfig"},
		"bad name":       {func(in *shape.CreateFunctionInput) { in.FunctionName = new("a b") }, "ValidationException", "functionName"},
	} {
		t.Run(name, func(t *testing.T) {
			in := createInput(t, "f")
			tc.change(in)
			refused(f, "CreateFunction", in, tc.code, tc.message)
		})
	}
}

func TestPassRoleIsDemanded(t *testing.T) {
	f := newFixture(t, nil)
	f.auth.refused["iam:PassRole"] = true
	refused(f, "CreateFunction", createInput(t, "f"), "AccessDeniedException", "iam:PassRole on resource: "+role)
	last := f.auth.asked[len(f.auth.asked)-1]
	if v, ok := last.Context.Get("iam:PassedToService"); !ok || v[0] != "lambda.amazonaws.com" {
		t.Errorf("iam:PassedToService is %v", v)
	}
	f.auth.refused["iam:PassRole"] = false
	must[shape.CreateFunctionOutput](f, "CreateFunction", createInput(t, "f"))
	f.auth.refused["iam:PassRole"] = true
	refused(f, "UpdateFunctionConfiguration", &shape.UpdateFunctionConfigurationInput{FunctionName: new("f"), Role: new(role)}, "AccessDeniedException", "iam:PassRole")
	must[shape.UpdateFunctionConfigurationOutput](f, "UpdateFunctionConfiguration", &shape.UpdateFunctionConfigurationInput{FunctionName: new("f"), Timeout: new(int32(4))})
}
