package logs

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	shape "github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/policy"
)

type allowAll struct{ asked []string }

func (a *allowAll) Authorize(_ context.Context, _ *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	a.asked = append(a.asked, d.Action+" "+d.Resource)
	return awsapi.Decided{Demand: d, Decision: policy.Decision{Effect: policy.Allow}}, nil
}

type fixture struct {
	t     *testing.T
	svc   *Service
	door  *awsapi.Door
	auth  *allowAll
	clock *clock.Fake
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, auth: &allowAll{}, clock: clock.NewFake(time.UnixMilli(1_700_000_000_000))}
	svc, err := New(Config{DB: store.New(memstore.New()), Clock: f.clock, Account: "000000000000", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	f.svc = svc
	f.door = awsapi.NewDoor("000000000000", f.auth)
	f.door.Register(svc.Service())
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *fixture) call(operation string, in any) (any, error) {
	caller := &awsapi.Caller{Kind: awsapi.User, Account: "000000000000", UserName: "u"}
	out, _, err := f.door.Do(context.Background(), caller, &awsapi.Environment{Region: "us-east-1", Now: f.clock.Now()}, "logs", operation, in)
	return out, err
}

func must[Out any](f *fixture, operation string, in any) *Out {
	f.t.Helper()
	out, err := f.call(operation, in)
	if err != nil {
		f.t.Fatalf("%s: %v", operation, err)
	}
	return out.(*Out)
}

func (f *fixture) refused(operation string, in any, code, message string) {
	f.t.Helper()
	if _, err := f.call(operation, in); awsapi.Code(err) != code || !strings.Contains(err.Error(), message) {
		f.t.Errorf("%s: got %v, want %s with %q", operation, err, code, message)
	}
}

// put adds events of the given texts, one millisecond apart.
func (f *fixture) put(group, stream string, texts ...string) {
	f.t.Helper()
	in := &shape.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream}
	for i, text := range texts {
		in.LogEvents = append(in.LogEvents, shape.InputLogEvent{Timestamp: new(f.svc.now() + int64(i)), Message: new(text)})
	}
	must[shape.PutLogEventsOutput](f, "PutLogEvents", in)
	f.clock.Advance(time.Duration(len(texts)) * time.Millisecond)
}

func (f *fixture) stream(group, stream string) {
	f.t.Helper()
	must[shape.CreateLogStreamOutput](f, "CreateLogStream", &shape.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
}

func TestGroupsAndStreams(t *testing.T) {
	f := newFixture(t)
	group := &shape.CreateLogGroupInput{LogGroupName: new("/aws/lambda/a"), Tags: map[string]string{"k": "v"}}
	must[shape.CreateLogGroupOutput](f, "CreateLogGroup", group)
	f.refused("CreateLogGroup", group, "ResourceAlreadyExistsException", "already exists")
	f.refused("CreateLogGroup", &shape.CreateLogGroupInput{LogGroupName: new("a b")}, "InvalidParameterException", "logGroupName")
	f.refused("CreateLogStream", &shape.CreateLogStreamInput{LogGroupName: new("none"), LogStreamName: new("s")}, "ResourceNotFoundException", "log group")
	must[shape.PutRetentionPolicyOutput](f, "PutRetentionPolicy", &shape.PutRetentionPolicyInput{LogGroupName: group.LogGroupName, RetentionInDays: new(int32(7))})
	f.refused("PutRetentionPolicy", &shape.PutRetentionPolicyInput{LogGroupName: group.LogGroupName, RetentionInDays: new(int32(8))}, "InvalidParameterException", "retentionInDays")
	for i := range 3 {
		f.stream("/aws/lambda/a", fmt.Sprintf("s%d", i))
	}
	f.put("/aws/lambda/a", "s1", "one")
	groups := must[shape.DescribeLogGroupsOutput](f, "DescribeLogGroups", &shape.DescribeLogGroupsInput{LogGroupNamePrefix: new("/aws/")})
	if len(groups.LogGroups) != 1 || *groups.LogGroups[0].RetentionInDays != 7 || *groups.LogGroups[0].StoredBytes != 29 {
		t.Errorf("groups %+v", groups.LogGroups)
	}
	streams := must[shape.DescribeLogStreamsOutput](f, "DescribeLogStreams", &shape.DescribeLogStreamsInput{LogGroupName: group.LogGroupName, OrderBy: new("LastEventTime"), Descending: new(true), Limit: new(int32(2))})
	if len(streams.LogStreams) != 2 || *streams.LogStreams[0].LogStreamName != "s1" || streams.NextToken == nil {
		t.Errorf("streams %+v", streams)
	}
	rest := must[shape.DescribeLogStreamsOutput](f, "DescribeLogStreams", &shape.DescribeLogStreamsInput{LogGroupName: group.LogGroupName, OrderBy: new("LastEventTime"), Descending: new(true), NextToken: streams.NextToken})
	if len(rest.LogStreams) != 1 || rest.NextToken != nil {
		t.Errorf("rest %+v", rest)
	}
	must[shape.TagResourceOutput](f, "TagResource", &shape.TagResourceInput{ResourceArn: new("arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/a:*"), Tags: map[string]string{"b": "c"}})
	if last := f.auth.asked[len(f.auth.asked)-1]; last != "logs:TagResource arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/a:log-stream:" {
		t.Errorf("asked for %s", last)
	}
	tags := must[shape.ListTagsLogGroupOutput](f, "ListTagsLogGroup", &shape.ListTagsLogGroupInput{LogGroupName: group.LogGroupName})
	if len(tags.Tags) != 2 {
		t.Errorf("tags %v", tags.Tags)
	}
	must[shape.DeleteLogGroupOutput](f, "DeleteLogGroup", &shape.DeleteLogGroupInput{LogGroupName: group.LogGroupName})
	f.refused("FilterLogEvents", &shape.FilterLogEventsInput{LogGroupName: group.LogGroupName}, "ResourceNotFoundException", "")
}

func TestPutLogEventsRefusals(t *testing.T) {
	f := newFixture(t)
	must[shape.CreateLogGroupOutput](f, "CreateLogGroup", &shape.CreateLogGroupInput{LogGroupName: new("g")})
	f.stream("g", "s")
	now := f.svc.now()
	at := func(ms int64, text string) shape.InputLogEvent {
		return shape.InputLogEvent{Timestamp: &ms, Message: &text}
	}
	in := func(events ...shape.InputLogEvent) *shape.PutLogEventsInput {
		return &shape.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: events}
	}
	f.refused("PutLogEvents", in(at(now, "a"), at(now-1, "b")), "InvalidParameterException", "chronological order")
	f.refused("PutLogEvents", in(at(now-25*3600_000, "a"), at(now, "b")), "InvalidParameterException", "24 hours")
	f.refused("PutLogEvents", in(at(now, strings.Repeat("x", maxBatch))), "InvalidParameterException", "too large")
	half := strings.Repeat("x", maxBatch/2)
	f.refused("PutLogEvents", in(at(now, half), at(now, half)), "InvalidParameterException", "Upload too large")
	out := must[shape.PutLogEventsOutput](f, "PutLogEvents", in(at(now, "good"), at(now+3*3600_000, "future")))
	if out.RejectedLogEventsInfo == nil || *out.RejectedLogEventsInfo.TooNewLogEventStartIndex != 1 {
		t.Errorf("rejected %+v", out.RejectedLogEventsInfo)
	}
	f.refused("PutLogEvents", &shape.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new("none"), LogEvents: in(at(now, "a")).LogEvents}, "ResourceNotFoundException", "log stream")
}

// texts reads a whole stream page by page in one direction.
func (f *fixture) texts(forward bool, limit int32) []string {
	var all []string
	in := &shape.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s"), StartFromHead: &forward, Limit: &limit}
	for {
		out := must[shape.GetLogEventsOutput](f, "GetLogEvents", in)
		if len(out.Events) == 0 {
			if in.NextToken != nil && forward && *out.NextForwardToken != *in.NextToken {
				f.t.Error("the token changed at the end of the stream")
			}
			return all
		}
		var page []string
		for _, e := range out.Events {
			page = append(page, *e.Message)
		}
		if forward {
			all, in.NextToken = append(all, page...), out.NextForwardToken
		} else {
			all, in.NextToken = append(page, all...), out.NextBackwardToken
		}
	}
}

func TestReadPages(t *testing.T) {
	f := newFixture(t)
	must[shape.CreateLogGroupOutput](f, "CreateLogGroup", &shape.CreateLogGroupInput{LogGroupName: new("g")})
	f.stream("g", "s")
	var want []string
	for i := range 300 {
		text := fmt.Sprintf("event %d %s", i, strings.Repeat("-", i*5))
		want = append(want, text)
		f.put("g", "s", text)
	}
	for _, forward := range []bool{true, false} {
		got := f.texts(forward, 7)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("forward %v: %d events, want %d in order", forward, len(got), len(want))
		}
	}
	f.stream("g", "other")
	f.put("g", "other", "ERROR one", "fine", "ERROR two \"quoted phrase\"")
	var found []string
	in := &shape.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new("ERROR"), Limit: new(int32(1))}
	for {
		out := must[shape.FilterLogEventsOutput](f, "FilterLogEvents", in)
		for _, e := range out.Events {
			found = append(found, *e.Message)
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if len(found) != 2 || found[0] != "ERROR one" {
		t.Errorf("found %q", found)
	}
	f.refused("FilterLogEvents", &shape.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new("{ $.a = 1 }")}, "NotImplemented", "JSON pattern")
}

func TestPatterns(t *testing.T) {
	for _, tc := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "anything", true},
		{"ERROR", "an ERROR here", true},
		{"error", "an ERROR here", false},
		{"a b", "b then a", true},
		{"a b", "only a", false},
		{`"a b"`, "x a b y", true},
		{`"a b"`, "a x b", false},
		{`"say \"hi\""`, `he will say "hi" now`, true},
		{"ERROR -timeout", "ERROR timeout", false},
		{"ERROR -timeout", "ERROR other", true},
		{"?a ?b", "has b", true},
		{"?a ?b", "none", false},
	} {
		p, err := parsePattern(tc.pattern)
		if err != nil {
			t.Errorf("%s: %v", tc.pattern, err)
		} else if got := p.match(tc.text); got != tc.want {
			t.Errorf("%q on %q: %v", tc.pattern, tc.text, got)
		}
	}
	for _, bad := range []string{`"open`, "- a", "[a, b]", "{ $.x }", "%re%"} {
		if _, err := parsePattern(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestSink(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(context.Background())
	tail := f.svc.Tail(ctx, "/aws/lambda/f")
	for i := range 500 {
		f.svc.Put("/aws/lambda/f", "stream", []Event{{Time: f.clock.Now(), Text: fmt.Sprintf("line %d\n", i)}})
		f.clock.Advance(time.Millisecond)
	}
	if err := f.svc.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	out := must[shape.FilterLogEventsOutput](f, "FilterLogEvents", &shape.FilterLogEventsInput{LogGroupName: new("/aws/lambda/f")})
	if len(out.Events) != 500 {
		t.Fatalf("%d events", len(out.Events))
	}
	for i, e := range out.Events {
		if *e.Message != fmt.Sprintf("line %d\n", i) {
			t.Fatalf("event %d is %q", i, *e.Message)
		}
	}
	if got := <-tail; got.Text != "line 0\n" || got.Stream != "stream" {
		t.Errorf("tailed %+v", got)
	}
	cancel()
	for range tail { // closed after cancel
	}
}

func TestSinkDropsBeyondItsBound(t *testing.T) {
	f := newFixture(t)
	f.svc.sink.flush.Lock() // nothing is written meanwhile
	big := strings.Repeat("x", 200<<10)
	for range 2 * maxPendingBytes / len(big) {
		f.svc.Put("g", "s", []Event{{Time: f.clock.Now(), Text: big}})
	}
	if f.svc.sink.bytes > maxPendingBytes+len(big)+eventOverhead {
		t.Errorf("%d bytes wait", f.svc.sink.bytes)
	}
	f.svc.sink.flush.Unlock()
	if err := f.svc.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	out := must[shape.FilterLogEventsOutput](f, "FilterLogEvents", &shape.FilterLogEventsInput{LogGroupName: new("g"), FilterPattern: new("dropped")})
	if len(out.Events) != 1 {
		t.Errorf("%d events say what was dropped", len(out.Events))
	}
}

func TestExpire(t *testing.T) {
	f := newFixture(t)
	must[shape.CreateLogGroupOutput](f, "CreateLogGroup", &shape.CreateLogGroupInput{LogGroupName: new("g")})
	must[shape.PutRetentionPolicyOutput](f, "PutRetentionPolicy", &shape.PutRetentionPolicyInput{LogGroupName: new("g"), RetentionInDays: new(int32(1))})
	f.stream("g", "s")
	f.put("g", "s", "old")
	f.clock.Advance(25 * time.Hour)
	if got := must[shape.FilterLogEventsOutput](f, "FilterLogEvents", &shape.FilterLogEventsInput{LogGroupName: new("g")}); len(got.Events) != 0 {
		t.Errorf("an expired event is shown")
	}
	if err := f.svc.expire(context.Background()); err != nil {
		t.Fatal(err)
	}
	f.put("g", "s", "new")
	got := must[shape.GetLogEventsOutput](f, "GetLogEvents", &shape.GetLogEventsInput{LogGroupName: new("g"), LogStreamName: new("s")})
	if len(got.Events) != 1 || *got.Events[0].Message != "new" {
		t.Errorf("events %+v", got.Events)
	}
}

func FuzzDecodeChunk(f *testing.F) {
	f.Add(encodeChunk(nil, []event{{5, 6, "a"}, {4, 7, ""}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := decodeChunk(b)
		if err != nil {
			return
		}
		again, err := decodeChunk(encodeChunk(nil, events))
		if err != nil || len(again) != len(events) {
			t.Errorf("%d events became %d: %v", len(events), len(again), err)
		}
	})
}

func FuzzParsePattern(f *testing.F) {
	f.Add(`a -b ?c "d e"`)
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := parsePattern(s); err == nil {
			_ = p.match(s)
		}
	})
}
