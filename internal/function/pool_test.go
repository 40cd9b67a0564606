package function

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const pidHandler = `exports.handler = async (e) => { if (e.ms) await new Promise(r => setTimeout(r, e.ms)); return process.env.AWS_LAMBDA_LOG_STREAM_NAME }`

func TestTimeoutKills(t *testing.T) {
	p, logs := newPool(t, nil)
	spec := newSpec(t, js(`exports.handler = async (e) => { if (e.hang) for (;;) {} ; return "ok" }`))
	spec.Timeout = time.Second
	r := invoke(t, p, spec, `{"hang":1}`)
	want := `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id-1 Error: Task timed out after 1.00 seconds"}`
	if r.FunctionError != "Unhandled" || string(r.Payload) != want {
		t.Errorf("got %s", r.Payload)
	}
	if r.Duration < time.Second || !strings.Contains(string(r.LogTail), "Status: timeout") {
		t.Errorf("duration %v, tail %s", r.Duration, r.LogTail)
	}
	if log := logs.text(spec.LogGroup); !strings.Contains(log, "id-1 Task timed out after 1.00 seconds") {
		t.Errorf("log:\n%s", log)
	}
	if r := invoke(t, p, spec, `{}`); string(r.Payload) != `"ok"` || r.Init == 0 {
		t.Errorf("the next call got %s from an environment %v old", r.Payload, r.Init)
	}
}

func TestEnvironmentIsKeptAndReplaced(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(`let n = 0; exports.handler = async () => ++n`))
	for want := 1; want <= 3; want++ {
		if r := invoke(t, p, spec, `{}`); string(r.Payload) != itoa(want) {
			t.Fatalf("call %d got %s", want, r.Payload)
		}
	}
	same := *spec // another pointer, nothing changed
	if r := invoke(t, p, &same, `{}`); string(r.Payload) != "4" {
		t.Errorf("an equal Spec got %s", r.Payload)
	}
	changed := *spec
	changed.CodeID = "2"
	if r := invoke(t, p, &changed, `{}`); string(r.Payload) != "1" {
		t.Errorf("new code got %s", r.Payload)
	}
	env := changed
	env.Env = map[string]string{"A": "b"}
	if r := invoke(t, p, &env, `{}`); string(r.Payload) != "1" {
		t.Errorf("a new environment got %s", r.Payload)
	}
}

func TestCrashIsReplaced(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(`exports.handler = async (e) => { if (e.crash) process.abort(); return "ok" }`))
	if r := invoke(t, p, spec, `{"crash":1}`); !strings.Contains(string(r.Payload), `"errorType":"Runtime.ExitError"`) {
		t.Errorf("got %s", r.Payload)
	}
	if r := invoke(t, p, spec, `{}`); string(r.Payload) != `"ok"` {
		t.Errorf("got %s", r.Payload)
	}
}

func TestInitFailuresBackOff(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(`throw new Error("broken")`))
	for range 12 {
		if r := invoke(t, p, spec, `{}`); !strings.Contains(string(r.Payload), `"errorMessage":"broken"`) {
			t.Fatalf("got %s", r.Payload)
		}
	}
	if n := p.spawn.count.Load(); n > 4 {
		t.Errorf("%d processes for twelve calls", n)
	}
	fixed := *spec
	fixed.CodeID = "2"
	if err := os.WriteFile(filepath.Join(spec.CodeDir, "index.js"), []byte(`exports.handler = async () => 1`), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := invoke(t, p, &fixed, `{}`); string(r.Payload) != "1" {
		t.Errorf("fixed code got %s", r.Payload)
	}
}

func TestReservedConcurrency(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(pidHandler))
	spec.ReservedConcurrency = new(1)
	started := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		close(started)
		invoke(t, p, spec, `{"ms":700}`)
	})
	<-started
	var throttled *Throttled
	for {
		_, err := p.Invoke(t.Context(), spec, &Invocation{Payload: []byte(`{}`)})
		if errors.As(err, &throttled) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if throttled.Reason != "ReservedFunctionConcurrentInvocationLimitExceeded" {
		t.Errorf("reason %s", throttled.Reason)
	}
	wg.Wait()
	none := *spec
	none.ReservedConcurrency = new(0)
	if _, err := p.Invoke(t.Context(), &none, &Invocation{}); !errors.As(err, &throttled) {
		t.Errorf("zero concurrency: %v", err)
	}
}

func TestManyCallersShareAndGrow(t *testing.T) {
	p, _ := newPool(t, func(c *Config) { c.MaxEnvironments = 3; c.Spread = 2 })
	spec := newSpec(t, js(pidHandler))
	var failed atomic.Int32
	parallel(12, 200, func() {
		r, err := p.Invoke(context.Background(), spec, &Invocation{Payload: []byte(`{"ms":1}`)})
		if err != nil || r.FunctionError != "" {
			failed.Add(1)
		}
	})
	if n := failed.Load(); n > 0 {
		t.Errorf("%d calls failed", n)
	}
	p.mu.Lock()
	envs := p.envs
	p.mu.Unlock()
	if envs < 1 || envs > 3 {
		t.Errorf("%d environments", envs)
	}
	// Another function takes the place of an idle environment.
	other := newSpec(t, js(pidHandler))
	other.ARN += "2"
	if r := invoke(t, p, other, `{}`); r.FunctionError != "" {
		t.Errorf("got %s", r.Payload)
	}
}

func TestCallerGoesAway(t *testing.T) {
	p, logs := newPool(t, nil)
	spec := newSpec(t, js(`exports.handler = async (e) => { if (e.ms) await new Promise(r => setTimeout(r, e.ms)); console.log("done", e.ms); return process.pid }`))
	pid := invoke(t, p, spec, `{}`).Payload
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Invoke(ctx, spec, &Invocation{RequestID: "gone", Payload: []byte(`{"ms":300}`)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	for !strings.Contains(logs.text(spec.LogGroup), "REPORT RequestId: gone") {
		time.Sleep(10 * time.Millisecond)
	}
	if !strings.Contains(logs.text(spec.LogGroup), "done 300") {
		t.Error("the function did not run to its end")
	}
	if again := invoke(t, p, spec, `{}`).Payload; string(again) != string(pid) {
		t.Errorf("environment %s was replaced by %s", pid, again)
	}
}

func TestBigPayloads(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(`exports.handler = async (e) => e`))
	for _, size := range []int{10, 20 << 10, 70 << 10, 1 << 20, 6<<20 - 10} {
		payload := `"` + strings.Repeat("é", size/2) + `"`
		if r := invoke(t, p, spec, payload); string(r.Payload) != payload {
			t.Errorf("%d bytes came back as %d, %s", len(payload), len(r.Payload), r.FunctionError)
		}
	}
	chatty := newSpec(t, js(`exports.handler = async (e) => { for (let i = 0; i < 2000; i++) console.log("line", i, "x".repeat(200)); return 1 }`))
	chatty.ARN += "2"
	r := invoke(t, p, chatty, `{}`)
	if string(r.Payload) != "1" || len(r.LogTail) != tailSize || !strings.Contains(string(r.LogTail), "line 1999") {
		t.Errorf("got %s and a tail of %d", r.Payload, len(r.LogTail))
	}
}

func TestMemoryLimit(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(`const keep = []; exports.handler = async (e) => { for (;;) { keep.push(Buffer.alloc(8 << 20, 1)); await new Promise(r => setTimeout(r, 5)) } }`))
	spec.MemoryMB = 128
	r := invoke(t, p, spec, `{}`)
	if !strings.Contains(string(r.Payload), `"errorType":"Runtime.OutOfMemory"`) {
		t.Errorf("got %s", r.Payload)
	}
}

// creds gives each environment other credentials that end after life.
type creds struct {
	life  time.Duration
	given atomic.Int32
	err   error
}

func (c *creds) RoleCredentials(_ context.Context, role, session string) (Credentials, error) {
	n := c.given.Add(1)
	return Credentials{"ASIA" + itoa(int(n)), "secret", role + "/" + session, time.Now().Add(c.life)}, c.err
}

func TestRoleCredentials(t *testing.T) {
	source := &creds{life: time.Hour}
	p, _ := newPool(t, func(c *Config) {
		c.Credentials = source
		c.Endpoint = func() string { return "http://127.0.0.1:4566" }
	})
	spec := newSpec(t, js(`exports.handler = async () => [process.env.AWS_ACCESS_KEY_ID, process.env.AWS_SESSION_TOKEN, process.env.AWS_ENDPOINT_URL]`))
	spec.Role = "arn:aws:iam::000000000000:role/r"
	want := `["ASIA%d","arn:aws:iam::000000000000:role/r/f","http://127.0.0.1:4566"]`
	for range 2 {
		if r := invoke(t, p, spec, `{}`); string(r.Payload) != fmt.Sprintf(want, 1) {
			t.Errorf("got %s", r.Payload)
		}
	}
	// Credentials that end soon: the environment is replaced before they do.
	source.life = 30 * time.Second
	soon := *spec
	soon.CodeID = "2"
	for n := 2; n <= 3; n++ {
		if r := invoke(t, p, &soon, `{}`); string(r.Payload) != fmt.Sprintf(want, n) {
			t.Errorf("call %d got %s", n, r.Payload)
		}
	}
	source.err = errors.New("no such role")
	gone := *spec
	gone.CodeID = "3"
	if _, err := p.Invoke(t.Context(), &gone, &Invocation{}); err == nil || !strings.Contains(err.Error(), "no such role") {
		t.Errorf("got %v", err)
	}
}

func TestReserveIsUsed(t *testing.T) {
	p, _ := newPool(t, func(c *Config) { c.Reserve = 2 })
	group := openDir(t)
	spec := newSpec(t, js(pidHandler))
	dir := filepath.Join(group, "code")
	if err := os.Rename(spec.CodeDir, dir); err != nil {
		t.Fatal(err)
	}
	spec.CodeDir, spec.GroupDir = dir, group
	p.Prepare(spec)
	waiting := func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.reserve.waiting)
	}
	for waiting() < 2 {
		time.Sleep(5 * time.Millisecond)
	}
	if n := p.spawn.count.Load(); n != 2 {
		t.Errorf("%d processes in reserve", n)
	}
	if r := invoke(t, p, spec, `{}`); r.FunctionError != "" {
		t.Errorf("got %s", r.Payload)
	}
	for waiting() < 2 {
		time.Sleep(5 * time.Millisecond)
	}
	if n := p.spawn.count.Load(); n != 3 {
		t.Errorf("%d processes after one call", n)
	}
}

func TestReserveLoadsAhead(t *testing.T) {
	p, _ := newPool(t, func(c *Config) { c.Reserve = 1 })
	group := openDir(t)
	const sdk = "node_modules/@aws-sdk/client-x/"
	spec := func(name, code string) *Spec {
		s := newSpec(t, map[string]string{"index.js": code})
		dir := filepath.Join(group, name)
		if err := os.Rename(s.CodeDir, dir); err != nil {
			t.Fatal(err)
		}
		s.ARN, s.CodeDir, s.GroupDir = name, dir, group
		return s
	}
	if err := os.MkdirAll(filepath.Join(group, sdk), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(group, sdk, "index.js"), []byte(`exports.role = process.env.AWS_LAMBDA_FUNCTION_NAME || "ahead"`), 0o644); err != nil {
		t.Fatal(err)
	}
	first := spec("a", `const x = require("@aws-sdk/client-x"); exports.handler = async () => x.role`)
	if r := invoke(t, p, first, `{}`); string(r.Payload) != `"f"` {
		t.Errorf("got %s", r.Payload)
	}
	for {
		p.mu.Lock()
		ready := len(p.reserve.waiting) == 1
		p.mu.Unlock()
		if ready {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	// Another function of the project finds it loaded, in CommonJS and in ESM.
	second := spec("b", "")
	if err := os.WriteFile(filepath.Join(second.CodeDir, "index.mjs"), []byte(`import x from "@aws-sdk/client-x"; export const handler = async () => x.role`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(second.CodeDir, "index.js")); err != nil {
		t.Fatal(err)
	}
	if r := invoke(t, p, second, `{}`); string(r.Payload) != `"ahead"` {
		t.Errorf("got %s", r.Payload)
	}
}

func TestRefusals(t *testing.T) {
	p, _ := newPool(t, nil)
	spec := newSpec(t, js(pidHandler))
	spec.Runtime = "python3.12"
	var unsupported *Unsupported
	if _, err := p.Invoke(t.Context(), spec, &Invocation{}); !errors.As(err, &unsupported) || unsupported.Runtime != "python3.12" {
		t.Errorf("got %v", err)
	}
	bare, err := New(Config{RunDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	spec.Runtime = "nodejs20.x"
	var missing *RuntimeMissing
	if _, err := bare.Invoke(t.Context(), spec, &Invocation{}); !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

func TestCloseKillsEverything(t *testing.T) {
	run := openDir(t)
	p, err := New(Config{Node: findNode(t), RunDir: run})
	if err != nil {
		t.Fatal(err)
	}
	spec := newSpec(t, js(`exports.handler = async (e) => { if (e.hang) for (;;) {}; return 1 }`))
	invoke(t, p, spec, `{}`)
	ended := make(chan *Result)
	go func() {
		r, err := p.Invoke(context.Background(), spec, &Invocation{Payload: []byte(`{"hang":1}`)})
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	for {
		p.mu.Lock()
		busy := len(p.busy)
		p.mu.Unlock()
		if busy > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if r := <-ended; r.FunctionError != "Unhandled" {
		t.Errorf("got %+v", r)
	}
	p.spawn.mu.Lock()
	n := len(p.spawn.live)
	p.spawn.mu.Unlock()
	if n != 0 {
		t.Errorf("%d processes live", n)
	}
	if _, err := p.Invoke(t.Context(), spec, &Invocation{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if left, err := os.ReadDir(run); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
