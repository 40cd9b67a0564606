package wire

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bawn-dev/bawn/internal/shape"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/shape/apigatewayv2"
	"github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/shape/logs"
	"github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/internal/shape/sts"
)

var models = []struct {
	model *shape.Model
	make  func(operation string) (in, out any)
}{
	{apigateway.Model, apigateway.New}, {apigatewayv2.Model, apigatewayv2.New}, {cloudformation.Model, cloudformation.New},
	{cognitoidentity.Model, cognitoidentity.New}, {cognitoidp.Model, cognitoidp.New}, {dynamodb.Model, dynamodb.New},
	{iam.Model, iam.New}, {lambda.Model, lambda.New}, {logs.Model, logs.New}, {s3.Model, s3.New}, {sts.Model, sts.New},
}

// sameRequest are operations that a request cannot be told from another by:
// the deprecated forms of newer ones, and directory buckets, which differ by
// host.
var sameRequest = map[string]string{
	"GetBucketLifecycle": "GetBucketLifecycleConfiguration", "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
	"GetBucketNotification": "GetBucketNotificationConfiguration", "PutBucketNotification": "PutBucketNotificationConfiguration",
	"ListDirectoryBuckets": "ListBuckets", "InvokeAsync": "InvokeAsync",
}

// TestRoundTripInputs encodes a random input of every operation of every model
// as a client does, and holds that the codec finds the operation and decodes
// the same input.
func TestRoundTripInputs(t *testing.T) {
	for _, m := range models {
		codec := For(m.model)
		for i, op := range m.model.Operations {
			for round := range uint64(4) {
				in, _ := m.make(op.Name)
				fill(t, in, uint64(i)*7+round)
				r, err := clientRequest(m.model, op.Name, in)
				if err != nil {
					t.Fatal(err)
				}
				name, err := codec.Operation(r)
				want := nonEmpty(sameRequest[op.Name], op.Name)
				if err != nil || name != want {
					t.Errorf("%s %s: %s %s?%s is taken as %q, %v", m.model.Service, op.Name, r.Method, r.Path, r.RawQuery, name, err)
					continue
				}
				got, _ := m.make(op.Name)
				if err := codec.Decode(r, op.Name, got); err != nil {
					t.Errorf("%s %s: %v\n%s", m.model.Service, op.Name, err, r.Body)
					continue
				}
				if name == "PutBucketNotificationConfiguration" && op.Deprecated {
					continue // two members of the old form have one name on the wire
				}
				if d := cmp.Diff(settled(in), settled(got)); d != "" {
					t.Errorf("%s %s: %s\n%s", m.model.Service, op.Name, d, r.Body)
				}
			}
		}
	}
}

// TestRoundTripOutputs encodes a random output of every operation and holds
// that a client reads the same.
func TestRoundTripOutputs(t *testing.T) {
	for _, m := range models {
		codec := For(m.model)
		for i, op := range m.model.Operations {
			if op.NoOutput || op.Name == "GetBucketLocation" || op.Name == "GetBucketNotification" {
				continue
			}
			for round := range uint64(4) {
				_, out := m.make(op.Name)
				fill(t, out, uint64(i)*11+round)
				want := settled(out)
				r, err := codec.Encode(op.Name, out)
				if err != nil {
					t.Fatal(err)
				}
				r.SetRequestID("id-1")
				if f := reflect.ValueOf(out).Elem().FieldByName("ContentType"); f.IsValid() && f.IsZero() {
					r.Header.Del("Content-Type") // the protocol's own, not the member
				}
				if f := reflect.ValueOf(out).Elem().FieldByName("ResponseStreamContentType"); f.IsValid() {
					r.Header.Del("Content-Type")
					f.SetZero()
					want = settled(out)
				}
				_, got := m.make(op.Name)
				if err := clientResponse(m.model, op.Name, r, got); err != nil {
					t.Errorf("%s %s: %v\n%s", m.model.Service, op.Name, err, r.Body)
					continue
				}
				if d := cmp.Diff(want, settled(got)); d != "" {
					t.Errorf("%s %s: %s\n%s", m.model.Service, op.Name, d, r.Body)
				}
			}
		}
	}
}

func fill(t *testing.T, v any, seed uint64) {
	t.Helper()
	p, rv, err := planFor(v)
	if err != nil {
		t.Fatal(err)
	}
	newRandomizer(seed).structure(p, rv, 6)
}

// TestEmptyInputs holds that an input of nothing but nulls and unknown members
// decodes to an empty struct, for every JSON operation.
func TestEmptyInputs(t *testing.T) {
	for _, m := range models {
		if m.model.Protocol != shape.JSON {
			continue
		}
		codec := For(m.model)
		for _, op := range m.model.Operations {
			in, _ := m.make(op.Name)
			p, _, err := planFor(in)
			if err != nil {
				t.Fatal(err)
			}
			body := `{"Unknown":{"a":[1,{"b":null}]}`
			for _, f := range p.fields {
				body += `,"` + f.name + `":null`
			}
			if err := codec.Decode(&Request{Body: []byte(body + "}")}, op.Name, in); err != nil {
				t.Errorf("%s: %v", op.Name, err)
			}
			if !reflect.ValueOf(in).Elem().IsZero() {
				t.Errorf("%s: nulls set something: %+v", op.Name, in)
			}
		}
	}
}
