package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// KeySize is the length of a master key in bytes.
const KeySize = 32

// Overhead is how many bytes a box is longer than what it holds.
const Overhead = headSize + nonceSize + tagSize

const (
	format    = 1
	idSize    = 4
	headSize  = 1 + idSize
	nonceSize = 24
	tagSize   = 16
)

// ErrOpen is returned by Open for every box that was not made by the same
// sealer with the same associated data. It does not say what is wrong.
var ErrOpen = errors.New("seal: the box cannot be opened")

// Keyring holds the master keys. It is safe for concurrent use.
type Keyring struct {
	masters []master
}

type master struct {
	id  [idSize]byte
	key []byte
}

// New makes a keyring. The first master key seals, the others only open.
func New(masters ...[]byte) (*Keyring, error) {
	if len(masters) == 0 {
		return nil, errors.New("seal: no master key")
	}
	kr := &Keyring{}
	for _, key := range masters {
		if len(key) != KeySize {
			return nil, fmt.Errorf("seal: a master key has %d bytes, not %d", len(key), KeySize)
		}
		m := master{key: bytes.Clone(key)}
		copy(m.id[:], expand(key, "key id", "", nil, idSize))
		if kr.byID(m.id[:]) != nil {
			return nil, errors.New("seal: a master key is there twice")
		}
		kr.masters = append(kr.masters, m)
	}
	return kr, nil
}

// Generate makes a keyring with one new random master key.
func Generate() *Keyring {
	key := make([]byte, KeySize)
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(key)
	kr, err := New(key)
	if err != nil {
		panic("seal: " + err.Error())
	}
	return kr
}

// Rotated returns a keyring whose first master key is new and random,
// followed by those of kr.
func (kr *Keyring) Rotated() *Keyring {
	fresh := Generate()
	return &Keyring{masters: append(fresh.masters, kr.masters...)}
}

func (kr *Keyring) byID(id []byte) *master {
	for i := range kr.masters {
		if bytes.Equal(kr.masters[i].id[:], id) {
			return &kr.masters[i]
		}
	}
	return nil
}

// Derive returns n bytes of key material from the first master key, for the
// purpose and info; both together name the key. n is at most 8160.
func (kr *Keyring) Derive(purpose string, info []byte, n int) []byte {
	return expand(kr.masters[0].key, "derive", purpose, info, n)
}

// DeriveAll returns what Derive gives for every master key, the present one
// first: for checking something that was made before a rotation.
func (kr *Keyring) DeriveAll(purpose string, info []byte, n int) [][]byte {
	out := make([][]byte, len(kr.masters))
	for i := range kr.masters {
		out[i] = expand(kr.masters[i].key, "derive", purpose, info, n)
	}
	return out
}

// expand is HKDF with the three inputs told apart by their lengths.
func expand(key []byte, use, purpose string, info []byte, n int) []byte {
	label := fmt.Sprintf("bawn seal v1\n%s\n%d:%s\n%s", use, len(purpose), purpose, info)
	out, err := hkdf.Key(sha256.New, key, nil, label, n)
	if err != nil {
		// Only for n over 255 hashes: a programming error.
		panic("seal: " + err.Error())
	}
	return out
}

// Sealer seals and opens boxes of one purpose. It is safe for concurrent use.
type Sealer struct {
	// ciphers stand in the order of the keyring's master keys.
	ciphers []*xaes
	ids     [][idSize]byte
}

// Sealer returns the sealer of a purpose. Keep it: making one costs more than
// sealing.
func (kr *Keyring) Sealer(purpose string) *Sealer {
	s := &Sealer{}
	for i := range kr.masters {
		m := &kr.masters[i]
		s.ciphers = append(s.ciphers, newXAES(expand(m.key, "seal", purpose, nil, KeySize)))
		s.ids = append(s.ids, m.id)
	}
	return s
}

// Seal returns a box with plain in it. Open needs the same ad (associated
// data: for example the key under which the box is stored); it may be nil.
func (s *Sealer) Seal(plain, ad []byte) []byte {
	box := make([]byte, headSize+nonceSize, Overhead+len(plain))
	box[0] = format
	copy(box[1:], s.ids[0][:])
	nonce := box[headSize:]
	_, _ = rand.Read(nonce)
	return s.ciphers[0].seal(box, nonce, plain, withHead(box[:headSize], ad))
}

// Open returns what is in a box, or ErrOpen.
func (s *Sealer) Open(box, ad []byte) ([]byte, error) {
	if len(box) < Overhead || box[0] != format {
		return nil, ErrOpen
	}
	for i := range s.ids {
		if !bytes.Equal(s.ids[i][:], box[1:headSize]) {
			continue
		}
		nonce, sealed := box[headSize:headSize+nonceSize], box[headSize+nonceSize:]
		plain, err := s.ciphers[i].open(nonce, sealed, withHead(box[:headSize], ad))
		if err != nil {
			return nil, ErrOpen
		}
		return plain, nil
	}
	return nil, ErrOpen
}

// Current says whether the box was sealed by the first master key. One that
// was not should be sealed again when it is next written.
func (s *Sealer) Current(box []byte) bool {
	return len(box) >= Overhead && box[0] == format && bytes.Equal(s.ids[0][:], box[1:headSize])
}

func withHead(head, ad []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(ad)), head...), ad...)
}
