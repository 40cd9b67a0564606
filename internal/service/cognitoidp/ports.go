package cognitoidp

import (
	"github.com/bawn-dev/bawn/internal/mail"
	"github.com/bawn-dev/bawn/internal/store"
)

// Mailer queues messages as part of a transaction, so that a code and the mail
// that tells it are written together or not at all. mail.Inbox is one.
type Mailer interface {
	Put(tx *store.Tx, m mail.Message) error
}
