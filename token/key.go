package token

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
)

// Use says what a key signs; it is also the value of the token_use claim.
type Use string

// The uses. AnyUse is for issuers whose tokens carry no token_use.
const (
	ID     Use = "id"
	Access Use = "access"
	AnyUse Use = ""
)

// Algorithm is a JWS algorithm name.
type Algorithm string

// The algorithms: user pools sign with RS256, identity pools with RS512.
const (
	RS256 Algorithm = "RS256"
	RS512 Algorithm = "RS512"
)

// keyBits is the size of every signing key.
const keyBits = 2048

func (a Algorithm) hash() (crypto.Hash, func() hash.Hash) {
	if a == RS512 {
		return crypto.SHA512, sha512.New
	}
	return crypto.SHA256, sha256.New
}

// Key is one signing key pair. It is immutable and safe for concurrent use.
type Key struct {
	// ID is the kid: the base64 SHA-256 of the public key, so that it is
	// unique without being kept.
	ID        string
	Use       Use
	Algorithm Algorithm
	private   *rsa.PrivateKey
	header    string
}

// Generate makes a key pair of 2048 bits. It takes tenths of a second.
func Generate(random io.Reader, use Use, algorithm Algorithm) (*Key, error) {
	private, err := rsa.GenerateKey(random, keyBits)
	if err != nil {
		return nil, fmt.Errorf("token: generate key: %w", err)
	}
	return newKey(private, use, algorithm)
}

func newKey(private *rsa.PrivateKey, use Use, algorithm Algorithm) (*Key, error) {
	if algorithm != RS256 && algorithm != RS512 {
		return nil, fmt.Errorf("token: algorithm %q", algorithm)
	}
	if private.N.BitLen() < keyBits {
		return nil, fmt.Errorf("token: a key of %d bits", private.N.BitLen())
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("token: public key: %w", err)
	}
	sum := sha256.Sum256(public)
	k := &Key{ID: base64.StdEncoding.EncodeToString(sum[:]), Use: use, Algorithm: algorithm, private: private}
	head, err := json.Marshal(struct {
		ID        string    `json:"kid"`
		Algorithm Algorithm `json:"alg"`
	}{k.ID, algorithm})
	if err != nil {
		return nil, fmt.Errorf("token: header: %w", err)
	}
	k.header = base64.RawURLEncoding.EncodeToString(head) + "."
	return k, nil
}

// Reuse returns the same key pair for another use, so that spare keys can be
// made before it is known what they will sign.
func (k *Key) Reuse(use Use) *Key {
	c := *k
	c.Use = use
	return &c
}

// Sign returns the compact JWS of claims under the key. Claims are written
// sorted by name; times are to be given as Unix seconds (int64). The header is
// {"kid","alg"} without typ, as Cognito writes it.
func (k *Key) Sign(claims map[string]any) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token: claims: %w", err)
	}
	signed := k.header + base64.RawURLEncoding.EncodeToString(body)
	id, newHash := k.Algorithm.hash()
	h := newHash()
	h.Write([]byte(signed))
	// The signature is deterministic: no randomness is drawn.
	signature, err := rsa.SignPKCS1v15(nil, k.private, id, h.Sum(nil))
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func (k *Key) verify(signed string, signature []byte) bool {
	id, newHash := k.Algorithm.hash()
	h := newHash()
	h.Write([]byte(signed))
	return rsa.VerifyPKCS1v15(&k.private.PublicKey, id, h.Sum(nil), signature) == nil
}
