package wire

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
	"github.com/bawn-dev/bawn/internal/shape/iam"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

// FuzzJSON holds that whatever is taken can be written and taken again with
// the same meaning, and that what encoding/json refuses is refused.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"TableName":"t","Key":{"id":{"S":"1"}},"ConsistentRead":true}`))
	f.Add([]byte(`{"a":[1,2.5e3,{"b":null}],"TableName":"\ud83d\ude00\u0000"}`))
	f.Add([]byte(`{"AttributesToGet":["a"],"ExpressionAttributeNames":{"#a":"b"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := new(dynamodb.GetItemInput)
		p, v, err := planFor(in)
		if err != nil {
			t.Fatal(err)
		}
		if derr := decodeJSON(data, p, v, false); derr != nil {
			if derr.Code != "SerializationException" || derr.Message == "" {
				t.Fatalf("%v", derr)
			}
			return
		}
		if len(strings.TrimSpace(string(data))) > 0 && !json.Valid(data) {
			t.Fatalf("broken JSON is taken: %q", data)
		}
		_ = Validate(in)
		e := jsonEncoder{}
		e.structure(p, v)
		again := new(dynamodb.GetItemInput)
		if derr := decodeJSON(e.dst, p, reflect.ValueOf(again).Elem(), false); derr != nil {
			if in.Key != nil && !in.Key.Equal(in.Key) || hasInvalid(in.Key) {
				return
			}
			t.Fatalf("%s: %v", e.dst, derr)
		}
		if hasInvalid(in.Key) {
			return
		}
		if d := cmp.Diff(in, again); d != "" {
			t.Fatal(d)
		}
	})
}

// hasInvalid says whether an item holds a value that only decodes, and is
// refused later by package expression.
func hasInvalid(it expression.Item) bool {
	for _, v := range it {
		if invalidIn(v) {
			return true
		}
	}
	return false
}

func invalidIn(v expression.Value) bool {
	if v.Kind() == expression.KindInvalid || v.Kind() == expression.KindUnset || hasInvalid(v.Items()) {
		return true
	}
	for _, e := range v.Elements() {
		if invalidIn(e) {
			return true
		}
	}
	return false
}

func FuzzForm(f *testing.F) {
	f.Add("Action=CreateRole&Version=2010-05-08&RoleName=a&Tags.member.1.Key=k&Tags.member.1.Value=v")
	f.Add("Tags.member.9=&Tags=&.=&..=1&%41=%zz")
	f.Fuzz(func(t *testing.T, body string) {
		in := new(iam.CreateRoleInput)
		err := For(iam.Model).Decode(&Request{Method: "POST", Body: []byte(body), Header: http.Header{}}, "CreateRole", in)
		if err != nil && awsapi.Code(err) == "" {
			t.Fatalf("%v", err)
		}
		_ = Validate(in)
	})
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(`<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>`))
	f.Add([]byte(`<?xml version="1.0"?><CORSConfiguration xmlns="a"><x y="z"/>&lt;</CORSConfiguration>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in := new(s3.PutBucketCorsInput)
		r := &Request{Method: "PUT", Path: "/b", RawQuery: "cors", Body: body, Header: http.Header{}}
		if err := For(s3.Model).Decode(r, "PutBucketCors", in); err != nil {
			if awsapi.Code(err) != "MalformedXML" {
				t.Fatalf("%v", err)
			}
			return
		}
		_ = Validate(in)
	})
}

// FuzzRoute holds that routing and decoding agree: what is taken as an
// operation decodes, and an object's key is the escaped path's, no more.
func FuzzRoute(f *testing.F) {
	f.Add("PUT", "/b/a//b", "x-id=PutObject")
	f.Add("GET", "/b/%2e%2e/x", "response-content-type=a&versionId=1")
	f.Add("POST", "/b", "delete")
	f.Fuzz(func(t *testing.T, method, path, query string) {
		codec := For(s3.Model)
		r := &Request{Method: method, Path: path, RawQuery: query, Header: http.Header{}}
		op, err := codec.Operation(r)
		if err != nil {
			if awsapi.Code(err) != "MethodNotAllowed" {
				t.Fatalf("%v", err)
			}
			return
		}
		in, _ := s3.New(op)
		if err := codec.Decode(r, op, in); err != nil && awsapi.Code(err) == "" {
			t.Fatalf("%s %s?%s is %s but: %v", method, path, query, op, err)
		}
	})
}

// item1K is an item of about 1 KiB, as the benchmarks of the whole use it.
func item1K() expression.Item {
	it := expression.Item{"id": expression.String("note-1"), "userId": expression.String("us-east-1:00000000-0000-0000-0000-000000000000")}
	for _, name := range []string{"content", "attachment", "title", "created"} {
		it[name] = expression.String(strings.Repeat(name[:1], 220))
	}
	return it
}

func BenchmarkPutItem(b *testing.B) {
	codec := For(dynamodb.Model)
	body, err := clientRequest(dynamodb.Model, "PutItem", &dynamodb.PutItemInput{TableName: ptr("notes"), Item: item1K()})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body.Body)))
	b.ReportAllocs()
	for b.Loop() {
		in := new(dynamodb.PutItemInput)
		if _, err := codec.Operation(body); err != nil {
			b.Fatal(err)
		}
		if err := codec.Decode(body, "PutItem", in); err != nil {
			b.Fatal(err)
		}
		if err := Validate(in); err != nil {
			b.Fatal(err)
		}
		if _, err := codec.Encode("PutItem", &dynamodb.PutItemOutput{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetItem(b *testing.B) {
	codec := For(dynamodb.Model)
	out := &dynamodb.GetItemOutput{Item: item1K()}
	body, err := clientRequest(dynamodb.Model, "GetItem", &dynamodb.GetItemInput{TableName: ptr("notes"), Key: expression.Item{"id": expression.String("note-1")}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		in := new(dynamodb.GetItemInput)
		if err := codec.Decode(body, "GetItem", in); err != nil {
			b.Fatal(err)
		}
		if err := Validate(in); err != nil {
			b.Fatal(err)
		}
		if _, err := codec.Encode("GetItem", out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignUp(b *testing.B) {
	codec := For(cognitoidp.Model)
	r := &Request{Body: []byte(`{"ClientId":"4l3lfkcb1o6c4bvxxxxxxxxxxx","Username":"a@example.com","Password":"Passw0rd!","UserAttributes":[{"Name":"email","Value":"a@example.com"}]}`)}
	b.ReportAllocs()
	for b.Loop() {
		in := new(cognitoidp.SignUpInput)
		if err := codec.Decode(r, "SignUp", in); err != nil {
			b.Fatal(err)
		}
		if err := Validate(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRouteS3(b *testing.B) {
	codec := For(s3.Model)
	r := &Request{Method: "PUT", Path: "/bucket/private/us-east-1%3Aabc/a.png", RawQuery: "x-id=PutObject", Header: http.Header{"Content-Type": {"image/png"}}}
	b.ReportAllocs()
	for b.Loop() {
		in := new(s3.PutObjectInput)
		if _, err := codec.Operation(r); err != nil {
			b.Fatal(err)
		}
		if err := codec.Decode(r, "PutObject", in); err != nil {
			b.Fatal(err)
		}
	}
}
