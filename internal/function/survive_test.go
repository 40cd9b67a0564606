package function

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const platformArg = "__platform"

// platformMain is the process TestNothingSurvives kills: a pool with a busy
// function that has left a detached process behind. The argument after the
// marker is its folder; fence keeps it out of namespaces.
func platformMain(dir string, fence bool) {
	node, err := exec.LookPath("node")
	if err != nil {
		fmt.Println("error", err)
		return
	}
	level := LevelNamespace
	if fence {
		level = LevelFence
	}
	p, err := New(Config{Node: node, RunDir: dir, Sandbox: level})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	spec := &Spec{ARN: "a", Name: "f", Version: "$LATEST", Runtime: "nodejs20.x", Handler: "index.handler",
		CodeDir: filepath.Join(dir, "code"), MemoryMB: 256, Timeout: time.Minute, LogGroup: "g"}
	go func() {
		time.Sleep(100 * time.Millisecond)
		for {
			p.spawn.mu.Lock()
			live := ""
			for proc := range p.spawn.live {
				live += " " + itoa(proc.proc.Pid)
			}
			p.spawn.mu.Unlock()
			if sleepers := findSleepers(); live != "" && len(sleepers) > 0 {
				fmt.Println("ready" + live + " " + strings.Join(sleepers, " "))
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		os.Stdin.Read(make([]byte, 1)) // until the test says so
		fmt.Println(p.Close())
		os.Exit(0)
	}()
	_, err = p.Invoke(context.Background(), spec, &Invocation{})
	fmt.Println("ended", err)
	time.Sleep(time.Minute)
}

// sleepMark is the odd duration by which the detached process is known.
const sleepMark = "86398.25"

// findSleepers returns the ids of processes that run the marked sleep.
func findSleepers() []string {
	var pids []string
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && string(b) == "sleep\x00"+sleepMark+"\x00" {
			pids = append(pids, filepath.Base(filepath.Dir(f)))
		}
	}
	return pids
}

// runPlatform runs platformMain until the function is busy, ends it by a kill
// or by asking it, and returns the ids of what it had started.
func runPlatform(t *testing.T, kill, fence bool) []int {
	dir := openDir(t)
	code := filepath.Join(dir, "code")
	if err := os.Mkdir(code, 0o755); err != nil {
		t.Fatal(err)
	}
	handler := `exports.handler = async () => { require("child_process").spawn("sleep", ["` + sleepMark + `"], {detached: true, stdio: "ignore"}).unref(); for (;;) {} }`
	if err := os.WriteFile(filepath.Join(code, "index.js"), []byte(handler), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], platformArg, dir, strconv.FormatBool(fence))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready") {
		t.Fatalf("platform said %q, %v", line, err)
	}
	var pids []int
	for _, f := range strings.Fields(line)[1:] {
		pid, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	if kill {
		err = cmd.Process.Kill()
	} else {
		_, err = in.Write([]byte("x"))
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	return pids
}
