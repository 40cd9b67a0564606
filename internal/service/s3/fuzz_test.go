package s3

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	shape "github.com/bawn-dev/bawn/internal/shape/s3"
)

// FuzzRange holds that what a Range gives lies within the object.
func FuzzRange(f *testing.F) {
	for _, s := range []string{"bytes=0-3", "bytes=-5", "bytes=5-", "bytes=0-1,2-3", "bytes=9223372036854775807-", "bytes=-9223372036854775808", "x"} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		size &= 1<<40 - 1
		r, err := spanOf(&shape.GetObjectInput{Range: &header}, size)
		if err != nil {
			return
		}
		if r.start < 0 || r.length < 0 || r.start+r.length > size || r.partial && r.length == 0 || !r.partial && r.length != size {
			t.Errorf("%q of %d bytes gives %+v", header, size, r)
		}
	})
}

// FuzzPattern compares likePattern with a regular expression.
func FuzzPattern(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 40 || len(s) > 40 || strings.ContainsAny(pattern+s, "\n") {
			return
		}
		// Byte by byte, as the matcher goes.
		expr := "^"
		for _, c := range []byte(pattern) {
			switch c {
			case '*':
				expr += ".*"
			case '?':
				expr += "."
			default:
				expr += regexp.QuoteMeta(letter(c))
			}
		}
		wide := ""
		for _, c := range []byte(s) {
			wide += letter(c)
		}
		if want := regexp.MustCompile(expr + "$").MatchString(wide); want != likePattern(pattern, s) {
			t.Errorf("%q on %q: want %v", pattern, s, want)
		}
	})
}

// letter maps a byte to one character.
func letter(c byte) string { return string(rune(0x100 + int(c))) }

func FuzzTags(f *testing.F) {
	f.Add("a=1&b=2")
	f.Add("%zz&=&&a")
	f.Fuzz(func(t *testing.T, header string) {
		tags, err := parseTags(&header)
		if err == nil && len(tags) > 10 {
			t.Errorf("%d tags", len(tags))
		}
		seen := map[string]bool{}
		for _, tag := range tags {
			if tag.Key == "" || seen[tag.Key] {
				t.Errorf("%q is taken", header)
			}
			seen[tag.Key] = true
		}
	})
}

// TestCipher seals and opens at every awkward length, however the source
// gives its bytes, and holds that a changed, swapped or cut blob is refused.
func TestCipher(t *testing.T) {
	aead, err := newSegmentCipher(make([]byte, dataKeySize))
	if err != nil {
		t.Fatal(err)
	}
	open := func(box []byte, size int, offset, length int64) ([]byte, error) {
		at, first, skip := segments(offset)
		r := &openReader{src: io.NopCloser(bytes.NewReader(box[min(at, int64(len(box))):])), aead: aead, size: int64(size), n: first, skip: skip, left: length}
		return io.ReadAll(r)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{1, segmentSize - 1, segmentSize, segmentSize + 1, 3 * segmentSize, 3*segmentSize + 17} {
		plain := make([]byte, size)
		for i := range plain {
			plain[i] = byte(random.Uint32())
		}
		box, err := io.ReadAll(newSealReader(iotest.HalfReader(bytes.NewReader(plain)), aead))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			offset := random.Int64N(int64(size))
			length := random.Int64N(int64(size)-offset) + 1
			got, err := open(box, size, offset, length)
			if err != nil || !bytes.Equal(got, plain[offset:offset+length]) {
				t.Fatalf("%d bytes from %d of %d: %v", length, offset, size, err)
			}
		}
		for name, bad := range map[string][]byte{
			"changed": flipped(box, random.IntN(len(box))), "cut": box[:len(box)-1], "a segment less": box[:(len(box)-1)/(segmentSize+tagSize)*(segmentSize+tagSize)],
		} {
			if got, err := open(bad, size, 0, int64(size)); err == nil {
				t.Errorf("%s: a blob of %d bytes is read (%d)", name, size, len(got))
			}
		}
		if size > segmentSize {
			if _, err := open(box[:segmentSize+tagSize], segmentSize, 0, segmentSize); err == nil {
				t.Error("an inner segment passes for the last")
			}
		}
	}
}

func flipped(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 1
	return c
}

// TestReadWhileReplaced reads an object while it is replaced by bodies of all
// forms: every answer is one whole body, never a mixture and never an error.
func TestReadWhileReplaced(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	body := func(i int) string {
		return strings.Repeat(string(rune('a'+i%26)), []int{1, 100, inlineLimit, inlineLimit + 1, 2*segmentSize + 5}[i%5])
	}
	f.ok("PUT", "/abc/k", body(0))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 200 {
			if a := f.do("PUT", "/abc/k", body(i)); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		close(stop)
	})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a := f.do("GET", "/abc/k", nil)
				if a.status != 200 || a.body == "" || strings.Count(a.body, a.body[:1]) != len(a.body) || a.header.Get("Content-Length") != fmt.Sprint(len(a.body)) || a.header.Get("ETag") != etagOf(a.body) {
					t.Errorf("%d, %d bytes, %v", a.status, len(a.body), a.header)
					return
				}
			}
		})
	}
	wg.Wait()
}
