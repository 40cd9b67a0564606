// Package seal keeps secrets that must be stored, and makes keys that need not
// be: everything hangs on master keys in a file beside the store.
//
// # Keys
//
// Every use names its purpose. Sealer(purpose) encrypts with a key made for
// that purpose alone by HKDF-SHA-256, so a box of one purpose cannot be opened
// as another; Derive(purpose, ...) makes further key material. The purposes
// are the callers' constants and must not change.
//
// # Boxes
//
// A box is a format byte (1), the 4-byte id of the master key, a random
// 24-byte nonce, the ciphertext and a 16-byte tag. The cipher is XAES-256-GCM
// (c2sp.org/XAES-256-GCM): AES-256-GCM under a key made from the first half of
// the nonce, so that random nonces are safe for any number of boxes. Head and
// associated data are authenticated.
//
// # Rotation
//
// A Keyring holds several master keys: the first seals and derives, all
// others only open what they sealed. The nonces come from crypto/rand and not
// from an injected source, because a repeated nonce would give secrets away.
//
// May import: the standard library.
package seal
