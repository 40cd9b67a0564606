package iam

import (
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/store"
)

// The kinds of entity, as they stand in keys.
const (
	kindUser  = "user"
	kindGroup = "group"
	kindRole  = "role"
)

// entity is the stored record of a user, group or role: all three hold inline
// policies and attachments alike, and one record keeps what a decision needs in
// one read.
type entity struct {
	Kind    string    `json:"kind"`
	Name    string    `json:"name"`
	Path    string    `json:"path"`
	ID      string    `json:"id"` // AIDA, AGPA or AROA
	Created time.Time `json:"created"`
	// Inline are the inline policies' documents by name.
	Inline map[string]string `json:"inline,omitempty"`
	// Attached are ARNs of managed policies, in order of attachment.
	Attached []string `json:"attached,omitempty"`
	// Boundary is the ARN of the permissions boundary.
	Boundary string `json:"boundary,omitempty"`
	Tags     []tag  `json:"tags,omitempty"`
	// Groups are a user's groups by name.
	Groups []string `json:"groups,omitempty"`

	// Trust is a role's trust policy; TrustIDs are the unique ids of the users
	// and roles it names, as they were when it was written.
	Trust       string            `json:"trust,omitempty"`
	TrustIDs    map[string]string `json:"trustIds,omitempty"`
	Description string            `json:"description,omitempty"`
	// MaxSession is a role's longest session in seconds.
	MaxSession int32 `json:"maxSession,omitempty"`
	// NotBefore ends a role's sessions issued before it.
	NotBefore time.Time `json:"notBefore,omitzero"`
}

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// arn returns the entity's ARN in an account.
func (e *entity) arn(account string) string {
	return "arn:aws:iam::" + account + ":" + e.Kind + e.Path + e.Name
}

// size counts the characters of all inline policies, as IAM's limit does.
func (e *entity) size() int {
	n := 0
	for _, doc := range e.Inline {
		n += visible(doc)
	}
	return n
}

// visible counts the characters that are not white space.
func visible(doc string) int {
	n := 0
	for _, c := range doc {
		if !strings.ContainsRune(" \t\r\n", c) {
			n++
		}
	}
	return n
}

// policyRecord is a customer managed policy with its versions.
type policyRecord struct {
	Name        string          `json:"name"`
	Path        string          `json:"path"`
	ID          string          `json:"id"` // ANPA
	Created     time.Time       `json:"created"`
	Updated     time.Time       `json:"updated"`
	Description string          `json:"description,omitempty"`
	Default     string          `json:"default"` // "v1"
	Versions    []versionRecord `json:"versions"`
	// Next is the number of the next version; numbers are not used again.
	Next int   `json:"next"`
	Tags []tag `json:"tags,omitempty"`
}

type versionRecord struct {
	ID       string    `json:"id"`
	Document string    `json:"document"`
	Created  time.Time `json:"created"`
}

func (p *policyRecord) arn(account string) string {
	return "arn:aws:iam::" + account + ":policy" + p.Path + p.Name
}

// version returns a version by its id, or nil.
func (p *policyRecord) version(id string) *versionRecord {
	for i := range p.Versions {
		if p.Versions[i].ID == id {
			return &p.Versions[i]
		}
	}
	return nil
}

// accessKeyRecord is a long-term access key. The secret is sealed with the
// access key id as associated data.
type accessKeyRecord struct {
	ID       string    `json:"id"`
	UserID   string    `json:"userId"`
	UserName string    `json:"userName"`
	Active   bool      `json:"active"`
	Created  time.Time `json:"created"`
	Secret   []byte    `json:"secret"`
}

func (k *accessKeyRecord) status() string {
	if k.Active {
		return "Active"
	}
	return "Inactive"
}

// revocation ends an identity's sessions issued before NotBefore. It can go
// when every such session has ended anyway.
type revocation struct {
	NotBefore time.Time `json:"notBefore"`
}

func (s *Service) entityKey(kind, name string) store.Key {
	return s.key(kind, strings.ToLower(name))
}

// find reads an entity; nil when there is none. Names are unique without
// regard to case but are asked for as they were given.
func (s *Service) find(tx *store.Tx, kind, name string) (*entity, error) {
	e, err := store.GetJSON[entity](tx, s.entityKey(kind, name))
	if err != nil || e == nil || e.Name != name {
		return nil, err
	}
	return e, nil
}

// load reads an entity that must be there.
func (s *Service) load(tx *store.Tx, kind, name string) (*entity, error) {
	e, err := s.find(tx, kind, name)
	if err == nil && e == nil {
		err = noSuchEntity(kind, name)
	}
	return e, err
}

func (s *Service) save(tx *store.Tx, e *entity) error {
	return store.PutJSON(tx, s.entityKey(e.Kind, e.Name), e)
}
