package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	binary := flags.String("bawn", "bin/bawn", "the program to measure")
	example := flags.String("example", "examples/notes", "the project for the time to ready and the idle memory")
	project := flags.String("project", "test/bench/project", "the project for the requests")
	rounds := flags.Int("rounds", 5, "how many rounds; the figures are medians")
	seconds := flags.Float64("seconds", 1, "length of one measurement")
	asJSON := flags.Bool("json", false, "print JSON")
	asReference := flags.Bool("reference", false, "be the reference server (used by the benchmark itself)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *asReference {
		return serveReference(ctx, out)
	}
	if *rounds < 1 || *seconds <= 0 {
		return errors.New("-rounds and -seconds must be positive")
	}
	// The folder is on the disk of the project, not in memory as /tmp may be.
	scratch, err := os.MkdirTemp(".", ".bench-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	rows, err := benchmark(ctx, paths{*binary, *example, *project, scratch}, *rounds, time.Duration(*seconds*float64(time.Second)), progress)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(out, rows)
	}
	return printTable(out, rows)
}

// paths says where things are.
type paths struct{ binary, example, project, scratch string }

func benchmark(ctx context.Context, p paths, rounds int, length time.Duration, progress io.Writer) ([]line, error) {
	fmt.Fprintln(progress, "starts")
	s, err := measureStarts(ctx, p.binary, p.example, filepath.Join(p.scratch, "example"))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.example, err)
	}
	node, err := startNode(ctx)
	if err != nil {
		return nil, err
	}
	defer node.stop()
	plain, err := startGo(ctx)
	if err != nil {
		return nil, err
	}
	defer plain.stop()
	project, err := copyProject(p.project, p.scratch)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(p.scratch, "data")
	a, err := startApp(ctx, p.binary, project, data)
	if err != nil {
		return nil, err
	}
	b := &bench{app: a, node: node, plain: plain, scratch: p.scratch, progress: progress}
	err = b.plan(ctx)
	if err == nil {
		err = b.measure(ctx, rounds, length)
	}
	if err != nil {
		err = errors.Join(err, complaints(data))
	}
	if err := errors.Join(err, a.bawn.Stop()); err != nil {
		return nil, err
	}
	return b.lines(s), nil
}
