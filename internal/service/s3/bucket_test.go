package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

func asError(err error) *awsapi.Error {
	var e *awsapi.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

func TestBuckets(t *testing.T) {
	f := newFixture(t, "us-east-1")
	a := f.ok("PUT", "/notes-bucket", nil)
	if a.header.Get("Location") != "/notes-bucket" {
		t.Error(a.header)
	}
	f.ok("PUT", "/notes-bucket", nil) // us-east-1: no error
	f.ok("PUT", "/a.second.bucket", nil)
	a = f.ok("HEAD", "/notes-bucket", nil)
	if a.header.Get("x-amz-bucket-region") != "us-east-1" {
		t.Error(a.header)
	}
	f.want(404, "NoSuchBucket", "HEAD", "/other-bucket", nil)
	a = f.ok("GET", "/", nil)
	if strings.Index(a.body, "<Name>a.second.bucket</Name>") > strings.Index(a.body, "<Name>notes-bucket</Name><CreationDate>2026-01-02T03:04:05.000Z</CreationDate>") {
		t.Error(a.body)
	}
	a = f.ok("GET", "/?max-buckets=1", nil)
	if !strings.Contains(a.body, "<ContinuationToken>") || strings.Contains(a.body, "notes-bucket") {
		t.Error(a.body)
	}
	a = f.ok("GET", "/notes-bucket?location", nil)
	if !strings.HasSuffix(a.body, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`) {
		t.Error(a.body)
	}
	f.ok("PUT", "/notes-bucket/k", "x")
	f.want(409, "BucketNotEmpty", "DELETE", "/notes-bucket", nil)
	f.ok("PUT", "/notes-bucket/k2", "x") // the mark is gone again
	f.ok("DELETE", "/notes-bucket/k", nil)
	f.ok("DELETE", "/notes-bucket/k2", nil)
	if a = f.ok("DELETE", "/notes-bucket", nil); a.status != 204 {
		t.Error(a.status)
	}
	f.want(404, "NoSuchBucket", "GET", "/notes-bucket", nil)
	a = f.want(404, "NoSuchBucket", "PUT", "/notes-bucket/k", "x")
	if !strings.Contains(a.body, "<BucketName>notes-bucket</BucketName>") {
		t.Error(a.body)
	}
}

func TestBucketNames(t *testing.T) {
	for _, name := range []string{"abc", "my-bucket.1", strings.Repeat("a", 63), "1.2.3"} {
		if !validBucketName(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{"", "ab", strings.Repeat("a", 64), "Abc", "a_b", "-ab", "ab-", "a..b", "192.168.5.4", "xn--abc", "a-s3alias", "a b", "abc\n", "sthree-x", "x--ol-s3"} {
		if validBucketName(name) {
			t.Errorf("%q is taken", name)
		}
	}
	f := newFixture(t, "us-east-1")
	f.want(400, "InvalidBucketName", "PUT", "/Bad_Name", nil)
}

func TestLocations(t *testing.T) {
	body := func(region string) string {
		return `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>` + region + `</LocationConstraint></CreateBucketConfiguration>`
	}
	f := newFixture(t, "eu-central-1")
	f.want(400, "IllegalLocationConstraintException", "PUT", "/abc", nil)
	f.want(400, "IllegalLocationConstraintException", "PUT", "/abc", body("eu-west-1"))
	f.want(400, "InvalidLocationConstraint", "PUT", "/abc", body("us-east-1"))
	f.ok("PUT", "/abc", body("eu-central-1"))
	f.want(409, "BucketAlreadyOwnedByYou", "PUT", "/abc", body("eu-central-1"))
	if a := f.ok("GET", "/abc?location", nil); !strings.Contains(a.body, ">eu-central-1<") {
		t.Error(a.body)
	}
}

// TestRefusedParameters holds that what is not built is refused by name, not
// overlooked.
func TestRefusedParameters(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.want(400, "InvalidBucketAclWithObjectOwnership", "PUT", "/abc", nil, "x-amz-acl: public-read")
	f.want(501, "NotImplemented", "PUT", "/abc", nil, "x-amz-object-ownership: ObjectWriter")
	f.want(501, "NotImplemented", "PUT", "/abc", nil, "x-amz-bucket-object-lock-enabled: true")
	f.ok("PUT", "/abc", nil, "x-amz-acl: private", "x-amz-bucket-object-lock-enabled: false")
	for _, h := range []string{
		"x-amz-server-side-encryption: aws:kms", "x-amz-server-side-encryption-customer-algorithm: AES256", "x-amz-object-lock-mode: GOVERNANCE",
		"x-amz-storage-class: GLACIER", "x-amz-write-offset-bytes: 1", `If-None-Match: "abc"`, "x-amz-checksum-xxhash64: AAAAAAAAAAA=",
	} {
		f.want(501, "NotImplemented", "PUT", "/abc/k", "x", h)
	}
	f.want(400, "AccessControlListNotSupported", "PUT", "/abc/k", "x", "x-amz-acl: public-read")
	f.want(400, "AccessControlListNotSupported", "PUT", "/abc/k", "x", "x-amz-grant-read: id=1")
	f.want(501, "NotImplemented", "GET", "/abc?versioning", nil)
	f.want(501, "NotImplemented", "POST", "/abc/k?uploads", nil)
	f.want(501, "NotImplemented", "PUT", "/abc/k", nil, "x-amz-copy-source: abc/x")
	f.want(405, "MethodNotAllowed", "PUT", "/abc/k?uploads", "x")
}

func TestBucketSettings(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.want(404, "NoSuchCORSConfiguration", "GET", "/abc?cors", nil)
	f.want(404, "NoSuchBucketPolicy", "GET", "/abc?policy", nil)
	f.want(404, "NoSuchTagSet", "GET", "/abc?tagging", nil)
	if a := f.ok("GET", "/abc?encryption", nil); !strings.Contains(a.body, "<SSEAlgorithm>AES256</SSEAlgorithm>") {
		t.Error(a.body)
	}
	f.ok("PUT", "/abc?encryption", `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`)
	f.want(501, "NotImplemented", "PUT", "/abc?encryption", `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`)
	f.ok("DELETE", "/abc?encryption", nil)
	f.ok("PUT", "/abc?tagging", `<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>`)
	if a := f.ok("GET", "/abc?tagging", nil); !strings.Contains(a.body, "<TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet>") {
		t.Error(a.body)
	}
	f.want(400, "InvalidTag", "PUT", "/abc?tagging", `<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value>2</Value></Tag></TagSet></Tagging>`)
	f.ok("DELETE", "/abc?tagging", nil)
	f.want(400, "MalformedXML", "PUT", "/abc?tagging", `<Tagging>`)
	f.want(400, "MalformedXML", "PUT", "/abc?tagging", ``)
	if a := f.ok("GET", "/abc?publicAccessBlock", nil); !strings.Contains(a.body, "<BlockPublicPolicy>true</BlockPublicPolicy>") {
		t.Error(a.body)
	}
	f.ok("PUT", "/abc?publicAccessBlock", `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`)
	if a := f.ok("GET", "/abc?publicAccessBlock", nil); !strings.Contains(a.body, "<BlockPublicPolicy>false</BlockPublicPolicy>") {
		t.Error(a.body)
	}
	f.ok("DELETE", "/abc?publicAccessBlock", nil)
	f.want(404, "NoSuchPublicAccessBlockConfiguration", "GET", "/abc?publicAccessBlock", nil)
}

func TestCORS(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.want(400, "InvalidRequest", "PUT", "/abc?cors", `<CORSConfiguration><CORSRule><AllowedMethod>PATCH</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>`)
	f.want(400, "InvalidRequest", "PUT", "/abc?cors", `<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>http://*.*</AllowedOrigin></CORSRule></CORSConfiguration>`)
	f.want(400, "MalformedXML", "PUT", "/abc?cors", `<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`)
	f.ok("PUT", "/abc?cors", `<CORSConfiguration><CORSRule><ID>one</ID><AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Content-Type</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>`+
		`<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>`)
	if a := f.ok("GET", "/abc?cors", nil); !strings.Contains(a.body, "<CORSRule><ID>one</ID><AllowedHeader>x-amz-*</AllowedHeader>") {
		t.Error(a.body)
	}
	tests := []struct {
		origin, method string
		headers        []string
		allow, creds   string
	}{
		{"https://app.example.com", "PUT", []string{"X-Amz-Date", "content-type"}, "https://app.example.com", "true"},
		{"https://app.example.com", "PUT", []string{"authorization"}, "", ""},
		{"https://example.com", "PUT", nil, "", ""},
		{"https://app.example.com.evil.org", "PUT", nil, "", ""},
		{"http://app.example.com", "PUT", nil, "", ""},
		{"https://evil.example", "GET", nil, "*", ""},
		{"https://evil.example", "GET", []string{"x-amz-date"}, "", ""},
		{"https://app.example.com", "DELETE", nil, "", ""},
		{"null", "GET", nil, "*", ""},
		{"", "GET", nil, "", ""},
	}
	for _, tt := range tests {
		h, ok := f.s.CrossOrigin(context.Background(), "abc", tt.origin, tt.method, tt.headers)
		if ok != (tt.allow != "") || h.Get("Access-Control-Allow-Origin") != tt.allow || h.Get("Access-Control-Allow-Credentials") != tt.creds {
			t.Errorf("%s %s %v: %v %v", tt.origin, tt.method, tt.headers, ok, h)
		}
	}
	h, _ := f.s.CrossOrigin(context.Background(), "abc", "https://a.example.com", "PUT", []string{"X-Amz-Date"})
	for name, want := range map[string]string{"Access-Control-Allow-Methods": "PUT, GET", "Access-Control-Allow-Headers": "x-amz-date", "Access-Control-Expose-Headers": "ETag", "Access-Control-Max-Age": "3000", "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"} {
		if h.Get(name) != want {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
	if _, ok := f.s.CrossOrigin(context.Background(), "no-such", "https://a", http.MethodGet, nil); ok {
		t.Error("a bucket that is not there allows")
	}
	f.ok("DELETE", "/abc?cors", nil)
	if _, ok := f.s.CrossOrigin(context.Background(), "abc", "https://a", http.MethodGet, nil); ok {
		t.Error("a bucket without rules allows")
	}
}

// TestDeleteAgainstUploads races deletions with uploads: an upload that was
// acknowledged is never in a bucket that is gone.
func TestDeleteAgainstUploads(t *testing.T) {
	f := newFixture(t, "us-east-1")
	for round := range 30 {
		f.ok("PUT", "/abc", nil)
		var wg sync.WaitGroup
		var put, del answer
		wg.Go(func() { put = f.do("PUT", fmt.Sprintf("/abc/%d", round), "x") })
		wg.Go(func() { del = f.do("DELETE", "/abc", nil) })
		wg.Wait()
		if put.status == 200 && del.status == 204 {
			t.Fatal("an acknowledged upload went away with its bucket")
		}
		if put.status == 200 {
			f.ok("GET", fmt.Sprintf("/abc/%d", round), nil)
			f.ok("DELETE", fmt.Sprintf("/abc/%d", round), nil)
		}
	}
}

// TestAbandonedDeletion holds that a deletion whose process died does not keep
// a bucket closed.
func TestAbandonedDeletion(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	if err := f.s.change(context.Background(), "abc", func(b *bucketRecord) error { b.Deleting = f.clock.Now(); return nil }); err != nil {
		t.Fatal(err)
	}
	f.want(409, "OperationAborted", "PUT", "/abc/k", "x")
	f.clock.Advance(2 * time.Minute)
	f.ok("PUT", "/abc/k", "x")
}
