package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/clock"
	"github.com/bawn-dev/bawn/internal/ids"
	"github.com/bawn-dev/bawn/internal/journal"
	"github.com/bawn-dev/bawn/internal/shape"
	"github.com/bawn-dev/bawn/policy"
	"github.com/bawn-dev/bawn/sigv4"
)

// echoInput and echoOutput are those of the test service's one operation.
type echoInput struct {
	Text *string `aws:"Text,req,min=1,max=10"`
}

type echoOutput struct {
	Text   *string `aws:"Text"`
	Caller *string `aws:"Caller"`
	Source *string `aws:"Source"`
	Secure *bool   `aws:"Secure"`
}

func echoModel() *shape.Model {
	return &shape.Model{Service: "echo", Protocol: shape.JSON, JSONVersion: "1.1", TargetPrefix: "Echo", SigningName: "echo",
		Operations: []shape.Operation{{Name: "Echo"}, {Name: "Later"}, {Name: "Open"}, {Name: "Panic"}}}
}

// keys is a credential port with one long-term and one temporary key.
type keys struct{}

func (keys) Credential(_ context.Context, id, token string) (*awsapi.Credential, error) {
	user := &awsapi.Caller{Kind: awsapi.User, Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/ana", UserName: "ana"}
	switch {
	case id == "AKIAGOOD" && token == "", id == "ASIAGOOD" && token == "token":
		return &awsapi.Credential{Secret: "secret", Caller: user}, nil
	case id == "ASIAOLD":
		return nil, awsapi.ErrExpiredSessionToken
	case id == "AKIAGOOD", id == "ASIAGOOD":
		return nil, awsapi.ErrInvalidSessionToken
	case id == "AKIABROKEN":
		return nil, errors.New("the store is gone: secret detail")
	}
	return nil, awsapi.ErrUnknownAccessKey
}

// rights allows everything but what is named forbidden; it fails on error.
type rights struct{}

func (rights) Authorize(_ context.Context, c *awsapi.Caller, _ *awsapi.Environment, d awsapi.Demand) (awsapi.Decided, error) {
	decided := awsapi.Decided{Demand: d}
	switch {
	case d.Resource == "error":
		return decided, errors.New("policy store failed")
	case c.Kind != awsapi.Anonymous && d.Resource != "forbidden":
		decided.Decision = policy.Decision{Effect: policy.Allow}
	default:
		decided.Decision = policy.Decision{Reason: policy.NoIdentityAllow}
	}
	return decided, nil
}

func echo(_ context.Context, call *awsapi.Call, in *echoInput) (*echoOutput, error) {
	return &echoOutput{Text: in.Text, Caller: &call.Caller().ARN, Source: &call.Env().SourceIP, Secure: &call.Env().SecureTransport}, nil
}

type fixture struct {
	*httptest.Server
	journal *journal.Journal
	clock   *clock.Fake
	log     *bytes.Buffer
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{clock: clock.NewFake(time.Now()), log: new(bytes.Buffer)}
	log := slog.New(slog.NewTextHandler(f.log, nil))
	f.journal = journal.New(100, log)
	door := awsapi.NewDoor("000000000000", rights{})
	resource := func(_ *awsapi.Call, in *echoInput) string { return *in.Text }
	door.Register(&awsapi.Service{Name: "echo", Table: awsapi.NewTable(
		awsapi.Op("Echo", echo, awsapi.On("echo:Echo", resource)),
		awsapi.Op("Open", echo, awsapi.Public[echoInput]()),
		awsapi.Op("Panic", func(context.Context, *awsapi.Call, *echoInput) (*echoOutput, error) { panic("boom") }, awsapi.Public[echoInput]()),
	)})
	g := New(Config{Account: "000000000000", Region: "us-east-1", Door: door, Credentials: keys{}, Journal: f.journal,
		Clock: f.clock, IDs: ids.New(nil), Log: log, Models: []*shape.Model{echoModel()}})
	f.Server = httptest.NewServer(g)
	t.Cleanup(f.Close)
	return f
}

// request is a call of the echo service, signed if key is set.
type request struct {
	operation, body string
	key, token      string
	secret, region  string
	service         string
	at              time.Time
	header          map[string]string
}

func (f *fixture) do(t *testing.T, r request) (int, http.Header, map[string]any) {
	t.Helper()
	host := strings.TrimPrefix(f.URL, "http://")
	signed := &sigv4.Request{Method: "POST", RawPath: "/", Header: []sigv4.Header{
		{Name: "Host", Value: host}, {Name: "X-Amz-Target", Value: "Echo." + r.operation}, {Name: "Content-Type", Value: "application/x-amz-json-1.1"}}}
	if r.key != "" {
		at := r.at
		if at.IsZero() {
			at = f.clock.Now()
		}
		sigv4.Sign(signed, &sigv4.Signing{Credentials: sigv4.Credentials{AccessKeyID: r.key, SecretAccessKey: or(r.secret, "secret"), SessionToken: r.token},
			Region: or(r.region, "us-east-1"), Service: or(r.service, "echo"), Time: at, PayloadHash: sigv4.HashPayload([]byte(r.body))})
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", f.URL+"/", strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range signed.Header[1:] {
		req.Header.Set(h.Name, h.Value)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	return f.send(t, req)
}

func (f *fixture) send(t *testing.T, req *http.Request) (int, http.Header, map[string]any) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if len(body) > 0 && json.Unmarshal(body, &doc) != nil {
		t.Fatalf("answer is no JSON: %s", body)
	}
	return resp.StatusCode, resp.Header, doc
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func TestPipeline(t *testing.T) {
	f := start(t)
	const body = `{"Text":"hi"}`
	now := f.clock.Now()
	for name, c := range map[string]struct {
		r      request
		status int
		code   string
	}{
		"signed":                      {request{operation: "Echo", body: body, key: "AKIAGOOD"}, 200, ""},
		"temporary key":               {request{operation: "Echo", body: body, key: "ASIAGOOD", token: "token"}, 200, ""},
		"public, unsigned":            {request{operation: "Open", body: body}, 200, ""},
		"public, signed wrong":        {request{operation: "Open", body: body, key: "AKIAGOOD", secret: "wrong"}, 400, "InvalidSignatureException"},
		"unsigned":                    {request{operation: "Echo", body: body}, 400, "MissingAuthenticationTokenException"},
		"wrong secret":                {request{operation: "Echo", body: body, key: "AKIAGOOD", secret: "wrong"}, 400, "InvalidSignatureException"},
		"temporary key, wrong secret": {request{operation: "Echo", body: body, key: "ASIAGOOD", token: "token", secret: "wrong"}, 400, "InvalidSignatureException"},
		"unknown key":                 {request{operation: "Echo", body: body, key: "AKIANOBODY"}, 400, "UnrecognizedClientException"},
		"temporary key, no token":     {request{operation: "Echo", body: body, key: "ASIAGOOD"}, 400, "UnrecognizedClientException"},
		"long-term key with a token":  {request{operation: "Echo", body: body, key: "AKIAGOOD", token: "token"}, 400, "UnrecognizedClientException"},
		"expired token":               {request{operation: "Echo", body: body, key: "ASIAOLD", token: "token"}, 400, "ExpiredTokenException"},
		"old signature":               {request{operation: "Echo", body: body, key: "AKIAGOOD", at: now.Add(-time.Hour)}, 400, "InvalidSignatureException"},
		"future signature":            {request{operation: "Echo", body: body, key: "AKIAGOOD", at: now.Add(time.Hour)}, 400, "InvalidSignatureException"},
		"other region":                {request{operation: "Echo", body: body, key: "AKIAGOOD", region: "eu-north-1"}, 400, "InvalidSignatureException"},
		"other service":               {request{operation: "Echo", body: body, key: "AKIAGOOD", service: "s3"}, 400, "InvalidSignatureException"},
		"forbidden":                   {request{operation: "Echo", body: `{"Text":"forbidden"}`, key: "AKIAGOOD"}, 400, "AccessDeniedException"},
		"evaluation fails":            {request{operation: "Echo", body: `{"Text":"error"}`, key: "AKIAGOOD"}, 500, "InternalFailure"},
		"credential store fails":      {request{operation: "Echo", body: body, key: "AKIABROKEN"}, 500, "InternalFailure"},
		"not built":                   {request{operation: "Later", body: body, key: "AKIAGOOD"}, 501, "NotImplemented"},
		"unknown operation":           {request{operation: "Nothing", body: body, key: "AKIAGOOD"}, 400, "UnknownOperationException"},
		"malformed JSON":              {request{operation: "Open", body: `{"Text":`}, 400, "SerializationException"},
		"wrong type":                  {request{operation: "Open", body: `{"Text":1}`}, 400, "SerializationException"},
		"constraint":                  {request{operation: "Open", body: `{"Text":"much too long a text"}`}, 400, "ValidationException"},
		"too large":                   {request{operation: "Open", body: `{"Text":"` + strings.Repeat("x", 2<<20) + `"}`}, 413, "RequestEntityTooLargeException"},
		"panic":                       {request{operation: "Panic", body: body}, 500, "InternalFailure"},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, doc := f.do(t, c.r)
			code, _ := doc["__type"].(string)
			if i := strings.LastIndexByte(code, '#'); i >= 0 {
				code = code[i+1:]
			}
			if status != c.status || code != c.code {
				t.Errorf("got %d %q (%v), want %d %q", status, code, doc["message"], c.status, c.code)
			}
			if c.code != "" && !strings.HasPrefix(header.Get("X-Amzn-Errortype"), c.code) {
				t.Errorf("x-amzn-errortype is %q", header.Get("X-Amzn-Errortype"))
			}
			if header.Get("X-Amzn-Requestid") == "" || header.Get("Date") == "" {
				t.Error("no request id or no date")
			}
			if strings.Contains(doc2text(doc), "secret detail") {
				t.Error("the answer tells an internal error")
			}
			e := f.journal.List(1)[0]
			if strings.Contains(e.ErrorText, "security-token") {
				t.Error("the journal keeps a session token")
			}
			if e.Status != c.status || e.ErrorCode != c.code {
				t.Errorf("journal has %d %q", e.Status, e.ErrorCode)
			}
		})
	}
	// Attack 29: no secret, token or signature reaches the log.
	for _, word := range []string{"Signature=", "token\"", "AWS4-HMAC"} {
		if strings.Contains(f.log.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

func doc2text(doc map[string]any) string {
	b, _ := json.Marshal(doc)
	return string(b)
}

// Attacks 15 and 16: headers cannot set context keys or the source address.
func TestAttack15And16HeadersDoNotSpeak(t *testing.T) {
	f := start(t)
	status, _, doc := f.do(t, request{operation: "Echo", body: `{"Text":"hi"}`, key: "AKIAGOOD", header: map[string]string{
		"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-Ip": "203.0.113.9", "X-Forwarded-Proto": "https",
		"userid": "AIDAOTHER", "groups": "admins", "aws-username": "root", "aws-SecureTransport": "true",
	}})
	if status != 200 || doc["Source"] != "127.0.0.1" || doc["Secure"] != false || doc["Caller"] != "arn:aws:iam::000000000000:user/ana" {
		t.Errorf("got %d %v", status, doc)
	}
}

// Attack 14: what Bawn says of itself without a signature is one word.
func TestAttack14NothingUnsigned(t *testing.T) {
	f := start(t)
	for _, path := range []string{"/_bawn/requests", "/debug/pprof/", "/metrics", "/minio/health/cluster", "/_localstack/health"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", f.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, _, _ := f.send(t, req); status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, status)
		}
	}
}

func TestPreflight(t *testing.T) {
	f := start(t)
	req, err := http.NewRequestWithContext(t.Context(), "OPTIONS", f.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "http://localhost:3000")
	req.Header.Set("Access-Control-Request-Headers", "x-amz-target,cache-control")
	status, h, _ := f.send(t, req)
	if status != 200 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Headers") != "x-amz-target,cache-control" {
		t.Errorf("preflight: %d %v", status, h)
	}
	// Attack 30: credentials are never allowed across origins.
	if h.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("credentials allowed")
	}
	_, h, _ = f.do(t, request{operation: "Open", body: `{"Text":"hi"}`})
	for _, name := range []string{"x-amzn-ErrorType", "Date", "x-amzn-RequestId"} {
		if !strings.Contains(h.Get("Access-Control-Expose-Headers"), name) {
			t.Errorf("%s is not exposed", name)
		}
	}
}

// Half a request: the connection ends before the declared body.
func TestHalfARequest(t *testing.T) {
	f := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Echo.Open\r\nContent-Length: 100\r\n\r\n{\"Text\":")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) || !bytes.Contains(answer, []byte("IncompleteBody")) {
		t.Errorf("answer: %.200s", answer)
	}
}
