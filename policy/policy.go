package policy

// Policy is one compiled policy document. It is immutable and safe for
// concurrent use.
type Policy struct {
	kind       Kind
	doc        []byte
	version    string
	id         string
	size       int
	statements []statement
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

// String returns the part the kind plays in a trail.
func (k Kind) String() string {
	switch k {
	case Resource:
		return "resource"
	case Trust:
		return "trust"
	case SessionPolicy:
		return "session"
	case Boundary:
		return "boundary"
	}
	return "identity"
}

// statement is one compiled statement.
type statement struct {
	sid          string
	deny         bool
	notAction    bool
	actions      []pattern
	hasResource  bool
	notResource  bool
	resources    []pattern
	hasPrincipal bool
	notPrincipal bool
	principals   []principal
	conditions   []condition
}

func (s *statement) effect() string {
	if s.deny {
		return "Deny"
	}
	return "Allow"
}

// JSON returns the document as it was given to Parse. It must not be changed.
func (p *Policy) JSON() []byte { return p.doc }

// Kind returns the kind the document was parsed as.
func (p *Policy) Kind() Kind { return p.kind }

// Size returns the number of characters without white space, which is what
// IAM's size limits count.
func (p *Policy) Size() int { return p.size }

// Statements returns how many statements the policy has.
func (p *Policy) Statements() int { return len(p.statements) }
