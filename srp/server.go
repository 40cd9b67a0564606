package srp

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
)

// Verifier computes v = g^x for a password, big-endian. poolName is the part
// of the pool id after '_', userID is what the server will send as
// USER_ID_FOR_SRP. salt is SaltSize random bytes. Who holds v can guess
// passwords at one cheap exponentiation a guess, so it must be kept sealed.
func Verifier(poolName, userID, password string, salt []byte) []byte {
	return powG(secretExponent(poolName, userID, password, new(big.Int).SetBytes(salt))).Bytes()
}

// secretExponent is x = H(pad(salt) | H(poolName | userID | ":" | password)).
func secretExponent(poolName, userID, password string, salt *big.Int) []byte {
	inner := sha256.New()
	inner.Write([]byte(poolName))
	inner.Write([]byte(userID))
	inner.Write([]byte(":"))
	inner.Write([]byte(password))
	outer := sha256.New()
	outer.Write(pad(salt))
	outer.Write(inner.Sum(nil))
	return outer.Sum(nil)
}

// Challenge is the server's half of an exchange.
type Challenge struct {
	// Secret is b, SecretSize bytes; it must reach ServerKey and nobody else.
	Secret []byte
	// B is the public value.
	B *big.Int
}

// Public returns B as SRP_B: lower-case hexadecimal without padding.
func (c *Challenge) Public() string { return c.B.Text(16) }

// Salt returns a salt as the SALT of a challenge: lower-case hexadecimal.
func Salt(salt []byte) string { return hex.EncodeToString(salt) }

// Begin computes B = (k v + g^b) mod N for the secret b, which must be
// SecretSize fresh random bytes. The chance that B is zero modulo N is
// negligible, but it is refused as ErrPublic.
func Begin(verifier, secret []byte) (*Challenge, error) {
	if len(secret) != SecretSize {
		return nil, fmt.Errorf("srp: a secret of %d bytes, want %d", len(secret), SecretSize)
	}
	if len(verifier) == 0 || len(verifier) > modulusSize {
		return nil, fmt.Errorf("srp: a verifier of %d bytes", len(verifier))
	}
	c := group()
	b := new(big.Int).SetBytes(verifier)
	b.Mul(b, c.k)
	b.Add(b, powG(secret))
	b.Mod(b, c.n)
	if b.Sign() == 0 {
		return nil, ErrPublic
	}
	return &Challenge{Secret: secret, B: b}, nil
}

// ServerKey computes the session key from the client's public value a and the
// server's secret and public value: S = (A v^u)^b. ErrPublic: a is zero modulo
// N or u is zero.
func ServerKey(verifier, secret []byte, a, b *big.Int) ([]byte, error) {
	c := group()
	if zeroModN(a) {
		return nil, ErrPublic
	}
	u, err := scrambler(a, b)
	if err != nil {
		return nil, err
	}
	s := new(big.Int).Exp(new(big.Int).SetBytes(verifier), u, c.n)
	s.Mul(s, a)
	s.Mod(s, c.n)
	s.Exp(s, new(big.Int).SetBytes(secret), c.n)
	return sessionKey(s, u)
}
