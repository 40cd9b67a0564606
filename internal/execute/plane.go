package execute

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/sigv4"
)

// Config is what a Plane is made of. Every member is required, but for Tokens
// and Functions when no API uses them.
type Config struct {
	Account, Region string
	APIs            APIs
	// Authorizer decides execute-api:Invoke.
	Authorizer awsapi.Authorizer
	Functions  Functions
	Tokens     Tokens
}

// Plane serves the stages of all REST APIs. It is safe for concurrent use.
type Plane struct {
	account, region string
	apis            APIs
	authorizer      awsapi.Authorizer
	functions       Functions
	tokens          Tokens

	stages sync.Map // stageKey -> *stageInfo
	plans  sync.Map // deployment id -> *plan
	count  atomic.Int64
}

type stageKey struct{ api, stage string }

// stageInfo is a stage made ready for requests, valid as long as the APIs port
// returns the same stage.
type stageInfo struct {
	stage     *apigateway.Stage
	plan      *plan
	variables []byte // JSON object, or null
}

// maxPlans bounds the kept deployments; past it the cache starts anew.
const maxPlans = 1000

// New makes a plane.
func New(c Config) *Plane {
	return &Plane{account: c.Account, region: c.Region, apis: c.APIs, authorizer: c.Authorizer, functions: c.Functions, tokens: c.Tokens}
}

// API Gateway's limits on all headers' names and values, and on the URL.
const (
	maxHeaderBytes = 10240
	maxURL         = 10240
)

// Serve answers one request. It always returns a complete response: refusals
// and failures are gateway responses, what really failed is in Response.Cause.
func (p *Plane) Serve(ctx context.Context, in *Request) *Response {
	x := &exchange{plane: p, in: in, path: in.RawPath, out: &Response{}}
	if x.path == "" {
		x.path = "/"
	}
	if in.Caller == nil {
		in.Caller = &awsapi.Caller{}
	}
	if size := headerBytes(in.Header); size > maxHeaderBytes {
		return x.refuse(&refusal{kind: headersTooLarge, message: headersTooLarge.message, why: "the headers are over " + strconv.Itoa(maxHeaderBytes) + " bytes"})
	}
	if len(in.RawPath)+len(in.RawQuery) > maxURL {
		return x.refuse(&refusal{kind: uriTooLong, message: uriTooLong.message})
	}
	stage, err := p.stageInfo(ctx, in.APIID, in.Stage)
	switch {
	case err != nil:
		return x.refuse(&refusal{kind: configurationError, message: configurationError.message, cause: err})
	case stage == nil:
		return x.refuse(x.unknown("there is no API " + in.APIID + " with a stage " + in.Stage))
	}
	x.stage, x.plan = stage, stage.plan
	if refused := x.route(); refused != nil {
		return x.refuse(refused)
	}
	x.out.Route = x.verb + " " + x.method.resource.path
	x.query = parseQuery(in.RawQuery)
	for _, step := range [...]func(*exchange, context.Context) *refusal{(*exchange).checkSize, (*exchange).authorize, (*exchange).integrate} {
		if refused := step(x, ctx); refused != nil {
			return x.refuse(refused)
		}
	}
	return x.out
}

func headerBytes(list []sigv4.Header) int {
	n := 0
	for i := range list {
		n += len(list[i].Name) + len(list[i].Value)
	}
	return n
}

// stageInfo returns the stage with its compiled deployment, nil if there is
// none.
func (p *Plane) stageInfo(ctx context.Context, apiID, name string) (*stageInfo, error) {
	stage, err := p.apis.StageOf(ctx, apiID, name)
	if err != nil || stage == nil {
		return nil, err
	}
	key := stageKey{apiID, name}
	if kept, ok := p.stages.Load(key); ok {
		if info, ok := kept.(*stageInfo); ok && info.stage == stage {
			return info, nil
		}
	}
	compiled, err := p.planOf(ctx, apiID, str(stage.DeploymentId))
	if err != nil {
		return nil, err
	}
	info := &stageInfo{stage: stage, plan: compiled, variables: []byte("null")}
	if len(stage.Variables) > 0 {
		info.variables = []byte{'{'}
		for _, name := range sortedKeys(stage.Variables) {
			info.variables = appendMember(info.variables, name, stage.Variables[name])
		}
		info.variables = append(info.variables, '}')
	}
	p.stages.Store(key, info)
	return info, nil
}

var errNoDeployment = errors.New("the stage names no deployment")

// planOf compiles a deployment once.
func (p *Plane) planOf(ctx context.Context, apiID, deploymentID string) (*plan, error) {
	if deploymentID == "" {
		return nil, errNoDeployment
	}
	key := stageKey{apiID, deploymentID}
	if kept, ok := p.plans.Load(key); ok {
		if compiled, ok := kept.(*plan); ok {
			return compiled, nil
		}
	}
	api, resources, authorizers, responses, err := p.apis.Deployed(ctx, apiID, deploymentID)
	if err != nil {
		return nil, err
	}
	compiled, err := compile(api, deploymentID, resources, authorizers, responses)
	if err != nil {
		return nil, err
	}
	if p.count.Add(1) > maxPlans {
		p.count.Store(1)
		p.plans.Clear()
		p.stages.Clear()
	}
	p.plans.Store(key, compiled)
	return compiled, nil
}

// route finds resource and method. What does not exist looks like a request
// without credentials, so that nobody learns which paths do.
func (x *exchange) route() *refusal {
	if x.plan.disabled {
		return &refusal{kind: forbidden, message: forbidden.message}
	}
	found, params := x.plan.root.match(x.path, x.paramSpace[:0])
	if found == nil {
		return x.unknown("no resource of the API is at this path")
	}
	x.params = params
	x.method, x.verb = found.methods[x.in.Method], x.in.Method
	if x.method == nil {
		x.method, x.verb = found.any, "ANY"
	}
	if x.method == nil {
		return x.unknown("the resource " + found.path + " has no method " + x.in.Method)
	}
	return nil
}

// unknown refuses what does not exist as a method would that needs a
// signature: an Authorization header of another kind is named.
func (x *exchange) unknown(why string) *refusal {
	var e *sigv4.Error
	if errors.As(x.in.SignatureErr, &e) && e.Kind == sigv4.OtherScheme {
		refused := x.signatureRefusal()
		refused.why = why
		return refused
	}
	return &refusal{kind: missingToken, message: missingToken.message, why: why}
}

// checkSize applies API Gateway's limits that need no authorization.
func (x *exchange) checkSize(context.Context) *refusal {
	if x.in.TooLarge || len(x.in.Body) > MaxPayload {
		return &refusal{kind: requestTooLarge, message: requestTooLarge.message, why: "the body is over " + strconv.Itoa(MaxPayload) + " bytes"}
	}
	return nil
}

// integrate calls what is behind the method.
func (x *exchange) integrate(ctx context.Context) *refusal {
	switch {
	case x.method.broken != "":
		return &refusal{kind: configurationError, message: configurationError.message, cause: errors.New(x.method.broken)}
	case x.method.mock != nil:
		return x.runMock()
	}
	return x.callFunction(ctx)
}
