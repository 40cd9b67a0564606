package apigateway

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

// CreateDeployment freezes the API as it is now, and points a stage to it if
// one is named.
func (s *Service) CreateDeployment(ctx context.Context, _ *awsapi.Call, in *apigateway.CreateDeploymentInput) (*apigateway.CreateDeploymentOutput, error) {
	if err := refuse("CreateDeployment", map[string]bool{
		"cacheClusterEnabled": value(in.CacheClusterEnabled),
		"cacheClusterSize":    value(in.CacheClusterSize) != "",
		"canarySettings":      in.CanarySettings != nil,
		"tracingEnabled":      value(in.TracingEnabled),
	}); err != nil {
		return nil, err
	}
	var made *apigateway.Deployment
	err := s.update(ctx, func(tx *store.Tx) error {
		f, err := s.freeze(tx, in.RestApiId)
		if err != nil {
			return err
		}
		now := s.clock.Now().UTC()
		f.Deployment.Id, f.Deployment.CreatedDate, f.Deployment.Description = ptr(s.id(6)), &now, in.Description
		made = &f.Deployment
		if err := store.PutJSON(tx, s.deploymentKey(*in.RestApiId, *made.Id), f); err != nil {
			return err
		}
		if value(in.StageName) == "" {
			return nil
		}
		return s.pointStage(tx, in, made)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// pointStage makes the named stage, or moves it to the new deployment.
func (s *Service) pointStage(tx *store.Tx, in *apigateway.CreateDeploymentInput, made *apigateway.Deployment) error {
	stage, err := store.GetJSON[apigateway.Stage](tx, s.stageKey(*in.RestApiId, *in.StageName))
	if err != nil {
		return err
	}
	if stage == nil {
		if stage, err = s.newStage(*in.StageName, in.StageDescription, in.Variables); err != nil {
			return err
		}
	}
	if in.StageDescription != nil {
		stage.Description = in.StageDescription
	}
	if in.Variables != nil {
		if err := checkVariables(in.Variables); err != nil {
			return err
		}
		stage.Variables = in.Variables
	}
	stage.DeploymentId, stage.LastUpdatedDate = made.Id, made.CreatedDate
	return store.PutJSON(tx, s.stageKey(*in.RestApiId, *in.StageName), stage)
}

// freeze copies an API. Every method must have an integration.
func (s *Service) freeze(tx *store.Tx, id *string) (*frozen, error) {
	api, err := s.api(tx, id)
	if err != nil {
		return nil, err
	}
	f := &frozen{API: *api}
	if f.Resources, err = list[apigateway.Resource](tx, s.key("resource", *id)); err != nil {
		return nil, err
	}
	if f.Authorizers, err = list[apigateway.Authorizer](tx, s.key("authorizer", *id)); err != nil {
		return nil, err
	}
	if f.Responses, err = list[apigateway.GatewayResponse](tx, s.key("response", *id)); err != nil {
		return nil, err
	}
	f.Deployment.ApiSummary = map[string]map[string]apigateway.MethodSnapshot{}
	for _, r := range f.Resources {
		for verb, m := range r.ResourceMethods {
			if m.MethodIntegration == nil {
				return nil, errBadRequest("No integration defined for method")
			}
			if f.Deployment.ApiSummary[*r.Path] == nil {
				f.Deployment.ApiSummary[*r.Path] = map[string]apigateway.MethodSnapshot{}
			}
			f.Deployment.ApiSummary[*r.Path][verb] = apigateway.MethodSnapshot{AuthorizationType: m.AuthorizationType, ApiKeyRequired: m.ApiKeyRequired}
		}
	}
	if len(f.Deployment.ApiSummary) == 0 {
		return nil, errBadRequest("The REST API doesn't contain any methods")
	}
	return f, nil
}

func (s *Service) deployment(tx *store.Tx, api, id *string) (*frozen, error) {
	if _, err := s.api(tx, api); err != nil {
		return nil, err
	}
	f, err := store.GetJSON[frozen](tx, s.deploymentKey(*api, value(id)))
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, errNoDeployment()
	}
	return f, nil
}

// GetDeployment returns a deployment; what it holds only with embed=apisummary.
func (s *Service) GetDeployment(ctx context.Context, _ *awsapi.Call, in *apigateway.GetDeploymentInput) (*apigateway.GetDeploymentOutput, error) {
	var f *frozen
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		f, err = s.deployment(tx, in.RestApiId, in.DeploymentId)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(in.Embed, func(e string) bool { return strings.EqualFold(e, "apisummary") }) {
		f.Deployment.ApiSummary = nil
	}
	return &f.Deployment, nil
}

// GetDeployments lists an API's deployments.
func (s *Service) GetDeployments(ctx context.Context, _ *awsapi.Call, in *apigateway.GetDeploymentsInput) (*apigateway.GetDeploymentsOutput, error) {
	out := new(apigateway.GetDeploymentsOutput)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		all, err := list[frozen](tx, s.key("deployment", *in.RestApiId))
		items, next := page(all, func(f frozen) string { return *f.Deployment.Id }, in.Position, in.Limit)
		for _, f := range items {
			f.Deployment.ApiSummary = nil
			out.Items = append(out.Items, f.Deployment)
		}
		out.Position = next
		return err
	})
	return out, err
}

// UpdateDeployment changes a deployment's description.
func (s *Service) UpdateDeployment(ctx context.Context, _ *awsapi.Call, in *apigateway.UpdateDeploymentInput) (*apigateway.UpdateDeploymentOutput, error) {
	var f *frozen
	err := s.update(ctx, func(tx *store.Tx) (err error) {
		if f, err = s.deployment(tx, in.RestApiId, in.DeploymentId); err != nil {
			return err
		}
		if err := (patches{"/description": text(&f.Deployment.Description)}).apply("UpdateDeployment", in.PatchOperations); err != nil {
			return err
		}
		return store.PutJSON(tx, s.deploymentKey(*in.RestApiId, *in.DeploymentId), f)
	})
	if err != nil {
		return nil, err
	}
	return &f.Deployment, nil
}

// DeleteDeployment deletes a deployment that no stage points to.
func (s *Service) DeleteDeployment(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteDeploymentInput) (*apigateway.DeleteDeploymentOutput, error) {
	return &apigateway.DeleteDeploymentOutput{}, s.update(ctx, func(tx *store.Tx) error {
		if _, err := s.deployment(tx, in.RestApiId, in.DeploymentId); err != nil {
			return err
		}
		stages, err := list[apigateway.Stage](tx, s.key("stage", *in.RestApiId))
		if err != nil {
			return err
		}
		for _, st := range stages {
			if value(st.DeploymentId) == *in.DeploymentId {
				return errBadRequest("Active stages pointing to this deployment must be moved or deleted")
			}
		}
		tx.Delete(s.deploymentKey(*in.RestApiId, *in.DeploymentId))
		return nil
	})
}
