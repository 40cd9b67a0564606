package cognitoidentity

import (
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// poolRecord is an identity pool with its roles.
type poolRecord struct {
	ID                string            `json:"id"`
	Name              string            `json:"name"`
	Guests            bool              `json:"guests"`
	ClassicFlow       *bool             `json:"classicFlow,omitempty"`
	SupportedLogins   map[string]string `json:"supportedLogins,omitempty"`
	DeveloperProvider string            `json:"developerProvider,omitempty"`
	OpenIDProviders   []string          `json:"openIdProviders,omitempty"`
	UserPools         []userPool        `json:"userPools,omitempty"`
	SAMLProviders     []string          `json:"samlProviders,omitempty"`
	Tags              map[string]string `json:"tags,omitempty"`
	Created           time.Time         `json:"created"`
	// Roles has "authenticated" and "unauthenticated".
	Roles    map[string]string  `json:"roles,omitempty"`
	Mappings map[string]mapping `json:"mappings,omitempty"`
}

// userPool is one CognitoIdentityProvider of a pool.
type userPool struct {
	Provider        string `json:"provider"`
	Client          string `json:"client"`
	ServerSideCheck *bool  `json:"serverSideCheck,omitempty"`
}

// mapping is one RoleMapping.
type mapping struct {
	Type      string `json:"type"` // "Token" or "Rules"
	Ambiguous string `json:"ambiguous,omitempty"`
	Rules     []rule `json:"rules,omitempty"`
}

type rule struct {
	Claim string `json:"claim"`
	Match string `json:"match"`
	Value string `json:"value"`
	Role  string `json:"role"`
}

// classic says whether the basic flow is allowed.
func (p *poolRecord) classic() bool { return p.ClassicFlow != nil && *p.ClassicFlow }

// identityRecord is one identity. One without logins is a guest.
type identityRecord struct {
	ID       string    `json:"id"`
	Pool     string    `json:"pool"`
	Logins   []linked  `json:"logins,omitempty"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
	// Disabled: merged into another identity, or its last login was unlinked.
	Disabled bool `json:"disabled,omitempty"`
}

// linked is one login of an identity: a provider and its user.
type linked struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
}

// at returns the subject the identity has with a provider.
func (i *identityRecord) at(provider string) (string, bool) {
	for _, l := range i.Logins {
		if l.Provider == provider {
			return l.Subject, true
		}
	}
	return "", false
}

func (s *Service) key(parts ...string) store.Key { return s.base.With(parts...) }

func (s *Service) poolKey(id string) store.Key     { return s.key("pool", id) }
func (s *Service) identityKey(id string) store.Key { return s.key("identity", id) }

func (s *Service) loginKey(pool string, l linked) store.Key {
	return s.key("in", pool, "login", l.Provider, l.Subject)
}

// pool reads a pool that must be there.
func (s *Service) pool(tx *store.Tx, id string) (*poolRecord, error) {
	p, err := store.GetJSON[poolRecord](tx, s.poolKey(id))
	if err == nil && p == nil {
		err = poolNotFound(id)
	}
	return p, err
}

// identity reads an identity that must be there, and its pool.
func (s *Service) identity(tx *store.Tx, id string) (*identityRecord, *poolRecord, error) {
	i, err := store.GetJSON[identityRecord](tx, s.identityKey(id))
	if err != nil {
		return nil, nil, err
	}
	if i == nil {
		return nil, nil, identityNotFound(id)
	}
	p, err := store.GetJSON[poolRecord](tx, s.poolKey(i.Pool))
	if err == nil && p == nil {
		err = identityNotFound(id)
	}
	return i, p, err
}

// putIdentity writes an identity and the rows of its logins.
func (s *Service) putIdentity(tx *store.Tx, i *identityRecord) error {
	i.Modified = s.now()
	tx.Put(s.key("in", i.Pool, "identity", i.ID), nil)
	for _, l := range i.Logins {
		tx.Put(s.loginKey(i.Pool, l), []byte(i.ID))
	}
	return store.PutJSON(tx, s.identityKey(i.ID), i)
}

// deleteIdentity removes an identity with its rows.
func (s *Service) deleteIdentity(tx *store.Tx, i *identityRecord) {
	for _, l := range i.Logins {
		tx.Delete(s.loginKey(i.Pool, l))
	}
	tx.Delete(s.key("in", i.Pool, "identity", i.ID))
	tx.Delete(s.identityKey(i.ID))
}
