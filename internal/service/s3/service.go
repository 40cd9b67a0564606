package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"

	"github.com/bawn-dev/bawn/internal/blob"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/store"
)

// Config is what the service needs. Principals and Logger may be nil; the rest
// is required.
type Config struct {
	DB    *store.DB
	Blobs blob.Store
	Clock clock.Clock
	IDs   *ids.Source
	// Sealer seals object bodies and their keys; its purpose must not change.
	Sealer *seal.Sealer
	// Account owns every bucket of this Bawn; Region is where they are.
	Account, Region string
	// Principals binds the users and roles that a bucket policy names.
	Principals Principals
	// Logger hears of blobs that could not be deleted.
	Logger *slog.Logger
}

// Service is S3. It is safe for concurrent use.
type Service struct {
	db         *store.DB
	blobs      blob.Store
	clock      clock.Clock
	ids        *ids.Source
	sealer     *seal.Sealer
	account    string
	region     string
	principals Principals
	policies   *policyCache
	root       store.Key
	log        *slog.Logger
	stop       context.CancelFunc
	background sync.WaitGroup
}

// New makes the service and begins to delete blobs that nothing refers to.
// Close it before the store and the blobs.
func New(cfg Config) *Service {
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{
		db: cfg.DB, blobs: cfg.Blobs, clock: cfg.Clock, ids: cfg.IDs, sealer: cfg.Sealer,
		account: cfg.Account, region: cfg.Region, principals: cfg.Principals,
		policies: newPolicyCache(), root: store.K("s3", cfg.Account, "global"), log: cfg.Logger, stop: stop,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.background.Go(func() { s.sweepAlways(ctx) })
	return s
}

// Close ends background work and waits for it.
func (s *Service) Close() error {
	s.stop()
	s.background.Wait()
	return nil
}

// owner returns the canonical user id of the account: AWS's are 64 hexadecimal
// digits too, and tell nothing.
func (s *Service) owner() string {
	sum := sha256.Sum256([]byte("canonical user of account " + s.account))
	return hex.EncodeToString(sum[:])
}

// view reads with one snapshot.
func (s *Service) view(ctx context.Context, what string, fn func(tx *store.Tx) error) error {
	if err := s.db.View(ctx, fn); err != nil {
		return wrap(what, err)
	}
	return nil
}

// update writes in one transaction.
func (s *Service) update(ctx context.Context, what string, fn func(tx *store.Tx) error) error {
	if err := s.db.Update(ctx, fn); err != nil {
		return wrap(what, err)
	}
	return nil
}

// wrap says what was being done; errors for the caller stay recognizable in
// the chain.
func wrap(what string, err error) error { return fmt.Errorf("s3: %s: %w", what, err) }
