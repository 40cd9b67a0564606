package gateway

import (
	"log/slog"
	"net/http"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/journal"
	"github.com/bawn-dev/bawn/internal/shape"
	"github.com/bawn-dev/bawn/internal/wire"
)

// Config is what a gateway is made of. All fields but Stage, Hosted, Buckets,
// Static and TrustLoopback are required.
type Config struct {
	Account string
	Region  string
	// TrustLoopback makes aws:SecureTransport true for plain HTTP from a
	// loopback peer, so that bucket policies that insist on TLS do not lock a
	// developer out (DIVERGENCES.md). Never set by bawn serve.
	TrustLoopback bool
	Door          *awsapi.Door
	Credentials   awsapi.Credentials
	Journal       *journal.Journal
	Clock         clock.Clock
	IDs           *ids.Source
	Log           *slog.Logger
	// Models are the services' wire models, by service name.
	Models []*shape.Model
	// Stage serves API stages; nil answers them with 404.
	Stage Stage
	// Hosted serves the user pools' public documents.
	Hosted http.Handler
	// Buckets answers the cross-origin rules of a bucket.
	Buckets BucketRules
}

// Gateway is the HTTP handler of everything Bawn serves on its one port.
type Gateway struct {
	account, region string
	trustLoopback   bool
	door            *awsapi.Door
	credentials     awsapi.Credentials
	journal         *journal.Journal
	clock           clock.Clock
	ids             *ids.Source
	log             *slog.Logger
	services        map[string]*service // by name
	targets         map[string]*service // by X-Amz-Target prefix
	stage           Stage
	hosted          http.Handler
	buckets         BucketRules
	steps           []step
}

// service is one service as the gateway sees it.
type service struct {
	Model  *shape.Model
	codec  wire.Codec
	limits limits
}

// New makes a gateway.
func New(c Config) *Gateway {
	g := &Gateway{
		account: c.Account, region: c.Region, trustLoopback: c.TrustLoopback,
		door: c.Door, credentials: c.Credentials, journal: c.Journal,
		clock: c.Clock, ids: c.IDs, log: c.Log,
		services: map[string]*service{}, targets: map[string]*service{},
		stage: c.Stage, hosted: c.Hosted, buckets: c.Buckets,
		steps: pipeline(),
	}
	for _, m := range c.Models {
		s := &service{Model: m, codec: wire.For(m), limits: limitsOf(m.Service)}
		g.services[m.Service] = s
		if m.TargetPrefix != "" {
			g.targets[m.TargetPrefix] = s
		}
	}
	return g
}
