package policy

// Policy is one compiled policy document. It is immutable and safe for
// concurrent use.
type Policy struct {
	kind Kind
	doc  []byte
}

// Kind is what a policy document is used for; it decides which elements the
// document must and must not have.
type Kind int

// The kinds of policy.
const (
	// Identity is a policy of a user, group or role, inline or managed.
	Identity Kind = iota
	// Resource is a policy attached to a resource: it names principals.
	Resource
	// Trust is a role's trust policy: principals and no resource.
	Trust
	// SessionPolicy limits one session of a role.
	SessionPolicy
	// Boundary is a permissions boundary.
	Boundary
)

// JSON returns the document as it was given to Parse. It must not be changed.
func (p *Policy) JSON() []byte { return p.doc }

// Kind returns the kind the document was parsed as.
func (p *Policy) Kind() Kind { return p.kind }
