package journal

import "github.com/bawn-dev/bawn/policy"

// Explained is one decision of a request with its story, as `bawn why --json`
// shows it.
type Explained struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
	Allowed  bool   `json:"allowed"`
	// Because is the reason of a refusal in AWS's words.
	Because string `json:"because,omitempty"`
	// Trail is nil for a decision that kept none.
	Trail *policy.Trail `json:"trail,omitempty"`
}
