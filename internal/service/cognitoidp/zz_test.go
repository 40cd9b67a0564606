package cognitoidp

import (
	"testing"
	"sync"

	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/pebblestore"
)

func BenchmarkZZ(b *testing.B) {
	eng, err := pebblestore.Open(b.TempDir(), nil)
	if err != nil { b.Fatal(err) }
	db := store.New(eng)
	defer db.Close()
	r := newRigOn(b, db, seal.Generate())
	pool := r.pool(emailPool)
	client := r.client(pool, nil)
	r.user(pool, "a@example.com")
	prep := func(n int) (starts, answers []object) {
		for range n {
			c, challenge, e := r.srpStart(client, "a@example.com")
			if e != nil { b.Fatal(e) }
			starts = append(starts, object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": "a@example.com", "SRP_A": c.Public()}})
			answers = append(answers, r.srpAnswer(pool, client, c, challenge, password))
		}
		return
	}
	for _, conc := range []int{1, 2, 8} {
		b.Run("login", func(b *testing.B) {
			st, an := prep(b.N)
			b.ResetTimer()
			var wg sync.WaitGroup
			ch := make(chan int)
			for range conc { wg.Add(1); go func() { defer wg.Done(); for i := range ch { r.must("InitiateAuth", st[i]); r.must("RespondToAuthChallenge", an[i]) } }() }
			for i := range b.N { ch <- i }
			close(ch); wg.Wait()
		})
	}
	tok := r.tokens(pool, client, "a@example.com", password)
	b.Run("VerifyID", func(b *testing.B) { for b.Loop() { if _, err := r.s.VerifyIDToken(b.Context(), str(tok, "IdToken"), pool, nil); err != nil { b.Fatal(err) } } })
	b.Run("VerifyAccess", func(b *testing.B) { for b.Loop() { if _, err := r.s.VerifyAccessToken(b.Context(), str(tok, "AccessToken"), pool, nil); err != nil { b.Fatal(err) } } })
}
