package s3

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/store/driver"
	"github.com/bawn-dev/bawn/policy"
)

var everything = driver.Range{}

func errorsAs(err error, target any) bool { return errors.As(err, target) }

// vaultPolicy is what Amplify's guides give identity-pool users: their own
// prefix only.
const vaultPolicy = `{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::abc/private/${aws:userid}/*"},
 {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::abc","Condition":{"StringLike":{"s3:prefix":"private/${aws:userid}/*"}}}]}`

func TestPrefixPolicy(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/private/AIDABOB/x", "bob's")
	f.as(f.user("ann", vaultPolicy), func() {
		f.ok("PUT", "/abc/private/AIDAANN/x", "mine")
		f.ok("GET", "/abc/private/AIDAANN/x", nil)
		f.ok("HEAD", "/abc/private/AIDAANN/x", nil)
		for _, path := range []string{"private/AIDABOB/x", "private/AIDAANN", "private/AIDAANN%2F..%2FAIDABOB/x/../../../other", "Private/AIDAANN/x", "private//AIDAANN/x", "public/x"} {
			if strings.HasPrefix(path, "private/AIDAANN%2F..") {
				// One key under the own prefix, whatever it looks like: allowed, and
				// nobody else's.
				f.ok("PUT", "/abc/"+path, "z")
				continue
			}
			f.want(403, "AccessDenied", "GET", "/abc/"+path, nil)
			f.want(403, "AccessDenied", "HEAD", "/abc/"+path, nil)
			f.want(403, "AccessDenied", "PUT", "/abc/"+path, "z")
			f.want(403, "AccessDenied", "DELETE", "/abc/"+path, nil)
		}
		f.ok("GET", "/abc?list-type=2&prefix=private%2FAIDAANN%2F", nil)
		f.ok("GET", "/abc?prefix=private%2FAIDAANN%2Fx", nil)
		for _, q := range []string{"", "?list-type=2", "?list-type=2&prefix=", "?list-type=2&prefix=private%2F", "?prefix=private%2FAIDABOB%2F", "?location", "?cors", "?policy"} {
			f.want(403, "AccessDenied", "GET", "/abc"+q, nil)
		}
		a := f.want(403, "AccessDenied", "GET", "/abc/private/AIDABOB/x", nil)
		if !strings.Contains(a.body, "is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::abc/private/AIDABOB/x because no identity-based policy allows the s3:GetObject action") {
			t.Error(a.body)
		}
		// Whether a key is there is not told to who may not list.
		f.want(403, "AccessDenied", "GET", "/abc/private/AIDAANN/none", nil)
		f.want(403, "AccessDenied", "HEAD", "/abc/private/AIDAANN/none", nil)
	})
	if a := f.ok("GET", "/abc/private/AIDABOB/x", nil); a.body != "bob's" {
		t.Error(a.body)
	}
	f.as(anonymous, func() {
		f.want(403, "AccessDenied", "GET", "/abc/private/AIDABOB/x", nil)
		f.want(403, "AccessDenied", "GET", "/abc", nil)
		f.want(403, "AccessDenied", "GET", "/", nil)
		f.want(404, "NoSuchBucket", "GET", "/nothing-here/x", nil)
	})
}

func TestExpectedOwner(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/k", "x", "x-amz-expected-bucket-owner: "+testAccount)
	for _, r := range [][2]string{{"PUT", "/abc/k"}, {"GET", "/abc/k"}, {"HEAD", "/abc/k"}, {"DELETE", "/abc/k"}, {"GET", "/abc"}, {"HEAD", "/abc"}, {"GET", "/abc?cors"}, {"GET", "/abc?list-type=2"}, {"DELETE", "/abc"}} {
		f.want(403, "AccessDenied", r[0], r[1], nil, "x-amz-expected-bucket-owner: 111111111111")
	}
	f.want(403, "AccessDenied", "POST", "/abc?delete", `<Delete><Object><Key>k</Key></Object></Delete>`, "x-amz-expected-bucket-owner: 111111111111")
	f.ok("GET", "/abc/k", nil)
}

func TestBucketPolicy(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/public/x", "hello")
	public := statement(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::abc/public/*"})
	f.want(403, "AccessDenied", "PUT", "/abc?policy", public) // the public access block
	f.ok("DELETE", "/abc?publicAccessBlock", nil)
	f.ok("PUT", "/abc?policy", public)
	if a := f.ok("GET", "/abc?policy", nil); a.body != public || a.header.Get("Content-Type") != "application/json" {
		t.Error(a.body)
	}
	if a := f.ok("GET", "/abc?policyStatus", nil); !strings.Contains(a.body, "<IsPublic>true</IsPublic>") {
		t.Error(a.body)
	}
	f.as(anonymous, func() {
		if a := f.ok("GET", "/abc/public/x", nil); a.body != "hello" {
			t.Error(a.body)
		}
		f.want(400, "InvalidRequest", "GET", "/abc/public/x?response-content-type=text%2Fhtml", nil)
		f.want(403, "AccessDenied", "PUT", "/abc/public/x", "z")
		f.want(403, "AccessDenied", "GET", "/abc/private/x", nil)
		f.want(403, "AccessDenied", "GET", "/abc/public/none", nil)
	})
	f.ok("PUT", "/abc?publicAccessBlock", `<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`)
	f.as(anonymous, func() { f.want(403, "AccessDenied", "GET", "/abc/public/x", nil) })
	f.ok("DELETE", "/abc?publicAccessBlock", nil)

	// A denial in the bucket's policy binds also who may do everything.
	f.ok("PUT", "/abc?policy", statement(map[string]any{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::abc/*"}))
	a := f.want(403, "AccessDenied", "DELETE", "/abc/public/x", nil)
	if !strings.Contains(a.body, "with an explicit deny in a resource-based policy") {
		t.Error(a.body)
	}
	f.ok("DELETE", "/abc?policy", nil)
	f.ok("DELETE", "/abc/public/x", nil)
	f.want(404, "NoSuchBucketPolicy", "GET", "/abc?policyStatus", nil)
}

func TestMalformedPolicies(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("DELETE", "/abc?publicAccessBlock", nil)
	other := statement(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/*"})
	for _, doc := range []string{"{", "[]", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, other, strings.Replace(other, "other", "abcd", 1)} {
		f.want(400, "MalformedPolicy", "PUT", "/abc?policy", doc)
	}
	f.want(400, "PolicyTooLarge", "PUT", "/abc?policy", strings.Repeat(" ", 21<<10)+other)
	f.want(404, "NoSuchBucketPolicy", "GET", "/abc?policy", nil)
}

func TestIsPublic(t *testing.T) {
	f := newFixture(t, "us-east-1")
	tests := []struct {
		principal any
		condition any
		public    bool
	}{
		{"*", nil, true},
		{map[string]any{"AWS": "*"}, nil, true},
		{map[string]any{"AWS": []string{"arn:aws:iam::000000000000:root", "*"}}, nil, true},
		{map[string]any{"AWS": "arn:aws:iam::000000000000:root"}, nil, false},
		{map[string]any{"Service": "cloudfront.amazonaws.com"}, nil, false},
		{"*", map[string]any{"IpAddress": map[string]any{"aws:SourceIp": "10.0.0.0/8"}}, false},
		{"*", map[string]any{"IpAddress": map[string]any{"aws:SourceIp": "0.0.0.0/0"}}, true},
		{"*", map[string]any{"NotIpAddress": map[string]any{"aws:SourceIp": "10.0.0.0/8"}}, true},
		{"*", map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-123"}}, false},
		{"*", map[string]any{"StringLike": map[string]any{"aws:SourceArn": "arn:*"}}, true},
		{"*", map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceArn": "arn:x"}}, true},
		{"*", map[string]any{"StringEquals": map[string]any{"s3:prefix": "a"}}, true},
	}
	for _, tt := range tests {
		parts := map[string]any{"Effect": "Allow", "Principal": tt.principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::abc/*"}
		if tt.condition != nil {
			parts["Condition"] = tt.condition
		}
		p, _, err := f.s.checkPolicy(t.Context(), "abc", statement(parts))
		if err != nil {
			t.Fatal(err)
		}
		if isPublic(p) != tt.public {
			t.Errorf("%v %v: public is %v", tt.principal, tt.condition, !tt.public)
		}
	}
}

func TestDeleteObjects(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	for _, key := range []string{"private/AIDAANN/1", "private/AIDABOB/1"} {
		f.ok("PUT", "/abc/"+key, "x")
	}
	body := `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>private/AIDAANN/1</Key></Object><Object><Key>private/AIDABOB/1</Key></Object><Object><Key>private/AIDAANN/none</Key></Object></Delete>`
	f.as(f.user("ann", vaultPolicy), func() {
		a := f.ok("POST", "/abc?delete", body)
		if !strings.Contains(a.body, "<Deleted><Key>private/AIDAANN/1</Key></Deleted><Deleted><Key>private/AIDAANN/none</Key></Deleted><Error><Key>private/AIDABOB/1</Key><Code>AccessDenied</Code>") {
			t.Error(a.body)
		}
	})
	f.ok("GET", "/abc/private/AIDABOB/1", nil)
	f.want(404, "NoSuchKey", "GET", "/abc/private/AIDAANN/1", nil)
	if a := f.ok("POST", "/abc?delete", strings.Replace(body, "<Object>", "<Quiet>true</Quiet><Object>", 1)); strings.Contains(a.body, "Deleted") {
		t.Error(a.body)
	}
	f.want(400, "MalformedXML", "POST", "/abc?delete", `<Delete></Delete>`)
	f.want(400, "MalformedXML", "POST", "/abc?delete", `<Delete>`+strings.Repeat("<Object><Key>k</Key></Object>", 1001)+`</Delete>`)
	f.as(anonymous, func() {
		if a := f.do("POST", "/abc?delete", body); a.code == "" {
			t.Error("an anonymous caller deletes")
		}
	})
}

// TestExistingTags holds the condition on the tags of the object that is there.
func TestExistingTags(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/open", "x", "x-amz-tagging: level=open")
	f.ok("PUT", "/abc/shut", "x", "x-amz-tagging: level=shut")
	reader := f.user("reader", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::abc/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/level":"open"}}}}`)
	f.as(reader, func() {
		f.ok("GET", "/abc/open", nil)
		f.want(403, "AccessDenied", "GET", "/abc/shut", nil)
		f.want(403, "AccessDenied", "GET", "/abc/none", nil)
	})
	writer := f.user("writer", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::abc/*"}}`)
	f.as(writer, func() {
		f.ok("PUT", "/abc/open", "y")
		f.want(403, "AccessDenied", "PUT", "/abc/open", "y", "x-amz-tagging: level=open") // s3:PutObjectTagging
		f.want(403, "AccessDenied", "GET", "/abc/open?versionId=null", nil)
	})
}

// TestOperations holds that every line of the table has a rule.
func TestOperations(t *testing.T) {
	f := newFixture(t, "us-east-1")
	for name, op := range f.s.Operations() {
		if op.Access != awsapi.AccessPolicy && name != "DeleteObjects" {
			t.Errorf("%s needs no permission", name)
		}
	}
}

// namesakes binds every principal that it is told of.
type namesakes map[string]string

func (n namesakes) BindPrincipals(_ context.Context, p *policy.Policy) (map[string]string, string, error) {
	ids := map[string]string{}
	for _, arn := range p.Principals() {
		if n[arn] == "" {
			return nil, arn, nil
		}
		ids[arn] = n[arn]
	}
	return ids, "", nil
}

// TestAttack27BucketPolicy holds that a grant stays with the principal it was
// given to: a user that is made again under the same name has not got it.
func TestAttack27BucketPolicy(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("PUT", "/abc/k", "x")
	bob := f.user("bob", "")
	f.s.principals = namesakes{bob.ARN: bob.UserID}
	doc := func(arn string) string {
		return statement(map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": arn}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::abc/*"})
	}
	f.ok("PUT", "/abc?policy", doc(bob.ARN))
	f.as(bob, func() { f.ok("GET", "/abc/k", nil) })
	again := *bob
	again.UserID = "AIDAOTHERBOB"
	f.as(&again, func() { f.want(403, "AccessDenied", "GET", "/abc/k", nil) })
	f.want(400, "MalformedPolicy", "PUT", "/abc?policy", doc("arn:aws:iam::"+testAccount+":user/nobody"))
}

// TestAttack14PolicyOfEverybody: a policy that lets everybody do everything
// does not let strangers read, replace or delete the policy.
func TestAttack14PolicyOfEverybody(t *testing.T) {
	f := newFixture(t, "us-east-1")
	f.ok("PUT", "/abc", nil)
	f.ok("DELETE", "/abc?publicAccessBlock", nil)
	doc := statement(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": []string{"arn:aws:s3:::abc", "arn:aws:s3:::abc/*"}})
	f.ok("PUT", "/abc?policy", doc)
	f.as(&awsapi.Caller{}, func() {
		f.ok("PUT", "/abc/k", "x")
		f.ok("GET", "/abc/k", nil)
		f.want(403, "AccessDenied", "GET", "/abc?policy", nil)
		f.want(403, "AccessDenied", "PUT", "/abc?policy", doc)
		f.want(403, "AccessDenied", "DELETE", "/abc?policy", nil)
	})
	f.ok("GET", "/abc?policy", nil)
}
