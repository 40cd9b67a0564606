package gateway

import (
	"net/http"

	"github.com/bawn-dev/bawn/internal/wire"
)

// decode fills the operation's input from the request.
func (x *exchange) decode() error {
	op := x.gateway.door.Lookup(x.service.Model.Service, x.operation)
	x.input = op.New()
	return x.service.codec.Decode(&x.wire, x.operation, x.input)
}

// validate holds the input against the model's constraints.
func (x *exchange) validate() error {
	if err := wire.Validate(x.input); err != nil {
		return err
	}
	return nil
}

// health answers that the process serves; it says nothing else to anybody.
func (x *exchange) health() error {
	x.silent = true
	x.answer = &wire.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"status":"ok"}` + "\n")}
	return errAnswered
}

// serveHosted passes a user pool's public documents on.
func (x *exchange) serveHosted() error {
	x.silent = true
	x.gateway.hosted.ServeHTTP(x.writer, x.request)
	return errAnswered
}
