package cognitoidp

import (
	"math/big"
	"testing"

	"github.com/bawn-dev/bawn/token"
)

// BenchmarkSignIn compares a whole sign-in by SRP (both operations, through
// codec, door and store in memory) with what it cannot do without: three
// exponentiations of 256 bits and two RSA signatures.
func BenchmarkSignIn(b *testing.B) {
	r := newRig(b)
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	r.user(pool, "a@example.com")
	b.Run("Server", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c, challenge, e := r.srpStart(client, "a@example.com")
			if e != nil {
				b.Fatal(e)
			}
			answer := r.srpAnswer(pool, client, c, challenge, password)
			b.StartTimer()
			r.must("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": "a@example.com", "SRP_A": c.Public()}})
			r.must("RespondToAuthChallenge", answer)
		}
	})
	b.Run("Bare", func(b *testing.B) {
		n := new(big.Int).Lsh(big.NewInt(1), 3072)
		n.Sub(n, big.NewInt(1103717)) // odd and of the right size
		x := new(big.Int).SetBytes([]byte("0123456789abcdef0123456789abcdef"))
		base := new(big.Int).Rsh(n, 7)
		key := spareKeys()[0].Reuse(token.Access)
		for b.Loop() {
			for range 3 {
				new(big.Int).Exp(base, x, n)
			}
			for range 2 {
				if _, err := key.Sign(map[string]any{"iss": "x"}); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
