//go:build !linux

package function

import "syscall"

// LauncherMain does nothing: there is no sandbox on this system.
func LauncherMain() {}

func processAttr(*plan) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

func waitExit(int) bool { return false }

func canChangeUser() bool { return false }

func residentKB(int) int { return 0 }

// probe exists for plans; nothing runs it here.
type probe struct {
	KeyFile string
	Victim  int
	CodeDir string
}
