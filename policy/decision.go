package policy

// Effect is the outcome of an evaluation. The zero value denies.
type Effect int

// The outcomes.
const (
	ImplicitDeny Effect = iota
	Allow
	ExplicitDeny
)

// String returns "implicit deny", "allow" or "explicit deny".
func (e Effect) String() string {
	switch e {
	case Allow:
		return "allow"
	case ExplicitDeny:
		return "explicit deny"
	}
	return "implicit deny"
}

// MarshalText writes the effect as String does.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// Reason says which rule of the evaluation logic gave the outcome.
type Reason int

// The reasons. The zero value belongs to a decision that was never taken.
const (
	Undecided Reason = iota
	// ByIdentity: an identity policy allows, and nothing limits it.
	ByIdentity
	// ByResource: the resource's policy allows.
	ByResource
	// ByRoot: the account's root user.
	ByRoot
	// NoIdentityAllow: no identity policy allows.
	NoIdentityAllow
	// NoBoundaryAllow: the permissions boundary does not allow.
	NoBoundaryAllow
	// NoSessionAllow: no session policy allows.
	NoSessionAllow
	// NoResourceAllow: the resource's policy had to allow and does not.
	NoResourceAllow
	// NoTrustAllow: the role's trust policy does not allow.
	NoTrustAllow
	// DenyInIdentity to DenyInTrust: a matching Deny statement stands there.
	DenyInIdentity
	DenyInBoundary
	DenyInSession
	DenyInResource
	DenyInTrust
)

var reasonText = [...]string{
	Undecided:       "not decided",
	ByIdentity:      "allowed by an identity-based policy",
	ByResource:      "allowed by a resource-based policy",
	ByRoot:          "allowed to the root user of the account",
	NoIdentityAllow: "no identity-based policy allows",
	NoBoundaryAllow: "no permissions boundary allows",
	NoSessionAllow:  "no session policy allows",
	NoResourceAllow: "no resource-based policy allows",
	NoTrustAllow:    "no role trust policy allows",
	DenyInIdentity:  "an explicit deny in an identity-based policy",
	DenyInBoundary:  "an explicit deny in a permissions boundary",
	DenyInSession:   "an explicit deny in a session policy",
	DenyInResource:  "an explicit deny in a resource-based policy",
	DenyInTrust:     "an explicit deny in the role trust policy",
}

// String returns the reason as it stands in AWS's refusals.
func (r Reason) String() string {
	if r < 0 || int(r) >= len(reasonText) {
		return "unknown"
	}
	return reasonText[r]
}

// MarshalText writes the reason as String does.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Decision is the outcome of Evaluate. The zero value is a denial.
type Decision struct {
	Effect Effect `json:"effect"`
	Reason Reason `json:"reason"`
	// Policy is the name of the policy whose statement decided: the one that
	// denied, or the one that allowed. Empty for implicit denies and root.
	Policy string `json:"policy,omitempty"`
	// Statement is the index of that statement in its policy, from 0; -1 when
	// no statement decided.
	Statement int `json:"statement"`
	// Sid is that statement's Sid, or "".
	Sid string `json:"sid,omitempty"`
}

// Allowed says whether the request may go on.
func (d Decision) Allowed() bool { return d.Effect == Allow }

// Because words the reason of a refusal the way AWS appends it to its message,
// with a leading space: " because no identity-based policy allows the
// s3:GetObject action". It is "" for an allowed request.
func (d Decision) Because(action string) string {
	switch d.Effect {
	case Allow:
		return ""
	case ExplicitDeny:
		return " with " + d.Reason.String()
	}
	switch d.Reason {
	case NoIdentityAllow, NoBoundaryAllow, NoSessionAllow, NoResourceAllow, NoTrustAllow:
		return " because " + d.Reason.String() + " the " + action + " action"
	}
	return ""
}
