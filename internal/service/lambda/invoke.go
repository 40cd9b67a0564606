package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
)

// Limits of a call's payload in bytes (Lambda quotas).
const (
	maxPayload      = 6 << 20
	maxEventPayload = 1 << 20
	maxClientHeader = 3583 // base64, as the header carries it
)

// Invoke runs a function at once, queues the call, or only checks that it could
// be run.
func (s *Service) Invoke(ctx context.Context, call *awsapi.Call, in *shape.InvokeInput) (*shape.InvokeOutput, error) {
	t, err := s.parseName(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if in.DurableExecutionName != nil {
		return nil, notBuilt("Invoke", "DurableExecutionName")
	}
	if in.TenantId != nil {
		return nil, notBuilt("Invoke", "TenantId")
	}
	inv := &Invocation{RequestID: call.Env().RequestID, FunctionARN: s.qualified(t), Payload: in.Payload}
	if inv.RequestID == "" {
		inv.RequestID = s.cfg.IDs.UUID()
	}
	if inv.ClientContext, inv.CognitoIdentity, err = clientContext(call, in.ClientContext); err != nil {
		return nil, err
	}
	kind := deref(in.InvocationType)
	if err := checkPayload(kind, in.Payload, call.Caller().Kind); err != nil {
		return nil, err
	}
	v, err := s.runnable(ctx, t)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "DryRun":
		return &shape.InvokeOutput{StatusCode: new(int32(204)), ExecutedVersion: &v.Number}, nil
	case "Event":
		if err := s.queue.add(ctx, t, inv); err != nil {
			return nil, err
		}
		return &shape.InvokeOutput{StatusCode: new(int32(202))}, nil
	case "", "RequestResponse":
	default:
		return nil, constraint(kind, "invocationType", "Member must satisfy enum value set: [Event, RequestResponse, DryRun]")
	}
	inv.LogTail = deref(in.LogType) == "Tail"
	outcome, err := s.cfg.Runner.Run(ctx, v, inv)
	if err != nil {
		return nil, runError(err)
	}
	out := &shape.InvokeOutput{StatusCode: new(int32(200)), Payload: outcome.Payload, ExecutedVersion: &v.Number}
	if outcome.FunctionError != "" {
		out.FunctionError = &outcome.FunctionError
	}
	if inv.LogTail {
		out.LogResult = new(base64.StdEncoding.EncodeToString(outcome.LogTail))
	}
	return out, nil
}

// checkPayload bounds the payload and checks that it is JSON. What Bawn itself
// built (an event of API Gateway) is not read again.
func checkPayload(kind string, payload []byte, caller awsapi.CallerKind) error {
	if kind == "Event" && len(payload) > maxEventPayload {
		return eventTooLarge(len(payload), maxEventPayload)
	}
	if len(payload) > maxPayload {
		return tooLarge(len(payload), maxPayload)
	}
	if len(payload) == 0 || caller == awsapi.ServicePrincipal || json.Valid(payload) {
		return nil
	}
	var v any
	err := json.Unmarshal(payload, &v)
	if err == nil {
		err = errors.New("invalid JSON")
	}
	return notJSON(err.Error())
}

// clientContext returns the two JSON documents of the context: what the client
// sent, and the Cognito identity behind the caller's credentials.
func clientContext(call *awsapi.Call, header *string) (client, identity []byte, err error) {
	if some(header) {
		if len(*header) > maxClientHeader {
			return nil, nil, awsapi.Errorf("InvalidParameterValueException", "Client context must be no more than %d bytes", maxClientHeader)
		}
		client, err = base64.StdEncoding.DecodeString(*header)
		if err != nil || !json.Valid(client) {
			return nil, nil, awsapi.Errorf("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
		}
	}
	if c := call.Caller(); c.Session != nil && c.Session.Cognito != nil {
		g := c.Session.Cognito
		identity, err = json.Marshal(map[string]string{"cognitoIdentityId": g.IdentityID, "cognitoIdentityPoolId": g.IdentityPoolID})
		if err != nil {
			return nil, nil, err
		}
	}
	return client, identity, nil
}

// runError turns a Runner's refusal into the service's error.
func runError(err error) error {
	var throttle *Throttled
	var not *NotRunnable
	switch {
	case errors.As(err, &throttle):
		return throttled(throttle.Reason)
	case errors.As(err, &not):
		return awsapi.Errorf("InvalidRuntimeException", "%s", not.Message).WithStatus(502)
	}
	return err
}

// prepare lets the runner ready itself for a function whose code is a folder;
// all of them share one root, so any one will do.
func (s *Service) prepare(ctx context.Context, name string) {
	runner, ok := s.cfg.Runner.(Preparer)
	if !ok {
		return
	}
	v, err := s.runnable(ctx, target{name: name})
	if err != nil || v.GroupDir == "" {
		return // the call itself will say what is wrong
	}
	runner.Prepare(v)
}

// prepareAny does so for the first function of an earlier run.
func (s *Service) prepareAny(ctx context.Context) {
	if s.cfg.LocalCodeRoot == "" {
		return
	}
	name := ""
	err := s.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := s.key("function").Prefix()
		for raw, err := range tx.Scan(lo, hi, false, 0) {
			if err != nil {
				return err
			}
			rec, err := store.DecodeJSON[functionRecord](raw.Value)
			if err != nil {
				return err
			}
			if rec.LocalCode != "" {
				name = rec.Name
				return nil
			}
		}
		return nil
	})
	if err != nil {
		s.cfg.Logger.Warn("look for a function to prepare for", "error", err)
		return
	}
	if name != "" {
		s.prepare(ctx, name)
	}
}
