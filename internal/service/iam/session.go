package iam

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/policy"
)

// A session token is base64url without padding of
//
//	box of (format byte, flate with dictionary of JSON of sealedSession)
//
// sealed for one purpose with the access key id as associated data, so that a
// token goes with no other key. The secret is derived from the master key, the
// access key id and the nonce; the token holds only a short check of it, which
// tells after a rotation which master key it came from.
const (
	tokenFormat = 1
	// maxToken is the longest token that is looked at, in characters.
	maxToken = 8192
	// maxOpened bounds what a token decompresses to.
	maxOpened = 64 << 10
)

// sealedSession is what a token holds, with short names to keep it small.
type sealedSession struct {
	RoleID   string            `json:"i"`
	Role     string            `json:"r"`
	RoleARN  string            `json:"R,omitempty"`
	Name     string            `json:"n"`
	Issued   int64             `json:"t"`
	Expires  int64             `json:"e"`
	Nonce    []byte            `json:"x"`
	Check    []byte            `json:"c"`
	Policies []string          `json:"p,omitempty"`
	ARNs     []string          `json:"a,omitempty"`
	Tags     map[string]string `json:"g,omitempty"`
	Source   string            `json:"s,omitempty"`
	Provider string            `json:"f,omitempty"`
	Pool     string            `json:"P,omitempty"`
	Identity string            `json:"I,omitempty"`
	AMR      []string          `json:"A,omitempty"`
}

// tokenDictionary primes the compression with what tokens hold. It belongs to
// tokenFormat 1 and must not change.
const tokenDictionary = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:*","lambda:*","dynamodb:*","kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*",` +
	`"mobiletargeting:*","mobileanalytics:*","firehose:*","kinesis:*","sqs:*","sns:*","ses:*","logs:*","cloudwatch:*","cognito-sync:*","cognito-identity:*","cognito-idp:*","execute-api:*","Resource":"*","Condition":{"StringEquals":{"Effect":"Allow"` +
	`arn:aws:iam::aws:policy/AmazonCognitoUnauthenticatedIdentities"],"n":"CognitoIdentityCredentials","t":17,"e":17,"x":"","c":"","f":"cognito-identity.amazonaws.com","P":"us-east-1:","I":"us-east-1:",` +
	`"A":["authenticated","unauthenticated","cognito-idp.us-east-1.amazonaws.com/us-east-1_",":CognitoSignIn:"]}{"i":"AROA","r":"`

type tokenSealer struct {
	sealer  *seal.Sealer
	keyring *seal.Keyring
}

func newTokenSealer(kr *seal.Keyring) *tokenSealer {
	return &tokenSealer{sealer: kr.Sealer("sts session token"), keyring: kr}
}

const secretPurpose = "sts session secret"

func secretInfo(accessKeyID string, nonce []byte) []byte {
	return append([]byte(accessKeyID+"\x00"), nonce...)
}

// secretText is the 40 characters of a secret access key.
func secretText(key []byte) string { return base64.StdEncoding.EncodeToString(key) }

func secretCheck(key []byte) []byte {
	sum := sha256.Sum256(key)
	return sum[:4]
}

// seal makes the token and the secret that go with accessKeyID.
func (t *tokenSealer) seal(accessKeyID string, s *sealedSession) (token, secret string, err error) {
	key := t.keyring.Derive(secretPurpose, secretInfo(accessKeyID, s.Nonce), 30)
	s.Check = secretCheck(key)
	plain, err := json.Marshal(s)
	if err != nil {
		return "", "", fmt.Errorf("encode session: %w", err)
	}
	var b bytes.Buffer
	b.WriteByte(tokenFormat)
	w, err := flate.NewWriterDict(&b, flate.BestCompression, []byte(tokenDictionary))
	if err != nil {
		return "", "", fmt.Errorf("compress session: %w", err)
	}
	// Writes to a bytes.Buffer do not fail.
	_, _ = w.Write(plain)
	if err := w.Close(); err != nil {
		return "", "", fmt.Errorf("compress session: %w", err)
	}
	box := t.sealer.Seal(b.Bytes(), []byte(accessKeyID))
	return base64.RawURLEncoding.EncodeToString(box), secretText(key), nil
}

var errToken = errors.New("not a session token of this access key")

// open is the reverse of seal.
func (t *tokenSealer) open(accessKeyID, token string) (s *sealedSession, secret string, err error) {
	if len(token) > maxToken {
		return nil, "", errToken
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, "", errToken
	}
	plain, err := t.sealer.Open(box, []byte(accessKeyID))
	if err != nil || len(plain) == 0 || plain[0] != tokenFormat {
		return nil, "", errToken
	}
	r := flate.NewReaderDict(bytes.NewReader(plain[1:]), []byte(tokenDictionary))
	text, err := io.ReadAll(io.LimitReader(r, maxOpened))
	if err != nil {
		return nil, "", errToken
	}
	s = new(sealedSession)
	if err := json.Unmarshal(text, s); err != nil {
		return nil, "", errToken
	}
	for _, key := range t.keyring.DeriveAll(secretPurpose, secretInfo(accessKeyID, s.Nonce), 30) {
		if subtle.ConstantTimeCompare(secretCheck(key), s.Check) == 1 {
			return s, secretText(key), nil
		}
	}
	return nil, "", errToken
}

// MintSession makes temporary credentials for a role session. The caller has
// decided already that the session may be had. Issued is set to now; an
// Expires that is not after it is an error: there are no credentials without
// an end.
func (s *Service) MintSession(_ context.Context, session *awsapi.Session) (*awsapi.SessionCredentials, error) {
	now := s.clock.Now().UTC()
	if !session.Expires.After(now) || session.RoleID == "" || session.Name == "" || len(session.Name) > 64 || !plainName(session.Name) {
		return nil, fmt.Errorf("mint a session: role, name or expiry is missing or invalid")
	}
	for _, text := range session.Policies {
		if _, err := policy.Parse(policy.SessionPolicy, []byte(text)); err != nil {
			return nil, fmt.Errorf("mint a session: %w", err)
		}
	}
	out := sealedSession{
		RoleID: session.RoleID, Role: session.RoleName, RoleARN: session.RoleARN, Name: session.Name, Issued: now.Unix(), Expires: session.Expires.Unix(),
		Nonce: s.ids.Bytes(12), Policies: session.Policies, ARNs: session.PolicyARNs, Tags: session.Tags,
		Source: session.SourceIdentity, Provider: session.FederatedProvider,
	}
	if session.RoleARN == "arn:aws:iam::"+s.account+":role/"+session.RoleName {
		out.RoleARN = ""
	}
	if g := session.Cognito; g != nil {
		out.Pool, out.Identity, out.AMR = g.IdentityPoolID, g.IdentityID, g.AMR
	}
	id := s.ids.AccessKeyID("ASIA")
	token, secret, err := s.tokens.seal(id, &out)
	if err != nil {
		return nil, err
	}
	if len(token) > maxToken {
		return nil, ErrSessionTooLarge
	}
	return &awsapi.SessionCredentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token, Expires: time.Unix(out.Expires, 0).UTC()}, nil
}

// ErrSessionTooLarge: policies and tags of a session do not fit in its token
// (sts says PackedPolicyTooLarge).
var ErrSessionTooLarge = errors.New("the session's policies and tags are too large")

// session turns an opened token into a caller.
func (s *Service) sessionCaller(accessKeyID string, t *sealedSession) *awsapi.Caller {
	session := &awsapi.Session{
		RoleID: t.RoleID, RoleName: t.Role, RoleARN: t.RoleARN, Name: t.Name,
		Issued: time.Unix(t.Issued, 0).UTC(), Expires: time.Unix(t.Expires, 0).UTC(),
		Policies: t.Policies, PolicyARNs: t.ARNs, Tags: t.Tags, SourceIdentity: t.Source, FederatedProvider: t.Provider,
	}
	if session.RoleARN == "" {
		session.RoleARN = "arn:aws:iam::" + s.account + ":role/" + t.Role
	}
	if t.Identity != "" {
		session.Cognito = &awsapi.CognitoSession{IdentityPoolID: t.Pool, IdentityID: t.Identity, AMR: t.AMR}
	}
	return &awsapi.Caller{
		Kind: awsapi.RoleSession, Account: s.account, ARN: "arn:aws:sts::" + s.account + ":assumed-role/" + t.Role + "/" + t.Name,
		UserID: t.RoleID + ":" + t.Name, AccessKeyID: accessKeyID, Session: session,
	}
}

// RevokeRoleSessions ends all sessions of a role that were issued before now.
func (s *Service) RevokeRoleSessions(ctx context.Context, roleName string) error {
	return s.change(ctx, kindRole, &roleName, func(_ *store.Tx, e *entity) error {
		e.NotBefore = s.clock.Now().UTC()
		return nil
	})
}

// RevokeIdentities ends all sessions of identity-pool identities that were
// issued before now.
func (s *Service) RevokeIdentities(ctx context.Context, identityIDs ...string) error {
	return s.update(ctx, func(tx *store.Tx) error {
		for _, id := range identityIDs {
			if err := store.PutJSON(tx, s.key("revoked", id), revocation{s.clock.Now().UTC()}); err != nil {
				return err
			}
		}
		return nil
	})
}
