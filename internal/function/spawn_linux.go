package function

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttr returns how the launcher is forked: a session of its own, killed
// with us, in fresh namespaces if the plan says so.
func processAttr(p *plan) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if !p.Namespaces {
		return attr
	}
	attr.Cloneflags = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	if os.Geteuid() != 0 {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		// Without these the launcher, not being root in there, would lose its
		// rights over the namespaces when it is executed.
		attr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

func killGroup(pid int) { _ = unix.Kill(-pid, unix.SIGKILL) }

// waitExit returns when pid has ended; it stays unreaped, so that its id is
// not given to another process. False: it cannot be waited for in this way.
func waitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

// canChangeUser says whether processes can get a user of their own.
func canChangeUser() bool { return os.Geteuid() == 0 }

// residentKB returns the anonymous resident memory of a process; 0 if unknown.
func residentKB(pid int) int {
	var buf [256]byte
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	defer f.Close()
	n, _ := f.Read(buf[:])
	var fields [3]int // size, resident, shared; in pages
	i := 0
	for _, c := range buf[:n] {
		switch {
		case c == ' ':
			i++
		case i < 3 && c >= '0' && c <= '9':
			fields[i] = fields[i]*10 + int(c-'0')
		}
	}
	return (fields[1] - fields[2]) * os.Getpagesize() / 1024
}
