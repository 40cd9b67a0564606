// Package token makes and checks the tokens of a user pool: RS256 JSON web
// tokens with key rotation, their published key set and discovery document,
// and opaque refresh tokens.
//
// A KeySet holds what a pool signs with. ID and access tokens are signed by
// different keys, as Cognito does it, so a set normally publishes two; during
// a rotation the next key is published before it signs and the former one
// stays published until the last token it signed has expired.
//
// Verification is closed by default: the algorithm is the key's and never the
// token's choice, keys come only from the set and are found by exact id, a
// header that brings a key, a key's address or critical extensions is refused,
// and issuer, use, expiry and (where asked) audience are always checked.
//
// The package is pure: clock and randomness are arguments. It uses crypto/rsa
// directly: one algorithm and one serialization are needed, and the order of
// claims (sorted by name) is then ours to keep.
package token
