package function

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

//go:embed shim/*.cjs
var shim embed.FS

// Pool runs functions. It is safe for concurrent use.
type Pool struct {
	cfg   Config
	spawn *spawner

	probeOnce sync.Once
	probed    chan struct{}
	box       *Sandbox // set before probed is closed

	mu       sync.Mutex
	versions map[versionKey]*version
	calls    int            // running and waiting
	byARN    map[string]int // the same by function
	envs     int            // processes with a function, or about to have one
	busy     map[*environment]struct{}
	reserve  reserve
	closed   bool

	quit chan struct{}
	wg   sync.WaitGroup
}

type versionKey struct{ arn, version string }

// New makes a pool. It starts no process; call Close to free what it holds.
func New(cfg Config) (*Pool, error) {
	cfg.setDefaults()
	if cfg.RunDir == "" {
		return nil, errors.New("function: no RunDir")
	}
	if cfg.Launcher == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the launcher: %w", err)
		}
		cfg.Launcher = self
	}
	if cfg.Node != "" {
		real, err := filepath.EvalSymlinks(cfg.Node)
		if err != nil {
			return nil, fmt.Errorf("node program: %w", err)
		}
		cfg.Node = real
	}
	p := &Pool{cfg: cfg, probed: make(chan struct{}), versions: map[versionKey]*version{},
		byARN: map[string]int{}, busy: map[*environment]struct{}{}, quit: make(chan struct{})}
	// One process tree may have several pools, and a killed one may have left
	// its folder behind, so each has a folder of its own.
	run, err := os.MkdirTemp(cfg.RunDir, "functions-")
	if err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	p.cfg.RunDir = run
	p.spawn = newSpawner(&p.cfg)
	if err := p.writeRuntime(); err != nil {
		p.spawn.close()
		_ = os.RemoveAll(run)
		return nil, err
	}
	p.wg.Add(1)
	go p.watch()
	return p, nil
}

// writeRuntime unpacks the runtime's files where processes can read them.
func (p *Pool) writeRuntime() error {
	dir := filepath.Join(p.cfg.RunDir, "runtime")
	if err := errors.Join(os.Chmod(p.cfg.RunDir, 0o711), os.Mkdir(dir, 0o755)); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	files, err := shim.ReadDir("shim")
	if err != nil {
		return fmt.Errorf("runtime: %w", err)
	}
	for _, f := range files {
		b, err := shim.ReadFile("shim/" + f.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, f.Name()), b, 0o644)
		}
		if err != nil {
			return fmt.Errorf("runtime: %w", err)
		}
	}
	p.spawn.runtime = dir
	return nil
}

// Start begins what is not needed to become ready: the probe of the sandbox and
// the reserve of processes. It returns at once.
func (p *Pool) Start() {
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		p.sandbox()
		p.fillReserve()
	}()
}

// sandbox returns what holds, after finding it out at the first call.
func (p *Pool) sandbox() *Sandbox {
	p.probeOnce.Do(func() {
		p.box = p.spawn.probeSandbox()
		if p.box.Level < p.cfg.Sandbox {
			p.cfg.Logger.Warn("functions run less fenced in than wanted", "level", p.box.Level.String(), "reasons", p.box.Reasons)
		}
		close(p.probed)
	})
	return p.box
}

// Sandbox returns the level that holds and how it was found. It waits for the
// probe, and starts it if nothing has.
func (p *Pool) Sandbox(ctx context.Context) (*Sandbox, error) {
	go p.sandbox()
	select {
	case <-p.probed:
		return p.box, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Invoke runs one call and returns how it ended. Errors of the function are in
// the Result; the error says why the call was not run (Throttled, Unsupported,
// RuntimeMissing, ErrClosed, missing credentials) or that ctx ended. If ctx ends
// during the call, the function runs on to its own end, as in Lambda.
func (p *Pool) Invoke(ctx context.Context, spec *Spec, inv *Invocation) (*Result, error) {
	if !Supported(spec.Runtime) {
		return nil, &Unsupported{spec.Runtime}
	}
	if p.cfg.Node == "" {
		return nil, &RuntimeMissing{spec.Runtime}
	}
	env, err := p.acquire(ctx, spec)
	if err != nil {
		var failed *initFailure
		if errors.As(err, &failed) {
			return p.initResult(spec, inv, failed), nil
		}
		return nil, err
	}
	call, err := env.begin(inv)
	if err != nil {
		call.exited()
		p.release(env, 0)
		return call.result, nil //nolint:nilerr // the process is gone: the result says so
	}
	result, err := call.finish(ctx)
	if errors.Is(err, errDetached) {
		go func() {
			_, _ = call.resume()
			p.release(env, 0)
		}()
		return nil, ctx.Err()
	}
	p.release(env, result.Duration)
	return result, err
}

// initResult makes the result of a call whose environment did not start.
func (p *Pool) initResult(spec *Spec, inv *Invocation, f *initFailure) *Result {
	now := p.cfg.Clock.Now()
	id := inv.RequestID
	if id == "" {
		id = p.cfg.IDs.UUID()
	}
	r := &Result{Payload: f.payload, FunctionError: "Unhandled", Version: spec.Version, RequestID: id}
	status, kind := "error", "Runtime.Unknown"
	if f.timedOut {
		text := "Task timed out after " + seconds(spec.Timeout) + " seconds"
		r.Payload = errorDocument("Sandbox.Timedout", "RequestId: "+id+" Error: "+text)
		r.Duration = spec.Timeout
		status, kind = "timeout", ""
	}
	log := callLog{env: &environment{pool: p, spec: spec, stream: f.stream}, json: spec.LogFormat == "JSON", flushed: now, wantsTail: inv.LogTail}
	log.addAll(f.log)
	log.start(now, id, spec.Version)
	log.end(now, r, spec.MemoryMB, status, kind)
	r.LogTail = log.tail
	return r
}

// admit counts a call in, or refuses it. Called with the lock held.
func (p *Pool) admit(spec *Spec) error {
	if p.closed {
		return ErrClosed
	}
	if n := spec.ReservedConcurrency; n != nil && p.byARN[spec.ARN] >= *n {
		return &Throttled{Reason: "ReservedFunctionConcurrentInvocationLimitExceeded"}
	}
	if p.calls >= p.cfg.Concurrency {
		return &Throttled{Reason: "ConcurrentInvocationLimitExceeded"}
	}
	p.calls++
	p.byARN[spec.ARN]++
	return nil
}

// leave counts a call out. Called with the lock held.
func (p *Pool) leave(spec *Spec) {
	p.calls--
	if n := p.byARN[spec.ARN] - 1; n > 0 {
		p.byARN[spec.ARN] = n
	} else {
		delete(p.byARN, spec.ARN)
	}
}

// Close kills every process and waits for their end, at most two seconds.
// Calls that run end with an error of the function.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	close(p.quit)
	p.mu.Unlock()
	killed := p.spawn.killAll()
	done := make(chan struct{})
	go func() {
		p.wg.Wait()
		for _, proc := range killed {
			<-proc.done
			proc.closePipes()
		}
		close(done)
	}()
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		p.cfg.Logger.Warn("function processes did not end in time")
	}
	p.spawn.close()
	return os.RemoveAll(p.cfg.RunDir)
}
