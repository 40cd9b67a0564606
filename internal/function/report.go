package function

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

const isoTime = "2006-01-02T15:04:05.000Z"

// callLog gathers the log of one call and passes it on in few, large steps.
type callLog struct {
	env       *environment
	json      bool
	events    []LogEvent
	size      int
	flushed   time.Time
	wantsTail bool
	tail      []byte
}

const (
	flushSize  = 64 << 10
	flushAfter = 200 * time.Millisecond
)

func (l *callLog) add(at time.Time, text string) {
	l.events = append(l.events, LogEvent{Time: at, Text: text})
	l.size += len(text)
	if l.wantsTail {
		l.tail = append(l.tail, text...)
		if len(text) == 0 || text[len(text)-1] != '\n' {
			l.tail = append(l.tail, '\n')
		}
		if over := len(l.tail) - tailSize; over > 0 {
			l.tail = append(l.tail[:0], l.tail[over:]...)
		}
	}
	// A long call's log is seen while it runs.
	if l.size > flushSize || at.Sub(l.flushed) > flushAfter {
		l.flush(at)
	}
}

func (l *callLog) addAll(events []LogEvent) {
	for _, e := range events {
		l.add(e.Time, e.Text)
	}
}

func (l *callLog) flush(at time.Time) {
	l.flushed = at
	if len(l.events) == 0 {
		return
	}
	spec := l.env.spec
	l.env.pool.cfg.Logs.Put(spec.LogGroup, l.env.stream, l.events)
	l.events = nil
	l.size = 0
}

// start writes the START line.
func (l *callLog) start(at time.Time, id, version string) {
	if l.json {
		l.platform(at, "platform.start", map[string]any{"requestId": id, "version": version})
		return
	}
	l.add(at, "START RequestId: "+id+" Version: "+version+"\n")
}

// end writes the END and REPORT lines.
func (l *callLog) end(at time.Time, r *Result, memory int, status, errorType string) {
	ms := math.Round(float64(r.Duration.Microseconds())/10) / 100
	billed := math.Ceil(ms)
	if l.json {
		metrics := map[string]any{"durationMs": ms, "billedDurationMs": billed,
			"memorySizeMB": memory, "maxMemoryUsedMB": r.MaxMemoryMB}
		if r.Init > 0 {
			metrics["initDurationMs"] = float64(r.Init.Microseconds()) / 1000
		}
		record := map[string]any{"requestId": r.RequestID, "metrics": metrics, "status": "success"}
		if status != "" {
			record["status"] = status
		}
		if errorType != "" {
			record["errorType"] = errorType
		}
		l.platform(at, "platform.report", record)
		l.flush(at)
		return
	}
	l.add(at, "END RequestId: "+r.RequestID+"\n")
	b := make([]byte, 0, 256)
	b = append(b, "REPORT RequestId: "...)
	b = append(b, r.RequestID...)
	b = append(b, "\tDuration: "...)
	b = strconv.AppendFloat(b, ms, 'f', 2, 64)
	b = append(b, " ms\tBilled Duration: "...)
	b = strconv.AppendInt(b, int64(billed), 10)
	b = append(b, " ms\tMemory Size: "...)
	b = strconv.AppendInt(b, int64(memory), 10)
	b = append(b, " MB\tMax Memory Used: "...)
	b = strconv.AppendInt(b, int64(r.MaxMemoryMB), 10)
	b = append(b, " MB\t"...)
	if r.Init > 0 {
		b = append(b, "Init Duration: "...)
		b = strconv.AppendFloat(b, float64(r.Init.Microseconds())/1000, 'f', 2, 64)
		b = append(b, " ms\t"...)
	}
	if status != "" {
		b = append(b, "Status: "+status...)
		if errorType != "" {
			b = append(b, "\tError Type: "+errorType...)
		}
	}
	l.add(at, string(append(b, '\n')))
	l.flush(at)
}

// platform writes one record of the platform in JSON format.
func (l *callLog) platform(at time.Time, kind string, record map[string]any) {
	text, err := json.Marshal(map[string]any{"time": at.UTC().Format(isoTime), "type": kind, "record": record})
	if err == nil {
		l.add(at, string(text))
	}
}

// errorDocument is what the caller gets of an error the platform found.
func errorDocument(errorType, message string) []byte {
	b := append(make([]byte, 0, 64+len(message)), `{"errorType":`...)
	b = appendQuoted(b, errorType)
	b = append(b, `,"errorMessage":`...)
	b = appendQuoted(b, message)
	return append(b, '}')
}

// seconds words a timeout as Lambda does: "3.00".
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 2, 64)
}
