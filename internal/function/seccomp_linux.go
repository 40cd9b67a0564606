package function

import (
	"fmt"
	"slices"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// denied are the system calls no function needs and attackers like. They fail
// with EPERM; clone3 fails with ENOSYS so that the C library uses clone, whose
// flags can be filtered.
var denied = []string{
	"ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount", "open_tree", "mount_setattr",
	"unshare", "setns", "open_by_handle_at", "name_to_handle_at",
	"kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
	"add_key", "request_key", "keyctl",
	"reboot", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct", "personality", "syslog",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname",
	"iopl", "ioperm", "modify_ldt", "lookup_dcookie", "vhangup", "fanotify_init",
}

const newNamespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET |
	unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// denySyscalls loads the filters. The library lets calls of a foreign
// architecture (32-bit code on a 64-bit kernel) pass, so a filter of our own
// kills those.
//
// Without a pid namespace, which takes all its processes with it, leaving the
// process group is denied too, so that killing the group reaches everything.
func denySyscalls(namespaces bool) error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	if err := nativeOnly(uint32(info.ID)); err != nil {
		return fmt.Errorf("architecture filter: %w", err)
	}
	// The table of an architecture has not every name.
	wanted := slices.Clone(denied)
	if !namespaces {
		wanted = append(wanted, "setsid", "setpgid")
	}
	names := slices.DeleteFunc(wanted, func(name string) bool {
		_, ok := info.SyscallNames[name]
		return !ok
	})
	var flags []seccomp.NameWithConditions
	for bit := uint64(1); bit <= newNamespaces; bit <<= 1 {
		if newNamespaces&bit != 0 {
			flags = append(flags, seccomp.NameWithConditions{Name: "clone",
				Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsSet, Value: bit}}})
		}
	}
	flags = append(flags, seccomp.NameWithConditions{Name: "ioctl",
		Conditions: seccomp.ArgumentConditions{{Argument: 1, Operation: seccomp.Equal, Value: unix.TIOCSTI}}})
	policy := seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{
			{Action: seccomp.ActionErrno | seccomp.Action(unix.EPERM), Names: names, NamesWithCondtions: flags},
		},
	}
	if _, ok := info.SyscallNames["clone3"]; ok {
		policy.Syscalls = append(policy.Syscalls, seccomp.SyscallGroup{
			Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}})
	}
	return seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: policy})
}

// nativeOnly kills the process at a system call of another architecture than id
// (an AUDIT_ARCH number), for the calling thread and what it becomes.
func nativeOnly(id uint32) error {
	const archOffset = 4 // in struct seccomp_data
	prog := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: archOffset},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: id},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&fprog)), 0, 0)
}
