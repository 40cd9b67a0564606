package srp

import (
	"encoding/hex"
	"fmt"
	"math/big"
)

// Client is the client's half of an exchange, as an app's library does it.
type Client struct {
	secret, public *big.Int
}

// NewClient starts an exchange with the secret a: SecretSize fresh random
// bytes.
func NewClient(secret []byte) (*Client, error) {
	if len(secret) != SecretSize {
		return nil, fmt.Errorf("srp: a secret of %d bytes, want %d", len(secret), SecretSize)
	}
	return &Client{secret: new(big.Int).SetBytes(secret), public: powG(secret)}, nil
}

// Public returns A as SRP_A: lower-case hexadecimal without padding.
func (c *Client) Public() string { return c.public.Text(16) }

// Key computes the session key from a challenge's SALT and SRP_B:
// S = (B - k g^x)^(a + u x). ErrPublic: B is malformed or zero modulo N, or u
// is zero.
func (c *Client) Key(poolName, userID, password, salt, srpB string) ([]byte, error) {
	if len(salt)%2 == 1 {
		salt = "0" + salt
	}
	saltBytes, err := hex.DecodeString(salt)
	if err != nil {
		return nil, fmt.Errorf("srp: salt: %w", err)
	}
	b, err := ParsePublic(srpB)
	if err != nil {
		return nil, err
	}
	u, err := scrambler(c.public, b)
	if err != nil {
		return nil, err
	}
	g := group()
	x := secretExponent(poolName, userID, password, new(big.Int).SetBytes(saltBytes))
	base := powG(x)
	base.Mul(base, g.k)
	base.Sub(b, base)
	base.Mod(base, g.n)
	exponent := new(big.Int).SetBytes(x)
	exponent.Mul(exponent, u)
	exponent.Add(exponent, c.secret)
	return sessionKey(base.Exp(base, exponent, g.n), u)
}
