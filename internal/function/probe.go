package function

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// probeTime bounds one canary; a machine under load may take a while.
const probeTime = 10 * time.Second

// probeSandbox finds the highest level that holds, by sending a canary through
// the launcher at each level from the wanted one down.
func (s *spawner) probeSandbox() *Sandbox {
	box := &Sandbox{Level: LevelNone}
	if runtime.GOOS != "linux" || s.cfg.Sandbox <= LevelNone {
		return box
	}
	for level := s.cfg.Sandbox; level > LevelNone; level-- {
		held, leaks, err := s.canary(level, false)
		if err == nil && len(leaks) == 0 {
			box.Level, box.Held, box.Leaks = level, held, nil
			if canChangeUser() {
				_, leaks, err := s.canary(level, true)
				box.OwnUser = err == nil && len(leaks) == 0
			}
			return box
		}
		reason := fmt.Sprintf("%s: leaks %s", level, strings.Join(leaks, ", "))
		if err != nil {
			reason = fmt.Sprintf("%s: %v", level, err)
		}
		box.Reasons, box.Leaks = append(box.Reasons, reason), leaks
	}
	return box
}

// canary runs the attacks at one level.
func (s *spawner) canary(level Level, ownUser bool) (held, leaks []string, err error) {
	dir, err := os.MkdirTemp(s.cfg.RunDir, "canary-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	code, tmp, key := filepath.Join(dir, "code"), filepath.Join(dir, "tmp"), filepath.Join(dir, "key")
	for _, d := range []string{code, tmp} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return nil, nil, err
		}
	}
	// Open to everyone: only the sandbox stands before them.
	if err := os.WriteFile(key, []byte("key"), 0o644); err != nil {
		return nil, nil, err
	}
	for path, mode := range map[string]os.FileMode{dir: 0o755, code: 0o777, tmp: 0o777, key: 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			return nil, nil, err
		}
	}
	p := &plan{Fence: true, Namespaces: level >= LevelNamespace, ReadDirs: []string{code}, WriteDirs: []string{tmp}, Tmp: tmp,
		Probe: &probe{KeyFile: key, Victim: os.Getpid(), CodeDir: code}}
	if ownUser {
		p.UID = 62000
	}
	proc, err := s.start(p, nil, false)
	if err != nil {
		return nil, nil, err
	}
	defer proc.closePipes()
	timer := time.AfterFunc(probeTime, proc.kill)
	defer timer.Stop()
	lines := bufio.NewScanner(io.LimitReader(proc.stdout, 4<<10))
	for lines.Scan() {
		word, name, _ := strings.Cut(lines.Text(), " ")
		if word == "held" {
			held = append(held, name)
		} else {
			leaks = append(leaks, name)
		}
	}
	said, _ := io.ReadAll(io.LimitReader(proc.stderr, 1<<10))
	<-proc.done
	if len(held)+len(leaks) == 0 {
		return nil, nil, fmt.Errorf("%s", strings.TrimSpace(string(said)+" "+proc.exitText()))
	}
	return held, leaks, nil
}
