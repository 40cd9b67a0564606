// Package srp is the password proof of Amazon Cognito user pools: SRP-6a over
// the 3072-bit group of RFC 5054 with Cognito's own padding, key derivation
// and proof, both the server's and the client's side.
//
// It differs from RFC 5054 in four ways, all taken from the published clients
// (amplify-js, amazon-cognito-identity-js): numbers are padded like two's
// complement integers (a zero byte in front when the top bit is set) instead
// of to the length of N; the session key is 16 bytes of HKDF-SHA256 salted
// with u; the proof is an HMAC over pool name, user id, an opaque secret block
// and a timestamp; and no proof of the server is returned.
//
// The package is pure: randomness and time are arguments. Its arithmetic is
// math/big and therefore not constant-time; secrets that live longer than one
// login (the verifier) enter it only as bases, ephemeral ones as exponents,
// and proofs are compared in constant time.
//
// A server's use:
//
//	srp.Verifier(...)                   when a password is set
//	c, _ := srp.Begin(verifier, b)      InitiateAuth: answers c.Public
//	key, err := srp.ServerKey(...)      RespondToAuthChallenge
//	srp.CheckProof(key, ...)            constant-time
package srp
