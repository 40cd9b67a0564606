package iam

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/ids"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/wire"
)

// secret finds what must not stand in a file, though it is a test's own.
var secret = regexp.MustCompile("(<SecretAccessKey>).*(</SecretAccessKey>)")

var update = flag.Bool("update", false, "rewrite the answers in testdata")

// TestWire plays the scenarios of testdata through the query protocol: each
// file holds requests (one parameter a line) and the answers expected.
func TestWire(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f := newFixture(t)
			f.s.ids = ids.New(rand.NewChaCha8([32]byte{1}))
			changed := false
			for i := 0; i+1 < len(archive.Files); i += 2 {
				request, answer := archive.Files[i], &archive.Files[i+1]
				got := f.play(string(request.Data))
				if got == string(answer.Data) {
					continue
				}
				if !*update {
					t.Errorf("%s: got\n%swant\n%s", request.Name, got, answer.Data)
				}
				answer.Data, changed = []byte(got), true
			}
			if changed && *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// play sends one request and returns status and body, a tag a line.
func (f *fixture) play(lines string) string {
	f.t.Helper()
	form := url.Values{"Version": {shape.Model.APIVersion}}
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		name, value, _ := strings.Cut(line, "=")
		form.Set(name, value)
	}
	codec := wire.For(shape.Model)
	request := &wire.Request{Method: "POST", Path: "/", Body: []byte(form.Encode())}
	response, err := f.answer(codec, request)
	if err != nil {
		var e *awsapi.Error
		if !errors.As(err, &e) {
			f.t.Fatal(err)
		}
		response = codec.EncodeError(e, "request-id")
	}
	body := strings.ReplaceAll(string(response.Body), "><", ">\n<")
	body = secret.ReplaceAllString(body, "$1...$2")
	return fmt.Sprintf("%d\n%s\n", response.Status, strings.TrimSpace(body))
}

func (f *fixture) answer(codec wire.Codec, request *wire.Request) (*wire.Response, error) {
	operation, err := codec.Operation(request)
	if err != nil {
		return nil, err
	}
	op := f.door.Lookup("iam", operation)
	if op == nil {
		return nil, awsapi.NotBuilt("iam:" + operation)
	}
	in := op.New()
	if err := codec.Decode(request, operation, in); err != nil {
		return nil, err
	}
	if err := wire.Validate(in); err != nil {
		return nil, err
	}
	out, _, err := f.door.Do(context.Background(), f.caller, f.env(), "iam", operation, in)
	if err != nil {
		return nil, err
	}
	return codec.Encode(operation, out)
}
