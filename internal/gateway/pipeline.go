package gateway

import (
	"errors"
	"io"
	"net/http"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/journal"
	"github.com/bawn-dev/bawn/sigv4"
)

// errAnswered ends the pipeline when a step has set the answer itself.
var errAnswered = errors.New("answered")

// step is one stage of the way of a request.
type step struct {
	name string
	run  func(*exchange) error
}

// pipeline is the way of every request to a service, in order. Requests to an
// API stage leave it at identify for the data plane, which has rules of its own
// but reads and authenticates by the same code (see stage.go).
func pipeline() []step {
	return []step{
		{"identify", (*exchange).identify},
		{"read", (*exchange).read},
		{"authenticate", (*exchange).authenticate},
		{"decode", (*exchange).decode},
		{"validate", (*exchange).validate},
		{"invoke", (*exchange).invoke},
		{"encode", (*exchange).encode},
	}
}

// ServeHTTP runs one request through the pipeline and writes its journal line.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := g.newExchange(w, r)
	err := g.run(x)
	if err != nil && !errors.Is(err, errAnswered) {
		x.fail(err)
	}
	x.write()
	g.record(x)
}

// run takes the steps until one ends the exchange. A panic in a handler ends
// this request with a 500 and is logged with its stack; it never ends the
// server.
func (g *Gateway) run(x *exchange) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // the sentinel is compared as net/http does
				panic(p)
			}
			err = recovered(p)
		}
	}()
	for _, s := range g.steps {
		x.at = s.name
		if err := s.run(x); err != nil {
			return err
		}
	}
	return nil
}

// invoke authorizes and calls the operation.
func (x *exchange) invoke() error {
	out, call, err := x.gateway.door.Do(x.request.Context(), x.caller, &x.env, x.service.Model.Service, x.operation, x.input)
	x.call = call
	if err != nil {
		return err
	}
	x.output = out
	return nil
}

// encode turns the operation's output into the answer.
func (x *exchange) encode() error {
	answer, err := x.service.codec.Encode(x.operation, x.output)
	if err != nil {
		return err
	}
	answer.SetRequestID(x.env.RequestID)
	x.answer = answer
	return nil
}

// fail turns an error into the answer: a modelled error as it is, anything
// else as a plain 500 whose detail only the log sees.
func (x *exchange) fail(err error) {
	var refused *sigv4.Error
	if x.service != nil && errors.As(err, &refused) {
		err = x.refuseSignature(refused) // found while a body was read
	}
	if x.service != nil && awsapi.Code(err) == awsapi.MissingAuthentication().Code {
		err = x.refuseSignature(sigv4.NewError(sigv4.Unsigned, nil))
	}
	var modelled *awsapi.Error
	if !errors.As(err, &modelled) {
		x.failure = err
		modelled = &awsapi.Error{Code: "InternalFailure", Status: http.StatusInternalServerError, Message: "The request processing has failed because of an unknown error, exception or failure. The log has the detail under request id " + x.env.RequestID + "."}
	} else if modelled.Cause != nil {
		x.failure = modelled.Cause
	}
	x.errorCode, x.errorText = modelled.Code, journalText(modelled.Message)
	if x.service == nil {
		x.answer = plainError(modelled)
		return
	}
	x.answer = x.service.codec.EncodeError(modelled, x.env.RequestID)
	for _, f := range modelled.Header {
		if v, ok := f.Value.(string); ok {
			x.answer.Header.Set(f.Name, v)
		}
	}
}

// write sends the answer. A streamed body is copied as it comes; a client that
// has gone away is no error of ours.
func (x *exchange) write() {
	if x.answer == nil {
		return
	}
	h := x.writer.Header()
	for k, v := range x.answer.Header {
		h[k] = v
	}
	x.crossOrigin(h)
	if x.unread {
		h.Set("Connection", "close")
	}
	if x.answer.Stream == nil {
		setLength(h, x.answer.Status, len(x.answer.Body))
		x.writer.WriteHeader(x.answer.Status)
		if x.request.Method != http.MethodHead {
			_, _ = x.writer.Write(x.answer.Body)
		}
		return
	}
	defer x.answer.Stream.Close()
	x.writer.WriteHeader(x.answer.Status)
	if x.request.Method != http.MethodHead {
		if _, err := io.Copy(x.writer, x.answer.Stream); err != nil {
			x.failure = err
		}
	}
}

// record writes the journal's entry of a finished exchange.
func (g *Gateway) record(x *exchange) {
	if x.silent {
		return
	}
	e := &journal.Entry{
		ID:        x.env.RequestID,
		Time:      x.env.Now,
		Service:   x.serviceName(),
		Operation: x.operation,
		Method:    x.request.Method,
		Path:      journalPath(x.rawPath),
		Status:    x.status(),
		Caller:    x.callerName(),
		Duration:  g.clock.Now().Sub(x.env.Now),
		ErrorCode: x.errorCode,
		ErrorText: x.errorText,
		Notes:     x.notes,
	}
	if x.call != nil {
		e.Decisions = x.call.Decisions()
	} else {
		e.Decisions = x.decisions
	}
	g.journal.Add(e)
	if x.failure != nil {
		g.log.Error("request failed", "id", e.ID, "service", e.Service, "operation", e.Operation, "step", x.at, "error", x.failure.Error())
	}
}
