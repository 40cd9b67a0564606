package policy

import "strings"

// Request is one thing a principal wants to do.
type Request struct {
	Principal Principal
	// Action is "service:Name".
	Action string
	// Resource is an ARN, or "*" for actions without a resource.
	Resource string
	// ResourceAccount owns the resource; empty: the account in Resource, and
	// where that has none (S3) the principal's own.
	ResourceAccount string
	// Context holds the condition keys; nil means none.
	Context *Context
	// MustAllow says that the resource's own policy has to allow, as role
	// trust policies and key policies do: an identity policy alone is not
	// enough.
	MustAllow bool
}

// Named is a policy with the name it has in a trail: "inline policy uploads of
// role x".
type Named struct {
	Name   string
	Policy *Policy
}

// Set is every policy that applies to a request.
type Set struct {
	// Identity are the policies of the user and its groups, or of the role.
	Identity []Named
	// Boundary is the permissions boundary. HasBoundary with a nil Boundary
	// (its policy is gone) allows nothing.
	Boundary    *Named
	HasBoundary bool
	// Session are the session policies: together they must allow. HasSession
	// with none allows nothing.
	Session    []Named
	HasSession bool
	// Resource are the policies of the resource: at most one in AWS today.
	Resource []Named
}

func (s *Set) bounded() bool { return s.HasBoundary || s.Boundary != nil }

// finding is what one group of policies says about a request.
type finding struct {
	deny, allow struct {
		policy    *Named
		statement int
	}
	// level is how directly the strongest Allow names the caller.
	level level
	// broken: a policy is missing or of the wrong kind.
	broken bool
	// bounded: the caller has a permissions boundary.
	bounded bool
}

// Evaluate decides a request by the order of the IAM user guide's "policy
// evaluation logic": an explicit deny anywhere ends it; a resource policy that
// names the caller itself or everyone allows within the account; otherwise an
// identity policy (or a resource policy naming the role) must allow, then the
// boundary, then the session policies. Across accounts the resource policy
// and the caller's own must both allow.
//
// It does not allocate memory when the request is allowed. A nil request, a
// nil set, a nil policy in it, and a policy among the resource's that names no
// principals deny: what cannot be evaluated allows nothing.
func Evaluate(req *Request, set *Set) Decision {
	if req == nil || set == nil {
		return Decision{Statement: -1}
	}
	var identity, boundary, session, resource finding
	caller := hasPolicies(req.Principal.Kind)
	if caller {
		identity.scan(set.Identity, req)
		session.scan(set.Session, req)
		if set.Boundary != nil {
			boundary.scanOne(set.Boundary, req)
		}
		resource.bounded = set.bounded()
	}
	resource.scan(set.Resource, req)
	for i := range set.Resource {
		if p := set.Resource[i].Policy; p != nil && p.kind != Resource && p.kind != Trust {
			resource.broken = true
		}
	}
	denies := [...]struct {
		f      *finding
		reason Reason
	}{{&identity, DenyInIdentity}, {&boundary, DenyInBoundary}, {&session, DenyInSession}, {&resource, resourceReason(set, DenyInResource, DenyInTrust)}}
	for _, d := range denies {
		if d.f.deny.policy != nil {
			return decided(ExplicitDeny, d.reason, d.f.deny.policy, d.f.deny.statement)
		}
	}
	if identity.broken || boundary.broken || session.broken || resource.broken {
		return refused(Undecided)
	}
	if !caller {
		return evaluateOther(req, set, &resource)
	}
	return evaluateCaller(req, set, &identity, &boundary, &session, &resource)
}

// evaluateOther decides for principals that have no policies of their own:
// only the resource's policy can allow them, except that root may do
// everything in its account.
func evaluateOther(req *Request, set *Set, resource *finding) Decision {
	by := resource.allow.policy
	switch req.Principal.Kind {
	case PrincipalRoot:
		if !req.MustAllow && req.sameAccount() {
			return Decision{Effect: Allow, Reason: ByRoot, Statement: -1}
		}
		if by != nil {
			return decided(Allow, ByResource, by, resource.allow.statement)
		}
	case PrincipalAnonymous:
		if by != nil && resource.level == levelEveryone {
			return decided(Allow, ByResource, by, resource.allow.statement)
		}
	case PrincipalFederated, PrincipalService:
		if by != nil && resource.level >= levelEveryone {
			return decided(Allow, ByResource, by, resource.allow.statement)
		}
	case PrincipalUser, PrincipalRoleSession, PrincipalFederatedUser:
	}
	return refused(resourceReason(set, NoResourceAllow, NoTrustAllow))
}

// evaluateCaller decides for users and sessions, after explicit denies.
func evaluateCaller(req *Request, set *Set, identity, boundary, session, resource *finding) Decision {
	same := req.sameAccount()
	if same && resource.level >= levelEveryone {
		return decided(Allow, ByResource, resource.allow.policy, resource.allow.statement)
	}
	if (!same || req.MustAllow) && resource.level == levelNone {
		return refused(resourceReason(set, NoResourceAllow, NoTrustAllow))
	}
	granted := decided(Allow, ByIdentity, identity.allow.policy, identity.allow.statement)
	if identity.allow.policy == nil {
		if !same || resource.level != levelRole {
			return refused(NoIdentityAllow)
		}
		granted = decided(Allow, ByResource, resource.allow.policy, resource.allow.statement)
	}
	if set.bounded() && boundary.allow.policy == nil {
		return refused(NoBoundaryAllow)
	}
	limited := set.HasSession || len(set.Session) > 0 || req.Principal.Kind == PrincipalFederatedUser
	if limited && session.allow.policy == nil {
		return refused(NoSessionAllow)
	}
	return granted
}

func decided(effect Effect, reason Reason, by *Named, index int) Decision {
	d := Decision{Effect: effect, Reason: reason, Statement: index}
	if by != nil {
		d.Policy = by.Name
		d.Sid = by.Policy.statements[index].sid
	}
	return d
}

func refused(reason Reason) Decision { return Decision{Reason: reason, Statement: -1} }

// resourceReason picks the wording for a trust policy where the resource's
// policy is one.
func resourceReason(set *Set, resource, trust Reason) Reason {
	for i := range set.Resource {
		if p := set.Resource[i].Policy; p != nil && p.kind == Trust {
			return trust
		}
	}
	return resource
}

// sameAccount says whether caller and resource belong together.
func (r *Request) sameAccount() bool {
	owner := r.resourceAccount()
	return owner == "" || owner == r.Principal.Account
}

func (r *Request) resourceAccount() string {
	if r.ResourceAccount != "" || !strings.HasPrefix(r.Resource, "arn:") {
		return r.ResourceAccount
	}
	rest := r.Resource
	for range 4 {
		colon := strings.IndexByte(rest, ':')
		if colon < 0 {
			return ""
		}
		rest = rest[colon+1:]
	}
	account, _, _ := strings.Cut(rest, ":")
	return account
}

func (f *finding) scan(policies []Named, req *Request) {
	for i := range policies {
		f.scanOne(&policies[i], req)
	}
}

// scanOne looks for the first matching Deny, and for the matching Allow that
// names the caller most directly.
func (f *finding) scanOne(n *Named, req *Request) {
	if n.Policy == nil {
		f.broken = true
		return
	}
	for i := range n.Policy.statements {
		s := &n.Policy.statements[i]
		if s.deny && f.deny.policy != nil {
			continue
		}
		l := s.match(req, f.bounded)
		if l == levelNone {
			continue
		}
		switch {
		case s.deny:
			f.deny.policy, f.deny.statement = n, i
		case f.allow.policy == nil || l > f.level:
			f.allow.policy, f.allow.statement, f.level = n, i, l
		}
	}
}

// match says whether the whole statement matches, as the level at which it
// names the caller.
func (s *statement) match(req *Request, bounded bool) level {
	if !s.matchAction(req.Action) {
		return levelNone
	}
	l := s.matchPrincipal(&req.Principal, bounded)
	if l == levelNone || !s.matchResource(req.Resource, req.Context) || !s.matchConditions(req.Context) {
		return levelNone
	}
	return l
}
