package cognitoidp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/srp"
)

// challengeLife is how long a SECRET_BLOCK may be answered.
const challengeLife = 3 * time.Minute

// maxSecretBlock bounds a SECRET_BLOCK in characters.
const maxSecretBlock = 8 << 10

// challenge is what a SECRET_BLOCK carries, sealed: the server keeps nothing
// between the two legs. It looks the same for a name without a user.
type challenge struct {
	// Name is what was typed, UserID what was answered as USER_ID_FOR_SRP, Sub
	// the user's (or a made-up) sub.
	Name     string `json:"n"`
	UserID   string `json:"u"`
	Sub      string `json:"s"`
	ClientID string `json:"c"`
	Nonce    string `json:"o"`
	Expires  int64  `json:"e"`
	// Secret is b; A and B are the public values.
	Secret []byte `json:"b"`
	A      []byte `json:"A"`
	B      []byte `json:"B"`
}

// beginSRP answers the first leg: one power of g by table and one product.
func (s *Service) beginSRP(ctx context.Context, r *signIn) (*reply, error) {
	name, err := r.required("USERNAME")
	if err != nil {
		return nil, err
	}
	raw, err := r.required("SRP_A")
	if err != nil {
		return nil, err
	}
	a, err := srp.ParsePublic(raw)
	if err != nil {
		return nil, invalidParameter("SRP_A is not a valid public value.")
	}
	sub, err := s.read(ctx, r, name, "ALLOW_USER_SRP_AUTH")
	if err != nil {
		return nil, err
	}
	if err := s.checkSecretHash(sub.client, r.params["SECRET_HASH"], name); err != nil {
		return nil, err
	}
	if sub.user == nil && !sub.hidden() {
		return nil, userNotFound()
	}
	c, err := s.credentialOf(sub.pool, sub.user, name)
	if err != nil {
		return nil, err
	}
	var started *srp.Challenge
	err = s.work(ctx, func() error {
		started, err = srp.Begin(c.verifier, s.ids.Bytes(srp.SecretSize))
		return err
	})
	if err != nil {
		return nil, err
	}
	block, err := s.sealChallenge(sub.pool.ID, &challenge{
		Name: name, UserID: c.userID, Sub: c.sub, ClientID: sub.client.ID, Nonce: s.nonce(), Expires: s.now().Add(challengeLife).Unix(),
		Secret: started.Secret, A: a.Bytes(), B: started.B.Bytes(),
	})
	if err != nil {
		return nil, err
	}
	return &reply{challenge: some("PASSWORD_VERIFIER"), params: map[string]string{
		"USER_ID_FOR_SRP": c.userID, "USERNAME": c.userID, "SALT": srp.Salt(c.salt), "SRP_B": started.Public(), "SECRET_BLOCK": block,
	}}, nil
}

func (s *Service) sealChallenge(poolID string, c *challenge) (string, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(s.sealer("challenge").Seal(plain, []byte(poolID))), nil
}

// openChallenge reads a SECRET_BLOCK, written in either base64, and returns
// its raw bytes beside: they enter the proof.
func (s *Service) openChallenge(poolID, block string) (*challenge, []byte, error) {
	if len(block) > maxSecretBlock {
		return nil, nil, invalidSession()
	}
	plain := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(block), "=")
	raw, err := base64.RawStdEncoding.Strict().DecodeString(plain)
	if err != nil {
		return nil, nil, invalidSession()
	}
	opened, err := s.sealer("challenge").Open(raw, []byte(poolID))
	if err != nil {
		return nil, nil, invalidSession()
	}
	c := new(challenge)
	if err := json.Unmarshal(opened, c); err != nil {
		return nil, nil, invalidSession()
	}
	if s.now().Unix() >= c.Expires {
		return nil, nil, sessionExpired()
	}
	return c, raw, nil
}

// answerSRP checks the proof of the second leg.
func (s *Service) answerSRP(ctx context.Context, r *signIn) (*reply, error) {
	var in [4]string
	for i, name := range []string{"USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"} {
		v, err := r.required(name)
		if err != nil {
			return nil, err
		}
		in[i] = v
	}
	username, signature, timestamp := in[0], in[2], in[3]
	if _, err := srp.ParseTimestamp(timestamp); errors.Is(err, srp.ErrTimestampFormat) {
		return nil, invalidParameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	} else if err != nil {
		return nil, wrongPassword()
	}
	proof, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return nil, wrongPassword()
	}
	sub, err := s.read(ctx, r, "", "ALLOW_USER_SRP_AUTH")
	if err != nil {
		return nil, err
	}
	c, block, err := s.openChallenge(sub.pool.ID, in[1])
	if err != nil {
		return nil, err
	}
	if c.ClientID != sub.client.ID || (username != c.UserID && username != c.Name) {
		return nil, invalidSession()
	}
	if err := s.checkSecretHash(sub.client, r.params["SECRET_HASH"], username); err != nil {
		return nil, err
	}
	return s.proveSRP(ctx, r, c, block, proof, timestamp)
}

// proveSRP computes the session key and compares the proof, for a made-up
// credential too.
func (s *Service) proveSRP(ctx context.Context, r *signIn, c *challenge, block, proof []byte, timestamp string) (*reply, error) {
	sub, err := s.read(ctx, r, c.UserID, "")
	if err != nil {
		return nil, err
	}
	if sub.user != nil && sub.user.Sub != c.Sub {
		sub.user = nil // made again under the same name since
	}
	cred, err := s.credentialOf(sub.pool, sub.user, c.Name)
	if err != nil {
		return nil, err
	}
	var out *reply
	err = s.work(ctx, func() error {
		key, err := srp.ServerKey(cred.verifier, c.Secret, new(big.Int).SetBytes(c.A), new(big.Int).SetBytes(c.B))
		if err != nil {
			return wrongPassword()
		}
		right := srp.CheckProof(proof, key, poolName(sub.pool.ID), c.UserID, block, timestamp) && cred.user != nil
		out, err = s.finish(ctx, sub, &outcome{poolID: sub.pool.ID, user: c.UserID, nonce: c.Nonce, right: right})
		return err
	})
	return out, err
}
