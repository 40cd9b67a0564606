package cognitoidp

import (
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/store"
)

// foldsCase says whether user names are compared without regard to case. AWS
// pools created without UsernameConfiguration are case-sensitive.
func (p *poolRecord) foldsCase() bool { return p.CaseSensitive != nil && !*p.CaseSensitive }

// fold returns the form in which a user name is a key.
func (p *poolRecord) fold(name string) string {
	if p.foldsCase() {
		return strings.ToLower(name)
	}
	return name
}

// foldAlias returns the form in which an attribute's value is a key. E-mail
// addresses never differ by case alone (attack 32).
func (p *poolRecord) foldAlias(kind, v string) string {
	if kind == "email" {
		return strings.ToLower(v)
	}
	if kind == "preferred_username" {
		return p.fold(v)
	}
	return v
}

// alias is one name by which a user is found.
type alias struct{ kind, value string }

// aliases returns the names by which a user is found beside the user name. In
// a pool with UsernameAttributes these hold from the start; alias attributes
// only once verified, so that nobody is found by an address he only claims.
func (p *poolRecord) aliases(u *userRecord) []alias {
	if u == nil {
		return nil
	}
	list := []alias{{"sub", u.Sub}}
	add := func(kind string) { list = append(list, alias{kind, p.foldAlias(kind, u.Attributes[kind])}) }
	for _, kind := range p.UsernameAttributes {
		if u.Attributes[kind] != "" {
			add(kind)
		}
	}
	for _, kind := range p.AliasAttributes {
		verified := kind == "preferred_username" || u.Attributes[kind+"_verified"] == "true"
		if u.Attributes[kind] != "" && verified && u.Status != statusUnconfirmed {
			add(kind)
		}
	}
	return list
}

// find returns the user of a name as people type it: user name, alias or sub;
// nil when there is none.
func (s *Service) find(tx *store.Tx, pool *poolRecord, name string) (*userRecord, error) {
	u, err := store.GetJSON[userRecord](tx, s.userKey(pool.ID, pool.fold(name)))
	if err != nil || u != nil {
		return u, err
	}
	var tries []alias
	if strings.Contains(name, "@") && pool.hasName("email") {
		tries = append(tries, alias{"email", name})
	}
	if strings.HasPrefix(name, "+") && pool.hasName("phone_number") {
		tries = append(tries, alias{"phone_number", name})
	}
	if pool.hasName("preferred_username") {
		tries = append(tries, alias{"preferred_username", name})
	}
	tries = append(tries, alias{"sub", name})
	for _, a := range tries {
		key, ok, err := tx.Get(s.nameKey(pool.ID, a.kind, pool.foldAlias(a.kind, a.value)))
		if err != nil {
			return nil, err
		}
		if ok {
			return store.GetJSON[userRecord](tx, s.userKey(pool.ID, string(key)))
		}
	}
	return nil, nil
}

// putUser writes a user and the rows of its names. before is the user as it
// was, nil for a new one. A name that belongs to someone else is refused with
// taken as the error's code, unless force takes it over.
func (s *Service) putUser(tx *store.Tx, pool *poolRecord, before, after *userRecord, taken string, force bool) error {
	key := pool.fold(after.Username)
	was, is := pool.aliases(before), pool.aliases(after)
	for _, a := range was {
		if !slices.Contains(is, a) {
			tx.Delete(s.nameKey(pool.ID, a.kind, a.value))
		}
	}
	for _, a := range is {
		if slices.Contains(was, a) {
			continue
		}
		row := s.nameKey(pool.ID, a.kind, a.value)
		owner, ok, err := tx.Get(row)
		if err != nil {
			return err
		}
		if a.kind == "preferred_username" && a.value != key {
			_, isName, err := tx.Get(s.userKey(pool.ID, a.value))
			if err != nil {
				return err
			}
			if isName {
				return aliasTaken(taken, a.kind)
			}
		}
		if ok && string(owner) != key {
			if !force {
				return aliasTaken(taken, a.kind)
			}
			if err := s.dropAlias(tx, pool, string(owner), a.kind); err != nil {
				return err
			}
		}
		tx.Put(row, []byte(key))
	}
	return store.PutJSON(tx, s.userKey(pool.ID, key), after)
}

// dropAlias takes a name from its former owner: the attribute stays but is no
// longer verified.
func (s *Service) dropAlias(tx *store.Tx, pool *poolRecord, key, kind string) error {
	u, err := store.GetJSON[userRecord](tx, s.userKey(pool.ID, key))
	if err != nil || u == nil {
		return err
	}
	if kind == "preferred_username" {
		delete(u.Attributes, kind)
	} else {
		u.Attributes[kind+"_verified"] = "false"
	}
	u.Modified = s.now()
	return store.PutJSON(tx, s.userKey(pool.ID, key), u)
}

// deleteUser removes a user with everything that belongs to it.
func (s *Service) deleteUser(tx *store.Tx, pool *poolRecord, u *userRecord) error {
	key := pool.fold(u.Username)
	for _, a := range pool.aliases(u) {
		tx.Delete(s.nameKey(pool.ID, a.kind, a.value))
	}
	groups, err := s.groupsOf(tx, pool.ID, key)
	if err != nil {
		return err
	}
	for _, g := range groups {
		tx.Delete(s.memberKey(pool.ID, g.Name, key))
	}
	tx.DeleteRange(s.within(pool.ID, "groupof", key).Prefix())
	tx.DeleteRange(s.within(pool.ID, "code", key).Prefix())
	tx.Delete(s.userKey(pool.ID, key))
	return nil
}
