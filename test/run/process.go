package run

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options say how to start a Bawn.
type Options struct {
	// Binary is the program; see Build.
	Binary string
	// Project is the folder given to `bawn dev`.
	Project string
	// Data is the data folder.
	Data string
	// Args are further arguments.
	Args []string
}

// Bawn is a running `bawn dev`.
type Bawn struct {
	Endpoint string
	// Env is what DATA/env holds: AWS_ACCESS_KEY_ID and so on.
	Env map[string]string
	// Outputs are the deployed stack's outputs.
	Outputs map[string]string
	// Ready is how long it took from the start of the process to the ready
	// line.
	Ready time.Duration

	cmd    *exec.Cmd
	stderr *tail
	done   chan struct{} // closed when the process has ended
	err    error         // how, after done
}

// Build compiles the binary into folder dir. It runs go in the present
// module.
func Build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "bawn")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "github.com/bawn-dev/bawn/cmd/bawn")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bawn: %w\n%s", err, out)
	}
	return binary, nil
}

// Start starts a Bawn on a free port and returns when it is ready. The
// process is killed when ctx ends.
func Start(ctx context.Context, o Options) (*Bawn, error) {
	args := append([]string{"dev", o.Project, "--data", o.Data, "--port", "0", "--json"}, o.Args...)
	b := &Bawn{cmd: exec.CommandContext(ctx, o.Binary, args...), stderr: &tail{}, done: make(chan struct{})}
	b.cmd.Stderr = b.stderr
	stdout, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start bawn: %w", err)
	}
	ready := make(chan error, 1)
	go b.follow(stdout, ready)
	err = <-ready
	b.Ready = time.Since(began)
	if err == nil {
		b.Env, err = readEnv(filepath.Join(o.Data, "env"))
	}
	if err != nil {
		err = fmt.Errorf("bawn did not get ready: %w", err)
		_ = b.Kill()
		return nil, fmt.Errorf("%w\n%s", err, b.stderr.String())
	}
	return b, nil
}

// follow reads the output: first the ready line, then whatever comes, so that
// the process never waits for a reader.
func (b *Bawn) follow(stdout io.Reader, ready chan<- error) {
	lines := bufio.NewReader(stdout)
	ready <- b.readReady(lines)
	_, _ = io.Copy(io.Discard, lines)
	b.err = b.cmd.Wait()
	close(b.done)
}

func (b *Bawn) readReady(lines *bufio.Reader) error {
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("the output ended: %w", err)
		}
		var event struct {
			Event, Endpoint string
			Outputs         map[string]string
		}
		if json.Unmarshal(line, &event) == nil && event.Event == "ready" {
			b.Endpoint, b.Outputs = event.Endpoint, event.Outputs
			return nil
		}
	}
}

// PID returns the process id.
func (b *Bawn) PID() int { return b.cmd.Process.Pid }

// Kill ends the process at once, as kill -9 does, and returns when it is gone.
func (b *Bawn) Kill() error {
	err := b.cmd.Process.Kill()
	<-b.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Stop asks the process to end and waits for it, for at most ten seconds.
func (b *Bawn) Stop() error {
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-b.done:
		return b.err
	case <-time.After(10 * time.Second):
		return errors.Join(errors.New("bawn did not end within 10 s"), b.Kill())
	}
}

// Errors returns the end of what the process wrote to its standard error.
func (b *Bawn) Errors() string { return b.stderr.String() }

// Client returns a client that signs with the administrator's key.
func (b *Bawn) Client() *Client {
	return NewClient(b.Endpoint, b.Env["AWS_REGION"], Credentials{
		AccessKeyID: b.Env["AWS_ACCESS_KEY_ID"], SecretAccessKey: b.Env["AWS_SECRET_ACCESS_KEY"],
	})
}

// readEnv reads KEY=value lines.
func readEnv(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			env[k] = v
		}
	}
	return env, nil
}

// tail keeps the last bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p)
	if over := t.buf.Len() - tailSize; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
