package cloudformation

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/store"
)

// Config is what the service needs.
type Config struct {
	DB    *store.DB
	Door  Door
	Clock clock.Clock
	IDs   *ids.Source
	// Log receives failures of background work; nil: none.
	Log *slog.Logger
	// Sealer encrypts properties and NoEcho parameters; nil stores them plain
	// (tests only).
	Sealer Sealer
	// Account is where Recover looks for unfinished operations, in all regions;
	// Region is for callers without one.
	Account, Region string
	// URLSuffix is AWS::URLSuffix; empty: amazonaws.com.
	URLSuffix string
	// Parallel is how many resources of a stack are changed at once; 0: 8.
	Parallel int
}

// Service is CloudFormation. It is safe for concurrent use.
type Service struct {
	db       *store.DB
	door     Door
	clock    clock.Clock
	ids      *ids.Source
	log      *slog.Logger
	sealer   Sealer
	account  string
	region   string
	suffix   string
	parallel int
	types    resource.Registry

	// ctx ends when the service is closed: operations stop where they are, and
	// Recover of the next start takes them up.
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu   sync.Mutex
	busy map[string]*operation // by stack id
	// exports guards the check and write of exports of concurrent operations.
	exports sync.Mutex
}

// New returns the service. Close it.
func New(c Config) *Service {
	s := &Service{
		db: c.DB, door: c.Door, clock: c.Clock, ids: c.IDs, log: c.Log, sealer: c.Sealer,
		account: c.Account, region: c.Region, suffix: c.URLSuffix, parallel: c.Parallel,
		types: resource.Types(), busy: map[string]*operation{},
	}
	if s.suffix == "" {
		s.suffix = "amazonaws.com"
	}
	if s.parallel <= 0 {
		s.parallel = 8
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close stops running operations and waits for them. What they had not
// finished is taken up by Recover at the next start.
func (s *Service) Close() error {
	s.cancel()
	s.wait.Wait()
	return nil
}

// keysOf returns the keys of a call's account and region.
func (s *Service) keys(call *awsapi.Call) keys { return keysOf(call.Account(), call.Region()) }

// operation is one running stack operation.
type operation struct {
	done chan struct{}
	// failure is set, before done is closed, when the operation failed.
	failure error
	// watch receives events; it must not block. It may come while the operation
	// runs.
	watch atomic.Pointer[func(Event)]
}
