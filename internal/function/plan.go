package function

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// plan is what the launcher does to itself before it becomes another program.
// It travels as JSON in an argument, so it holds no secret.
type plan struct {
	Program    string   // absolute path of the program to become
	Args       []string // with args[0]
	Dir        string   `json:",omitempty"`
	Fence      bool     `json:",omitempty"` // Landlock, seccomp, capabilities
	Namespaces bool     `json:",omitempty"` // it runs in fresh namespaces
	UID        int      `json:",omitempty"` // user and group to become; 0 keeps
	ReadDirs   []string `json:",omitempty"`
	ReadFiles  []string `json:",omitempty"`
	WriteDirs  []string `json:",omitempty"`
	Tmp        string   `json:",omitempty"` // becomes /tmp in namespaces
	Probe      *probe   `json:",omitempty"` // attack instead of becoming Program
}

// launchArg is the hidden first argument by which a program is the launcher.
const launchArg = "__bawn-launch"

// The parts of a Linux system a Node process reads. None holds secrets that its
// permissions do not already guard.
var (
	systemDirs = []string{"/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32",
		"/etc/ssl", "/etc/pki", "/etc/crypto-policies", "/etc/ca-certificates", "/etc/alternatives",
		"/nix/store", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/opt"}
	systemFiles = []string{"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf",
		"/etc/gai.conf", "/etc/localtime", "/etc/ld.so.cache", "/etc/passwd", "/etc/group",
		"/etc/services", "/etc/protocols", "/etc/os-release", "/etc/mime.types",
		"/dev/urandom", "/dev/random", "/dev/zero",
		"/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/version", "/proc/uptime", "/proc/loadavg",
		"/proc/filesystems", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/osrelease"}
)

// readDirs returns the folders the code of spec may read: its own folder or its
// group's, what it asks for, and the node_modules of its parents with the
// folders their links lead to. Folders that hold a hidden one are left out; code
// that itself lies with one is refused.
func (c *Config) readDirs(spec *Spec) ([]string, error) {
	own, err := filepath.EvalSymlinks(spec.CodeDir)
	if err != nil {
		return nil, fmt.Errorf("code of function %s: %w", spec.Name, err)
	}
	if c.hides(own) {
		return nil, fmt.Errorf("code of function %s lies with Bawn's own data in %s", spec.Name, own)
	}
	if group, err := filepath.EvalSymlinks(spec.GroupDir); err == nil && within(own, group) {
		// The widest folder of the group that shows nothing hidden.
		for dir := filepath.Dir(own); within(dir, group) && !c.hides(dir); dir = filepath.Dir(dir) {
			own = dir
		}
	}
	dirs := append([]string{own}, spec.ReadDirs...)
	for dir := filepath.Clean(spec.CodeDir); ; dir = filepath.Dir(dir) {
		dirs = append(dirs, moduleDirs(filepath.Join(dir, "node_modules"))...)
		if dir == filepath.Dir(dir) {
			break
		}
	}
	dirs = append(dirs, c.NodeModules...)
	var out []string
	seen := map[string]bool{}
	for _, dir := range dirs {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil || seen[real] || c.hides(real) {
			continue
		}
		seen[real] = true
		out = append(out, real)
	}
	return out, nil
}

// moduleDirs returns dir if it exists, and the targets of links in it (pnpm,
// workspaces) that lie elsewhere.
func moduleDirs(dir string) []string {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	dirs := []string{dir}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if e.Type()&os.ModeSymlink != 0 {
			dirs = append(dirs, linked(name, dir)...)
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), "@") {
			scoped, _ := os.ReadDir(name)
			for _, s := range scoped {
				if s.Type()&os.ModeSymlink != 0 {
					dirs = append(dirs, linked(filepath.Join(name, s.Name()), dir)...)
				}
			}
		}
	}
	return dirs
}

func linked(link, dir string) []string {
	target, err := filepath.EvalSymlinks(link)
	if err != nil || within(target, dir) {
		return nil
	}
	if info, err := os.Stat(target); err != nil || !info.IsDir() {
		return nil
	}
	return []string{target}
}

// hides says whether giving dir would give a hidden folder away.
func (c *Config) hides(dir string) bool {
	for _, h := range c.Hidden {
		// It may not exist yet; its folder does.
		real, err := filepath.EvalSymlinks(h)
		if err != nil {
			if parent, err := filepath.EvalSymlinks(filepath.Dir(h)); err == nil {
				real = filepath.Join(parent, filepath.Base(h))
			} else {
				real = filepath.Clean(h)
			}
		}
		if within(real, dir) || within(dir, real) {
			return true
		}
	}
	return dir == "/"
}

// within says whether path is dir or lies in it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}
