package iam

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// maxCached bounds each map of the cache; a full one is emptied.
const maxCached = 4096

// principal is what a user or role may do, compiled. It is immutable.
type principal struct {
	generation uint64
	id, arn    string
	tags       []tag
	// set holds the identity policies and the boundary.
	set policy.Set
	// role is set for roles; notBefore ends older sessions of it.
	role      *awsapi.Role
	notBefore time.Time
}

// cache keeps what was read and compiled. An entry counts only while its
// generation is the service's: a reader notes the generation before it reads
// the store, and update moves it on after a write is committed and before it is
// answered, so an entry that was read before a write cannot be used after it.
type cache struct {
	mu         sync.RWMutex
	principals map[string]*principal
	keys       map[string]*cachedKey
	revoked    map[string]*cachedRevocation
	sessions   map[string]*openSession
	documents  map[string]*policy.Policy
}

type cachedKey struct {
	generation uint64
	credential *awsapi.Credential // nil: no such key
}

type cachedRevocation struct {
	generation uint64
	notBefore  time.Time
}

// lookup reads a cached value; keep stores one. Both are free functions
// because the maps differ in type.
func lookup[T any](c *cache, m *map[string]T, key string) (T, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := (*m)[key]
	return v, ok
}

func keep[T any](c *cache, m *map[string]T, key string, v T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *m == nil || len(*m) >= maxCached {
		*m = make(map[string]T)
	}
	(*m)[key] = v
}

// principal returns what a user or role may do, nil when there is none of
// that name.
func (s *Service) principal(ctx context.Context, kind, name string) (*principal, error) {
	key := kind + "/" + name
	generation := s.generation.Load()
	if p, ok := lookup(&s.cache, &s.cache.principals, key); ok && p.generation == generation {
		return p, nil
	}
	var p *principal
	err := s.db.View(ctx, func(tx *store.Tx) error {
		e, err := s.find(tx, kind, name)
		if err != nil || e == nil {
			return err
		}
		p, err = s.compile(tx, e)
		return err
	})
	if err != nil || p == nil {
		return nil, err
	}
	p.generation = generation
	keep(&s.cache, &s.cache.principals, key, p)
	return p, nil
}

// compile reads and compiles everything that decides what e may do.
func (s *Service) compile(tx *store.Tx, e *entity) (*principal, error) {
	p := &principal{id: e.ID, arn: e.arn(s.account), tags: e.Tags, notBefore: e.NotBefore}
	if err := s.addPolicies(tx, &p.set, e); err != nil {
		return nil, err
	}
	for _, name := range e.Groups {
		group, err := s.find(tx, kindGroup, name)
		if err != nil {
			return nil, err
		}
		if group == nil {
			return nil, fmt.Errorf("group %s of user %s is gone", name, e.Name)
		}
		if err := s.addPolicies(tx, &p.set, group); err != nil {
			return nil, err
		}
	}
	if e.Boundary != "" {
		compiled, err := s.compileManaged(tx, e.Boundary)
		if err != nil {
			return nil, err
		}
		p.set.HasBoundary = true
		p.set.Boundary = &policy.Named{Name: "permissions boundary " + e.Boundary, Policy: compiled}
	}
	if e.Kind == kindRole {
		role, err := s.roleOf(e)
		if err != nil {
			return nil, err
		}
		p.role = role
	}
	return p, nil
}

// addPolicies adds the inline and attached policies of an entity.
func (s *Service) addPolicies(tx *store.Tx, set *policy.Set, e *entity) error {
	whose := " of " + e.Kind + " " + e.Name
	for _, name := range sortedNames(e.Inline) {
		compiled, err := policy.Parse(policy.Identity, []byte(e.Inline[name]))
		if err != nil {
			return fmt.Errorf("inline policy %s%s: %w", name, whose, err)
		}
		set.Identity = append(set.Identity, policy.Named{Name: "inline policy " + name + whose, Policy: compiled})
	}
	for _, policyARN := range e.Attached {
		compiled, err := s.compileManaged(tx, policyARN)
		if err != nil {
			return err
		}
		set.Identity = append(set.Identity, policy.Named{Name: "managed policy " + policyARN + whose, Policy: compiled})
	}
	return nil
}

// compileManaged compiles the default version of a managed policy. A missing
// one is an error, so that a policy which may hold a Deny is never left out.
func (s *Service) compileManaged(tx *store.Tx, policyARN string) (*policy.Policy, error) {
	if m := s.managed[policyARN]; m != nil {
		return m.compiled, nil
	}
	record, err := store.GetJSON[policyRecord](tx, s.key("policy", policyARN))
	if err != nil {
		return nil, err
	}
	if record == nil || record.version(record.Default) == nil {
		return nil, fmt.Errorf("managed policy %s is gone", policyARN)
	}
	compiled, err := policy.Parse(policy.Identity, []byte(record.version(record.Default).Document))
	if err != nil {
		return nil, fmt.Errorf("managed policy %s: %w", policyARN, err)
	}
	return compiled, nil
}

// document compiles a session policy. The text is the key, so what is cached
// cannot be wrong.
func (s *Service) document(text string) (*policy.Policy, error) {
	if p, ok := lookup(&s.cache, &s.cache.documents, text); ok {
		return p, nil
	}
	p, err := policy.Parse(policy.SessionPolicy, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("session policy: %w", err)
	}
	keep(&s.cache, &s.cache.documents, text, p)
	return p, nil
}

// managedPolicies compiles managed session policies, live.
func (s *Service) managedPolicies(ctx context.Context, arns []string) ([]policy.Named, error) {
	out := make([]policy.Named, 0, len(arns))
	var err error
	for _, policyARN := range arns {
		var compiled *policy.Policy
		if m := s.managed[policyARN]; m != nil {
			// AWS's own need no look into the store: every guest has one.
			compiled = m.compiled
		} else if err = s.db.View(ctx, func(tx *store.Tx) error {
			compiled, err = s.compileManaged(tx, policyARN)
			return err
		}); err != nil {
			return nil, err
		}
		out = append(out, policy.Named{Name: "managed session policy " + policyARN, Policy: compiled})
	}
	return out, nil
}
