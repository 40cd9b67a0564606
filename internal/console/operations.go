package console

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/journal"
	"github.com/bawn-dev/bawn/internal/mail"
)

// Status is what GetStatus answers; the server fills it.
type Status struct {
	Version, Endpoint, Account, Region, Data, Sandbox, Node string
	StartedMs                                               float64
	Notes                                                   []string
}

// Service answers the control operations.
type Service struct {
	journal *journal.Journal
	inbox   *mail.Inbox
	status  func() Status
}

// New makes the control service; status is asked at every GetStatus.
func New(j *journal.Journal, inbox *mail.Inbox, status func() Status) *Service {
	return &Service{journal: j, inbox: inbox, status: status}
}

// Operations is the table. The actions have no resource: who may ask, may ask
// for everything.
func (s *Service) Operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("GetRequest", s.GetRequest, awsapi.Any[GetRequestInput]("bawn:GetRequest")),
		awsapi.Op("GetStatus", s.GetStatus, awsapi.Any[GetStatusInput]("bawn:GetStatus")),
		awsapi.Op("ListMessages", s.ListMessages, awsapi.Any[ListMessagesInput]("bawn:ListMessages")),
		awsapi.Op("ListRequests", s.ListRequests, awsapi.Any[ListRequestsInput]("bawn:ListRequests")),
	)
}

// ListRequests returns the newest entries of the journal, newest last.
func (s *Service) ListRequests(_ context.Context, _ *awsapi.Call, in *ListRequestsInput) (*ListRequestsOutput, error) {
	limit := 0
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	entries := s.journal.List(limit)
	out := &ListRequestsOutput{Requests: make([]Request, len(entries))}
	for i, e := range entries {
		out.Requests[i] = *requestOf(e)
	}
	return out, nil
}

// GetRequest returns one entry with the story of its decisions.
func (s *Service) GetRequest(_ context.Context, _ *awsapi.Call, in *GetRequestInput) (*GetRequestOutput, error) {
	e := s.journal.Lookup(*in.ID)
	if e == nil {
		return nil, awsapi.Errorf("ResourceNotFoundException", "No request %s is in the journal. It keeps the newest requests since the last start.", *in.ID)
	}
	out := &GetRequestOutput{Request: requestOf(e), Message: text(e.ErrorText), Notes: e.Notes}
	decided := e.Decisions
	for i, x := range e.Explain() {
		d := Decision{Action: text(x.Action), Resource: text(x.Resource), Reason: text(strings.TrimPrefix(x.Because, "because ")), Effect: text(decided[i].Decision.Effect.String()), Policy: text(decided[i].Decision.Policy)}
		if x.Trail != nil {
			d.Reason = text(x.Trail.Summary)
			trail, err := json.Marshal(x.Trail)
			if err != nil {
				return nil, err
			}
			d.Trail = text(string(trail))
		}
		out.Decisions = append(out.Decisions, d)
	}
	return out, nil
}

// ListMessages returns the newest mails, newest last.
func (s *Service) ListMessages(ctx context.Context, _ *awsapi.Call, in *ListMessagesInput) (*ListMessagesOutput, error) {
	limit := mail.DefaultLimit
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	list, err := s.inbox.List(ctx, limit)
	if err != nil {
		return nil, err
	}
	out := &ListMessagesOutput{Messages: make([]Message, len(list))}
	for i := range list {
		m := &list[i]
		out.Messages[i] = Message{Time: &m.Time, To: &m.To, Subject: &m.Subject, Text: &m.Text, Code: &m.Code}
	}
	return out, nil
}

// GetStatus tells what this Bawn is.
func (s *Service) GetStatus(context.Context, *awsapi.Call, *GetStatusInput) (*GetStatusOutput, error) {
	st := s.status()
	return &GetStatusOutput{
		Version: &st.Version, Endpoint: &st.Endpoint, Account: &st.Account, Region: &st.Region, Data: &st.Data,
		Sandbox: &st.Sandbox, Node: &st.Node, StartedMs: &st.StartedMs, Notes: st.Notes,
	}, nil
}

func requestOf(e *journal.Entry) *Request {
	at := e.Time.UTC().Truncate(time.Millisecond)
	status, ms := int32(e.Status), e.Milliseconds()
	return &Request{
		ID: &e.ID, Time: &at, Service: &e.Service, Operation: &e.Operation, Method: &e.Method, Path: &e.Path,
		Status: &status, Caller: &e.Caller, Ms: &ms, Error: &e.ErrorCode,
	}
}

func text(s string) *string { return &s }
