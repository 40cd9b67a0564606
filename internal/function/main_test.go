package function

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	LauncherMain()
	if len(os.Args) == 4 && os.Args[1] == platformArg {
		platformMain(os.Args[2], os.Args[3] == "true")
		return
	}
	os.Exit(m.Run())
}

// sink keeps logs in memory.
type sink struct {
	mu     sync.Mutex
	events map[string][]LogEvent
}

func (s *sink) Put(group, _ string, events []LogEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.events == nil {
		s.events = map[string][]LogEvent{}
	}
	s.events[group] = append(s.events[group], events...)
}

func (s *sink) text(group string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, e := range s.events[group] {
		b.WriteString(strings.TrimSuffix(e.Text, "\n"))
		b.WriteByte('\n')
	}
	return b.String()
}

func findNode(tb testing.TB) string {
	node, err := exec.LookPath("node")
	if err != nil {
		tb.Skip("Node is not installed")
	}
	return node
}

// newPool makes a pool for a test; change adjusts its configuration.
func newPool(tb testing.TB, change func(*Config)) (*Pool, *sink) {
	logs := &sink{}
	cfg := Config{Node: findNode(tb), RunDir: openDir(tb), Region: "us-east-1", Account: "000000000000", Logs: logs, Reserve: -1}
	if change != nil {
		change(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	return p, logs
}

// openDir is a temporary folder whose parents others may search, so that
// processes can get a user of their own.
func openDir(tb testing.TB) string {
	dir, err := os.MkdirTemp("", "bawn-function-")
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// newSpec makes a function of files; the handler is index.handler.
func newSpec(tb testing.TB, files map[string]string) *Spec {
	dir := openDir(tb)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return &Spec{ARN: "arn:aws:lambda:us-east-1:000000000000:function:f", Name: "f", Version: "$LATEST",
		Runtime: "nodejs20.x", Handler: "index.handler", CodeDir: dir, CodeID: "1", MemoryMB: 256,
		Timeout: 10 * time.Second, LogGroup: "/aws/lambda/f"}
}

func invoke(tb testing.TB, p *Pool, spec *Spec, payload string) *Result {
	tb.Helper()
	r, err := p.Invoke(context.Background(), spec, &Invocation{RequestID: "id-1", Payload: []byte(payload), LogTail: true})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}
