package crash

import (
	"fmt"
	"sync"
)

// ledger is what the clients were told, over all rounds.
type ledger struct {
	mu sync.Mutex
	// users maps acknowledged sign-ups to the sub that was answered.
	users map[string]string
	// items maps acknowledged puts to their value; gone holds acknowledged
	// deletes.
	items map[string]string
	gone  map[string]bool
	// unsure are names of users and items whose request got no answer.
	unsureUsers, unsureItems []string
	// told is the highest count a client was told, tried how many increments
	// were sent.
	told, tried int
	// acks counts acknowledgements of this round.
	acks int
	// fresh are the names that were acknowledged in this round.
	freshUsers, freshItems []string
}

func newLedger() *ledger {
	return &ledger{users: map[string]string{}, items: map[string]string{}, gone: map[string]bool{}}
}

func (l *ledger) signedUp(name, sub string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users[name] = sub
	l.freshUsers = append(l.freshUsers, name)
	l.acks++
}

func (l *ledger) put(key, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items[key] = value
	l.freshItems = append(l.freshItems, key)
	l.acks++
}

func (l *ledger) deleting(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// From here on nobody knows, until the answer.
	delete(l.items, key)
}

func (l *ledger) deleted(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone[key] = true
	l.acks++
}

func (l *ledger) trying() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tried++
}

func (l *ledger) counted(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = max(l.told, n)
	l.acks++
}

func (l *ledger) unsure(kind, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if kind == "user" {
		l.unsureUsers = append(l.unsureUsers, name)
	} else {
		l.unsureItems = append(l.unsureItems, name)
	}
}

func (l *ledger) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks
}

// next begins a round.
func (l *ledger) next() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks, l.freshUsers, l.freshItems, l.unsureUsers, l.unsureItems = 0, nil, nil, nil, nil
}

// valueOf is what a put of a key writes: long enough to span disk blocks now
// and then.
func valueOf(key string) string {
	n := 0
	for _, c := range []byte(key) {
		n = n*31 + int(c)
	}
	return fmt.Sprintf("%s:%0*d", key, 20+n&0x3ff, n)
}
