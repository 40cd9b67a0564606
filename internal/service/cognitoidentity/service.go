package cognitoidentity

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/store"
)

// Config is what a Service is made of; all fields but Issuers and Log are
// required.
type Config struct {
	DB              *store.DB
	Keyring         *seal.Keyring
	Clock           clock.Clock
	IDs             *ids.Source
	Account, Region string
	Roles           Roles
	Tokens          TokenVerifier
	// Issuers are further bases of user-pool issuers beside AWS's own form, as
	// clients write them in Logins: "https://auth.example.com".
	Issuers []string
	// Log gets a warning for role mappings that users could turn to their
	// favour; nil drops them.
	Log *slog.Logger
}

// Service is the identity pools of one account and region. It is safe for
// concurrent use.
type Service struct {
	db              *store.DB
	base            store.Key
	clock           clock.Clock
	ids             *ids.Source
	account, region string
	roles           Roles
	tokens          TokenVerifier
	sealer          *seal.Sealer
	// hosts are the accepted hosts of Logins keys, AWS's own first.
	hosts []string
	keys  sync.Mutex // makes the key set once
	log   *slog.Logger
}

// New makes the service.
func New(c Config) *Service {
	s := &Service{
		db: c.DB, base: store.K("cognito-identity", c.Account, c.Region), clock: c.Clock, ids: c.IDs,
		account: c.Account, region: c.Region, roles: c.Roles, tokens: c.Tokens,
		sealer: c.Keyring.Sealer("cognito-identity signing keys"),
		hosts:  []string{"cognito-idp." + c.Region + ".amazonaws.com"},
	}
	if s.log = c.Log; s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, issuer := range c.Issuers {
		_, host, ok := strings.Cut(issuer, "://")
		if !ok {
			host = issuer
		}
		s.hosts = append(s.hosts, strings.TrimSuffix(host, "/"))
	}
	return s
}

// now is the clock's time in UTC and whole milliseconds, as records keep it.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

// newID makes the id of a pool or identity.
func (s *Service) newID() string { return s.region + ":" + s.ids.UUID() }

func (s *Service) poolARN(id string) string {
	return "arn:aws:cognito-identity:" + s.region + ":" + s.account + ":identitypool/" + id
}

// text returns what an optional string points to; absent is empty.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func ptr[T any](v T) *T { return &v }

// textPtr returns nil for "", so that an absent member stays absent.
func textPtr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
