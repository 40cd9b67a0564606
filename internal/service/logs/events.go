package logs

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/store"
)

// Limits of PutLogEvents (API reference).
const (
	maxBatch      = 1 << 20
	eventOverhead = 26
	maxEvent      = 1<<20 - eventOverhead
	maxAge        = 14 * 24 * time.Hour
	maxFuture     = 2 * time.Hour
)

// PutLogEvents adds events to a stream.
func (s *Service) PutLogEvents(ctx context.Context, _ *awsapi.Call, in *shape.PutLogEventsInput) (*shape.PutLogEventsOutput, error) {
	if in.Entity != nil {
		return nil, notBuilt("PutLogEvents", "entity")
	}
	if err := checkBatch(in.LogEvents); err != nil {
		return nil, err
	}
	group, name := deref(in.LogGroupName), deref(in.LogStreamName)
	var out *shape.PutLogEventsOutput
	var kept []event
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		g, err := s.group(tx, group)
		if err != nil {
			return err
		}
		rec, err := s.openStream(tx, group, name)
		if err != nil {
			return err
		}
		var rejected *shape.RejectedLogEventsInfo
		kept, rejected = s.accept(g, in.LogEvents)
		if err := s.write(tx, group, rec, kept); err != nil {
			return err
		}
		out = &shape.PutLogEventsOutput{NextSequenceToken: new(sequenceToken(rec)), RejectedLogEventsInfo: rejected}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.tails.send(group, name, kept)
	return out, nil
}

func checkBatch(events []shape.InputLogEvent) error {
	size := 0
	for i, e := range events {
		if e.Message == nil || e.Timestamp == nil || *e.Timestamp < 0 {
			return invalid("Log event without timestamp or message.")
		}
		if len(*e.Message) > maxEvent {
			return invalid("Log event too large: %d bytes exceeds limit of %d", len(*e.Message)+eventOverhead, maxBatch)
		}
		if i > 0 && *e.Timestamp < *events[i-1].Timestamp {
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
		size += len(*e.Message) + eventOverhead
	}
	if size > maxBatch {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, maxBatch)
	}
	if n := len(events); n > 0 && *events[n-1].Timestamp-*events[0].Timestamp > 24*time.Hour.Milliseconds() {
		return invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	return nil
}

// accept leaves out events that are too old or too new and says which.
func (s *Service) accept(g *groupRecord, in []shape.InputLogEvent) ([]event, *shape.RejectedLogEventsInfo) {
	now := s.now()
	expired := int64(math.MinInt64)
	if g.Retention > 0 {
		expired = now - int64(g.Retention)*24*time.Hour.Milliseconds()
	}
	var info shape.RejectedLogEventsInfo
	kept := make([]event, 0, len(in))
	for i, e := range in {
		switch {
		case *e.Timestamp < expired:
			info.ExpiredLogEventEndIndex = new(int32(i + 1))
		case *e.Timestamp < now-maxAge.Milliseconds():
			info.TooOldLogEventEndIndex = new(int32(i + 1))
		case *e.Timestamp > now+maxFuture.Milliseconds():
			if info.TooNewLogEventStartIndex == nil {
				info.TooNewLogEventStartIndex = new(int32(i))
			}
		default:
			kept = append(kept, event{*e.Timestamp, now, *e.Message})
		}
	}
	if info == (shape.RejectedLogEventsInfo{}) {
		return kept, nil
	}
	return kept, &info
}

// write appends events to a stream: to its last chunk while that is small, then
// to new ones.
func (s *Service) write(tx *store.Tx, group string, rec *streamRecord, events []event) error {
	if len(events) == 0 {
		return nil
	}
	var last []byte
	n := rec.NextChunk
	if n > 0 {
		b, _, err := tx.Get(s.key("chunk", group, rec.Name, pad(n-1, 18)))
		if err != nil {
			return err
		}
		if len(b) > 0 && len(b) < chunkSize {
			last, n = append([]byte(nil), b...), n-1
		}
	}
	for len(events) > 0 {
		take, size := 0, len(last)
		for take < len(events) && take < maxChunkEvents/10 && (take == 0 || size < chunkSize) {
			size += len(events[take].text) + 8
			take++
		}
		tx.Put(s.key("chunk", group, rec.Name, pad(n, 18)), encodeChunk(last, events[:take]))
		for _, e := range events[:take] {
			rec.add(e)
		}
		last, n, events = nil, n+1, events[take:]
	}
	rec.NextChunk = n
	return store.PutJSON(tx, s.key("stream", group, rec.Name), rec)
}

// add counts an event in the stream's record.
func (r *streamRecord) add(e event) {
	if r.Ingested == 0 || e.time < r.First {
		r.First = e.time
	}
	r.Last = max(r.Last, e.time)
	r.Ingested = max(r.Ingested, e.ingested, 1)
	r.Bytes += int64(len(e.text) + eventOverhead)
}

// pad writes n with leading zeros.
func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	return strings.Repeat("0", max(0, width-len(s))) + s
}
