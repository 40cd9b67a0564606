// Package blobtest is the suite that every engine of package blob passes.
//
// May import: blob.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/bawn-dev/bawn/internal/blob"
)

// Run runs the suite on stores that open returns, each empty.
func Run(t *testing.T, open func(t testing.TB) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"RoundTrip": testRoundTrip, "Ranges": testRanges, "Limit": testLimit, "FailedPut": testFailedPut,
		"Delete": testDelete, "List": testList, "ForeignIDs": testForeignIDs, "Concurrent": testConcurrent,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func content(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	_, _ = rng.Read(b)
	return b
}

func put(t testing.TB, s blob.Store, b []byte) blob.Info {
	t.Helper()
	info, err := s.Put(context.Background(), bytes.NewReader(b), -1)
	if err != nil {
		t.Fatal("put:", err)
	}
	return info
}

func read(t testing.TB, s blob.Store, id string, offset, length int64) []byte {
	t.Helper()
	r, err := s.Open(context.Background(), id, offset, length)
	if err != nil {
		t.Fatal("open:", err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal("read:", err)
	}
	return b
}

func testRoundTrip(t *testing.T, s blob.Store) {
	seen := map[string]bool{}
	for _, n := range []int{0, 1, 65535, 65536, 1 << 20, 5<<20 + 3} {
		b := content(n)
		info, err := s.Put(context.Background(), iotest.OneByteReader(bytes.NewReader(b[:min(n, 70000)])), -1)
		if err != nil || info.Size != int64(min(n, 70000)) {
			t.Fatalf("put of %d bytes: %+v, %v", n, info, err)
		}
		info = put(t, s, b)
		if info.Size != int64(n) || info.SHA256 != sha256.Sum256(b) || !blob.ValidID(info.ID) || info.Stored.IsZero() || seen[info.ID] {
			t.Errorf("put of %d bytes: %+v", n, info)
		}
		seen[info.ID] = true
		if !bytes.Equal(read(t, s, info.ID, 0, -1), b) {
			t.Errorf("%d bytes came back different", n)
		}
		var copied bytes.Buffer
		r, err := s.Open(context.Background(), info.ID, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(&copied, r)
		if errors.Join(err, r.Close()) != nil || !bytes.Equal(copied.Bytes(), b) {
			t.Errorf("%d bytes were copied different: %v", n, err)
		}
	}
}

func testRanges(t *testing.T, s blob.Store) {
	b := content(1000)
	id := put(t, s, b).ID
	for _, c := range []struct{ offset, length, end int64 }{
		{0, 1000, 1000}, {0, 1, 1}, {999, 1, 1000}, {10, 20, 30}, {990, 100, 1000}, {500, -1, 1000}, {1000, -1, 1000}, {1000, 5, 1000}, {3, 0, 3},
	} {
		if got := read(t, s, id, c.offset, c.length); !bytes.Equal(got, b[c.offset:c.end]) {
			t.Errorf("range %d+%d: %d bytes", c.offset, c.length, len(got))
		}
	}
	for _, offset := range []int64{-1, 1001, 1 << 40} {
		if _, err := s.Open(context.Background(), id, offset, 1); !errors.Is(err, blob.ErrRange) {
			t.Errorf("offset %d: %v", offset, err)
		}
	}
}

func count(t testing.TB, s blob.Store) (n int) {
	t.Helper()
	for _, err := range s.List(context.Background()) {
		if err != nil {
			t.Fatal("list:", err)
		}
		n++
	}
	return n
}

func testLimit(t *testing.T, s blob.Store) {
	b := content(300_000)
	if info, err := s.Put(context.Background(), bytes.NewReader(b), 300_000); err != nil || info.Size != 300_000 {
		t.Errorf("exactly the limit: %v", err)
	}
	for _, limit := range []int64{0, 1, 299_999} {
		if _, err := s.Put(context.Background(), bytes.NewReader(b), limit); !errors.Is(err, blob.ErrTooLarge) {
			t.Errorf("over a limit of %d: %v", limit, err)
		}
	}
	if n := count(t, s); n != 1 {
		t.Errorf("%d pieces, want 1", n)
	}
}

func testFailedPut(t *testing.T, s blob.Store) {
	boom := errors.New("boom")
	r := io.MultiReader(bytes.NewReader(content(200_000)), iotest.ErrReader(boom))
	if _, err := s.Put(context.Background(), r, -1); !errors.Is(err, boom) {
		t.Errorf("a failing reader: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Put(ended, bytes.NewReader(content(10)), -1); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	if n := count(t, s); n != 0 {
		t.Errorf("%d pieces of failed puts", n)
	}
}

func testDelete(t *testing.T, s blob.Store) {
	b := content(100_000)
	a, c := put(t, s, b).ID, put(t, s, b).ID
	r, err := s.Open(context.Background(), a, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Delete(context.Background(), a); err != nil {
			t.Error("delete:", err)
		}
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, b) {
		t.Errorf("an open reader after Delete: %d bytes, %v", len(got), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(context.Background(), a, 0, -1); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("open after delete: %v", err)
	}
	if !bytes.Equal(read(t, s, c, 0, -1), b) {
		t.Error("deleting one of two equal pieces took both")
	}
}

func testList(t *testing.T, s blob.Store) {
	want := map[string]int64{}
	for n := range 40 {
		info := put(t, s, content(n))
		want[info.ID] = int64(n)
	}
	for info, err := range s.List(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if size, ok := want[info.ID]; !ok || size != info.Size || info.Stored.IsZero() {
			t.Errorf("listed %+v", info)
		}
		delete(want, info.ID)
	}
	if len(want) != 0 {
		t.Errorf("%d pieces were not listed", len(want))
	}
	n := 0
	for _, err := range s.List(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Error("a stopped list went on")
	}
}

func testForeignIDs(t *testing.T, s blob.Store) {
	put(t, s, content(10))
	for _, id := range []string{"", "x", "..", "../../../../../../etc/passwd", "aa/../../x", "new", "00000000000000000000000000000000", "0000000000000000000000000000000G"} {
		if _, err := s.Open(context.Background(), id, 0, -1); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("open %q: %v", id, err)
		}
		if err := s.Delete(context.Background(), id); err != nil {
			t.Errorf("delete %q: %v", id, err)
		}
	}
	if n := count(t, s); n != 1 {
		t.Errorf("%d pieces, want 1", n)
	}
}

func testConcurrent(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				b := content(w*1000 + i)
				id := put(t, s, b).ID
				if !bytes.Equal(read(t, s, id, 0, -1), b) {
					t.Error("a piece came back different")
				}
				if i%2 == 0 {
					if err := s.Delete(context.Background(), id); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if n := count(t, s); n != 40 {
		t.Errorf("%d pieces, want 40", n)
	}
}
