package iam

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// Config is what a Service is made of; every field but Log is required.
type Config struct {
	DB      *store.DB
	Keyring *seal.Keyring
	Clock   clock.Clock
	IDs     *ids.Source
	Account string
	// Log gets a warning for every written policy that opens a known hole
	// (policy.Lint); nil drops them.
	Log *slog.Logger
}

// Service is IAM for one account. It is safe for concurrent use.
type Service struct {
	db      *store.DB
	clock   clock.Clock
	ids     *ids.Source
	account string
	log     *slog.Logger
	secrets *seal.Sealer
	tokens  *tokenSealer
	// managed are the AWS managed policies by ARN; never changed after New.
	managed map[string]*managedPolicy
	// generation moves on with every write; see cache.go.
	generation atomic.Uint64
	cache      cache
}

// New makes the service.
func New(c Config) (*Service, error) {
	s := &Service{
		db: c.DB, clock: c.Clock, ids: c.IDs, account: c.Account,
		secrets: c.Keyring.Sealer("iam access key secret"),
		tokens:  newTokenSealer(c.Keyring),
		managed: map[string]*managedPolicy{},
		log:     c.Log,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, m := range awsManaged() {
		p, err := policy.Parse(policy.Identity, []byte(m.document))
		if err != nil {
			return nil, fmt.Errorf("AWS managed policy %s: %w", m.name, err)
		}
		m.compiled = p
		s.managed[m.arn()] = m
	}
	return s, nil
}

func (s *Service) key(parts ...string) store.Key {
	return store.K("iam", s.account, "aws-global").With(parts...)
}

// update is the only way this service writes: afterwards nothing that was
// cached before is used again, also when the outcome is not known.
func (s *Service) update(ctx context.Context, fn func(tx *store.Tx) error) error {
	defer s.generation.Add(1)
	return s.db.Update(ctx, fn)
}

// Watch forgets what is cached whenever another process writes to this
// service's records. It returns when ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	changes, err := s.db.Watch(ctx, s.key())
	if err != nil {
		return fmt.Errorf("watch iam: %w", err)
	}
	for range changes {
		s.generation.Add(1)
	}
	return nil
}
