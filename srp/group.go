package srp

import (
	"crypto/sha256"
	"errors"
	"math/big"
	"sync"
)

// Sizes of the protocol.
const (
	// MaxPublicHex is the longest accepted hexadecimal form of A or B: the 768
	// digits of N and the two that padding may add. Longer input is refused
	// before any arithmetic.
	MaxPublicHex = 770
	// SecretSize is the length of an ephemeral secret in bytes. 256 bits are
	// what RFC 5054 asks for this group; a wider secret only costs time.
	SecretSize = 32
	// SaltSize is the length in bytes of a password salt.
	SaltSize = 16
	// KeySize is the length in bytes of the derived session key.
	KeySize = 16
	// modulusSize is the length of N in bytes.
	modulusSize = 384
)

// ErrPublic says that a public value is malformed, longer than MaxPublicHex,
// or zero modulo N, or that the scrambler u is zero. The login must be
// refused.
var ErrPublic = errors.New("srp: invalid public value")

// modulusHex is the 3072-bit prime of RFC 5054 appendix A (RFC 3526 group 15).
const modulusHex = "" +
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
	"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
	"3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33" +
	"A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864" +
	"D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2" +
	"08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

// group returns N, g and k = H(pad(N) | pad(g)). They are read-only.
var group = sync.OnceValue(func() *constants {
	n, ok := new(big.Int).SetString(modulusHex, 16)
	if !ok {
		panic("srp: the modulus is not hexadecimal")
	}
	g := big.NewInt(2)
	return &constants{n: n, g: g, k: hashInt(pad(n), pad(g))}
})

type constants struct{ n, g, k *big.Int }

// pad returns Cognito's byte form of x: as short as possible, with a zero byte
// in front when the top bit is set. Zero is one zero byte.
func pad(x *big.Int) []byte {
	b := x.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return b
}

// hashInt is SHA-256 over the parts, as a number.
func hashInt(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

// ParsePublic reads A or B from hexadecimal. It refuses, with ErrPublic, more
// than MaxPublicHex digits before it looks at them, anything but digits, and
// values that are zero modulo N.
func ParsePublic(hexadecimal string) (*big.Int, error) {
	if len(hexadecimal) == 0 || len(hexadecimal) > MaxPublicHex {
		return nil, ErrPublic
	}
	for i := range len(hexadecimal) {
		switch c := hexadecimal[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return nil, ErrPublic
		}
	}
	x, ok := new(big.Int).SetString(hexadecimal, 16)
	if !ok || zeroModN(x) {
		return nil, ErrPublic
	}
	return x, nil
}

func zeroModN(x *big.Int) bool {
	return new(big.Int).Mod(x, group().n).Sign() == 0
}

// scrambler returns u = H(pad(A) | pad(B)); zero is ErrPublic.
func scrambler(a, b *big.Int) (*big.Int, error) {
	u := hashInt(pad(a), pad(b))
	if u.Sign() == 0 {
		return nil, ErrPublic
	}
	return u, nil
}
