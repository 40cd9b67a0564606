package attack

import (
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/sigv4"
)

// x-amz-* headers added in transit are refused, on S3 and elsewhere.
func (a *attacked) unsignedHeaders(t *testing.T) {
	// A copy is not built, and says so before anything is looked at.
	copied := a.send(t, &request{method: "PUT", target: a.mine + "added", as: a.ana.creds, service: "s3", body: "x", tamper: add("X-Amz-Copy-Source", a.bucket+"/private/other/x")})
	want(t, "X-Amz-Copy-Source", copied, 501, "NotImplemented")
	for _, h := range []string{"X-Amz-Acl", "x-amz-meta-a", "X-AMZ-Tagging", "X-Amz-Storage-Class", "X-Amz-Grant-Read", "X-Amz-Server-Side-Encryption", "X-Amz-Website-Redirect-Location"} {
		got := a.send(t, &request{method: "PUT", target: a.mine + "added", as: a.ana.creds, service: "s3", body: "x", tamper: add(h, a.bucket+"/private/other/x")})
		want(t, h, got, 403, "AccessDenied")
		if !strings.Contains(got.body, "HeadersNotSigned") {
			t.Errorf("%s: %v, want the names of the unsigned headers", h, got)
		}
	}
	a.absent(t, "headers added", a.mine+"added")
	list := &request{method: "POST", target: "/", as: a.admin(), service: "dynamodb", body: "{}", header: []header{{Name: "Content-Type", Value: "application/x-amz-json-1.0"}},
		tamper: add("X-Amz-Target", "DynamoDB_20120810.ListTables")}
	if got := a.send(t, list); got.status/100 != 4 {
		t.Errorf("operation named by an unsigned header: %v", got)
	}
}

// downgrade is a request that claims a signature in a way that must never
// count, and never count as none.
type downgrade struct {
	what   string
	change func(q *request)
}

func tampered(f func(*sigv4.Request)) func(*request) { return func(q *request) { q.tamper = f } }

func auth(f func(string) string) func(*request) {
	return tampered(func(r *sigv4.Request) {
		for i := range r.Header {
			if r.Header[i].Name == "Authorization" {
				r.Header[i].Value = f(r.Header[i].Value)
			}
		}
	})
}

func replace(old, with string) func(*request) {
	return auth(func(v string) string { return strings.Replace(v, old, with, 1) })
}

// presigned signs by the query; change gets the request afterwards.
func (a *attacked) presigned(as creds, service string, change func(*sigv4.Request)) func(*request) {
	return func(q *request) {
		q.as = creds{}
		q.tamper = func(r *sigv4.Request) {
			sigv4.Presign(r, &sigv4.Signing{Credentials: as, Region: a.Region, Service: service, Time: time.Now(), S3: service == "s3", PayloadHash: q.payload}, time.Minute)
			if change != nil {
				change(r)
			}
		}
	}
}

func (a *attacked) downgradeList(service string) []downgrade {
	day := time.Now().UTC().Format("20060102")
	other := map[string]string{"s3": "execute-api", "execute-api": "s3"}[service]
	return []downgrade{
		{"header and query together", func(q *request) {
			q.tamper = func(r *sigv4.Request) {
				sigv4.Presign(r, &sigv4.Signing{Credentials: a.ana.creds, Region: a.Region, Service: service, Time: time.Now(), S3: service == "s3"}, time.Minute)
			}
		}},
		{"Authorization twice", tampered(func(r *sigv4.Request) { r.Header = append(r.Header, r.Header[len(r.Header)-1]) })},
		{"X-Amz-Date twice", tampered(add("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z")))},
		{"X-Amz-Security-Token twice", tampered(add("X-Amz-Security-Token", "x"))},
		{"Credential twice", auth(func(v string) string {
			return strings.Replace(v, "SignedHeaders", "Credential=A/"+day+"/r/s/aws4_request, SignedHeaders", 1)
		})},
		{"empty SignedHeaders", auth(func(v string) string {
			i, j := strings.Index(v, "SignedHeaders="), strings.Index(v, ", Signature")
			return v[:i] + "SignedHeaders=" + v[j:]
		})},
		{"host not signed", replace("host;", "")},
		{"signed header absent", replace("SignedHeaders=", "SignedHeaders=absent;")},
		{"another service's scope", func(q *request) { q.service = other }},
		{"another service's scope, written in", replace("/"+service+"/", "/"+other+"/")},
		{"another region", func(q *request) { q.region = "eu-west-1" }},
		{"another day in the scope", replace("/"+day+"/", "/20200101/")},
		{"an hour old", func(q *request) { q.at = time.Now().Add(-time.Hour) }},
		{"an hour ahead", func(q *request) { q.at = time.Now().Add(time.Hour) }},
		{"version 2", tampered(set("Authorization", "AWS "+a.AccessKeyID+":AAAA"))},
		{"version 4A", replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")},
		{"lower-case scheme", replace("AWS4-HMAC-SHA256", "aws4-hmac-sha256")},
		{"no parameters", tampered(set("Authorization", "AWS4-HMAC-SHA256"))},
		{"basic", tampered(set("Authorization", "Basic YTpi"))},
		{"empty", tampered(set("Authorization", ""))},
		{"no token", tampered(drop("X-Amz-Security-Token"))},
		{"altered token", tampered(set("X-Amz-Security-Token", a.ana.creds.SessionToken[1:]))},
		{"altered method", tampered(func(r *sigv4.Request) { r.Method = map[string]string{"GET": "DELETE", "PUT": "GET"}[r.Method] })},
		{"altered query", tampered(func(r *sigv4.Request) { r.RawQuery = "a=b" })},
		{"altered host", tampered(set("Host", "127.0.0.1:1"))},
		{"forged", tampered(forge)},
		{"an unknown key", func(q *request) { q.as.AccessKeyID = "AKIAAAAAAAAAAAAAAAAA" }},
		{"presigned twice", a.presigned(a.ana.creds, service, func(r *sigv4.Request) { r.RawQuery += "&X-Amz-Credential=x" })},
		{"presigned, escaped twin", a.presigned(a.ana.creds, service, func(r *sigv4.Request) { r.RawQuery += "&X-Amz-%45xpires=604800" })},
		{"presigned, other method", a.presigned(a.ana.creds, service, func(r *sigv4.Request) { r.Method = "DELETE" })},
		{"presigned, longer", a.presigned(a.ana.creds, service, func(r *sigv4.Request) {
			r.RawQuery = strings.Replace(r.RawQuery, "X-Amz-Expires=60", "X-Amz-Expires=604800", 1)
		})},
		{"presigned, unsigned parameter", a.presigned(a.ana.creds, service, func(r *sigv4.Request) { r.RawQuery += "&versionId=1" })},
		{"version 2 in the query", func(q *request) {
			q.as = creds{}
			q.target += "?AWSAccessKeyId=" + a.AccessKeyID + "&Signature=x&Expires=9999999999"
		}},
	}
}

func drop(name string) func(*sigv4.Request) {
	return func(r *sigv4.Request) {
		var kept []header
		for _, h := range r.Header {
			if h.Name != name {
				kept = append(kept, h)
			}
		}
		r.Header = kept
	}
}

func (a *attacked) downgrades(t *testing.T) {
	// A bucket that everybody may read shows an anonymous fallback at once.
	a.open(t, "/open-bucket", "s3:GetObject")
	a.ok(t, a.send(t, &request{method: "PUT", target: "/open-bucket/x", as: a.admin(), service: "s3", body: "open"}), nil)
	want(t, "anonymous", a.send(t, &request{method: "GET", target: "/open-bucket/x"}), 200, "")
	route := strings.TrimPrefix(a.Outputs["ServiceEndpoint"], a.Endpoint) + "/notes"
	for service, target := range map[string]string{"s3": "/open-bucket/x", "execute-api": route} {
		for _, d := range a.downgradeList(service) {
			q := &request{method: "GET", target: target, as: a.ana.creds, service: service}
			d.change(q)
			if got := a.send(t, q); got.status != 403 && got.status != 400 && got.code() != "UnknownOperationException" {
				t.Errorf("%s, %s: %v", service, d.what, got)
			}
		}
	}
	want(t, "afterwards", a.send(t, &request{method: "GET", target: "/open-bucket/x"}), 200, "")
	a.presignedPayload(t)
}

// The payload hash in a presigned URL binds the body.
func (a *attacked) presignedPayload(t *testing.T) {
	hash := sigv4.HashPayload([]byte("right"))
	for _, b := range []struct {
		what, declared, body string
		status               int
	}{
		{"the body that was signed", hash, "right", 200}, {"another body", hash, "wrong", 400},
		{"a streaming mode", sigv4.StreamingUnsignedTrailer, "wrong", 400},
	} {
		q := &request{method: "PUT", target: a.mine + "hash?X-Amz-Content-Sha256=" + b.declared, payload: b.declared, body: b.body}
		a.presigned(a.ana.creds, "s3", nil)(q)
		if got := a.send(t, q); got.status != b.status {
			t.Errorf("presigned URL with a hash, %s: %v, want %d", b.what, got, b.status)
		}
	}
	if got := a.send(t, &request{method: "GET", target: a.mine + "hash", as: a.ana.creds, service: "s3"}); got.body != "right" {
		t.Errorf("stored %v, want the body that was signed", got)
	}
}

// open makes a bucket on whose objects everybody may do the actions.
func (r *rig) open(t testing.TB, bucket, action string) {
	t.Helper()
	name := strings.TrimPrefix(bucket, "/")
	r.ok(t, r.send(t, &request{method: "PUT", target: bucket, as: r.admin(), service: "s3"}), nil)
	r.ok(t, r.send(t, &request{method: "DELETE", target: bucket + "?publicAccessBlock", as: r.admin(), service: "s3"}), nil)
	doc := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"` + action + `","Resource":["arn:aws:s3:::` + name + `","arn:aws:s3:::` + name + `/*"]}]}`
	r.ok(t, r.send(t, &request{method: "PUT", target: bucket + "?policy", as: r.admin(), service: "s3", body: doc}), nil)
}

// Headers that proxies, other servers or Bawn itself might use say nothing.
func (a *attacked) internalHeaders(t *testing.T) {
	var h []header
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Bawn-Caller", "X-Bawn-Account", "X-Minio-Source-Replication-Request", "X-Amzn-Internal", "Userid", "Groups",
		"X-Original-Url", "X-Rewrite-Url", "X-Http-Method-Override", "X-Amzn-Cognito-Identity-Id", "X-Amz-Source-Account", "X-Amz-Source-Arn", "X-Amz-Meta-X-Minio-Internal"} {
		h = append(h, header{Name: name, Value: "127.0.0.1"})
	}
	for what, q := range map[string]*request{
		"S3":         {method: "GET", target: a.mine + "x"},
		"dynamodb":   {method: "POST", target: "/", body: "{}", header: []header{{Name: "X-Amz-Target", Value: "DynamoDB_20120810.ListTables"}}},
		"bawn":       {method: "POST", target: "/", body: "{}", header: []header{{Name: "X-Amz-Target", Value: "Bawn_20261122.ListMessages"}}},
		"stage":      {method: "GET", target: strings.TrimPrefix(a.Outputs["ServiceEndpoint"], a.Endpoint) + "/notes"},
		"lambda":     {method: "POST", target: "/2015-03-31/functions/notes-api-dev-list/invocations", body: "{}"},
		"apigateway": {method: "GET", target: "/restapis"},
	} {
		q.header = append(q.header, h...)
		if got := a.send(t, q); got.status != 403 && got.status != 400 {
			t.Errorf("%s with internal headers: %v", what, got)
		}
	}
	// Signed by the user, they change nothing about who it is.
	q := &request{method: "POST", target: "/", body: "Action=GetCallerIdentity&Version=2011-06-15", as: a.ana.creds, service: "sts",
		header: append([]header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}, h...)}
	if got := a.send(t, q); !strings.Contains(got.body, "/CognitoIdentityCredentials") {
		t.Errorf("GetCallerIdentity: %v", got)
	}
}

// Nothing but the health check answers a stranger's GET, and that says nothing.
func (a *attacked) nothingOpen(t *testing.T) {
	for _, path := range []string{"/", "/_/", "/_bawn", "/_bawn/", "/_bawn/requests", "/debug/pprof/", "/debug/vars", "/metrics", "/minio/health/live", "/minio/bootstrap/v1/verify", "/_localstack/health",
		"/healthz", "/env", "/.env", "/settings.json", "/_api/", "/_api/x/y/z", "/favicon.ico", "/robots.txt", "/restapis", "/2015-03-31/functions/", "/v2/apis"} {
		got := a.send(t, &request{method: "GET", target: path})
		if got.status/100 == 2 || strings.Contains(got.body, a.AccessKeyID) || strings.Contains(got.body, a.Data) {
			t.Errorf("GET %s: %v", path, got)
		}
	}
	want(t, "health", a.send(t, &request{method: "GET", target: "/_bawn/health"}), 200, "")
	for _, method := range []string{"TRACE", "CONNECT", "OPTIONS", "PROPFIND", "DEBUG"} {
		if got := a.send(t, &request{method: method, target: "/"}); got.status/100 == 2 {
			t.Errorf("%s /: %v", method, got)
		}
	}
}
