package token

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// KeySet is the signing keys of one issuer with the times at which each of
// them signs and is published. It is immutable: rotation returns a new set.
type KeySet struct{ entries []entry }

// entry is a key in a set: published from when it is in the set until Until,
// signing from From until a later entry of its use signs.
type entry struct {
	key   *Key
	from  time.Time
	until time.Time // zero: not retired
}

// NewKeySet makes a set in which all keys sign from now on.
func NewKeySet(now time.Time, keys ...*Key) *KeySet {
	s := &KeySet{}
	for _, k := range keys {
		s.entries = append(s.entries, entry{key: k, from: now})
	}
	return s
}

// Signing returns the key that signs tokens of a use at now: the latest one
// whose time has come. nil: the set has none.
func (s *KeySet) Signing(use Use, now time.Time) *Key {
	var best *entry
	for i := range s.entries {
		e := &s.entries[i]
		if e.key.Use == use && !e.from.After(now) && (best == nil || e.from.After(best.from)) {
			best = e
		}
	}
	if best == nil {
		return nil
	}
	return best.key
}

// Rotate returns a set with key added: it is published at once, signs when
// from has come (leave verifiers time to fetch it), and the keys of the same
// use stay published until from plus overlap, the longest life of a token.
// Entries whose time was over at now are dropped.
func (s *KeySet) Rotate(now time.Time, key *Key, from time.Time, overlap time.Duration) *KeySet {
	next := &KeySet{}
	for _, e := range s.entries {
		if e.retired(now) {
			continue
		}
		if e.key.Use == key.Use && e.until.IsZero() {
			e.until = from.Add(overlap)
		}
		next.entries = append(next.entries, e)
	}
	next.entries = append(next.entries, entry{key: key, from: from})
	return next
}

func (e *entry) retired(now time.Time) bool { return !e.until.IsZero() && !now.Before(e.until) }

// Find returns the published key with exactly this id at now, or nil.
func (s *KeySet) Find(id string, now time.Time) *Key {
	for i := range s.entries {
		if e := &s.entries[i]; e.key.ID == id && !e.retired(now) {
			return e.key
		}
	}
	return nil
}

// jwk is one public key as RFC 7517 writes it, members in Cognito's order.
type jwk struct {
	Algorithm Algorithm `json:"alg"`
	E         string    `json:"e"`
	ID        string    `json:"kid"`
	Type      string    `json:"kty"`
	N         string    `json:"n"`
	Use       string    `json:"use"`
}

// JWKS returns the key set document of all keys published at now.
func (s *KeySet) JWKS(now time.Time) ([]byte, error) {
	doc := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for i := range s.entries {
		e := &s.entries[i]
		if e.retired(now) {
			continue
		}
		public := e.key.private.PublicKey
		doc.Keys = append(doc.Keys, jwk{
			Algorithm: e.key.Algorithm,
			E:         base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
			ID:        e.key.ID,
			Type:      "RSA",
			N:         base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
			Use:       "sig",
		})
	}
	return json.Marshal(doc)
}

// storedKey is an entry as Marshal writes it.
type storedKey struct {
	Use       Use        `json:"use"`
	Algorithm Algorithm  `json:"alg"`
	PKCS8     []byte     `json:"pkcs8"`
	From      time.Time  `json:"from"`
	Until     *time.Time `json:"until,omitempty"`
}

// Marshal returns the set with its private keys, to be sealed by the caller.
func (s *KeySet) Marshal() ([]byte, error) {
	list := make([]storedKey, 0, len(s.entries))
	for _, e := range s.entries {
		der, err := x509.MarshalPKCS8PrivateKey(e.key.private)
		if err != nil {
			return nil, fmt.Errorf("token: private key: %w", err)
		}
		stored := storedKey{Use: e.key.Use, Algorithm: e.key.Algorithm, PKCS8: der, From: e.from.UTC()}
		if !e.until.IsZero() {
			until := e.until.UTC()
			stored.Until = &until
		}
		list = append(list, stored)
	}
	return json.Marshal(list)
}

// UnmarshalKeySet reads what Marshal wrote.
func UnmarshalKeySet(data []byte) (*KeySet, error) {
	var list []storedKey
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("token: key set: %w", err)
	}
	s := &KeySet{}
	for _, stored := range list {
		parsed, err := x509.ParsePKCS8PrivateKey(stored.PKCS8)
		if err != nil {
			return nil, fmt.Errorf("token: private key: %w", err)
		}
		private, ok := parsed.(*rsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("token: private key is %T", parsed)
		}
		key, err := newKey(private, stored.Use, stored.Algorithm)
		if err != nil {
			return nil, err
		}
		e := entry{key: key, from: stored.From}
		if stored.Until != nil {
			e.until = *stored.Until
		}
		s.entries = append(s.entries, e)
	}
	return s, nil
}
