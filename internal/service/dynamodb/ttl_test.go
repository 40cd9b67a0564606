package dynamodb

import (
	"fmt"
	"testing"
	"time"
)

// Items go when their time has come, from table and index, whether they were
// there before expiry was switched on or not; a changed item stays.
func TestExpiry(t *testing.T) {
	b := newBench(t)
	b.must(t, "CreateTable", indexedTable)
	at := func(d time.Duration) int64 { return b.clock.Now().Add(d).Unix() }
	put := func(p string, expires any) {
		b.must(t, "PutItem", fmt.Sprintf(`{"TableName":"tab","Item":{"p":{"S":"%s"},"s":{"N":"1"},"g":{"S":"x"},"e":{"N":"%v"}}}`, p, expires))
	}
	put("old", at(time.Minute))
	put("never", at(-6*365*24*time.Hour))
	b.must(t, "UpdateTimeToLive", `{"TableName":"tab","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"e"}}`)
	b.wait(t, `{"TableName":"tab"}`)
	put("new", at(time.Minute))
	put("later", at(time.Hour))
	put("changed", at(time.Minute))
	put("changed", at(2*time.Hour))
	put("fraction", "1.5")
	for i := 0; b.must(t, "DescribeTimeToLive", `{"TableName":"tab"}`).TimeToLiveDescription.TimeToLiveStatus != "ENABLED"; i++ {
		if i > 10000 {
			t.Fatal("expiry is never enabled")
		}
		time.Sleep(time.Millisecond)
	}
	b.service.sweep(t.Context())
	if got := b.must(t, "Scan", `{"TableName":"tab"}`).Count; got != 6 {
		t.Errorf("%d items before their time, want 6", got)
	}
	b.clock.Advance(2 * time.Minute)
	b.service.sweep(t.Context())
	for _, params := range []string{`{"TableName":"tab"}`, `{"TableName":"tab","IndexName":"global"}`} {
		a := b.must(t, "Scan", params)
		left := map[string]bool{}
		for _, it := range a.Items {
			left[it["p"].Text()] = true
		}
		if len(left) != 4 || !left["never"] || !left["later"] || !left["changed"] || !left["fraction"] {
			t.Errorf("%s: %v are left", params, left)
		}
	}
	for _, tc := range []struct{ spec, want string }{
		{`{"Enabled":true,"AttributeName":"e"}`, "TimeToLive is already enabled"},
		{`{"Enabled":true,"AttributeName":"f"}`, "TimeToLive is active on a different AttributeName: current AttributeName is e"},
		{`{"Enabled":false,"AttributeName":"e"}`, ""},
		{`{"Enabled":false,"AttributeName":"e"}`, "TimeToLive is already disabled"},
	} {
		if a := b.ask(t, "UpdateTimeToLive", `{"TableName":"tab","TimeToLiveSpecification":`+tc.spec+`}`); a.Message != tc.want {
			t.Errorf("%s: %q, want %q", tc.spec, a.Message, tc.want)
		}
	}
	b.clock.Advance(3 * time.Hour)
	b.service.sweep(t.Context())
	if got := b.must(t, "Scan", `{"TableName":"tab"}`).Count; got != 4 {
		t.Errorf("%d items after expiry was switched off, want 4", got)
	}
}
