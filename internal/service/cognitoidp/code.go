package cognitoidp

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/mail"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// How long codes live (cognito-developer-guide, limits).
const (
	signUpCodeLife    = 24 * time.Hour
	attributeCodeLife = 24 * time.Hour
	resetCodeLife     = time.Hour
)

// What a code is for; part of its key and of its MAC.
const (
	purposeSignUp    = "signup"
	purposeReset     = "reset"
	purposeAttribute = "attribute:"
)

const codeDigits = 6

func (s *Service) codeMAC(poolID, user, purpose, code string) []byte {
	mac := hmac.New(sha256.New, s.derive("code", poolID, 32))
	mac.Write([]byte(user + "\x00" + purpose + "\x00" + code))
	return mac.Sum(nil)
}

// sendCode makes a code, keeps its MAC and mails it, all in tx. An earlier
// code for the same purpose is void.
func (s *Service) sendCode(tx *store.Tx, pool *poolRecord, u *userRecord, purpose, attribute, to string, life time.Duration) (*shape.CodeDeliveryDetailsType, error) {
	user := pool.fold(u.Username)
	code := s.ids.String(codeDigits, ids.Digits)
	record := &codeRecord{MAC: s.codeMAC(pool.ID, user, purpose, code), Expires: s.now().Add(life), Attribute: attribute, Value: to}
	if err := store.PutJSON(tx, s.codeKey(pool.ID, user, purpose), record); err != nil {
		return nil, err
	}
	if err := s.mailer.Put(tx, pool.codeMessage(purpose, to, u.Username, code)); err != nil {
		return nil, err
	}
	return delivery(attribute, to), nil
}

// checkCode checks a code without using it up; it returns the record.
func (s *Service) checkCode(tx *store.Tx, pool *poolRecord, u *userRecord, purpose, code string) (*codeRecord, error) {
	user := pool.fold(u.Username)
	record, err := store.GetJSON[codeRecord](tx, s.codeKey(pool.ID, user, purpose))
	if err != nil {
		return nil, err
	}
	if record == nil || !s.now().Before(record.Expires) {
		return nil, codeExpired()
	}
	if !hmac.Equal(record.MAC, s.codeMAC(pool.ID, user, purpose, code)) {
		return nil, codeMismatch()
	}
	return record, nil
}

// useCode checks a code and deletes it.
func (s *Service) useCode(tx *store.Tx, pool *poolRecord, u *userRecord, purpose, code string) (*codeRecord, error) {
	record, err := s.checkCode(tx, pool, u, purpose, code)
	if err == nil {
		tx.Delete(s.codeKey(pool.ID, pool.fold(u.Username), purpose))
	}
	return record, err
}

// codeMessage words a mail with a code: the pool's template, or AWS's text.
func (p *poolRecord) codeMessage(purpose, to, username, code string) mail.Message {
	body := "Your confirmation code is {####}"
	if purpose == purposeReset {
		body = "Your password reset code is {####}"
	}
	if t := p.Settings.Verification.Text; t != "" {
		body = t
	}
	subject := "Your verification code"
	if t := p.Settings.Verification.Subject; t != "" {
		subject = t
	}
	return message(to, subject, body, username, code)
}

// inviteMessage words the mail to a user whom an administrator made.
func (p *poolRecord) inviteMessage(to, username, password string) mail.Message {
	body, subject := "Your username is {username} and temporary password is {####}.", "Your temporary password"
	if t := p.Settings.Invite.Text; t != "" {
		body = t
	}
	if t := p.Settings.Invite.Subject; t != "" {
		subject = t
	}
	return message(to, subject, body, username, password)
}

// message fills a template. A body with markup is the HTML part; the text part
// is the same then, as mail programs without HTML would show it.
func message(to, subject, body, username, code string) mail.Message {
	fill := strings.NewReplacer("{####}", code, "{username}", username)
	m := mail.Message{To: to, Subject: fill.Replace(subject), Text: fill.Replace(body), Code: code}
	if strings.Contains(body, "<") {
		m.HTML = m.Text
	}
	return m
}

// delivery says where a code went, with the address hidden.
func delivery(attribute, to string) *shape.CodeDeliveryDetailsType {
	medium := "EMAIL"
	if attribute == "phone_number" {
		medium = "SMS"
	}
	return &shape.CodeDeliveryDetailsType{AttributeName: some(attribute), DeliveryMedium: some(medium), Destination: some(masked(to))}
}

// masked hides an address as AWS does: j***@e***, +*******1234.
func masked(to string) string {
	if name, domain, ok := strings.Cut(to, "@"); ok && name != "" && domain != "" {
		return firstRune(name) + "***@" + firstRune(domain) + "***"
	}
	if len(to) > 4 {
		return "+" + strings.Repeat("*", len(to)-5) + to[len(to)-4:]
	}
	return "***"
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// madeUpDelivery is the answer for a name without a user, where existence is
// hidden: it looks like one that went out, always the same for a name, and
// commits as much (the row goes with its hour), so that it takes as long.
func (s *Service) madeUpDelivery(tx *store.Tx, pool *poolRecord, name string) *shape.CodeDeliveryDetailsType {
	tx.Put(s.base.With("limit", bucket(s.now(), time.Hour, 0), pool.ID, pool.fold(name), "made up"), s.ids.Bytes(200))
	if strings.Contains(name, "@") {
		return delivery("email", name)
	}
	b := s.derive("unknown-mail", pool.ID+"\x00"+pool.fold(name), 2)
	letter := func(n byte) string { return string(rune('a' + n%26)) }
	return delivery("email", letter(b[0])+"@"+letter(b[1]))
}
