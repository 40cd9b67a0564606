package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// What Verify refuses, to be told apart with errors.Is.
var (
	// ErrMalformed: not a compact JWS of JSON objects, or longer than MaxSize.
	ErrMalformed = errors.New("token: malformed")
	// ErrAlgorithm: the header's alg is not the key's, or the header brings
	// its own key (jwk, jku, x5c, x5u) or critical extensions.
	ErrAlgorithm = errors.New("token: algorithm or header not accepted")
	// ErrKey: no published key has the header's kid.
	ErrKey = errors.New("token: unknown key")
	// ErrSignature: the signature is not the key's.
	ErrSignature = errors.New("token: wrong signature")
	// ErrIssuer: iss is not one of the expected.
	ErrIssuer = errors.New("token: wrong issuer")
	// ErrUse: token_use is not the expected one, or not what its key signs.
	ErrUse = errors.New("token: wrong use")
	// ErrAudience: aud (client_id in access tokens) is not one of the expected.
	ErrAudience = errors.New("token: wrong audience")
	// ErrExpired: exp has passed.
	ErrExpired = errors.New("token: expired")
	// ErrNotYetValid: nbf or iat lies in the future.
	ErrNotYetValid = errors.New("token: not valid yet")
)

// MaxSize is the longest token that is looked at, in bytes.
const MaxSize = 64 << 10

// Claims are the verified claims of a token. Numbers are json.Number. Claims
// may be shared by a Cache and must not be changed.
type Claims map[string]any

// String returns a claim that is a string, else "".
func (c Claims) String(name string) string {
	s, _ := c[name].(string)
	return s
}

// Strings returns a claim that is a list of strings, or one string.
func (c Claims) Strings(name string) []string {
	switch v := c[name].(type) {
	case string:
		return []string{v}
	case []any:
		list := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// Time returns a claim that is a number of Unix seconds; the zero time if it
// is absent or no integer.
func (c Claims) Time(name string) time.Time {
	n, ok := c[name].(json.Number)
	if !ok {
		return time.Time{}
	}
	seconds, err := n.Int64()
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Expect is what a token must be.
type Expect struct {
	// Issuers are the accepted values of iss; at least one.
	Issuers []string
	// Use is the token_use; AnyUse where the issuer writes none.
	Use Use
	// Audiences are the accepted clients: aud of ID tokens, client_id of
	// access tokens. Empty: not checked here.
	Audiences []string
	Now       time.Time
	// Leeway is allowed for exp, nbf and iat.
	Leeway time.Duration
}

// Verify checks a compact JWS against a key set and expectations and returns
// its claims. The signature is checked before any claim is looked at.
func Verify(raw string, keys *KeySet, expect *Expect) (Claims, error) {
	claims, key, err := open(raw, keys, expect.Now)
	if err != nil {
		return nil, err
	}
	if err := expect.check(claims, key); err != nil {
		return nil, err
	}
	return claims, nil
}

// open checks form, header and signature.
func open(raw string, keys *KeySet, now time.Time) (Claims, *Key, error) {
	if len(raw) > MaxSize {
		return nil, nil, ErrMalformed
	}
	signed, tail, ok := cutLast(raw)
	if !ok {
		return nil, nil, ErrMalformed
	}
	head, body, ok := strings.Cut(signed, ".")
	if !ok || strings.Contains(body, ".") {
		return nil, nil, ErrMalformed
	}
	key, err := headerKey(head, keys, now)
	if err != nil {
		return nil, nil, err
	}
	signature, err := decode(tail)
	if err != nil {
		return nil, nil, ErrMalformed
	}
	if !key.verify(signed, signature) {
		return nil, nil, ErrSignature
	}
	payload, err := decode(body)
	if err != nil {
		return nil, nil, ErrMalformed
	}
	claims := Claims{}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil || claims == nil {
		return nil, nil, ErrMalformed
	}
	return claims, key, nil
}

func cutLast(raw string) (head, tail string, ok bool) {
	i := strings.LastIndexByte(raw, '.')
	if i < 0 {
		return "", "", false
	}
	return raw[:i], raw[i+1:], true
}

// decode accepts only canonical base64url without padding or line breaks, so
// that a token has one spelling.
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, ErrMalformed
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}

// headerKey reads the protected header and finds the key it names.
func headerKey(head string, keys *KeySet, now time.Time) (*Key, error) {
	raw, err := decode(head)
	if err != nil {
		return nil, ErrMalformed
	}
	members, err := object(raw)
	if err != nil {
		return nil, ErrMalformed
	}
	for _, name := range []string{"jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "enc"} {
		if _, ok := members[name]; ok {
			return nil, ErrAlgorithm
		}
	}
	id, ok := members["kid"].(string)
	if !ok {
		return nil, ErrKey
	}
	key := keys.Find(id, now)
	if key == nil {
		return nil, ErrKey
	}
	if algorithm, ok := members["alg"].(string); !ok || algorithm != string(key.Algorithm) {
		return nil, ErrAlgorithm
	}
	return key, nil
}

// object decodes a JSON object and refuses members given twice.
func object(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, ErrMalformed
	}
	members := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("token: header: %w", err)
		}
		name, ok := t.(string)
		if _, twice := members[name]; !ok || twice {
			return nil, ErrMalformed
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("token: header: %w", err)
		}
		members[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("token: header: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrMalformed
	}
	return members, nil
}

// check compares verified claims with what is expected.
func (e *Expect) check(claims Claims, key *Key) error {
	if iss := claims.String("iss"); iss == "" || !slices.Contains(e.Issuers, iss) {
		return ErrIssuer
	}
	if e.Use != AnyUse && (claims.String("token_use") != string(e.Use) || (key.Use != AnyUse && key.Use != e.Use)) {
		return ErrUse
	}
	if len(e.Audiences) > 0 && !e.audience(claims) {
		return ErrAudience
	}
	exp := claims.Time("exp")
	if exp.IsZero() || !e.Now.Before(exp.Add(e.Leeway)) {
		return ErrExpired
	}
	for _, name := range []string{"nbf", "iat"} {
		if _, ok := claims[name]; !ok {
			continue
		}
		if at := claims.Time(name); at.IsZero() || at.After(e.Now.Add(e.Leeway)) {
			return ErrNotYetValid
		}
	}
	return nil
}

func (e *Expect) audience(claims Claims) bool {
	name := "aud"
	if e.Use == Access {
		name = "client_id"
	}
	for _, got := range claims.Strings(name) {
		if slices.Contains(e.Audiences, got) {
			return true
		}
	}
	return false
}
