package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/wire"
	"github.com/bawn-dev/bawn/sigv4"
)

func sumOf(name, body string) string {
	h := wire.NewChecksum(name)
	h.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func etagOf(body string) string {
	sum := md5.Sum([]byte(body))
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func TestObject(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	a := f.ok("PUT", "/abc/notes/a%20b", "hello", "Content-Type: text/plain", "x-amz-meta-Colour: red", "Cache-Control: no-store", "Content-Encoding: aws-chunked,gzip", "x-amz-tagging: a=1&b=2", "Expires: never")
	if a.header.Get("ETag") != etagOf("hello") || a.header.Get("x-amz-server-side-encryption") != "AES256" || a.header.Get("x-amz-checksum-crc64nvme") != sumOf("crc64nvme", "hello") {
		t.Error(a.header)
	}
	for _, method := range []string{"GET", "HEAD"} {
		a = f.ok(method, "/abc/notes/a%20b", nil, "x-amz-checksum-mode: ENABLED")
		want := map[string]string{
			"Content-Type": "text/plain", "x-amz-meta-colour": "red", "Cache-Control": "no-store", "Content-Encoding": "gzip", "Content-Length": "5", "Expires": "never",
			"ETag": etagOf("hello"), "Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT", "x-amz-tagging-count": "2", "Accept-Ranges": "bytes",
			"x-amz-checksum-crc64nvme": sumOf("crc64nvme", "hello"), "x-amz-checksum-type": "FULL_OBJECT", "x-amz-server-side-encryption": "AES256",
		}
		for name, v := range want {
			if a.header.Get(name) != v {
				t.Errorf("%s: %s is %q, want %q", method, name, a.header.Get(name), v)
			}
		}
		if method == "GET" && a.body != "hello" || a.status != 200 {
			t.Errorf("%d %q", a.status, a.body)
		}
	}
	a = f.ok("GET", "/abc/notes/a%20b?response-content-type=a%2Fb&response-content-disposition=attachment", nil)
	if a.header.Get("Content-Type") != "a/b" || a.header.Get("Content-Disposition") != "attachment" {
		t.Error(a.header)
	}
	f.ok("PUT", "/abc/notes/a%20b", "") // replaced: nothing of the old one stays
	a = f.ok("GET", "/abc/notes/a%20b", nil)
	if a.body != "" || a.header.Get("Content-Type") != "binary/octet-stream" || a.header.Get("x-amz-meta-colour") != "" || a.header.Get("Content-Length") != "0" {
		t.Errorf("%q %v", a.body, a.header)
	}
	if a = f.ok("DELETE", "/abc/notes/a%20b", nil); a.status != 204 {
		t.Error(a.status)
	}
	f.ok("DELETE", "/abc/notes/a%20b", nil)
	if a = f.want(404, "NoSuchKey", "GET", "/abc/notes/a%20b", nil); !strings.Contains(a.body, "<Key>notes/a b</Key>") {
		t.Error(a.body)
	}
	f.want(404, "NoSuchVersion", "GET", "/abc/notes/a%20b?versionId=xyz", nil)
}

// TestLargeObjects stores bodies around the sizes where the form changes: what
// stays in the store, and where segments end.
func TestLargeObjects(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	for _, size := range []int{inlineLimit - 1, inlineLimit, inlineLimit + 1, 2 * segmentSize, 2*segmentSize + 1, 3*segmentSize - 1} {
		body := make([]byte, size)
		for i := range body {
			body[i] = byte(i * 7 >> 3)
		}
		a := f.ok("PUT", "/abc/k", bytes.NewReader(body))
		if a.header.Get("ETag") != etagOf(string(body)) {
			t.Errorf("%d: %v", size, a.header)
		}
		if a = f.ok("GET", "/abc/k", nil); a.body != string(body) {
			t.Errorf("%d bytes are not what was put (%d)", size, len(a.body))
		}
		for _, r := range [][2]int{{0, 0}, {size - 1, size - 1}, {segmentSize - 1, segmentSize + 1}, {segmentSize, size - 1}, {1, size - 2}} {
			first, last := r[0], min(r[1], size-1)
			if first >= size {
				continue
			}
			a = f.ok("GET", "/abc/k", nil, fmt.Sprintf("Range: bytes=%d-%d", first, last))
			if a.status != 206 || a.body != string(body[first:last+1]) || a.header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", first, last, size) {
				t.Errorf("%d: %d-%d gives %d, %d bytes, %s", size, first, last, a.status, len(a.body), a.header.Get("Content-Range"))
			}
		}
	}
	f.ok("DELETE", "/abc/k", nil)
	if err := f.s.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	for info := range f.blobs.List(context.Background()) {
		t.Errorf("blob %s is left over", info.ID)
	}
}

// TestNothingInClear holds that neither store nor blobs hold an object's
// bytes as they are.
func TestNothingInClear(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	secret := "a very secret note that nobody may find"
	f.ok("PUT", "/abc/small", secret)
	f.ok("PUT", "/abc/large", strings.NewReader(strings.Repeat(secret, 3000)))
	for info, err := range f.blobs.List(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.blobs.Open(context.Background(), info.ID, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil || bytes.Contains(raw, []byte(secret)) || len(raw) < len(secret)*3000 {
			t.Errorf("a blob of %d bytes holds the object in clear, or not at all (%v)", len(raw), err)
		}
	}
	snap, err := f.s.db.Engine().View(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	for rec, err := range snap.Scan(everything, false, 0) {
		if err != nil || bytes.Contains(rec.Value, []byte(secret)) {
			t.Errorf("record %q holds the object in clear (%v)", rec.Key, err)
		}
	}
}

func TestRanges(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/k", "0123456789")
	f.ok("PUT", "/abc/empty", "")
	tests := []struct {
		header string
		status int
		body   string
	}{
		{"bytes=0-3", 206, "0123"}, {"bytes=7-", 206, "789"}, {"bytes=-2", 206, "89"}, {"bytes=-99", 206, "0123456789"}, {"bytes=8-99", 206, "89"},
		{"bytes=0-1,3-4", 200, "0123456789"}, {"bytes=5-2", 200, "0123456789"}, {"chars=0-1", 200, "0123456789"}, {"bytes=a-b", 200, "0123456789"}, {"bytes=--1", 200, "0123456789"},
		{"bytes=+1-2", 200, "0123456789"},
		{"bytes=10-", 416, ""}, {"bytes=-0", 416, ""}, {"bytes=99-100", 416, ""},
	}
	for _, tt := range tests {
		a := f.do("GET", "/abc/k", nil, "Range: "+tt.header)
		if a.status != tt.status || tt.status != 416 && a.body != tt.body || tt.status == 416 && a.code != "InvalidRange" {
			t.Errorf("%s: %d %q", tt.header, a.status, a.body)
		}
	}
	f.want(416, "InvalidRange", "GET", "/abc/empty", nil, "Range: bytes=0-")
	if a := f.ok("GET", "/abc/k?partNumber=1", nil); a.status != 206 || a.body != "0123456789" {
		t.Errorf("%d %s", a.status, a.body)
	}
	f.want(416, "InvalidPartNumber", "GET", "/abc/k?partNumber=2", nil)
	f.want(400, "InvalidArgument", "GET", "/abc/k?partNumber=0", nil)
}

func TestConditions(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/k", "x")
	const at, before, after = "Fri, 02 Jan 2026 03:04:05 GMT", "Thu, 01 Jan 2026 00:00:00 GMT", "Sat, 03 Jan 2026 00:00:00 GMT"
	tests := []struct {
		headers []string
		status  int
	}{
		{[]string{"If-Match: " + etagOf("x")}, 200}, {[]string{"If-Match: *"}, 200}, {[]string{`If-Match: "no"`}, 412},
		{[]string{"If-None-Match: " + etagOf("x")}, 304}, {[]string{"If-None-Match: *"}, 304}, {[]string{`If-None-Match: "a", ` + etagOf("x")}, 304}, {[]string{`If-None-Match: "no"`}, 200},
		{[]string{"If-Modified-Since: " + at}, 304}, {[]string{"If-Modified-Since: " + before}, 200}, {[]string{"If-Modified-Since: rubbish"}, 200},
		{[]string{"If-Unmodified-Since: " + at}, 200}, {[]string{"If-Unmodified-Since: " + before}, 412},
		{[]string{"If-Match: " + etagOf("x"), "If-Unmodified-Since: " + before}, 200},
		{[]string{`If-None-Match: "no"`, "If-Modified-Since: " + after}, 200},
	}
	for _, tt := range tests {
		for _, method := range []string{"GET", "HEAD"} {
			if a := f.do(method, "/abc/k", nil, tt.headers...); a.status != tt.status {
				t.Errorf("%s %v: %d, want %d", method, tt.headers, a.status, tt.status)
			}
		}
	}
	if a := f.do("GET", "/abc/k", nil, "If-None-Match: *"); a.body != "" || a.header.Get("ETag") != etagOf("x") {
		t.Errorf("%q %v", a.body, a.header)
	}
	f.want(412, "PreconditionFailed", "PUT", "/abc/k", "y", "If-None-Match: *")
	f.ok("PUT", "/abc/new", "y", "If-None-Match: *")
	f.want(412, "PreconditionFailed", "PUT", "/abc/k", "y", `If-Match: "no"`)
	f.want(404, "NoSuchKey", "PUT", "/abc/none", "y", `If-Match: "no"`)
	f.ok("PUT", "/abc/k", "y", "If-Match: "+etagOf("x"))
	f.want(412, "PreconditionFailed", "DELETE", "/abc/k", nil, "If-Match: "+etagOf("x"))
	f.ok("DELETE", "/abc/k", nil, "If-Match: "+etagOf("y"))
}

// trailing is an aws-chunked body whose trailer came.
type trailing struct {
	io.Reader
	headers []sigv4.Header
}

func (t trailing) Trailer() []sigv4.Header { return t.headers }

func TestDigests(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	for _, name := range wire.ChecksumNames {
		header := "x-amz-checksum-" + name
		a := f.ok("PUT", "/abc/k", "hello", header+": "+sumOf(name, "hello"))
		if a.header.Get(header) != sumOf(name, "hello") {
			t.Errorf("%s: %v", name, a.header)
		}
		f.want(400, "BadDigest", "PUT", "/abc/bad", "hallo", header+": "+sumOf(name, "hello"))
		f.want(400, "InvalidRequest", "PUT", "/abc/bad", "hello", header+": xx")
	}
	md := base64.StdEncoding.EncodeToString(md5.New().Sum(nil))
	f.want(400, "BadDigest", "PUT", "/abc/bad", "hello", "Content-MD5: "+md)
	f.want(400, "InvalidDigest", "PUT", "/abc/bad", "hello", "Content-MD5: !!")
	f.want(400, "InvalidRequest", "PUT", "/abc/bad", "hello", "x-amz-checksum-crc32: "+sumOf("crc32", "hello"), "x-amz-checksum-sha1: "+sumOf("sha1", "hello"))
	large := strings.Repeat("0123456789", 10_000)
	f.want(400, "BadDigest", "PUT", "/abc/bad", strings.NewReader(large), "x-amz-checksum-crc32: "+sumOf("crc32", "hello"))

	body := func(name, value string) io.Reader {
		return trailing{strings.NewReader("hello"), []sigv4.Header{{Name: name, Value: value}}}
	}
	f.ok("PUT", "/abc/k", body("x-amz-checksum-crc32", sumOf("crc32", "hello")))
	f.ok("PUT", "/abc/k", body("x-amz-checksum-crc32c", sumOf("crc32c", "hello")), "x-amz-sdk-checksum-algorithm: CRC32C")
	if a := f.ok("HEAD", "/abc/k", nil, "x-amz-checksum-mode: ENABLED"); a.header.Get("x-amz-checksum-crc32c") != sumOf("crc32c", "hello") {
		t.Error(a.header)
	}
	f.want(400, "BadDigest", "PUT", "/abc/bad", body("x-amz-checksum-crc32", sumOf("crc32", "hallo")))
	f.want(400, "InvalidRequest", "PUT", "/abc/bad", body("x-amz-checksum-crc32", "zz"))
	f.want(400, "InvalidRequest", "PUT", "/abc/bad", body("x-amz-checksum-sha1", sumOf("sha1", "hello")), "x-amz-sdk-checksum-algorithm: CRC32C")
	f.want(404, "NoSuchKey", "GET", "/abc/bad", nil)
	for info := range f.blobs.List(context.Background()) {
		t.Errorf("blob %s of a refused upload is left over", info.ID)
	}
}

// broken fails in the middle, as a body whose signature is wrong does.
type broken struct {
	r   io.Reader
	err error
}

func (b *broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

// TestHalfUploads holds that a body that does not end well changes nothing,
// whatever its size, and that a signature's error stays recognizable.
func TestHalfUploads(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/k", "old")
	for _, size := range []int{0, 10, inlineLimit + 1, 4 * segmentSize} {
		body := bytes.Repeat([]byte("x"), size)
		f.want(400, "IncompleteBody", "PUT", "/abc/k", &broken{bytes.NewReader(body), fmt.Errorf("read: %w", io.ErrUnexpectedEOF)})
		_, _, err := f.invoke(&wire.Request{Method: "PUT", Path: "/abc/k", Stream: &broken{bytes.NewReader(body), &sigv4.Error{Kind: sigv4.ContentHashMismatch, Message: "x"}}})
		if e := new(sigv4.Error); err == nil || !errorsAs(err, &e) {
			t.Errorf("%d: %v", size, err)
		}
	}
	if a := f.ok("GET", "/abc/k", nil); a.body != "old" {
		t.Errorf("%q", a.body)
	}
	for info := range f.blobs.List(context.Background()) {
		t.Errorf("blob %s of a broken upload is left over", info.ID)
	}
}

// TestAttack6Keys holds that keys are opaque: what looks like one path to a file
// system is as many objects as there are spellings.
func TestAttack6Keys(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	keys := []string{"a/b", "a//b", "a/./b", "/a/b", "a/../b", "../../evil", "a/b/", "A/B", "a\x00b", "é/€/😀", " ", "+", "%2F", strings.Repeat("k", 1024), "us-east-1:1/x", "a?b#c&d=e"}
	for i, key := range keys {
		f.ok("PUT", "/abc/"+escape(key), fmt.Sprint(i))
	}
	for i, key := range keys {
		if a := f.ok("GET", "/abc/"+escape(key), nil); a.body != fmt.Sprint(i) {
			t.Errorf("%q gives %s, want %d", key, a.body, i)
		}
	}
	f.want(400, "KeyTooLongError", "PUT", "/abc/"+strings.Repeat("k", 1025), "x")
	f.want(400, "InvalidURI", "PUT", "/abc/%ff", "x")
	a := f.ok("GET", "/abc?list-type=2&encoding-type=url", nil)
	if n := strings.Count(a.body, "<Contents>"); n != len(keys) {
		t.Errorf("%d of %d keys are listed", n, len(keys))
	}
}

func escape(key string) string { return strings.ReplaceAll(url.PathEscape(key), "%2F", "/") }

func TestMetadataLimit(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/k", "x", "x-amz-meta-a: "+strings.Repeat("v", 2047))
	f.want(400, "MetadataTooLarge", "PUT", "/abc/k", "x", "x-amz-meta-a: "+strings.Repeat("v", 2048))
	f.want(400, "InvalidTag", "PUT", "/abc/k", "x", "x-amz-tagging: a=1&a=2")
	f.want(400, "BadRequest", "PUT", "/abc/k", "x", "x-amz-tagging: a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1")
}

// TestOrphans holds that a start deletes old blobs without an object, and no
// others.
func TestOrphans(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/k", strings.NewReader(strings.Repeat("x", inlineLimit+1)))
	old, err := f.blobs.Put(context.Background(), strings.NewReader("old"), -1)
	if err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(2 * time.Hour)
	fresh, err := f.blobs.Put(context.Background(), strings.NewReader("fresh"), -1)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.s.sweepOrphans(context.Background()); err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for info := range f.blobs.List(context.Background()) {
		left[info.ID] = true
	}
	if len(left) != 2 || left[old.ID] || !left[fresh.ID] {
		t.Errorf("left are %v", left)
	}
	if a := f.ok("GET", "/abc/k", nil); len(a.body) != inlineLimit+1 {
		t.Error(len(a.body))
	}
}
