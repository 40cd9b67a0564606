package server

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/function"
	"github.com/bawn-dev/bawn/internal/journal"
	"github.com/bawn-dev/bawn/internal/mail"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
)

// Server is a running Bawn.
type Server struct {
	config   Config
	data     *dataFolder
	settings settings
	endpoint string
	began    time.Time

	parts   // everything that was wired; see assembly.go
	http    *http.Server
	serving sync.WaitGroup
	failed  chan error
	// closers run in reverse order of their making.
	closers []func() error
}

// administrator is the name of the first user.
const administrator = "admin"

// Start opens everything and serves on the port that Listen opened. When it
// returns, clients may connect. On an error everything that was opened is
// closed again, but for the port.
func Start(ctx context.Context, c Config, l *Listening) (*Server, error) {
	c.setDefaults()
	s := &Server{config: c, data: l.data, settings: l.settings, endpoint: l.Endpoint, began: c.Clock.Now(), failed: make(chan error, 1)}
	if err := s.start(ctx, l); err != nil {
		s.closeAll()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, l *Listening) error {
	if err := s.assemble(ctx); err != nil {
		return err
	}
	if err := s.firstStart(ctx); err != nil {
		return err
	}
	if err := s.data.writeEnv(s.endpoint, s.config.Region, s.settings); err != nil {
		return err
	}
	s.serve(l.listeners)
	s.lambda.Start()
	s.pool.Start()
	if err := s.cloudformation.Recover(ctx); err != nil {
		return fmt.Errorf("take up unfinished stack operations: %w", err)
	}
	return nil
}

// firstStart makes the administrator and the first access key, or finds the
// key that an earlier start made. A key whose secret was lost with the
// settings is replaced by a new one.
func (s *Server) firstStart(ctx context.Context) error {
	key, err := s.iam.FirstStart(ctx, administrator)
	if err != nil {
		return err
	}
	if key != nil {
		s.settings.AccessKeyID, s.settings.SecretAccessKey = key.ID, key.Secret
	} else if !s.keyWorks(ctx) {
		if err := s.newAdministratorKey(ctx); err != nil {
			return err
		}
	}
	if s.config.Ephemeral {
		return nil
	}
	return s.data.keepSettings(s.settings)
}

func (s *Server) keyWorks(ctx context.Context) bool {
	if s.settings.AccessKeyID == "" {
		return false
	}
	c, err := s.iam.Credential(ctx, s.settings.AccessKeyID, "")
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Secret), []byte(s.settings.SecretAccessKey)) == 1
}

// newAdministratorKey makes another key for the administrator, in place of
// the oldest where there are two already.
func (s *Server) newAdministratorKey(ctx context.Context) error {
	root := s.root()
	name := administrator
	env := s.environment()
	have, _, err := s.door.Do(ctx, root, env, "iam", "ListAccessKeys", &shape.ListAccessKeysInput{UserName: &name})
	if err != nil {
		return fmt.Errorf("list the administrator's keys: %w", err)
	}
	if keys, ok := have.(*shape.ListAccessKeysOutput); ok && len(keys.AccessKeyMetadata) >= 2 {
		if _, _, err := s.door.Do(ctx, root, env, "iam", "DeleteAccessKey", &shape.DeleteAccessKeyInput{UserName: &name, AccessKeyId: keys.AccessKeyMetadata[0].AccessKeyId}); err != nil {
			return fmt.Errorf("delete the administrator's oldest key: %w", err)
		}
	}
	out, _, err := s.door.Do(ctx, root, env, "iam", "CreateAccessKey", &shape.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		return fmt.Errorf("make a key for the administrator: %w", err)
	}
	made, ok := out.(*shape.CreateAccessKeyOutput)
	if !ok || made.AccessKey == nil {
		return errors.New("make a key for the administrator: no key in the answer")
	}
	s.settings.AccessKeyID, s.settings.SecretAccessKey = *made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey
	return nil
}

// root is the account itself; only the server acts as it.
func (s *Server) root() *awsapi.Caller {
	return &awsapi.Caller{Kind: awsapi.Root, Account: s.config.Account, ARN: "arn:aws:iam::" + s.config.Account + ":root", UserID: s.config.Account}
}

// environment is that of calls the server makes itself.
func (s *Server) environment() *awsapi.Environment {
	return &awsapi.Environment{
		RequestID: s.config.IDs.UUID(), Now: s.config.Clock.Now(), SourceIP: "127.0.0.1", SecureTransport: true,
		UserAgent: "bawn/" + s.config.Version, Region: s.config.Region,
	}
}

// serve starts answering on all listeners.
func (s *Server) serve(listeners []net.Listener) {
	s.http = &http.Server{
		Handler:           s.gateway,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          nil,
	}
	for _, l := range listeners {
		s.serving.Go(func() {
			if err := s.http.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
				select {
				case s.failed <- fmt.Errorf("serve on %s: %w", l.Addr(), err):
				default:
				}
			}
		})
	}
}

// Failed receives the error that ended serving, if one does.
func (s *Server) Failed() <-chan error { return s.failed }

// Close stops serving: requests under way may end until ctx does, then
// everything is closed in order. An ephemeral data folder keeps nothing.
func (s *Server) Close(ctx context.Context) {
	if s.http != nil {
		if err := s.http.Shutdown(ctx); err != nil {
			_ = s.http.Close()
		}
		s.serving.Wait()
	}
	s.closeAll()
}

func (s *Server) closeAll() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i](); err != nil {
			s.config.Log.Error("close", "error", err.Error())
		}
	}
	s.closers = nil
}

// onClose adds what Close undoes; the last added runs first.
func (s *Server) onClose(fn func() error) { s.closers = append(s.closers, fn) }

// Account and Region tell where this Bawn pretends to be.
func (s *Server) Account() string { return s.config.Account }

// Region returns the region.
func (s *Server) Region() string { return s.config.Region }

// Endpoint returns the origin clients use.
func (s *Server) Endpoint() string { return s.endpoint }

// Admin returns the administrator's access key.
func (s *Server) Admin() (accessKeyID, secret string) {
	return s.settings.AccessKeyID, s.settings.SecretAccessKey
}

// Journal returns the record of requests.
func (s *Server) Journal() *journal.Journal { return s.journal }

// Inbox returns the mails that were kept.
func (s *Server) Inbox() *mail.Inbox { return s.inbox }

// Sandbox tells how functions are fenced in: the level that holds, found by
// trying. It waits for the probe.
func (s *Server) Sandbox() string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	box, err := s.pool.Sandbox(ctx)
	if err != nil {
		return "not known yet"
	}
	return sandboxText(box)
}

func sandboxText(box *function.Sandbox) string {
	text := box.Level.String()
	if box.OwnUser {
		text += ", own user"
	}
	if len(box.Leaks) > 0 {
		text += fmt.Sprintf("; not held: %v", box.Leaks)
	}
	return text
}

// removeAll deletes a folder of ours at the end.
func removeAll(path string) func() error { return func() error { return os.RemoveAll(path) } }
