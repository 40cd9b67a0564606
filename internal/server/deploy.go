package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/project"
	"github.com/bawn-dev/bawn/internal/service/cloudformation"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	identity "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
)

// Deployment is a deployed project.
type Deployment struct {
	// Stack is the stack's name; Change what happened: "deployed" or
	// "unchanged".
	Stack, Change string
	Took          time.Duration
	// Outputs are the stack's outputs.
	Outputs map[string]string

	service   string
	resources []shape.StackResource
	guests    bool
}

// Names returns the outputs' names, sorted.
func (d *Deployment) Names() []string { return slices.Sorted(maps.Keys(d.Outputs)) }

// caller is the administrator, in whose name a project is deployed.
func (s *Server) caller(ctx context.Context) (*awsapi.Caller, error) {
	c, err := s.iam.Credential(ctx, s.settings.AccessKeyID, "")
	if err != nil {
		return nil, fmt.Errorf("the administrator's key: %w", err)
	}
	return c.Caller, nil
}

// Deploy creates or updates the stack of a bundled project and waits for it. A
// failed deployment is rolled back and is a *DeployError.
func (s *Server) Deploy(ctx context.Context, p *project.Project) (*Deployment, error) {
	began := s.config.Clock.Now()
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	stack, err := s.cloudformation.Deploy(ctx, caller, s.environment(), p.StackName, p.Template(), p.Parameters, nil, cloudformation.WithTags(p.StackTags))
	if err != nil {
		var failed *cloudformation.Failure
		if errors.As(err, &failed) {
			return nil, deployError(failed)
		}
		return nil, err
	}
	change := "unchanged"
	if stack.Changed {
		change = "deployed"
	}
	d := &Deployment{Stack: p.StackName, Change: change, Outputs: stack.Outputs, Took: s.config.Clock.Now().Sub(began), service: p.Service}
	out, _, err := s.door.Do(ctx, caller, s.environment(), "cloudformation", "DescribeStackResources", &shape.DescribeStackResourcesInput{StackName: &p.StackName})
	if err != nil {
		return nil, fmt.Errorf("describe the stack: %w", err)
	}
	if described, ok := out.(*shape.DescribeStackResourcesOutput); ok {
		d.resources = described.StackResources
	}
	d.guests, err = s.allowsGuests(ctx, caller, d.physical("AWS::Cognito::IdentityPool"))
	return d, err
}

// allowsGuests says whether an identity pool knows unauthenticated identities.
func (s *Server) allowsGuests(ctx context.Context, caller *awsapi.Caller, pool string) (bool, error) {
	if pool == "" {
		return false, nil
	}
	out, _, err := s.door.Do(ctx, caller, s.environment(), "cognito-identity", "DescribeIdentityPool", &identity.DescribeIdentityPoolInput{IdentityPoolId: &pool})
	if err != nil {
		return false, fmt.Errorf("describe the identity pool: %w", err)
	}
	described, ok := out.(*identity.DescribeIdentityPoolOutput)
	return ok && described.AllowUnauthenticatedIdentities != nil && *described.AllowUnauthenticatedIdentities, nil
}

// deployError names the resource that failed first.
func deployError(f *cloudformation.Failure) *DeployError {
	if len(f.Resources) == 0 {
		return &DeployError{Reason: f.Reason}
	}
	first := f.Resources[0]
	e := &DeployError{LogicalID: first.LogicalID, Reason: first.Reason}
	if first.Path != "" {
		e.Path = strings.Split(first.Path, "/")
	}
	return e
}

// physical returns the id of the only or first resource of a type, or "".
func (d *Deployment) physical(kind string) string {
	for _, r := range d.resources {
		if r.ResourceType != nil && *r.ResourceType == kind && r.PhysicalResourceId != nil {
			return *r.PhysicalResourceId
		}
	}
	return ""
}

// WriteOutputs writes outputs.json: the outputs, and a configuration that
// Amplify 6 takes as it is.
func (s *Server) WriteOutputs(d *Deployment) error {
	outputs := d.Outputs
	if outputs == nil {
		outputs = map[string]string{}
	}
	text, err := json.MarshalIndent(map[string]any{"outputs": outputs, "amplify": s.amplify(d)}, "", "  ")
	if err != nil {
		return err
	}
	return s.data.write("outputs.json", append(text, '\n'))
}

// amplify makes an Amplify 6 ResourcesConfig from what the stack has.
func (s *Server) amplify(d *Deployment) map[string]any {
	config := map[string]any{}
	if pool := d.physical("AWS::Cognito::UserPool"); pool != "" {
		cognito := map[string]any{"userPoolId": pool, "userPoolEndpoint": s.endpoint, "loginWith": map[string]any{"email": true}}
		if client := d.physical("AWS::Cognito::UserPoolClient"); client != "" {
			cognito["userPoolClientId"] = client
		}
		if identity := d.physical("AWS::Cognito::IdentityPool"); identity != "" {
			cognito["identityPoolId"] = identity
			cognito["identityPoolEndpoint"] = s.endpoint
			cognito["allowGuestAccess"] = d.guests
		}
		config["Auth"] = map[string]any{"Cognito": cognito}
	}
	if endpoint := d.Outputs["ServiceEndpoint"]; endpoint != "" {
		name := d.service
		if name == "" {
			name = d.Stack
		}
		config["API"] = map[string]any{"REST": map[string]any{name: map[string]any{"endpoint": endpoint, "region": s.config.Region}}}
	}
	if bucket := d.physical("AWS::S3::Bucket"); bucket != "" {
		config["Storage"] = map[string]any{"S3": map[string]any{"bucket": bucket, "region": s.config.Region}}
	}
	return config
}
