package attack

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/sigv4"
)

// chunked is data in unsigned aws-chunked framing with a checksum trailer.
func chunked(data string) string {
	return fmt.Sprintf("%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", len(data), data)
}

// streamed are the headers of an aws-chunked upload.
func streamed(data string) []header {
	return []header{{Name: "Content-Encoding", Value: "aws-chunked"}, {Name: "X-Amz-Decoded-Content-Length", Value: fmt.Sprint(len(data))}, {Name: "X-Amz-Trailer", Value: "x-amz-checksum-crc32"}}
}

// TestAttackSignatures are cases 1 to 14 over S3 and an API stage.
func TestAttackSignatures(t *testing.T) {
	r := notes(t)
	ana := r.person(t, "ana")
	bucket := "/" + r.Outputs["AttachmentsBucketName"]
	a := &attacked{r, ana, bucket, bucket + "/private/" + escapePath(ana.identity) + "/"}
	t.Run("TestAttack01UnsignedTrailer", a.forgedStreams)
	t.Run("TestAttack02CredentialInQuery", a.queryStreams)
	t.Run("TestAttack03TrailerSignature", a.chunkSignatures)
	t.Run("TestAttack04Attack05PostForm", a.postForms)
	t.Run("TestAttack06PathBytes", a.paths)
	t.Run("TestAttack07KeyTraversal", a.traversal)
	t.Run("TestAttack08CopySource", a.copies)
	t.Run("TestAttack09Versions", a.versions)
	t.Run("TestAttack10UnsignedHeaders", a.unsignedHeaders)
	t.Run("TestAttack11Downgrades", a.downgrades)
	t.Run("TestAttack12InternalHeaders", a.internalHeaders)
	t.Run("TestAttack14NothingUnauthenticated", a.nothingOpen)
}

// attacked is the notes project with a user who has a prefix of the bucket.
type attacked struct {
	*rig
	ana    *person
	bucket string // /NAME
	mine   string // path of the user's own prefix
}

func escapePath(s string) string { return strings.ReplaceAll(s, ":", "%3A") }

// absent fails if an object is there.
func (a *attacked) absent(t *testing.T, what, path string) {
	t.Helper()
	if got := a.send(t, &request{method: "GET", target: path, as: a.admin(), service: "s3"}); got.status != 404 {
		t.Errorf("%s: the object is there: %v", what, got)
	}
}

var streamKinds = []string{sigv4.StreamingUnsignedTrailer, sigv4.StreamingPayload, sigv4.StreamingPayloadTrailer}

// Every write route with a body in a streaming mode and a fabricated seed
// signature, or none at all.
func (a *attacked) forgedStreams(t *testing.T) {
	routes := []struct{ name, method, target string }{
		{"put", "PUT", a.mine + "forged"}, {"part", "PUT", a.mine + "forged?partNumber=1&uploadId=u"},
		{"policy", "PUT", a.bucket + "?policy"}, {"cors", "PUT", a.bucket + "?cors"}, {"delete many", "POST", a.bucket + "?delete"},
		{"tagging", "PUT", a.mine + "forged?tagging"}, {"bucket", "PUT", "/forged-bucket"}, {"copy", "PUT", a.mine + "forged"}, {"post", "POST", a.bucket},
	}
	for _, route := range routes {
		for _, kind := range streamKinds {
			h := append(streamed("data"), header{Name: "Content-MD5", Value: "jXd/OF09/siBXSD3SWAm3A=="})
			if route.name == "copy" {
				h = append(h, header{Name: "X-Amz-Copy-Source", Value: a.mine + "x"})
			}
			q := &request{method: route.method, target: route.target, header: h, body: chunked("data"), as: a.admin(), service: "s3", payload: kind, tamper: forge}
			if got := a.send(t, q); got.status != 403 && got.status != 501 && got.status != 405 {
				t.Errorf("%s %s with a forged signature: %v", route.name, kind, got)
			}
			q.as, q.tamper = creds{}, nil
			q.header = append(h, header{Name: "X-Amz-Content-Sha256", Value: kind})
			if got := a.send(t, q); got.status != 403 && got.status != 501 && got.status != 405 {
				t.Errorf("%s %s without a signature: %v", route.name, kind, got)
			}
		}
	}
	a.absent(t, "forged streams", a.mine+"forged")
	want(t, "bucket", a.send(t, &request{method: "HEAD", target: "/forged-bucket", as: a.admin(), service: "s3"}), 404, "")
}

// A credential in the query only, in streaming mode.
func (a *attacked) queryStreams(t *testing.T) {
	for _, kind := range streamKinds {
		q := &request{method: "PUT", target: a.mine + "q?X-Amz-Credential=" + escape(a.AccessKeyID+"/"+time.Now().UTC().Format("20060102")+"/us-east-1/s3/aws4_request"),
			header: append(streamed("data"), header{Name: "X-Amz-Content-Sha256", Value: kind}), body: chunked("data")}
		if got := a.send(t, q); got.status/100 != 4 {
			t.Errorf("%s with a bare credential: %v", kind, got)
		}
		q.target += "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=" + time.Now().UTC().Format("20060102T150405Z") + "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + strings.Repeat("0", 64)
		if got := a.send(t, q); got.status != 403 {
			t.Errorf("%s with a fabricated query signature: %v", kind, got)
		}
	}
	a.absent(t, "credential in the query", a.mine+"q")
}

// A right seed signature does not cover chunks that bear a wrong one, nor a
// trailer, a length or a checksum that is not the body's.
func (a *attacked) chunkSignatures(t *testing.T) {
	wrong := strings.Repeat("0", 64)
	bodies := map[string]struct{ kind, body string }{
		"unsigned chunk":    {sigv4.StreamingPayload, "4\r\ndata\r\n0\r\n\r\n"},
		"forged chunk":      {sigv4.StreamingPayload, "4;chunk-signature=" + wrong + "\r\ndata\r\n0;chunk-signature=" + wrong + "\r\n\r\n"},
		"wrong checksum":    {sigv4.StreamingUnsignedTrailer, chunked("data")},
		"longer than said":  {sigv4.StreamingUnsignedTrailer, chunked("data and more")},
		"shorter than said": {sigv4.StreamingUnsignedTrailer, chunked("dat")},
		"no end":            {sigv4.StreamingUnsignedTrailer, "4\r\ndata\r\n"},
		"unannounced":       {sigv4.StreamingUnsignedTrailer, "4\r\ndata\r\n0\r\nx-amz-checksum-sha256:AAAA\r\n\r\n"},
	}
	for what, b := range bodies {
		q := &request{method: "PUT", target: a.mine + "chunk", header: streamed("data"), body: b.body, as: a.ana.creds, service: "s3", payload: b.kind}
		if got := a.send(t, q); got.status/100 != 4 {
			t.Errorf("%s: %v", what, got)
		}
	}
	a.absent(t, "bad chunks", a.mine+"chunk")
}

// POST forms are not built; none may pass.
func (a *attacked) postForms(t *testing.T) {
	body := "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nposted\r\n--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ndata\r\n--b--\r\n"
	for _, target := range []string{a.bucket, a.bucket + "/"} {
		got := a.send(t, &request{method: "POST", target: target, header: []header{{Name: "Content-Type", Value: "multipart/form-data; boundary=b"}}, body: body})
		if got.status/100 != 4 && got.status != 501 {
			t.Errorf("POST form: %v", got)
		}
	}
	a.absent(t, "POST form", a.bucket+"/posted")
}

// What is signed is what is authorized and stored, byte for byte.
func (a *attacked) paths(t *testing.T) {
	r := a.rig
	// Keys that other servers fold into one are different keys here.
	keys := []string{"k/x", "k//x", "k%2Fx", "k/./x", "k/%2e/x", "./k/x", "K/x", "k%252Fx", "k%5Cx", "k/x%00"}
	decoded := map[string]string{}
	for _, k := range keys {
		got := r.send(t, &request{method: "PUT", target: a.mine + k, as: a.ana.creds, service: "s3", body: k})
		if got.status != 200 {
			t.Errorf("put %s: %v", k, got)
			continue
		}
		decoded[strings.NewReplacer("%2F", "/", "%2e", ".", "%25", "%", "%5C", `\`, "%00", "\x00").Replace(k)] = k
	}
	for _, last := range decoded {
		got := r.send(t, &request{method: "GET", target: a.mine + last, as: a.ana.creds, service: "s3"})
		if got.status != 200 || got.body != last {
			t.Errorf("get %s: %v, want what was put there last", last, got)
		}
	}
	// The prefix of another user cannot be reached from one's own.
	for _, up := range []string{"../other/x", "%2e%2e/other/x", "..%2Fother%2Fx", ".%2e//other/x"} {
		if got := r.send(t, &request{method: "PUT", target: a.mine + up, as: a.ana.creds, service: "s3", body: "x"}); got.status == 200 {
			a.absent(t, up, a.bucket+"/private/other/x")
		}
	}
	for _, other := range []string{"/private/other/x", "/private//" + escapePath(a.ana.identity) + "/x", "/private%2Fother/x", "//private/" + escapePath(a.ana.identity) + "/x"} {
		want(t, other, r.send(t, &request{method: "PUT", target: a.bucket + other, as: a.ana.creds, service: "s3", body: "x"}), 403, "AccessDenied")
	}
	a.stagePaths(t)
}

// stagePaths: a path altered after signing is refused in every spelling, and
// spellings of a route that a policy denies are denied.
func (a *attacked) stagePaths(t *testing.T) {
	base := strings.TrimPrefix(a.Outputs["ServiceEndpoint"], a.Endpoint)
	for _, to := range []string{"/notes/", "//notes", "/notes%2F", "/%6eotes", "/./notes", "/x/../notes", "/%2e%2e/dev/notes", "/notes/%2e"} {
		got := a.send(t, &request{method: "GET", target: base + "/notes", as: a.ana.creds, service: "execute-api", tamper: func(r *sigv4.Request) { r.RawPath = base + to }})
		if got.status != 403 {
			t.Errorf("signed /notes, sent %s: %v", to, got)
		}
	}
	api, stage, _ := strings.Cut(strings.TrimPrefix(base, "/_api/"), "/")
	arn := "arn:aws:execute-api:" + a.Region + ":000000000000:" + api + "/" + stage
	denied := a.user(t, "no-secret-notes", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"`+arn+`/*"},
		{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"`+arn+`/GET/notes/secret"}]}`)
	for _, spelling := range []string{"/notes/secret", "/notes//secret", "/notes/%73ecret", "/notes/./secret", "/notes/x/../secret", "/notes%2Fsecret", "/notes/secret/", "//notes/secret", "/notes/secret%2F", "/notes/%2e/secret", "/notes/secret%2f.", "/notes/secret/%2E"} {
		got := a.send(t, &request{method: "GET", target: base + spelling, as: denied, service: "execute-api"})
		if got.status != 403 && got.status != 404 && got.status != 400 {
			t.Errorf("denied route spelled %s: %v", spelling, got)
		}
	}
}

// Keys that look like paths stay keys: nothing outside the store changes.
func (a *attacked) traversal(t *testing.T) {
	for _, key := range []string{"../../../../../../tmp/bawn-attack", "..%2f..%2f..%2f..%2ftmp%2fbawn-attack", "%00", "a%00b", "con", "..", ".", "%c0%ae%c0%ae/x", "%ff", strings.Repeat("a", 1025)} {
		got := a.send(t, &request{method: "PUT", target: a.mine + key, as: a.ana.creds, service: "s3", body: "x"})
		if got.status >= 500 {
			t.Errorf("put %.40q: %v", key, got)
		}
		if got.status == 200 {
			if back := a.send(t, &request{method: "GET", target: a.mine + key, as: a.ana.creds, service: "s3"}); back.body != "x" {
				t.Errorf("get %.40q: %v", key, back)
			}
		}
	}
}

// Copies and parts of copies are not built, with whatever source.
func (a *attacked) copies(t *testing.T) {
	for _, target := range []string{a.mine + "copy", a.mine + "copy?partNumber=1&uploadId=u"} {
		got := a.send(t, &request{method: "PUT", target: target, as: a.ana.creds, service: "s3", header: []header{{Name: "X-Amz-Copy-Source", Value: a.bucket + "/private/other/x"}}})
		want(t, "copy", got, 501, "NotImplemented")
	}
	a.absent(t, "copy", a.mine+"copy")
}

// Versions are not built: listings answer 501, and reading a version wants the
// action for versions.
func (a *attacked) versions(t *testing.T) {
	want(t, "ListObjectVersions", a.send(t, &request{method: "GET", target: a.bucket + "?versions", as: a.admin(), service: "s3"}), 501, "NotImplemented")
	want(t, "PutBucketVersioning", a.send(t, &request{method: "PUT", target: a.bucket + "?versioning", as: a.admin(), service: "s3", body: "<VersioningConfiguration/>"}), 501, "NotImplemented")
	if got := a.send(t, &request{method: "GET", target: a.bucket + "?versions"}); got.status != 501 && got.status != 403 {
		t.Errorf("anonymous version listing: %v", got)
	}
	name := strings.TrimPrefix(a.bucket, "/")
	reader := a.user(t, "reader", allow("s3:GetObject", "arn:aws:s3:::"+name+"/*"))
	a.ok(t, a.send(t, &request{method: "PUT", target: a.mine + "v", as: a.ana.creds, service: "s3", body: "x"}), nil)
	want(t, "plain read", a.send(t, &request{method: "GET", target: a.mine + "v", as: reader, service: "s3"}), 200, "")
	want(t, "version read", a.send(t, &request{method: "GET", target: a.mine + "v?versionId=null", as: reader, service: "s3"}), 403, "AccessDenied")
}
