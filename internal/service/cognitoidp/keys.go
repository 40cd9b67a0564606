package cognitoidp

import (
	"fmt"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

func (s *Service) poolKey(id string) store.Key     { return s.base.With("pool", id) }
func (s *Service) clientKey(id string) store.Key   { return s.base.With("client", id) }
func (s *Service) domainKey(name string) store.Key { return s.base.With("domain", name) }

// within is the key of something that belongs to a pool and ends with it.
func (s *Service) within(pool string, parts ...string) store.Key {
	return s.base.With("in", pool).With(parts...)
}

func (s *Service) keySetKey(pool string) store.Key        { return s.within(pool, "keys") }
func (s *Service) userKey(pool, folded string) store.Key  { return s.within(pool, "user", folded) }
func (s *Service) codeKey(pool, user, p string) store.Key { return s.within(pool, "code", user, p) }
func (s *Service) familyKey(pool, id string) store.Key    { return s.within(pool, "family", id) }
func (s *Service) groupKey(pool, name string) store.Key   { return s.within(pool, "group", name) }

func (s *Service) nameKey(pool, kind, value string) store.Key {
	return s.within(pool, "name", kind, value)
}

func (s *Service) poolClientKey(pool, client string) store.Key {
	return s.within(pool, "client", client)
}

func (s *Service) memberKey(pool, group, user string) store.Key {
	return s.within(pool, "member", group, user)
}

func (s *Service) groupOfKey(pool, user, group string) store.Key {
	return s.within(pool, "groupof", user, group)
}

// bucket names the span of time that t lies in, as a sortable string; shift
// moves by whole spans.
func bucket(t time.Time, span time.Duration, shift int64) string {
	return fmt.Sprintf("%012d", t.Unix()/int64(span/time.Second)+shift)
}
