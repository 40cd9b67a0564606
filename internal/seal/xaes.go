package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// xaes is XAES-256-GCM as c2sp.org/XAES-256-GCM defines it: the key of a
// message is two blocks of AES-CMAC over the first 12 bytes of the nonce, and
// AES-256-GCM uses the last 12.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

func newXAES(key []byte) *xaes {
	x := &xaes{block: mustAES(key)}
	x.block.Encrypt(x.k1[:], x.k1[:])
	var carry byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		carry, x.k1[i] = x.k1[i]>>7, x.k1[i]<<1|carry
	}
	x.k1[len(x.k1)-1] ^= carry * 0x87
	return x
}

// gcm returns the cipher for nonces that begin with the given 12 bytes.
func (x *xaes) gcm(nonce []byte) cipher.AEAD {
	key := make([]byte, KeySize)
	for i := range 2 {
		half := key[i*aes.BlockSize : (i+1)*aes.BlockSize]
		half[1], half[2] = byte(i+1), 'X'
		copy(half[4:], nonce[:12])
		subtle.XORBytes(half, half, x.k1[:])
		x.block.Encrypt(half, half)
	}
	aead, err := cipher.NewGCM(mustAES(key))
	if err != nil {
		panic("seal: " + err.Error())
	}
	return aead
}

func (x *xaes) seal(dst, nonce, plain, ad []byte) []byte {
	return x.gcm(nonce).Seal(dst, nonce[12:], plain, ad)
}

func (x *xaes) open(nonce, sealed, ad []byte) ([]byte, error) {
	return x.gcm(nonce).Open(nil, nonce[12:], sealed, ad)
}

// mustAES makes the block cipher; it cannot fail for a key of the right size.
func mustAES(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("seal: " + err.Error())
	}
	return block
}
