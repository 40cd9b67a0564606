package server

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMissingMasterKeyIsNotMadeAnew takes the key away from a data folder that
// has a store: a new key would make everything sealed in it unreadable.
func TestMissingMasterKeyIsNotMadeAnew(t *testing.T) {
	port := 0
	c := Config{Data: t.TempDir(), Dev: true, Port: &port}
	start := func() (*Server, error) {
		l, err := Listen(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return Start(context.WithoutCancel(t.Context()), c, l)
	}
	restart := func() {
		t.Helper()
		s, err := start()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Close(ctx)
	}
	restart()
	path := filepath.Join(c.Data, "master.key")
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := start(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a start without the key: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new key was made")
	}
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	restart()
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, key) {
		t.Errorf("the key has changed (%v)", err)
	}
}
