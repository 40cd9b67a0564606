package server

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/function"
)

func TestMain(m *testing.M) {
	function.LauncherMain()
	os.Exit(m.Run())
}

// startTest starts a server in memory that ends with the test.
func startTest(t *testing.T) *Server {
	t.Helper()
	return startWith(t, Config{Data: t.TempDir(), Ephemeral: true})
}

func startWith(t *testing.T, c Config) *Server {
	t.Helper()
	port := 0
	if c.Port == nil {
		c.Port = &port
	}
	c.Dev = true
	l, err := Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(context.WithoutCancel(t.Context()), c, l)
	if err != nil {
		l.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Close(ctx)
	})
	return s
}

func mustAbs(tb testing.TB, path string) string {
	tb.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		tb.Fatal(err)
	}
	return abs
}
