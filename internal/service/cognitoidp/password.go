package cognitoidp

import (
	"crypto/subtle"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/srp"
)

// maxPassword is the longest password in characters.
const maxPassword = 256

// symbols are the characters that count as symbols
// (cognito-developer-guide, user-pool-settings-policies).
const symbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "

// check says whether a password conforms with the policy.
func (p *passwordPolicy) check(password string) error {
	upper, lower, digit, symbol := false, false, false, false
	for _, r := range password {
		switch {
		case r >= 'A' && r <= 'Z':
			upper = true
		case r >= 'a' && r <= 'z':
			lower = true
		case r >= '0' && r <= '9':
			digit = true
		case strings.ContainsRune(symbols, r):
			symbol = true
		}
	}
	switch n := utf8.RuneCountInString(password); {
	case n < int(p.MinimumLength):
		return invalidPassword("Password not long enough")
	case n > maxPassword:
		return invalidPassword("Password too long")
	case p.Uppercase && !upper:
		return invalidPassword("Password must have uppercase characters")
	case p.Lowercase && !lower:
		return invalidPassword("Password must have lowercase characters")
	case p.Numbers && !digit:
		return invalidPassword("Password must have numeric characters")
	case p.Symbols && (!symbol || strings.Trim(password, " ") != password && !strings.ContainsAny(strings.Trim(password, " "), symbols)):
		return invalidPassword("Password must have symbol characters")
	}
	return nil
}

// poolName is the part of a pool id that enters the password proof.
func poolName(poolID string) string {
	_, name, _ := strings.Cut(poolID, "_")
	return name
}

func passwordAD(poolID, sub string) []byte { return []byte(poolID + "\x00" + sub) }

// newPassword turns a password into what is kept of it. It costs an
// exponentiation: call it in a slot of the processor pool.
func (s *Service) newPassword(pool *poolRecord, u *userRecord, password string) *passwordRecord {
	salt := s.ids.Bytes(srp.SaltSize)
	verifier := srp.Verifier(poolName(pool.ID), pool.srpID(u), password, salt)
	return &passwordRecord{Salt: salt, Sealed: s.sealer("password").Seal(verifier, passwordAD(pool.ID, u.Sub)), Set: s.now()}
}

// srpID is the user id of the password proof. It is the folded name, so that
// the answer to a name typed in another case does not show how it was written
// at sign-up, and thereby that it exists.
func (p *poolRecord) srpID(u *userRecord) string { return p.fold(u.Username) }

// verifier opens the sealed verifier of a password.
func (s *Service) verifier(poolID string, u *userRecord, p *passwordRecord) ([]byte, error) {
	v, err := s.sealer("password").Open(p.Sealed, passwordAD(poolID, u.Sub))
	if err != nil {
		return nil, fmt.Errorf("open the password of user %s: %w", u.Sub, err)
	}
	return v, nil
}

// credential is what a sign-in is checked against: a user's password or, for
// a name without one, values derived from the name that look the same and
// cost the same (attack 33).
type credential struct {
	// userID is USER_ID_FOR_SRP.
	userID, sub    string
	salt, verifier []byte
	// user is nil for a made-up credential.
	user *userRecord
}

// credentialOf returns the credential of u, or a made-up one for a nil user
// and for one without a password.
func (s *Service) credentialOf(pool *poolRecord, u *userRecord, name string) (*credential, error) {
	if u == nil || u.Password == nil {
		return s.madeUp(pool, name), nil
	}
	v, err := s.verifier(pool.ID, u, u.Password)
	if err != nil {
		return nil, err
	}
	return &credential{userID: pool.srpID(u), sub: u.Sub, salt: u.Password.Salt, verifier: v, user: u}, nil
}

// madeUpVerifierSize is that of a verifier; the top byte is kept small so that
// it is less than N, as a real one is.
const madeUpVerifierSize = 384

func (s *Service) madeUp(pool *poolRecord, name string) *credential {
	folded := pool.fold(name)
	if strings.Contains(name, "@") {
		folded = strings.ToLower(name)
	}
	b := s.derive("unknown", pool.ID+"\x00"+folded, srp.SaltSize+16+16+madeUpVerifierSize)
	c := &credential{salt: b[:16], userID: pool.fold(name), sub: uuidOf(b[16:32])}
	// Where a user's id is not the name he types, an unknown name has an id
	// that looks like one, too.
	if len(pool.UsernameAttributes) > 0 || (strings.Contains(name, "@") && pool.hasName("email")) || (strings.HasPrefix(name, "+") && pool.hasName("phone_number")) {
		c.userID = uuidOf(b[32:48])
		if len(pool.UsernameAttributes) > 0 {
			c.userID = c.sub
		}
	}
	c.verifier = b[48:]
	c.verifier[0] &= 0x7f
	return c
}

// uuidOf writes 16 bytes as a version 4 UUID.
func uuidOf(b []byte) string {
	u := append([]byte(nil), b...)
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// matches says whether password is the credential's. It costs one
// exponentiation, for a made-up credential too.
func (c *credential) matches(poolID, password string) bool {
	v := srp.Verifier(poolName(poolID), c.userID, password, c.salt)
	return subtle.ConstantTimeCompare(v, c.verifier) == 1 && c.user != nil
}

// checkHistory refuses a password that is among the last ones, if the policy
// says so.
func (s *Service) checkHistory(pool *poolRecord, u *userRecord, password string) error {
	size := int(pool.Settings.Password.HistorySize)
	if size == 0 {
		return nil
	}
	former := u.History
	if u.Password != nil {
		former = append([]passwordRecord{*u.Password}, former...)
	}
	for i := range former[:min(size, len(former))] {
		v, err := s.verifier(pool.ID, u, &former[i])
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(v, srp.Verifier(poolName(pool.ID), pool.srpID(u), password, former[i].Salt)) == 1 {
			return awsapi.Errorf("PasswordHistoryPolicyViolationException", "Password has previously been used.")
		}
	}
	return nil
}

// setPassword replaces a user's password.
func (u *userRecord) setPassword(pool *poolRecord, p *passwordRecord) {
	if size := int(pool.Settings.Password.HistorySize); size > 0 && u.Password != nil {
		u.History = append([]passwordRecord{*u.Password}, u.History...)
		u.History = u.History[:min(size, len(u.History))]
	}
	u.Password = p
	u.Modified = p.Set
}
