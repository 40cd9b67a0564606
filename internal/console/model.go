package console

import (
	"time"

	"github.com/bawn-dev/bawn/internal/shape"
)

// Model describes the control service to the gateway.
func Model() *shape.Model {
	return &shape.Model{
		Service: "bawn", ID: "Bawn", Protocol: shape.JSON, JSONVersion: "1.0",
		TargetPrefix: "Bawn_20261122", APIVersion: "2026-11-22", SigningName: "bawn",
		Operations: []shape.Operation{{Name: "GetRequest"}, {Name: "GetStatus"}, {Name: "ListMessages"}, {Name: "ListRequests"}},
		Errors:     map[string]int{"ResourceNotFoundException": 400},
	}
}

// ListRequestsInput asks for the newest requests.
type ListRequestsInput struct {
	// Limit is how many at most; the journal's whole ring by default.
	Limit *int32 `aws:"Limit,min=1,max=10000"`
}

// ListRequestsOutput holds requests, newest last.
type ListRequestsOutput struct {
	Requests []Request `aws:"Requests"`
}

// Request is one line of the journal.
type Request struct {
	ID        *string    `aws:"Id"`
	Time      *time.Time `aws:"Time,ts=iso8601"`
	Service   *string    `aws:"Service"`
	Operation *string    `aws:"Operation"`
	Method    *string    `aws:"Method"`
	Path      *string    `aws:"Path"`
	Status    *int32     `aws:"Status"`
	Caller    *string    `aws:"Caller"`
	Ms        *float64   `aws:"Ms"`
	Error     *string    `aws:"Error"`
}

// GetRequestInput names a request by its id, or by the beginning of it.
type GetRequestInput struct {
	ID *string `aws:"Id,req,min=4,max=128"`
}

// GetRequestOutput is a request with the story of its decisions.
type GetRequestOutput struct {
	Request   *Request   `aws:"Request"`
	Message   *string    `aws:"Message"`
	Notes     []string   `aws:"Notes"`
	Decisions []Decision `aws:"Decisions"`
}

// Decision is one demand and what became of it.
type Decision struct {
	Action   *string `aws:"Action"`
	Resource *string `aws:"Resource"`
	Effect   *string `aws:"Effect"`
	Reason   *string `aws:"Reason"`
	Policy   *string `aws:"Policy"`
	// Trail is the full story as a JSON document.
	Trail *string `aws:"Trail"`
}

// ListMessagesInput asks for the inbox.
type ListMessagesInput struct {
	Limit *int32 `aws:"Limit,min=1,max=1000"`
}

// ListMessagesOutput holds messages, newest last.
type ListMessagesOutput struct {
	Messages []Message `aws:"Messages"`
}

// Message is one captured mail.
type Message struct {
	Time    *time.Time `aws:"Time,ts=iso8601"`
	To      *string    `aws:"To"`
	Subject *string    `aws:"Subject"`
	Text    *string    `aws:"Text"`
	Code    *string    `aws:"Code"`
}

// GetStatusInput has no members.
type GetStatusInput struct{}

// GetStatusOutput is what `bawn doctor` shows of a running Bawn.
type GetStatusOutput struct {
	Version   *string  `aws:"Version"`
	Endpoint  *string  `aws:"Endpoint"`
	Account   *string  `aws:"Account"`
	Region    *string  `aws:"Region"`
	Data      *string  `aws:"Data"`
	Sandbox   *string  `aws:"Sandbox"`
	Node      *string  `aws:"Node"`
	StartedMs *float64 `aws:"StartedMs"`
	Notes     []string `aws:"Notes"`
}
