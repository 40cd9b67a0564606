package storetest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

func testOrder(t *testing.T, s driver.Store) {
	commit(t, s, putWrite("b", "2"), putWrite("a", "1"), putWrite("d", "4"))
	commit(t, s, putWrite("c", "3"), putWrite("ab", "1.5"))
	view(t, s, func(snap driver.Snapshot) {
		wantScan(t, snap, "", "", false, 0, "a=1", "ab=1.5", "b=2", "c=3", "d=4")
		wantScan(t, snap, "", "", true, 0, "d=4", "c=3", "b=2", "ab=1.5", "a=1")
		wantScan(t, snap, "a", "c", false, 0, "a=1", "ab=1.5", "b=2")
		wantScan(t, snap, "a", "c", true, 2, "b=2", "ab=1.5")
		wantScan(t, snap, "aa", "", false, 2, "ab=1.5", "b=2")
		wantScan(t, snap, "", "b", true, 1, "ab=1.5")
		wantScan(t, snap, "bb", "bc", false, 0)
		wantScan(t, snap, "c", "c", false, 0)
		wantScan(t, snap, "d", "a", true, 0)
		recs, err := snap.GetMany([][]byte{[]byte("d"), []byte("no"), []byte("a"), []byte("d")})
		if err != nil || len(recs) != 4 {
			t.Fatal("GetMany:", recs, err)
		}
		for i, want := range []string{"4", "", "1", "4"} {
			if string(recs[i].Value) != want || (recs[i].Version == 0) != (want == "") {
				t.Errorf("GetMany[%d] = %q version %d, want %q", i, recs[i].Value, recs[i].Version, want)
			}
		}
		seen := 0
		for _, err := range snap.Scan(driver.Range{}, false, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if seen++; seen == 3 {
				break
			}
		}
		if seen != 3 {
			t.Error("a stopped scan went on")
		}
	})
}

// testBytes stores keys of all kinds of bytes and lengths.
func testBytes(t *testing.T, s driver.Store) {
	keys := []string{"\x00", "\x00\x00", "\x00\x01", "\x01", "a", "a\x00", "a\x00\xff", "a\xff", "\xfe\xff", "\xff", "\xff\xff", "\xff\xff\xff"}
	for i := len(keys) - 1; i >= 0; i-- {
		commit(t, s, putWrite(keys[i], fmt.Sprint(i)))
	}
	long := string(bytes.Repeat([]byte{0xff}, 4000))
	keys = append(keys, long)
	commit(t, s, putWrite(long, fmt.Sprint(len(keys)-1)))
	view(t, s, func(snap driver.Snapshot) {
		var want, back []string
		for i, k := range keys {
			want = append(want, k+"="+fmt.Sprint(i))
			back = append([]string{want[i]}, back...)
			if got := get(t, snap, k); string(got.Value) != fmt.Sprint(i) {
				t.Errorf("get %q = %q", k, got.Value)
			}
		}
		wantScan(t, snap, "", "", false, 0, want...)
		wantScan(t, snap, "", "", true, 0, back...)
		wantScan(t, snap, "a\x00", "\xff", false, 0, want[5:9]...)
	})
	commit(t, s, putWrite("empty", ""))
	if rec := getNow(t, s, "empty"); rec.Version == 0 || len(rec.Value) != 0 {
		t.Errorf("an empty value: %+v", rec)
	}
}

func testLargeScan(t *testing.T, s driver.Store) {
	const n, batch = 100_000, 500
	for i := 0; i < n; i += batch {
		var writes []driver.Write
		for j := i; j < i+batch; j++ {
			// Every batch is spread over the whole range.
			k := (j%batch)*(n/batch) + j/batch
			writes = append(writes, putWrite(fmt.Sprintf("key/%06d", k), fmt.Sprintf("value %d", k)))
		}
		commit(t, s, writes...)
	}
	view(t, s, func(snap driver.Snapshot) {
		for _, reverse := range []bool{false, true} {
			i := 0
			for rec, err := range snap.Scan(driver.Range{Lo: []byte("key/"), Hi: []byte("key0")}, reverse, 0) {
				if err != nil {
					t.Fatal(err)
				}
				k := i
				if reverse {
					k = n - 1 - i
				}
				if string(rec.Key) != fmt.Sprintf("key/%06d", k) || string(rec.Value) != fmt.Sprintf("value %d", k) {
					t.Fatalf("record %d (reverse %v) is %s=%s", i, reverse, rec.Key, rec.Value)
				}
				i++
			}
			if i != n {
				t.Fatalf("reverse %v: %d records, want %d", reverse, i, n)
			}
		}
		wantScan(t, snap, "key/050000", "", false, 2, "key/050000=value 50000", "key/050001=value 50001")
		wantScan(t, snap, "", "key/050000", true, 1, "key/049999=value 49999")
	})
}

func testBigValues(t *testing.T, s driver.Store) {
	sizes := []int{0, 1, 4095, 64 << 10, 1 << 20, 5 << 20}
	value := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i * (n + 7) >> 3)
		}
		return b
	}
	for i, n := range sizes {
		w := driver.Write{Kind: driver.Put, Key: []byte{byte('a' + i)}, Value: value(n)}
		if _, err := s.Commit(context.Background(), nil, []driver.Write{w}); err != nil {
			t.Fatal(err)
		}
	}
	view(t, s, func(snap driver.Snapshot) {
		i := 0
		for rec, err := range snap.Scan(driver.Range{}, false, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(rec.Value, value(sizes[i])) {
				t.Errorf("the value of %d bytes came back different", sizes[i])
			}
			if got := get(t, snap, string(rec.Key)); !bytes.Equal(got.Value, rec.Value) {
				t.Errorf("Get of the value of %d bytes differs from Scan", sizes[i])
			}
			i++
		}
		if i != len(sizes) {
			t.Errorf("%d records, want %d", i, len(sizes))
		}
	})
}
