package bawn_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the import path of this repository.
const module = "github.com/bawn-dev/bawn"

// floors is the lattice of the house: a package may import packages of its own
// floor only where allowed says so, and any package of a lower floor. Do not
// change it to make a build pass: move the code to the floor it belongs to.
var floors = []struct {
	name     string
	packages []string
}{
	{"0 core: pure", []string{"arn", "sigv4", "policy", "token", "srp", "expression"}},
	{"1 mechanism: knows no service", []string{
		"internal/awsapi", "internal/wire", "internal/shape", "internal/shape/...",
		"internal/store", "internal/store/...", "internal/blob", "internal/blob/...",
		"internal/mail", "internal/journal", "internal/clock", "internal/ids", "internal/seal", "internal/document",
	}},
	{"2 services", []string{"internal/service/...", "internal/execute", "internal/function", "internal/function/...", "internal/project"}},
	{"3 edges", []string{"internal/gateway", "internal/hosted", "internal/console"}},
	{"4 assembly", []string{"internal/server", "internal/cli", "cmd/...", "bawntest", "test/..."}},
}

// sameFloor lists the imports allowed within a floor, "a: b c" meaning a may
// import b and c.
var sameFloor = []string{
	"policy: arn",
	"internal/wire: internal/awsapi internal/shape/...  internal/shape",
	"internal/shape/...: internal/shape",
	"internal/shape: internal/awsapi",
	"internal/store: internal/store/driver internal/clock",
	"internal/store/...: internal/store/... internal/store",
	"internal/blob: internal/blob/...",
	"internal/blob/...: internal/blob/... internal/blob internal/ids internal/clock",
	"internal/mail: internal/store internal/clock internal/ids",
	"internal/journal: internal/awsapi internal/clock internal/ids",
	"internal/function: internal/function/...",
	"internal/service/cloudformation: internal/service/cloudformation/...",
	"internal/hosted: internal/gateway",
	"internal/cli: internal/server",
	"cmd/...: internal/cli internal/server",
	"bawntest: internal/server",
	"test/...: bawntest internal/server internal/cli test/...",
}

// pure lists the standard packages that floor 0 must not use: it does no input
// or output, keeps no time and draws no randomness of its own.
var pure = []string{"net", "net/http", "os", "os/exec", "io/fs", "io/ioutil", "syscall", "log", "log/slog", "crypto/rand", "math/rand", "math/rand/v2", "database/sql"}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func matches(pattern, path string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(path, prefix+"/")
	}
	return pattern == path
}

func floorOf(path string) int {
	for i, f := range floors {
		for _, p := range f.packages {
			if matches(p, path) {
				return i
			}
		}
	}
	return -1
}

func allowedWithin(from, to string) bool {
	for _, line := range sameFloor {
		a, list, _ := strings.Cut(line, ":")
		if !matches(a, from) {
			continue
		}
		if slices.ContainsFunc(strings.Fields(list), func(p string) bool { return matches(p, to) }) {
			return true
		}
	}
	return false
}

func TestFloors(t *testing.T) {
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if from == module || strings.HasPrefix(from, "examples/") {
			continue
		}
		floor := floorOf(from)
		if floor < 0 {
			t.Errorf("%s stands on no floor: add it to floors", from)
			continue
		}
		for _, imp := range p.Imports {
			if floor == 0 && slices.Contains(pure, imp) {
				t.Errorf("%s imports %s, but floor 0 is pure", from, imp)
			}
			to, ours := strings.CutPrefix(imp, module+"/")
			if !ours {
				continue
			}
			switch g := floorOf(to); {
			case g > floor:
				t.Errorf("%s (floor %d) imports %s (floor %d)", from, floor, to, g)
			case g == floor && !allowedWithin(from, to):
				t.Errorf("%s imports %s on its own floor; services meet through ports", from, to)
			}
		}
	}
}
