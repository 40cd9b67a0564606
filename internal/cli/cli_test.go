package cli

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bawn-dev/bawn/internal/function"
)

func TestMain(m *testing.M) {
	function.LauncherMain()
	testscript.Main(m, map[string]func(){
		"bawn": func() { os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the transcripts in testdata: they are the command line's
// specification.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("the scripts need node")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("NO_COLOR", "1")
			env.Setenv("PATH", env.Getenv("PATH")+string(os.PathListSeparator)+os.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":      cmdReady,
			"takeport":   cmdTakePort,
			"eventually": cmdEventually,
		},
	})
}

// cmdReady waits until the Bawn of a data folder answers: ready DATA.
func cmdReady(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready DATA")
	}
	data := ts.MkAbs(args[0])
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if _, err := os.Stat(filepath.Join(data, "outputs.json")); err == nil {
			if env, err := readEnv(data); err == nil && answers(env["AWS_ENDPOINT_URL"]) {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("no Bawn of %s became ready", data)
}

func answers(endpoint string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_bawn/health", nil)
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

// cmdTakePort opens a loopback port for the rest of the script and puts its
// number into an environment variable: takeport NAME.
func cmdTakePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: takeport NAME")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		ts.Fatalf("no TCP address")
	}
	ts.Setenv(args[0], strconv.Itoa(addr.Port))
}

// cmdEventually repeats a command until its output matches: eventually
// PATTERN COMMAND [ARG ...]. For what follows a change of a file.
func cmdEventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually PATTERN COMMAND [ARG ...]")
	}
	want, err := regexp.Compile(args[0])
	ts.Check(err)
	deadline := time.Now().Add(20 * time.Second)
	var last string
	for time.Now().Before(deadline) {
		_ = ts.Exec(args[1], args[2:]...) // it may fail until it does not
		last = ts.ReadFile("stdout") + ts.ReadFile("stderr")
		if want.MatchString(last) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("output never matched %q; last:\n%s", args[0], last)
}
