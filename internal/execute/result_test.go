package execute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/sigv4"
)

func get(path string, header ...string) *Request {
	r := &Request{APIID: "abcde12345", Stage: "dev", Method: "GET", RawPath: path, Protocol: "HTTP/1.1",
		Env:    &awsapi.Environment{RequestID: "0f0e0d0c-0b0a-4908-8706-050403020100", Now: testNow, SourceIP: "127.0.0.1"},
		Header: []sigv4.Header{{Name: "Host", Value: "localhost"}}}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header = append(r.Header, sigv4.Header{Name: header[i], Value: header[i+1]})
	}
	return r
}

func TestResults(t *testing.T) {
	for result, want := range map[string]string{
		`{}`:                                     "200 ",
		`{"statusCode":204}`:                     "204 ",
		`{"statusCode":"404","body":"x"}`:        "404 x",
		` {"statusCode":2e2,"body":null} `:       "200 ",
		`{"statusCode":null,"headers":null}`:     "200 ",
		`{"body":"\u00fc\ud83d\ude00\/"}`:        "200 ü😀/",
		`{"isBase64Encoded":null,"body":"aQ=="}`: "200 aQ==",
		// Malformed ones.
		``:                                    "502",
		`null`:                                "502",
		`"text"`:                              "502",
		`[]`:                                  "502",
		`{"statusCode":200`:                   "502",
		`{"statusCode":"abc"}`:                "502",
		`{"statusCode":99}`:                   "502",
		`{"statusCode":600}`:                  "502",
		`{"statusCode":200.5}`:                "502",
		`{"statusCode":true}`:                 "502",
		`{"statusCode":{}}`:                   "502",
		`{"body":5}`:                          "502",
		`{"body":{"a":1}}`:                    "502",
		`{"headers":[]}`:                      "502",
		`{"headers":{"a":{}}}`:                "502",
		`{"headers":{"a b":"x"}}`:             "502",
		`{"headers":{"":"x"}}`:                "502",
		`{"headers":{"a":"x\ny"}}`:            "502",
		`{"multiValueHeaders":{"a":[["b"]]}}`: "502",
		`{"isBase64Encoded":"yes"}`:           "502",
		`{"message":"hello"}`:                 "502",
		`{"statusCode":200}{}`:                "502",
	} {
		f := newFixture()
		f.result = result
		out := f.plane().Serve(context.Background(), get("/notes/special"))
		got := fmt.Sprintf("%d", out.Status)
		if out.Status != 502 {
			got += " " + string(out.Body)
		}
		if got != want {
			t.Errorf("%s gives %s, want %s", result, got, want)
		}
		if out.Status == 502 && (string(out.Body) != `{"message":"Internal server error"}` || out.Cause == nil) {
			t.Errorf("%s: %s, %v", result, out.Body, out.Cause)
		}
	}
}

func TestTimeout(t *testing.T) {
	f := newFixture()
	f.fnStalls = true
	for i := range f.resources {
		if m, ok := f.resources[i].ResourceMethods["GET"]; ok && m.MethodIntegration != nil {
			m.MethodIntegration.TimeoutInMillis = ptr(int32(1))
		}
	}
	out := f.plane().Serve(context.Background(), get("/notes/special"))
	if out.Status != 504 || string(out.Body) != `{"message":"Endpoint request timed out"}` {
		t.Errorf("%s", dump(out))
	}
}

func TestLimits(t *testing.T) {
	f := newFixture()
	long := strings.Repeat("x", 1700)
	for name, c := range map[string]struct {
		in   *Request
		want string
	}{
		"headers":        {get("/notes/special", "X-A", strings.Repeat("v", 10240)), `431 {"message":"Request Header Fields Too Large"}`},
		"body":           {func() *Request { r := get("/notes/special"); r.TooLarge = true; return r }(), `413 {"message":"Request Too Long"}`},
		"ARN":            {func() *Request { r := get("/notes/" + long); r.Caller = testCaller("role"); return r }(), `414 {"message":"Request URI too long"}`},
		"URL":            {func() *Request { r := get("/files/a"); r.RawQuery = strings.Repeat("q", 10240); return r }(), `414 {"message":"Request URI too long"}`},
		"no ARN to make": {get("/files/" + long), "200 ok"},
	} {
		out := f.plane().Serve(context.Background(), c.in)
		if got := fmt.Sprintf("%d %s", out.Status, out.Body); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestFailClosed: a failing authorizer, a failing control plane and a broken
// resource policy let nobody in.
func TestFailClosed(t *testing.T) {
	f := newFixture()
	f.deny = errors.New("store is gone")
	in := get("/notes")
	in.Caller = testCaller("role")
	if out := f.plane().Serve(context.Background(), in); out.Status != 500 || f.invoked != nil || out.Cause == nil || strings.Contains(string(out.Body), "store") {
		t.Errorf("%s", dump(out))
	}
	f = newFixture()
	f.api.Policy = ptr(`{"Statement":[{"Effect":"Perhaps"}]}`)
	if out := f.plane().Serve(context.Background(), get("/notes/special")); out.Status != 500 || f.invoked != nil {
		t.Errorf("%s", dump(out))
	}
	f = newFixture()
	f.stage.DeploymentId = nil
	if out := f.plane().Serve(context.Background(), get("/notes/special")); out.Status != 500 {
		t.Errorf("%s", dump(out))
	}
}

// TestAttack11Anonymous: a caller does not count while a signature error
// stands, whatever the gateway put beside it.
func TestAttack11Anonymous(t *testing.T) {
	f := newFixture()
	in := get("/notes")
	in.Caller, in.SignatureErr = testCaller("cognito"), &sigv4.Error{Kind: sigv4.SignatureMismatch}
	if out := f.plane().Serve(context.Background(), in); out.Status != 403 || f.invoked != nil {
		t.Errorf("%s", dump(out))
	}
	in = get("/notes")
	in.SignatureErr = errors.New("anything else")
	if out := f.plane().Serve(context.Background(), in); out.Status != 500 || f.invoked != nil {
		t.Errorf("%s", dump(out))
	}
}

// TestAttack06PathSpellings: a denied path stays denied in every spelling that
// a function's own router could read as that path.
func TestAttack06PathSpellings(t *testing.T) {
	f := newFixture()
	f.identity = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"},
		{"Effect":"Deny","Action":"execute-api:Invoke","Resource":["arn:aws:execute-api:*:*:*/dev/*/files/secret*","arn:aws:execute-api:*:*:*/dev/*/files/private"]}]}`
	m := f.resources[5].ResourceMethods["ANY"]
	m.AuthorizationType = ptr("AWS_IAM")
	f.resources[5].ResourceMethods["ANY"] = m
	p := f.plane()
	for path, want := range map[string]int{
		"/files/open": 200, "/files/open%20one": 200, "/files/a/../open": 200,
		"/files/secret": 403, "/files/secret/x": 403, "/files/%73ecret": 403, "/files//secret": 403, "/files/./secret": 403,
		"/files/x/../secret": 403, "/files/x/%2e%2e/secret": 403, "/files/%2Fsecret": 403, "/files/%2e/secret/": 403, "/files/open/": 200, "/files/private": 403, "/files/private/": 403, "/files/private//": 403,
	} {
		in := get(path)
		in.Caller = testCaller("role")
		if out := p.Serve(context.Background(), in); out.Status != want {
			t.Errorf("%s answers %d, want %d", path, out.Status, want)
		}
	}
}

// TestAttack24WrongUse: an access token is no ID token and the other way round.
func TestAttack24WrongUse(t *testing.T) {
	p := newFixture().plane()
	for _, c := range [][2]string{{"/user", "access:notes/read"}, {"/scoped", "id"}, {"/scoped", "access:"}, {"/scoped", "access:notes/reads"}, {"/user", ""}, {"/user", "Bearer"}} {
		if out := p.Serve(context.Background(), get(c[0], "Authorization", c[1])); out.Status != 401 {
			t.Errorf("%s with %q answers %d", c[0], c[1], out.Status)
		}
	}
}

// TestAttack16SourceAddress: forwarded-for headers never become the source
// address, in the event or in the policy's context.
func TestAttack16SourceAddress(t *testing.T) {
	f := newFixture()
	f.api.Policy = ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`)
	if out := f.plane().Serve(context.Background(), get("/notes/special", "X-Forwarded-For", "10.0.0.1", "X-Real-Ip", "10.0.0.1", "Forwarded", "for=10.0.0.1")); out.Status != 403 {
		t.Errorf("%s", dump(out))
	}
}

// TestCompiledOnce: requests share a compiled deployment; a stage that moves to
// another deployment is followed at once.
func TestCompiledOnce(t *testing.T) {
	f := newFixture()
	p := f.plane()
	for range 3 {
		p.Serve(context.Background(), get("/notes/special"))
	}
	if f.compiled != 1 {
		t.Errorf("compiled %d times", f.compiled)
	}
	moved := *f.stage
	moved.DeploymentId, moved.Variables = ptr("dep002"), nil
	f.stage = &moved
	f.resources = f.resources[:3]
	if out := p.Serve(context.Background(), get("/notes/special")); f.compiled != 2 || out.Status != 403 {
		t.Errorf("after the move: compiled %d times, %s", f.compiled, dump(out))
	}
	moved2 := moved
	moved2.Variables = map[string]string{"a": "b"}
	f.stage = &moved2
	p.Serve(context.Background(), get("/"))
	if f.compiled != 2 {
		t.Error("a stage variable recompiled the deployment")
	}
}

func TestFunctionFromStageVariable(t *testing.T) {
	f := newFixture()
	m := f.resources[3].ResourceMethods["GET"]
	m.MethodIntegration = &apigateway.Integration{Type: ptr("AWS_PROXY"), HttpMethod: ptr("POST"), Uri: lambdaURI("arn:aws:lambda:us-east-1:1:function:${stageVariables.fn}:${stageVariables.color}")}
	f.resources[3].ResourceMethods["GET"] = m
	f.plane().Serve(context.Background(), get("/notes/special"))
	if f.invoked.FunctionARN != "arn:aws:lambda:us-east-1:1:function:notes:blue" {
		t.Error(f.invoked.FunctionARN)
	}
}

// FuzzResult compares the scanner with encoding/json.
func FuzzResult(f *testing.F) {
	f.Add([]byte(`{"statusCode":200,"headers":{"a":"b","c":[1,{"d":"]}"}]},"multiValueHeaders":{"x":["y"]},"body":"z\n","isBase64Encoded":false}`))
	f.Add([]byte(`{"headers":{"a":-1.5e3,"b":true , "c":null},"body":null}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, err := parseResult(payload)
		var want struct {
			Headers           map[string]json.RawMessage `json:"headers"`
			MultiValueHeaders map[string]json.RawMessage `json:"multiValueHeaders"`
			Body              *string                    `json:"body"`
		}
		if err != nil {
			return
		}
		if jsonErr := json.Unmarshal(payload, &want); jsonErr != nil {
			t.Fatalf("%q is accepted: %v", payload, jsonErr)
		}
		if strings.Count(strings.ToLower(string(payload)), `"body"`) > 1 || strings.Count(strings.ToLower(string(payload)), `"headers"`) > 1 {
			return // encoding/json joins repeated members and folds their case
		}
		if want.Body != nil && string(r.body) != *want.Body {
			t.Fatalf("body %q, want %q", r.body, *want.Body)
		}
		got := map[string]json.RawMessage{}
		for _, h := range r.headers {
			got[h.name] = h.raw
			elements(h.raw)
		}
		if len(want.Headers) > 0 && !reflect.DeepEqual(got, want.Headers) {
			t.Fatalf("headers %s, want %s", got, want.Headers)
		}
	})
}

// FuzzEvent: whatever a request holds, the event is valid JSON with the
// request's own values in it.
func FuzzEvent(f *testing.F) {
	f.Add("/files/a", "a=b&a=%ff", "X-A", "v\xff", []byte("body\x00\xfe"))
	f.Fuzz(func(t *testing.T, path, query, name, value string, body []byte) {
		fx := newFixture()
		in := get("/files/"+path, name, value)
		in.RawQuery, in.Body = query, body
		fx.plane().Serve(context.Background(), in)
		if fx.invoked == nil {
			return
		}
		var event struct {
			Path string `json:"path"`
			Body *string
		}
		if err := json.Unmarshal(fx.invoked.Payload, &event); err != nil {
			t.Fatalf("%v in %s", err, fx.invoked.Payload)
		}
		if want := strings.ToValidUTF8("/files/"+path, "\xff"); event.Path != strings.ReplaceAll(want, "\xff", "�") && strings.ToValidUTF8(path, "") == path {
			t.Fatalf("path %q, want %q", event.Path, want)
		}
		if (event.Body == nil) != (len(body) == 0) {
			t.Fatalf("body %v of %q", event.Body, body)
		}
	})
}

func BenchmarkProxy(b *testing.B) {
	f := newFixture()
	f.result = `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*","Content-Type":"application/json"},"body":"{\"notes\":[]}"}`
	p := f.plane()
	in := get("/notes/special", "Accept", "*/*", "Accept-Encoding", "gzip", "User-Agent", "bench/1.0", "Origin", "http://localhost:3000", "X-Amz-Security-Token", strings.Repeat("t", 700),
		"Authorization", "AWS4-HMAC-SHA256 Credential=x", "X-Amz-Date", "20261122T183000Z", "Content-Type", "application/json")
	in.Method = "GET"
	in.Caller = testCaller("cognito")
	b.ReportAllocs()
	for b.Loop() {
		if out := p.Serve(context.Background(), in); out.Status != 200 {
			b.Fatal(out.Status)
		}
	}
}

func BenchmarkMock(b *testing.B) {
	f := newFixture()
	p := f.plane()
	in := get("/notes", "Origin", "https://app.example")
	in.Method = "OPTIONS"
	b.ReportAllocs()
	for b.Loop() {
		if out := p.Serve(context.Background(), in); out.Status != 200 {
			b.Fatal(out.Status)
		}
	}
}

// TestNotes holds that a refusal tells the developer what its answer does not.
func TestNotes(t *testing.T) {
	for _, c := range []struct {
		method, path, token string
		failure             string
		want                string
	}{
		{"PATCH", "/notes/1", "", "", "the resource /notes/{id} has no method PATCH"},
		{"GET", "/nothing", "", "", "no resource of the API is at this path"},
		{"GET", "/notes", "", "", "the method needs a signature (AWS_IAM), the request has none"},
		{"GET", "/user", "", "", "the method needs a user-pool token, the request has none in authorization"},
		{"GET", "/user", "access:x", "", "the method needs an id token: bad token"},
		{"GET", "/scoped", "access:x", "", "the access token has none of the method's scopes (notes/read)"},
		{"GET", "/files/a", "", `{"errorType":"TypeError","errorMessage":"thrown"}`, "the function failed: TypeError: thrown"},
		{"GET", "/files/a", "", `{"errorType":"E","errorMessage":"a\nb\u001b[2Jc"}`, "the function failed: E: a b [2Jc"},
		{"GET", "/files/a", "", `null`, "the function failed: Unhandled"},
	} {
		f := newFixture()
		if c.failure != "" {
			f.result, f.fnError = c.failure, "Unhandled"
		}
		in := &Request{APIID: *f.api.Id, Stage: "dev", Method: c.method, RawPath: c.path, Env: &awsapi.Environment{Now: testNow, RequestID: "11111111-2222-3333-4444-555555555555"}}
		if c.token != "" {
			in.Header = []sigv4.Header{{Name: "Authorization", Value: c.token}}
		}
		out := f.plane().Serve(context.Background(), in)
		if len(out.Notes) != 1 || !strings.EqualFold(out.Notes[0], c.want) {
			t.Errorf("%s %s: notes %q, want %q", c.method, c.path, out.Notes, c.want)
		}
		if strings.Contains(string(out.Body), c.want) {
			t.Errorf("%s %s: the note was sent", c.method, c.path)
		}
	}
}
