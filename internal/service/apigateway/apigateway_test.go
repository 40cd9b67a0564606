package apigateway

import (
	"context"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/policy"
)

// allow lets everybody do everything and remembers what was asked.
type allow struct{ demands []awsapi.Demand }

func (a *allow) Authorize(_ context.Context, _ *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	a.demands = append(a.demands, d)
	return awsapi.Decided{Demand: d, Decision: policy.Decision{Effect: policy.Allow}}, nil
}

type fixture struct {
	t      *testing.T
	s      *Service
	door   *awsapi.Door
	rights *allow
}

func start(t *testing.T) *fixture {
	t.Helper()
	s := New(Config{DB: store.New(memstore.New()), Clock: clock.NewFake(time.Unix(1e9, 0)), IDs: ids.New(nil), Account: "000000000000", Region: "us-east-1"})
	f := &fixture{t: t, s: s, rights: new(allow)}
	f.door = awsapi.NewDoor("000000000000", f.rights)
	f.door.Register(s.Service())
	return f
}

// try calls an operation through the door.
func (f *fixture) try(operation string, in any) (any, error) {
	f.t.Helper()
	env := &awsapi.Environment{Region: "us-east-1"}
	out, _, err := f.door.Do(f.t.Context(), &awsapi.Caller{Kind: awsapi.Root, Account: "000000000000"}, env, "apigateway", operation, in)
	return out, err
}

func do[Out any](f *fixture, operation string, in any) *Out {
	f.t.Helper()
	out, err := f.try(operation, in)
	if err != nil {
		f.t.Fatalf("%s: %v", operation, err)
	}
	typed, ok := out.(*Out)
	if !ok {
		f.t.Fatalf("%s answered %T", operation, out)
	}
	return typed
}

func (f *fixture) wants(code, operation string, in any) {
	f.t.Helper()
	if _, err := f.try(operation, in); awsapi.Code(err) != code {
		f.t.Errorf("%s: got %v, want %s", operation, err, code)
	}
}

// notes makes the API of the notes example: /notes/{id} with one method.
func (f *fixture) notes() (api *apigateway.RestApi, item *apigateway.Resource) {
	f.t.Helper()
	api = do[apigateway.RestApi](f, "CreateRestApi", &apigateway.CreateRestApiInput{Name: ptr("notes"), Policy: ptr("")})
	parent := do[apigateway.Resource](f, "CreateResource", &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: api.RootResourceId, PathPart: ptr("notes")})
	item = do[apigateway.Resource](f, "CreateResource", &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: parent.Id, PathPart: ptr("{id}")})
	do[apigateway.Method](f, "PutMethod", &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), AuthorizationType: ptr("AWS_IAM")})
	return api, item
}

const uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:get/invocations"

func TestFromResourceToStage(t *testing.T) {
	f := start(t)
	api, item := f.notes()
	if *item.Path != "/notes/{id}" || len(*api.Id) != 10 {
		t.Errorf("path %s, id %s", *item.Path, *api.Id)
	}
	f.wants("BadRequestException", "CreateDeployment", &apigateway.CreateDeploymentInput{RestApiId: api.Id}) // no integration
	do[apigateway.Integration](f, "PutIntegration", &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), Type: ptr("AWS_PROXY"), IntegrationHttpMethod: ptr("POST"), Uri: ptr(uri)})
	first := do[apigateway.Deployment](f, "CreateDeployment", &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: ptr("dev")})

	stage, err := f.s.StageOf(t.Context(), *api.Id, "dev")
	if err != nil || stage == nil || *stage.DeploymentId != *first.Id {
		t.Fatalf("StageOf: %v %v", stage, err)
	}
	if again, _ := f.s.StageOf(t.Context(), *api.Id, "dev"); again != stage {
		t.Error("an unchanged stage is another pointer")
	}
	// A change of the API does not reach a deployment that was made before.
	do[apigateway.DeleteMethodOutput](f, "DeleteMethod", &apigateway.DeleteMethodInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET")})
	if again, _ := f.s.StageOf(t.Context(), *api.Id, "dev"); again != stage {
		t.Error("another write made another pointer")
	}
	_, resources, _, _, err := f.s.Deployed(t.Context(), *api.Id, *first.Id)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range resources {
		_, has := r.ResourceMethods["GET"]
		found = found || has
	}
	if !found {
		t.Error("the deployment lost its method")
	}
	f.wants("BadRequestException", "DeleteDeployment", &apigateway.DeleteDeploymentInput{RestApiId: api.Id, DeploymentId: first.Id})
	do[apigateway.DeleteRestApiOutput](f, "DeleteRestApi", &apigateway.DeleteRestApiInput{RestApiId: api.Id})
	if stage, err := f.s.StageOf(t.Context(), *api.Id, "dev"); err != nil || stage != nil {
		t.Errorf("a deleted API has a stage: %v %v", stage, err)
	}
}

func TestRefusals(t *testing.T) {
	f := start(t)
	api, item := f.notes()
	root := api.RootResourceId
	type in = apigateway.CreateResourceInput
	f.wants("NotFoundException", "GetRestApi", &apigateway.GetRestApiInput{RestApiId: ptr("nosuchapi0")})
	f.wants("NotFoundException", "CreateResource", &in{RestApiId: api.Id, ParentId: ptr("nobody"), PathPart: ptr("a")})
	f.wants("ConflictException", "CreateResource", &in{RestApiId: api.Id, ParentId: root, PathPart: ptr("notes")})
	f.wants("BadRequestException", "CreateResource", &in{RestApiId: api.Id, ParentId: root, PathPart: ptr("a/b")})
	f.wants("BadRequestException", "CreateResource", &in{RestApiId: api.Id, ParentId: item.ParentId, PathPart: ptr("{other}")})
	greedy := do[apigateway.Resource](f, "CreateResource", &in{RestApiId: api.Id, ParentId: root, PathPart: ptr("{proxy+}")})
	f.wants("BadRequestException", "CreateResource", &in{RestApiId: api.Id, ParentId: greedy.Id, PathPart: ptr("x")})
	method := func(verb, auth string) *apigateway.PutMethodInput {
		return &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: &verb, AuthorizationType: &auth}
	}
	f.wants("ConflictException", "PutMethod", method("GET", "NONE"))
	f.wants("BadRequestException", "PutMethod", method("FETCH", "NONE"))
	f.wants("BadRequestException", "PutMethod", method("PUT", "COGNITO_USER_POOLS"))
	f.wants("NotImplemented", "PutMethod", method("PUT", "CUSTOM"))
	f.wants("NotImplemented", "PutIntegration", &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: item.Id, HttpMethod: ptr("GET"), Type: ptr("HTTP")})
	f.wants("NotImplemented", "CreateRestApi", &apigateway.CreateRestApiInput{Name: ptr("x"), EndpointConfiguration: &apigateway.EndpointConfiguration{Types: []string{"PRIVATE"}}})
	f.wants("BadRequestException", "CreateRestApi", &apigateway.CreateRestApiInput{Name: ptr("x"), Policy: ptr("{")})
	f.wants("BadRequestException", "PutGatewayResponse", &apigateway.PutGatewayResponseInput{RestApiId: api.Id, ResponseType: ptr("DEFAULT_4XX"),
		ResponseParameters: map[string]string{"gatewayresponse.header.X": "unquoted"}})
	f.wants("BadRequestException", "DeleteResource", &apigateway.DeleteResourceInput{RestApiId: api.Id, ResourceId: root})
}

// TestActions holds the odd names of this service's actions: HTTP methods on
// paths.
func TestActions(t *testing.T) {
	f := start(t)
	api, item := f.notes()
	last := f.rights.demands[len(f.rights.demands)-1]
	want := "arn:aws:apigateway:us-east-1::/restapis/" + *api.Id + "/resources/" + *item.Id + "/methods/GET"
	if last.Action != "apigateway:PUT" || last.Resource != want {
		t.Errorf("PutMethod demands %s on %s", last.Action, last.Resource)
	}
}

func TestPatch(t *testing.T) {
	f := start(t)
	api, _ := f.notes()
	patch := func(op, path, v string) apigateway.PatchOperation {
		return apigateway.PatchOperation{Op: &op, Path: &path, Value: &v}
	}
	out := do[apigateway.RestApi](f, "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: []apigateway.PatchOperation{
		patch("replace", "/name", "other"), patch("add", "/binaryMediaTypes/image~1png", ""),
	}})
	if *out.Name != "other" || len(out.BinaryMediaTypes) != 1 || out.BinaryMediaTypes[0] != "image/png" {
		t.Errorf("patched: %s %v", *out.Name, out.BinaryMediaTypes)
	}
	f.wants("NotImplemented", "UpdateRestApi", &apigateway.UpdateRestApiInput{RestApiId: api.Id, PatchOperations: []apigateway.PatchOperation{patch("replace", "/minimumCompressionSize", "1")}})
}
