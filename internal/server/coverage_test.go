package server

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write COVERAGE.md anew")

// TestCoverage holds that COVERAGE.md is what the operation tables say.
func TestCoverage(t *testing.T) {
	s := startTest(t)
	var b strings.Builder
	b.WriteString("# Coverage\n\nGenerated from the operation tables by `make generate`. What is listed as not built answers 501 and names itself.\n\n")
	b.WriteString("| service | built | of |\n| --- | --- | --- |\n")
	var details strings.Builder
	for _, m := range models() {
		if m.Service == "bawn" {
			continue
		}
		var built, missing []string
		for _, op := range m.Operations {
			if s.door.Lookup(m.Service, op.Name) != nil {
				built = append(built, op.Name)
			} else {
				missing = append(missing, op.Name)
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d |\n", m.Service, len(built), len(m.Operations))
		fmt.Fprintf(&details, "\n## %s\n\nBuilt: %s.\n\nNot built: %s.\n", m.Service, list(built), list(missing))
		// An operation in a table that is not in the model could never be reached.
		for name := range s.door.Services()[m.Service].Table {
			if m.Operation(name) == nil {
				t.Errorf("%s:%s is in the table but not in the model", m.Service, name)
			}
		}
	}
	text := b.String() + details.String()
	const path = "../../COVERAGE.md"
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != text {
		t.Error("COVERAGE.md is stale: make generate")
	}
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
