package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// line is one row of the report.
type line struct {
	Name string `json:"name"`
	// Bawn and Reference are medians in Unit.
	Bawn      float64 `json:"bawn"`
	Reference float64 `json:"reference"`
	Unit      string  `json:"unit"`
	Against   string  `json:"against"`
	// Ratio is the median of the rounds' ratios, larger is better.
	Ratio float64 `json:"ratio"`
	// Goal is what the ratio should reach; 0: none is set.
	Goal float64 `json:"goal,omitempty"`
	// P50 and P99 are Bawn's latencies in milliseconds, medians.
	P50 float64 `json:"p50Ms,omitempty"`
	P99 float64 `json:"p99Ms,omitempty"`
}

func (b *bench) compare(name, what, against, reference string, goal float64) line {
	s := b.find(what)
	ms := func(pick func(rate) time.Duration) float64 {
		return median(s.rates, func(r rate) float64 { return float64(pick(r)) / 1e6 })
	}
	return line{
		Name: name, Bawn: s.perSecond(), Reference: b.find(against).perSecond(), Unit: "1/s", Against: reference,
		Ratio: b.ratio(what, against), Goal: goal,
		P50: ms(func(r rate) time.Duration { return r.P50 }), P99: ms(func(r rate) time.Duration { return r.P99 }),
	}
}

// lines are the rows of the report.
func (b *bench) lines(s starts) []line {
	const hello, reply, reply1K, disk = "bare Node http", "bare Go net/http", "bare Go net/http, 1 KiB", "append + fdatasync, 1 thread"
	rows := []line{
		b.compare("signed call of a warm Node function, 32 connections", "function/32", "node/32", hello, 0.35),
		b.compare("signed call of a warm Node function, 1 connection", "function/1", "node/1", hello, 0.5),
		b.compare("signed call of a MOCK method, 32 connections", "mock/32", "go/32", reply, 0.5),
		b.compare("signed call of a MOCK method, 1 connection", "mock/1", "go/1", reply, 0),
		b.compare("GetItem of 1 KiB, 32 connections", "get/32", "go 1KiB/32", reply1K, 0),
		b.compare("GetItem of 1 KiB, 1 connection", "get/1", "go 1KiB/1", reply1K, 0),
		b.compare("durable PutItem of 1 KiB, 32 connections", "put/32", "go 1KiB/32", reply1K, 0),
		b.compare("durable PutItem of 1 KiB, 32 connections", "put/32", "sync", disk, 0),
		b.compare("durable PutItem of 1 KiB, 1 connection", "put/1", "sync", disk, 0),
	}
	rows = append(rows, line{
		Name: "SRP sign-in, server's processor time", Unit: "ms", Against: "its exponentiations and 2 RSA signatures",
		Bawn:      median(b.signIns, func(s signIns) float64 { return s.Server.Seconds() * 1000 }),
		Reference: median(b.arithmetic, func(d time.Duration) float64 { return d.Seconds() * 1000 }),
		Ratio:     b.signInRatio(), Goal: 0.8,
	})
	return append(rows,
		line{Name: "start to ready with the example, warm", Bawn: ms(s.Warm), Reference: 300, Unit: "ms", Against: "limit", Ratio: 300 / ms(s.Warm), Goal: 1},
		line{Name: "start to ready with the example, first", Bawn: ms(s.First), Unit: "ms"},
		line{Name: "resident memory when idle", Bawn: float64(s.Idle) / 1e6, Reference: 80, Unit: "MB", Against: "limit", Ratio: 80e6 / float64(s.Idle), Goal: 1},
	)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func printTable(w io.Writer, rows []line) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WHAT\tBAWN\tREFERENCE\tAGAINST\tRATIO\tGOAL\tP50 / P99")
	for _, l := range rows {
		reference, ratio, goal, latency := "", "", "", ""
		if l.Reference > 0 {
			reference, ratio = figure(l.Reference, l.Unit), fmt.Sprintf("%.2f", l.Ratio)
		}
		if l.Goal > 0 {
			goal = fmt.Sprintf("%.2f", l.Goal)
		}
		if l.P50 > 0 {
			latency = fmt.Sprintf("%.2f / %.2f ms", l.P50, l.P99)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, figure(l.Bawn, l.Unit), reference, l.Against, ratio, goal, latency)
	}
	return t.Flush()
}

func figure(v float64, unit string) string {
	if v < 100 {
		return fmt.Sprintf("%.2f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}

func printJSON(w io.Writer, rows []line) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"lines": rows})
}
