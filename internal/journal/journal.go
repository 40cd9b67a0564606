package journal

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// Entry is one request. It is not changed after Add.
type Entry struct {
	// ID is the request id that the client got.
	ID string
	// Time is when the request arrived.
	Time time.Time
	// Service is the endpoint prefix ("dynamodb"), or "execute-api".
	Service string
	// Operation is AWS's operation name; empty where there is none.
	Operation string
	Method    string
	// Path is the raw path without the query.
	Path   string
	Status int
	// Caller is the caller's ARN, or "" for anonymous ones.
	Caller string
	// Duration is from the end of the request's head to the end of the answer.
	Duration time.Duration
	// ErrorCode and ErrorText are what a failed request was answered.
	ErrorCode, ErrorText string
	// Decisions are what was authorized, in order. Their trails are computed
	// when somebody asks (Decided.Explain).
	Decisions []awsapi.Decided
	// Notes are remarks for the reader of `bawn why`.
	Notes []string
}

// MarshalJSON gives the form of `bawn requests --json`.
func (e *Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID        string    `json:"id"`
		Time      time.Time `json:"time"`
		Service   string    `json:"service"`
		Operation string    `json:"operation"`
		Method    string    `json:"method"`
		Path      string    `json:"path"`
		Status    int       `json:"status"`
		Caller    string    `json:"caller"`
		Ms        float64   `json:"ms"`
		Error     string    `json:"error,omitempty"`
	}{e.ID, e.Time.UTC(), e.Service, e.Operation, e.Method, e.Path, e.Status, e.Caller, e.Milliseconds(), e.ErrorCode})
}

// Milliseconds is the duration as the terminal and JSON show it, to the
// microsecond.
func (e *Entry) Milliseconds() float64 { return float64(e.Duration.Microseconds()) / 1000 }

// Explain computes the trails of the entry's decisions now; nil where none
// was kept.
func (e *Entry) Explain() []*Explained {
	out := make([]*Explained, len(e.Decisions))
	for i, d := range e.Decisions {
		x := &Explained{Action: d.Demand.Action, Resource: d.Demand.Resource, Allowed: d.Decision.Allowed()}
		x.Because = strings.TrimSpace(d.Decision.Because(d.Demand.Action))
		if d.Explain != nil {
			trail := d.Explain()
			x.Trail = &trail
		}
		out[i] = x
	}
	return out
}

// Journal is a ring of entries. It is safe for concurrent use.
type Journal struct {
	log *slog.Logger

	mu   sync.Mutex
	ring []*Entry
	next int // where the next entry goes
	subs map[chan *Entry]struct{}
}

// New returns a journal that keeps the newest size entries (at least one) and
// logs each; a nil log logs nothing.
func New(size int, log *slog.Logger) *Journal {
	return &Journal{log: log, ring: make([]*Entry, max(size, 1)), subs: map[chan *Entry]struct{}{}}
}

// Add appends an entry, which must not be changed afterwards.
func (j *Journal) Add(e *Entry) {
	j.mu.Lock()
	j.ring[j.next] = e
	j.next = (j.next + 1) % len(j.ring)
	for ch := range j.subs {
		select {
		case ch <- e:
		default: // a slow reader misses lines, it does not slow requests
		}
	}
	j.mu.Unlock()
	if j.log != nil && j.log.Enabled(context.Background(), slog.LevelInfo) {
		j.write(e)
	}
}

func (j *Journal) write(e *Entry) {
	attrs := []slog.Attr{
		slog.String("id", e.ID), slog.String("service", e.Service), slog.String("operation", e.Operation),
		slog.String("method", e.Method), slog.String("path", e.Path), slog.Int("status", e.Status),
		slog.String("caller", e.Caller), slog.Float64("ms", e.Milliseconds()),
	}
	if e.ErrorCode != "" {
		attrs = append(attrs, slog.String("error", e.ErrorCode))
	}
	j.log.LogAttrs(context.Background(), slog.LevelInfo, "request", attrs...)
}

// List returns the newest entries, at most limit (0: all kept), newest last.
func (j *Journal) List(limit int) []*Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := len(j.ring)
	if limit > 0 && limit < n {
		n = limit
	}
	out := make([]*Entry, 0, n)
	for i := len(j.ring) - n; i < len(j.ring); i++ {
		if e := j.ring[(j.next+i)%len(j.ring)]; e != nil {
			out = append(out, e)
		}
	}
	return out
}

// Lookup returns the newest entry whose id is id or begins with it, or nil.
func (j *Journal) Lookup(id string) *Entry {
	if id == "" {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := len(j.ring) - 1; i >= 0; i-- {
		if e := j.ring[(j.next+i)%len(j.ring)]; e != nil && strings.HasPrefix(e.ID, id) {
			return e
		}
	}
	return nil
}

// Subscribe returns a channel of entries to come, closed when ctx ends. A
// reader that falls more than buffer entries behind misses some.
func (j *Journal) Subscribe(ctx context.Context, buffer int) <-chan *Entry {
	ch := make(chan *Entry, max(buffer, 1))
	j.mu.Lock()
	defer j.mu.Unlock()
	j.subs[ch] = struct{}{}
	context.AfterFunc(ctx, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.subs, ch)
		close(ch)
	})
	return ch
}
