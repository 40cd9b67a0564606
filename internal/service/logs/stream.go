package logs

import (
	"context"
	"regexp"
	"sort"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/ids"
	shape "github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/store"
)

var streamForm = regexp.MustCompile(`^[^:*]{1,512}$`)

func (s *Service) newStream(name string) *streamRecord {
	return &streamRecord{Name: name, Serial: s.cfg.IDs.String(18, ids.Digits), Created: s.now()}
}

// openStream reads a stream that must exist, in a group that must exist.
func (s *Service) openStream(tx *store.Tx, group, name string) (*streamRecord, error) {
	if _, err := s.group(tx, group); err != nil {
		return nil, err
	}
	rec, err := store.GetJSON[streamRecord](tx, s.key("stream", group, name))
	if err == nil && rec == nil {
		return nil, noStream()
	}
	return rec, err
}

// streams lists the streams of a group whose names begin with prefix, by name.
func (s *Service) streams(tx *store.Tx, group, prefix string) ([]*streamRecord, error) {
	var all []*streamRecord
	lo, hi := s.key("stream", group).Prefix()
	for raw, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return nil, err
		}
		rec, err := store.DecodeJSON[streamRecord](raw.Value)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(rec.Name, prefix) {
			all = append(all, rec)
		}
	}
	return all, nil
}

// CreateLogStream makes an empty stream.
func (s *Service) CreateLogStream(ctx context.Context, _ *awsapi.Call, in *shape.CreateLogStreamInput) (*shape.CreateLogStreamOutput, error) {
	group, name := deref(in.LogGroupName), deref(in.LogStreamName)
	if !streamForm.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", name)
	}
	rec := s.newStream(name)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := s.group(tx, group); err != nil {
			return err
		}
		old, err := store.GetJSON[streamRecord](tx, s.key("stream", group, name))
		if err != nil {
			return err
		}
		if old != nil {
			return exists("stream")
		}
		return store.PutJSON(tx, s.key("stream", group, name), rec)
	})
	return &shape.CreateLogStreamOutput{}, err
}

// DeleteLogStream deletes a stream with its events.
func (s *Service) DeleteLogStream(ctx context.Context, _ *awsapi.Call, in *shape.DeleteLogStreamInput) (*shape.DeleteLogStreamOutput, error) {
	group, name := deref(in.LogGroupName), deref(in.LogStreamName)
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := s.openStream(tx, group, name); err != nil {
			return err
		}
		tx.Delete(s.key("stream", group, name))
		lo, hi := s.key("chunk", group, name).Prefix()
		tx.DeleteRange(lo, hi)
		return nil
	})
	return &shape.DeleteLogStreamOutput{}, err
}

// DescribeLogStreams lists streams by name or by their last event.
func (s *Service) DescribeLogStreams(ctx context.Context, _ *awsapi.Call, in *shape.DescribeLogStreamsInput) (*shape.DescribeLogStreamsOutput, error) {
	group, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	byTime := deref(in.OrderBy) == "LastEventTime"
	if byTime && deref(in.LogStreamNamePrefix) != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	after, err := nameOf(in.NextToken)
	if err != nil {
		return nil, err
	}
	var all []*streamRecord
	err = s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := s.group(tx, group); err != nil {
			return err
		}
		all, err = s.streams(tx, group, deref(in.LogStreamNamePrefix))
		return err
	})
	if err != nil {
		return nil, err
	}
	descending := in.Descending != nil && *in.Descending
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if descending {
			a, b = b, a
		}
		if byTime && a.Last != b.Last {
			return a.Last < b.Last
		}
		return a.Name < b.Name
	})
	limit := limitOf(in.Limit, 50)
	out := &shape.DescribeLogStreamsOutput{LogStreams: []shape.LogStream{}}
	skipping := after != ""
	for _, rec := range all {
		if skipping {
			skipping = rec.Name != after
			continue
		}
		if len(out.LogStreams) == limit {
			out.NextToken = tokenOf(*out.LogStreams[limit-1].LogStreamName)
			break
		}
		out.LogStreams = append(out.LogStreams, s.describeStream(group, rec))
	}
	return out, nil
}

func (s *Service) describeStream(group string, rec *streamRecord) shape.LogStream {
	out := shape.LogStream{LogStreamName: &rec.Name, CreationTime: &rec.Created, StoredBytes: new(int64(0)),
		Arn: new(s.arn(group) + ":log-stream:" + rec.Name), UploadSequenceToken: new(sequenceToken(rec))}
	if rec.Ingested > 0 {
		out.FirstEventTimestamp, out.LastEventTimestamp, out.LastIngestionTime = &rec.First, &rec.Last, &rec.Ingested
	}
	return out
}

// sequenceToken is a token no one needs any more, but SDKs still show.
func sequenceToken(rec *streamRecord) string {
	return "49" + rec.Serial + pad(rec.NextChunk, 18) + pad(rec.Ingested, 18)
}
