// Command testsum reads `go test -json` from standard input, shows failures
// with their output, lists skipped tests with their reasons, and closes with
// one line: N passed, N failed, N skipped. Its exit code is 1 after a failure
// and, with -noskip, after a skip.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

type key struct{ pkg, test string }

// summary collects what the events say.
type summary struct {
	output map[key][]string
	// inTests are the packages with a failed test: their own failure says the
	// same again.
	inTests                 map[string]bool
	passed, failed, skipped int
}

func main() {
	noskip := flag.Bool("noskip", false, "a skipped test is a failure")
	flag.Parse()
	s := &summary{output: map[key][]string{}, inTests: map[string]bool{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 64<<20)
	for in.Scan() {
		var e event
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			fmt.Println(in.Text()) // a build error outside of JSON
			continue
		}
		s.take(e)
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	if s.failed > 0 || s.passed == 0 || *noskip && s.skipped > 0 {
		os.Exit(1)
	}
}

func (s *summary) take(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output", "build-output":
		s.output[k] = append(s.output[k], e.Output)
		return
	case "pass":
		if e.Test != "" {
			s.passed++
		} else {
			fmt.Printf("ok    %-60s %6.1fs\n", e.Package, e.Elapsed)
		}
	case "fail", "build-fail":
		s.fail(e, k)
	case "skip":
		if e.Test != "" {
			s.skipped++
			fmt.Printf("SKIP  %s %s\n%s", e.Package, e.Test, strings.Join(s.output[k], ""))
		}
	default:
		return
	}
	delete(s.output, k)
}

func (s *summary) fail(e event, k key) {
	fmt.Printf("FAIL  %s %s\n%s", e.Package, e.Test, strings.Join(s.output[k], ""))
	switch {
	case e.Test != "":
		s.inTests[e.Package] = true
		s.failed++
	case !s.inTests[e.Package]: // it did not build, or ended outside of a test
		s.failed++
	}
}
