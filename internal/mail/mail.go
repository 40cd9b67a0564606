// Package mail hands messages to people. In dev every message goes to the
// Inbox, which is kept in the store and read by `bawn inbox` and the console;
// nothing leaves the machine.
//
// Keys in the store: ("mail", "inbox", TIME, ID), where TIME is 20 digits of
// microseconds since 1970, so that messages stand in order of time.
//
// May import: store, clock, ids.
package mail

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/store"
)

// Message is one mail or text message.
type Message struct {
	// ID and Time are set by the mailer.
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	// To is an address, or a telephone number in E.164 form.
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	// HTML is the same message for readers that show it; may be empty.
	HTML string `json:"html,omitempty"`
	// Code is the code or temporary password that the text contains, so that
	// tests and the console need not look for it; may be empty.
	Code string `json:"code"`
}

// MaxSize is how many bytes all parts of a message may have together.
const MaxSize = 256 << 10

// Mailer sends messages. When Send returns nil, the message is either
// delivered or durably queued.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// Inbox is the Mailer of dev: it keeps the newest messages in the store.
type Inbox struct {
	db    *store.DB
	clock clock.Clock
	ids   *ids.Source
	limit int
	// untrimmed counts messages since old ones were last removed.
	untrimmed atomic.Int64
}

// DefaultLimit is how many messages an inbox keeps unless told otherwise.
const DefaultLimit = 1000

// NewInbox returns an inbox that shows the newest limit messages; 0 means
// DefaultLimit.
func NewInbox(db *store.DB, c clock.Clock, source *ids.Source, limit int) *Inbox {
	if limit <= 0 {
		limit = DefaultLimit
	}
	b := &Inbox{db: db, clock: c, ids: source, limit: limit}
	// The first message after a start looks for what an earlier run left.
	b.untrimmed.Store(b.slack())
	return b
}

// slack is how many messages over the limit may pile up before a trim.
func (b *Inbox) slack() int64 { return int64(b.limit/4 + 1) }

func inboxKey() store.Key { return store.K("mail", "inbox") }

// Send keeps m; it is durable when Send returns.
func (b *Inbox) Send(ctx context.Context, m Message) error {
	return b.db.Update(ctx, func(tx *store.Tx) error { return b.Put(tx, m) })
}

// Put keeps m as part of a transaction, so that a code and the message that
// tells it are written together or not at all.
func (b *Inbox) Put(tx *store.Tx, m Message) error {
	if n := len(m.To) + len(m.Subject) + len(m.Text) + len(m.HTML) + len(m.Code); n > MaxSize {
		return fmt.Errorf("mail: a message of %d bytes is over the limit of %d", n, MaxSize)
	}
	m.ID = b.ids.UUID()
	m.Time = b.clock.Now().UTC()
	key := inboxKey().With(fmt.Sprintf("%020d", m.Time.UnixMicro()), m.ID)
	if err := store.PutJSON(tx, key, m); err != nil {
		return err
	}
	if b.untrimmed.Add(1) <= b.slack() {
		return nil
	}
	b.untrimmed.Store(0)
	return b.trim(tx)
}

// trim removes all but the newest messages.
func (b *Inbox) trim(tx *store.Tx) error {
	lo, hi := inboxKey().Prefix()
	n := 0
	for rec, err := range tx.Scan(lo, hi, true, b.limit+1) {
		if err != nil {
			return fmt.Errorf("trim the inbox: %w", err)
		}
		if n++; n > b.limit {
			tx.DeleteRange(lo, store.Key(rec.Key).After())
			return nil
		}
	}
	return nil
}

// List returns the newest messages, at most limit (0: all kept), newest last.
func (b *Inbox) List(ctx context.Context, limit int) ([]Message, error) {
	if limit <= 0 || limit > b.limit {
		limit = b.limit
	}
	out := []Message{}
	err := b.db.View(ctx, func(tx *store.Tx) error {
		lo, hi := inboxKey().Prefix()
		for rec, err := range tx.Scan(lo, hi, true, limit) {
			if err != nil {
				return err
			}
			m, err := store.DecodeJSON[Message](rec.Value)
			if err != nil {
				return err
			}
			out = append(out, *m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	slices.Reverse(out)
	return out, nil
}

// Watch signals when the inbox has changed; see store.DB.Watch.
func (b *Inbox) Watch(ctx context.Context) (<-chan struct{}, error) {
	return b.db.Watch(ctx, inboxKey())
}
