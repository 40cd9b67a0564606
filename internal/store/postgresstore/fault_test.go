package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/postgresstore/postgrestest"
)

// load counts up one key from several goroutines, each time with two more keys
// of the transaction, and remembers what was acknowledged.
type load struct {
	store *Store
	acked sync.Map // transaction -> true
	count atomic.Int64
	// failed counts reads and commits that ended in an error; unknown those
	// commits whose outcome is open.
	failed, unknown atomic.Int64
}

// one tries a transaction until it is acknowledged.
func (l *load) one(t *testing.T, name string) {
	for attempt := 0; ; attempt++ {
		n, version, err := l.read()
		if err != nil {
			l.failed.Add(1)
			if attempt > 200 {
				t.Errorf("%s: %v", name, err)
				return
			}
			continue
		}
		_, err = l.store.Commit(context.Background(), []driver.Check{{Key: []byte("count"), Version: version}}, []driver.Write{
			{Kind: driver.Put, Key: []byte("count"), Value: strconv.AppendInt(nil, int64(n+1), 10)},
			{Kind: driver.Put, Key: []byte("a/" + name), Value: []byte(name)},
			{Kind: driver.Put, Key: []byte("z/" + name), Value: []byte(name)},
		})
		switch {
		case err == nil:
			l.acked.Store(name, true)
			l.count.Add(1)
			return
		case errors.Is(err, driver.ErrConflict):
		case errors.Is(err, ErrOutcomeUnknown):
			l.unknown.Add(1)
			return
		default:
			l.failed.Add(1)
		}
	}
}

func (l *load) read() (int, driver.Version, error) {
	snap, err := l.store.View(context.Background())
	if err != nil {
		return 0, 0, err
	}
	defer snap.Close()
	rec, err := snap.Get([]byte("count"))
	if err != nil || rec.Version == 0 {
		return 0, 0, err
	}
	n, err := strconv.Atoi(string(rec.Value))
	return n, rec.Version, err
}

// check compares what is stored with what was acknowledged: every commit once,
// whole.
func (l *load) check(t *testing.T, s *Store) {
	t.Helper()
	snap, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	parts := map[string]int{}
	count := 0
	for rec, err := range snap.Scan(driver.Range{}, false, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if _, name, ok := strings.Cut(string(rec.Key), "/"); ok {
			parts[name]++
		} else if count, err = strconv.Atoi(string(rec.Value)); err != nil {
			t.Fatal(err)
		}
	}
	for name, n := range parts {
		if n != 2 {
			t.Errorf("of transaction %s there are %d keys", name, n)
		}
	}
	l.acked.Range(func(name, _ any) bool {
		if parts[name.(string)] == 0 {
			t.Errorf("acknowledged transaction %s is not there", name)
		}
		return true
	})
	acked, unknown := int(l.count.Load()), int(l.unknown.Load())
	if count != len(parts) || count < acked || count > acked+unknown {
		t.Errorf("counted %d, %d transactions are there, %d were acknowledged, %d open", count, len(parts), acked, unknown)
	}
	t.Logf("%d acknowledged, %d errors, %d with an open outcome", acked, l.failed.Load(), unknown)
}

func (l *load) run(t *testing.T, clients, rounds int) {
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range rounds {
				l.one(t, fmt.Sprintf("%d-%d", c, i))
			}
		})
	}
	wg.Wait()
}

// TestCutConnections loses connections in the middle of commits: before the
// server has them, while it works, and before the answer is read.
func TestCutConnections(t *testing.T) {
	srv := server(t)
	p := newProxy(t, srv.Address())
	schema := schemaOf(t.TempDir())
	s := open(t, Options{URL: srv.URLAt(p.address()), Schema: schema, Writers: 6, Readers: 4, Patience: 20 * time.Second})
	p.cutAfter.Store(24 << 10)
	l := &load{store: s}
	l.run(t, 6, 40)
	p.cutAfter.Store(0)
	direct := open(t, Options{Schema: schema})
	defer direct.Close()
	l.check(t, direct)
	if n := l.unknown.Load(); n != 0 {
		t.Errorf("%d commits have an open outcome though the server was there", n)
	}
	if p.cuts.Load() < 20 {
		t.Errorf("only %d connections were cut", p.cuts.Load())
	}
	t.Logf("%d connections were cut", p.cuts.Load())
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestServerKilled kills the server under load, again and again. Nobody has to
// help the store.
func TestServerKilled(t *testing.T) {
	own, err := postgrestest.Start(t.TempDir(), "fsync=off", "shared_buffers=32MB")
	if err != nil {
		postgrestest.Skip(t, err)
	}
	defer func() {
		if err := own.Stop(); err != nil {
			t.Error(err)
		}
	}()
	s := open(t, Options{URL: own.URL(), Writers: 4, Readers: 3})
	l := &load{store: s}
	watched, err := s.Watch(t.Context(), []byte("a/"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(t, 5, 120)
	}()
	for round := range 3 {
		for want := int64(100 * (round + 1)); l.count.Load() < want; {
			<-watched
		}
		if err := own.Kill(); err != nil {
			t.Fatal(err)
		}
		begin(t, own)
	}
	<-done
	l.check(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// begin starts a killed server again; its orphans may take a moment to end.
func begin(t *testing.T, own *postgrestest.Server) {
	t.Helper()
	var err error
	for range 100 {
		if err = own.Begin(); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(err)
}

// TestOutcomeUnknown loses the answer and then the server.
func TestOutcomeUnknown(t *testing.T) {
	srv := server(t)
	p := newProxy(t, srv.Address())
	schema := schemaOf(t.TempDir())
	s := open(t, Options{URL: srv.URLAt(p.address()), Schema: schema, Patience: 300 * time.Millisecond})
	put := func(key string) error {
		_, err := s.Commit(t.Context(), nil, []driver.Write{{Kind: driver.Put, Key: []byte(key)}})
		return err
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	direct := open(t, Options{Schema: schema})
	defer direct.Close()
	arrived, err := direct.Watch(t.Context(), []byte("lost"))
	if err != nil {
		t.Fatal(err)
	}
	p.mute.Store(true)
	p.shut.Store(true)
	result := make(chan error)
	go func() { result <- put("lost") }()
	// It is there, though its answer never comes: another node is told by its
	// own look at the sequence.
	<-arrived
	p.cutAll()
	err = <-result
	if !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("a commit whose answer was lost: %v", err)
	}
	if errors.Is(put("later"), ErrOutcomeUnknown) {
		t.Error("a commit that could not be sent has an open outcome")
	}
	p.mute.Store(false)
	p.shut.Store(false)
	if err := put("again"); err != nil {
		t.Error("after the server came back:", err)
	}
	for key, want := range map[string]bool{"before": true, "lost": true, "later": false, "again": true} {
		if got := present(t, direct, key); got != want {
			t.Errorf("%s is there: %v", key, got)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func present(t *testing.T, s *Store, key string) bool {
	t.Helper()
	snap, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	rec, err := snap.Get([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return rec.Version != 0
}

// TestSentTwice plays what lost answers lead to, against the function itself.
func TestSentTwice(t *testing.T) {
	s := open(t, Options{})
	defer s.Close()
	// A slot that the store itself does not use.
	const slot = 99
	if _, err := s.writers.Exec(t.Context(), s.sql("insert into SCHEMA.slot values ($1, $2, 0, 0)"), s.node, slot); err != nil {
		t.Fatal(err)
	}
	call := func(n int64, again bool, checks []driver.Check, value string) (int64, error) {
		c, err := s.newCall(checks, []driver.Write{{Kind: driver.Put, Key: []byte("k"), Value: []byte(value)}})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := s.writers.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		result := conn.Conn().PgConn().ExecPrepared(t.Context(), "commit", c.attempt(s.node, slot, n, again, false), binaryFormat, binaryFormat).Read()
		if result.Err != nil {
			return 0, result.Err
		}
		return int8Result(result.Rows[0][0])
	}
	absent := []driver.Check{{Key: []byte("k")}}
	first, err := call(1, false, absent, "one")
	if err != nil || first <= 0 {
		t.Fatal(first, err)
	}
	if v, err := call(1, true, absent, "one"); v != first || err != nil {
		t.Errorf("sent again: version %d, %v; want %d", v, err, first)
	}
	if _, err := call(1, false, nil, "late"); err == nil || !strings.Contains(err.Error(), outOfTurn) {
		t.Errorf("a first sending that comes late: %v", err)
	}
	if v, err := call(2, true, absent, "two"); v != -1 || err != nil {
		t.Errorf("a conflict, sent again: %d, %v", v, err)
	}
	if _, err := s.Commit(t.Context(), nil, []driver.Write{{Kind: driver.Delete, Key: []byte("k")}}); err != nil {
		t.Fatal(err)
	}
	// The check would hold now, but the caller was told of a conflict.
	if _, err := call(2, false, absent, "two"); err == nil {
		t.Error("a commit that was refused happened later")
	}
	if present(t, s, "k") {
		t.Error("k is there")
	}
}
