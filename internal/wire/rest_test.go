package wire

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
	"github.com/bawn-dev/bawn/internal/shape/lambda"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

func TestRoutes(t *testing.T) {
	tests := []struct {
		model        *shape.Model
		method, uri  string
		header, want string
	}{
		{lambda.Model, "POST", "/2015-03-31/functions", "", "CreateFunction"},
		{lambda.Model, "GET", "/2015-03-31/functions/", "", "ListFunctions"},
		{lambda.Model, "POST", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/invocations?Qualifier=live", "", "Invoke"},
		{lambda.Model, "PUT", "/2015-03-31/functions/f/code", "", "UpdateFunctionCode"},
		{lambda.Model, "GET", "/2019-09-30/functions/f/provisioned-concurrency?List=ALL", "", "ListProvisionedConcurrencyConfigs"},
		{lambda.Model, "GET", "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1", "", "GetProvisionedConcurrencyConfig"},
		{lambda.Model, "GET", "/2015-03-31/functions//invocations", "", ""},
		{lambda.Model, "GET", "/nothing", "", ""},
		{apigateway.Model, "POST", "/restapis", "", "CreateRestApi"},
		{apigateway.Model, "POST", "/restapis?mode=import&failonwarnings=true", "", "ImportRestApi"},
		{apigateway.Model, "GET", "/restapis/a/resources/b/methods/GET/integration", "", "GetIntegration"},
		{s3.Model, "GET", "/", "", "ListBuckets"},
		{s3.Model, "PUT", "/b", "", "CreateBucket"},
		{s3.Model, "PUT", "/b/", "", "CreateBucket"},
		{s3.Model, "GET", "/b?x-id=ListObjects", "", "ListObjects"},
		{s3.Model, "GET", "/b/?list-type=2&prefix=a", "", "ListObjectsV2"},
		{s3.Model, "GET", "/b?list-type=1", "", "ListObjects"},
		{s3.Model, "GET", "/b?cors", "", "GetBucketCors"},
		{s3.Model, "GET", "/b?cors=", "", "GetBucketCors"},
		{s3.Model, "GET", "/b?lifecycle", "", "GetBucketLifecycleConfiguration"},
		{s3.Model, "GET", "/b?analytics", "", "ListBucketAnalyticsConfigurations"},
		{s3.Model, "GET", "/b?analytics&id=1", "", "GetBucketAnalyticsConfiguration"},
		{s3.Model, "PUT", "/b/k?x-id=PutObject", "", "PutObject"},
		{s3.Model, "PUT", "/b/k", "x-amz-copy-source", "CopyObject"},
		{s3.Model, "PUT", "/b/k?partNumber=1&uploadId=u", "", "UploadPart"},
		{s3.Model, "PUT", "/b/k?partNumber=1&uploadId=u", "x-amz-copy-source", "UploadPartCopy"},
		{s3.Model, "POST", "/b/k?uploads", "", "CreateMultipartUpload"},
		{s3.Model, "POST", "/b/k?uploadId=u", "", "CompleteMultipartUpload"},
		{s3.Model, "GET", "/b/k?partNumber=2", "", "GetObject"},
		{s3.Model, "HEAD", "/b/k", "", "HeadObject"},
		{s3.Model, "POST", "/b?delete", "", "DeleteObjects"},
		// A sub-resource never falls through to the object or bucket itself.
		{s3.Model, "PUT", "/b/k?uploadId=u", "", ""},
		{s3.Model, "PUT", "/b/k?uploads", "", ""},
		{s3.Model, "DELETE", "/b/k?acl", "", ""},
		{s3.Model, "PUT", "/b?location", "", ""},
		{s3.Model, "GET", "/b/k?%zz", "", ""},
		{s3.Model, "GET", "/b/%zz", "", ""},
	}
	for _, tt := range tests {
		path, query, _ := strings.Cut(tt.uri, "?")
		h := http.Header{}
		if tt.header != "" {
			h.Set(tt.header, "a/b")
		}
		got, err := For(tt.model).Operation(&Request{Method: tt.method, Path: path, RawQuery: query, Header: h})
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s %s %s: %q, %v; want %q", tt.model.Service, tt.method, tt.uri, got, err, tt.want)
		}
	}
}

// TestKeys holds that an object's key is the bytes that were sent, unescaped
// once and never cleaned: two keys of S3 must not become one.
func TestKeys(t *testing.T) {
	tests := []struct{ path, want string }{
		{"/b/k", "k"}, {"/b/a//b", "a//b"}, {"/b//lead", "/lead"}, {"/b/a/./b", "a/./b"}, {"/b/../../etc/passwd", "../../etc/passwd"},
		{"/b/a%2Fb", "a/b"}, {"/b/a+b", "a+b"}, {"/b/a%2520b", "a%20b"}, {"/b/us-east-1%3A1/x", "us-east-1:1/x"}, {"/b/dir/", "dir/"}, {"/b//", "/"}, {"/b/%00", "\x00"},
	}
	for _, tt := range tests {
		in := new(s3.GetObjectInput)
		err := For(s3.Model).Decode(&Request{Method: "GET", Path: tt.path, Header: http.Header{}}, "GetObject", in)
		if err != nil || in.Key == nil || *in.Key != tt.want || *in.Bucket != "b" {
			t.Errorf("%s: %v %v", tt.path, in.Key, err)
		}
	}
}

func TestS3Decode(t *testing.T) {
	h := http.Header{}
	for k, v := range map[string]string{"Content-Type": "image/png", "x-amz-meta-Color": "red", "Content-Length": "3", "If-None-Match": "*", "x-amz-meta-": "no", "Expires": "x"} {
		h.Set(k, v)
	}
	in := new(s3.PutObjectInput)
	if err := For(s3.Model).Decode(&Request{Method: "PUT", Path: "/b/k", Header: h, Body: []byte("abc")}, "PutObject", in); err != nil {
		t.Fatal(err)
	}
	in.Body = nil
	want := &s3.PutObjectInput{Bucket: ptr("b"), Key: ptr("k"), ContentType: ptr("image/png"), ContentLength: ptr(int64(3)), IfNoneMatch: ptr("*"), Expires: ptr("x"), Metadata: map[string]string{"color": "red"}}
	if d := cmp.Diff(want, in); d != "" {
		t.Error(d)
	}
	get := new(s3.GetObjectInput)
	h = http.Header{"If-Modified-Since": {"nonsense"}, "Range": {"bytes=0-1"}}
	if err := For(s3.Model).Decode(&Request{Method: "GET", Path: "/b/k", RawQuery: "response-content-type=a%2Fb&partNumber=", Header: h}, "GetObject", get); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&s3.GetObjectInput{Bucket: ptr("b"), Key: ptr("k"), Range: ptr("bytes=0-1"), ResponseContentType: ptr("a/b")}, get); d != "" {
		t.Error(d)
	}
}

func TestS3XML(t *testing.T) {
	rules := `<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*</AllowedOrigin><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule>`
	good := &s3.CORSConfiguration{CORSRules: []s3.CORSRule{{AllowedMethods: []string{"GET", "PUT"}, AllowedOrigins: []string{"*"}, MaxAgeSeconds: ptr(int32(5))}}}
	tests := []struct {
		body string
		want *s3.CORSConfiguration
	}{
		{`<CORSConfiguration>` + rules + `</CORSConfiguration>`, good},
		{`<?xml version="1.0" encoding="UTF-8"?><CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` + "\n" + rules + "<Unknown><a/></Unknown></CORSConfiguration>\n", good},
		{`<Other>` + rules + `</Other>`, nil},
		{`<CORSConfiguration>` + rules, nil},
		{`<CORSConfiguration>` + rules + `</CORSConfiguration><x/>`, nil},
		{`<CORSConfiguration>text` + rules + `</CORSConfiguration>`, nil},
		{`<CORSConfiguration><CORSRule><MaxAgeSeconds>x</MaxAgeSeconds></CORSRule></CORSConfiguration>`, nil},
		{`<CORSConfiguration><CORSRule><ID>a</ID><ID>b</ID></CORSRule></CORSConfiguration>`, nil},
		{`<!DOCTYPE x [<!ENTITY a "b">]><CORSConfiguration>` + rules + `</CORSConfiguration>`, nil},
		{`<?xml version="1.0" encoding="UTF-16"?><CORSConfiguration/>`, nil},
		{`<CORSConfiguration>&bomb;</CORSConfiguration>`, nil},
		{strings.Repeat("<a>", 1000), nil},
		{`<CORSConfiguration>` + strings.Repeat("<x>", 30) + strings.Repeat("</x>", 30) + `</CORSConfiguration>`, nil},
		{"junk", nil},
	}
	for _, tt := range tests {
		in := new(s3.PutBucketCorsInput)
		err := For(s3.Model).Decode(&Request{Method: "PUT", Path: "/b", RawQuery: "cors", Body: []byte(tt.body), Header: http.Header{}}, "PutBucketCors", in)
		if tt.want == nil {
			if awsapi.Code(err) != "MalformedXML" {
				t.Errorf("%.80s: %v", tt.body, err)
			}
			continue
		}
		if d := cmp.Diff(tt.want, in.CORSConfiguration); err != nil || d != "" {
			t.Errorf("%s: %v %s", tt.body, err, d)
		}
	}
}

func TestS3Encode(t *testing.T) {
	codec := For(s3.Model)
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r, err := codec.Encode("ListBuckets", &s3.ListBucketsOutput{Buckets: []s3.Bucket{{Name: ptr("b"), CreationDate: &when}}})
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets><Bucket><Name>b</Name><CreationDate>2026-01-02T03:04:05.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>`
	if err != nil || string(r.Body) != want {
		t.Errorf("%s %v", r.Body, err)
	}
	r, err = codec.Encode("ListObjectsV2", &s3.ListObjectsV2Output{Contents: []s3.Object{{Key: ptr("a&\x01")}, {Key: ptr("b")}}, KeyCount: ptr(int32(2))})
	if err != nil || !strings.Contains(string(r.Body), `<Contents><Key>a&amp;&#x1;</Key></Contents><Contents><Key>b</Key></Contents>`) {
		t.Errorf("%s %v", r.Body, err)
	}
	r, err = codec.Encode("GetBucketLocation", &s3.GetBucketLocationOutput{LocationConstraint: ptr("eu-west-1")})
	if err != nil || !strings.HasSuffix(string(r.Body), `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>`) {
		t.Errorf("%s %v", r.Body, err)
	}
	r, err = codec.Encode("GetObject", &s3.GetObjectOutput{Body: strings.NewReader("ell"), ContentRange: ptr("bytes 1-3/5"), LastModified: &when, Metadata: map[string]string{"a": "b"}})
	if err != nil || r.Status != 206 || r.Header.Get("Last-Modified") != "Fri, 02 Jan 2026 03:04:05 GMT" || !slices.Equal(r.Header["x-amz-meta-a"], []string{"b"}) || r.Stream == nil { //nolint:staticcheck // metadata names keep their case
		t.Errorf("%d %v %v", r.Status, r.Header, err)
	}
	r, err = codec.Encode("DeleteObject", &s3.DeleteObjectOutput{})
	if err != nil || r.Status != 204 || r.Body != nil {
		t.Errorf("%d %s %v", r.Status, r.Body, err)
	}
	r, err = codec.Encode("PutObject", &s3.PutObjectOutput{ETag: ptr(`"x"`)})
	if err != nil || r.Status != 200 || r.Body != nil || r.Header.Get("ETag") != `"x"` {
		t.Errorf("%d %s %v", r.Status, r.Body, err)
	}
}

func TestRESTErrors(t *testing.T) {
	r := For(s3.Model).EncodeError((&awsapi.Error{Code: "NoSuchKey", Message: "The specified key does not exist.", Status: 404}).With("Key", "a<b"), "id-1")
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&lt;b</Key><RequestId>id-1</RequestId><HostId>id-1</HostId></Error>`
	if r.Status != 404 || string(r.Body) != want || r.Header.Get("x-amz-request-id") != "id-1" {
		t.Errorf("%d %v %s", r.Status, r.Header, r.Body)
	}
	r = For(s3.Model).EncodeError(&awsapi.Error{Code: "NotModified", Status: 304}, "id-1")
	if r.Status != 304 || len(r.Body) != 0 {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	r = For(lambda.Model).EncodeError(&awsapi.Error{Code: "ResourceNotFoundException", Message: "Function not found: x"}, "id-1")
	want = `{"Type":"User","__type":"ResourceNotFoundException","Message":"Function not found: x","message":"Function not found: x"}`
	if r.Status != 404 || string(r.Body) != want || r.Header.Get("x-amzn-errortype") != "ResourceNotFoundException" {
		t.Errorf("%d %v %s", r.Status, r.Header, r.Body)
	}
	r = For(apigateway.Model).EncodeError(&awsapi.Error{Code: "NotFoundException", Message: "Invalid API"}, "id-1")
	if r.Status != 404 || string(r.Body) != `{"__type":"NotFoundException","message":"Invalid API"}` {
		t.Errorf("%d %s", r.Status, r.Body)
	}
}

func TestRESTJSON(t *testing.T) {
	codec := For(lambda.Model)
	in := new(lambda.InvokeInput)
	h := http.Header{}
	h.Set("X-Amz-Log-Type", "Tail")
	if err := codec.Decode(&Request{Method: "POST", Path: "/2015-03-31/functions/f%3Alive/invocations", RawQuery: "Qualifier=1", Header: h, Body: []byte(`{"a":1}`)}, "Invoke", in); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&lambda.InvokeInput{FunctionName: ptr("f:live"), Qualifier: ptr("1"), LogType: ptr("Tail"), Payload: []byte(`{"a":1}`)}, in); d != "" {
		t.Error(d)
	}
	r, err := codec.Encode("Invoke", &lambda.InvokeOutput{StatusCode: ptr(int32(202)), FunctionError: ptr("Unhandled"), Payload: []byte("{}")})
	if err != nil || r.Status != 202 || r.Header.Get("x-amz-function-error") != "Unhandled" || string(r.Body) != "{}" {
		t.Errorf("%d %v %s %v", r.Status, r.Header, r.Body, err)
	}
	err = codec.Decode(&Request{Method: "POST", Path: "/2015-03-31/functions", Header: http.Header{}, Body: []byte(`{"FunctionName":`)}, "CreateFunction", new(lambda.CreateFunctionInput))
	if awsapi.Code(err) != "InvalidRequestContentException" {
		t.Error(err)
	}
	api := new(apigateway.UpdateRestApiInput)
	body := `{"patchOperations":[{"op":"replace","path":"/name","value":"x"}]}`
	if err := For(apigateway.Model).Decode(&Request{Method: "PATCH", Path: "/restapis/abc", Header: http.Header{}, Body: []byte(body)}, "UpdateRestApi", api); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&apigateway.UpdateRestApiInput{RestApiId: ptr("abc"), PatchOperations: []apigateway.PatchOperation{{Op: ptr("replace"), Path: ptr("/name"), Value: ptr("x")}}}, api); d != "" {
		t.Error(d)
	}
	when := time.Unix(1700000000, 0)
	r, err = For(apigateway.Model).Encode("GetRestApi", &apigateway.RestApi{Id: ptr("a"), CreatedDate: &when})
	if err != nil || string(r.Body) != `{"id":"a","createdDate":1700000000}` {
		t.Errorf("%s %v", r.Body, err)
	}
}
