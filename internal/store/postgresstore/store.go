package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/watch"
)

// Store is a driver.Store in PostgreSQL. Made by Open.
type Store struct {
	opts   Options
	config *pgx.ConnConfig
	all    int64 // the lock that every commit shares
	node   int64
	slots  chan *slot

	// Two pools, so that an update that holds a view always finds a
	// connection for its commit.
	readers, writers *pgxpool.Pool
	opener           opener
	idle             idle

	watch  watch.Set
	ledger ledger
	dirty  chan struct{} // wakes tell

	background context.Context
	stop       context.CancelFunc
	work       sync.WaitGroup

	life   sync.RWMutex // guards closed
	closed bool
	users  sync.WaitGroup // calls and snapshots under way
}

// slot is the right to have one commit under way. Its row in the database
// says which of its commits was the last.
type slot struct {
	number int
	n      int64
}

// enter registers a user of the store; users.Done must follow.
func (s *Store) enter() error {
	s.life.RLock()
	defer s.life.RUnlock()
	if s.closed {
		return driver.ErrClosed
	}
	s.users.Add(1)
	return nil
}

// commitTimeout bounds one sending of a commit, without range deletes and
// with.
const (
	commitTimeout = 30 * time.Second
	rangeTimeout  = 10 * time.Minute
)

// Commit applies the writes if every check holds. Once sent, it is not broken
// off when ctx ends. See the package comment for lost connections.
func (s *Store) Commit(ctx context.Context, checks []driver.Check, writes []driver.Write) (driver.Version, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.users.Done()
	call, err := s.newCall(checks, writes)
	if err != nil {
		return 0, err
	}
	// Views of this process that did not read yet must not see the commit.
	s.idle.settle(&s.opener)
	var sl *slot
	select {
	case sl = <-s.slots:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	v, err := s.run(ctx, sl, call)
	s.slots <- sl
	switch {
	case err != nil:
		return 0, err
	case v < 0:
		return 0, driver.ErrConflict
	case v > 0:
		s.watch.Notify(writes)
		s.committed(writes)
	}
	return driver.Version(v), nil
}

// run sends a commit until its outcome is known.
func (s *Store) run(ctx context.Context, sl *slot, call *commitCall) (int64, error) {
	try := &attempt{call: call, slot: sl, timeout: commitTimeout}
	if call.ranges {
		try.timeout = rangeTimeout
	}
	if call.writes {
		sl.n++
		try.n = sl.n
	}
	v, err := s.insist(ctx, try)
	if err != nil && try.sent && try.fault != final {
		// Now the outcome counts, and no longer the caller's patience.
		v, err = s.insist(context.WithoutCancel(ctx), try)
	}
	switch {
	case err == nil:
		return v, nil
	case try.open && try.fault != final:
		return 0, fmt.Errorf("%w: %w", ErrOutcomeUnknown, plain(err))
	case ctx.Err() != nil:
		return 0, ctx.Err()
	}
	return 0, plain(err)
}

// attempt is what is known of a commit between its sendings.
type attempt struct {
	call    *commitCall
	slot    *slot
	n       int64
	timeout time.Duration
	// sent: it was sent at least once; open: an answer to that was lost.
	sent, open bool
	// alone: it takes the lock of all.
	alone bool
	fault fault
}

// insist sends a commit until there is an answer, patience ends, or it failed
// after it was sent for the first time.
func (s *Store) insist(ctx context.Context, try *attempt) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Patience)
	defer cancel()
	var last error
	for round, before := 0, try.sent; ; round++ {
		v, err := s.send(ctx, try)
		if err == nil {
			return v, nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if try.fault == final || try.sent && !before || pause(ctx, round) != nil {
			return 0, last
		}
	}
}

// send sends a commit once. ctx bounds the wait for a connection.
func (s *Store) send(ctx context.Context, try *attempt) (int64, error) {
	try.fault = lost
	conn, err := s.writers.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	limit, cancel := context.WithTimeout(context.Background(), try.timeout)
	defer cancel()
	params := try.call.attempt(s.node, try.slot.number, try.n, try.open && try.n > 0, try.alone)
	statement := statementsOf(conn.Conn())["commit"]
	result := conn.Conn().PgConn().ExecStatement(limit, statement, params, binaryFormat, binaryFormat).Read()
	if err := result.Err; err != nil {
		if pgconn.SafeToRetry(err) {
			return 0, err
		}
		try.sent = true
		switch try.fault = judge(err); try.fault {
		case lost:
			try.open = true
		case crowded:
			try.alone = true
		}
		return 0, err
	}
	if len(result.Rows) != 1 || len(result.Rows[0]) != 1 {
		return 0, errors.New("the answer to a commit is not one number")
	}
	return int8Result(result.Rows[0][0])
}

// writeStatements are prepared on the connections of the pool for commits.
func (s *Store) writeStatements() map[string]string {
	return map[string]string{
		"commit": "select SCHEMA.commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
	}
}

// pause waits a random time that grows with the round, at most half a second.
func pause(ctx context.Context, round int) error {
	t := time.NewTimer(time.Millisecond + rand.N(2*time.Millisecond<<min(round, 8)))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Watch signals commits that touch the prefix: those of this process when
// Commit returns, those of others usually within some milliseconds, at the
// latest after two Polls. There may be signals without a commit.
func (s *Store) Watch(ctx context.Context, prefix []byte) (<-chan struct{}, error) {
	return s.watch.Add(ctx, prefix)
}

// closeTimeout bounds the farewell to the database.
const closeTimeout = 2 * time.Second

// Close waits for calls and snapshots under way and lets all connections go.
func (s *Store) Close() error {
	s.life.Lock()
	closed := s.closed
	s.closed = true
	s.life.Unlock()
	if closed {
		return driver.ErrClosed
	}
	s.users.Wait()
	s.stop()
	s.work.Wait()
	s.opener.wait()
	s.watch.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	// The rows of a node whose farewell fails are removed by others later.
	if _, err := s.writers.Exec(ctx, s.sql("delete from SCHEMA.node where id = $1"), s.node); err != nil {
		s.opts.Logger.Info("the node's rows stay for now", "error", plain(err))
	}
	s.closePools()
	return nil
}

func (s *Store) closePools() {
	if s.readers != nil {
		s.readers.Close()
	}
	if s.writers != nil {
		s.writers.Close()
	}
}
