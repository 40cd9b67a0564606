package cognitoidp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/seal"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

// Config is what a Service needs.
type Config struct {
	// Account and Region own the pools; both are required.
	Account, Region string
	// DB, Keyring and Mailer are required.
	DB      *store.DB
	Keyring *seal.Keyring
	Mailer  Mailer
	// IssuerBase is the part of iss before the pool id, without a slash at
	// its end; default https://cognito-idp.REGION.amazonaws.com. AWS's form is
	// accepted beside it.
	IssuerBase string
	// Clock, IDs and Log have defaults: the machine's clock, random ids, slog's
	// default logger.
	Clock clock.Clock
	IDs   *ids.Source
	Log   *slog.Logger
	// Slots is how many sign-ins compute at a time, Queue how many may wait;
	// default one a processor, and 64 a slot.
	Slots, Queue int
	// CachedTokens is how many verified tokens are remembered; default 4096.
	CachedTokens int
}

// Service is the user pools of one account and region. It is safe for
// concurrent use.
type Service struct {
	region     string
	base       store.Key
	db         *store.DB
	keyring    *seal.Keyring
	sealers    map[string]*seal.Sealer
	mailer     Mailer
	issuerBase string
	clock      clock.Clock
	ids        *ids.Source
	log        *slog.Logger
	cpu        *processor
	cache      *token.Cache
	keys       *signingKeys
	swept      sweeper
	pools      *remembered[poolRecord]
	clients    *remembered[clientRecord]
}

// The purposes of sealing. They name keys and must not change.
var sealerPurposes = []string{"client", "password", "keys", "refresh", "challenge", "session", "page"}

const purposePrefix = "cognito-idp/"

// New makes a service. Close it to end its background work.
func New(c Config) (*Service, error) {
	if c.Account == "" || c.Region == "" || c.DB == nil || c.Keyring == nil || c.Mailer == nil {
		return nil, errors.New("cognitoidp: account, region, store, keyring and mailer are required")
	}
	s := &Service{
		region: c.Region, base: store.K("cognito-idp", c.Account, c.Region), db: c.DB, keyring: c.Keyring, mailer: c.Mailer,
		sealers: map[string]*seal.Sealer{}, issuerBase: c.IssuerBase, clock: c.Clock, ids: c.IDs, log: c.Log,
		swept: sweeper{last: map[string]string{}}, pools: newRemembered[poolRecord](), clients: newRemembered[clientRecord](),
	}
	for _, p := range sealerPurposes {
		s.sealers[p] = c.Keyring.Sealer(purposePrefix + p)
	}
	if s.issuerBase == "" {
		s.issuerBase = fmt.Sprintf("https://cognito-idp.%s.amazonaws.com", c.Region)
	}
	if s.clock == nil {
		s.clock = clock.System{}
	}
	if s.ids == nil {
		s.ids = ids.New(nil)
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	slots, queue, cached := c.Slots, c.Queue, c.CachedTokens
	if slots <= 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	if queue <= 0 {
		queue = 64 * slots
	}
	if cached <= 0 {
		cached = 4096
	}
	s.cpu, s.cache = newProcessor(slots, queue), token.NewCache(cached)
	s.keys = newSigningKeys(s)
	return s, nil
}

// Close ends the background work.
func (s *Service) Close() { s.keys.close() }

// reader lets key generation draw from the source of ids.
type reader struct{ ids *ids.Source }

// Read fills p.
func (r reader) Read(p []byte) (int, error) { return copy(p, r.ids.Bytes(len(p))), nil }

// now is the clock's time in UTC and whole milliseconds, as records keep it.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

// sealer returns the sealer of one of sealerPurposes.
func (s *Service) sealer(purpose string) *seal.Sealer { return s.sealers[purpose] }

// derive returns key material that need not be stored.
func (s *Service) derive(purpose, info string, n int) []byte {
	return s.keyring.Derive(purposePrefix+purpose, []byte(info), n)
}

// work runs fn in a slot of the processor pool.
func (s *Service) work(ctx context.Context, fn func() error) error { return s.cpu.do(ctx, fn) }
