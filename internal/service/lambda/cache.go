package lambda

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// versionCache keeps what was decoded from records, next to the bytes it was
// decoded from: after any write the records are read again, and decoded again
// if they have changed, so it is never stale and the same version stays the
// same pointer.
type versionCache struct {
	mu       sync.Mutex
	versions map[target]*cachedVersion
	policies map[target]*cachedPolicy
}

type cachedVersion struct {
	generation          uint64
	function, published []byte
	version             *Version
}

type cachedPolicy struct {
	generation uint64
	record     []byte // nil: there is no policy
	policy     *policy.Policy
}

// maxCached bounds the cache; it is dropped whole when it is full.
const maxCached = 4096

// runnable returns the version a target names, ready to run.
func (s *Service) runnable(ctx context.Context, t target) (*Version, error) {
	number := t.qualifier
	if number == "" {
		number = latest
	}
	key, generation := target{t.name, number}, s.generation.Load()
	s.cache.mu.Lock()
	c := s.cache.versions[key]
	s.cache.mu.Unlock()
	if c != nil && c.generation == generation {
		return c.version, nil
	}
	var function, published []byte
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if function, ok, err = tx.Get(s.key("function", t.name)); err != nil {
			return err
		} else if !ok {
			return notFound(s.qualified(t))
		}
		if number == latest {
			return nil
		}
		n, ok := versionNumber(number)
		if !ok {
			return notFound(s.qualified(t))
		}
		if published, ok, err = tx.Get(s.key("version", t.name, padded(n))); err == nil && !ok {
			return notFound(s.qualified(t))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var v *Version
	if c != nil && bytes.Equal(c.function, function) && bytes.Equal(c.published, published) {
		v = c.version
	} else if v, err = s.decodeVersion(number, function, published); err != nil {
		return nil, err
	}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if s.cache.versions == nil || len(s.cache.versions) >= maxCached {
		s.cache.versions = map[target]*cachedVersion{}
	}
	s.cache.versions[key] = &cachedVersion{generation, function, published, v}
	return v, nil
}

func (s *Service) decodeVersion(number string, function, published []byte) (*Version, error) {
	rec, err := store.DecodeJSON[functionRecord](function)
	if err != nil {
		return nil, err
	}
	set := &rec.settings
	if published != nil {
		v, err := store.DecodeJSON[versionRecord](published)
		if err != nil {
			return nil, err
		}
		set = &v.settings
	}
	v := &Version{
		ARN: s.arn(rec.Name), Name: rec.Name, Number: number, Runtime: set.Runtime, Handler: set.Handler,
		CodeID: set.CodeSHA256, Env: set.Env, MemoryMB: int(set.Memory), Timeout: time.Duration(set.Timeout) * time.Second,
		Role: set.Role, LogGroup: set.LogGroup, LogFormat: set.LogFormat, LogLevel: set.LogLevel, Description: set.Description,
	}
	if rec.Reserved != nil {
		v.Reserved = new(int(*rec.Reserved))
	}
	if set.LocalCode != "" {
		// The root may have changed since the function was made.
		rel, err := filepath.Rel(s.cfg.LocalCodeRoot, set.LocalCode)
		if s.cfg.LocalCodeRoot == "" || err != nil || !filepath.IsLocal(rel) {
			return nil, fmt.Errorf("lambda: code of %s is outside the allowed root", rec.Name)
		}
		v.CodeDir, v.GroupDir = set.LocalCode, s.cfg.LocalCodeRoot
		return v, nil
	}
	v.CodeDir, err = s.code.folder(codeID(set.CodeSHA256))
	return v, err
}

// resourcePolicy returns the compiled policy of a function, nil if it has none.
func (s *Service) resourcePolicy(ctx context.Context, t target) (*policy.Policy, error) {
	generation := s.generation.Load()
	s.cache.mu.Lock()
	c := s.cache.policies[t]
	s.cache.mu.Unlock()
	if c != nil && c.generation == generation {
		return c.policy, nil
	}
	var record []byte
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		record, _, err = tx.Get(s.policyKey(t))
		return err
	})
	if err != nil {
		return nil, err
	}
	var p *policy.Policy
	switch {
	case record == nil:
	case c != nil && bytes.Equal(c.record, record):
		p = c.policy
	default:
		if p, err = decodePolicy(record); err != nil {
			return nil, fmt.Errorf("policy of function %s: %w", t.name, err)
		}
	}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if s.cache.policies == nil || len(s.cache.policies) >= maxCached {
		s.cache.policies = map[target]*cachedPolicy{}
	}
	s.cache.policies[t] = &cachedPolicy{generation, record, p}
	return p, nil
}

// decodePolicy compiles a stored policy, bound to the users and roles that it
// named when its statements were added.
func decodePolicy(record []byte) (*policy.Policy, error) {
	rec, err := store.DecodeJSON[policyRecord](record)
	if err != nil {
		return nil, err
	}
	live, ids := rec.live()
	if live == nil {
		return nil, nil
	}
	p, err := policy.Parse(policy.Resource, live)
	if err != nil || p == nil {
		return nil, err
	}
	return p.WithPrincipalIDs(ids), nil
}
