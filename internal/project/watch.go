package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long the watcher waits for further changes before it reports:
// an editor's save is several events.
const settle = 20 * time.Millisecond

// Watcher reports changes of a set of files. It watches their folders, so that
// files that are replaced by a rename, or do not exist yet, are seen too.
type Watcher struct {
	// Changes receives the changed files, sorted. It is closed by Close.
	Changes <-chan []string

	notify *fsnotify.Watcher
	mu     sync.Mutex
	files  map[string]bool
	dirs   map[string]bool
	cancel context.CancelFunc
	done   chan struct{}
}

// NewWatcher returns a watcher of no files.
func NewWatcher() (*Watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	changes := make(chan []string, 1)
	w := &Watcher{Changes: changes, notify: notify, files: map[string]bool{}, dirs: map[string]bool{}, cancel: cancel, done: make(chan struct{})}
	go w.run(ctx, changes)
	return w, nil
}

// Set replaces the watched files (absolute paths).
func (w *Watcher) Set(files []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files = map[string]bool{}
	dirs := map[string]bool{}
	for _, f := range files {
		w.files[f] = true
		dirs[filepath.Dir(f)] = true
	}
	for dir := range dirs {
		if w.dirs[dir] {
			continue
		}
		if err := w.notify.Add(dir); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				delete(dirs, dir)
				continue
			}
			return fmt.Errorf("watch %s: %w", dir, err)
		}
	}
	for dir := range w.dirs {
		if !dirs[dir] {
			_ = w.notify.Remove(dir) // it may be gone
		}
	}
	w.dirs = dirs
	return nil
}

// Close ends the watching; no change is reported after it.
func (w *Watcher) Close() error {
	w.cancel()
	err := w.notify.Close()
	<-w.done
	return err
}

func (w *Watcher) run(ctx context.Context, changes chan<- []string) {
	defer close(w.done)
	defer close(changes)
	pending := map[string]bool{}
	timer := time.NewTimer(settle)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-w.notify.Events:
			if !ok {
				return
			}
			w.mu.Lock()
			watched := w.files[event.Name]
			w.mu.Unlock()
			if watched && event.Op != fsnotify.Chmod {
				pending[event.Name] = true
				timer.Reset(settle)
			}
		case _, ok := <-w.notify.Errors:
			if !ok {
				return
			}
			// Events were lost: report all files once.
			w.mu.Lock()
			for f := range w.files {
				pending[f] = true
			}
			w.mu.Unlock()
			timer.Reset(settle)
		case <-timer.C:
			list := make([]string, 0, len(pending))
			for f := range pending {
				list = append(list, f)
			}
			slices.Sort(list)
			clear(pending)
			select {
			case changes <- list:
			case <-ctx.Done():
				return
			}
		}
	}
}
