package cognitoidp

import (
	"maps"
	"slices"
	"strings"

	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// attributeMap reads a list of attributes; a name given twice is refused.
func attributeMap(list []shape.AttributeType) (map[string]string, error) {
	m := make(map[string]string, len(list))
	for _, a := range list {
		name := text(a.Name)
		if _, twice := m[name]; twice {
			return nil, invalidParameter("Duplicate attribute: %s", name)
		}
		m[name] = text(a.Value)
	}
	return m, nil
}

// attributeList writes attributes for an answer: sub first, then by name.
func attributeList(m map[string]string, shown func(name string) bool) []shape.AttributeType {
	list := []shape.AttributeType{}
	for _, name := range slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if (a == "sub") != (b == "sub") {
			if a == "sub" {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	}) {
		if shown == nil || shown(name) {
			list = append(list, shape.AttributeType{Name: some(name), Value: some(m[name])})
		}
	}
	return list
}

// checkWrite says whether the given values may be written: by a client, whose
// settings are given, or (nil) by an administrator; to u, or (nil) to a new
// user. An empty value removes the attribute.
func (p *poolRecord) checkWrite(client *clientSettings, u *userRecord, given map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		a := p.attribute(name)
		if a == nil {
			return invalidParameter("Attributes did not conform to the schema: %s: Attribute does not exist in the schema.\n", name)
		}
		if name == "sub" {
			return invalidParameter("Cannot modify the non-mutable attribute sub")
		}
		if client != nil && !client.writable(a) {
			return unauthorizedAttribute()
		}
		if u != nil && !a.Mutable && (u.Attributes[name] != "" || u.Status != statusForceChange) {
			return invalidParameter("user.%s: Attribute cannot be updated.\n", name)
		}
		if given[name] == "" {
			if a.Required {
				return missingAttribute(name)
			}
			continue
		}
		if err := a.check(given[name]); err != nil {
			return err
		}
		if a.Type == "Boolean" {
			given[name] = strings.ToLower(given[name])
		}
	}
	return nil
}

func missingAttribute(name string) error {
	return invalidParameter("Attributes did not conform to the schema: %s: The attribute is required\n", name)
}

// checkRequired says whether a new user has what the schema requires.
func (p *poolRecord) checkRequired(attributes map[string]string) error {
	for _, name := range p.requiredAttributes() {
		if attributes[name] == "" {
			return missingAttribute(name)
		}
	}
	return nil
}

// change applies given values to u and returns the contact attributes whose
// new value has to be verified by a code. What must be verified before it
// counts waits in u.Pending.
func (p *poolRecord) change(u *userRecord, given map[string]string) []string {
	var verify []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		v := given[name]
		if name != "email" && name != "phone_number" {
			u.set(name, v)
			continue
		}
		delete(u.Pending, name)
		said, isSaid := given[name+"_verified"]
		switch {
		case v != "" && p.foldAlias(name, v) == p.foldAlias(name, u.Attributes[name]):
			u.set(name, v)
		case v == "":
			u.set(name, "")
			u.set(name+"_verified", "")
		case isSaid:
			// Only an administrator says so; the value counts at once.
			u.set(name, v)
			if said != "true" && slices.Contains(p.Settings.AutoVerified, name) {
				verify = append(verify, name)
			}
		case slices.Contains(p.Settings.VerifyBeforeUpdate, name) && u.Attributes[name] != "":
			if u.Pending == nil {
				u.Pending = map[string]string{}
			}
			u.Pending[name] = v
			verify = append(verify, name)
		default:
			u.set(name, v)
			u.set(name+"_verified", "false")
			if slices.Contains(p.Settings.AutoVerified, name) {
				verify = append(verify, name)
			}
		}
	}
	for _, name := range []string{"email_verified", "phone_number_verified"} {
		if v, ok := given[name]; ok {
			u.set(name, v)
		}
	}
	return verify
}

func (u *userRecord) set(name, v string) {
	if v == "" {
		delete(u.Attributes, name)
		return
	}
	u.Attributes[name] = v
}

// contact is the value a code for an attribute goes to: the new one if it
// waits to be verified.
func (u *userRecord) contact(name string) string {
	if v := u.Pending[name]; v != "" {
		return v
	}
	return u.Attributes[name]
}

// sendAttributeCodes mails a code for each attribute.
func (s *Service) sendAttributeCodes(tx *store.Tx, pool *poolRecord, u *userRecord, names []string) ([]shape.CodeDeliveryDetailsType, error) {
	list := []shape.CodeDeliveryDetailsType{}
	for _, name := range names {
		if name != "email" {
			continue // telephone numbers cannot be auto-verified (see refusePoolParameters)
		}
		d, err := s.sendCode(tx, pool, u, purposeAttribute+name, name, u.contact(name), attributeCodeLife)
		if err != nil {
			return nil, err
		}
		list = append(list, *d)
	}
	return list, nil
}

// checkPending refuses a waiting value that is another user's name already.
func (s *Service) checkPending(tx *store.Tx, pool *poolRecord, u *userRecord) error {
	for kind, v := range u.Pending {
		if !pool.hasName(kind) {
			continue
		}
		owner, ok, err := tx.Get(s.nameKey(pool.ID, kind, pool.foldAlias(kind, v)))
		if err != nil {
			return err
		}
		if ok && string(owner) != pool.fold(u.Username) {
			return aliasTaken("AliasExistsException", kind)
		}
	}
	return nil
}

// clone returns a copy that may be changed.
func (u *userRecord) clone() *userRecord {
	c := *u
	c.Attributes, c.Pending = maps.Clone(u.Attributes), maps.Clone(u.Pending)
	c.History = slices.Clone(u.History)
	return &c
}
