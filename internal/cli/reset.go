package cli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// kept are the files of a data folder by which reset knows one.
var dataMarks = []string{"master.key", "store"}

func (a *app) resetCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "reset", Short: "Delete everything Bawn keeps for a project: data, users, keys", Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			data := a.dataFolder()
			if _, err := os.Stat(data); errors.Is(err, os.ErrNotExist) {
				if a.json {
					return putJSON(a.out, map[string]any{"deleted": false, "data": data})
				}
				put(a.out, "Nothing to delete: %s does not exist.\n", data)
				return nil
			}
			for _, mark := range dataMarks {
				if _, err := os.Stat(filepath.Join(data, mark)); err != nil {
					return &failure{what: data + " is no data folder of Bawn: it has no " + mark, todo: []string{"name the right one: bawn reset --data DIR"}}
				}
			}
			if running(cmd.Context(), data) {
				return &failure{what: "a Bawn is running on " + data, todo: []string{"stop it first (Ctrl-C in its terminal), then: bawn reset"}}
			}
			if !yes {
				return &failure{what: "this deletes all users, tables, files and keys in " + data, todo: []string{"do it: bawn reset --yes"}}
			}
			if err := os.RemoveAll(data); err != nil {
				return err
			}
			if a.json {
				return putJSON(a.out, map[string]any{"deleted": true, "data": data})
			}
			put(a.out, "Deleted %s. The next start makes new keys and ids.\n", data)
			return nil
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "really do it")
	return c
}

// running says whether a Bawn answers at the endpoint in DATA/env.
func running(ctx context.Context, data string) bool {
	env, err := readEnv(data)
	if err != nil || env["AWS_ENDPOINT_URL"] == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, env["AWS_ENDPOINT_URL"]+"/_bawn/health", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
