package function

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// process is one running child with its pipes. It is killed as a group.
type process struct {
	proc   *os.Process
	down   *os.File // frames to it
	up     *os.File // frames from it
	stdout *os.File
	stderr *os.File
	tmp    string // its own temporary folder

	done  chan struct{} // closed when it ended and was reaped
	state *os.ProcessState

	mu     sync.Mutex
	reaped bool
	memory bool // killed because it used too much memory
}

// kill ends the process and its group. It may be called at any time, also
// after the end: the process id is not used any more then.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		killGroup(p.proc.Pid)
	}
}

// killForMemory kills a process that is over its memory.
func (p *process) killForMemory() {
	p.mu.Lock()
	p.memory = true
	p.mu.Unlock()
	p.kill()
}

// outOfMemory says whether killForMemory ended it.
func (p *process) outOfMemory() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.memory
}

// ended says whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// wait reaps the process, and kills what is left of its group while its id
// still belongs to it.
func (p *process) wait() {
	var state *os.ProcessState
	var err error
	if waitExit(p.proc.Pid) {
		p.mu.Lock()
		killGroup(p.proc.Pid)
		state, err = p.proc.Wait()
	} else {
		state, err = p.proc.Wait()
		p.mu.Lock()
	}
	p.reaped = true
	p.mu.Unlock()
	if err == nil {
		p.state = state
	}
	close(p.done)
}

// exitText says how the process ended, as Lambda words it.
func (p *process) exitText() string {
	if p.state == nil {
		return "Runtime exited without providing a reason"
	}
	if ws, ok := p.state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return "Runtime exited with error: signal: " + ws.Signal().String()
	}
	if code := p.state.ExitCode(); code > 0 {
		return fmt.Sprintf("Runtime exited with error: exit status %d", code)
	}
	return "Runtime exited without providing a reason"
}

// noWriteDeadline lets later writes succeed: a frame that fits the pipe is
// written without a deadline of its own, and one of the past would fail it.
func (p *process) noWriteDeadline() error { return p.down.SetWriteDeadline(time.Time{}) }

// closePipes closes our ends after the process ended.
func (p *process) closePipes() {
	for _, f := range []*os.File{p.down, p.up, p.stdout, p.stderr} {
		if f != nil {
			f.Close()
		}
	}
}
