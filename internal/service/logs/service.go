package logs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/store"
)

// Config is what the service needs.
type Config struct {
	DB      *store.DB
	Clock   clock.Clock
	IDs     *ids.Source
	Logger  *slog.Logger
	Account string
	Region  string
}

// Service is CloudWatch Logs. It is safe for concurrent use.
type Service struct {
	cfg   Config
	db    *store.DB
	table awsapi.Table
	sink  sink
	tails tails

	stop context.CancelFunc
	wg   sync.WaitGroup
}

// New makes the service and begins to write what Put takes. Close it before
// the store.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil {
		return nil, errors.New("logs: no DB")
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
	s := &Service{cfg: cfg, db: cfg.DB}
	s.table = s.operations()
	s.sink.full = make(chan struct{}, 1)
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.wg.Go(func() { s.writeLoop(ctx) })
	s.wg.Go(func() { s.expireLoop(ctx) })
	return s, nil
}

// Service returns what a Door registers.
func (s *Service) Service() *awsapi.Service { return &awsapi.Service{Name: "logs", Table: s.table} }

// Close writes what is left and ends the work in the background.
func (s *Service) Close() error {
	s.stop()
	s.wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return s.Flush(ctx)
}

func (s *Service) key(parts ...string) store.Key {
	return store.K("logs", s.cfg.Account, s.cfg.Region).With(parts...)
}

func (s *Service) now() int64 { return s.cfg.Clock.Now().UnixMilli() }

func (s *Service) arn(group string) string {
	return "arn:aws:logs:" + s.cfg.Region + ":" + s.cfg.Account + ":log-group:" + group
}
