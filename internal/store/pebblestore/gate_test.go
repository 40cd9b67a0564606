package pebblestore

import (
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// gateFS is a file system whose log files sync only while the gate is open,
// and fail to sync after a call of fail.
type gateFS struct {
	vfs.FS
	mu     sync.Mutex
	moved  *sync.Cond
	shut   bool
	failed error
}

func newGateFS(fs vfs.FS) *gateFS {
	g := &gateFS{FS: fs}
	g.moved = sync.NewCond(&g.mu)
	return g
}

func (g *gateFS) set(shut bool, failed error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut, g.failed = shut, failed
	g.moved.Broadcast()
}

// pass waits for the gate.
func (g *gateFS) pass() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.shut {
		g.moved.Wait()
	}
	return g.failed
}

func (g *gateFS) wrap(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return &gateFile{f, g}, nil
}

func (g *gateFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.Create(name, c)
	return g.wrap(name, f, err)
}

func (g *gateFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.ReuseForWrite(old, name, c)
	return g.wrap(name, f, err)
}

type gateFile struct {
	vfs.File
	gate *gateFS
}

func (f *gateFile) Sync() error {
	if err := f.gate.pass(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *gateFile) SyncData() error {
	if err := f.gate.pass(); err != nil {
		return err
	}
	return f.File.SyncData()
}

func (f *gateFile) SyncTo(n int64) (bool, error) {
	if err := f.gate.pass(); err != nil {
		return false, err
	}
	return f.File.SyncTo(n)
}
