package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
)

// SigningKey is a key derived from a secret for one date, region and service.
// It is as secret as the secret, within its scope.
type SigningKey [sha256.Size]byte

// String hides the key, so that it cannot reach a log by accident.
func (SigningKey) String() string { return "signing key (hidden)" }

// GoString hides the key.
func (SigningKey) GoString() string { return "sigv4.SigningKey(hidden)" }

// DeriveKey derives the signing key of a secret access key: date is YYYYMMDD.
func DeriveKey(secret, date, region, service string) SigningKey {
	var buf [96]byte
	k := mac(append(append(buf[:0], "AWS4"...), secret...), date)
	k = mac(k[:], region)
	k = mac(k[:], service)
	return mac(k[:], terminator)
}

// terminator ends every credential scope.
const terminator = "aws4_request"

// mac is HMAC-SHA-256 (RFC 2104) over values that are small or already in one
// piece. crypto/hmac allocates two hash states a call; a verification makes
// five calls, which would double its cost.
func mac[T string | []byte](key []byte, message T) [sha256.Size]byte {
	const block = sha256.BlockSize
	var pad [block]byte
	if len(key) > block {
		sum := sha256.Sum256(key)
		copy(pad[:], sum[:])
	} else {
		copy(pad[:], key)
	}
	for i := range pad {
		pad[i] ^= 0x36
	}
	var space [block + 512]byte
	inner := append(append(space[:0], pad[:]...), message...)
	sum := sha256.Sum256(inner)
	for i := range pad {
		pad[i] ^= 0x36 ^ 0x5c
	}
	var outer [block + sha256.Size]byte
	copy(outer[:], pad[:])
	copy(outer[block:], sum[:])
	return sha256.Sum256(outer[:])
}

// equalMAC compares in constant time.
func equalMAC(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
