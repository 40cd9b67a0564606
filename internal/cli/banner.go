package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/journal"
	"github.com/bawn-dev/bawn/internal/project"
	"github.com/bawn-dev/bawn/internal/server"
)

// banner prints what runs, where, and the word ready.
func (d *development) banner(deployed *server.Deployment) {
	took := time.Since(d.began).Round(time.Millisecond)
	if d.app.json {
		line := map[string]any{"event": "ready", "ms": took.Milliseconds(), "endpoint": d.listening.Endpoint, "data": d.data, "sandbox": d.server.Sandbox()}
		if deployed != nil {
			line["outputs"] = deployed.Outputs
		}
		_ = json.NewEncoder(d.app.out).Encode(line)
		return
	}
	p := d.paint
	row := func(name, value, note string) {
		put(d.app.out, "  %-22s %s%s\n", name, value, pad(value, 36, p.dim(note)))
	}
	put(d.app.out, "%s  %s in %s\n\n", p.bold("bawn "+version), p.green("ready"), took)
	row("Endpoint", d.listening.Endpoint, d.server.Region()+", account "+d.server.Account())
	row("Project", d.projectName(), d.projectParts())
	row("Data", relative(d.data), d.keeping())
	row("Enforcement", "on", "signatures, tokens and policies are checked")
	row("Sandbox", d.server.Sandbox(), "")
	if deployed != nil {
		put(d.app.out, "\n  %s\n", p.dim("stack "+deployed.Stack+"  "+deployed.Change+" in "+deployed.Took.Round(time.Millisecond).String()))
		for _, name := range deployed.Names() {
			row(name, deployed.Outputs[name], "")
		}
	}
	put(d.app.out, "\n  %s\n\n", p.dim("settings for clients: "+relative(d.data)+"/env and outputs.json; stop with Ctrl-C"))
}

// pad puts a note in a column of its own, if there is one.
func pad(value string, column int, note string) string {
	if note == "" {
		return ""
	}
	return strings.Repeat(" ", max(column-len(value), 2)) + note
}

func (d *development) projectName() string {
	if d.current == nil || d.current.Kind == project.None {
		return "none"
	}
	return d.current.File
}

func (d *development) projectParts() string {
	if d.current == nil || d.current.Kind == project.None {
		return "no serverless.yml or template in " + relative(d.dir)
	}
	n := len(d.current.Functions)
	if n == 1 {
		return d.current.StackName + ", 1 function"
	}
	return fmt.Sprintf("%s, %d functions", d.current.StackName, n)
}

func (d *development) keeping() string {
	if d.options.ephemeral {
		return "forgotten at the end (--ephemeral)"
	}
	return "kept between runs (--ephemeral to forget)"
}

// printEntries prints one line a request: the first, and those that wait
// behind it in the same write, so that a busy server does not spend its time
// on the terminal.
func (d *development) printEntries(first *journal.Entry, more <-chan *journal.Entry) {
	var lines bytes.Buffer
	d.printEntry(&lines, first)
	for waiting := len(more); waiting > 0; waiting-- {
		e, ok := <-more
		if !ok {
			break
		}
		d.printEntry(&lines, e)
	}
	put(d.app.out, "%s", lines.Bytes())
}

func (d *development) printEntry(w io.Writer, e *journal.Entry) {
	if e.Service == "bawn" {
		return // the command line asking is not news
	}
	if d.app.json {
		_ = json.NewEncoder(w).Encode(map[string]any{"event": "request", "request": e})
		return
	}
	what := e.Operation
	if what == "" {
		what = e.Method + " " + e.Path
	}
	tail := e.Caller
	if e.ErrorCode != "" {
		tail = reasonOf(e) + "  why: bawn why " + e.ID[:min(8, len(e.ID))]
	}
	put(w, "%s  %-16s %-28s %s %8.1f ms  %s\n", d.paint.dim(e.Time.Local().Format("15:04:05.000")),
		e.Service, what, d.paint.status(e.Status), e.Milliseconds(), d.paint.dim(tail))
}

// reasonOf is what a failed request's line says: the first note, where there
// is one (it tells which error of a function is behind a 502), else the code.
func reasonOf(e *journal.Entry) string {
	const most = 100
	if len(e.Notes) == 0 {
		return e.ErrorCode
	}
	note, _, _ := strings.Cut(e.Notes[0], "\n")
	if r := []rune(note); len(r) > most {
		return string(r[:most]) + " ..."
	}
	return note
}

// line prints an event of Bawn's own among the requests.
func (d *development) line(what, detail string, took time.Duration) {
	if d.app.json {
		_ = json.NewEncoder(d.app.out).Encode(map[string]any{"event": what, "detail": detail, "ms": took.Milliseconds()})
		return
	}
	put(d.app.out, "%s  %-16s %s  %s\n", d.paint.dim(time.Now().Format("15:04:05.000")), d.paint.bold(what), detail, d.paint.dim(took.Round(time.Millisecond).String()))
}
