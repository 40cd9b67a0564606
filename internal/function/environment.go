package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// environment is one process with, once assigned, one version of one function.
// Between calls it belongs to the pool; during a call to the goroutine that
// makes the call. Nothing reads its frames in between: a process that writes
// while it is idle stops when its pipe is full, as a frozen one does.
type environment struct {
	pool   *Pool
	proc   *process
	frames *frameReader
	out    *capture
	err    *capture

	owner       *version
	spec        *Spec
	stream      string
	credentials time.Time // when its credentials expire; zero for none
	initTime    time.Duration
	initLog     []LogEvent
	ahead       bool   // it was told what to load ahead
	loaded      []byte // what it found worth loading ahead, a JSON list
	fresh       bool   // no call yet
	seq         uint32
	scratch     []byte
	maxRSS      int // KiB

	lastUsed time.Time // guarded by the pool
}

func (p *Pool) newEnvironment(proc *process) *environment {
	return &environment{pool: p, proc: proc, frames: newFrameReader(proc.up),
		out: newCapture(proc.stdout, p.cfg.Clock), err: newCapture(proc.stderr, p.cfg.Clock), fresh: true}
}

// initFailure is an error of the function's own code while it was loaded.
type initFailure struct {
	payload  []byte
	log      []LogEvent
	stream   string
	timedOut bool
}

func (f *initFailure) Error() string { return "function: init failed" }

// boot is the INIT frame.
type boot struct {
	Dir       string            `json:"dir"`
	Handler   string            `json:"handler"`
	Callbacks bool              `json:"callbacks"`
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	Memory    int               `json:"memory"`
	Heap      int               `json:"heap"`
	LogGroup  string            `json:"logGroup"`
	LogStream string            `json:"logStream"`
	LogFormat string            `json:"logFormat"`
	LogLevel  string            `json:"logLevel,omitempty"`
	NodePath  string            `json:"nodePath,omitempty"`
	Shares    bool              `json:"shares,omitempty"` // READY lists what others may load ahead
	Env       map[string]string `json:"env"`
}

// assign gives the process its function and waits until the code is loaded.
// The error is an *initFailure when the code is to blame.
func (e *environment) assign(spec *Spec, limit time.Duration) error {
	p := e.pool
	e.spec = spec
	started := p.cfg.Clock.Now()
	e.stream = started.UTC().Format("2006/01/02") + "/[" + spec.Version + "]" + strings.ReplaceAll(p.cfg.IDs.UUID(), "-", "")
	vars, err := p.variables(e, spec)
	if err != nil {
		return err
	}
	body, err := json.Marshal(&boot{
		Dir: spec.CodeDir, Handler: spec.Handler, Callbacks: callbackHandlers(spec.Runtime),
		Name: spec.Name, Version: spec.Version, Memory: spec.MemoryMB, Heap: heapMB(spec.MemoryMB),
		LogGroup: spec.LogGroup, LogStream: e.stream, LogFormat: spec.LogFormat, LogLevel: spec.LogLevel,
		NodePath: strings.Join(p.cfg.NodeModules, string(os.PathListSeparator)), Env: vars,
		Shares: spec.GroupDir != "",
	})
	if err != nil {
		return fmt.Errorf("encode init: %w", err)
	}
	frame := append(appendHead(nil, frameInit), body...)
	sealFrame(frame, 0)
	deadline := started.Add(limit)
	if err := errors.Join(e.proc.down.SetWriteDeadline(deadline), e.proc.up.SetReadDeadline(deadline)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	_, err = e.proc.down.Write(frame)
	if err := errors.Join(err, e.proc.noWriteDeadline()); err != nil {
		return e.initEnded(err)
	}
	for {
		typ, body, err := e.frames.next()
		if err != nil {
			return e.initEnded(err)
		}
		switch typ {
		case frameLog:
			e.initLog = append(e.initLog, LogEvent{Time: p.cfg.Clock.Now(), Text: string(body)})
		case frameReady:
			e.initTime = p.cfg.Clock.Now().Sub(started)
			e.loaded = append([]byte(nil), body...)
			return nil
		case frameInitError:
			f := &initFailure{payload: append([]byte(nil), body...)}
			e.stop()
			f.log, f.stream = e.initEvents(), e.stream
			return f
		default:
			return e.initEnded(fmt.Errorf("frame of type %d during init", typ))
		}
	}
}

// preload tells a process without a function what to load ahead. It is told
// before it is in the reserve, so this is the first frame it gets.
func (e *environment) preload(files []byte) {
	if len(files) == 0 || e.ahead {
		return
	}
	e.ahead = true
	frame := append(appendHead(nil, framePreload), files...)
	sealFrame(frame, 0)
	// The frame fits the pipe. A process that is gone is found out later.
	_, _ = e.proc.down.Write(frame)
}

// initEnded makes the failure of an init that got no answer.
func (e *environment) initEnded(err error) error {
	f := &initFailure{timedOut: errors.Is(err, os.ErrDeadlineExceeded)}
	if f.timedOut || !e.proc.ended() {
		// A process that hung or spoke nonsense is killed; one that is just
		// ending says how.
		e.waitOrKill(f.timedOut)
	}
	if !f.timedOut {
		f.payload = errorDocument("Runtime.ExitError", e.proc.exitText())
	}
	f.log, f.stream = e.initEvents(), e.stream
	e.stop()
	return f
}

// initEvents returns the log of the init, once.
func (e *environment) initEvents() []LogEvent {
	events := append(e.initLog, e.out.take()...)
	events = append(events, e.err.take()...)
	e.initLog = nil
	return events
}

// waitOrKill waits a moment for a process that is about to end, then kills it.
func (e *environment) waitOrKill(now bool) {
	if !now {
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
		select {
		case <-e.proc.done:
			return
		case <-timer.C:
		}
	}
	e.proc.kill()
	<-e.proc.done
}

// stop ends the process and frees what belongs to it. It returns after the
// process is gone; it may be called twice.
func (e *environment) stop() {
	e.proc.kill()
	<-e.proc.done
	e.out.take()
	e.err.take()
	e.proc.closePipes()
	if e.proc.tmp != "" {
		_ = os.RemoveAll(e.proc.tmp)
	}
}

// usable says whether the environment can take a call that may last until
// timeout from now.
func (e *environment) usable(now time.Time) bool {
	return !e.proc.ended() && (e.credentials.IsZero() || now.Add(e.spec.Timeout+credentialMargin).Before(e.credentials))
}

// credentialMargin is left on an environment's credentials when its last call
// could end. A process is replaced rather than given new ones: SDKs keep those
// they read first.
const credentialMargin = time.Minute

// heapMB leaves room for what is not V8's heap.
func heapMB(memory int) int { return max(64, memory*9/10) }

// variables returns the environment variables of a function's process, and
// fetches its role's credentials.
func (p *Pool) variables(e *environment, spec *Spec) (map[string]string, error) {
	vars := make(map[string]string, len(spec.Env)+20)
	for k, v := range spec.Env {
		vars[k] = v
	}
	fixed := map[string]string{
		"_HANDLER":                        spec.Handler,
		"AWS_REGION":                      p.cfg.Region,
		"AWS_DEFAULT_REGION":              p.cfg.Region,
		"AWS_ACCOUNT_ID":                  p.cfg.Account,
		"AWS_EXECUTION_ENV":               "AWS_Lambda_" + spec.Runtime,
		"AWS_LAMBDA_FUNCTION_NAME":        spec.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     spec.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": itoa(spec.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       spec.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      e.stream,
		"LAMBDA_TASK_ROOT":                spec.CodeDir,
		"LAMBDA_RUNTIME_DIR":              p.spawn.runtime,
	}
	if spec.LogFormat == "JSON" {
		fixed["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
		fixed["AWS_LAMBDA_LOG_LEVEL"] = spec.LogLevel
	}
	if url := p.cfg.Endpoint(); url != "" {
		if _, set := vars["AWS_ENDPOINT_URL"]; !set {
			fixed["AWS_ENDPOINT_URL"] = url
		}
	}
	if spec.Role != "" && p.cfg.Credentials != nil {
		ctx, cancel := context.WithTimeout(context.Background(), initTime)
		defer cancel()
		c, err := p.cfg.Credentials.RoleCredentials(ctx, spec.Role, spec.Name)
		if err != nil {
			return nil, fmt.Errorf("credentials of role %s: %w", spec.Role, err)
		}
		e.credentials = c.Expires
		fixed["AWS_ACCESS_KEY_ID"] = c.AccessKeyID
		fixed["AWS_SECRET_ACCESS_KEY"] = c.SecretAccessKey
		fixed["AWS_SESSION_TOKEN"] = c.SessionToken
	}
	for k, v := range fixed {
		vars[k] = v
	}
	return vars, nil
}
