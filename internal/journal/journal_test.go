package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

func ids(entries []*Entry) string {
	var s []string
	for _, e := range entries {
		s = append(s, e.ID)
	}
	return strings.Join(s, " ")
}

func TestRing(t *testing.T) {
	j := New(3, nil)
	if got := j.List(0); len(got) != 0 {
		t.Errorf("an empty journal lists %s", ids(got))
	}
	for i, want := range []string{"r0", "r0 r1", "r0 r1 r2", "r1 r2 r3", "r2 r3 r4"} {
		j.Add(&Entry{ID: fmt.Sprintf("r%d", i)})
		if got := ids(j.List(0)); got != want {
			t.Errorf("after %d: %s, want %s", i+1, got, want)
		}
	}
	if got := ids(j.List(2)); got != "r3 r4" {
		t.Errorf("the newest two: %s", got)
	}
	if got := ids(j.List(99)); got != "r2 r3 r4" {
		t.Errorf("more than there are: %s", got)
	}
}

func TestLookup(t *testing.T) {
	j := New(4, nil)
	for _, id := range []string{"aa-1", "ab-2", "aa-3"} {
		j.Add(&Entry{ID: id})
	}
	for ask, want := range map[string]string{"aa-1": "aa-1", "aa": "aa-3", "ab": "ab-2"} {
		if e := j.Lookup(ask); e == nil || e.ID != want {
			t.Errorf("Lookup(%q) = %v, want %s", ask, e, want)
		}
	}
	for _, ask := range []string{"", "zz", "aa-1-"} {
		if e := j.Lookup(ask); e != nil {
			t.Errorf("Lookup(%q) = %s", ask, e.ID)
		}
	}
}

func TestJSONAndLog(t *testing.T) {
	var log bytes.Buffer
	j := New(1, slog.New(slog.NewJSONHandler(&log, nil)))
	j.Add(&Entry{
		ID: "id-1", Time: time.Date(2026, 11, 22, 10, 0, 0, 5e8, time.UTC), Service: "dynamodb", Operation: "GetItem",
		Method: "POST", Path: "/", Status: 400, Caller: "arn:aws:iam::000000000000:user/admin", Duration: 1234567 * time.Nanosecond,
		ErrorCode: "ValidationException", ErrorText: "not shown",
	})
	got, err := json.Marshal(map[string]any{"requests": j.List(0)})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"requests":[{"id":"id-1","time":"2026-11-22T10:00:00.5Z","service":"dynamodb","operation":"GetItem","method":"POST","path":"/","status":400,"caller":"arn:aws:iam::000000000000:user/admin","ms":1.234,"error":"ValidationException"}]}`
	if string(got) != want {
		t.Errorf("JSON:\n got %s\nwant %s", got, want)
	}
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]any{"msg": "request", "id": "id-1", "operation": "GetItem", "status": 400.0, "ms": 1.234, "error": "ValidationException"} {
		if line[k] != v {
			t.Errorf("log %s = %v, want %v", k, line[k], v)
		}
	}
}

func TestExplainIsLazy(t *testing.T) {
	asked := 0
	e := &Entry{Decisions: []awsapi.Decided{
		{Demand: awsapi.Demand{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}, Explain: func() policy.Trail {
			asked++
			return policy.Trail{Summary: "because"}
		}},
		{Demand: awsapi.Demand{Action: "s3:ListBucket"}, Decision: policy.Decision{Effect: policy.Allow}},
	}}
	New(1, nil).Add(e)
	if asked != 0 {
		t.Fatal("a trail was computed by Add")
	}
	x := e.Explain()
	if asked != 1 || x[0].Allowed || x[0].Trail.Summary != "because" || !x[1].Allowed || x[1].Trail != nil {
		t.Errorf("asked %d times, %+v %+v", asked, x[0], x[1])
	}
}

func TestSubscribe(t *testing.T) {
	j := New(1, nil)
	ctx, cancel := context.WithCancel(context.Background())
	ch := j.Subscribe(ctx, 2)
	for i := range 5 {
		j.Add(&Entry{ID: fmt.Sprint(i)})
	}
	if a, b := <-ch, <-ch; a.ID != "0" || b.ID != "1" {
		t.Errorf("got %s %s", a.ID, b.ID)
	}
	cancel()
	for e := range ch {
		t.Errorf("%s after the end", e.ID)
	}
	j.Add(&Entry{ID: "later"})
}

func TestConcurrentUse(t *testing.T) {
	j := New(10, nil)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for k := range 200 {
				j.Add(&Entry{ID: fmt.Sprintf("%d-%d", i, k)})
				j.List(5)
				j.Lookup("1-")
			}
		})
		wg.Go(func() {
			for range j.Subscribe(ctx, 1) {
				j.List(1)
			}
		})
	}
	wg.Go(func() {
		for len(j.List(0)) < 10 {
			j.Add(&Entry{ID: "x"})
		}
		cancel()
	})
	wg.Wait()
	if n := len(j.List(0)); n != 10 {
		t.Errorf("%d entries", n)
	}
}
