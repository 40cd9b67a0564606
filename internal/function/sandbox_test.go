package function

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// attackHandler runs the attacks of functions.md 3.2 and 3.4 from a real
// function and answers for each whether it worked.
const attackHandler = `
const fs = require("fs"), path = require("path"), net = require("net"), { spawnSync } = require("child_process");
const works = (f) => { try { return f() !== false } catch { return false } };
exports.handler = async (e) => ({
  "read-key-file": works(() => fs.readFileSync(e.key)),
  "list-outside": works(() => fs.readdirSync(path.dirname(e.key))),
  "write-outside": works(() => fs.writeFileSync(e.key + ".new", "x")),
  "write-code": works(() => fs.writeFileSync(path.join(__dirname, "new"), "x")),
  "replace-runtime": works(() => fs.writeFileSync(path.join(process.env.LAMBDA_RUNTIME_DIR, "bootstrap.cjs"), "x")),
  "read-environ": works(() => fs.readFileSync("/proc/" + e.pid + "/environ", "utf8").includes("SECRET_OF_THE_PLATFORM")),
  "read-memory": works(() => fs.openSync("/proc/" + e.pid + "/mem", "r")),
  "signal": works(() => process.kill(e.pid, 0)),
  "read-shadow": works(() => fs.readFileSync("/etc/shadow")),
  "read-root-home": works(() => fs.readdirSync("/root")),
  "user-namespace": works(() => spawnSync("unshare", ["-Ur", "true"]).status === 0),
  "inherited-environment": Object.keys(process.env).some((k) => k.includes("SECRET")),
  "inherited-pipes": works(() => spawnSync("sh", ["-c", "test -e /proc/self/fd/3 -o -e /proc/self/fd/4"]).status === 0),
  "capabilities": works(() => !/CapEff:\s0000000000000000/.test(fs.readFileSync("/proc/self/status", "utf8"))),
  "gains-privileges": works(() => !/NoNewPrivs:\s1/.test(fs.readFileSync("/proc/self/status", "utf8"))),
  "no-seccomp": works(() => !/Seccomp:\s2/.test(fs.readFileSync("/proc/self/status", "utf8"))),
  "sees-platform": works(() => fs.readdirSync("/proc").includes(String(e.pid))),
})`

func TestSandboxHoldsAttacks(t *testing.T) {
	t.Setenv("SECRET_OF_THE_PLATFORM", "1")
	for _, level := range []Level{LevelFence, LevelNamespace} {
		// Code others cannot read runs as our own user, without its rights.
		for _, mode := range []os.FileMode{0o755, 0o700} {
			t.Run(fmt.Sprintf("%s code %o", level, mode), func(t *testing.T) {
				attackFrom(t, level, mode)
			})
		}
	}
}

func attackFrom(t *testing.T, level Level, mode os.FileMode) {
	p, _ := newPool(t, func(c *Config) { c.Sandbox = level })
	box, err := p.Sandbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if box.Level < level {
		t.Skipf("this machine only has %s: %v", box.Level, box.Reasons)
	}
	key := filepath.Join(openDir(t), "master.key")
	if err := os.WriteFile(key, []byte("key"), 0o644); err != nil {
		t.Fatal(err)
	}
	spec := newSpec(t, js(attackHandler))
	if err := os.Chmod(spec.CodeDir, mode); err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{"key": key, "pid": os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	r := invoke(t, p, spec, string(event))
	var worked map[string]bool
	if err := json.Unmarshal(r.Payload, &worked); err != nil || len(worked) < 15 {
		t.Fatalf("got %s", r.Payload)
	}
	for name, did := range worked {
		// Without namespaces the other processes' numbers can be seen.
		if did && !(name == "sees-platform" && level < LevelNamespace) {
			t.Errorf("attack %s worked at %s", name, level)
		}
	}
}

func TestProbeNamesWhatHolds(t *testing.T) {
	p, _ := newPool(t, nil)
	box, err := p.Sandbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if box.Level > LevelNone && len(box.Held) < 7 {
		t.Errorf("level %s with only %v held", box.Level, box.Held)
	}
	none, _ := newPool(t, func(c *Config) { c.NoSandbox = true })
	if box, err := none.Sandbox(t.Context()); err != nil || box.Level != LevelNone {
		t.Errorf("without sandbox: %+v %v", box, err)
	}
	spec := newSpec(t, js(`exports.handler = async () => 1`))
	if r := invoke(t, none, spec, `{}`); string(r.Payload) != "1" {
		t.Errorf("L0 got %s", r.Payload)
	}
}

func TestLiteralTmpIsPrivate(t *testing.T) {
	p, _ := newPool(t, nil)
	if box, err := p.Sandbox(t.Context()); err != nil || box.Level < LevelNamespace {
		t.Skip("needs a mount namespace")
	}
	spec := newSpec(t, js(`const fs = require("fs"); exports.handler = async () => { fs.writeFileSync("/tmp/bawn-literal", "x"); return fs.readdirSync("/tmp").includes("bawn-literal") }`))
	if r := invoke(t, p, spec, `{}`); string(r.Payload) != "true" {
		t.Errorf("got %s", r.Payload)
	}
	if _, err := os.Stat("/tmp/bawn-literal"); !os.IsNotExist(err) {
		t.Errorf("the file is in the machine's /tmp: %v", err)
	}
}

func TestHiddenFoldersAreNotGiven(t *testing.T) {
	project := filepath.Join(openDir(t), "project")
	data := filepath.Join(project, ".bawn")
	code := filepath.Join(data, "build", "f", "1")
	modules := filepath.Join(project, "node_modules")
	for _, d := range []string{modules, code, filepath.Join(data, "store")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{filepath.Join(modules, "self"): project, filepath.Join(code, "node_modules"): modules} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	// The key file does not exist yet.
	cfg := &Config{Hidden: []string{filepath.Join(data, "master.key"), filepath.Join(data, "store")}}
	dirs, err := cfg.readDirs(&Spec{CodeDir: code, GroupDir: project, ReadDirs: []string{project, "/", data, cfg.Hidden[1]}})
	if want := []string{filepath.Join(data, "build"), modules}; err != nil || !slices.Equal(dirs, want) {
		t.Errorf("given %v, want %v, %v", dirs, want, err)
	}
	for _, bad := range []string{project, data, cfg.Hidden[1], "/"} {
		if dirs, err := cfg.readDirs(&Spec{CodeDir: bad}); err == nil {
			t.Errorf("code in %s was given %v", bad, dirs)
		}
	}
}

// TestNothingSurvives starts a pool in a process of its own, kills that process
// without warning and looks for what it started, also detached grandchildren.
func TestNothingSurvives(t *testing.T) {
	best := probeHere(t).Level
	for name, tc := range map[string]struct {
		kill, fence bool
		needs       Level
	}{
		"killed":               {true, false, LevelNamespace},
		"closed":               {false, false, LevelNamespace},
		"closed, without a ns": {false, true, LevelFence},
	} {
		t.Run(name, func(t *testing.T) {
			if best < tc.needs {
				t.Skipf("this machine only has %s", best)
			}
			for _, pid := range runPlatform(t, tc.kill, tc.fence) {
				waitGone(t, pid)
			}
		})
	}
}

func probeHere(t *testing.T) *Sandbox {
	p, _ := newPool(t, nil)
	box, err := p.Sandbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// waitGone waits until no process with the number runs a Node or sleep of ours.
func waitGone(t *testing.T, pid int) {
	for {
		b, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(b), ") Z ") {
			return
		}
	}
}
