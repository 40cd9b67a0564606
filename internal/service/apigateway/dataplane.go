package apigateway

import (
	"bytes"
	"context"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// cachedStage is a stage as it was read under a generation of writes.
type cachedStage struct {
	generation uint64
	record     []byte
	stage      *apigateway.Stage
}

// maxCachedStages bounds the cache; it is emptied when it is full.
const maxCachedStages = 10_000

// StageOf returns a stage for the data plane, nil if the API or the stage does
// not exist. It is the same pointer as long as the stage has not changed.
func (s *Service) StageOf(ctx context.Context, apiID, name string) (*apigateway.Stage, error) {
	generation := s.generation.Load()
	id := apiID + "/" + name
	s.mu.Lock()
	have := s.stages[id]
	s.mu.Unlock()
	if have != nil && have.generation == generation {
		return have.stage, nil
	}
	fresh := &cachedStage{generation: generation}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		record, ok, err := tx.Get(s.stageKey(apiID, name))
		if err != nil || !ok {
			return err
		}
		fresh.record = record
		if have != nil && bytes.Equal(have.record, record) {
			fresh.stage = have.stage
			return nil
		}
		fresh.stage, err = store.DecodeJSON[apigateway.Stage](record)
		return err
	})
	if err != nil {
		return nil, err
	}
	if fresh.stage == nil {
		return nil, nil // unknown stages are not remembered: anybody can ask for any
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.stages) >= maxCachedStages {
		clear(s.stages)
	}
	s.stages[id] = fresh
	return fresh.stage, nil
}

// Deployed returns what a deployment froze, for the data plane. An unknown
// deployment is an error.
func (s *Service) Deployed(ctx context.Context, apiID, deploymentID string) (*apigateway.RestApi, []apigateway.Resource, []apigateway.Authorizer, []apigateway.GatewayResponse, error) {
	var f *frozen
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		f, err = s.deployment(tx, &apiID, &deploymentID)
		return err
	})
	if err != nil {
		return nil, nil, nil, nil, err
	}
	return &f.API, f.Resources, f.Authorizers, f.Responses, nil
}
