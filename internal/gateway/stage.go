package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/execute"
	"github.com/bawn-dev/bawn/internal/wire"
	"github.com/bawn-dev/bawn/sigv4"
)

// Stage serves requests to the stages of APIs; execute.Plane implements it.
type Stage interface {
	Serve(ctx context.Context, r *execute.Request) *execute.Response
}

// stageTarget is what a URL of a stage names.
type stageTarget struct{ api, stage, path string }

// stageRequest finds the stage a request is for: /_api/API/STAGE/path on any
// host, or the host API.execute-api.* with the stage as first segment.
func (x *exchange) stageRequest() (stageTarget, bool) {
	if rest, ok := strings.CutPrefix(x.rawPath, stagePrefix); ok {
		api, rest, _ := strings.Cut(rest, "/")
		stage, path := cutSegment(rest)
		return stageTarget{api, stage, path}, true
	}
	host := hostName(x.request)
	if api, rest, ok := strings.Cut(host, "."); ok && strings.HasPrefix(rest, "execute-api.") {
		stage, path := cutSegment(strings.TrimPrefix(x.rawPath, "/"))
		return stageTarget{api, stage, path}, true
	}
	return stageTarget{}, false
}

// cutSegment splits "dev/notes/1" into "dev" and "/notes/1".
func cutSegment(s string) (first, rest string) {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// serveStage authenticates a request to a stage and hands it to the data
// plane, which words refusals in its own way: whether a bad signature matters
// depends on the method it is for.
func (x *exchange) serveStage(target stageTarget) error {
	x.stageName = "execute-api"
	if x.gateway.stage == nil {
		return awsapi.NotBuilt("execute-api")
	}
	r := &execute.Request{
		APIID: target.api, Stage: target.stage, Method: x.request.Method, RawPath: target.path, RawQuery: x.rawQuery,
		Header: x.signed.Header, Protocol: x.request.Proto, TLS: x.request.TLS != nil, Env: &x.env,
	}
	body, err := readBody(x.writer, x.request, execute.MaxPayload)
	switch {
	case isTooLarge(err):
		x.unread, r.TooLarge = true, true
	case err != nil:
		x.unread = true
		return &awsapi.Error{Code: "BadRequestException", Message: "The request body ended before its declared length.", Cause: err}
	}
	r.Body = body
	if r.SignatureErr, err = x.authenticateStage(body, r.TooLarge); err != nil {
		return err
	}
	r.Caller = x.caller
	x.answerStage(x.gateway.stage.Serve(x.request.Context(), r))
	return errAnswered
}

// authenticateStage verifies a signature if there is one. refused is an
// *sigv4.Error for the data plane to weigh; err is a failure of ours.
func (x *exchange) authenticateStage(body []byte, tooLarge bool) (refused, err error) {
	claimed, parseErr := sigv4.Parse(&x.signed)
	if parseErr != nil || claimed == nil || tooLarge {
		return parseErr, nil
	}
	x.claimed = claimed
	options := &sigv4.Options{Now: x.env.Now, Regions: []string{x.gateway.region}, Services: []string{"execute-api"}}
	_, err = x.verify(claimed, options, hashOf(body))
	var e *sigv4.Error
	if errors.As(err, &e) {
		x.note("signature: " + e.Message)
		return e, nil
	}
	return nil, err
}

// answerStage turns the data plane's answer into ours.
func (x *exchange) answerStage(r *execute.Response) {
	h := make(http.Header, len(r.Header)+2)
	for _, f := range r.Header {
		h.Add(f.Name, f.Value)
	}
	x.answer = &wire.Response{Status: r.Status, Header: h, Body: r.Body}
	x.operation = r.Route
	x.decisions = r.Decisions
	x.errorCode, x.failure = r.ErrorType, r.Cause
	x.notes = append(x.notes, r.Notes...)
	if r.ErrorType != "" {
		x.errorText = journalText(string(r.Body))
	}
}
