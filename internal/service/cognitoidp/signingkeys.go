package cognitoidp

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/token"
)

// signingKeys makes, keeps and opens the key sets of pools. A set is one
// sealed record; the opened form is remembered as long as the record is the
// same, so a rotation by another node is seen at once.
type signingKeys struct {
	service *Service
	mu      sync.Mutex
	opened  map[string]openedSet
	making  map[string]chan struct{}
	// background is for sets made ahead of need.
	background sync.WaitGroup
	stop       context.CancelFunc
	ctx        context.Context
	// generate makes one key pair; a field so that tests need not wait.
	generate func(use token.Use) (*token.Key, error)
}

type openedSet struct {
	record []byte
	set    *token.KeySet
}

func newSigningKeys(s *Service) *signingKeys {
	ctx, stop := context.WithCancel(context.Background())
	return &signingKeys{
		service: s, opened: map[string]openedSet{}, making: map[string]chan struct{}{}, ctx: ctx, stop: stop,
		generate: func(use token.Use) (*token.Key, error) { return token.Generate(reader{s.ids}, use, token.RS256) },
	}
}

// prepare makes a pool's keys in the background, so that neither creating a
// pool nor the first sign-in waits for them.
func (k *signingKeys) prepare(pool string) {
	k.background.Add(1)
	go func() {
		defer k.background.Done()
		if _, err := k.ensure(k.ctx, pool); err != nil && k.ctx.Err() == nil {
			k.service.log.Warn("signing keys not made ahead", slog.String("pool", pool), slog.Any("error", err))
		}
	}()
}

func (k *signingKeys) close() {
	k.stop()
	k.background.Wait()
}

func (k *signingKeys) forget(pool string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.opened, pool)
}

// in reads a pool's set within a transaction; nil if it is not made yet.
func (k *signingKeys) in(tx *store.Tx, pool string) (*token.KeySet, error) {
	record, ok, err := tx.Get(k.service.keySetKey(pool))
	if err != nil || !ok {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if o, ok := k.opened[pool]; ok && bytes.Equal(o.record, record) {
		return o.set, nil
	}
	plain, err := k.service.sealer("keys").Open(record, []byte(pool))
	if err != nil {
		return nil, fmt.Errorf("open the signing keys of pool %s: %w", pool, err)
	}
	set, err := token.UnmarshalKeySet(plain)
	if err != nil {
		return nil, fmt.Errorf("read the signing keys of pool %s: %w", pool, err)
	}
	k.opened[pool] = openedSet{record: record, set: set}
	return set, nil
}

// ensure returns a pool's set and makes it if need be, once at a time.
func (k *signingKeys) ensure(ctx context.Context, pool string) (*token.KeySet, error) {
	for {
		set, err := k.read(ctx, pool)
		if err != nil || set != nil {
			return set, err
		}
		k.mu.Lock()
		wait, busy := k.making[pool]
		if !busy {
			wait = make(chan struct{})
			k.making[pool] = wait
		}
		k.mu.Unlock()
		if !busy {
			err := k.make(ctx, pool)
			k.mu.Lock()
			delete(k.making, pool)
			k.mu.Unlock()
			close(wait)
			if err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (k *signingKeys) read(ctx context.Context, pool string) (set *token.KeySet, err error) {
	err = k.service.db.View(ctx, func(tx *store.Tx) error {
		if _, err := k.service.pool(tx, pool); err != nil {
			return err
		}
		set, err = k.in(tx, pool)
		return err
	})
	return set, err
}

// make generates a set and writes it, unless another node was faster or the
// pool is gone.
func (k *signingKeys) make(ctx context.Context, pool string) error {
	id, err := k.generate(token.ID)
	if err != nil {
		return err
	}
	access, err := k.generate(token.Access)
	if err != nil {
		return err
	}
	plain, err := token.NewKeySet(k.service.now(), id, access).Marshal()
	if err != nil {
		return err
	}
	record := k.service.sealer("keys").Seal(plain, []byte(pool))
	return k.service.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := k.service.pool(tx, pool); err != nil {
			return err
		}
		_, made, err := tx.Get(k.service.keySetKey(pool))
		if err == nil && !made {
			tx.Put(k.service.keySetKey(pool), record)
		}
		return err
	})
}

// rotationLead is how long a new key is published before it signs: verifiers
// that cache the key set have fetched it by then.
const rotationLead = longestToken / 24

// RotateKeys gives a pool new signing keys: published at once, signing after
// an hour; the former ones stay published until the last token they may sign
// has expired.
func (s *Service) RotateKeys(ctx context.Context, pool string) error {
	if _, err := s.keys.ensure(ctx, pool); err != nil {
		return err
	}
	var fresh []*token.Key
	for _, use := range []token.Use{token.ID, token.Access} {
		key, err := s.keys.generate(use)
		if err != nil {
			return err
		}
		fresh = append(fresh, key)
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		set, err := s.keys.in(tx, pool)
		if err != nil {
			return err
		}
		if set == nil {
			return poolNotFound(pool)
		}
		now := s.now()
		for _, key := range fresh {
			set = set.Rotate(now, key, now.Add(rotationLead), longestToken)
		}
		plain, err := set.Marshal()
		if err != nil {
			return err
		}
		tx.Put(s.keySetKey(pool), s.sealer("keys").Seal(plain, []byte(pool)))
		return nil
	})
}

// JWKS returns the key set document of a pool, served at
// /POOL/.well-known/jwks.json. An unknown pool is ResourceNotFoundException.
func (s *Service) JWKS(ctx context.Context, pool string) ([]byte, error) {
	set, err := s.keys.ensure(ctx, pool)
	if err != nil {
		return nil, err
	}
	return set.JWKS(s.now())
}

// OpenIDConfiguration returns the discovery document of a pool, served at
// /POOL/.well-known/openid-configuration. base is the URL of this server
// without a slash at its end: the key set is served there whatever the issuer
// is called.
func (s *Service) OpenIDConfiguration(ctx context.Context, pool, base string) ([]byte, error) {
	if err := s.poolExists(ctx, pool); err != nil {
		return nil, err
	}
	return token.Discovery(s.Issuer(pool), base+"/"+pool+"/.well-known/jwks.json", "")
}

// Issuer returns the iss of a pool's tokens.
func (s *Service) Issuer(pool string) string { return s.issuerBase + "/" + pool }

// issuers are the accepted forms: the configured one and AWS's.
func (s *Service) issuers(pool string) []string {
	return []string{s.Issuer(pool), "https://cognito-idp." + s.region + ".amazonaws.com/" + pool}
}
