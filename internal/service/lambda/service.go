package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/store"
)

// LocalCodeBucket is the reserved bucket name by which code is a folder on disk.
const LocalCodeBucket = "bawn-local-code"

// Config is what the service needs.
type Config struct {
	DB      *store.DB
	Clock   clock.Clock
	IDs     *ids.Source
	Logger  *slog.Logger
	Account string
	Region  string
	// CodeDir is an existing folder for packages and unpacked code.
	CodeDir string
	// LocalCodeRoot allows code to be a folder below it; empty: not allowed.
	LocalCodeRoot string
	// Concurrency is the account's limit, of which 100 must stay unreserved.
	// Default 1000.
	Concurrency int32
	// Workers run asynchronous calls. Default 8.
	Workers int

	Runner Runner
	Roles  Roles
}

// Service is the Lambda service. It is safe for concurrent use.
type Service struct {
	cfg   Config
	db    *store.DB
	table awsapi.Table

	code  *codeStore
	cache versionCache
	// generation moves on with every write but the queue's: what was cached
	// under an older one is compared with the store again.
	generation atomic.Uint64

	queue *eventQueue
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup
}

// New makes the service; Start begins its work in the background.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil || cfg.Runner == nil || cfg.Roles == nil || cfg.CodeDir == "" {
		return nil, errors.New("lambda: DB, Runner, Roles and CodeDir are needed")
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.IDs == nil {
		cfg.IDs = ids.New(nil)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = 1000
	}
	if cfg.Workers == 0 {
		cfg.Workers = 8
	}
	if cfg.LocalCodeRoot != "" {
		root, err := filepath.EvalSymlinks(cfg.LocalCodeRoot)
		if err != nil {
			return nil, fmt.Errorf("lambda: local code root: %w", err)
		}
		cfg.LocalCodeRoot = root
	}
	code, err := openCodeStore(cfg.CodeDir, cfg.IDs)
	if err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, db: cfg.DB, code: code}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.queue = newEventQueue(s)
	s.table = s.operations()
	return s, nil
}

// Service returns what a Door registers.
func (s *Service) Service() *awsapi.Service {
	return &awsapi.Service{Name: "lambda", Table: s.table, Deny: deny}
}

// Start begins to run asynchronous calls, also those a former process left.
func (s *Service) Start() {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.prepareAny(s.ctx)
		s.queue.run(s.ctx)
	}()
}

// Close ends the work in the background and waits for it. Asynchronous calls
// that did not end stay in the queue.
func (s *Service) Close() error {
	s.stop()
	s.wg.Wait()
	if err := os.RemoveAll(s.code.unpacked); err != nil {
		return fmt.Errorf("remove unpacked code: %w", err)
	}
	return nil
}

// update is the only way this service writes functions and policies.
func (s *Service) update(ctx context.Context, fn func(tx *store.Tx) error) error {
	defer s.generation.Add(1)
	return s.db.Update(ctx, fn)
}

func (s *Service) key(parts ...string) store.Key {
	return store.K("lambda", s.cfg.Account, s.cfg.Region).With(parts...)
}
