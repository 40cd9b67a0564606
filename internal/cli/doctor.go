package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// check is one line of doctor.
type check struct {
	Name string `json:"name"`
	// State is "ok", "warn" or "fail".
	State  string `json:"state"`
	Detail string `json:"detail"`
	Do     string `json:"do,omitempty"`
}

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check this machine and the running Bawn", Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks := []check{checkNode(cmd.Context()), checkData(a.dataFolder())}
			checks = append(checks, checkRunning(cmd.Context(), a.dataFolder())...)
			failed := false
			for _, c := range checks {
				failed = failed || c.State == "fail"
			}
			if a.json {
				if err := putJSON(a.out, map[string]any{"checks": checks}); err != nil {
					return err
				}
			} else {
				a.printChecks(checks)
			}
			if failed {
				return &failure{what: "something is missing", todo: []string{"see the lines marked fail above"}}
			}
			return nil
		},
	}
}

func (a *app) printChecks(checks []check) {
	paint := paintFor(a.out)
	for _, c := range checks {
		state := paint.green(c.State)
		switch c.State {
		case "warn":
			state = paint.yellow(c.State)
		case "fail":
			state = paint.red(c.State)
		}
		put(a.out, "%s%s  %-14s %s\n", state, strings.Repeat(" ", 4-len(c.State)), c.Name, c.Detail)
		if c.Do != "" {
			put(a.out, "      %-14s %s\n", "", c.Do)
		}
	}
}

// checkNode looks for a Node.js that can run functions.
func checkNode(ctx context.Context) check {
	const oldest = 20
	path, err := exec.LookPath("node")
	if err != nil {
		return check{"node", "fail", "no node in PATH: functions cannot run", "install Node.js 20 or later"}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return check{"node", "fail", path + " does not start: " + err.Error(), "install Node.js 20 or later"}
	}
	v := strings.TrimSpace(string(out))
	major, err := strconv.Atoi(strings.SplitN(strings.TrimPrefix(v, "v"), ".", 2)[0])
	if err != nil || major < oldest {
		return check{"node", "fail", path + " is " + v, "install Node.js 20 or later"}
	}
	return check{Name: "node", State: "ok", Detail: v + "  " + path}
}

// checkData looks at the data folder's key file.
func checkData(data string) check {
	path := filepath.Join(data, "master.key")
	info, err := os.Stat(path)
	if err != nil {
		return check{"data", "warn", data + " holds nothing yet", "start the project: bawn dev"}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return check{"data", "fail", path + " can be read by others (" + info.Mode().Perm().String() + ")", "chmod 600 " + path}
	}
	return check{Name: "data", State: "ok", Detail: data}
}

// checkRunning asks the running Bawn for its status.
func checkRunning(ctx context.Context, data string) []check {
	if !running(ctx, data) {
		return []check{{"bawn", "warn", "not running", "start it: bawn dev"}}
	}
	c, err := newClient(data)
	if err != nil {
		return []check{{"bawn", "fail", err.Error(), ""}}
	}
	var s struct {
		Version, Endpoint, Account, Region, Sandbox, Node string
		Notes                                             []string
	}
	if err := c.call(ctx, "bawn", "Bawn_20261122.GetStatus", struct{}{}, &s); err != nil {
		return []check{{"bawn", "fail", err.Error(), ""}}
	}
	list := []check{
		{Name: "bawn", State: "ok", Detail: s.Version + " at " + s.Endpoint + "  account " + s.Account + ", " + s.Region},
		{Name: "sandbox", State: "ok", Detail: s.Sandbox},
	}
	if strings.HasPrefix(s.Sandbox, "L0") {
		list[1].State = "warn"
	}
	for _, n := range s.Notes {
		list = append(list, check{Name: "note", State: "warn", Detail: n})
	}
	return list
}
