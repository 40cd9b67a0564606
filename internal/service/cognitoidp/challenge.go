package cognitoidp

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

// session is what the Session of a challenge carries, sealed: that its holder
// has proven the user's temporary password.
type session struct {
	Username string `json:"u"`
	Sub      string `json:"s"`
	ClientID string `json:"c"`
	Nonce    string `json:"o"`
	Expires  int64  `json:"e"`
	// PasswordSet is when the proven password was set: it must still be the
	// user's when the session is used.
	PasswordSet int64 `json:"p"`
}

func sessionAD(poolID string) string { return "NEW_PASSWORD_REQUIRED\x00" + poolID }

// userAttributePrefix is put before attribute names in challenges.
const userAttributePrefix = "userAttributes."

// demandNewPassword answers the right temporary password.
func (s *Service) demandNewPassword(sub *subject) (*reply, error) {
	u, pool := sub.user, sub.pool
	age := time.Duration(pool.Settings.Password.TemporaryDays) * 24 * time.Hour
	if !s.now().Before(u.Password.Set.Add(age)) {
		return nil, notAuthorized("Temporary password has expired and must be reset by an administrator.")
	}
	sealed, err := token.SealOpaque(s.sealer("session"), sessionAD(pool.ID), &session{
		Username: u.Username, Sub: u.Sub, ClientID: sub.client.ID, Nonce: s.nonce(), PasswordSet: u.Password.Set.UnixMilli(),
		Expires: s.now().Add(time.Duration(sub.client.Settings.SessionMinutes) * time.Minute).Unix(),
	})
	if err != nil {
		return nil, err
	}
	missing := []string{}
	for _, name := range pool.requiredAttributes() {
		if u.Attributes[name] == "" {
			missing = append(missing, userAttributePrefix+name)
		}
	}
	shown := map[string]string{}
	for name, v := range u.Attributes {
		if name != "sub" && sub.client.Settings.readable(name) {
			shown[name] = v
		}
	}
	required, err := json.Marshal(missing)
	if err != nil {
		return nil, err
	}
	attributes, err := json.Marshal(shown)
	if err != nil {
		return nil, err
	}
	return &reply{challenge: some("NEW_PASSWORD_REQUIRED"), session: some(sealed), params: map[string]string{
		"USER_ID_FOR_SRP": pool.srpID(u), "requiredAttributes": string(required), "userAttributes": string(attributes),
	}}, nil
}

// RespondToAuthChallenge answers a challenge.
func (s *Service) RespondToAuthChallenge(ctx context.Context, _ *awsapi.Call, in *shape.RespondToAuthChallengeInput) (*shape.RespondToAuthChallengeOutput, error) {
	r, err := s.respond(ctx, &signIn{
		operation: "RespondToAuthChallenge", clientID: text(in.ClientId), flow: text(in.ChallengeName),
		params: in.ChallengeResponses, session: text(in.Session),
	})
	if err != nil {
		return nil, err
	}
	return &shape.RespondToAuthChallengeOutput{ChallengeName: r.challenge, Session: r.session, ChallengeParameters: r.params, AuthenticationResult: r.result}, nil
}

// AdminRespondToAuthChallenge is RespondToAuthChallenge by a signed caller.
func (s *Service) AdminRespondToAuthChallenge(ctx context.Context, _ *awsapi.Call, in *shape.AdminRespondToAuthChallengeInput) (*shape.AdminRespondToAuthChallengeOutput, error) {
	r, err := s.respond(ctx, &signIn{
		operation: "AdminRespondToAuthChallenge", admin: true, poolID: text(in.UserPoolId), clientID: text(in.ClientId),
		flow: text(in.ChallengeName), params: in.ChallengeResponses, session: text(in.Session),
	})
	if err != nil {
		return nil, err
	}
	return &shape.AdminRespondToAuthChallengeOutput{ChallengeName: r.challenge, Session: r.session, ChallengeParameters: r.params, AuthenticationResult: r.result}, nil
}

func (s *Service) respond(ctx context.Context, r *signIn) (*reply, error) {
	if r.params["DEVICE_KEY"] != "" {
		return nil, awsapi.Errorf("ResourceNotFoundException", "Device does not exist.")
	}
	switch r.flow {
	case "PASSWORD_VERIFIER":
		// A Session that comes along is one of an earlier challenge that
		// amazon-cognito-identity-js keeps; the secret block is this one's.
		return s.answerSRP(ctx, r)
	case "NEW_PASSWORD_REQUIRED":
		return s.answerNewPassword(ctx, r)
	}
	return nil, awsapi.NotBuilt(r.operation + " parameter ChallengeName " + r.flow)
}

// answerNewPassword sets the password of a user who signed in with a temporary
// one, and the required attributes that were missing.
func (s *Service) answerNewPassword(ctx context.Context, r *signIn) (*reply, error) {
	name, err := r.required("USERNAME")
	if err != nil {
		return nil, err
	}
	password, err := r.required("NEW_PASSWORD")
	if err != nil {
		return nil, err
	}
	if r.session == "" {
		return nil, invalidParameter("Missing required parameter Session")
	}
	sub, err := s.read(ctx, r, "", "")
	if err != nil {
		return nil, err
	}
	if err := s.checkSecretHash(sub.client, r.params["SECRET_HASH"], name); err != nil {
		return nil, err
	}
	var sess session
	if err := token.OpenOpaque(s.sealer("session"), sessionAD(sub.pool.ID), r.session, &sess); err != nil {
		return nil, invalidSession()
	}
	if s.now().Unix() >= sess.Expires {
		return nil, sessionExpired()
	}
	if sub, err = s.read(ctx, r, sess.Username, ""); err != nil {
		return nil, err
	}
	if err := sess.holds(sub); err != nil {
		return nil, err
	}
	if err := sub.pool.Settings.Password.check(password); err != nil {
		return nil, err
	}
	given := map[string]string{}
	for k, v := range r.params {
		if attribute, ok := strings.CutPrefix(k, userAttributePrefix); ok {
			given[attribute] = v
		}
	}
	if err := sub.pool.checkWrite(&sub.client.Settings, sub.user, given); err != nil {
		return nil, err
	}
	return s.acceptNewPassword(ctx, sub, &sess, password, given)
}

// holds says whether the session still fits client and user.
func (sess *session) holds(sub *subject) error {
	u := sub.user
	if sess.ClientID != sub.client.ID || u == nil || u.Sub != sess.Sub || u.Password == nil ||
		u.Password.Set.UnixMilli() != sess.PasswordSet || u.Status != statusForceChange {
		return invalidSession()
	}
	if u.Disabled {
		return userDisabled()
	}
	return nil
}

func (s *Service) acceptNewPassword(ctx context.Context, sub *subject, sess *session, password string, given map[string]string) (out *reply, err error) {
	err = s.work(ctx, func() error {
		if err := s.checkHistory(sub.pool, sub.user, password); err != nil {
			return err
		}
		fresh := s.newPassword(sub.pool, sub.user, password)
		var after *userRecord
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			unused, err := s.useNonce(tx, sess.Nonce)
			if err != nil {
				return err
			}
			before, err := s.find(tx, sub.pool, sess.Username)
			if err != nil {
				return err
			}
			current := *sub
			current.user = before
			if err := sess.holds(&current); err != nil || !unused {
				return invalidSession()
			}
			after = before.clone()
			if _, err := s.changeAttributes(tx, sub.pool, after, given); err != nil {
				return err
			}
			for _, name := range sub.pool.requiredAttributes() {
				if after.Attributes[name] == "" {
					return invalidParameter("Invalid user attributes: %s: The attribute is required", name)
				}
			}
			after.setPassword(sub.pool, fresh)
			after.Status = statusConfirmed
			return s.putUser(tx, sub.pool, before, after, "AliasExistsException", false)
		})
		if err != nil {
			return err
		}
		result, err := s.tokens(s.newGrant(sub.pool, sub.client, after, sub.groups, sub.keys))
		out = &reply{result: result}
		return err
	})
	return out, err
}

// requiredAttributes names the attributes every user must have, but for sub.
func (p *poolRecord) requiredAttributes() []string {
	var names []string
	for i := range p.Schema {
		if a := &p.Schema[i]; a.Required && a.Name != "sub" {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names
}
