package pebblestore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"testing"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
)

func benchKey(i int) store.Key { return store.K("bench", fmt.Sprintf("%08d", i)) }

// filled returns a store with n records of 1 KiB.
func filled(b *testing.B, n int) *store.DB {
	db := store.New(openAny(b, b.TempDir()))
	b.Cleanup(func() { db.Close() })
	value := bytes.Repeat([]byte("0123456789abcdef"), 64)
	for i := 0; i < n; i += 200 {
		err := db.Update(context.Background(), func(tx *store.Tx) error {
			for j := i; j < i+200; j++ {
				tx.Put(benchKey(j), value)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return db
}

func BenchmarkGet(b *testing.B) {
	const n = 20_000
	db := filled(b, n)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			err := db.View(context.Background(), func(tx *store.Tx) error {
				_, ok, err := tx.Get(benchKey(i * 7919 % n))
				if !ok {
					b.Error("absent")
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkScan100(b *testing.B) {
	db := filled(b, 20_000)
	b.ReportAllocs()
	for b.Loop() {
		err := db.View(context.Background(), func(tx *store.Tx) error {
			for _, err := range tx.Scan(benchKey(5000), nil, false, 100) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(strconv.Itoa(writers), func(b *testing.B) {
			db := filled(b, 0)
			value := bytes.Repeat([]byte("0123456789abcdef"), 64)
			b.SetParallelism((writers + 1) / 2)
			if writers == 1 {
				for i := 0; b.Loop(); i++ {
					benchPut(b, db, benchKey(i%10_000), value)
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					benchPut(b, db, benchKey(i%10_000), value)
				}
			})
		})
	}
}

func benchPut(b *testing.B, db *store.DB, key store.Key, value []byte) {
	err := db.Update(context.Background(), func(tx *store.Tx) error {
		_, _, err := tx.Get(key)
		tx.Put(key, value)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkHotKey counts up one key from 32 goroutines.
func BenchmarkHotKey(b *testing.B) {
	add := func(tx *store.Tx) error {
		old, _, err := tx.Get(benchKey(0))
		n := uint64(0)
		if len(old) == 8 {
			n = binary.BigEndian.Uint64(old)
		}
		tx.Put(benchKey(0), binary.BigEndian.AppendUint64(nil, n+1))
		return err
	}
	for _, queued := range []bool{false, true} {
		b.Run(fmt.Sprintf("queued=%v", queued), func(b *testing.B) {
			db := filled(b, 0)
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					var err error
					if queued {
						err = db.UpdateKeys(context.Background(), []store.Key{benchKey(0)}, add)
					} else {
						err = db.Update(context.Background(), add)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	s := openAny(b, dir)
	for i := range 500 {
		w := driver.Write{Kind: driver.Put, Key: benchKey(i), Value: make([]byte, 500)}
		if _, err := s.Commit(context.Background(), nil, []driver.Write{w}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		s = openAny(b, dir)
	}
	s.Close()
}
