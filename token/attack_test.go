package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"
)

// forge replaces the header of a token and signs again with k, as one who
// holds a key of his own would.
func forge(t *testing.T, k *Key, header map[string]any, claims map[string]any) string {
	t.Helper()
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	forged := *k
	forged.header = base64.RawURLEncoding.EncodeToString(head) + "."
	return sign(t, &forged, claims)
}

func hs256(t *testing.T, secret []byte, header, claims map[string]any) string {
	t.Helper()
	head, _ := json.Marshal(header)
	body, _ := json.Marshal(claims)
	signed := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Attack 24: the JWT classics.
func TestAttack24Headers(t *testing.T) {
	good, own := keys()[0], keys()[2]
	id := good.ID
	raw := sign(t, good, idClaims())
	parts := strings.Split(raw, ".")
	der, _ := x509.MarshalPKIXPublicKey(&good.private.PublicKey)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + id + `"}`))
	jwks, _ := NewKeySet(start, own).JWKS(start)
	var doc struct{ Keys []map[string]any }
	_ = json.Unmarshal(jwks, &doc)

	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"alg none, no signature":   {none + "." + parts[1] + ".", ErrAlgorithm},
		"alg none, old signature":  {none + "." + parts[1] + "." + parts[2], ErrAlgorithm},
		"alg NONE":                 {forge(t, own, map[string]any{"alg": "nOnE", "kid": id}, idClaims()), ErrAlgorithm},
		"HS256 with PEM key":       {hs256(t, public, map[string]any{"alg": "HS256", "kid": id}, idClaims()), ErrAlgorithm},
		"HS256 with DER key":       {hs256(t, der, map[string]any{"alg": "HS256", "kid": id}, idClaims()), ErrAlgorithm},
		"RS256 said, HMAC made":    {hs256(t, public, map[string]any{"alg": "RS256", "kid": id}, idClaims()), ErrSignature},
		"PS256":                    {forge(t, good, map[string]any{"alg": "PS256", "kid": id}, idClaims()), ErrAlgorithm},
		"no alg":                   {forge(t, good, map[string]any{"kid": id}, idClaims()), ErrAlgorithm},
		"kid path":                 {forge(t, own, map[string]any{"alg": "RS256", "kid": "../../../../dev/null"}, idClaims()), ErrKey},
		"kid query":                {forge(t, own, map[string]any{"alg": "RS256", "kid": id + "' OR '1'='1"}, idClaims()), ErrKey},
		"kid number":               {forge(t, own, map[string]any{"alg": "RS256", "kid": 1}, idClaims()), ErrKey},
		"no kid":                   {forge(t, good, map[string]any{"alg": "RS256"}, idClaims()), ErrKey},
		"embedded jwk":             {forge(t, own, map[string]any{"alg": "RS256", "kid": id, "jwk": doc.Keys[0]}, idClaims()), ErrAlgorithm},
		"embedded jwk, own kid":    {forge(t, own, map[string]any{"alg": "RS256", "kid": own.ID, "jwk": doc.Keys[0]}, idClaims()), ErrAlgorithm},
		"jku":                      {forge(t, own, map[string]any{"alg": "RS256", "kid": id, "jku": "https://evil.example/jwks"}, idClaims()), ErrAlgorithm},
		"x5u":                      {forge(t, own, map[string]any{"alg": "RS256", "kid": id, "x5u": "https://evil.example/c"}, idClaims()), ErrAlgorithm},
		"x5c":                      {forge(t, own, map[string]any{"alg": "RS256", "kid": id, "x5c": []string{"AA"}}, idClaims()), ErrAlgorithm},
		"crit":                     {forge(t, good, map[string]any{"alg": "RS256", "kid": id, "crit": []string{"exp"}}, idClaims()), ErrAlgorithm},
		"unencoded payload":        {forge(t, good, map[string]any{"alg": "RS256", "kid": id, "b64": false}, idClaims()), ErrAlgorithm},
		"own key, our kid":         {forge(t, own, map[string]any{"alg": "RS256", "kid": id}, idClaims()), ErrSignature},
		"other pool's token":       {sign(t, own, idClaims()), ErrKey},
		"member twice":             {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","alg":"RS256","kid":"`+id+`"}`)) + "." + parts[1] + "." + parts[2], ErrMalformed},
		"claims altered":           {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"other"}`)) + "." + parts[2], ErrSignature},
		"signature cut":            {parts[0] + "." + parts[1] + ".", ErrSignature},
		"padding":                  {raw + "==", ErrMalformed},
		"two parts":                {parts[0] + "." + parts[1], ErrMalformed},
		"four parts":               {raw + ".x", ErrMalformed},
		"five parts (JWE)":         {raw + ".x.y", ErrMalformed},
		"empty":                    {"", ErrMalformed},
		"line break":               {parts[0] + "\n." + parts[1] + "." + parts[2], ErrMalformed},
		"too long":                 {strings.Repeat("a", MaxSize+1), ErrMalformed},
		"header is a list":         {base64.RawURLEncoding.EncodeToString([]byte(`[]`)) + "." + parts[1] + "." + parts[2], ErrMalformed},
		"JSON serialization":       {`{"payload":"` + parts[1] + `","signatures":[]}`, ErrMalformed},
		"signature of other claim": {parts[0] + "." + strings.Split(sign(t, good, map[string]any{"a": 1}), ".")[1] + "." + parts[2], ErrSignature},
	} {
		for _, verify := range []func(string, *KeySet, *Expect) (Claims, error){Verify, NewCache(4).Verify} {
			if _, err := verify(c.raw, set(), expectID()); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	}
}

// Attack 24, claims: right signature, wrong token.
func TestAttack24Claims(t *testing.T) {
	id, access := keys()[0], keys()[1]
	with := func(name string, value any) map[string]any {
		c := idClaims()
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
		return c
	}
	accessClaims := idClaims()
	delete(accessClaims, "aud")
	accessClaims["token_use"], accessClaims["client_id"] = "access", "client1"
	expectAccess := expectID()
	expectAccess.Use = Access
	for name, c := range map[string]struct {
		raw    string
		expect *Expect
		want   error
	}{
		"access where id is due":    {sign(t, access, accessClaims), expectID(), ErrUse},
		"id where access is due":    {sign(t, id, idClaims()), expectAccess, ErrUse},
		"access right":              {sign(t, access, accessClaims), expectAccess, nil},
		"id signed by access key":   {sign(t, access, idClaims()), expectID(), ErrUse},
		"no use":                    {sign(t, id, with("token_use", nil)), expectID(), ErrUse},
		"use in capitals":           {sign(t, id, with("token_use", "ID")), expectID(), ErrUse},
		"other issuer":              {sign(t, id, with("iss", issuer+"x")), expectID(), ErrIssuer},
		"no issuer":                 {sign(t, id, with("iss", nil)), expectID(), ErrIssuer},
		"issuer list":               {sign(t, id, with("iss", []string{issuer})), expectID(), ErrIssuer},
		"other client":              {sign(t, id, with("aud", "client2")), expectID(), ErrAudience},
		"no audience":               {sign(t, id, with("aud", nil)), expectID(), ErrAudience},
		"client_id instead of aud":  {sign(t, id, accessClaimsAsID(accessClaims)), expectID(), ErrAudience},
		"expired":                   {sign(t, id, with("exp", start.Unix())), expectID(), ErrExpired},
		"expires now":               {sign(t, id, with("exp", start.Add(time.Minute).Unix())), expectID(), ErrExpired},
		"no expiry":                 {sign(t, id, with("exp", nil)), expectID(), ErrExpired},
		"expiry as string":          {sign(t, id, with("exp", "99999999999")), expectID(), ErrExpired},
		"expiry as float":           {sign(t, id, with("exp", 1e300)), expectID(), ErrExpired},
		"future nbf":                {sign(t, id, with("nbf", start.Add(time.Hour).Unix())), expectID(), ErrNotYetValid},
		"nbf as string":             {sign(t, id, with("nbf", "1")), expectID(), ErrNotYetValid},
		"future iat":                {sign(t, id, with("iat", start.Add(time.Hour).Unix())), expectID(), ErrNotYetValid},
		"no issuers are accepted":   {sign(t, id, idClaims()), &Expect{Use: ID, Now: start}, ErrIssuer},
		"claims are no JSON object": {rawPayload(t, id, `"x"`), expectID(), ErrMalformed},
		"claims are null":           {rawPayload(t, id, `null`), expectID(), ErrMalformed},
	} {
		if _, err := Verify(c.raw, set(), c.expect); !errors.Is(err, c.want) || (c.want == nil && err != nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func accessClaimsAsID(access map[string]any) map[string]any {
	c := map[string]any{}
	for k, v := range access {
		c[k] = v
	}
	c["token_use"] = "id"
	return c
}

// rawPayload signs bytes that Sign would never write.
func rawPayload(t *testing.T, k *Key, payload string) string {
	t.Helper()
	signed := k.header + base64.RawURLEncoding.EncodeToString([]byte(payload))
	id, newHash := k.Algorithm.hash()
	h := newHash()
	h.Write([]byte(signed))
	signature, err := k.private.Sign(nil, h.Sum(nil), id)
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func FuzzVerify(f *testing.F) {
	raw := sign(f, keys()[0], idClaims())
	f.Add(raw)
	f.Add("e30.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := Verify(s, set(), expectID()); err == nil && s != raw {
			t.Errorf("%q accepted", s)
		}
	})
}
