package sigv4

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// chunkWriter makes aws-chunked bodies the way clients do.
type chunkWriter struct {
	auth     *Authorization
	key      SigningKey
	previous string
	out      bytes.Buffer
}

func (w *chunkWriter) sign(algorithm string, lines ...string) string {
	text := strings.Join(append([]string{algorithm, w.auth.Timestamp, w.auth.Scope(), w.previous}, lines...), "\n")
	sum := mac(w.key[:], text)
	w.previous = hex.EncodeToString(sum[:])
	return w.previous
}

func (w *chunkWriter) chunk(data string, signed bool) {
	fmt.Fprintf(&w.out, "%x", len(data))
	if signed {
		w.out.WriteString(";chunk-signature=" + w.sign("AWS4-HMAC-SHA256-PAYLOAD", EmptyPayloadHash, HashPayload([]byte(data))))
	}
	w.out.WriteString("\r\n" + data)
	if data != "" {
		w.out.WriteString("\r\n")
	}
}

func (w *chunkWriter) trailer(block string) {
	w.out.WriteString("x-amz-trailer-signature:" + w.sign("AWS4-HMAC-SHA256-TRAILER", HashPayload([]byte(block))) + "\r\n")
}

// upload returns a verified authorization in the given mode, and a writer.
func upload(t *testing.T, mode string) (*Authorization, SigningKey, *chunkWriter) {
	t.Helper()
	r := &Request{Method: "PUT", RawPath: "/b/k", Header: []Header{{"Host", "h"}, {"X-Amz-Content-Sha256", mode}}}
	Sign(r, &Signing{Credentials: Credentials{"A", testSecret, ""}, Region: "us-east-1", Service: "s3", Time: testNow, S3: true, PayloadHash: mode})
	opts := &Options{S3: true, Now: testNow, Regions: []string{"us-east-1"}, Services: []string{"s3"}}
	key := DeriveKey(testSecret, "20261122", "us-east-1", "s3")
	a, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Verify(r, opts, key, mode); err != nil {
		t.Fatal(err)
	}
	return a, key, &chunkWriter{auth: a, key: key, previous: hexString(a.Signature)}
}

// body writes a whole upload of three chunks in the mode.
func (w *chunkWriter) body(mode string) (plain string, s Streaming) {
	parts := []string{strings.Repeat("a", 70000), strings.Repeat("b", 8192), "end"}
	signed := mode != StreamingUnsignedTrailer
	for _, p := range parts {
		w.chunk(p, signed)
		plain += p
	}
	w.chunk("", signed)
	s.DecodedLength = int64(len(plain))
	if mode != StreamingPayload {
		s.Trailers = []string{"X-Amz-Checksum-Crc32"}
		w.out.WriteString("x-amz-checksum-crc32:AAAAAA==\r\n")
		if signed {
			w.trailer("x-amz-checksum-crc32:AAAAAA==\n")
		}
	}
	w.out.WriteString("\r\n")
	return plain, s
}

var modes = []string{StreamingPayload, StreamingPayloadTrailer, StreamingUnsignedTrailer}

func TestChunks(t *testing.T) {
	for _, mode := range modes {
		a, key, w := upload(t, mode)
		plain, s := w.body(mode)
		for name, body := range map[string]io.Reader{
			"whole": bytes.NewReader(w.out.Bytes()), "bytewise": iotest.OneByteReader(bytes.NewReader(w.out.Bytes())), "with EOF": iotest.DataErrReader(bytes.NewReader(w.out.Bytes())),
		} {
			r, err := NewChunkReader(body, a, key, s)
			if err != nil {
				t.Fatal(err)
			}
			if r.Trailer() != nil {
				t.Error("a trailer before the end")
			}
			got, err := io.ReadAll(r)
			if err != nil || string(got) != plain {
				t.Errorf("%s, %s: %d bytes, %v", mode, name, len(got), err)
			}
			if mode != StreamingPayload && (len(r.Trailer()) != 1 || r.Trailer()[0] != Header{"x-amz-checksum-crc32", "AAAAAA=="}) {
				t.Errorf("%s: trailer %v", mode, r.Trailer())
			}
		}
	}
}

// TestPublishedChunks is the example of the S3 API reference ("Signature
// calculations: transferring payload in multiple chunks").
func TestPublishedChunks(t *testing.T) {
	a := &Authorization{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Date: "20130524", Region: "us-east-1", Service: "s3", Terminator: terminator,
		Timestamp: "20130524T000000Z", PayloadHash: StreamingPayload, verified: true}
	if e := readSignature(a, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"); e != nil {
		t.Fatal(e)
	}
	data := strings.Repeat("a", 66560)
	wire := "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + data[:65536] +
		"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + data[65536:] +
		"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
	r, err := NewChunkReader(strings.NewReader(wire), a, DeriveKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3"), Streaming{DecodedLength: 66560})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != data {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestChunksAltered alters and cuts the body at many places: the reader must
// never end well.
func TestChunksAltered(t *testing.T) {
	for _, mode := range modes {
		a, key, w := upload(t, mode)
		_, s := w.body(mode)
		wire := w.out.Bytes()
		read := func(wire []byte) error {
			r, err := NewChunkReader(bytes.NewReader(wire), a, key, s)
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, r)
			return err
		}
		for i := 0; i < len(wire); i++ {
			if i > 200 && i < len(wire)-400 && i%977 != 0 {
				continue
			}
			if err := read(wire[:i]); kindOf(err) == 0 {
				t.Fatalf("%s: cut at %d of %d: %v", mode, i, len(wire), err)
			}
			if mode == StreamingUnsignedTrailer {
				continue // nothing but the framing is protected; see the checksum
			}
			altered := bytes.Clone(wire)
			altered[i] ^= 1
			err := read(altered)
			if kindOf(err) == 0 && !bytes.EqualFold(altered, wire) {
				t.Fatalf("%s: %q altered to %q at %d: %v", mode, wire[i], altered[i], i, err)
			}
		}
		if err := read(append(bytes.Clone(wire), 'x')); kindOf(err) != MalformedChunk {
			t.Errorf("%s: bytes after the end: %v", mode, err)
		}
	}
}

func TestChunksRefused(t *testing.T) {
	long := strings.Repeat("1", 300)
	for name, c := range map[string]struct {
		mode, wire string
		length     int64
		trailers   []string
		want       ErrorKind
	}{
		"empty":                      {StreamingUnsignedTrailer, "", 0, nil, IncompleteBody},
		"no size":                    {StreamingUnsignedTrailer, "\r\n", 0, nil, MalformedChunk},
		"size not hex":               {StreamingUnsignedTrailer, "xyz\r\n", 0, nil, MalformedChunk},
		"size negative":              {StreamingUnsignedTrailer, "-1\r\n", 0, nil, MalformedChunk},
		"size huge":                  {StreamingUnsignedTrailer, "ffffffffffffffff\r\n", 9, nil, MalformedChunk},
		"size over the length":       {StreamingUnsignedTrailer, "a\r\n0123456789\r\n", 9, nil, IncompleteBody},
		"short of the length":        {StreamingUnsignedTrailer, "2\r\nab\r\n0\r\n\r\n", 3, nil, IncompleteBody},
		"line too long":              {StreamingUnsignedTrailer, long + "\r\n", 9, nil, MalformedChunk},
		"LF alone":                   {StreamingUnsignedTrailer, "2\nab\r\n", 2, nil, MalformedChunk},
		"no CRLF after data":         {StreamingUnsignedTrailer, "2\r\nabc\r\n", 3, nil, MalformedChunk},
		"extension":                  {StreamingUnsignedTrailer, "2;x=y\r\nab\r\n", 2, nil, MalformedChunk},
		"signature missing":          {StreamingPayload, "2\r\nab\r\n", 2, nil, MalformedChunk},
		"signature malformed":        {StreamingPayload, "2;chunk-signature=zz\r\nab\r\n", 2, nil, MalformedChunk},
		"other extension":            {StreamingPayload, "2;a=b\r\nab\r\n", 2, nil, MalformedChunk},
		"signature wrong":            {StreamingPayload, "2;chunk-signature=" + testSig + "\r\nab\r\n0;chunk-signature=" + testSig + "\r\n\r\n", 2, nil, ChunkMismatch},
		"unannounced trailer":        {StreamingUnsignedTrailer, "0\r\nx-amz-checksum-crc32:a\r\n\r\n", 0, nil, MalformedTrailer},
		"trailer twice":              {StreamingUnsignedTrailer, "0\r\nx-a:a\r\nX-A:a\r\n\r\n", 0, []string{"x-a"}, MalformedTrailer},
		"trailer missing":            {StreamingUnsignedTrailer, "0\r\n\r\n", 0, []string{"x-a"}, MalformedTrailer},
		"trailer without colon":      {StreamingUnsignedTrailer, "0\r\nx-a\r\n\r\n", 0, []string{"x-a"}, MalformedTrailer},
		"trailer too long":           {StreamingUnsignedTrailer, "0\r\nx-a:" + strings.Repeat("v", 2000) + "\r\n\r\n", 0, []string{"x-a"}, MalformedChunk},
		"negative length":            {StreamingUnsignedTrailer, "0\r\n\r\n", -1, nil, IncompleteBody},
		"trailer in no-trailer mode": {StreamingPayload, "", 0, []string{"x-a"}, MalformedTrailer},
		"too many trailers":          {StreamingUnsignedTrailer, "", 0, strings.Split(strings.Repeat("a,", 20), ","), MalformedTrailer},
	} {
		a, key, _ := upload(t, c.mode)
		r, err := NewChunkReader(strings.NewReader(c.wire), a, key, Streaming{c.length, c.trailers})
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if kindOf(err) != c.want {
			t.Errorf("%s: %v, want kind %d", name, err, c.want)
		}
		if r != nil {
			if _, again := r.Read(make([]byte, 1)); !errors.Is(again, err) {
				t.Errorf("%s: the error does not last: %v", name, again)
			}
		}
	}
}

func TestSmallSignedChunks(t *testing.T) {
	a, key, w := upload(t, StreamingPayload)
	w.chunk("small", true)
	w.chunk("another", true)
	w.chunk("", true)
	w.out.WriteString("\r\n")
	r, err := NewChunkReader(&w.out, a, key, Streaming{DecodedLength: 12})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); kindOf(err) != ChunkTooSmall {
		t.Errorf("%v", err)
	}
}

// TestTrailerWithEmptyLine: some signers write an empty line between the
// trailer and its signature, as the S3 reference's example shows.
func TestTrailerWithEmptyLine(t *testing.T) {
	a, key, w := upload(t, StreamingPayloadTrailer)
	w.chunk("", true)
	w.out.WriteString("x-amz-checksum-crc32c:sOO8/Q==\n\r\n")
	w.trailer("x-amz-checksum-crc32c:sOO8/Q==\n")
	w.out.WriteString("\r\n")
	r, err := NewChunkReader(&w.out, a, key, Streaming{Trailers: []string{"x-amz-checksum-crc32c"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Error(err)
	}
}

// TestAttack01Attack02Attack03StreamNeedsVerify: no mode of streaming, not
// even the one whose chunks are unsigned, is read for a request whose own
// signature was not verified.
func TestAttack01Attack02Attack03StreamNeedsVerify(t *testing.T) {
	for _, mode := range modes {
		// A fabricated signature in the header, and one in the query.
		forms := []*Request{
			{Method: "PUT", RawPath: "/b/k", Header: []Header{{"Host", "h"}, {"X-Amz-Date", "20261122T183000Z"}, {"X-Amz-Content-Sha256", mode},
				{"Authorization", "AWS4-HMAC-SHA256 Credential=A/20261122/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + testSig}}},
			{Method: "PUT", RawPath: "/b/k", RawQuery: goodQuery() + "&X-Amz-Content-Sha256=" + mode, Header: []Header{{"Host", "h"}}},
			{Method: "PUT", RawPath: "/b/k", RawQuery: goodQuery(), Header: []Header{{"Host", "h"}, {"x-amz-content-sha256", mode}}},
		}
		opts := &Options{S3: true, Now: testNow, Regions: []string{"us-east-1"}, Services: []string{"s3"}}
		key := DeriveKey(testSecret, "20261122", "us-east-1", "s3")
		for i, req := range forms {
			a, err := Parse(req)
			if err != nil {
				t.Fatalf("%s, form %d: %v", mode, i, err)
			}
			if err := a.Verify(req, opts, key, mode); err == nil || a.Verified() {
				t.Errorf("%s, form %d: a fabricated signature verifies", mode, i)
			}
			if r, err := NewChunkReader(strings.NewReader("0\r\n\r\n"), a, key, Streaming{}); r != nil || kindOf(err) != Unsigned {
				t.Errorf("%s, form %d: a reader without a verified signature: %v", mode, i, err)
			}
		}
		if r, err := NewChunkReader(strings.NewReader("0\r\n\r\n"), nil, key, Streaming{}); r != nil || kindOf(err) != Unsigned {
			t.Errorf("%s: a reader without any signature: %v", mode, err)
		}
	}
}

func FuzzChunks(f *testing.F) {
	f.Add([]byte("2\r\nab\r\n0\r\nx-a:b\r\n\r\n"), 2)
	f.Add([]byte("2;chunk-signature="+testSig+"\r\nab\r\n"), 2)
	f.Fuzz(func(t *testing.T, wire []byte, length int) {
		for _, mode := range modes {
			a := &Authorization{Timestamp: "20130524T000000Z", PayloadHash: mode, verified: true}
			r, err := NewChunkReader(bytes.NewReader(wire), a, SigningKey{}, Streaming{int64(length), []string{"x-a"}})
			if err != nil {
				continue
			}
			n, err := io.Copy(io.Discard, r)
			if n > int64(max(length, 0)) {
				t.Fatalf("%d bytes of %d", n, length)
			}
			if err == nil && (n != int64(length) || mode != StreamingUnsignedTrailer) {
				t.Fatalf("%s ended well after %d bytes of %d", mode, n, length)
			}
		}
	})
}
