package sigv4

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const (
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testSig    = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"
)

var testNow = time.Date(2026, 11, 22, 18, 30, 0, 0, time.UTC)

func header(auth string, more ...string) *Request {
	r := &Request{Method: "GET", RawPath: "/", Header: []Header{{"Host", "h"}, {"X-Amz-Date", "20261122T183000Z"}, {"Authorization", auth}}}
	for i := 0; i+1 < len(more); i += 2 {
		r.Header = append(r.Header, Header{more[i], more[i+1]})
	}
	return r
}

func goodHeader() string {
	return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + testSig
}

func goodQuery() string {
	return "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20261122T183000Z" +
		"&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + testSig
}

func query(q string) *Request {
	return &Request{Method: "GET", RawPath: "/", RawQuery: q, Header: []Header{{"Host", "h"}}}
}

// kindOf returns the kind of err, or 0.
func kindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

func TestParseHeader(t *testing.T) {
	for _, auth := range []string{goodHeader(), strings.ReplaceAll(goodHeader(), ", ", ","), strings.Replace(goodHeader(), "SHA256 ", "SHA256   ", 1)} {
		a, err := Parse(header(auth, "x-amz-SECURITY-token", "T"))
		if err != nil {
			t.Fatal(err)
		}
		if a.Form != HeaderForm || a.AccessKeyID != "AKIDEXAMPLE" || a.Scope() != "20261122/us-east-1/dynamodb/aws4_request" ||
			strings.Join(a.SignedHeaders, " ") != "host x-amz-date" || hexString(a.Signature) != testSig || !a.Time.Equal(testNow) || a.SecurityToken != "T" || a.Expires != -1 {
			t.Errorf("%+v", a)
		}
	}
	a, err := Parse(&Request{Header: []Header{{"Host", "h"}}})
	if a != nil || err != nil {
		t.Errorf("unsigned: %v, %v", a, err)
	}
}

func TestParseDateHeader(t *testing.T) {
	for _, date := range []string{"Sun, 22 Nov 2026 18:30:00 GMT", "20261122T183000Z", "2026-11-22T18:30:00Z", "Sun, 22 Nov 2026 18:30:00 +0000"} {
		r := &Request{Header: []Header{{"Date", date}, {"Authorization", goodHeader()}}}
		if a, err := Parse(r); err != nil || !a.Time.Equal(testNow) || a.Timestamp != "20261122T183000Z" {
			t.Errorf("%q: %+v, %v", date, a, err)
		}
	}
}

func TestParseRefusesHeader(t *testing.T) {
	replace := func(old, with string) string {
		out := strings.Replace(goodHeader(), old, with, 1)
		if out == goodHeader() {
			t.Fatalf("%q does not occur", old)
		}
		return out
	}
	for name, c := range map[string]struct {
		req  *Request
		want ErrorKind
	}{
		"bearer":               {header("Bearer abc"), OtherScheme},
		"bare token":           {header("abc"), OtherScheme},
		"empty":                {header(""), OtherScheme},
		"version 2":            {header("AWS AKID:sig"), VersionTwo},
		"version 4a":           {header("AWS4-ECDSA-P256-SHA256 Credential=x"), Asymmetric},
		"other hash":           {header("AWS4-HMAC-SHA1 Credential=x"), UnknownAlgorithm},
		"nothing":              {header("AWS4-HMAC-SHA256"), MissingComponent},
		"no signature":         {header("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host"), MissingComponent},
		"empty credential":     {header(replace("AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request", "")), MissingComponent},
		"empty signed headers": {header(replace("host;x-amz-date", "")), MissingComponent},
		"not key=value":        {header("AWS4-HMAC-SHA256 Credential"), NotKeyValue},
		"twice":                {header(goodHeader() + ", Credential=a/b/c/d/e"), DuplicateComponent},
		"empty twice":          {header(strings.Replace(goodHeader(), "Credential", "Signature=, Credential", 1)), DuplicateComponent},
		"two headers":          {header(goodHeader(), "authorization", goodHeader()), DuplicateComponent},
		"two dates":            {header(goodHeader(), "x-amz-date", "20261122T183000Z"), DuplicateComponent},
		"two tokens":           {header(goodHeader(), "x-amz-security-token", "a", "X-Amz-Security-Token", "b"), DuplicateComponent},
		"two hashes":           {header(goodHeader(), "x-amz-content-sha256", "a", "X-Amz-Content-Sha256", "a"), DuplicateComponent},
		"four parts":           {header(replace("/dynamodb", "")), MalformedCredential},
		"six parts":            {header(replace("/dynamodb", "/a/b")), MalformedCredential},
		"no key":               {header(replace("AKIDEXAMPLE", "")), MalformedCredential},
		"odd key":              {header(replace("AKIDEXAMPLE", "AK ID")), MalformedCredential},
		"long credential":      {header(replace("AKIDEXAMPLE", strings.Repeat("A", 2000))), MalformedCredential},
		"long header":          {header(goodHeader() + strings.Repeat(" ", 9000)), MalformedCredential},
		"empty name":           {header(replace("host;", "host;;")), MalformedSignedHeaders},
		"name twice":           {header(replace("host;", "host;Host;")), MalformedSignedHeaders},
		"odd name":             {header(replace("host;", "ho st;")), MalformedSignedHeaders},
		"many names":           {header(replace("host;", strings.Repeat("a;", 200))), MalformedSignedHeaders},
		"short signature":      {header(goodHeader()[:len(goodHeader())-2]), MalformedSignature},
		"odd signature":        {header(goodHeader()[:len(goodHeader())-1] + "g"), MalformedSignature},
		"both":                 {&Request{RawQuery: goodQuery(), Header: header(goodHeader()).Header}, BothForms},
		"both, bearer":         {&Request{RawQuery: goodQuery(), Header: header("Bearer x").Header}, BothForms},
		"no date":              {&Request{Header: []Header{{"Authorization", goodHeader()}}}, MissingDate},
		"bad date":             {&Request{Header: []Header{{"X-Amz-Date", "2026"}, {"Authorization", goodHeader()}}}, MalformedDate},
		"February 30":          {&Request{Header: []Header{{"X-Amz-Date", "20260230T000000Z"}, {"Authorization", goodHeader()}}}, MalformedDate},
		"hour 24":              {&Request{Header: []Header{{"X-Amz-Date", "20260220T240000Z"}, {"Authorization", goodHeader()}}}, MalformedDate},
		"bad Date":             {&Request{Header: []Header{{"Date", "yesterday"}, {"Authorization", goodHeader()}}}, MalformedDate},
	} {
		a, err := Parse(c.req)
		if a != nil || kindOf(err) != c.want {
			t.Errorf("%s: %+v, %v; want kind %d", name, a, err, c.want)
		}
	}
}

func TestParseQueryForm(t *testing.T) {
	a, err := Parse(query("a=b&" + goodQuery() + "&X-Amz-Security-Token=a%2Bb%20c"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Form != QueryForm || a.AccessKeyID != "AKIDEXAMPLE" || a.Expires != time.Minute || a.SecurityToken != "a+b c" || a.Service != "s3" {
		t.Errorf("%+v", a)
	}
	if a, err := Parse(query("X-Amz-Date=1&X-Amz-Expires=2&Signature=x")); a != nil || err != nil {
		t.Errorf("parameters that are no signature: %v, %v", a, err)
	}
}

func TestParseRefusesQuery(t *testing.T) {
	replace := func(old, with string) string {
		out := strings.Replace(goodQuery(), old, with, 1)
		if out == goodQuery() {
			t.Fatalf("%q does not occur", old)
		}
		return out
	}
	for name, c := range map[string]struct {
		query string
		want  ErrorKind
	}{
		"version 2":            {"AWSAccessKeyId=a&Expires=1&Signature=b", VersionTwo},
		"version 4a":           {replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), Asymmetric},
		"other hash":           {replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), UnknownAlgorithm},
		"algorithm only":       {"X-Amz-Algorithm=AWS4-HMAC-SHA256", MissingParameter},
		"signature only":       {"X-Amz-Signature=x", MissingParameter},
		"credential only":      {"X-Amz-Credential=x", MissingParameter},
		"no date":              {replace("X-Amz-Date", "x"), MissingParameter},
		"no signed headers":    {replace("X-Amz-SignedHeaders", "x"), MissingParameter},
		"empty signed headers": {replace("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="), MissingParameter},
		"empty expires":        {replace("Expires=60", "Expires="), MissingParameter},
		"expires text":         {replace("Expires=60", "Expires=soon"), MalformedExpires},
		"expires minus":        {replace("Expires=60", "Expires=-"), MalformedExpires},
		"expires negative":     {replace("Expires=60", "Expires=-1"), NegativeExpires},
		"expires a week":       {replace("Expires=60", "Expires=604801"), ExcessiveExpires},
		"expires huge":         {replace("Expires=60", "Expires=99999999999999999999999"), ExcessiveExpires},
		"twice":                {goodQuery() + "&X-Amz-Credential=x", DuplicateComponent},
		"twice, escaped":       {goodQuery() + "&X-Amz-%43redential=x", DuplicateComponent},
		"two signatures":       {goodQuery() + "&X-Amz-Signature=" + testSig, DuplicateComponent},
		"two tokens":           {goodQuery() + "&X-Amz-Security-Token=a&X-Amz-Security-Token=a", DuplicateComponent},
		"bad credential":       {replace("%2Fs3", ""), MalformedCredential},
		"bad date":             {replace("20261122T183000Z", "1"), MalformedDate},
		"bad signature":        {goodQuery() + "0", MalformedSignature},
	} {
		a, err := Parse(query(c.query))
		if a != nil || kindOf(err) != c.want {
			t.Errorf("%s: %+v, %v; want kind %d", name, a, err, c.want)
		}
	}
	both := query(goodQuery() + "&X-Amz-Security-Token=a")
	both.Header = append(both.Header, Header{"x-amz-security-token", "b"})
	if _, err := Parse(both); kindOf(err) != DuplicateComponent {
		t.Errorf("token in query and header: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("GET", "/a%20b", goodQuery(), goodHeader())
	f.Add("GET", "/", "a=b", goodHeader())
	f.Add("GET", "/", "", "AWS x:y")
	f.Fuzz(func(t *testing.T, method, path, rawQuery, auth string) {
		r := &Request{Method: method, RawPath: path, RawQuery: rawQuery, Header: []Header{{"Host", "h"}, {"X-Amz-Date", "20261122T183000Z"}}}
		if auth != "" {
			r.Header = append(r.Header, Header{"Authorization", auth})
		}
		a, err := Parse(r)
		if err != nil {
			if a != nil || kindOf(err) == 0 {
				t.Fatalf("%v with %+v", err, a)
			}
			var e *Error
			errors.As(err, &e)
			for _, family := range []Family{FamilyJSON, FamilyREST, FamilyQuery, FamilyS3, FamilyExecute} {
				if w := e.Wording(family); w.Status < 400 || w.Code == "" || w.Message == "" {
					t.Fatalf("kind %d has no wording: %+v", e.Kind, w)
				}
			}
			return
		}
		if a == nil {
			return
		}
		for _, s3 := range []bool{true, false} {
			opts := &Options{S3: s3, Now: a.Time, Regions: []string{a.Region}, Services: []string{a.Service}, NormalizePath: true}
			if err := a.Verify(r, opts, DeriveKey(testSecret, a.Date, a.Region, a.Service), EmptyPayloadHash); err == nil {
				t.Fatal("a signature was guessed")
			}
		}
	})
}

// FuzzSignVerify: what is signed verifies, and the canonical forms of what
// verifies are stable.
func FuzzSignVerify(f *testing.F) {
	f.Add("/a b/%2F", "x=1&y=+&%zz", "v")
	f.Fuzz(func(t *testing.T, path, rawQuery, value string) {
		if strings.Contains(rawQuery, "X-Amz") || strings.Contains(rawQuery, "%") && strings.Contains(decodeQuery(rawQuery), "X-Amz") ||
			strings.Contains(rawQuery, "Signature") || strings.Contains(decodeQuery(rawQuery), "AWSAccessKeyId") {
			return
		}
		for _, s3 := range []bool{true, false} {
			s := &Signing{Credentials: Credentials{AccessKeyID: "AKID", SecretAccessKey: testSecret}, Region: "r", Service: "s", Time: testNow, S3: s3}
			opts := &Options{S3: s3, Now: testNow, Regions: []string{"r"}, Services: []string{"s"}}
			key := DeriveKey(testSecret, "20261122", "r", "s")
			for form, sign := range map[string]func(r *Request) *Authorization{
				"header": func(r *Request) *Authorization { return Sign(r, s) },
				"query":  func(r *Request) *Authorization { return Presign(r, s, time.Minute) },
			} {
				r := &Request{Method: "PUT", RawPath: path, RawQuery: rawQuery, Header: []Header{{"Host", "h"}, {"X-Amz-Meta-A", value}}}
				sign(r)
				a, err := Parse(r)
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				payload := EmptyPayloadHash
				if s3 && form == "query" {
					payload = UnsignedPayload
				}
				if err := a.Verify(r, opts, key, payload); err != nil {
					t.Fatalf("%s, S3 %v: %v", form, s3, err)
				}
			}
		}
	})
}
