package iam

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/store"
)

var _ awsapi.Credentials = (*Service)(nil)

// Credential finds what stands behind an access key: a user for a long-term
// key (AKIA, which comes without a token), a role session for a temporary one
// (ASIA, which comes with its token).
func (s *Service) Credential(ctx context.Context, accessKeyID, sessionToken string) (*awsapi.Credential, error) {
	switch {
	case len(accessKeyID) > 128:
		return nil, awsapi.ErrUnknownAccessKey
	case strings.HasPrefix(accessKeyID, "ASIA"):
		return s.sessionCredential(ctx, accessKeyID, sessionToken)
	case !strings.HasPrefix(accessKeyID, "AKIA"):
		return nil, awsapi.ErrUnknownAccessKey
	}
	c, err := s.userCredential(ctx, accessKeyID)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return nil, awsapi.ErrUnknownAccessKey
	case sessionToken != "":
		return nil, awsapi.ErrInvalidSessionToken
	}
	return c, nil
}

// userCredential returns the credential of an active long-term key, or nil.
func (s *Service) userCredential(ctx context.Context, id string) (*awsapi.Credential, error) {
	generation := s.generation.Load()
	if k, ok := lookup(&s.cache, &s.cache.keys, id); ok && k.generation == generation {
		return k.credential, nil
	}
	var c *awsapi.Credential
	err := s.db.View(ctx, func(tx *store.Tx) error {
		k, err := store.GetJSON[accessKeyRecord](tx, s.accessKeyKey(id))
		if err != nil || k == nil || !k.Active {
			return err
		}
		e, err := s.find(tx, kindUser, k.UserName)
		if err != nil || e == nil || e.ID != k.UserID {
			return err
		}
		secret, err := s.secrets.Open(k.Secret, []byte(id))
		if err != nil {
			return fmt.Errorf("open the secret of access key %s: %w", id, err)
		}
		c = &awsapi.Credential{Secret: string(secret), Caller: &awsapi.Caller{
			Kind: awsapi.User, Account: s.account, ARN: e.arn(s.account), UserID: e.ID, UserName: e.Name, AccessKeyID: id,
		}}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if c != nil {
		// Unknown ids are not kept: strangers choose them.
		keep(&s.cache, &s.cache.keys, id, &cachedKey{generation, c})
	}
	return c, nil
}

// openSession is an opened token. What a token says never changes, so it is
// kept without a generation; whether it still counts is asked every time.
type openSession struct {
	sum        [sha256.Size]byte // of the token
	credential *awsapi.Credential
}

func (s *Service) sessionCredential(ctx context.Context, id, token string) (*awsapi.Credential, error) {
	if token == "" || len(token) > maxToken {
		return nil, awsapi.ErrInvalidSessionToken
	}
	sum := sha256.Sum256([]byte(token))
	open, ok := lookup(&s.cache, &s.cache.sessions, id)
	if !ok || subtle.ConstantTimeCompare(open.sum[:], sum[:]) != 1 {
		sealed, secret, err := s.tokens.open(id, token)
		if err != nil {
			return nil, awsapi.ErrInvalidSessionToken
		}
		open = &openSession{sum, &awsapi.Credential{Secret: secret, Caller: s.sessionCaller(id, sealed)}}
		keep(&s.cache, &s.cache.sessions, id, open)
	}
	session := open.credential.Caller.Session
	if !s.clock.Now().Before(session.Expires) {
		return nil, awsapi.ErrExpiredSessionToken
	}
	if err := s.stillValid(ctx, session); err != nil {
		return nil, err
	}
	return open.credential, nil
}

// stillValid says whether the role is the one the session is of, and nothing
// revoked the session.
func (s *Service) stillValid(ctx context.Context, session *awsapi.Session) error {
	p, err := s.principal(ctx, kindRole, session.RoleName)
	if err != nil {
		return err
	}
	if p == nil || p.id != session.RoleID || revokedSince(session, p.notBefore) {
		return awsapi.ErrInvalidSessionToken
	}
	if session.Cognito == nil {
		return nil
	}
	notBefore, err := s.identityNotBefore(ctx, session.Cognito.IdentityID)
	if err != nil {
		return err
	}
	if revokedSince(session, notBefore) {
		return awsapi.ErrInvalidSessionToken
	}
	return nil
}

// revokedSince says whether the session was issued before notBefore. Tokens
// carry whole seconds, so one issued in the second of a revocation is taken
// for an older one.
func revokedSince(session *awsapi.Session, notBefore time.Time) bool {
	return !notBefore.IsZero() && session.Issued.Unix() <= notBefore.Unix()
}

func (s *Service) identityNotBefore(ctx context.Context, id string) (time.Time, error) {
	generation := s.generation.Load()
	if r, ok := lookup(&s.cache, &s.cache.revoked, id); ok && r.generation == generation {
		return r.notBefore, nil
	}
	var at time.Time
	err := s.db.View(ctx, func(tx *store.Tx) error {
		r, err := store.GetJSON[revocation](tx, s.key("revoked", id))
		if r != nil {
			at = r.NotBefore
		}
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	keep(&s.cache, &s.cache.revoked, id, &cachedRevocation{generation, at})
	return at, nil
}

// KeyAccount returns the account of a long-term access key, active or not, ""
// if there is none. Temporary keys leave no record: all that have their form
// are this account's, the only one there is.
func (s *Service) KeyAccount(ctx context.Context, id string) (string, error) {
	if strings.HasPrefix(id, "ASIA") && len(id) == 20 {
		return s.account, nil
	}
	found := false
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		_, found, err = tx.Get(s.accessKeyKey(id))
		return err
	})
	if err != nil || !found {
		return "", err
	}
	return s.account, nil
}
