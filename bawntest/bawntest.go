// Package bawntest runs Bawn inside a Go test, as httptest does for a handler:
// a whole server on a free loopback port, with a data folder of its own, that
// ends with the test.
//
//	b := bawntest.Start(t, bawntest.Project("../examples/notes"))
//	client := dynamodb.New(dynamodb.Options{BaseEndpoint: &b.Endpoint, ...})
package bawntest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/project"
	"github.com/bawn-dev/bawn/internal/server"
)

// Bawn is a running server.
type Bawn struct {
	// Endpoint is the origin for every AWS client.
	Endpoint string
	Region   string
	// AccessKeyID and SecretAccessKey are the administrator's.
	AccessKeyID, SecretAccessKey string
	// Outputs are the project's stack outputs.
	Outputs map[string]string
	// Data is the data folder.
	Data string

	server *server.Server
}

// Option changes what Start starts.
type Option func(*options)

type options struct {
	dir    string
	config server.Config
}

// Project deploys the project in dir.
func Project(dir string) Option { return func(o *options) { o.dir = dir } }

// Durable keeps the data on disk (the default is memory).
func Durable() Option { return func(o *options) { o.config.Ephemeral = false } }

// Start starts a Bawn and stops it when the test ends. A test binary that runs
// functions must call function.LauncherMain at the top of TestMain.
func Start(t testing.TB, opts ...Option) *Bawn {
	t.Helper()
	port := 0
	o := &options{config: server.Config{Data: t.TempDir(), Ephemeral: true, Port: &port, Dev: true, Version: "test"}}
	for _, f := range opts {
		f(o)
	}
	b, err := start(t.Context(), o)
	if err != nil {
		t.Fatalf("start bawn: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		b.server.Close(ctx)
	})
	return b
}

func start(ctx context.Context, o *options) (*Bawn, error) {
	ctx = context.WithoutCancel(ctx)
	if o.dir != "" {
		abs, err := filepath.Abs(o.dir)
		if err != nil {
			return nil, err
		}
		o.dir, o.config.ProjectDir = abs, abs
	}
	listening, err := server.Listen(ctx, o.config)
	if err != nil {
		return nil, err
	}
	s, err := server.Start(ctx, o.config, listening)
	if err != nil {
		listening.Close()
		return nil, err
	}
	b := &Bawn{Endpoint: listening.Endpoint, Region: s.Region(), Data: o.config.Data, Outputs: map[string]string{}, server: s}
	b.AccessKeyID, b.SecretAccessKey = s.Admin()
	if o.dir == "" {
		return b, nil
	}
	if err := b.deploy(ctx, o); err != nil {
		s.Close(ctx)
		return nil, err
	}
	return b, nil
}

func (b *Bawn) deploy(ctx context.Context, o *options) error {
	p, err := project.Load(project.Options{
		Dir: o.dir, Data: b.Data, Environ: environ(), Account: server.DefaultAccount, Region: b.Region,
		InstanceID: "test", APIEndpoint: b.Endpoint + "/_api/{api}",
	})
	if err != nil {
		return err
	}
	bundler := project.NewBundler()
	defer bundler.Close()
	if _, err := p.Bundle(ctx, bundler); err != nil {
		return err
	}
	deployed, err := b.server.Deploy(ctx, p)
	if err != nil {
		return err
	}
	b.Outputs = deployed.Outputs
	return b.server.WriteOutputs(deployed)
}

func environ() map[string]string {
	env := map[string]string{}
	for _, line := range os.Environ() {
		if k, v, ok := strings.Cut(line, "="); ok {
			env[k] = v
		}
	}
	return env
}

// Code returns the newest code that was mailed to an address, or "".
func (b *Bawn) Code(ctx context.Context, address string) (string, error) {
	messages, err := b.server.Inbox().List(ctx, 0)
	if err != nil {
		return "", err
	}
	for i := len(messages) - 1; i >= 0; i-- {
		if m := messages[i]; strings.EqualFold(m.To, address) && m.Code != "" {
			return m.Code, nil
		}
	}
	return "", nil
}
