package function

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

// Frame types of the protocol between pool and runtime. Down: pool to process.
const (
	frameInit    = 1
	frameInvoke  = 2
	framePreload = 3 // files to load ahead, before INIT

	frameReady     = 65
	frameResult    = 66
	frameError     = 67
	frameFatal     = 68 // an error after which the process ends
	frameInitError = 69
	frameLog       = 70
)

const frameHead = 5 // type, length (little endian)

// frameLimit is the longest body of an upward frame. A longer announcement is a
// violation of the protocol, found before anything is allocated.
func frameLimit(typ byte) int {
	switch typ {
	case frameReady:
		return maxPreload
	case frameResult:
		return 8 + maxResponse
	case frameError, frameFatal, frameInitError:
		return 8 + maxResponse
	case frameLog:
		return 4 * maxLogText
	}
	return -1
}

// frameReader reads upward frames. It survives a read that timed out: the next
// call goes on where the last one stopped.
type frameReader struct {
	src  io.Reader
	buf  []byte // holds r..w
	r, w int
	big  []byte // a body too long for buf, filled up to bigN
	bigN int
}

func newFrameReader(src io.Reader) *frameReader {
	return &frameReader{src: src, buf: make([]byte, 16<<10)}
}

// next returns one frame. The body is valid until the next call.
func (f *frameReader) next() (byte, []byte, error) {
	if err := f.fill(frameHead); err != nil {
		return 0, nil, err
	}
	typ := f.buf[f.r]
	length := int(binary.LittleEndian.Uint32(f.buf[f.r+1:]))
	if limit := frameLimit(typ); limit < 0 || length > limit {
		return 0, nil, fmt.Errorf("frame of type %d with %d bytes", typ, length)
	}
	if frameHead+length <= len(f.buf) {
		if err := f.fill(frameHead + length); err != nil {
			return 0, nil, err
		}
		body := f.buf[f.r+frameHead : f.r+frameHead+length]
		f.r += frameHead + length
		return typ, body, nil
	}
	return f.nextBig(typ, length)
}

func (f *frameReader) nextBig(typ byte, length int) (byte, []byte, error) {
	if f.big == nil {
		f.big = make([]byte, length)
		f.bigN = copy(f.big, f.buf[f.r+frameHead:f.w])
		// The head stays in buf until the body is whole.
		f.w = f.r + frameHead
	}
	for f.bigN < length {
		n, err := f.src.Read(f.big[f.bigN:])
		f.bigN += n
		if f.bigN < length && err != nil {
			return 0, nil, err
		}
	}
	body := f.big
	f.big, f.bigN = nil, 0
	f.r, f.w = 0, 0
	return typ, body, nil
}

// fill reads until n bytes stand in buf.
func (f *frameReader) fill(n int) error {
	if f.r == f.w {
		f.r, f.w = 0, 0
	}
	if f.r+n > len(f.buf) {
		f.w = copy(f.buf, f.buf[f.r:f.w])
		f.r = 0
	}
	for f.w-f.r < n {
		got, err := f.src.Read(f.buf[f.w:])
		f.w += got
		if f.w-f.r < n && err != nil {
			return err
		}
	}
	return nil
}

// appendHead appends a frame's head with length 0; sealFrame sets it.
func appendHead(b []byte, typ byte) []byte { return append(b, typ, 0, 0, 0, 0) }

// sealFrame writes the length of a frame that is len(b)-frameHead+more long.
func sealFrame(b []byte, more int) {
	binary.LittleEndian.PutUint32(b[1:], uint32(len(b)-frameHead+more))
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

func itoa(n int) string { return strconv.Itoa(n) }
