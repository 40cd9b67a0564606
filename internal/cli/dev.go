package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bawn-dev/bawn/internal/document"
	"github.com/bawn-dev/bawn/internal/project"
	"github.com/bawn-dev/bawn/internal/server"
)

// devOptions are the flags of `bawn dev`.
type devOptions struct {
	port      int
	portGiven bool
	ephemeral bool
	open      bool
	stage     string
	region    string
	params    []string
	logFile   string
}

func (a *app) devCommand() *cobra.Command {
	var o devOptions
	c := &cobra.Command{
		Use: "dev [DIR]", Short: "Run a project: start everything, deploy it, watch it", Args: cobra.MaximumNArgs(1),
		Long: "Starts everything the project in DIR (default .) needs, deploys it, and prints its URLs and\n" +
			"one line a request. A change of a handler is live at the next call, a change of the project\n" +
			"file after a deployment of what differs. Without a project, an empty Bawn starts.",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			o.portGiven = cmd.Flags().Changed("port")
			return a.dev(cmd.Context(), dir, &o)
		},
	}
	f := c.Flags()
	f.IntVar(&o.port, "port", server.DefaultPort, "port on 127.0.0.1; 0 picks a free one")
	f.BoolVar(&o.ephemeral, "ephemeral", false, "keep nothing: users, tables and files end with the process")
	f.BoolVar(&o.open, "open", false, "open the API's URL in a browser")
	f.StringVar(&o.stage, "stage", "", "stage of the project (${opt:stage})")
	f.StringVar(&o.region, "region", "", "region (default the project's, else us-east-1)")
	f.StringArrayVar(&o.params, "param", nil, "NAME=VALUE for ${param:NAME}, or a template's parameter; repeatable")
	f.StringVar(&o.logFile, "log", "", "also write the log as JSON lines to this file")
	return c
}

func (a *app) dev(ctx context.Context, dir string, o *devOptions) error {
	began := time.Now()
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return &failure{what: dir + " is no folder", todo: []string{"name the project's folder: bawn dev DIR"}}
	}
	data := a.data
	if data == "" {
		data = filepath.Join(dir, ".bawn")
	}
	log, closeLog, err := openLog(o.logFile)
	if err != nil {
		return err
	}
	defer closeLog()
	config := server.Config{Data: data, Ephemeral: o.ephemeral, Region: o.region, Dev: true, ProjectDir: dir, Version: version, Log: log}
	if o.portGiven {
		config.Port = &o.port
	}
	listening, err := server.Listen(ctx, config)
	if err != nil {
		return a.listenFailure(err, dir)
	}
	defer listening.Close()
	d := &development{app: a, dir: dir, data: data, options: o, listening: listening, paint: paintFor(a.out), began: began}
	return d.run(ctx, config)
}

// openLog returns the log of the process: JSON lines in a file, or none. The
// terminal shows requests and deployments in a form made for people.
func openLog(path string) (*slog.Logger, func(), error) {
	if path == "" {
		return nil, func() {}, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, &failure{what: "cannot write the log", where: path, why: err.Error()}
	}
	return slog.New(slog.NewJSONHandler(f, nil)), func() { f.Close() }, nil
}

// listenFailure says what to type instead when a port is taken.
func (a *app) listenFailure(err error, dir string) error {
	var taken *server.PortTaken
	if !errors.As(err, &taken) {
		return err
	}
	name := relative(dir)
	return &failure{
		what: fmt.Sprintf("port %d is taken by another process", taken.Port),
		todo: []string{
			fmt.Sprintf("run on another port:  bawn dev %s --port %d", name, taken.Port+1),
			fmt.Sprintf("or on any free one:   bawn dev %s --port 0", name),
		},
	}
}

// relative names a folder as the developer would type it.
func relative(dir string) string {
	wd, err := os.Getwd()
	if err != nil {
		return dir
	}
	if r, err := filepath.Rel(wd, dir); err == nil && !strings.HasPrefix(r, "..") {
		return r
	}
	return dir
}

// projectFailure turns the faults of a project into one error for people.
func projectFailure(err error) error {
	var problems project.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		return err
	}
	first := problems[0]
	f := &failure{what: first.What, where: first.Pos.String()}
	if first.Fix != "" {
		f.todo = []string{first.Fix}
	}
	var rest []string
	for _, p := range problems[1:] {
		rest = append(rest, p.Error())
	}
	f.why = strings.Join(rest, "\n")
	if len(rest) > 0 {
		f.why = fmt.Sprintf("and %d more:\n%s", len(rest), f.why)
	}
	return f
}

// printProblem shows one fault of the project without ending the process.
func printProblem(w io.Writer, paint painter, e *document.Error, word string) {
	put(w, "%s %s\n", paint.yellow(word), e.Error())
}

// openBrowser shows a URL with the desktop's own command; failing to is not
// worth an error.
func openBrowser(ctx context.Context, url string) {
	name := "xdg-open"
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name = "explorer"
	}
	if path, err := exec.LookPath(name); err == nil {
		_ = exec.CommandContext(ctx, path, url).Start()
	}
}
