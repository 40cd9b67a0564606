package apigateway

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/store"
)

// Config is what a Service is made of; every field but CheckTemplate is required.
type Config struct {
	DB              *store.DB
	Clock           clock.Clock
	IDs             *ids.Source
	Account, Region string
	// CheckTemplate refuses a mapping template that the data plane cannot run;
	// nil accepts all.
	CheckTemplate func(template string) error
}

// Service is API Gateway's REST control plane. It is safe for concurrent use.
type Service struct {
	db              *store.DB
	clock           clock.Clock
	ids             *ids.Source
	account, region string
	checkTemplate   func(template string) error

	// generation moves on with every write: what was cached under an older one
	// is compared with the store again.
	generation atomic.Uint64
	mu         sync.Mutex
	stages     map[string]*cachedStage
}

// New makes the service.
func New(c Config) *Service {
	return &Service{db: c.DB, clock: c.Clock, ids: c.IDs, account: c.Account, region: c.Region, checkTemplate: c.CheckTemplate, stages: map[string]*cachedStage{}}
}

func (s *Service) key(parts ...string) store.Key {
	return store.K("apigateway", s.account, s.region).With(parts...)
}

// update is the only way this service writes.
func (s *Service) update(ctx context.Context, fn func(tx *store.Tx) error) error {
	defer s.generation.Add(1)
	return s.db.Update(ctx, fn)
}

// id makes an identifier of n lower-case letters and digits.
func (s *Service) id(n int) string { return s.ids.String(n, ids.LowerAlnum) }

// list reads all records below a key prefix, in key order.
func list[T any](tx *store.Tx, prefix store.Key) ([]T, error) {
	lo, hi := prefix.Prefix()
	var out []T
	for rec, err := range tx.Scan(lo, hi, false, 0) {
		if err != nil {
			return nil, err
		}
		v, err := store.DecodeJSON[T](rec.Value)
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", store.Key(rec.Key), err)
		}
		out = append(out, *v)
	}
	return out, nil
}

// clearAll deletes all records below a key prefix.
func clearAll(tx *store.Tx, prefix store.Key) {
	lo, hi := prefix.Prefix()
	tx.DeleteRange(lo, hi)
}

// page cuts a list by position (the id of the last item before) and limit (25
// where none is given, 500 at most).
func page[T any](items []T, id func(T) string, position *string, limit *int32) ([]T, *string) {
	n := 25
	if limit != nil && *limit > 0 {
		n = min(int(*limit), 500)
	}
	start := 0
	if position != nil && *position != "" {
		for i, item := range items {
			if id(item) == *position {
				start = i + 1
			}
		}
	}
	items = items[start:]
	if len(items) <= n {
		return items, nil
	}
	next := id(items[n-1])
	return items[:n], &next
}

// value returns what a pointer points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
