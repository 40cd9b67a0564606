package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// LauncherMain must be called first in main (and in TestMain of packages that
// run functions). In an ordinary process it does nothing. In a process started
// as launcher it fences the process in, becomes the program of its plan and
// does not return.
func LauncherMain() {
	if len(os.Args) != 3 || os.Args[1] != launchArg {
		return
	}
	runtime.LockOSThread() // what follows is partly per thread
	var p plan
	err := json.Unmarshal([]byte(os.Args[2]), &p)
	if err == nil {
		err = p.run()
	}
	fmt.Fprintln(os.Stderr, "bawn launcher:", err)
	os.Exit(126)
}

// run does the steps in the only order in which each is still possible.
func (p *plan) run() error {
	unix.Umask(0o077)
	if p.Namespaces {
		if err := p.mount(); err != nil {
			return fmt.Errorf("mount: %w", err)
		}
	}
	if err := p.limits(); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	if p.Fence {
		if err := p.landlock(); err != nil {
			return fmt.Errorf("landlock: %w", err)
		}
	}
	if err := p.drop(); err != nil {
		return fmt.Errorf("drop rights: %w", err)
	}
	// A change of user forgets the signal that follows the parent's death.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("parent death signal: %w", err)
	}
	if p.Fence {
		if err := denySyscalls(p.Namespaces); err != nil {
			return fmt.Errorf("seccomp: %w", err)
		}
	}
	if p.Probe != nil {
		p.Probe.attack()
		os.Exit(0)
	}
	if p.Dir != "" {
		if err := os.Chdir(p.Dir); err != nil {
			return err
		}
	}
	return fmt.Errorf("run %s: %w", p.Program, syscall.Exec(p.Program, p.Args, os.Environ()))
}

// mount gives the process its own /proc and /tmp.
func (p *plan) mount() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("proc: %w", err)
	}
	if p.Tmp == "" {
		return nil
	}
	return p.mountTmp()
}

// mountTmp puts p.Tmp over /tmp. What the process needs from the old /tmp (a
// project may well lie there) is held open before and bound again after.
func (p *plan) mountTmp() error {
	type kept struct {
		path     string
		fd       int
		readOnly bool
	}
	var keep []kept
	for i, dir := range append(slices.Clone(p.WriteDirs), p.ReadDirs...) {
		if !within(dir, "/tmp") {
			continue
		}
		fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open %s: %w", dir, err)
		}
		keep = append(keep, kept{dir, fd, i >= len(p.WriteDirs)})
	}
	if err := unix.Mount(p.Tmp, "/tmp", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("/tmp: %w", err)
	}
	if err := unix.Mount("", "/tmp", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
		return fmt.Errorf("/tmp: %w", err)
	}
	unix.Umask(0o022)
	defer unix.Umask(0o077)
	for _, k := range keep {
		if err := os.MkdirAll(k.path, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", k.fd), k.path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("%s: %w", k.path, err)
		}
		_ = unix.Close(k.fd)
		if !k.readOnly {
			continue
		}
		// Landlock grants writing below /tmp, so the mount must forbid it.
		if err := unix.Mount("", k.path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, ""); err != nil {
			return fmt.Errorf("%s: %w", k.path, err)
		}
	}
	return nil
}

func (p *plan) limits() error {
	limits := map[int]uint64{
		unix.RLIMIT_CORE:   0,
		unix.RLIMIT_NOFILE: 1024,
		unix.RLIMIT_FSIZE:  512 << 20,
	}
	if p.UID != 0 {
		limits[unix.RLIMIT_NPROC] = 1024
	}
	for what, n := range limits {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: n, Max: n}); err != nil && !errors.Is(err, syscall.EPERM) {
			return err
		}
	}
	return nil
}

// landlock opens every granted path, so it runs while that is still possible.
func (p *plan) landlock() error {
	proc := "/proc/self"
	if p.Namespaces {
		proc = "/proc" // its own, with its own processes only
	}
	rules := []landlock.Rule{
		landlock.RODirs(append([]string{proc}, p.ReadDirs...)...).IgnoreIfMissing(),
		landlock.RODirs(systemDirs...).IgnoreIfMissing(),
		landlock.ROFiles(append(systemFiles, p.ReadFiles...)...).IgnoreIfMissing(),
		landlock.RWFiles("/dev/null").IgnoreIfMissing(),
		landlock.RWDirs(p.WriteDirs...).WithRefer(),
	}
	if p.Namespaces && p.Tmp != "" {
		rules = append(rules, landlock.RWDirs("/tmp").WithRefer())
	}
	if err := landlock.V7.BestEffort().RestrictPaths(rules...); err != nil {
		return err
	}
	return landlock.V7.BestEffort().RestrictScoped()
}

// drop gives up every capability, also those a program could gain again, and
// becomes the plan's user.
func (p *plan) drop() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if !p.Fence {
		return nil
	}
	for c := uintptr(0); c <= 63; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); errors.Is(err, unix.EINVAL) {
			break // past the last capability
		} else if err != nil && !errors.Is(err, unix.EPERM) {
			return err
		}
	}
	if p.UID != 0 {
		if err := syscall.Setgroups(nil); err != nil {
			return fmt.Errorf("groups: %w", err)
		}
		if err := syscall.Setresgid(p.UID, p.UID, p.UID); err != nil {
			return fmt.Errorf("group: %w", err)
		}
		if err := syscall.Setresuid(p.UID, p.UID, p.UID); err != nil {
			return fmt.Errorf("user: %w", err)
		}
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&head, &none[0]); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	return nil
}

// probe is the canary: it attacks from inside the fence and prints what worked.
type probe struct {
	KeyFile string // a file outside every granted folder, readable by all
	Victim  int    // process id of the platform
	CodeDir string // a folder granted for reading only
}

// attack tries the attacks of functions.md 3.2 and prints one line for each:
// "held NAME" or "leak NAME".
func (p *probe) attack() {
	report := func(name string, worked bool) {
		word := "held"
		if worked {
			word = "leak"
		}
		fmt.Fprintln(os.Stdout, word, name)
	}
	_, err := os.ReadFile(p.KeyFile)
	report("read-key-file", err == nil)
	// In a pid namespace the victim's number may be our own.
	other := p.Victim != os.Getpid()
	_, err = os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.Victim))
	report("read-environ", other && err == nil)
	report("signal", other && syscall.Kill(p.Victim, 0) == nil)
	err = os.WriteFile(filepath.Join(p.CodeDir, "written"), nil, 0o600)
	report("write-code", err == nil)
	report("user-namespace", unix.Unshare(unix.CLONE_NEWUSER) == nil)
	status, _ := os.ReadFile("/proc/self/status")
	report("capabilities", !strings.Contains(string(status), "CapEff:\t0000000000000000") ||
		!strings.Contains(string(status), "CapBnd:\t0000000000000000") && os.Getuid() == 0)
	report("new-privileges", !strings.Contains(string(status), "NoNewPrivs:\t1"))
}
