package cognitoidp

import (
	"bytes"
	"sync"

	"github.com/bawn-dev/bawn/internal/store"
)

// maxRemembered bounds how many decoded records are kept of a kind.
const maxRemembered = 1024

// remembered keeps decoded records of pools and clients, which every sign-in
// and every checked token reads, for as long as their stored form is the same.
// What it returns is shared and must not be changed.
type remembered[T any] struct {
	mu      sync.Mutex
	records map[string]decoded[T]
}

type decoded[T any] struct {
	stored []byte
	record *T
}

func newRemembered[T any]() *remembered[T] {
	return &remembered[T]{records: map[string]decoded[T]{}}
}

// get reads the record at key, which counts as a Get; nil if it is absent.
func (m *remembered[T]) get(tx *store.Tx, key store.Key) (*T, error) {
	stored, ok, err := tx.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	m.mu.Lock()
	d, known := m.records[string(key)]
	m.mu.Unlock()
	if known && bytes.Equal(d.stored, stored) {
		return d.record, nil
	}
	record, err := store.DecodeJSON[T](stored)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.records) >= maxRemembered {
		clear(m.records)
	}
	m.records[string(key)] = decoded[T]{stored: stored, record: record}
	return record, nil
}
