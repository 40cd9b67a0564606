package server

import (
	"context"
	"errors"
	"sync"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/execute"
	"github.com/bawn-dev/bawn/internal/function"
	"github.com/bawn-dev/bawn/internal/service/lambda"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
)

// runner lets the lambda service run functions in the pool.
type runner struct {
	pool  *function.Pool
	specs sync.Map // *lambda.Version -> *function.Spec
}

// spec translates a version once; lambda gives the same pointer for the same
// version, and forgets it when the function changes.
func (r *runner) spec(v *lambda.Version) *function.Spec {
	if s, ok := r.specs.Load(v); ok {
		return s.(*function.Spec) // only Specs are stored
	}
	s := &function.Spec{
		ARN: v.ARN, Name: v.Name, Version: v.Number, Runtime: v.Runtime, Handler: v.Handler, CodeDir: v.CodeDir, CodeID: v.CodeID,
		GroupDir: v.GroupDir, Env: v.Env, MemoryMB: v.MemoryMB, Timeout: v.Timeout, Role: v.Role, ReservedConcurrency: v.Reserved,
		LogGroup: v.LogGroup, LogFormat: v.LogFormat, LogLevel: v.LogLevel,
	}
	r.specs.Range(func(key, old any) bool {
		if o, ok := old.(*function.Spec); ok && o.ARN == s.ARN && o.Version == s.Version {
			r.specs.Delete(key)
		}
		return true
	})
	r.specs.Store(v, s)
	return s
}

// Prepare readies the pool for functions of the version's project.
func (r *runner) Prepare(v *lambda.Version) { r.pool.Prepare(r.spec(v)) }

// Run runs one call.
func (r *runner) Run(ctx context.Context, v *lambda.Version, in *lambda.Invocation) (*lambda.Outcome, error) {
	out, err := r.pool.Invoke(ctx, r.spec(v), &function.Invocation{
		RequestID: in.RequestID, FunctionARN: in.FunctionARN, Payload: in.Payload, ClientContext: in.ClientContext,
		CognitoIdentity: in.CognitoIdentity, TraceID: in.TraceID, LogTail: in.LogTail,
	})
	if err != nil {
		return nil, runError(err)
	}
	return &lambda.Outcome{Payload: out.Payload, FunctionError: out.FunctionError, LogTail: out.LogTail}, nil
}

func runError(err error) error {
	var throttled *function.Throttled
	var missing *function.RuntimeMissing
	var unsupported *function.Unsupported
	switch {
	case errors.As(err, &throttled):
		return &lambda.Throttled{Reason: throttled.Reason}
	case errors.As(err, &missing):
		return &lambda.NotRunnable{Message: missing.Error()}
	case errors.As(err, &unsupported):
		return &lambda.NotRunnable{Message: unsupported.Error()}
	}
	return err
}

// stageFunctions lets the API data plane invoke functions: through the door,
// as API Gateway's service principal, so that the function's own resource
// policy decides.
type stageFunctions struct {
	door    *awsapi.Door
	account string
}

// InvokeFunction runs a function and waits for its result.
func (f *stageFunctions) InvokeFunction(ctx context.Context, in *execute.Invocation) (*execute.InvocationResult, error) {
	caller := &awsapi.Caller{
		Kind: awsapi.ServicePrincipal, Account: f.account, ServiceName: "apigateway.amazonaws.com",
		SourceARN: in.SourceARN, SourceAccount: f.account,
	}
	kind := "RequestResponse"
	if in.Async {
		kind = "Event"
	}
	out, _, err := f.door.Do(ctx, caller, in.Env, "lambda", "Invoke", &shape.InvokeInput{
		FunctionName: &in.FunctionARN, InvocationType: &kind, Payload: in.Payload,
	})
	if err != nil {
		return nil, err
	}
	invoked, ok := out.(*shape.InvokeOutput)
	if !ok {
		return nil, errors.New("lambda:Invoke answered no InvokeOutput")
	}
	result := &execute.InvocationResult{Payload: invoked.Payload}
	if invoked.FunctionError != nil {
		result.FunctionError = *invoked.FunctionError
	}
	return result, nil
}
