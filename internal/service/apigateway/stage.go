package apigateway

import (
	"context"
	"regexp"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
)

var (
	stageName     = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	variableName  = regexp.MustCompile(`^[a-zA-Z0-9_]{1,64}$`)
	variableValue = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#&=,]{0,512}$`)
)

// maxVariables is AWS's quota of variables a stage.
const maxVariables = 100

// newStage makes a stage that points nowhere yet.
func (s *Service) newStage(name string, description *string, variables map[string]string) (*apigateway.Stage, error) {
	if !stageName.MatchString(name) {
		return nil, errBadRequest("Stage name only allows a-zA-Z0-9_")
	}
	if err := checkVariables(variables); err != nil {
		return nil, err
	}
	now := s.clock.Now().UTC()
	return &apigateway.Stage{
		StageName: &name, Description: description, Variables: variables, CacheClusterEnabled: ptr(false), TracingEnabled: ptr(false),
		CacheClusterStatus: ptr("NOT_AVAILABLE"), CreatedDate: &now, LastUpdatedDate: &now,
	}, nil
}

func checkVariables(variables map[string]string) error {
	if len(variables) > maxVariables {
		return errBadRequest("Maximum number of stage variables is %d", maxVariables)
	}
	for name, v := range variables {
		if !variableName.MatchString(name) || !variableValue.MatchString(v) {
			return errBadRequest("Stage variable %s is invalid: names are a-zA-Z0-9_, values match [A-Za-z0-9-._~:/?#&=,]+", name)
		}
	}
	return nil
}

// CreateStage makes a stage that points to a deployment.
func (s *Service) CreateStage(ctx context.Context, _ *awsapi.Call, in *apigateway.CreateStageInput) (*apigateway.CreateStageOutput, error) {
	if err := refuse("CreateStage", map[string]bool{
		"cacheClusterEnabled":  value(in.CacheClusterEnabled),
		"cacheClusterSize":     value(in.CacheClusterSize) != "",
		"canarySettings":       in.CanarySettings != nil,
		"tracingEnabled":       value(in.TracingEnabled),
		"documentationVersion": value(in.DocumentationVersion) != "",
	}); err != nil {
		return nil, err
	}
	stage, err := s.newStage(*in.StageName, in.Description, in.Variables)
	if err != nil {
		return nil, err
	}
	stage.DeploymentId, stage.Tags = in.DeploymentId, in.Tags
	err = s.update(ctx, func(tx *store.Tx) error {
		if _, err := s.deployment(tx, in.RestApiId, in.DeploymentId); err != nil {
			return err
		}
		have, err := store.GetJSON[apigateway.Stage](tx, s.stageKey(*in.RestApiId, *in.StageName))
		if err != nil {
			return err
		}
		if have != nil {
			return errConflict("Stage already exists")
		}
		return store.PutJSON(tx, s.stageKey(*in.RestApiId, *in.StageName), stage)
	})
	if err != nil {
		return nil, err
	}
	return stage, nil
}

func (s *Service) stage(tx *store.Tx, api, name *string) (*apigateway.Stage, error) {
	if _, err := s.api(tx, api); err != nil {
		return nil, err
	}
	stage, err := store.GetJSON[apigateway.Stage](tx, s.stageKey(*api, value(name)))
	if err != nil {
		return nil, err
	}
	if stage == nil {
		return nil, errNoStage()
	}
	return stage, nil
}

// GetStage returns a stage.
func (s *Service) GetStage(ctx context.Context, _ *awsapi.Call, in *apigateway.GetStageInput) (stage *apigateway.GetStageOutput, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		stage, err = s.stage(tx, in.RestApiId, in.StageName)
		return err
	})
	return stage, err
}

// GetStages lists an API's stages, or those that point to one deployment.
func (s *Service) GetStages(ctx context.Context, _ *awsapi.Call, in *apigateway.GetStagesInput) (*apigateway.GetStagesOutput, error) {
	out := new(apigateway.GetStagesOutput)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		if _, err := s.api(tx, in.RestApiId); err != nil {
			return err
		}
		all, err := list[apigateway.Stage](tx, s.key("stage", *in.RestApiId))
		for _, st := range all {
			if in.DeploymentId == nil || value(st.DeploymentId) == *in.DeploymentId {
				out.Item = append(out.Item, st)
			}
		}
		return err
	})
	return out, err
}

// UpdateStage changes a stage by patch operations.
func (s *Service) UpdateStage(ctx context.Context, _ *awsapi.Call, in *apigateway.UpdateStageInput) (*apigateway.UpdateStageOutput, error) {
	var stage *apigateway.Stage
	err := s.update(ctx, func(tx *store.Tx) (err error) {
		if stage, err = s.stage(tx, in.RestApiId, in.StageName); err != nil {
			return err
		}
		rules := patches{"/deploymentId": text(&stage.DeploymentId), "/description": text(&stage.Description), "/variables/": entry(&stage.Variables)}
		if err := rules.apply("UpdateStage", in.PatchOperations); err != nil {
			return err
		}
		if _, err := s.deployment(tx, in.RestApiId, stage.DeploymentId); err != nil {
			return err
		}
		if err := checkVariables(stage.Variables); err != nil {
			return err
		}
		stage.LastUpdatedDate = ptr(s.clock.Now().UTC())
		return store.PutJSON(tx, s.stageKey(*in.RestApiId, *in.StageName), stage)
	})
	if err != nil {
		return nil, err
	}
	return stage, nil
}

// DeleteStage deletes a stage; its deployment stays.
func (s *Service) DeleteStage(ctx context.Context, _ *awsapi.Call, in *apigateway.DeleteStageInput) (*apigateway.DeleteStageOutput, error) {
	return &apigateway.DeleteStageOutput{}, s.update(ctx, func(tx *store.Tx) error {
		if _, err := s.stage(tx, in.RestApiId, in.StageName); err != nil {
			return err
		}
		tx.Delete(s.stageKey(*in.RestApiId, *in.StageName))
		return nil
	})
}
