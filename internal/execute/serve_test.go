package execute

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/sigv4"
)

var update = flag.Bool("update", false, "rewrite the expected answers in testdata")

// TestFiles runs every file of testdata: a request, what the function answers,
// the event it must have been given and the response. Lines before the first
// section set the scene ("caller: cognito").
func TestFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runFile(t, file, archive)
		})
	}
}

func runFile(t *testing.T, file string, archive *txtar.Archive) {
	t.Helper()
	f := newFixture()
	section := func(name string) *txtar.File {
		for i := range archive.Files {
			if archive.Files[i].Name == name {
				return &archive.Files[i]
			}
		}
		return &txtar.File{}
	}
	in := parseRequest(t, section("request").Data)
	for line := range strings.SplitSeq(string(archive.Comment), "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok && !strings.HasPrefix(line, "#") {
			f.scene(t, in, name, value)
		}
	}
	if data := section("function").Data; len(data) > 0 {
		f.result = strings.TrimSuffix(string(data), "\n")
	}
	out := f.plane().Serve(context.Background(), in)
	got := map[string]string{"response": dump(out)}
	if f.invoked != nil {
		var event bytes.Buffer
		if err := json.Indent(&event, f.invoked.Payload, "", " "); err != nil {
			t.Fatalf("the event is no JSON: %v\n%s", err, f.invoked.Payload)
		}
		got["event"] = event.String() + "\n"
		got["source"] = f.invoked.SourceARN + "\n"
	}
	for _, name := range []string{"event", "source", "response"} {
		at := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		switch {
		case *update && at >= 0:
			archive.Files[at].Data = []byte(got[name])
		case at >= 0 && string(archive.Files[at].Data) != got[name]:
			t.Errorf("%s is\n%s\nwant\n%s", name, got[name], archive.Files[at].Data)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// scene applies one line of a file's head.
func (f *fixture) scene(t *testing.T, in *Request, name, value string) {
	t.Helper()
	switch name {
	case "caller":
		in.Caller = testCaller(value)
	case "signature":
		kinds := map[string]sigv4.ErrorKind{"UnknownKey": sigv4.UnknownKey, "ExpiredToken": sigv4.ExpiredToken, "OtherScheme": sigv4.OtherScheme, "SignatureMismatch": sigv4.SignatureMismatch}
		e := &sigv4.Error{Kind: kinds[value], CanonicalRequest: "CR", StringToSign: "STS"}
		for _, h := range in.Header {
			if h.Name == "Authorization" {
				e.Authorization = h.Value
			}
		}
		in.SignatureErr = e
	case "policy":
		f.api.Policy = ptr(value)
	case "gateway-response":
		var g struct {
			Type, Status       string
			Headers, Templates map[string]string
		}
		if err := json.Unmarshal([]byte(value), &g); err != nil {
			t.Fatal(err)
		}
		r := apigateway.GatewayResponse{ResponseType: &g.Type, ResponseParameters: map[string]string{}, ResponseTemplates: g.Templates}
		if g.Status != "" {
			r.StatusCode = &g.Status
		}
		for k, v := range g.Headers {
			r.ResponseParameters["gatewayresponse.header."+k] = v
		}
		f.responses = append(f.responses, r)
	case "function-error":
		f.fnError = value
	case "function-refused":
		f.fnFails = awsapi.Errorf(value, "refused")
	default:
		t.Fatalf("unknown line %q", name)
	}
}

// parseRequest reads "METHOD /api/stage/path?query", headers, an empty line
// and a body.
func parseRequest(t *testing.T, data []byte) *Request {
	t.Helper()
	head, body, _ := strings.Cut(string(data), "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, target, ok := strings.Cut(lines[0], " ")
	if !ok {
		t.Fatalf("request line %q", lines[0])
	}
	path, query, _ := strings.Cut(target, "?")
	parts := strings.SplitN(path, "/", 4)
	in := &Request{Method: method, APIID: parts[1], Stage: parts[2], RawQuery: query, Protocol: "HTTP/1.1", Body: []byte(strings.TrimSuffix(body, "\n")),
		Env: &awsapi.Environment{RequestID: "0f0e0d0c-0b0a-4908-8706-050403020100", Now: testNow, SourceIP: "127.0.0.1", UserAgent: "test/1", Region: "us-east-1"}}
	if len(parts) > 3 {
		in.RawPath = "/" + parts[3]
	}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("header %q", line)
		}
		in.Header = append(in.Header, sigv4.Header{Name: name, Value: value})
	}
	return in
}

func dump(r *Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", r.Status)
	for _, h := range r.Header {
		fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
	}
	b.WriteString("\n" + string(r.Body) + "\n")
	return b.String()
}
