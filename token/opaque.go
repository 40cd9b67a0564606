package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Sealer is authenticated encryption under a key of one purpose; ad is bound
// to the box but not contained in it. internal/seal implements it.
type Sealer interface {
	Seal(plain, ad []byte) []byte
	Open(box, ad []byte) ([]byte, error)
}

// ErrOpaque says that an opaque token was not made under this key and for this
// purpose, or was altered.
var ErrOpaque = errors.New("token: not a token of this issuer")

// maxOpaque bounds an opaque token in bytes.
const maxOpaque = 16 << 10

// SealOpaque returns v, as JSON, sealed for ad and written in base64url.
func SealOpaque(s Sealer, ad string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("token: opaque: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(s.Seal(plain, []byte(ad))), nil
}

// OpenOpaque reads what SealOpaque made for the same ad into v. Any failure is
// ErrOpaque.
func OpenOpaque(s Sealer, ad, raw string, v any) error {
	if len(raw) == 0 || len(raw) > maxOpaque {
		return ErrOpaque
	}
	box, err := decode(raw)
	if err != nil {
		return ErrOpaque
	}
	plain, err := s.Open(box, []byte(ad))
	if err != nil {
		return ErrOpaque
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return ErrOpaque
	}
	return nil
}

// Refresh is what a refresh token carries. The token is opaque to clients and
// bound to a pool (its associated data), a client, a user and a family.
type Refresh struct {
	// Username is the internal user name, Subject its sub: a user made again
	// under the same name cannot use the former one's tokens.
	Username string `json:"u"`
	Subject  string `json:"s"`
	ClientID string `json:"c"`
	// Family is the origin_jti of every token that stems from one sign-in.
	Family string `json:"f"`
	// Generation counts rotations within the family, from 0.
	Generation int `json:"g,omitempty"`
	// Epoch is the user's count of global sign-outs when it was made.
	Epoch uint32 `json:"o,omitempty"`
	// DeviceKey is set for remembered devices.
	DeviceKey string `json:"d,omitempty"`
	// Times in Unix seconds: of the sign-in, of this token, of its end.
	AuthTime int64 `json:"a"`
	Issued   int64 `json:"i"`
	Expires  int64 `json:"e"`
}

// Expired says whether the token's time is over.
func (r *Refresh) Expired(now time.Time) bool { return now.Unix() >= r.Expires }

// refreshPurpose keeps refresh tokens apart from other opaque tokens.
const refreshPurpose = "refresh\x00"

// SealRefresh makes a refresh token of the given pool.
func SealRefresh(s Sealer, poolID string, r *Refresh) (string, error) {
	return SealOpaque(s, refreshPurpose+poolID, r)
}

// OpenRefresh reads a refresh token of the given pool; ErrOpaque if it is not
// one. Expiry, client and revocation are the caller's to check.
func OpenRefresh(s Sealer, poolID, raw string) (*Refresh, error) {
	r := new(Refresh)
	if err := OpenOpaque(s, refreshPurpose+poolID, raw, r); err != nil {
		return nil, err
	}
	return r, nil
}
