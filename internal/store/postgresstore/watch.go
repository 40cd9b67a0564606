package postgresstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

// tellEvery is how long commits are collected before other nodes are told.
const tellEvery = 5 * time.Millisecond

// A notification has at most 8,000 bytes of text. Keys are cut, and if there
// are too many, it says that anything may have changed.
const (
	maxNotified = 5000
	maxKeyTold  = 200
)

// ledger accounts for the commits that the sequence of versions counts: those
// of this node and those it was told of. What is left over was made by nodes
// that died before they told, or told while nobody listened.
type ledger struct {
	mu sync.Mutex
	// known is the sequence as far as it is accounted for.
	known int64
	// over is what the last poll found beyond known.
	over int64
	// told collects writes for the next notification, commits counts them.
	told    []driver.Write
	size    int
	commits int64
}

// committed notes a commit of this node.
func (s *Store) committed(writes []driver.Write) {
	l := &s.ledger
	l.mu.Lock()
	l.known++
	l.commits++
	for i := range writes {
		if w := cut(writes[i]); l.size < maxNotified {
			l.told = append(l.told, w)
			l.size += toldSize(&w)
		}
	}
	l.mu.Unlock()
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// cut copies a write in a form small enough to be told: a long key becomes the
// range of all keys that begin as it does.
func cut(w driver.Write) driver.Write {
	lo, hi := w.Key, w.End
	w.Value = nil
	if len(lo) > maxKeyTold {
		lo = lo[:maxKeyTold]
		if w.Kind != driver.DeleteRange {
			w.Kind, hi = driver.DeleteRange, upTo(lo)
		}
	}
	if len(hi) > maxKeyTold {
		hi = upTo(hi[:maxKeyTold])
	}
	w.Key, w.End = bytes.Clone(lo), bytes.Clone(hi)
	return w
}

// upTo returns the first key past all that begin with b; nil if there is none.
func upTo(b []byte) []byte {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0xff {
			return append(b[:i:i], b[i]+1)
		}
	}
	return nil
}

func toldSize(w *driver.Write) int { return 5 + len(w.Key) + len(w.End) }

// encodeTold makes the text of a notification: who, how many commits, and the
// writes; without writes anything may have changed.
func encodeTold(node, commits int64, writes []driver.Write) string {
	var b []byte
	for i := range writes {
		w := &writes[i]
		b = append(b, byte(w.Kind))
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(w.Key))), w.Key...)
		if w.Kind == driver.DeleteRange {
			// An absent end is told as an empty one, which no range has.
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(w.End))), w.End...)
		}
	}
	return fmt.Sprintf("%d %d %s", node, commits, base64.RawStdEncoding.EncodeToString(b))
}

var errNotification = errors.New("not a notification of Bawn")

func decodeTold(text string) (node, commits int64, writes []driver.Write, err error) {
	var body string
	if n, _ := fmt.Sscanf(text, "%d %d", &node, &commits); n != 2 || commits < 0 {
		return 0, 0, nil, errNotification
	}
	if _, after, ok := strings.Cut(text, " "); ok {
		_, body, _ = strings.Cut(after, " ")
	}
	b, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return 0, 0, nil, errNotification
	}
	field := func() []byte {
		if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
			err = errNotification
			return nil
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		f := b[2:n]
		b = b[n:]
		return f
	}
	for len(b) > 0 && err == nil {
		w := driver.Write{Kind: driver.WriteKind(b[0])}
		b = b[1:]
		w.Key = field()
		if w.Kind == driver.DeleteRange && err == nil {
			if w.End = field(); len(w.End) == 0 {
				w.End = nil
			}
		}
		writes = append(writes, w)
	}
	if err != nil {
		return 0, 0, nil, err
	}
	if len(writes) == 0 {
		writes = everything
	}
	return node, commits, writes, nil
}

// everything touches every watch.
var everything = []driver.Write{{Kind: driver.DeleteRange}}

func (s *Store) channel() string { return "bawn " + s.opts.Schema }

// tell sends the notifications.
func (s *Store) tell() {
	for {
		select {
		case <-s.background.Done():
			return
		case <-s.dirty:
		}
		if s.sleep(tellEvery) != nil {
			return
		}
		l := &s.ledger
		l.mu.Lock()
		writes, commits, size := l.told, l.commits, l.size
		l.told, l.commits, l.size = nil, 0, 0
		l.mu.Unlock()
		if size >= maxNotified {
			writes = nil
		}
		_, err := s.writers.Exec(s.background, "select pg_notify($1, $2)", s.channel(), encodeTold(s.node, commits, writes))
		if err != nil && s.background.Err() == nil {
			// Others find out when they poll.
			s.opts.Logger.Warn("other nodes were not told of commits", "error", plain(err))
		}
	}
}

// sleep waits, unless the store is closed.
func (s *Store) sleep(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-s.background.Done():
		return s.background.Err()
	}
}

// listen takes notifications, on a connection of its own that is made again
// when it is lost.
func (s *Store) listen() {
	for round, again := 0, false; ; round++ {
		err := s.listenOnce(func() {
			round = 0
			if again {
				// What happened meanwhile nobody told.
				s.watch.Notify(everything)
			}
			again = true
		})
		if s.background.Err() != nil {
			return
		}
		s.opts.Logger.Warn("notifications of other nodes are interrupted", "error", plain(err))
		if pause(s.background, min(round, 8)) != nil {
			return
		}
	}
}

func (s *Store) listenOnce(connected func()) error {
	conn, err := pgx.ConnectConfig(s.background, s.config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(s.background, "listen "+pgx.Identifier{s.channel()}.Sanitize()); err != nil {
		return err
	}
	connected()
	for {
		n, err := conn.WaitForNotification(s.background)
		if err != nil {
			return err
		}
		node, commits, writes, err := decodeTold(n.Payload)
		if err != nil {
			s.opts.Logger.Warn("a notification was not understood", "error", err)
			continue
		}
		if node != s.node {
			s.ledger.mu.Lock()
			s.ledger.known += commits
			s.ledger.mu.Unlock()
			s.watch.Notify(writes)
		}
	}
}

// heartbeat is how many polls lie between two signs of life of the node.
const heartbeat = 300

// poll compares the sequence of versions with what is accounted for.
func (s *Store) poll() {
	for round := 1; ; round++ {
		if s.sleep(s.opts.Poll) != nil {
			return
		}
		err := s.pollOnce()
		if err == nil && round%heartbeat == 0 {
			_, err = s.writers.Exec(s.background, s.sql(seenStatement), s.node, s.opts.Writers)
		}
		if err != nil && s.background.Err() == nil {
			s.opts.Logger.Warn("the look for commits of other nodes failed", "error", plain(err))
		}
	}
}

// counted is how many versions were drawn so far, by anybody.
const counted = "select case when is_called then last_value else 0 end from SCHEMA.version"

func (s *Store) pollOnce() error {
	var now int64
	if err := s.writers.QueryRow(s.background, s.sql(counted)).Scan(&now); err != nil {
		return err
	}
	// Own commits under way may have drawn versions already.
	under := int64(s.opts.Writers - len(s.slots))
	if s.ledger.reconcile(now, under) {
		s.watch.Notify(everything)
	}
	return nil
}

// reconcile compares the ledger with the count of versions, and says whether
// there are commits that nobody told of. Only what two polls find counts: the
// first may have seen commits whose notification was on its way. A commit that
// was taken back is counted as well, and costs a signal without reason.
func (l *ledger) reconcile(now, under int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	over := now - l.known
	if over > 0 {
		over = max(0, over-under)
	}
	settled := int64(0)
	switch {
	case over > 0 && l.over > 0:
		settled = min(over, l.over)
	case over < 0 && l.over < 0:
		// Told of commits from before the node began to count.
		settled = max(over, l.over)
	}
	l.known += settled
	l.over = over - settled
	return settled > 0
}
