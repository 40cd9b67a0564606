package token

import (
	"crypto/sha256"
	"sync"
)

// Cache remembers tokens whose signature was verified, so that a token used
// again costs one hash instead of an RSA verification. Claims are checked
// against the expectations and the key must still be published at every use.
// It holds at most the given number of tokens and is safe for concurrent use.
type Cache struct {
	mu       sync.Mutex
	half     int
	now, old map[[sha256.Size]byte]verified
}

type verified struct {
	claims Claims
	key    *Key
}

// NewCache makes a cache for at most size tokens (at least two).
func NewCache(size int) *Cache {
	return &Cache{half: max(size/2, 1), now: map[[sha256.Size]byte]verified{}}
}

// Verify is like the function Verify.
func (c *Cache) Verify(raw string, keys *KeySet, expect *Expect) (Claims, error) {
	if len(raw) > MaxSize {
		return nil, ErrMalformed
	}
	sum := sha256.Sum256([]byte(raw))
	v, ok := c.get(sum)
	if ok {
		// The same id means the same public key: it is its hash.
		if key := keys.Find(v.key.ID, expect.Now); key == nil || key.Algorithm != v.key.Algorithm {
			return nil, ErrKey
		}
	} else {
		var err error
		if v.claims, v.key, err = open(raw, keys, expect.Now); err != nil {
			return nil, err
		}
	}
	if err := expect.check(v.claims, v.key); err != nil {
		return nil, err
	}
	if !ok {
		c.put(sum, v)
	}
	return v.claims, nil
}

// get finds a token and keeps it in the younger generation.
func (c *Cache) get(sum [sha256.Size]byte) (verified, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.now[sum]
	if !ok {
		if v, ok = c.old[sum]; ok {
			c.store(sum, v)
		}
	}
	return v, ok
}

func (c *Cache) put(sum [sha256.Size]byte, v verified) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store(sum, v)
}

// store adds to the younger generation; a full one becomes the older, whose
// unused entries are dropped. c.mu is held.
func (c *Cache) store(sum [sha256.Size]byte, v verified) {
	if len(c.now) >= c.half {
		c.old, c.now = c.now, make(map[[sha256.Size]byte]verified, c.half)
	}
	c.now[sum] = v
}
