package dynamodb

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/store"
)

// Config is what the service needs. All fields are required.
type Config struct {
	DB    *store.DB
	Clock clock.Clock
	IDs   *ids.Source
}

// Service is DynamoDB. It is safe for concurrent use.
type Service struct {
	db    *store.DB
	clock clock.Clock
	ids   *ids.Source
	texts *textCache

	mu     sync.RWMutex
	tables map[string]*table // by tableKey
	// changes counts the calls of forget.
	changes uint64
	sizes   map[string]tableSize

	// ctx ends when the service closes; background counts its backfills.
	ctx        context.Context
	stop       context.CancelFunc
	background sync.WaitGroup
	filling    map[string]bool   // index ids being filled, under mu
	expiring   map[string]target // tables to sweep by id, under mu
}

// New makes the service. Close it before the store.
func New(cfg Config) *Service {
	ctx, stop := context.WithCancel(context.Background())
	return &Service{
		db: cfg.DB, clock: cfg.Clock, ids: cfg.IDs, texts: newTextCache(),
		tables: map[string]*table{}, sizes: map[string]tableSize{}, filling: map[string]bool{},
		ctx: ctx, stop: stop,
	}
}

// Close ends background work and waits for it.
func (s *Service) Close() error {
	s.stop()
	s.background.Wait()
	return nil
}

// tableName returns the name in a TableName parameter, which may be an ARN.
func tableName(call *awsapi.Call, given *string) (string, error) {
	if given == nil {
		return "", validation("The parameter 'TableName' is required but was not present in the request")
	}
	name := *given
	if strings.HasPrefix(name, "arn:") {
		name = strings.TrimPrefix(name, tableARN(call.Account(), call.Region(), ""))
	}
	if len(name) < 3 || len(name) > 255 {
		return "", validation("TableName must be at least 3 characters long and at most 255 characters long")
	}
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-') {
			return "", validation("1 validation error detected: Value '" + *given + "' at 'tableName' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
		}
	}
	return name, nil
}

// cached returns the compiled table from memory, or nil.
func (s *Service) cached(key store.Key) *table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tables[string(key)]
}

// load returns the table as the transaction sees it, nil if there is none. In an
// Update the commit fails if the table has changed by then.
func (s *Service) load(tx *store.Tx, key store.Key) (*table, error) {
	raw, ok, err := tx.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	if t := s.cached(key); t != nil && bytes.Equal(t.raw, raw) {
		return t, nil
	}
	record, err := store.DecodeJSON[tableRecord](raw)
	if err != nil {
		return nil, err
	}
	t := compile(record, bytes.Clone(raw))
	s.resume(t)
	s.watch(t)
	return t, nil
}

// forget drops a table from memory. It is called after every attempt to change
// the table's record, also one that failed: it may be in the store all the same.
func (s *Service) forget(key store.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	delete(s.tables, string(key))
}

// peek returns the table from memory, else from the store; nil if there is none.
func (s *Service) peek(ctx context.Context, key store.Key) (*table, error) {
	s.mu.RLock()
	t, seen := s.tables[string(key)], s.changes
	s.mu.RUnlock()
	if t != nil {
		return t, nil
	}
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		t, err = s.load(tx, key)
		return err
	})
	if err != nil || t == nil {
		return nil, err
	}
	// What was read may be older than a change that came in between; then it
	// must not stay.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == seen {
		s.tables[string(key)] = t
	}
	return t, nil
}

// target is a table named in a call.
type target struct {
	name string
	key  store.Key
}

func (s *Service) target(call *awsapi.Call, given *string) (target, error) {
	name, err := tableName(call, given)
	if err != nil {
		return target{}, err
	}
	return target{name, tableKey(call.Account(), call.Region(), name)}, nil
}

// existing loads the table of an item operation.
func (s *Service) existing(tx *store.Tx, at target) (*table, error) {
	t, err := s.load(tx, at.key)
	if err == nil && t == nil {
		err = noTable()
	}
	return t, err
}
