package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// keys are made once for all tests: generation is slow.
var keys = sync.OnceValue(func() [4]*Key {
	var list [4]*Key
	for i := range list {
		use := []Use{ID, Access}[i%2]
		k, err := Generate(rand.Reader, use, RS256)
		if err != nil {
			panic(err)
		}
		list[i] = k
	}
	return list
})

const issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123"

func idClaims() map[string]any {
	return map[string]any{
		"sub": "8f6d2f3e-1111-4222-8333-944445555666", "iss": issuer, "aud": "client1", "token_use": "id",
		"iat": start.Unix(), "exp": start.Add(time.Hour).Unix(), "email_verified": true,
		"cognito:groups": []string{"a", "b"},
	}
}

func expectID() *Expect {
	return &Expect{Issuers: []string{issuer}, Use: ID, Audiences: []string{"client1"}, Now: start.Add(time.Minute)}
}

func set() *KeySet { return NewKeySet(start, keys()[0], keys()[1]) }

func sign(t testing.TB, k *Key, claims map[string]any) string {
	t.Helper()
	raw, err := k.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSignAndVerify(t *testing.T) {
	raw := sign(t, keys()[0], idClaims())
	claims, err := Verify(raw, set(), expectID())
	if err != nil {
		t.Fatal(err)
	}
	if claims.String("sub") != idClaims()["sub"] || !claims.Time("exp").Equal(start.Add(time.Hour)) {
		t.Errorf("claims = %v", claims)
	}
	if got := claims.Strings("cognito:groups"); len(got) != 2 || got[1] != "b" {
		t.Errorf("groups = %v", got)
	}
	if again := sign(t, keys()[0], idClaims()); again != raw {
		t.Error("the same claims gave two tokens")
	}
	if raw, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[0]); err != nil || strings.Contains(string(raw), "typ") {
		t.Errorf("header %s", raw)
	}
}

// An independent implementation reads our key set and our tokens.
func TestAgainstGoJose(t *testing.T) {
	doc, err := set().JWKS(start)
	if err != nil {
		t.Fatal(err)
	}
	var jwks jose.JSONWebKeySet
	if err := json.Unmarshal(doc, &jwks); err != nil || len(jwks.Keys) != 2 {
		t.Fatalf("%v: %s", err, doc)
	}
	for i, use := range []string{"id", "access"} {
		claims := idClaims()
		claims["token_use"] = use
		parsed, err := jose.ParseSignedCompact(sign(t, keys()[i], claims), []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			t.Fatal(err)
		}
		found := jwks.Key(keys()[i].ID)
		if len(found) != 1 {
			t.Fatalf("kid %q not in %s", keys()[i].ID, doc)
		}
		if _, err := parsed.Verify(found[0]); err != nil {
			t.Errorf("%s token: %v", use, err)
		}
	}
}

func TestRS512(t *testing.T) {
	private := keys()[0].private
	k, err := newKey(private, AnyUse, RS512)
	if err != nil {
		t.Fatal(err)
	}
	raw := sign(t, k, map[string]any{"iss": "i", "exp": start.Add(time.Hour).Unix()})
	e := &Expect{Issuers: []string{"i"}, Now: start}
	if _, err := Verify(raw, NewKeySet(start, k), e); err != nil {
		t.Error(err)
	}
	other, _ := newKey(private, AnyUse, RS256) // same id, other algorithm
	if _, err := Verify(raw, NewKeySet(start, other), e); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("RS512 under an RS256 key: %v", err)
	}
}

func TestRotation(t *testing.T) {
	k := keys()
	s := set()
	switchAt := start.Add(time.Hour)
	overlap := 24 * time.Hour
	rotated := s.Rotate(start, k[2], switchAt, overlap)
	for _, c := range []struct {
		at        time.Time
		signs     *Key
		published int
	}{
		{start, k[0], 3},
		{switchAt.Add(-time.Second), k[0], 3},
		{switchAt, k[2], 3},
		{switchAt.Add(overlap - time.Second), k[2], 3},
		{switchAt.Add(overlap), k[2], 2},
	} {
		if got := rotated.Signing(ID, c.at); got != c.signs {
			t.Errorf("%v: signing key %v", c.at, got.ID)
		}
		if got := rotated.Signing(Access, c.at); got != k[1] {
			t.Errorf("%v: access key changed", c.at)
		}
		doc, _ := rotated.JWKS(c.at)
		if got := strings.Count(string(doc), `"kid"`); got != c.published {
			t.Errorf("%v: %d keys published, want %d", c.at, got, c.published)
		}
	}
	raw := sign(t, k[0], idClaims())
	if _, err := Verify(raw, rotated, expectID()); err != nil {
		t.Errorf("token of the former key within the overlap: %v", err)
	}
	late := expectID()
	late.Now = switchAt.Add(overlap)
	if _, err := Verify(raw, rotated, late); !errors.Is(err, ErrKey) {
		t.Errorf("token of a retired key: %v", err)
	}
	data, err := rotated.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	read, err := UnmarshalKeySet(data)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := rotated.JWKS(start)
	b, _ := read.JWKS(start)
	if string(a) != string(b) || read.Signing(ID, switchAt).ID != k[2].ID {
		t.Error("a set changed when stored")
	}
	if pruned := rotated.Rotate(switchAt.Add(overlap), k[3], switchAt.Add(overlap), overlap); len(pruned.entries) != 3 {
		t.Errorf("%d entries after pruning", len(pruned.entries))
	}
}

func TestCacheIsBoundedAndExact(t *testing.T) {
	c := NewCache(8)
	s := set()
	for i := range 50 {
		claims := idClaims()
		claims["n"] = i
		if _, err := c.Verify(sign(t, keys()[0], claims), s, expectID()); err != nil {
			t.Fatal(err)
		}
		if n := len(c.now) + len(c.old); n > 8 {
			t.Fatalf("%d entries", n)
		}
	}
	raw := sign(t, keys()[0], idClaims())
	for range 3 {
		if _, err := c.Verify(raw, s, expectID()); err != nil {
			t.Fatal(err)
		}
	}
	late := expectID()
	late.Now = start.Add(time.Hour)
	if _, err := c.Verify(raw, s, late); !errors.Is(err, ErrExpired) {
		t.Errorf("cached and expired: %v", err)
	}
	if _, err := c.Verify(raw, NewKeySet(start, keys()[2], keys()[3]), expectID()); !errors.Is(err, ErrKey) {
		t.Errorf("cached, other pool: %v", err)
	}
	wrong := expectID()
	wrong.Audiences = []string{"other"}
	if _, err := c.Verify(raw, s, wrong); !errors.Is(err, ErrAudience) {
		t.Errorf("cached, other audience: %v", err)
	}
}

// box is a Sealer for tests.
type box struct{ aead cipher.AEAD }

func newBox(t testing.TB) box {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return box{aead}
}

func (b box) Seal(plain, ad []byte) []byte {
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce)
	return b.aead.Seal(nonce, nonce, plain, ad)
}

func (b box) Open(sealed, ad []byte) ([]byte, error) {
	if len(sealed) < 12 {
		return nil, errors.New("short")
	}
	return b.aead.Open(nil, sealed[:12], sealed[12:], ad)
}

func TestRefresh(t *testing.T) {
	s := newBox(t)
	want := &Refresh{Username: "u", Subject: "s", ClientID: "c", Family: "f", Generation: 2, AuthTime: 1, Issued: 2, Expires: start.Unix()}
	raw, err := SealRefresh(s, "pool", want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenRefresh(s, "pool", raw)
	if err != nil || *got != *want {
		t.Fatalf("%+v, %v", got, err)
	}
	if got.Expired(start.Add(-time.Second)) || !got.Expired(start) {
		t.Error("expiry")
	}
	for name, bad := range map[string]string{
		"empty": "", "short": "aa", "flipped": raw[:20] + "A" + raw[21:] + "A", "long": strings.Repeat("a", maxOpaque+1), "not base64": "!!!!",
	} {
		if _, err := OpenRefresh(s, "pool", bad); !errors.Is(err, ErrOpaque) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenRefresh(s, "other", raw); !errors.Is(err, ErrOpaque) {
		t.Errorf("another pool's token: %v", err)
	}
	session, _ := SealOpaque(s, "session\x00pool", want)
	if _, err := OpenRefresh(s, "pool", session); !errors.Is(err, ErrOpaque) {
		t.Errorf("a session as refresh token: %v", err)
	}
}

func TestDiscovery(t *testing.T) {
	doc, err := Discovery(issuer, issuer+"/.well-known/jwks.json", "")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id_token_signing_alg_values_supported":["RS256"],"issuer":"` + issuer + `","jwks_uri":"` + issuer + `/.well-known/jwks.json",` +
		`"response_types_supported":["code","token"],"scopes_supported":["openid","email","phone","profile"],"subject_types_supported":["public"],` +
		`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]}`
	if string(doc) != want {
		t.Errorf("%s", doc)
	}
	doc, _ = Discovery(issuer, "j", "https://auth.example")
	if !strings.Contains(string(doc), `"token_endpoint":"https://auth.example/oauth2/token"`) {
		t.Errorf("%s", doc)
	}
}

func TestShortKeyRefused(t *testing.T) {
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no 1024-bit keys: ", err)
	}
	if _, err := newKey(k, ID, RS256); err == nil {
		t.Error("a 1024-bit key was accepted")
	}
}

func BenchmarkToken(b *testing.B) {
	k, s, e := keys()[0], set(), expectID()
	raw := sign(b, k, idClaims())
	b.Run("Sign", func(b *testing.B) {
		for b.Loop() {
			_, _ = k.Sign(idClaims())
		}
	})
	b.Run("Verify", func(b *testing.B) {
		for b.Loop() {
			_, _ = Verify(raw, s, e)
		}
	})
	c := NewCache(100)
	b.Run("Cached", func(b *testing.B) {
		for b.Loop() {
			_, _ = c.Verify(raw, s, e)
		}
	})
}
