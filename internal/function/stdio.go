package function

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"syscall"

	"github.com/bawn-dev/bawn/internal/clock"
)

// capture gathers what a process writes to standard output or error, as log
// events, one a line. It is read when there is something, by a goroutine of its
// own, and once more at the end of each call, so that a call's output is in its
// own log.
type capture struct {
	mu     sync.Mutex
	file   *os.File
	clock  clock.Clock
	closed bool
	buf    []byte
	line   []byte // an unfinished line
	events []LogEvent
}

// maxPending bounds the events a silent (idle) environment can pile up.
const maxPending = 10000

func newCapture(file *os.File, clk clock.Clock) *capture {
	c := &capture{file: file, clock: clk, buf: make([]byte, 4<<10)}
	go c.loop()
	return c
}

func (c *capture) loop() {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return
	}
	// The callback runs once now, then whenever there may be something.
	_ = raw.Read(func(fd uintptr) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.read(int(fd))
	})
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
}

// read takes all there is without blocking. It returns true at the end of the file.
func (c *capture) read(fd int) bool {
	for {
		n, err := syscall.Read(fd, c.buf)
		switch {
		case n > 0:
			c.add(c.buf[:n])
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return false
		default:
			return true
		}
	}
}

func (c *capture) add(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			c.line = append(c.line, b...)
			if len(c.line) >= maxLogText {
				c.flushLine()
			}
			return
		}
		c.line = append(c.line, b[:i]...)
		c.flushLine()
		b = b[i+1:]
	}
}

func (c *capture) flushLine() {
	if len(c.line) > 0 && len(c.events) < maxPending {
		c.events = append(c.events, LogEvent{Time: c.clock.Now(), Text: string(c.line)})
	}
	c.line = c.line[:0]
}

// take returns the events so far, after reading what is there. An unfinished
// line counts as one.
func (c *capture) take() []LogEvent {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		if raw, err := c.file.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { c.read(int(fd)) })
		}
	}
	if len(c.line) > 0 {
		c.flushLine()
	}
	events := c.events
	c.events = nil
	return events
}
