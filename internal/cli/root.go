package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// version is the release this tree builds.
const version = "0.1.0"

// app is what all commands share.
type app struct {
	out, errOut io.Writer
	data        string
	json        bool
}

// Main runs the command line and returns the exit code.
func Main(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{out: out, errOut: errOut}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	report(errOut, paintFor(errOut), err)
	var usage *usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// usageError is a wrong command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "bawn",
		Short: "The authenticated serverless architecture on AWS's wire protocols, on your machine",
		Long: "Bawn runs a serverless.yml written for AWS: user pool, identity pool, roles, API,\n" +
			"functions, tables and buckets, with every signature, token and policy checked.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&a.data, "data", "", "data folder of the Bawn to ask (default ./.bawn)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{&failure{what: err.Error(), todo: []string{c.CommandPath() + " --help"}}}
	})
	root.AddCommand(a.devCommand(), a.envCommand(), a.outputsCommand(), a.inboxCommand(), a.requestsCommand(),
		a.whyCommand(), a.invokeCommand(), a.logsCommand(), a.doctorCommand(), a.resetCommand(), a.versionCommand())
	return root
}

// dataFolder is the folder named by --data, or ./.bawn.
func (a *app) dataFolder() string {
	if a.data != "" {
		return a.data
	}
	return ".bawn"
}

// exactly wraps cobra's argument count so that its error is one of usage.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{&failure{what: c.CommandPath() + " takes " + what, todo: []string{c.CommandPath() + " --help"}}}
		}
		return nil
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			goVersion, revision := "", ""
			if info, ok := debug.ReadBuildInfo(); ok {
				goVersion = info.GoVersion
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = s.Value
					}
				}
			}
			if a.json {
				return putJSON(a.out, map[string]string{"version": version, "go": goVersion, "revision": revision})
			}
			put(a.out, "bawn %s  %s\n", version, goVersion)
			return nil
		},
	}
}
