package attack

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/bawntest"
	"github.com/bawn-dev/bawn/internal/function"
	"github.com/bawn-dev/bawn/sigv4"
)

func TestMain(m *testing.M) {
	function.LauncherMain()
	os.Exit(m.Run())
}

// creds sign requests; the zero value signs nothing.
type creds = sigv4.Credentials

// header is one header line of a request.
type header = sigv4.Header

// rig is a server under attack.
type rig struct{ *bawntest.Bawn }

func (r *rig) admin() creds {
	return creds{AccessKeyID: r.AccessKeyID, SecretAccessKey: r.SecretAccessKey}
}

func (r *rig) host() string { return strings.TrimPrefix(r.Endpoint, "http://") }

// request is one request, byte for byte.
type request struct {
	method, target string // target is path and query as sent
	host           string // "" for the server's own
	header         []header
	body           string

	// as signs, for service; zero: unsigned.
	as      creds
	service string
	region  string
	at      time.Time
	payload string // the payload hash to sign; "" for the body's own
	// tamper changes the request after it was signed.
	tamper func(r *sigv4.Request)
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// code is the answer's error code, whatever the protocol; "" for none.
func (a *reply) code() string {
	if t := a.header.Get("X-Amzn-Errortype"); t != "" {
		code, _, _ := strings.Cut(t, ":")
		return code
	}
	var j struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal([]byte(a.body), &j) == nil {
		return j.Type[strings.LastIndexByte(j.Type, '#')+1:]
	}
	var x struct {
		Code  string
		Error struct{ Code string }
	}
	if xml.Unmarshal([]byte(a.body), &x) == nil {
		return x.Code + x.Error.Code
	}
	return ""
}

func (a *reply) String() string {
	return fmt.Sprintf("%d %s %.300s", a.status, a.code(), strings.ReplaceAll(a.body, "\n", " "))
}

// wire signs a request, if it is to be, and returns its bytes.
func (r *rig) wire(q *request) []byte {
	path, query, _ := strings.Cut(q.target, "?")
	host := q.host
	if host == "" {
		host = r.host()
	}
	signed := &sigv4.Request{Method: q.method, RawPath: path, RawQuery: query, Header: append([]header{{Name: "Host", Value: host}}, q.header...)}
	if q.as.AccessKeyID != "" {
		at, region, payload := q.at, q.region, q.payload
		if at.IsZero() {
			at = time.Now()
		}
		if region == "" {
			region = r.Region
		}
		if payload == "" {
			payload = sigv4.HashPayload([]byte(q.body))
		}
		sigv4.Sign(signed, &sigv4.Signing{Credentials: q.as, Region: region, Service: q.service, Time: at, S3: q.service == "s3", PayloadHash: payload})
	}
	if q.tamper != nil {
		q.tamper(signed)
	}
	target := signed.RawPath
	if signed.RawQuery != "" {
		target += "?" + signed.RawQuery
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", signed.Method, target)
	length := true
	for _, h := range signed.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
		length = length && !strings.EqualFold(h.Name, "Content-Length") && !strings.EqualFold(h.Name, "Transfer-Encoding")
	}
	if length && (q.body != "" || q.method != http.MethodGet && q.method != http.MethodHead) {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(q.body))
	}
	b.WriteString("Connection: close\r\n\r\n")
	b.WriteString(q.body)
	return b.Bytes()
}

// deadline is the longest any single answer may take.
const deadline = 20 * time.Second

// send sends a request on a connection of its own and reads the answer.
func (r *rig) send(t testing.TB, q *request) *reply {
	t.Helper()
	a, err := r.exchange(r.wire(q), q.method)
	if err != nil {
		t.Fatalf("%s %s: %v", q.method, q.target, err)
	}
	return a
}

func (r *rig) exchange(raw []byte, method string) (*reply, error) {
	conn, err := net.Dial("tcp", r.host())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		return nil, err
	}
	go func() { _, _ = conn.Write(raw) }() // the server may answer before it has read all
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return &reply{resp.StatusCode, resp.Header, string(body)}, nil
}

// set replaces a header after signing, or adds it.
func set(name, value string) func(*sigv4.Request) {
	return func(r *sigv4.Request) {
		for i := range r.Header {
			if strings.EqualFold(r.Header[i].Name, name) {
				r.Header[i].Value = value
				return
			}
		}
		r.Header = append(r.Header, header{Name: name, Value: value})
	}
}

// add adds a header after signing, also one that is there.
func add(name, value string) func(*sigv4.Request) {
	return func(r *sigv4.Request) { r.Header = append(r.Header, header{Name: name, Value: value}) }
}

// forge alters the last digit of the signature.
func forge(r *sigv4.Request) {
	for i := range r.Header {
		if r.Header[i].Name == "Authorization" {
			v := []byte(r.Header[i].Value)
			v[len(v)-1] = "10"[b2i(v[len(v)-1] == '1')]
			r.Header[i].Value = string(v)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// want fails unless the answer has the status and, if given, the code.
func want(t testing.TB, what string, a *reply, status int, code string) {
	t.Helper()
	if a.status != status || code != "" && a.code() != code {
		t.Errorf("%s: %v, want %d %s", what, a, status, code)
	}
}

// m is a JSON object.
type m = map[string]any

// target says how a JSON service is named on the wire.
var targets = map[string]string{
	"cognito-idp": "AWSCognitoIdentityProviderService.", "cognito-identity": "AWSCognitoIdentityService.", "dynamodb": "DynamoDB_20120810.",
	"logs": "Logs_20140328.", "bawn": "Bawn_20261122.",
}

// json calls an operation of a JSON service.
func (r *rig) json(t testing.TB, as creds, service, operation string, in any) *reply {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	version := "1.1"
	if service == "dynamodb" || service == "bawn" {
		version = "1.0"
	}
	return r.send(t, &request{method: "POST", target: "/", as: as, service: service, body: string(body),
		header: []header{{Name: "Content-Type", Value: "application/x-amz-json-" + version}, {Name: "X-Amz-Target", Value: targets[service] + operation}}})
}

// query calls an operation of a query service with name=value pairs.
func (r *rig) query(t testing.TB, as creds, service, operation string, pairs ...string) *reply {
	t.Helper()
	version := map[string]string{"iam": "2010-05-08", "sts": "2011-06-15", "cloudformation": "2010-05-15"}[service]
	body := "Action=" + operation + "&Version=" + version
	for i := 0; i+1 < len(pairs); i += 2 {
		body += "&" + pairs[i] + "=" + escape(pairs[i+1])
	}
	return r.send(t, &request{method: "POST", target: "/", as: as, service: service, body: body,
		header: []header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}})
}

// escape encodes everything but letters and digits.
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// ok calls and decodes; anything but a success ends the test.
func (r *rig) ok(t testing.TB, a *reply, out any) {
	t.Helper()
	if a.status/100 != 2 {
		t.Fatalf("got %v", a)
	}
	if out == nil {
		return
	}
	var err error
	if strings.HasPrefix(a.body, "<") {
		err = xml.Unmarshal([]byte(a.body), out)
	} else {
		err = json.Unmarshal([]byte(a.body), out)
	}
	if err != nil {
		t.Fatalf("decode %v: %v", a, err)
	}
}
