package function

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// errDetached says that the caller went away while the function runs on.
var errDetached = errors.New("function: caller gone")

// running is one call in an environment.
type running struct {
	env      *environment
	inv      *Invocation
	id       string
	log      callLog
	start    time.Time
	deadline time.Time
	result   *Result

	mu   sync.Mutex // orders a caller's cancellation against the call's end
	over bool
}

// begin sends the call to the process.
func (e *environment) begin(inv *Invocation) (*running, error) {
	p := e.pool
	c := &running{env: e, inv: inv, id: inv.RequestID, start: p.cfg.Clock.Now()}
	if c.id == "" {
		c.id = p.cfg.IDs.UUID()
	}
	c.deadline = c.start.Add(e.spec.Timeout)
	c.result = &Result{RequestID: c.id, Version: e.spec.Version}
	c.log = callLog{env: e, json: e.spec.LogFormat == "JSON", flushed: c.start, wantsTail: inv.LogTail}
	if e.fresh {
		e.fresh = false
		c.result.Init = e.initTime
		c.log.addAll(e.initEvents())
	}
	c.log.start(c.start, c.id, e.spec.Version)
	if err := e.proc.up.SetReadDeadline(c.deadline); err != nil {
		return c, err
	}
	return c, e.send(c)
}

// send writes the INVOKE frame: sequence, the facts with their length, payload.
func (e *environment) send(c *running) error {
	e.seq++
	b := appendHead(e.scratch[:0], frameInvoke)
	b = binary.LittleEndian.AppendUint32(b, e.seq)
	b = append(b, 0, 0, 0, 0)
	at := len(b)
	b = append(b, `{"r":`...)
	b = appendQuoted(b, c.id)
	b = append(b, `,"d":`...)
	b = appendInt(b, c.deadline.UnixMilli())
	b = append(b, `,"f":`...)
	arn := c.inv.FunctionARN
	if arn == "" {
		arn = e.spec.ARN
	}
	b = appendQuoted(b, arn)
	if c.inv.TraceID != "" {
		b = append(b, `,"t":`...)
		b = appendQuoted(b, c.inv.TraceID)
	}
	if len(c.inv.ClientContext) > 0 {
		b = append(append(b, `,"c":`...), c.inv.ClientContext...)
	}
	if len(c.inv.CognitoIdentity) > 0 {
		b = append(append(b, `,"i":`...), c.inv.CognitoIdentity...)
	}
	b = append(b, '}')
	binary.LittleEndian.PutUint32(b[at-4:], uint32(len(b)-at))
	payload := c.inv.Payload
	if len(b)+len(payload) <= 32<<10 {
		b = append(b, payload...)
		payload = nil
	}
	sealFrame(b, len(payload))
	e.scratch = b
	if payload != nil {
		// More than the pipe may hold at once: the process could be gone.
		if err := e.proc.down.SetWriteDeadline(c.deadline); err != nil {
			return err
		}
	}
	if _, err := e.proc.down.Write(b); err != nil {
		return err
	}
	if payload != nil {
		_, err := e.proc.down.Write(payload)
		return errors.Join(err, e.proc.noWriteDeadline())
	}
	return nil
}

// finish reads until the call is over. ctx ends only the waiting: the function
// runs on, and finish returns errDetached; call it again with another ctx.
func (c *running) finish(ctx context.Context) (*Result, error) {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.over {
			_ = c.env.proc.up.SetReadDeadline(time.Unix(1, 0))
		}
	})
	defer func() {
		if !stop() {
			c.mu.Lock()
			c.over = true
			c.mu.Unlock()
		}
	}()
	clk := c.env.pool.cfg.Clock
	for {
		typ, body, err := c.env.frames.next()
		switch {
		case err == nil:
			if c.frame(typ, body) {
				return c.result, nil
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !clk.Now().Before(c.deadline) {
				c.timeout()
				return c.result, nil
			}
			if ctx.Err() != nil {
				return nil, errDetached
			}
			if err := c.env.proc.up.SetReadDeadline(c.deadline); err != nil {
				c.exited()
				return c.result, nil
			}
		default:
			c.exited()
			return c.result, nil
		}
	}
}

// resume lets a detached call be waited for again.
func (c *running) resume() (*Result, error) {
	c.over = false
	if err := c.env.proc.up.SetReadDeadline(c.deadline); err != nil {
		c.exited()
		return c.result, nil //nolint:nilerr // the process is gone: the result says so
	}
	return c.finish(context.Background())
}

// frame handles one frame of the process. It returns true when the call is over.
func (c *running) frame(typ byte, body []byte) bool {
	e := c.env
	now := e.pool.cfg.Clock.Now()
	switch typ {
	case frameLog:
		c.log.add(now, string(body))
		return false
	case frameResult, frameError, frameFatal:
		if len(body) < 8 {
			break
		}
		if seq := binary.LittleEndian.Uint32(body); seq != e.seq {
			break
		}
		e.maxRSS = int(binary.LittleEndian.Uint32(body[4:]))
		payload := body[8:]
		if len(body)+frameHead <= len(e.frames.buf) {
			payload = append(make([]byte, 0, len(payload)), payload...)
		}
		c.result.Payload = payload
		status, errorType := "", ""
		if typ != frameResult {
			c.result.FunctionError = "Unhandled"
		}
		if typ == frameFatal {
			e.proc.kill()
			status, errorType = "error", "Runtime.ExitError"
		}
		c.end(now, status, errorType)
		return true
	}
	e.pool.cfg.Logger.Warn("function process broke the protocol", "function", e.spec.Name, "frame", int(typ))
	e.proc.kill()
	c.exited()
	return true
}

// end writes the last log lines and completes the result.
func (c *running) end(now time.Time, status, errorType string) {
	e := c.env
	c.log.addAll(e.out.take())
	c.log.addAll(e.err.take())
	c.result.Duration = now.Sub(c.start)
	c.result.MaxMemoryMB = (e.maxRSS + 1023) / 1024
	c.log.end(now, c.result, e.spec.MemoryMB, status, errorType)
	c.result.LogTail = c.log.tail
}

// timeout ends a call that took too long, and its process.
func (c *running) timeout() {
	e := c.env
	e.proc.kill()
	<-e.proc.done
	now := e.pool.cfg.Clock.Now()
	text := "Task timed out after " + seconds(e.spec.Timeout) + " seconds"
	c.log.add(now, now.UTC().Format(isoTime)+" "+c.id+" "+text+"\n\n")
	c.result.FunctionError = "Unhandled"
	c.result.Payload = errorDocument("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: %s", c.id, text))
	c.end(now, "timeout", "")
}

// exited ends a call whose process ended before it answered.
func (c *running) exited() {
	e := c.env
	e.waitOrKill(false)
	now := e.pool.cfg.Clock.Now()
	kind, text := "Runtime.ExitError", e.proc.exitText()
	if e.proc.outOfMemory() {
		kind, text = "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"
	}
	c.result.FunctionError = "Unhandled"
	c.result.Payload = errorDocument(kind, fmt.Sprintf("RequestId: %s Error: %s", c.id, text))
	if !c.log.json {
		c.log.add(now, fmt.Sprintf("RequestId: %s Error: %s\n%s\n", c.id, text, kind))
	}
	c.end(now, "error", kind)
}
