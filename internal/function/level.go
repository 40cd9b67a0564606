package function

// Level is how strongly functions' processes are fenced in; see reference
// functions.md 3.3. Higher includes lower.
type Level int

// The levels. LevelUnset is the zero value of a setting.
const (
	LevelUnset Level = iota
	// LevelNone (L0): own process group, clean environment, wall timeout.
	LevelNone
	// LevelFence (L1): Landlock, seccomp, resource limits, no capabilities.
	LevelFence
	// LevelNamespace (L1 with namespaces): the fence, and pid, mount, ipc and
	// uts namespaces with an own /proc and an own /tmp. It is not yet L2, which
	// has a private root and a private network too.
	LevelNamespace
)

// String returns the level as Bawn prints it.
func (l Level) String() string {
	switch l {
	case LevelNone:
		return "L0"
	case LevelFence:
		return "L1"
	case LevelNamespace:
		return "L1+ns"
	}
	return "unset"
}

// Sandbox is what the probe found to hold.
type Sandbox struct {
	Level Level
	// OwnUser says that processes run as a user of their own where the code's
	// folders can be read by others.
	OwnUser bool
	// Held lists the attacks the canary tried in vain, Leaks those that worked.
	Held, Leaks []string
	// Reasons says for each higher level why it does not hold.
	Reasons []string
}
