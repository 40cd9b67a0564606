package attack

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// mangler makes requests that no client would send.
type mangler struct {
	*rand.Rand
	r *rig
}

func (g *mangler) pick(list ...string) string { return list[g.IntN(len(list))] }

// noise is random bytes, NULs and invalid UTF-8 among them.
func (g *mangler) noise(n int) string {
	b := make([]byte, g.IntN(n+1))
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return string(b)
}

func (g *mangler) target() string {
	base := g.pick("/", "/_api/", "/_api/x/dev/notes", "/bucket", "/bucket/key", "/2015-03-31/functions", "/restapis", "/v2/apis", "/_bawn/health", "*", "", "//", "http://x/", "/us-east-1_aaaaaaaaa/.well-known/jwks.json",
		"/bucket/%", "/bucket/%zz", "/%00", "/bucket/%ff%fe", "/_api/%2e%2e/%2f", "/"+strings.Repeat("a/", 2000), "/?"+strings.Repeat("a=b&", 2000))
	if g.IntN(3) == 0 {
		base += g.pick("?", "?policy", "?uploads", "?X-Amz-Signature=", "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=", "?Action=GetCallerIdentity", "?a;b", "?%", "?a=%zz", "?versionId", "?delete", "?list-type=2&max-keys=99999999999999999999")
	}
	if g.IntN(4) == 0 {
		base += g.noise(20)
	}
	return base
}

func (g *mangler) header() string {
	switch g.IntN(14) {
	case 0:
		return "Authorization: AWS4-HMAC-SHA256 " + g.pick("Credential=", "Credential=a/b/c/d/e", "Credential=A/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature="+strings.Repeat("0", 64), g.noise(40))
	case 1:
		return "Authorization: " + g.noise(100)
	case 2:
		return "X-Amz-Target: " + g.pick("DynamoDB_20120810.", "DynamoDB_20120810.ListTables", "AWSCognitoIdentityProviderService.SignUp", "AWSCognitoIdentityProviderService.InitiateAuth", "AWSCognitoIdentityService.GetId", "Logs_20140328.X", ".", g.noise(30))
	case 3:
		return "Content-Type: " + g.pick("application/x-www-form-urlencoded", "application/json", "application/x-amz-json-1.0", "multipart/form-data; boundary=b", g.noise(20))
	case 4:
		return "Content-Length: " + g.pick("0", "-1", "5", "99999999999999999999", "1e3", "70000000000", "0x10")
	case 5:
		return "Transfer-Encoding: " + g.pick("chunked", "chunked, chunked", "gzip", "identity", g.noise(8))
	case 6:
		return "Host: " + g.pick("bucket.localhost", "x.execute-api.us-east-1.amazonaws.com", "b.s3.amazonaws.com", "[::1", "a b", "", g.noise(12))
	case 7:
		return "Expect: 100-continue"
	case 8:
		return "X-Amz-Content-Sha256: " + g.pick("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "UNSIGNED-PAYLOAD", "x")
	case 9:
		return "Content-Encoding: " + g.pick("aws-chunked", "gzip", "deflate")
	case 10:
		return g.noise(10) + ": " + g.noise(30)
	case 11:
		return "X-Long: " + strings.Repeat("a", 1<<g.IntN(18))
	case 12:
		return "Range: " + g.pick("bytes=0-", "bytes=-1", "bytes=9999999999999999999-", "bytes=1-0,2-1")
	}
	return "Origin: " + g.pick("null", "https://evil.example", g.noise(10))
}

func (g *mangler) body() string {
	switch g.IntN(9) {
	case 0:
		return strings.Repeat(`{"a":`, 20_000)
	case 1:
		return strings.Repeat("[", 100_000)
	case 2:
		return `{"ClientId":"` + strings.Repeat("a", 1000) + `","AuthFlow":null,"AuthParameters":{"USERNAME":` + g.noise(30) + `}}`
	case 3:
		return "Action=" + g.pick("AssumeRoleWithWebIdentity", "GetCallerIdentity", g.noise(10)) + "&Version=2011-06-15&a.member.99999999=1&RoleArn=%"
	case 4:
		return "ffffffffffffffff\r\nx\r\n0\r\n\r\n"
	case 5:
		return "5\r\nab"
	case 6:
		return "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><Delete>&c;</Delete>"
	case 7:
		return `{"UserPoolId":1e400,"x":"\ud800","\u0000":[]}`
	}
	return g.noise(400)
}

// request is one of those requests, and sometimes only the beginning of it.
func (g *mangler) request() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\n", g.pick("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "FOO", "", "POST", "POST", g.noise(5)), g.target(), g.pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""))
	if g.IntN(8) != 0 {
		fmt.Fprintf(&b, "Host: %s\r\n", g.r.host())
	}
	for range g.IntN(6) {
		b.WriteString(g.header() + g.pick("\r\n", "\r\n", "\r\n", "\n"))
	}
	body := g.body()
	if g.IntN(2) == 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("Connection: close\r\n\r\n")
	if g.IntN(4) != 0 {
		b.WriteString(body)
	}
	if g.IntN(6) == 0 {
		b.Truncate(g.IntN(b.Len()))
	}
	return b.Bytes()
}

// throw sends bytes, closes its side, and reads all that comes back.
func (r *rig) throw(raw []byte) (string, error) {
	conn, err := net.Dial("tcp", r.host())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	go func() {
		_, _ = conn.Write(raw)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	}()
	var got bytes.Buffer
	_, err = got.ReadFrom(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return got.String(), err
	}
	return got.String(), nil // a connection that is reset is an answer too
}

// TestMalformedRequests throws requests at a server that no client sends:
// none is answered by a failure of Bawn's own, none keeps a connection, and
// the server still answers afterwards.
func TestMalformedRequests(t *testing.T) {
	r := empty(t)
	r.ok(t, r.send(t, &request{method: "PUT", target: "/bucket", as: r.admin(), service: "s3"}), nil)
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			g := &mangler{rand.New(rand.NewPCG(uint64(worker), 2026)), r}
			for i := range 150 {
				raw := g.request()
				got, err := r.throw(raw)
				if err != nil {
					t.Errorf("request %d of %d: %v\n%.200q", i, worker, err, raw)
					continue
				}
				if status := statusOf(got); status >= 500 && status != 501 && status != 505 {
					t.Errorf("request %d of %d: %.200q\n%.300q", i, worker, got, raw)
				}
			}
		})
	}
	wait.Wait()
	want(t, "afterwards", r.json(t, r.admin(), "dynamodb", "ListTables", m{}), 200, "")
}

// statusOf is the status of a raw answer, 0 for none.
func statusOf(answer string) (status int) {
	_, _ = fmt.Sscanf(answer, "HTTP/1.1 %d", &status)
	if status == 0 {
		_, _ = fmt.Sscanf(answer, "HTTP/1.0 %d", &status)
	}
	return status
}
