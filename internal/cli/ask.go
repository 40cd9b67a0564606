package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) envCommand() *cobra.Command {
	return &cobra.Command{
		Use: "env", Short: "Print the environment that points AWS clients at Bawn", Args: exactly(0, "no arguments"),
		Long: "Prints KEY=value lines with \"export\", ready for: eval \"$(bawn env)\"",
		RunE: func(*cobra.Command, []string) error {
			env, err := readEnv(a.dataFolder())
			if err != nil {
				return err
			}
			if a.json {
				return putJSON(a.out, env)
			}
			keys := make([]string, 0, len(env))
			for k := range env {
				keys = append(keys, k)
			}
			sort.Strings(keys)
			for _, k := range keys {
				put(a.out, "export %s=%s\n", k, env[k])
			}
			return nil
		},
	}
}

func (a *app) outputsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "outputs [NAME]", Short: "Print the stack's outputs and the client configuration", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := filepath.Join(a.dataFolder(), "outputs.json")
			text, err := os.ReadFile(path)
			if err != nil {
				return &failure{what: "no outputs yet", where: path, todo: []string{"start the project: bawn dev"}}
			}
			var doc struct {
				Outputs map[string]string `json:"outputs"`
			}
			if err := json.Unmarshal(text, &doc); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			switch {
			case len(args) == 1:
				v, ok := doc.Outputs[args[0]]
				if !ok {
					return &failure{what: "the stack has no output " + args[0], todo: []string{"see them all: bawn outputs"}}
				}
				put(a.out, "%s\n", v)
			case a.json:
				put(a.out, "%s", text)
			default:
				rows := make([][]string, 0, len(doc.Outputs))
				for k, v := range doc.Outputs {
					rows = append(rows, []string{k, v})
				}
				sort.Slice(rows, func(i, j int) bool { return rows[i][0] < rows[j][0] })
				table(a.out, paintFor(a.out), []string{"NAME", "VALUE"}, rows)
			}
			return nil
		},
	}
}

// message is one mail as `bawn inbox --json` prints it.
type message struct {
	Time    string `json:"time"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Code    string `json:"code"`
}

func (a *app) inboxCommand() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use: "inbox", Short: "Print the mails Bawn has kept instead of sending", Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := newClient(a.dataFolder())
			if err != nil {
				return err
			}
			var got struct {
				Messages []struct{ Time, To, Subject, Text, Code string }
			}
			if err := c.call(cmd.Context(), "bawn", "Bawn_20261122.ListMessages", struct{}{}, &got); err != nil {
				return err
			}
			messages := []message{}
			for _, m := range got.Messages {
				if to == "" || strings.EqualFold(m.To, to) {
					messages = append(messages, message(m))
				}
			}
			if a.json {
				return putJSON(a.out, map[string]any{"messages": messages})
			}
			rows := make([][]string, 0, len(messages))
			for _, m := range messages {
				rows = append(rows, []string{clockTime(m.Time), m.To, m.Code, m.Subject})
			}
			if len(rows) == 0 {
				put(a.out, "The inbox is empty.\n")
				return nil
			}
			table(a.out, paintFor(a.out), []string{"TIME", "TO", "CODE", "SUBJECT"}, rows)
			return nil
		},
	}
	c.Flags().StringVar(&to, "to", "", "only mails to this address")
	return c
}

// clockTime shows an ISO time as the local time of day.
func clockTime(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.Local().Format("15:04:05.000")
}
