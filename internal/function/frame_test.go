package function

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func makeFrame(typ byte, body string) []byte {
	b := append(appendHead(nil, typ), body...)
	sealFrame(b, 0)
	return b
}

func TestFrameReader(t *testing.T) {
	bodies := []string{"", "a", strings.Repeat("b", 16<<10-frameHead), strings.Repeat("c", 16<<10), strings.Repeat("d", 100<<10), "e"}
	var stream []byte
	for _, body := range bodies {
		stream = append(stream, makeFrame(frameResult, body)...)
	}
	for name, src := range map[string]io.Reader{
		"whole":     bytes.NewReader(stream),
		"one byte":  iotest.OneByteReader(bytes.NewReader(stream)),
		"with EOF":  iotest.DataErrReader(bytes.NewReader(stream)),
		"time-outs": iotest.TimeoutReader(iotest.HalfReader(bytes.NewReader(stream))),
	} {
		r := newFrameReader(src)
		for i, want := range bodies {
			typ, body, err := r.next()
			for errors.Is(err, iotest.ErrTimeout) { // it goes on where it stopped
				typ, body, err = r.next()
			}
			if err != nil || typ != frameResult || string(body) != want {
				t.Fatalf("%s: frame %d: type %d, %d bytes, %v", name, i, typ, len(body), err)
			}
		}
	}
	for name, bad := range map[string][]byte{
		"unknown type": makeFrame(9, "x"),
		"too long":     {frameResult, 0xff, 0xff, 0xff, 0xff},
		"cut":          makeFrame(frameLog, "text")[:6],
	} {
		if _, _, err := newFrameReader(bytes.NewReader(bad)).next(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzFrameReader(f *testing.F) {
	f.Add(makeFrame(frameResult, "12345678{}"))
	f.Add(append(makeFrame(frameLog, "a"), makeFrame(frameReady, "")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newFrameReader(iotest.HalfReader(bytes.NewReader(b)))
		total := 0
		for {
			_, body, err := r.next()
			if err != nil {
				return
			}
			if total += frameHead + len(body); total > len(b) {
				t.Fatal("more came out than went in")
			}
		}
	})
}

func FuzzAppendQuoted(f *testing.F) {
	f.Add("a\"\\\n\x00é")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		if err := json.Unmarshal(appendQuoted(nil, s), &back); err != nil {
			t.Fatal(err)
		}
		if back != strings.ToValidUTF8(s, "\uFFFD") && !strings.Contains(back, "\uFFFD") {
			t.Errorf("%q became %q", s, back)
		}
	})
}
