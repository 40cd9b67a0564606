package postgresstore

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/internal/store/postgresstore/postgrestest"
	"github.com/bawn-dev/bawn/internal/store/storetest"
)

// shared is one server for all tests that do not stop it. It does not wait for
// its disk: no test here cuts the power.
var shared struct {
	once   sync.Once
	dir    string
	server *postgrestest.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// server starts the shared server.
func server(t testing.TB) *postgrestest.Server {
	t.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "bawn-postgres"); shared.err == nil {
			shared.server, shared.err = postgrestest.Start(shared.dir, "fsync="+syncSetting(), "shared_buffers=256MB", "max_connections=200")
		}
	})
	if shared.err != nil {
		postgrestest.Skip(t, shared.err)
	}
	return shared.server
}

// syncSetting is "on" for benchmarks, which must pay for the disk.
func syncSetting() string {
	for _, a := range os.Args {
		if strings.HasPrefix(a, "-test.bench=") {
			return "on"
		}
	}
	return "off"
}

// schemaOf makes the name of a schema out of a name that is unique.
func schemaOf(name string) string {
	s := &Store{opts: Options{Schema: "test"}}
	return fmt.Sprintf("test_%x", uint64(s.hash('t', []byte(name))))
}

func open(t testing.TB, opts Options) *Store {
	t.Helper()
	if opts.URL == "" {
		opts.URL = server(t).URL()
	}
	if opts.Schema == "" {
		opts.Schema = schemaOf(t.TempDir())
	}
	s, err := Open(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSuite(t *testing.T) {
	server(t)
	storetest.Run(t, storetest.Engine{
		Open:    func(t testing.TB, dir string) driver.Store { return open(t, Options{Schema: schemaOf(dir)}) },
		Durable: true,
	})
}
