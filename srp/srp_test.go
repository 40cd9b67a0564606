package srp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"math/rand"
	"strings"
	"testing"
	"time"
)

// reference is a second, plain implementation written from the clients'
// formulas with strings of hexadecimal, as the JavaScript libraries do it.
type reference struct{ n, g, k *big.Int }

func newReference(t *testing.T) *reference {
	t.Helper()
	n, _ := new(big.Int).SetString(modulusHex, 16)
	r := &reference{n: n, g: big.NewInt(2)}
	r.k = r.hash(t, r.pad(n)+r.pad(r.g))
	return r
}

func (r *reference) pad(x *big.Int) string {
	h := x.Text(16)
	if len(h)%2 == 1 {
		return "0" + h
	}
	if strings.ContainsAny(h[:1], "89abcdef") {
		return "00" + h
	}
	return h
}

func (r *reference) hash(t *testing.T, h string) *big.Int {
	t.Helper()
	raw, err := hex.DecodeString(h)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	return new(big.Int).SetBytes(sum[:])
}

func (r *reference) key(t *testing.T, s, u *big.Int) []byte {
	t.Helper()
	salt, _ := hex.DecodeString(r.pad(u))
	ikm, _ := hex.DecodeString(r.pad(s))
	extract := hmac.New(sha256.New, salt)
	extract.Write(ikm)
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write([]byte("Caldera Derived Key\x01"))
	return expand.Sum(nil)[:16]
}

func (r *reference) x(t *testing.T, pool, user, password string, salt *big.Int) *big.Int {
	t.Helper()
	inner := sha256.Sum256([]byte(pool + user + ":" + password))
	return r.hash(t, r.pad(salt)+hex.EncodeToString(inner[:]))
}

// clientKey follows AuthenticationHelper.getPasswordAuthenticationKey.
func (r *reference) clientKey(t *testing.T, pool, user, password string, salt, a, bigA, bigB *big.Int) []byte {
	t.Helper()
	u := r.hash(t, r.pad(bigA)+r.pad(bigB))
	x := r.x(t, pool, user, password, salt)
	gx := new(big.Int).Exp(r.g, x, r.n)
	base := new(big.Int).Sub(bigB, new(big.Int).Mul(r.k, gx))
	base.Mod(base, r.n)
	e := new(big.Int).Add(a, new(big.Int).Mul(u, x))
	return r.key(t, new(big.Int).Exp(base, e, r.n), u)
}

func TestPublishedConstants(t *testing.T) {
	// k as the clients of several languages publish it.
	const k = "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"
	if got := group().k.Text(16); got != k {
		t.Errorf("k = %s, want %s", got, k)
	}
	if n := len(pad(group().n)); n != 385 {
		t.Errorf("pad(N) has %d bytes, want 385", n)
	}
	if !group().n.ProbablyPrime(4) || group().n.BitLen() != 3072 {
		t.Error("N is not a 3072-bit prime")
	}
}

func TestExchangeAgainstReference(t *testing.T) {
	r := newReference(t)
	rnd := rand.New(rand.NewSource(1))
	block := []byte("opaque block")
	for i := range 12 {
		draw := func(n int) []byte {
			b := make([]byte, n)
			rnd.Read(b)
			if i%3 == 1 {
				b[0] &= 0x7f // top bit clear: no padding byte
			}
			if i%3 == 2 {
				b[0], b[1] = 0, 0x7f // leading zero
			}
			return b
		}
		const pool, user, password = "aBcDe1234", "3f1c1f9e-0c55-4b53-a3c5-6a5e7d2f1f11", "Pässw0rd! with space"
		salt, a, b := draw(SaltSize), draw(SecretSize), draw(SecretSize)

		verifier := Verifier(pool, user, password, salt)
		x := r.x(t, pool, user, password, new(big.Int).SetBytes(salt))
		if want := new(big.Int).Exp(r.g, x, r.n).Bytes(); !bytes.Equal(verifier, want) {
			t.Fatalf("round %d: verifier differs from g^x", i)
		}
		client, err := NewClient(a)
		if err != nil {
			t.Fatal(err)
		}
		if want := new(big.Int).Exp(r.g, new(big.Int).SetBytes(a), r.n).Text(16); client.Public() != want {
			t.Fatalf("round %d: A differs", i)
		}
		challenge, err := Begin(verifier, b)
		if err != nil {
			t.Fatal(err)
		}
		bigA, err := ParsePublic(client.Public())
		if err != nil {
			t.Fatal(err)
		}
		serverKey, err := ServerKey(verifier, b, bigA, challenge.B)
		if err != nil {
			t.Fatal(err)
		}
		want := r.clientKey(t, pool, user, password, new(big.Int).SetBytes(salt), new(big.Int).SetBytes(a), bigA, challenge.B)
		if !bytes.Equal(serverKey, want) {
			t.Fatalf("round %d: server key differs from the reference client's", i)
		}
		clientKey, err := client.Key(pool, user, password, Salt(salt), challenge.Public())
		if err != nil || !bytes.Equal(clientKey, want) {
			t.Fatalf("round %d: client key %x, %v", i, clientKey, err)
		}
		stamp := FormatTimestamp(time.Unix(1785000000+int64(i)*86400, 0))
		proof := Proof(clientKey, pool, user, block, stamp)
		if !CheckProof(proof, serverKey, pool, user, block, stamp) {
			t.Fatalf("round %d: right proof refused", i)
		}
		bad, _ := client.Key(pool, user, password+"x", Salt(salt), challenge.Public())
		if CheckProof(Proof(bad, pool, user, block, stamp), serverKey, pool, user, block, stamp) {
			t.Fatalf("round %d: wrong password accepted", i)
		}
	}
}

func TestCombMatchesExp(t *testing.T) {
	edge := [][]byte{{}, {0}, {1}, {2}, {0xff}, bytes.Repeat([]byte{0xff}, 32), append([]byte{0x80}, make([]byte, 31)...)}
	for _, x := range edge {
		want := new(big.Int).Exp(big.NewInt(2), new(big.Int).SetBytes(x), group().n)
		if got := powG(x); got.Cmp(want) != 0 {
			t.Errorf("g^%x differs", x)
		}
	}
}

// Attack 37: an SRP_A longer than the modulus costs nothing.
func TestAttack37OversizedPublicValue(t *testing.T) {
	for _, n := range []int{MaxPublicHex + 1, 1 << 20, 1 << 26} {
		if _, err := ParsePublic(strings.Repeat("f", n)); !errors.Is(err, ErrPublic) {
			t.Errorf("%d digits: %v", n, err)
		}
	}
	if _, err := ParsePublic("00" + modulusHex[:767] + "e"); err != nil {
		t.Errorf("a padded value below N was refused: %v", err)
	}
}

// Attack 39: values that fix the session key to a known one.
func TestAttack39ZeroPublicValue(t *testing.T) {
	n := group().n
	for _, h := range []string{"0", "00", strings.Repeat("0", 770), modulusHex, strings.ToLower(modulusHex), "00" + modulusHex} {
		if _, err := ParsePublic(h); !errors.Is(err, ErrPublic) {
			t.Errorf("A = %.20s: %v", h, err)
		}
	}
	verifier := Verifier("p", "u", "w", make([]byte, 16))
	for _, a := range []*big.Int{new(big.Int), n, new(big.Int).Lsh(n, 1)} {
		if _, err := ServerKey(verifier, make([]byte, 32), a, big.NewInt(5)); !errors.Is(err, ErrPublic) {
			t.Errorf("A = %.20s: %v", a.Text(16), err)
		}
	}
	for _, h := range []string{"", "-5", "+5", "0x5", "5g", "5 ", "_5"} {
		if _, err := ParsePublic(h); !errors.Is(err, ErrPublic) {
			t.Errorf("%q: %v", h, err)
		}
	}
}

func TestBeginRefusesBadSizes(t *testing.T) {
	v := Verifier("p", "u", "w", make([]byte, 16))
	for _, n := range []int{0, 31, 33, 384} {
		if _, err := Begin(v, make([]byte, n)); err == nil {
			t.Errorf("a secret of %d bytes was accepted", n)
		}
	}
	if _, err := Begin(make([]byte, 385), make([]byte, 32)); err == nil {
		t.Error("a verifier longer than N was accepted")
	}
	if _, err := Begin(nil, make([]byte, 32)); err == nil {
		t.Error("an empty verifier was accepted")
	}
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2026, 9, 5, 6, 4, 7, 0, time.UTC)
	if got := FormatTimestamp(at); got != "Sat Sep 5 06:04:07 UTC 2026" {
		t.Errorf("format: %q", got)
	}
	for _, c := range []struct {
		in   string
		want error
	}{
		{"Sat Sep 5 06:04:07 UTC 2026", nil},
		{"Sun Nov 22 16:24:56 UTC 2026", nil},
		{"Sat Sep 05 06:04:07 UTC 2026", ErrTimestampValue},
		{"Mon Sep 5 06:04:07 UTC 2026", ErrTimestampValue},
		{"Sat Sep 5 06:04:07 GMT 2026", ErrTimestampValue},
		{"", ErrTimestampFormat},
		{"2026-09-05T06:04:07Z", ErrTimestampFormat},
		{"Sat Sep 31 06:04:07 UTC 2026", ErrTimestampFormat},
		{"Sam Sep 5 06:04:07 UTC 2026", ErrTimestampFormat},
		{strings.Repeat("Sat Sep 5 06:04:07 UTC 2026", 1000), ErrTimestampFormat},
	} {
		got, err := ParseTimestamp(c.in)
		if !errors.Is(err, c.want) || (c.want == nil && err != nil) {
			t.Errorf("%.40q: %v, want %v", c.in, err, c.want)
		}
		if err == nil && FormatTimestamp(got) != c.in {
			t.Errorf("%q: read as %v", c.in, got)
		}
	}
}

// Small fixed numbers pin padding, info string and the order of the proof's
// parts against the reference.
func TestKeyAndProofForm(t *testing.T) {
	key, err := sessionKey(big.NewInt(0x80), big.NewInt(0x7f))
	if err != nil {
		t.Fatal(err)
	}
	want := newReference(t).key(t, big.NewInt(0x80), big.NewInt(0x7f))
	if !bytes.Equal(key, want) {
		t.Errorf("key = %x, want %x", key, want)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("poolusersecretSat Sep 5 06:04:07 UTC 2026"))
	got := Proof(key, "pool", "user", []byte("secret"), "Sat Sep 5 06:04:07 UTC 2026")
	if !hmac.Equal(got, mac.Sum(nil)) {
		t.Errorf("proof = %s", base64.StdEncoding.EncodeToString(got))
	}
}

func FuzzParsePublic(f *testing.F) {
	f.Add("ff")
	f.Add(modulusHex)
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		x, err := ParsePublic(s)
		if err == nil && (x.Sign() <= 0 || len(s) > MaxPublicHex) {
			t.Errorf("%q accepted", s)
		}
	})
}

func FuzzParseTimestamp(f *testing.F) {
	f.Add("Sat Sep 5 06:04:07 UTC 2026")
	f.Fuzz(func(t *testing.T, s string) {
		if at, err := ParseTimestamp(s); err == nil && FormatTimestamp(at) != s {
			t.Errorf("%q accepted but written as %q", s, FormatTimestamp(at))
		}
	})
}

func BenchmarkServer(b *testing.B) {
	salt, secret := make([]byte, 16), bytes.Repeat([]byte{0xa5}, 32)
	v := Verifier("pool", "user", "password", salt)
	c, _ := NewClient(bytes.Repeat([]byte{0x5a}, 32))
	a, _ := ParsePublic(c.Public())
	b.Run("Begin", func(b *testing.B) {
		for b.Loop() {
			_, _ = Begin(v, secret)
		}
	})
	challenge, _ := Begin(v, secret)
	b.Run("ServerKey", func(b *testing.B) {
		for b.Loop() {
			_, _ = ServerKey(v, secret, a, challenge.B)
		}
	})
	b.Run("PlainExp", func(b *testing.B) {
		x := new(big.Int).SetBytes(secret)
		for b.Loop() {
			new(big.Int).Exp(a, x, group().n)
		}
	})
	b.Run("Table", func(b *testing.B) {
		for b.Loop() {
			newComb()
		}
	})
}
