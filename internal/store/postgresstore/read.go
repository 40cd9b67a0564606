package postgresstore

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// readTimeout bounds one round of reads.
const readTimeout = 60 * time.Second

// maxOpening is how many transactions are being opened at a time: what arrives
// meanwhile waits a moment and shares the next one.
const maxOpening = 2

// yields is how often an opening lets other goroutines run first.
const yields = 2

// maxShare is how many views share one transaction.
const maxShare = 256

// request is one read of a snapshot: point reads, a page of a scan, or neither
// (only the transaction is wanted).
type request struct {
	snap *snapshot
	keys [][]byte
	page *page

	// recs or page's answer, and err, are there when done is closed.
	recs []driver.Record
	err  error
	done chan struct{}
}

func (r *request) finish(err error) {
	r.err = err
	close(r.done)
}

// opener gives transactions to views at their first read.
type opener struct {
	store   *Store
	mu      sync.Mutex
	pending []*request
	opening int
	lanes   sync.WaitGroup
}

// submit queues the first read of a view.
func (o *opener) submit(r ...*request) {
	o.mu.Lock()
	o.pending = append(o.pending, r...)
	start := o.opening < maxOpening
	if start {
		o.opening++
		o.lanes.Add(1)
	}
	o.mu.Unlock()
	if start {
		go o.open()
	}
}

// take returns queued first reads. The caller is counted as opening.
func (o *opener) take() []*request {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(len(o.pending), maxShare)
	batch := o.pending[:n:n]
	if o.pending = o.pending[n:]; len(o.pending) == 0 {
		o.pending = nil
	}
	return batch
}

// opened ends the opening of one transaction and starts the next if views
// wait.
func (o *opener) opened() {
	o.mu.Lock()
	start := len(o.pending) > 0
	if !start {
		o.opening--
	} else {
		o.lanes.Add(1)
	}
	o.mu.Unlock()
	if start {
		go o.open()
	}
}

// again lets a lane whose views are all closed serve those that wait.
func (o *opener) again() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.pending) == 0 || o.opening >= maxOpening {
		return false
	}
	o.opening++
	return true
}

func (o *opener) waiting() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.pending) > 0
}

func (o *opener) wait() { o.lanes.Wait() }

// open gets a connection and serves with it until its views are closed and no
// others wait.
func (o *opener) open() {
	defer o.lanes.Done()
	s := o.store
	// The goroutines that are ready to run may be about to read as well, or to
	// close views: then there is more to share, or a lane that takes it all.
	for range yields {
		runtime.Gosched()
	}
	if !o.waiting() {
		o.opened()
		return
	}
	patience, cancel := context.WithTimeout(context.Background(), s.opts.Patience)
	defer cancel()
	conn, err := s.readers.Acquire(patience)
	batch := o.take()
	for round := 0; ; round++ {
		if err != nil && patience.Err() != nil {
			if busy := s.readers.Stat(); busy.AcquiredConns() >= busy.MaxConns() {
				err = errBusy
			}
		}
		if err == nil {
			l := &lane{store: s, conn: conn, wake: make(chan struct{}, 1)}
			if err = l.first(batch); err == nil {
				l.serve()
				return
			}
			conn.Release()
			if judge(err) == final {
				break
			}
		}
		// Nothing was read yet, so the views do not notice another try.
		if pause(patience, round) != nil {
			break
		}
		conn, err = s.readers.Acquire(patience)
	}
	for _, r := range batch {
		r.finish(plain(err))
	}
	o.opened()
}

// lane is a connection with a transaction that views share.
type lane struct {
	store *Store
	conn  *pgxpool.Conn
	wake  chan struct{}

	mu    sync.Mutex
	queue []*request
	views int
	err   error // what ended the transaction

	pipe  *pgconn.Pipeline
	timer *time.Timer
	// begun says that a transaction is open.
	begun bool
}

// first opens a transaction for the views of a batch and does their reads. On
// an error nothing was answered.
func (l *lane) first(batch []*request) error {
	l.mu.Lock()
	l.views = len(batch)
	l.mu.Unlock()
	if len(batch) == 0 {
		l.store.opener.opened()
		return nil
	}
	if err := l.round(batch, true); err != nil {
		return err
	}
	l.store.opener.opened()
	for _, r := range batch {
		r.snap.lane = l
		r.finish(nil)
	}
	return nil
}

// serve does the further reads of the lane's views until all are closed.
func (l *lane) serve() {
	defer l.conn.Release()
	for {
		l.mu.Lock()
		batch, views := l.queue, l.views
		l.queue = nil
		l.mu.Unlock()
		switch {
		case len(batch) > 0:
			l.further(batch)
		case views > 0:
			<-l.wake
		default:
			if !l.next() {
				return
			}
		}
	}
}

// further does reads in the open transaction.
func (l *lane) further(batch []*request) {
	err := l.err
	if err == nil {
		err = l.round(batch, false)
	}
	if err != nil {
		l.mu.Lock()
		l.err = err
		l.mu.Unlock()
		err = fmt.Errorf("the snapshot is lost: %w", plain(err))
	}
	for _, r := range batch {
		r.finish(err)
	}
}

// next serves waiting views with the same connection, or ends the
// transaction.
func (l *lane) next() bool {
	if l.err != nil {
		return false
	}
	if !l.store.opener.again() {
		l.end()
		return false
	}
	batch := l.store.opener.take()
	if err := l.first(batch); err != nil {
		// Another connection may do better.
		l.store.opener.retry(batch)
		return false
	}
	return true
}

// retry opens another connection for views whose transaction failed to begin.
func (o *opener) retry(batch []*request) {
	o.mu.Lock()
	o.pending = append(batch, o.pending...)
	o.lanes.Add(1)
	o.mu.Unlock()
	go o.open()
}

// ask queues a read in the lane's transaction.
func (l *lane) ask(r *request) {
	l.mu.Lock()
	l.queue = append(l.queue, r)
	l.mu.Unlock()
	l.rouse()
}

// leave says that one view is closed.
func (l *lane) leave() {
	l.mu.Lock()
	l.views--
	last := l.views == 0
	l.mu.Unlock()
	if last {
		l.rouse()
	}
}

func (l *lane) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// end gives the snapshot back: a sync ends the transaction.
func (l *lane) end() {
	if !l.begun {
		return
	}
	defer l.limit()()
	l.begun = false
	if l.err = l.pipe.Sync(); l.err == nil {
		l.err = l.pipe.Close()
	}
	if l.err != nil {
		l.drop()
	}
}

// limit closes the connection if the caller's work with it takes too long.
func (l *lane) limit() (done func()) {
	if l.timer == nil {
		raw := l.conn.Conn().PgConn().Conn()
		l.timer = time.AfterFunc(readTimeout, func() { _ = raw.Close() })
	} else {
		l.timer.Reset(readTimeout)
	}
	return func() { l.timer.Stop() }
}

// drop closes a connection whose state is unknown.
func (l *lane) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = l.pipe.Close()
	_ = l.conn.Conn().PgConn().Close(ctx)
}

// round sends reads in one message and takes the answers. There is no BEGIN
// and no COMMIT: everything up to a sync is one transaction, with one snapshot
// at the isolation level that the session has by default. So a view of one
// read costs one round, and the sync of its end goes out with the next.
func (l *lane) round(batch []*request, fresh bool) error {
	defer l.limit()()
	if l.pipe == nil {
		l.pipe = l.conn.Conn().PgConn().StartPipeline(context.Background())
	}
	reads := newGets(batch, statementsOf(l.conn.Conn()))
	synced := fresh && l.begun
	if synced {
		l.pipe.SendPipelineSync()
	}
	l.begun = true
	if fresh && !reads.any() {
		// The snapshot is taken by the first statement that reads.
		reads.touch = true
	}
	err := reads.send(l.pipe)
	if err == nil && synced {
		err = awaitSync(l.pipe)
	}
	if err == nil {
		err = reads.receive(l.pipe)
	}
	if err != nil {
		l.drop()
	}
	return err
}

func awaitSync(p *pgconn.Pipeline) error {
	results, err := p.GetResults()
	if err != nil {
		return err
	}
	if _, ok := results.(*pgconn.PipelineSync); !ok {
		return fmt.Errorf("the server answered with a %T", results)
	}
	return nil
}
