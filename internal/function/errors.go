package function

import (
	"errors"
	"fmt"
)

// ErrClosed is returned by Invoke after Close.
var ErrClosed = errors.New("function: pool closed")

// Throttled refuses a call because a limit of concurrency is reached. Reason is
// AWS's: ReservedFunctionConcurrentInvocationLimitExceeded,
// ConcurrentInvocationLimitExceeded.
type Throttled struct{ Reason string }

// Error says the reason.
func (t *Throttled) Error() string { return "function: throttled: " + t.Reason }

// RuntimeMissing says that the program of a runtime is not installed.
type RuntimeMissing struct{ Runtime string }

// Error names the runtime.
func (r *RuntimeMissing) Error() string {
	return fmt.Sprintf("function: no program for runtime %s: install Node 20 or newer", r.Runtime)
}

// Unsupported says that Bawn does not run this runtime.
type Unsupported struct{ Runtime string }

// Error names the runtime.
func (u *Unsupported) Error() string { return "function: runtime " + u.Runtime + " is not built" }
