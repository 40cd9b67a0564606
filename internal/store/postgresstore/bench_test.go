package postgresstore

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/driver"
)

// Each pair of benchmarks does the same work over bare pgx ("pgx") and through
// the engine ("bawn"), over the same table, with 32 goroutines.

const (
	benchKeys    = 20_000
	benchClients = 32
)

func benchKey(i int) store.Key { return store.K("bench", fmt.Sprintf("%08d", i%benchKeys)) }

var benchValue = bytes.Repeat([]byte("0123456789abcdef"), 64)

// filled returns a store with records of 1 KiB.
func filled(b *testing.B) *Store {
	s := open(b, Options{})
	b.Cleanup(func() { s.Close() })
	for i := 0; i < benchKeys; i += 200 {
		var w []driver.Write
		for j := i; j < i+200; j++ {
			w = append(w, driver.Write{Kind: driver.Put, Key: benchKey(j), Value: benchValue})
		}
		if _, err := s.Commit(b.Context(), nil, w); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.writers.Exec(b.Context(), s.sql("vacuum analyze SCHEMA.record"), pgx.QueryExecModeSimpleProtocol); err != nil {
		b.Fatal(err)
	}
	return s
}

// bare is a pool as a plain program would have it.
func bare(b *testing.B, s *Store) *pgxpool.Pool {
	config, err := pgxpool.ParseConfig(s.opts.URL)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = benchClients
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// parallel runs one call again and again from 32 goroutines.
func parallel(b *testing.B, call func(ctx context.Context, i int) error) {
	b.SetParallelism(benchClients / 2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := call(context.Background(), rand.IntN(benchKeys)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	s := filled(b)
	b.Run("pgx", func(b *testing.B) {
		pool := bare(b, s)
		text := s.sql("select value from SCHEMA.record where key = $1 and digest = ''")
		parallel(b, func(ctx context.Context, i int) error {
			var value []byte
			return pool.QueryRow(ctx, text, []byte(benchKey(i))).Scan(&value)
		})
	})
	b.Run("bawn", func(b *testing.B) {
		db := store.New(s)
		parallel(b, func(ctx context.Context, i int) error {
			return db.View(ctx, func(tx *store.Tx) error {
				_, ok, err := tx.Get(benchKey(i))
				if !ok && err == nil {
					b.Error("absent")
				}
				return err
			})
		})
	})
}

// BenchmarkGetOne is one goroutine alone: what sharing costs where there is
// nobody to share with.
func BenchmarkGetOne(b *testing.B) {
	s := filled(b)
	b.Run("pgx", func(b *testing.B) {
		pool := bare(b, s)
		text := s.sql("select value from SCHEMA.record where key = $1 and digest = ''")
		for i := 0; b.Loop(); i++ {
			var value []byte
			if err := pool.QueryRow(b.Context(), text, []byte(benchKey(i*7919))).Scan(&value); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bawn", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			snap, err := s.View(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := snap.Get(benchKey(i * 7919)); err != nil {
				b.Fatal(err)
			}
			snap.Close()
		}
	})
}

// BenchmarkUpdate reads a record, checks it and writes it: for pgx under a
// lock of its row, for Bawn by its version.
func BenchmarkUpdate(b *testing.B) {
	s := filled(b)
	b.Run("pgx", func(b *testing.B) {
		pool := bare(b, s)
		read := s.sql("select version, value from SCHEMA.record where key = $1 and digest = '' for update")
		write := s.sql("update SCHEMA.record set value = $2, version = $3 where key = $1 and digest = ''")
		parallel(b, func(ctx context.Context, i int) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				var version int64
				var value []byte
				if err := tx.QueryRow(ctx, read, []byte(benchKey(i))).Scan(&version, &value); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, write, []byte(benchKey(i)), value, version+1)
				return err
			})
		})
	})
	b.Run("bawn", func(b *testing.B) {
		db := store.New(s)
		parallel(b, func(ctx context.Context, i int) error {
			return db.Update(ctx, func(tx *store.Tx) error {
				value, _, err := tx.Get(benchKey(i))
				tx.Put(benchKey(i), value)
				return err
			})
		})
	})
}

func BenchmarkScan100(b *testing.B) {
	s := filled(b)
	b.Run("pgx", func(b *testing.B) {
		pool := bare(b, s)
		text := s.sql("select key, value from SCHEMA.record where key >= $1 order by key limit 100")
		parallel(b, func(ctx context.Context, i int) error {
			rows, err := pool.Query(ctx, text, []byte(benchKey(i%(benchKeys/2))))
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var key, value []byte
				if err := rows.Scan(&key, &value); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	})
	b.Run("bawn", func(b *testing.B) {
		db := store.New(s)
		parallel(b, func(ctx context.Context, i int) error {
			return db.View(ctx, func(tx *store.Tx) error {
				for _, err := range tx.Scan(benchKey(i%(benchKeys/2)), nil, false, 100) {
					if err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}
