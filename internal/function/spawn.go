package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// spawner starts processes. All of them are forked from one thread that never
// ends: the kernel delivers the parent-death signal when the forking thread,
// not the program, is gone.
type spawner struct {
	cfg      *Config
	runtime  string // folder with the runtime's files
	requests chan spawnRequest
	quit     chan struct{}
	count    atomic.Int64

	mu     sync.Mutex
	live   map[*process]struct{}
	killed bool // by killAll: nothing is started any more
}

type spawnRequest struct {
	run   func() error
	reply chan error
}

func newSpawner(cfg *Config) *spawner {
	s := &spawner{cfg: cfg, requests: make(chan spawnRequest), live: map[*process]struct{}{}, quit: make(chan struct{})}
	go s.loop()
	return s
}

func (s *spawner) loop() {
	runtime.LockOSThread()
	// Never unlocked: if this goroutine ends, its thread ends, and with it
	// every process it forked.
	for {
		select {
		case r := <-s.requests:
			r.reply <- r.run()
		case <-s.quit:
			return
		}
	}
}

func (s *spawner) close() { close(s.quit) }

// onThread runs f on the spawning thread.
func (s *spawner) onThread(f func() error) error {
	r := spawnRequest{run: f, reply: make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.reply
	case <-s.quit:
		return ErrClosed
	}
}

// node starts one Node process that may read dirs, at the sandbox's level. env
// is its whole environment but for what every process gets.
func (s *spawner) node(box *Sandbox, dirs []string, env []string) (*process, error) {
	n := s.count.Add(1)
	tmp := filepath.Join(s.cfg.RunDir, "tmp-"+strconv.FormatInt(n, 10))
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	p := &plan{
		Program:    s.cfg.Node,
		Args:       []string{"node", filepath.Join(s.runtime, "bootstrap.cjs")},
		Fence:      box.Level >= LevelFence,
		Namespaces: box.Level >= LevelNamespace,
		ReadDirs:   append([]string{s.runtime}, dirs...),
		ReadFiles:  []string{s.cfg.Node},
		WriteDirs:  []string{tmp},
		Tmp:        tmp,
	}
	if box.OwnUser && othersCanRead(append(dirs, s.runtime, s.cfg.Node, tmp)) {
		p.UID = ownUser(n)
		if err := os.Chown(tmp, p.UID, p.UID); err != nil {
			return nil, fmt.Errorf("temporary folder: %w", err)
		}
	}
	home := tmp
	if p.Namespaces {
		home = "/tmp"
	}
	env = append(env, "HOME="+home, "TMPDIR="+home)
	proc, err := s.start(p, env, true)
	if err != nil {
		_ = os.RemoveAll(tmp)
		return nil, err
	}
	proc.tmp = tmp
	return proc, nil
}

// start runs a plan. Without frames it has only standard output and error.
func (s *spawner) start(p *plan, env []string, frames bool) (*process, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	theirs := []*os.File{null}
	proc := &process{done: make(chan struct{})}
	pipes := []struct {
		ours **os.File
		down bool
	}{{&proc.stdout, false}, {&proc.stderr, false}, {&proc.down, true}, {&proc.up, false}}
	if !frames {
		pipes = pipes[:2]
	}
	for _, pipe := range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(theirs)
			proc.closePipes()
			return nil, fmt.Errorf("pipe: %w", err)
		}
		if pipe.down {
			*pipe.ours = w
			theirs = append(theirs, r)
		} else {
			*pipe.ours = r
			theirs = append(theirs, w)
		}
	}
	attr := &os.ProcAttr{Env: env, Files: theirs, Dir: "/", Sys: processAttr(p)}
	argv := []string{s.cfg.Launcher, launchArg, string(text)}
	err = s.onThread(func() (err error) {
		proc.proc, err = os.StartProcess(s.cfg.Launcher, argv, attr)
		return err
	})
	closeAll(theirs)
	if err != nil {
		proc.closePipes()
		if errors.Is(err, ErrClosed) {
			return nil, err
		}
		return nil, fmt.Errorf("start %s: %w", s.cfg.Launcher, err)
	}
	s.track(proc)
	return proc, nil
}

// track reaps a process when it ends, and knows it until then.
func (s *spawner) track(proc *process) {
	s.mu.Lock()
	s.live[proc] = struct{}{}
	late := s.killed
	s.mu.Unlock()
	go func() {
		proc.wait()
		s.mu.Lock()
		delete(s.live, proc)
		s.mu.Unlock()
	}()
	if late {
		proc.kill()
	}
}

// killAll kills every process, now and those just being started. It returns
// what it killed.
func (s *spawner) killAll() []*process {
	s.mu.Lock()
	s.killed = true
	procs := make([]*process, 0, len(s.live))
	for p := range s.live {
		procs = append(procs, p)
	}
	s.mu.Unlock()
	for _, p := range procs {
		p.kill()
	}
	return procs
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// ownUser returns a user id for the nth process, from a range no distribution
// gives to people.
func ownUser(n int64) int { return 62000 + int(n%3000) }

// othersCanRead says whether a user without any right of ours can read the
// given folders and files: each readable, each parent searchable.
func othersCanRead(paths []string) bool {
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return false
		}
		last := i == len(paths)-1 // the temporary folder will be its own
		if !last && info.Mode().Perm()&0o004 == 0 {
			return false
		}
		for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
			info, err := os.Stat(dir)
			if err != nil || info.Mode().Perm()&0o001 == 0 {
				return false
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return true
}
