package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// request is one line as `bawn requests --json` prints it.
type request struct {
	ID        string  `json:"id"`
	Time      string  `json:"time"`
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	Method    string  `json:"method"`
	Path      string  `json:"path"`
	Status    int     `json:"status"`
	Caller    string  `json:"caller"`
	Ms        float64 `json:"ms"`
	Error     string  `json:"error,omitempty"`
}

// wireRequest is the same as the control service sends it.
type wireRequest struct {
	ID                                     string `json:"Id"`
	Time, Service, Operation, Method, Path string
	Status                                 int
	Caller                                 string
	Ms                                     float64
	Error                                  string
}

func (a *app) requestsCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "requests", Short: "Print the latest requests, newest last", Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := newClient(a.dataFolder())
			if err != nil {
				return err
			}
			var got struct{ Requests []wireRequest }
			if err := c.call(cmd.Context(), "bawn", "Bawn_20261122.ListRequests", map[string]int{"Limit": limit}, &got); err != nil {
				return err
			}
			if a.json {
				list := make([]request, len(got.Requests))
				for i, r := range got.Requests {
					list[i] = request(r)
				}
				return putJSON(a.out, map[string]any{"requests": list})
			}
			rows := make([][]string, 0, len(got.Requests))
			for _, r := range got.Requests {
				rows = append(rows, []string{clockTime(r.Time), r.Service, what(r), fmt.Sprint(r.Status), fmt.Sprintf("%.1f ms", r.Ms), r.ID[:min(8, len(r.ID))], r.Error})
			}
			table(a.out, paintFor(a.out), []string{"TIME", "SERVICE", "OPERATION", "STATUS", "TOOK", "ID", "ERROR"}, rows)
			return nil
		},
	}
	c.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return c
}

// what names an operation, or method and path of a stage request.
func what(r wireRequest) string {
	if r.Operation != "" {
		return r.Operation
	}
	return r.Method + " " + r.Path
}

// decision is one demand of `bawn why --json`.
type decision struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
	Effect   string `json:"effect"`
	Reason   string `json:"reason"`
	Policy   string `json:"policy,omitempty"`
	Trail    string `json:"-"`
}

func (a *app) whyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "why ID", Short: "Explain how a request was decided", Args: exactly(1, "the id of a request (its first 8 characters are enough)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := newClient(a.dataFolder())
			if err != nil {
				return err
			}
			var got struct {
				Request   wireRequest
				Message   string
				Notes     []string
				Decisions []struct{ Action, Resource, Effect, Reason, Policy, Trail string }
			}
			if err := c.call(cmd.Context(), "bawn", "Bawn_20261122.GetRequest", map[string]string{"Id": args[0]}, &got); err != nil {
				return err
			}
			decisions := make([]decision, len(got.Decisions))
			for i, d := range got.Decisions {
				decisions[i] = decision(d)
			}
			if a.json {
				return putJSON(a.out, whyDocument(request(got.Request), got.Message, got.Notes, decisions))
			}
			a.printWhy(got.Request, got.Message, got.Notes, decisions)
			return nil
		},
	}
}

func (a *app) printWhy(r wireRequest, message string, notes []string, decisions []decision) {
	paint := paintFor(a.out)
	put(a.out, "%s %s  %s\n", paint.bold(r.Service+" "+what(r)), paint.status(r.Status), paint.dim(r.ID))
	caller := r.Caller
	if caller == "" {
		caller = "anonymous (no verified signature)"
	}
	put(a.out, "  caller   %s\n", caller)
	if r.Error != "" {
		put(a.out, "  answer   %s: %s\n", r.Error, firstLine(message))
	}
	for _, n := range notes {
		put(a.out, "  note     %s\n", n)
	}
	for _, d := range decisions {
		effect := paint.green(d.Effect)
		if d.Effect != "allow" {
			effect = paint.red(d.Effect)
		}
		put(a.out, "\n  %s  %s on %s\n", effect, d.Action, d.Resource)
		put(a.out, "    because  %s\n", d.Reason)
		if d.Policy != "" {
			put(a.out, "    policy   %s\n", d.Policy)
		}
		printTrail(a.out, paint, d.Trail)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
