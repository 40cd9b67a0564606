package lambda

import (
	"context"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/store"
	"github.com/bawn-dev/bawn/internal/store/pebblestore"
)

func TestParseName(t *testing.T) {
	s := &Service{cfg: Config{Account: account, Region: region}}
	for given, want := range map[string]target{
		"f":                       {"f", ""},
		"f:7":                     {"f", "7"},
		"f:$LATEST":               {"f", "$LATEST"},
		"000000000000:function:f": {"f", ""},
		"arn:aws:lambda:us-east-1:000000000000:function:f":   {"f", ""},
		"arn:aws:lambda:us-east-1:000000000000:function:f:2": {"f", "2"},
	} {
		if got, err := s.parseName(&given, nil); err != nil || got != want {
			t.Errorf("%s: %+v, %v", given, got, err)
		}
	}
	for _, bad := range []string{"", "a b", "../f", "f/g", strings.Repeat("f", 65), "arn:aws:lambda:us-east-1:000000000000:layer:f",
		"arn:aws:lambda:eu-west-1:000000000000:function:f", "arn:aws:lambda:us-east-1:111111111111:function:f", "111111111111:function:f", "arn:aws:s3:::f"} {
		if got, err := s.parseName(&bad, nil); err == nil {
			t.Errorf("%s was taken as %+v", bad, got)
		}
	}
}

// A version has one name: another spelling of its number would stand under an
// ARN that no policy about the version names.
func TestAttack19VersionSpellings(t *testing.T) {
	for qualifier, want := range map[string]int64{"1": 1, "12": 12, "01": 0, "+1": 0, "0": 0, "-1": 0, "1_0": 0, "": 0, "$LATEST": 0} {
		if n, ok := versionNumber(qualifier); ok != (want > 0) || ok && n != want {
			t.Errorf("%q: %d, %v, want %d", qualifier, n, ok, want)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("arn:aws:lambda:us-east-1:000000000000:function:f:2", "2")
	s := &Service{cfg: Config{Account: account, Region: region}}
	f.Fuzz(func(t *testing.T, given, qualifier string) {
		if got, err := s.parseName(&given, &qualifier); err == nil && !validName(got.name) {
			t.Errorf("%q gave %+v", given, got)
		}
	})
}

// BenchmarkInvoke measures the service's own part of a call: authorization
// inputs, the function's records, and no function.
func BenchmarkInvoke(b *testing.B) {
	engine, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	db := store.New(engine)
	defer db.Close()
	t := &testing.T{}
	svc, err := New(Config{DB: db, Account: account, Region: region, CodeDir: b.TempDir(), Runner: &quiet{}, Roles: roles{}})
	if err != nil {
		b.Fatal(err)
	}
	defer svc.Close()
	door := awsapi.NewDoor(account, &authorizer{})
	door.Register(svc.Service())
	caller := &awsapi.Caller{Kind: awsapi.User, Account: account}
	env := &awsapi.Environment{RequestID: "r", Region: region}
	if _, _, err := door.Do(context.Background(), caller, env, "lambda", "CreateFunction", createInput(t, "f")); err != nil {
		b.Fatal(err)
	}
	in := &shape.InvokeInput{FunctionName: new("f"), Payload: []byte(`{"a":1}`)}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := door.Do(context.Background(), caller, env, "lambda", "Invoke", in); err != nil {
			b.Fatal(err)
		}
	}
}

// quiet is a runner that remembers nothing.
type quiet struct{}

func (*quiet) Run(_ context.Context, _ *Version, in *Invocation) (*Outcome, error) {
	return &Outcome{Payload: in.Payload}, nil
}
