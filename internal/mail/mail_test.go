package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
)

func newInbox(limit int) (*Inbox, *store.DB, *clock.Fake) {
	db := store.New(memstore.New())
	c := clock.NewFake(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	return NewInbox(db, c, ids.New(nil), limit), db, c
}

func TestInboxKeepsTheNewest(t *testing.T) {
	b, db, c := newInbox(8)
	for i := range 100 {
		c.Advance(time.Second)
		if err := b.Send(t.Context(), Message{To: "a@example.com", Subject: fmt.Sprint(i), Code: "123456"}); err != nil {
			t.Fatal(err)
		}
		got, err := b.List(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(i+1, 8); len(got) != want || got[len(got)-1].Subject != fmt.Sprint(i) || got[0].Subject != fmt.Sprint(i+1-want) {
			t.Fatalf("after %d: %d messages, %s to %s", i+1, len(got), got[0].Subject, got[len(got)-1].Subject)
		}
	}
	if got, _ := b.List(t.Context(), 2); len(got) != 2 || got[1].Subject != "99" || !got[1].Time.Equal(c.Now()) {
		t.Errorf("the newest two: %+v", got)
	}
	stored := 0
	err := db.View(t.Context(), func(tx *store.Tx) error {
		for range tx.Scan(nil, nil, false, 0) {
			stored++
		}
		return nil
	})
	if err != nil || stored > 8+3 {
		t.Errorf("%d messages stored for a limit of 8 (%v)", stored, err)
	}
	// A new run with a smaller limit removes what the old one left.
	b = NewInbox(db, c, ids.New(nil), 2)
	if err := b.Send(t.Context(), Message{Subject: "new"}); err != nil {
		t.Fatal(err)
	}
	stored = 0
	err = db.View(t.Context(), func(tx *store.Tx) error {
		for range tx.Scan(nil, nil, false, 0) {
			stored++
		}
		return nil
	})
	if err != nil || stored != 2 {
		t.Errorf("%d messages stored for a limit of 2 (%v)", stored, err)
	}
}

func TestPutIsPartOfTheTransaction(t *testing.T) {
	b, db, _ := newInbox(0)
	boom := errors.New("boom")
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		if err := b.Put(tx, Message{To: "x"}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if got, err := b.List(t.Context(), 0); err != nil || len(got) != 0 {
		t.Errorf("%d messages of a failed transaction (%v)", len(got), err)
	}
}

func TestConcurrentSends(t *testing.T) {
	b, _, _ := newInbox(0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if err := b.Send(t.Context(), Message{To: "x"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := b.List(t.Context(), 0); err != nil || len(got) != 400 {
		t.Errorf("%d messages, want 400 (%v)", len(got), err)
	}
}

func TestTooLarge(t *testing.T) {
	b, _, _ := newInbox(0)
	if err := b.Send(t.Context(), Message{Text: strings.Repeat("x", MaxSize+1)}); err == nil {
		t.Error("no error")
	}
}

func TestJSON(t *testing.T) {
	m := Message{ID: "1", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), To: "a@example.com", Subject: "s", Text: "t", Code: "1"}
	got, err := json.Marshal(m)
	if want := `{"id":"1","time":"2026-01-02T03:04:05Z","to":"a@example.com","subject":"s","text":"t","code":"1"}`; string(got) != want {
		t.Errorf("%s, want %s (%v)", got, want, err)
	}
}
