package execute_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/execute"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/service/apigateway"
	shape "github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/policy"
	"github.com/bawn-dev/bawn/sigv4"
)

// open lets everybody do everything.
type open struct{}

func (open) Authorize(_ context.Context, _ *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	return awsapi.Decided{Demand: d, Decision: policy.Decision{Effect: policy.Allow}}, nil
}

func ptr[T any](v T) *T { return &v }

// deploy makes an API with one MOCK method through the control plane.
func deploy(tb testing.TB) (*execute.Plane, *awsapi.Door, *shape.RestApi, *shape.Resource) {
	tb.Helper()
	control := apigateway.New(apigateway.Config{DB: store.New(memstore.New()), Clock: clock.NewFake(time.Unix(1e9, 0)), IDs: ids.New(nil), Account: "000000000000", Region: "us-east-1", CheckTemplate: execute.CheckTemplate})
	door := awsapi.NewDoor("000000000000", open{})
	door.Register(control.Service())
	api := call[shape.RestApi](tb, door, "CreateRestApi", &shape.CreateRestApiInput{Name: ptr("a")})
	resource := call[shape.Resource](tb, door, "CreateResource", &shape.CreateResourceInput{RestApiId: api.Id, ParentId: api.RootResourceId, PathPart: ptr("{id}")})
	at := func(status string) (*string, *string, *string, *string) {
		return api.Id, resource.Id, ptr("GET"), &status
	}
	id, res, verb, status := at("200")
	call[shape.Method](tb, door, "PutMethod", &shape.PutMethodInput{RestApiId: id, ResourceId: res, HttpMethod: verb, AuthorizationType: ptr("NONE")})
	call[shape.MethodResponse](tb, door, "PutMethodResponse", &shape.PutMethodResponseInput{RestApiId: id, ResourceId: res, HttpMethod: verb, StatusCode: status})
	call[shape.Integration](tb, door, "PutIntegration", &shape.PutIntegrationInput{RestApiId: id, ResourceId: res, HttpMethod: verb, Type: ptr("MOCK"), RequestTemplates: map[string]string{"application/json": `{"statusCode":200}`}})
	call[shape.IntegrationResponse](tb, door, "PutIntegrationResponse", &shape.PutIntegrationResponseInput{RestApiId: id, ResourceId: res, HttpMethod: verb, StatusCode: status,
		ResponseTemplates: map[string]string{"application/json": `{"id":"$input.params('id')","v":"$stageVariables.v"}`}})
	call[shape.Deployment](tb, door, "CreateDeployment", &shape.CreateDeploymentInput{RestApiId: id, StageName: ptr("dev"), Variables: map[string]string{"v": "one"}})
	return execute.New(execute.Config{Account: "000000000000", Region: "us-east-1", APIs: control, Authorizer: open{}}), door, api, resource
}

func call[Out any](tb testing.TB, door *awsapi.Door, operation string, in any) *Out {
	tb.Helper()
	out, _, err := door.Do(context.Background(), &awsapi.Caller{Kind: awsapi.Root, Account: "000000000000"}, &awsapi.Environment{Region: "us-east-1"}, "apigateway", operation, in)
	if err != nil {
		tb.Fatalf("%s: %v", operation, err)
	}
	typed, ok := out.(*Out)
	if !ok {
		tb.Fatalf("%s answered %T", operation, out)
	}
	return typed
}

func request(api *shape.RestApi) *execute.Request {
	return &execute.Request{APIID: *api.Id, Stage: "dev", Method: "GET", RawPath: "/7", Protocol: "HTTP/1.1", Header: []sigv4.Header{{Name: "Host", Value: "localhost"}},
		Env: &awsapi.Environment{RequestID: "0f0e0d0c-0b0a-4908-8706-050403020100", Now: time.Unix(1e9, 0), SourceIP: "127.0.0.1"}}
}

// TestControlToData: what the control plane deploys, the data plane serves;
// changes are live with the stage, not before.
func TestControlToData(t *testing.T) {
	plane, door, api, resource := deploy(t)
	serve := func() string {
		out := plane.Serve(context.Background(), request(api))
		return string(out.Body)
	}
	if got := serve(); got != `{"id":"7","v":"one"}` {
		t.Fatal(got)
	}
	call[shape.Stage](t, door, "UpdateStage", &shape.UpdateStageInput{RestApiId: api.Id, StageName: ptr("dev"), PatchOperations: []shape.PatchOperation{{Op: ptr("replace"), Path: ptr("/variables/v"), Value: ptr("two")}}})
	if got := serve(); got != `{"id":"7","v":"two"}` {
		t.Error(got)
	}
	call[shape.DeleteMethodOutput](t, door, "DeleteMethod", &shape.DeleteMethodInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: ptr("GET")})
	if got := serve(); got != `{"id":"7","v":"two"}` {
		t.Errorf("a deployment changed after it was made: %s", got)
	}
	call[shape.Method](t, door, "PutMethod", &shape.PutMethodInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: ptr("POST"), AuthorizationType: ptr("NONE")})
	call[shape.Integration](t, door, "PutIntegration", &shape.PutIntegrationInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: ptr("POST"), Type: ptr("MOCK")})
	call[shape.Deployment](t, door, "CreateDeployment", &shape.CreateDeploymentInput{RestApiId: api.Id, StageName: ptr("dev")})
	if got := serve(); got != `{"message":"Missing Authentication Token"}` {
		t.Error(got)
	}
	call[shape.DeleteRestApiOutput](t, door, "DeleteRestApi", &shape.DeleteRestApiInput{RestApiId: api.Id})
	if out := plane.Serve(context.Background(), request(api)); out.Status != 403 {
		t.Errorf("a deleted API answers %d", out.Status)
	}
}

// TestConcurrent: requests run while the stage moves; each sees one of its
// states, whole.
func TestConcurrent(t *testing.T) {
	plane, door, api, _ := deploy(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 100 {
				body := string(plane.Serve(context.Background(), request(api)).Body)
				if body != `{"id":"7","v":"one"}` && body != `{"id":"7","v":"two"}` {
					t.Errorf("answered %s", body)
				}
			}
		})
	}
	for i := range 20 {
		v := []string{"one", "two"}[i%2]
		call[shape.Stage](t, door, "UpdateStage", &shape.UpdateStageInput{RestApiId: api.Id, StageName: ptr("dev"), PatchOperations: []shape.PatchOperation{{Op: ptr("replace"), Path: ptr("/variables/v"), Value: &v}}})
		call[shape.Deployment](t, door, "CreateDeployment", &shape.CreateDeploymentInput{RestApiId: api.Id, StageName: ptr("dev")})
	}
	wait.Wait()
}

func BenchmarkDeployedMock(b *testing.B) {
	plane, _, api, _ := deploy(b)
	in := request(api)
	b.ReportAllocs()
	for b.Loop() {
		if out := plane.Serve(context.Background(), in); out.Status != 200 {
			b.Fatal(out.Status)
		}
	}
}
