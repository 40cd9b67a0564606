package srp

import (
	"math/big"
	"sync"
)

// Powers of g are taken from a fixed-base comb (Lim and Lee, 1994): the
// 256-bit exponent is laid out as combTeeth rows of 32 bits, each row cut into
// combBlocks blocks of combWidth bits. Every column of a block picks one
// precomputed product, so g^x costs combWidth-1 squarings and
// combBlocks*combWidth multiplications: about 38 instead of the 320 of a plain
// exponentiation, from a table of 400 KiB.
const (
	combTeeth  = 8
	combBlocks = 4
	combWidth  = 8
	combRow    = combBlocks * combWidth
)

type comb [combBlocks][1 << combTeeth]*big.Int

// generatorComb is built once, at the first login or password change (it takes
// about ten exponentiations), so that an idle Bawn does not hold it.
var generatorComb = sync.OnceValue(newComb)

func newComb() *comb {
	c := new(comb)
	m := newMultiplier()
	// power runs through g^(2^(block*combWidth + tooth*combRow)).
	power := group().g
	done := 0
	for tooth := range combTeeth {
		for block := range combBlocks {
			for at := tooth*combRow + block*combWidth; done < at; done++ {
				power = m.mul(new(big.Int), power, power)
			}
			c[block][1<<tooth] = power
		}
	}
	for block := range combBlocks {
		c[block][0] = big.NewInt(1)
		for i := 3; i < 1<<combTeeth; i++ {
			if low := i & -i; low != i {
				c[block][i] = m.mul(new(big.Int), c[block][i-low], c[block][low])
			}
		}
	}
	return c
}

// powG returns g^x mod N for a big-endian exponent of at most 32 bytes.
func powG(x []byte) *big.Int {
	var bits [SecretSize]byte
	copy(bits[SecretSize-len(x):], x)
	table := generatorComb()
	m := newMultiplier()
	result := big.NewInt(1)
	for column := combWidth - 1; column >= 0; column-- {
		if column != combWidth-1 {
			m.mul(result, result, result)
		}
		for block := range combBlocks {
			index := 0
			for tooth := range combTeeth {
				at := tooth*combRow + block*combWidth + column
				index |= int(bits[SecretSize-1-at/8]>>(at%8)&1) << tooth
			}
			if index != 0 {
				m.mul(result, result, table[block][index])
			}
		}
	}
	return result
}

// multiplier multiplies modulo N without allocating for each product.
type multiplier struct{ product, quotient big.Int }

func newMultiplier() *multiplier { return new(multiplier) }

// mul sets z = x*y mod N and returns z; z may be x or y.
func (m *multiplier) mul(z, x, y *big.Int) *big.Int {
	m.product.Mul(x, y)
	m.quotient.QuoRem(&m.product, group().n, z)
	return z
}
