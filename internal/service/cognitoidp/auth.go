package cognitoidp

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

// signIn is what InitiateAuth, RespondToAuthChallenge and their admin twins
// have in common.
type signIn struct {
	operation string
	admin     bool
	// poolID is set for the admin operations.
	poolID, clientID string
	// flow is the AuthFlow or the ChallengeName.
	flow    string
	params  map[string]string
	session string
}

// reply is what a step of a sign-in answers: a challenge, or tokens.
type reply struct {
	challenge, session *string
	params             map[string]string
	result             *shape.AuthenticationResultType
}

// InitiateAuth starts a sign-in or renews tokens.
func (s *Service) InitiateAuth(ctx context.Context, _ *awsapi.Call, in *shape.InitiateAuthInput) (*shape.InitiateAuthOutput, error) {
	r, err := s.initiate(ctx, &signIn{
		operation: "InitiateAuth", clientID: text(in.ClientId), flow: text(in.AuthFlow), params: in.AuthParameters, session: text(in.Session),
	})
	if err != nil {
		return nil, err
	}
	return &shape.InitiateAuthOutput{ChallengeName: r.challenge, Session: r.session, ChallengeParameters: r.params, AuthenticationResult: r.result}, nil
}

// AdminInitiateAuth is InitiateAuth by a signed caller, who may send a user's
// password.
func (s *Service) AdminInitiateAuth(ctx context.Context, _ *awsapi.Call, in *shape.AdminInitiateAuthInput) (*shape.AdminInitiateAuthOutput, error) {
	r, err := s.initiate(ctx, &signIn{
		operation: "AdminInitiateAuth", admin: true, poolID: text(in.UserPoolId), clientID: text(in.ClientId),
		flow: text(in.AuthFlow), params: in.AuthParameters, session: text(in.Session),
	})
	if err != nil {
		return nil, err
	}
	return &shape.AdminInitiateAuthOutput{ChallengeName: r.challenge, Session: r.session, ChallengeParameters: r.params, AuthenticationResult: r.result}, nil
}

func (s *Service) initiate(ctx context.Context, r *signIn) (*reply, error) {
	if r.session != "" {
		return nil, awsapi.NotBuilt(r.operation + " parameter Session")
	}
	if r.params["DEVICE_KEY"] != "" && r.flow != "REFRESH_TOKEN_AUTH" && r.flow != "REFRESH_TOKEN" {
		// No device is ever remembered; on this answer clients forget theirs
		// and start again.
		return nil, awsapi.Errorf("ResourceNotFoundException", "Device does not exist.")
	}
	switch r.flow {
	case "USER_SRP_AUTH":
		return s.beginSRP(ctx, r)
	case "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH":
		if r.admin == (r.flow == "USER_PASSWORD_AUTH") {
			return nil, invalidParameter("Initiate Auth method not supported.")
		}
		return s.passwordSignIn(ctx, r)
	case "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN":
		return s.refreshSignIn(ctx, r)
	}
	return nil, awsapi.NotBuilt(r.operation + " parameter AuthFlow " + r.flow)
}

// flowOff words the refusal of a flow that the client does not allow.
func flowOff(flow string) error {
	switch flow {
	case "USER_SRP_AUTH":
		return invalidParameter("USER_SRP_AUTH is not enabled for the client.")
	case "USER_PASSWORD_AUTH":
		return invalidParameter("USER_PASSWORD_AUTH flow not enabled for this client")
	}
	return invalidParameter("Auth flow not enabled for this client")
}

// required returns a parameter that must be there.
func (r *signIn) required(name string) (string, error) {
	if v := r.params[name]; v != "" {
		return v, nil
	}
	return "", invalidParameter("Missing required parameter %s", name)
}

// subject is what a sign-in step works on, read in one snapshot.
type subject struct {
	client *clientRecord
	pool   *poolRecord
	user   *userRecord
	groups []groupRecord
	keys   *token.KeySet
}

// read loads client and pool and, by the sign-in name, the user with his
// groups; user is nil if there is none. flag, if not "", is the flow the
// client must allow.
func (s *Service) read(ctx context.Context, r *signIn, name, flag string) (*subject, error) {
	if r.admin && r.poolID == "" {
		return nil, poolNotFound("")
	}
	var sub *subject
	load := func(tx *store.Tx) error {
		client, pool, err := s.clientAndPool(tx, r.poolID, r.clientID)
		if err != nil {
			return err
		}
		sub = &subject{client: client, pool: pool}
		if flag != "" && !client.Settings.allows(flag) {
			return flowOff(r.flow)
		}
		if name != "" {
			if sub.user, err = s.find(tx, pool, name); err != nil {
				return err
			}
		}
		if sub.user != nil {
			if sub.groups, err = s.groupsOf(tx, pool.ID, pool.fold(sub.user.Username)); err != nil {
				return err
			}
		}
		sub.keys, err = s.keys.in(tx, pool.ID)
		return err
	}
	if err := s.db.View(ctx, load); err != nil {
		return nil, err
	}
	if sub.keys == nil {
		keys, err := s.keys.ensure(ctx, sub.pool.ID)
		if err != nil {
			return nil, err
		}
		sub.keys = keys
	}
	return sub, nil
}

// hidden says whether a missing user must look like a wrong password.
func (sub *subject) hidden() bool { return sub.client.Settings.HideExistence }

// usable says why a user with the right password may still not sign in.
func usable(u *userRecord) error {
	switch {
	case u.Disabled:
		return userDisabled()
	case u.Status == statusUnconfirmed:
		return userNotConfirmed()
	case u.Status == statusResetRequired:
		return resetRequired()
	}
	return nil
}

// finish ends a password check: it settles the outcome and, for the right
// password of a usable user, answers with tokens or with the demand for a new
// password. Tokens are signed while the outcome is made durable, and given out
// only if that succeeded. It runs in a slot of the processor pool.
func (s *Service) finish(ctx context.Context, sub *subject, o *outcome) (*reply, error) {
	if !o.right {
		return nil, s.settle(ctx, o)
	}
	u := sub.user
	refusal := usable(u)
	o.check = func(tx *store.Tx) error { return s.unchanged(tx, sub, refusal) }
	if refusal != nil || u.Status == statusForceChange {
		if err := s.settle(ctx, o); err != nil {
			return nil, err
		}
		return s.demandNewPassword(sub)
	}
	settled := make(chan error, 1)
	go func() { settled <- s.settle(ctx, o) }()
	result, err := s.tokens(s.newGrant(sub.pool, sub.client, u, sub.groups, sub.keys))
	if settleErr := <-settled; settleErr != nil {
		return nil, settleErr
	}
	if err != nil {
		return nil, err
	}
	return &reply{result: result}, nil
}

// unchanged reads the user again in the transaction that settles a sign-in:
// what was decided on must still be so.
func (s *Service) unchanged(tx *store.Tx, sub *subject, refusal error) error {
	u, err := store.GetJSON[userRecord](tx, s.userKey(sub.pool.ID, sub.pool.fold(sub.user.Username)))
	if err != nil {
		return err
	}
	if u == nil || u.Sub != sub.user.Sub {
		return wrongPassword()
	}
	if err := usable(u); err != nil {
		return err
	}
	if refusal != nil || u.Epoch != sub.user.Epoch || u.Status != sub.user.Status {
		return wrongPassword()
	}
	return nil
}

// passwordSignIn checks a password that was sent itself.
func (s *Service) passwordSignIn(ctx context.Context, r *signIn) (*reply, error) {
	flag := "ALLOW_USER_PASSWORD_AUTH"
	if r.admin {
		flag = "ALLOW_ADMIN_USER_PASSWORD_AUTH"
	}
	name, err := r.required("USERNAME")
	if err != nil {
		return nil, err
	}
	password, err := r.required("PASSWORD")
	if err != nil {
		return nil, err
	}
	sub, err := s.read(ctx, r, name, flag)
	if err != nil {
		return nil, err
	}
	if err := s.checkSecretHash(sub.client, r.params["SECRET_HASH"], name); err != nil {
		return nil, err
	}
	if sub.user == nil && !sub.hidden() {
		return nil, userNotFound()
	}
	if len([]rune(password)) > maxPassword {
		return nil, wrongPassword()
	}
	c, err := s.credentialOf(sub.pool, sub.user, name)
	if err != nil {
		return nil, err
	}
	var out *reply
	err = s.work(ctx, func() error {
		right := c.matches(sub.pool.ID, password)
		out, err = s.finish(ctx, sub, &outcome{poolID: sub.pool.ID, user: c.userID, right: right})
		return err
	})
	return out, err
}
