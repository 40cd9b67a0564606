package resource

import (
	"context"

	"github.com/bawn-dev/bawn/internal/shape/apigateway"
)

func methodType() *Type {
	return &Type{
		Name: "AWS::ApiGateway::Method",
		Properties: table(
			[]string{"AuthorizationType", "AuthorizerId", "ApiKeyRequired", "OperationName", "RequestParameters", "RequestModels",
				"RequestValidatorId", "AuthorizationScopes", "Integration", "MethodResponses"},
			[]string{"RestApiId", "ResourceId", "HttpMethod"}, nil, nil),
		Required: []string{"RestApiId", "ResourceId", "HttpMethod"},
		Create:   createMethod,
		Update: func(ctx context.Context, r *Request, _ *State, old, p Props) (*State, error) {
			// A method has no replacing put of all its parts; what runs is the
			// deployed snapshot, so that taking it away for a moment harms no one.
			if err := deleteMethod(ctx, r, old); err != nil {
				return nil, err
			}
			return createMethod(ctx, r, p)
		},
		Delete: func(ctx context.Context, r *Request, _ *State, p Props) error { return deleteMethod(ctx, r, p) },
	}
}

func deleteMethod(ctx context.Context, r *Request, p Props) error {
	return ignoreGone(r.do(ctx, "apigateway", "DeleteMethod", &apigateway.DeleteMethodInput{
		RestApiId: p.pointer("RestApiId"), ResourceId: p.pointer("ResourceId"), HttpMethod: p.pointer("HttpMethod"),
	}))
}

func createMethod(ctx context.Context, r *Request, p Props) (*State, error) {
	in := new(apigateway.PutMethodInput)
	if err := p.into(in, rename{"Integration": "", "MethodResponses": ""}); err != nil {
		return nil, err
	}
	if in.AuthorizationType == nil {
		in.AuthorizationType = ptr("NONE")
	}
	if err := r.do(ctx, "apigateway", "PutMethod", in); err != nil {
		return nil, err
	}
	id := p.text("RestApiId") + "|" + p.text("ResourceId") + "|" + p.text("HttpMethod")
	return &State{PhysicalID: id}, putMethodParts(ctx, r, p)
}

// key fills the three members that name a method.
func methodKey(p Props) Props {
	return Props{"RestApiId": p["RestApiId"], "ResourceId": p["ResourceId"], "HttpMethod": p["HttpMethod"]}
}

func putMethodParts(ctx context.Context, r *Request, p Props) error {
	for _, response := range p.maps("MethodResponses") {
		in := new(apigateway.PutMethodResponseInput)
		if err := put(methodKey(p), response, in, nil); err != nil {
			return err
		}
		if err := r.do(ctx, "apigateway", "PutMethodResponse", in); err != nil {
			return err
		}
	}
	integration := p.sub("Integration")
	if integration == nil {
		return nil
	}
	in := new(apigateway.PutIntegrationInput)
	if err := put(methodKey(p), integration, in, rename{"IntegrationResponses": ""}); err != nil {
		return err
	}
	if err := r.do(ctx, "apigateway", "PutIntegration", in); err != nil {
		return err
	}
	for _, response := range integration.maps("IntegrationResponses") {
		in := new(apigateway.PutIntegrationResponseInput)
		if err := put(methodKey(p), response, in, nil); err != nil {
			return err
		}
		if err := r.do(ctx, "apigateway", "PutIntegrationResponse", in); err != nil {
			return err
		}
	}
	return nil
}

// put fills an input of the method's key and of one part's properties.
func put(key, part Props, in any, names rename) error {
	if err := key.into(in, nil); err != nil {
		return err
	}
	return part.into(in, names)
}

func deploymentType() *Type {
	return &Type{
		Name: "AWS::ApiGateway::Deployment",
		Properties: table(
			[]string{"Description"}, []string{"RestApiId", "StageName"},
			[]string{"StageDescription", "DeploymentCanarySettings"}, nil),
		Required:   []string{"RestApiId"},
		Attributes: []string{"DeploymentId"},
		Create:     createDeployment,
		Update: func(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
			var patch patchList
			patch.text(old, p, "Description", "/description", "")
			return s, r.do(ctx, "apigateway", "UpdateDeployment",
				&apigateway.UpdateDeploymentInput{RestApiId: p.pointer("RestApiId"), DeploymentId: &s.PhysicalID, PatchOperations: patch})
		},
		Delete: deleteDeployment,
	}
}

// stageOf returns the deployment a stage shows, "" when there is no stage.
func stageOf(ctx context.Context, r *Request, api, stage string) (string, error) {
	out, err := call[apigateway.GetStageOutput](ctx, r, "apigateway", "GetStage", &apigateway.GetStageInput{RestApiId: &api, StageName: &stage})
	if err != nil {
		return "", ignoreGone(err)
	}
	return deref(out.DeploymentId), nil
}

// createDeployment also remembers which deployment its stage showed before, so
// that a rollback can show it again.
func createDeployment(ctx context.Context, r *Request, p Props) (*State, error) {
	in := new(apigateway.CreateDeploymentInput)
	if err := p.into(in, nil); err != nil {
		return nil, err
	}
	private := map[string]string{}
	if stage := p.text("StageName"); stage != "" {
		before, err := stageOf(ctx, r, p.text("RestApiId"), stage)
		if err != nil {
			return nil, err
		}
		private["before"] = before
	}
	out, err := call[apigateway.CreateDeploymentOutput](ctx, r, "apigateway", "CreateDeployment", in)
	if err != nil {
		return nil, err
	}
	id := deref(out.Id)
	return &State{PhysicalID: id, Attributes: map[string]any{"DeploymentId": id}, Private: private}, nil
}

// deleteDeployment takes a deployment away. A stage that still shows it goes
// back to what it showed before, or goes with it.
func deleteDeployment(ctx context.Context, r *Request, s *State, p Props) error {
	api, stage := p.text("RestApiId"), p.text("StageName")
	if stage != "" {
		shown, err := stageOf(ctx, r, api, stage)
		if err != nil {
			return err
		}
		if shown == s.PhysicalID {
			if err := leaveStage(ctx, r, api, stage, s.Private["before"]); err != nil {
				return err
			}
		}
	}
	return ignoreGone(r.do(ctx, "apigateway", "DeleteDeployment",
		&apigateway.DeleteDeploymentInput{RestApiId: &api, DeploymentId: &s.PhysicalID}))
}

func leaveStage(ctx context.Context, r *Request, api, stage, before string) error {
	if before != "" {
		var patch patchList
		patch.add("replace", "/deploymentId", before)
		err := r.do(ctx, "apigateway", "UpdateStage", &apigateway.UpdateStageInput{RestApiId: &api, StageName: &stage, PatchOperations: patch})
		if err == nil {
			return nil
		}
	}
	return ignoreGone(r.do(ctx, "apigateway", "DeleteStage", &apigateway.DeleteStageInput{RestApiId: &api, StageName: &stage}))
}

func stageType() *Type {
	return &Type{
		Name: "AWS::ApiGateway::Stage",
		Properties: table(
			[]string{"DeploymentId", "Description", "Variables", "TracingEnabled", "Tags"},
			[]string{"RestApiId", "StageName"},
			[]string{"AccessLogSetting", "CacheClusterEnabled", "CacheClusterSize", "CanarySetting", "ClientCertificateId",
				"DocumentationVersion", "MethodSettings"}, nil),
		Required:     []string{"RestApiId", "StageName"},
		NameProperty: "StageName", NameLimit: 128,
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(apigateway.CreateStageInput)
			if err := p.into(in, rename{"Tags": ""}); err != nil {
				return nil, err
			}
			in.StageName, in.Tags = &r.Name, r.ownTags(p, "Tags")
			if err := r.do(ctx, "apigateway", "CreateStage", in); err != nil {
				return nil, err
			}
			return &State{PhysicalID: r.Name}, nil
		},
		Update: updateStage,
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			return ignoreGone(r.do(ctx, "apigateway", "DeleteStage",
				&apigateway.DeleteStageInput{RestApiId: p.pointer("RestApiId"), StageName: &s.PhysicalID}))
		},
	}
}

func updateStage(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	var patch patchList
	patch.text(old, p, "DeploymentId", "/deploymentId", "")
	patch.text(old, p, "Description", "/description", "")
	patch.text(old, p, "TracingEnabled", "/tracingEnabled", "false")
	before, after := old.tags("Variables", nil), p.tags("Variables", nil)
	set, removed := tagChange(before, after)
	for _, k := range sorted(set) {
		patch.add("replace", "/variables/"+escapePointer(k), set[k])
	}
	for _, k := range removed {
		patch.add("remove", "/variables/"+escapePointer(k), "")
	}
	if len(patch) > 0 {
		if err := r.do(ctx, "apigateway", "UpdateStage",
			&apigateway.UpdateStageInput{RestApiId: p.pointer("RestApiId"), StageName: &s.PhysicalID, PatchOperations: patch}); err != nil {
			return nil, err
		}
	}
	arn := "arn:" + r.Partition + ":apigateway:" + r.Region + "::/restapis/" + p.text("RestApiId") + "/stages/" + s.PhysicalID
	return s, r.retagAPI(ctx, arn, old.tags("Tags", nil), p.tags("Tags", nil))
}
