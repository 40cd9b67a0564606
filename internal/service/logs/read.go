package logs

import (
	"context"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/store"
)

const (
	maxRead      = 10000   // events of one answer
	maxReadBytes = 1 << 20 // text of one answer
)

// found is an event with its id, which orders all events of a group: time
// (20 digits), stream (18), place in the stream (18).
type found struct {
	event
	id     string
	stream string
}

// scan yields the events of a stream that lie in a range of time, in the order
// they came in.
func (s *Service) scan(tx *store.Tx, group string, rec *streamRecord, from, to int64, yield func(found)) error {
	if rec.Ingested == 0 || rec.Last < from || rec.First >= to {
		return nil
	}
	lo, hi := s.key("chunk", group, rec.Name).Prefix()
	for raw, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return err
		}
		parts, err := store.Key(raw.Key).Parts()
		if err != nil {
			return err
		}
		events, err := decodeChunk(raw.Value)
		if err != nil {
			return err
		}
		number := parts[len(parts)-1] // 18 digits, of which the first six are always zero
		for i, e := range events {
			if e.time >= from && e.time < to {
				yield(found{e, pad(e.time, 20) + rec.Serial + number[6:] + pad(int64(i), 6), rec.Name})
			}
		}
	}
	return nil
}

// span is a request's range of time, from included, to excluded, without what
// the group no longer keeps.
func (s *Service) span(g *groupRecord, start, end *int64) (from, to int64) {
	from, to = s.oldest(g), math.MaxInt64
	if start != nil {
		from = max(from, *start)
	}
	if end != nil {
		to = *end
	}
	return from, to
}

// GetLogEvents reads a stream forwards or backwards. Tokens hold the id of the
// event they continue from, so new events do not shift pages.
func (s *Service) GetLogEvents(ctx context.Context, _ *awsapi.Call, in *shape.GetLogEventsInput) (*shape.GetLogEventsOutput, error) {
	group, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if in.Unmask != nil && *in.Unmask {
		return nil, notBuilt("GetLogEvents", "unmask")
	}
	token := deref(in.NextToken)
	forward := in.StartFromHead != nil && *in.StartFromHead
	at := ""
	if token != "" {
		var kind string
		kind, at, _ = strings.Cut(token, "/")
		if kind != "f" && kind != "b" || len(at) != 56 {
			return nil, invalid("The specified nextToken is invalid.")
		}
		forward = kind == "f"
	}
	var all []found
	err = s.db.View(ctx, func(tx *store.Tx) error {
		g, err := s.group(tx, group)
		if err != nil {
			return err
		}
		rec, err := s.openStream(tx, group, deref(in.LogStreamName))
		if err != nil {
			return err
		}
		from, to := s.span(g, in.StartTime, in.EndTime)
		all = nil
		return s.scan(tx, group, rec, from, to, func(f found) {
			if at == "" || forward && f.id > at || !forward && f.id < at {
				all = append(all, f)
			}
		})
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(all, func(i, j int) bool { return all[i].id < all[j].id })
	return eventPage(all, limitOf(in.Limit, maxRead), forward, at), nil
}

// eventPage cuts a page from sorted events: the first ones, or the last.
func eventPage(all []found, limit int, forward bool, at string) *shape.GetLogEventsOutput {
	if len(all) > limit {
		if forward {
			all = all[:limit]
		} else {
			all = all[len(all)-limit:]
		}
	}
	size := 0
	for i := range all {
		n := i
		if !forward {
			n = len(all) - 1 - i
		}
		if size += len(all[n].text) + eventOverhead; size > maxReadBytes && i > 0 {
			if forward {
				all = all[:n]
			} else {
				all = all[n+1:]
			}
			break
		}
	}
	out := &shape.GetLogEventsOutput{Events: make([]shape.OutputLogEvent, len(all))}
	for i := range all {
		e := &all[i]
		out.Events[i] = shape.OutputLogEvent{Timestamp: &e.time, IngestionTime: &e.ingested, Message: &e.text}
	}
	first, last := at, at
	switch {
	case len(all) > 0:
		first, last = all[0].id, all[len(all)-1].id
	case at == "":
		first, last = strings.Repeat("0", 56), strings.Repeat("0", 56)
	}
	out.NextForwardToken, out.NextBackwardToken = new("f/"+last), new("b/"+first)
	return out
}

// FilterLogEvents searches the streams of a group and returns what matches in
// order of time.
func (s *Service) FilterLogEvents(ctx context.Context, _ *awsapi.Call, in *shape.FilterLogEventsInput) (*shape.FilterLogEventsOutput, error) {
	group, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Unmask != nil && *in.Unmask:
		return nil, notBuilt("FilterLogEvents", "unmask")
	case in.StartFromHead != nil && !*in.StartFromHead:
		return nil, notBuilt("FilterLogEvents", "startFromHead false")
	case len(in.LogStreamNames) > 0 && in.LogStreamNamePrefix != nil:
		return nil, invalid("LogStreamNames and LogStreamNamePrefix are mutually exclusive parameters.")
	}
	match, err := parsePattern(deref(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	after, err := nameOf(in.NextToken)
	if err != nil {
		return nil, err
	}
	c := &collector{after: after, limit: limitOf(in.Limit, maxRead), match: match}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		c.kept = nil
		g, err := s.group(tx, group)
		if err != nil {
			return err
		}
		streams, err := s.streams(tx, group, deref(in.LogStreamNamePrefix))
		if err != nil {
			return err
		}
		from, to := s.span(g, in.StartTime, in.EndTime)
		if to < math.MaxInt64 {
			to++ // endTime itself is searched
		}
		for _, rec := range streams {
			if len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, rec.Name) {
				continue
			}
			if err := s.scan(tx, group, rec, from, to, c.add); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.page(), nil
}

// collector keeps the first matching events after a place, in bounded memory.
type collector struct {
	after string
	limit int
	match *pattern
	kept  []found
}

func (c *collector) add(f found) {
	if f.id <= c.after || !c.match.match(f.text) {
		return
	}
	c.kept = append(c.kept, f)
	if len(c.kept) > 4*c.limit+1024 {
		c.cut()
	}
}

// cut keeps one event more than the limit, to know whether there is a next page.
func (c *collector) cut() {
	sort.Slice(c.kept, func(i, j int) bool { return c.kept[i].id < c.kept[j].id })
	if len(c.kept) > c.limit+1 {
		c.kept = c.kept[:c.limit+1]
	}
}

func (c *collector) page() *shape.FilterLogEventsOutput {
	c.cut()
	out := &shape.FilterLogEventsOutput{Events: []shape.FilteredLogEvent{}, SearchedLogStreams: []shape.SearchedLogStream{}}
	size := 0
	for i := range c.kept {
		f := &c.kept[i]
		size += len(f.text) + eventOverhead
		if i == c.limit || size > maxReadBytes && i > 0 {
			out.NextToken = tokenOf(c.kept[i-1].id)
			break
		}
		out.Events = append(out.Events, shape.FilteredLogEvent{EventId: &f.id, LogStreamName: &f.stream,
			Timestamp: &f.time, IngestionTime: &f.ingested, Message: &f.text})
	}
	return out
}
