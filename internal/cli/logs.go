package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type logEvent struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
	Stream    string `json:"logStreamName"`
	ID        string `json:"eventId"`
}

func (a *app) logsCommand() *cobra.Command {
	var tail bool
	var filter string
	var since time.Duration
	c := &cobra.Command{
		Use: "logs FUNCTION", Short: "Print what a function has logged", Args: exactly(1, "the name of a function"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(a.dataFolder())
			if err != nil {
				return err
			}
			group := "/aws/lambda/" + fullName(a.dataFolder(), args[0])
			start := time.Now().Add(-since).UnixMilli()
			events, err := filterEvents(cmd.Context(), c, group, filter, start)
			if err != nil {
				return err
			}
			if a.json && !tail {
				return putJSON(a.out, map[string]any{"events": events})
			}
			a.printEvents(events)
			if !tail {
				return nil
			}
			return a.follow(cmd.Context(), c, group, filter, start, events)
		},
	}
	c.Flags().BoolVar(&tail, "tail", false, "go on printing")
	c.Flags().StringVar(&filter, "filter", "", "only events with this text")
	c.Flags().DurationVar(&since, "since", 24*time.Hour, "how far back")
	return c
}

// filterEvents reads all pages of FilterLogEvents.
func filterEvents(ctx context.Context, c *client, group, filter string, start int64) ([]logEvent, error) {
	events := []logEvent{}
	in := map[string]any{"logGroupName": group, "startTime": start}
	if filter != "" {
		in["filterPattern"] = `"` + strings.ReplaceAll(filter, `"`, `\"`) + `"`
	}
	for {
		var got struct {
			Events    []logEvent `json:"events"`
			NextToken string     `json:"nextToken"`
		}
		if err := c.call(ctx, "logs", "Logs_20140328.FilterLogEvents", in, &got); err != nil {
			return nil, err
		}
		events = append(events, got.Events...)
		if got.NextToken == "" {
			return events, nil
		}
		in["nextToken"] = got.NextToken
	}
}

// follow polls for new events until the context ends.
func (a *app) follow(ctx context.Context, c *client, group, filter string, start int64, seen []logEvent) error {
	known := map[string]bool{}
	for _, e := range seen {
		known[e.ID] = true
		start = max(start, e.Timestamp)
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		events, err := filterEvents(ctx, c, group, filter, start)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		fresh := events[:0:0]
		for _, e := range events {
			if !known[e.ID] {
				known[e.ID] = true
				fresh = append(fresh, e)
			}
		}
		a.printEvents(fresh)
		for _, e := range fresh {
			start = max(start, e.Timestamp)
		}
	}
}

func (a *app) printEvents(events []logEvent) {
	paint := paintFor(a.out)
	for _, e := range events {
		if a.json {
			_ = putJSON(a.out, e)
			continue
		}
		at := time.UnixMilli(e.Timestamp).Local().Format("15:04:05.000")
		put(a.out, "%s  %s\n", paint.dim(at), strings.TrimRight(e.Message, "\n"))
	}
}
