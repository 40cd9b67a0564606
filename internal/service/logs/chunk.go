package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// event is one stored event.
type event struct {
	time     int64 // milliseconds
	ingested int64
	text     string
}

// chunkSize is the size up to which events are added to a stream's last chunk.
const chunkSize = 64 << 10

// maxChunkEvents keeps an event's place in its chunk under six digits.
const maxChunkEvents = 100000

var errChunk = errors.New("logs: damaged chunk")

// A chunk is a format byte and events: time (varint, difference to the one
// before), time of ingestion (the same), length, text.
const chunkFormat = 1

func encodeChunk(b []byte, events []event) []byte {
	if len(b) == 0 {
		b = append(b, chunkFormat)
	}
	var prev event
	if len(b) > 1 {
		if have, err := decodeChunk(b); err == nil && len(have) > 0 {
			prev = have[len(have)-1]
		}
	}
	for _, e := range events {
		b = binary.AppendVarint(b, e.time-prev.time)
		b = binary.AppendVarint(b, e.ingested-prev.ingested)
		b = binary.AppendUvarint(b, uint64(len(e.text)))
		b = append(b, e.text...)
		prev = e
	}
	return b
}

func decodeChunk(b []byte) ([]event, error) {
	if len(b) == 0 || b[0] != chunkFormat {
		return nil, fmt.Errorf("%w: format", errChunk)
	}
	b = b[1:]
	var events []event
	var prev event
	for len(b) > 0 {
		dt, n := binary.Varint(b)
		if n <= 0 {
			return nil, errChunk
		}
		di, m := binary.Varint(b[n:])
		if m <= 0 {
			return nil, errChunk
		}
		b = b[n+m:]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil, errChunk
		}
		prev = event{prev.time + dt, prev.ingested + di, string(b[n : n+int(size)])}
		events = append(events, prev)
		b = b[n+int(size):]
	}
	return events, nil
}
