package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/memstore"
	"github.com/bawn-dev/bawn/internal/wire"
	"github.com/bawn-dev/bawn/policy"
)

// changing are members of answers that differ from run to run.
var changing = regexp.MustCompile(`"(TableId)":"[^"]*"`)

var update = flag.Bool("update", false, "write the answers into testdata")

// bench is a service behind its codec and door, for a caller with policies.
type bench struct {
	service *Service
	door    *awsapi.Door
	codec   wire.Codec
	clock   *clock.Fake
	// policies are those of the caller; at first they allow all.
	policies []policy.Named
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{codec: wire.For(dynamodb.Model), clock: clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	all, err := policy.Parse(policy.Identity, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	b.policies = []policy.Named{{Name: "all", Policy: all}}
	b.service = New(Config{DB: store.New(memstore.New()), Clock: b.clock, IDs: ids.New(nil)})
	t.Cleanup(func() {
		if err := b.service.Close(); err != nil {
			t.Error(err)
		}
	})
	b.door = awsapi.NewDoor("000000000000", b)
	b.door.Register(&awsapi.Service{Name: "dynamodb", Table: b.service.Operations(), Deny: Deny})
	return b
}

// Authorize evaluates the bench's policies, or allows.
func (b *bench) Authorize(_ context.Context, _ *awsapi.Caller, env *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	ctx := awsapi.Context(testCaller, env)
	ctx.Merge(d.Context)
	req := &policy.Request{Principal: policy.Principal{Kind: policy.PrincipalUser, Account: "000000000000", ARN: testCaller.ARN}, Action: d.Action, Resource: d.Resource, ResourceAccount: "000000000000", Context: ctx}
	return awsapi.Decided{Demand: d, Decision: policy.Evaluate(req, &policy.Set{Identity: b.policies})}, nil
}

var testCaller = &awsapi.Caller{Kind: awsapi.User, Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/u", UserID: "AIDAU", UserName: "u"}

// call sends one request as the gateway would and returns the answer's body.
func (b *bench) call(operation, body string) []byte {
	r := &wire.Request{Method: "POST", Path: "/", Header: http.Header{"X-Amz-Target": {"DynamoDB_20120810." + operation}, "Content-Type": {"application/x-amz-json-1.0"}}, Body: []byte(body)}
	out, err := b.do(r, operation)
	if err == nil {
		var resp *wire.Response
		if resp, err = b.codec.Encode(operation, out); err == nil {
			return resp.Body
		}
	}
	var e *awsapi.Error
	if !errors.As(err, &e) {
		e = &awsapi.Error{Code: "InternalFailure", Message: err.Error(), Status: 500}
	}
	return b.codec.EncodeError(e, "id").Body
}

func (b *bench) do(r *wire.Request, operation string) (any, error) {
	op := b.door.Lookup("dynamodb", operation)
	if op == nil {
		return nil, awsapi.NotBuilt("dynamodb:" + operation)
	}
	in := op.New()
	if err := b.codec.Decode(r, operation, in); err != nil {
		return nil, err
	}
	if err := wire.Validate(in); err != nil {
		return nil, err
	}
	out, _, err := b.door.Do(context.Background(), testCaller, &awsapi.Environment{Region: "us-east-1", Now: b.clock.Now()}, "dynamodb", operation, in)
	return out, err
}

// TestFiles runs the conversations of testdata: each file is a list of
// sections, an operation's request and then "want" with its answer. In an
// answer "*" stands for anything. A section "wait" repeats its DescribeTable
// until no index is being filled. -update writes the answers.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".txtar"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runFile(t, file, txtar.Parse(raw))
		})
	}
}

func runFile(t *testing.T, file string, a *txtar.Archive) {
	b := newBench(t)
	var out []txtar.File
	for i := 0; i < len(a.Files); i++ {
		f := a.Files[i]
		out = append(out, f)
		if f.Name == "wait" {
			b.wait(t, string(f.Data))
			continue
		}
		if f.Name == "policy" {
			p, err := policy.Parse(policy.Identity, f.Data)
			if err != nil {
				t.Fatal(err)
			}
			b.policies = []policy.Named{{Name: "test", Policy: p}}
			continue
		}
		got := b.call(f.Name, string(f.Data))
		want := txtar.File{Name: "want"}
		if i+1 < len(a.Files) && a.Files[i+1].Name == "want" {
			i++
			want = a.Files[i]
		}
		if !matches(t, want.Data, got) {
			if !*update {
				t.Errorf("%s %s\n got %s\nwant %s", f.Name, f.Data, got, want.Data)
			}
			if len(got) == 0 {
				got = []byte("empty")
			}
			want.Data = append(changing.ReplaceAll(got, []byte(`"$1":"*"`)), '\n')
		}
		out = append(out, want)
	}
	if *update {
		a.Files = out
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// wait returns when the table has no index in creation.
func (b *bench) wait(t *testing.T, body string) {
	for range 10000 {
		if !bytes.Contains(b.call("DescribeTable", body), []byte("CREATING")) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the index is never filled")
}

func matches(t *testing.T, want, got []byte) bool {
	if len(got) == 0 {
		return string(bytes.TrimSpace(want)) == "empty"
	}
	if len(bytes.TrimSpace(want)) == 0 {
		return false
	}
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("answer is not JSON: %s", got)
	}
	return same(w, g)
}

func same(want, got any) bool {
	switch w := want.(type) {
	case string:
		return w == "*" || reflect.DeepEqual(want, got)
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for k, v := range w {
			if x, ok := g[k]; !ok || !same(v, x) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !same(w[i], g[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}
