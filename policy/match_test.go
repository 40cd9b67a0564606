package policy

import (
	"strings"
	"testing"
)

// allowedBy says whether a user with one Allow statement of the given body
// may do action on resource.
func allowedBy(t *testing.T, body, action, resource string, ctx *Context) bool {
	t.Helper()
	set := &Set{Identity: []Named{{"p", mustParse(t, Identity, statements(`{"Effect":"Allow",`+body+`}`))}}}
	return Evaluate(&Request{Principal: user("u"), Action: action, Resource: resource, Context: ctx}, set).Allowed()
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		element, action string
		want            bool
	}{
		{`"Action":"*"`, "s3:GetObject", true},
		{`"Action":"*:*"`, "s3:GetObject", true},
		{`"Action":"S3:getobject"`, "s3:GetObject", true},
		{`"Action":"s3:Get*"`, "s3:GetObject", true},
		{`"Action":"s3:*Object"`, "s3:GetObject", true},
		{`"Action":"s3:Get?bject"`, "s3:GetObject", true},
		{`"Action":"s3:Get?"`, "s3:GetObject", false},
		{`"Action":"s3:Get"`, "s3:GetObject", false},
		{`"Action":"s3:*"`, "s3-object-lambda:GetObject", false},
		{`"Action":["sqs:*","s3:GetObject"]`, "s3:GetObject", true},
		{`"NotAction":["sqs:*","s3:Put*"]`, "s3:GetObject", true},
		{`"NotAction":["sqs:*","s3:G*"]`, "s3:GetObject", false},
		{`"NotAction":"*"`, "s3:GetObject", false},
	} {
		if got := allowedBy(t, c.element+`,"Resource":"*"`, c.action, "arn:aws:s3:::b/k", nil); got != c.want {
			t.Errorf("%s on %s: %v", c.element, c.action, got)
		}
	}
}

func TestResources(t *testing.T) {
	ctx := new(Context)
	ctx.Set("aws:username", "ann")
	ctx.Set("aws:PrincipalTag/team", "*")
	ctx.Set("aws:PrincipalTag/path", "a:b")
	ctx.Set("aws:TagKeys", "one", "two")
	const table = "arn:aws:dynamodb:us-east-1:123456789012:table/notes"
	for _, c := range []struct {
		element, resource string
		want              bool
	}{
		{`"Resource":"*"`, table, true},
		{`"Resource":"*"`, "*", true},
		{`"Resource":"arn:aws:dynamodb:*:*:table/*"`, "*", false},
		{`"Resource":"arn:aws:dynamodb:*:*:table/*"`, table, true},
		{`"Resource":"arn:aws:dynamodb:*:table/*"`, table, false},
		{`"Resource":"arn:aws:dynamodb:us-*-1:123456789012:table/n?tes"`, table, true},
		{`"Resource":"arn:aws:dynamodb"`, table, true},
		{`"Resource":"arn:aws:*"`, table, true},
		{`"Resource":"arn:aws:s3"`, table, false},
		{`"Resource":"arn:aws:dynamodb:*:*:TABLE/notes"`, table, false},
		{`"Resource":"arn:aws:dynamodb:*:*:table/note"`, table, false},
		{`"Resource":"arn:aws:s3:::b*"`, "arn:aws:s3:::b/x:y/z", true},
		{`"Resource":"arn:aws:s3:::b/*/z"`, "arn:aws:s3:::b/x:y/z", true},
		{`"Resource":"arn:aws:s3:::b?x"`, "arn:aws:s3:::b:x", true},
		{`"Resource":"arn:aws:s3?::b"`, "arn:aws:s3:::b", false},
		{`"Resource":"arn:aws:s3*b"`, "arn:aws:s3:::b", false},
		{`"NotResource":"arn:aws:s3:::b/*"`, "arn:aws:s3:::c/k", true},
		{`"NotResource":"arn:aws:s3:::b/*"`, "arn:aws:s3:::b/k", false},
		{`"Resource":"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/ann/k", true},
		{`"Resource":"arn:aws:s3:::b/${AWS:UserName}/*"`, "arn:aws:s3:::b/ann/k", true},
		{`"Resource":"arn:aws:s3:::b/${aws:username}/*"`, "arn:aws:s3:::b/bob/k", false},
		{`"Resource":"arn:aws:s3:::b/${aws:userid}/*"`, "arn:aws:s3:::b//k", false},
		{`"Resource":"arn:aws:s3:::b/${aws:userid, 'all'}/*"`, "arn:aws:s3:::b/all/k", true},
		{`"Resource":"arn:aws:s3:::b/${aws:userid, '*'}/*"`, "arn:aws:s3:::b/all/k", false},
		{`"Resource":"arn:aws:s3:::b/${aws:TagKeys}"`, "arn:aws:s3:::b/one", false},
		{`"Resource":"arn:aws:s3:::b/${aws:TagKeys, 'one'}"`, "arn:aws:s3:::b/one", false},
		{`"NotResource":"arn:aws:s3:::b/${aws:userid}"`, "arn:aws:s3:::b/k", true},
		// A wildcard from a variable's value is text.
		{`"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/anything", false},
		{`"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, "arn:aws:s3:::b/*", true},
		{`"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/TEAM}"`, "arn:aws:s3:::b/*", true},
		{`"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/path}"`, "arn:aws:s3:::b/a:b", true},
		{`"Resource":"arn:aws:s3:::b/${*}"`, "arn:aws:s3:::b/k", false},
		{`"Resource":"arn:aws:s3:::b/${*}${?}${$}"`, "arn:aws:s3:::b/*?$", true},
		{`"Resource":"arn:aws:s3:::b/k?"`, "arn:aws:s3:::b/k\u00e9", true},
	} {
		if got := allowedBy(t, `"Action":"*",`+c.element, "s3:GetObject", c.resource, ctx); got != c.want {
			t.Errorf("%s on %s: %v", c.element, c.resource, got)
		}
	}
}

// TestVersion2008: variables are text in documents of the old version.
func TestVersion2008(t *testing.T) {
	ctx := new(Context)
	ctx.Set("aws:username", "ann")
	for _, version := range []string{`"Version":"2008-10-17",`, ``} {
		p := mustParse(t, Identity, `{`+version+`"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}}`)
		set := &Set{Identity: []Named{{"p", p}}}
		for resource, want := range map[string]bool{"arn:aws:s3:::b/ann": false, "arn:aws:s3:::b/${aws:username}": true} {
			req := &Request{Principal: user("ann"), Action: "s3:GetObject", Resource: resource, Context: ctx}
			if got := Evaluate(req, set).Allowed(); got != want {
				t.Errorf("%q: %s: %v", version, resource, got)
			}
		}
	}
}

// conditionCase is one condition against the values of key "aws:k"; nil means
// the key is missing.
type conditionCase struct {
	condition string
	values    []string
	want      bool
}

func checkConditions(t *testing.T, cases []conditionCase) {
	t.Helper()
	for _, c := range cases {
		ctx := new(Context)
		if c.values != nil {
			ctx.Set("AWS:K", c.values...)
		}
		ctx.Set("aws:name", "ann")
		ctx.Set("aws:star", "*")
		got := allowedBy(t, `"Action":"*","Resource":"*","Condition":{`+c.condition+`}`, "s3:GetObject", "*", ctx)
		if got != c.want {
			t.Errorf("%s with %q: %v", c.condition, c.values, got)
		}
	}
}

func TestStringConditions(t *testing.T) {
	checkConditions(t, []conditionCase{
		{`"StringEquals":{"aws:k":"a"}`, []string{"a"}, true},
		{`"StringEquals":{"aws:k":"a"}`, []string{"A"}, false},
		{`"StringEquals":{"aws:k":["a","b"]}`, []string{"b"}, true},
		{`"StringEquals":{"aws:k":[]}`, []string{"b"}, false},
		{`"StringEquals":{"aws:k":"*"}`, []string{"b"}, false},
		{`"StringEquals":{"aws:k":"a"}`, nil, false},
		{`"StringEquals":{"aws:k":""}`, []string{""}, true},
		{`"StringEquals":{"aws:k":""}`, nil, false},
		{`"StringNotEquals":{"aws:k":"a"}`, nil, true},
		{`"StringNotEquals":{"aws:k":["a","b"]}`, []string{"b"}, false},
		{`"StringNotEquals":{"aws:k":["a","b"]}`, []string{"c"}, true},
		{`"StringEqualsIgnoreCase":{"aws:k":"\u00c4bc"}`, []string{"äBC"}, true},
		{`"StringEqualsIgnoreCase":{"aws:k":"abc"}`, []string{"abcd"}, false},
		{`"StringNotEqualsIgnoreCase":{"aws:k":"abc"}`, []string{"ABC"}, false},
		{`"StringLike":{"aws:k":"a*c"}`, []string{"a:b/c"}, true},
		{`"StringLike":{"aws:k":"a*c"}`, []string{"A:b/c"}, false},
		{`"StringLike":{"aws:k":"a?c"}`, []string{"ac"}, false},
		{`"StringLike":{"aws:k":"*a*b*c*"}`, []string{"xxaxxbxxc"}, true},
		{`"StringLike":{"aws:k":"*a*b*c"}`, []string{"xxaxxbxxcx"}, false},
		{`"StringNotLike":{"aws:k":"a*"}`, []string{"b"}, true},
		{`"StringEquals":{"aws:k":"${aws:name}"}`, []string{"ann"}, true},
		{`"StringEquals":{"aws:k":"${aws:missing}"}`, []string{""}, false},
		{`"StringNotEquals":{"aws:k":"${aws:missing}"}`, []string{"x"}, true},
		{`"StringLike":{"aws:k":"${aws:star}"}`, []string{"x"}, false},
		{`"StringLike":{"aws:k":"${aws:missing, 'no'}*"}`, []string{"none"}, true},
		{`"StringEqualsIfExists":{"aws:k":"a"}`, nil, true},
		{`"StringEqualsIfExists":{"aws:k":"a"}`, []string{"b"}, false},
		{`"StringNotEqualsIfExists":{"aws:k":"a"}`, []string{"a"}, false},
		{`"StringEquals":{"aws:k":"a","aws:name":"bob"}`, []string{"a"}, false},
		{`"StringEquals":{"aws:k":"a"},"StringLike":{"aws:name":"a*"}`, []string{"a"}, true},
		{`"Null":{"aws:k":"true"}`, nil, true},
		{`"Null":{"aws:k":true}`, []string{"x"}, false},
		{`"Null":{"aws:k":"false"}`, []string{""}, true},
		{`"Null":{"aws:k":"false"}`, nil, false},
		{`"Bool":{"aws:k":"true"}`, []string{"TRUE"}, true},
		{`"Bool":{"aws:k":true}`, []string{"false"}, false},
		{`"Bool":{"aws:k":"false"}`, nil, false},
		{`"BoolIfExists":{"aws:k":"false"}`, nil, true},
		{`"BinaryEquals":{"aws:k":"aGk="}`, []string{"aGk="}, true},
		{`"BinaryEquals":{"aws:k":"aGk="}`, []string{"aGo="}, false},
		{`"BinaryEquals":{"aws:k":"aGk="}`, []string{"%"}, false},
		// Several values under an operator that compares one: no access.
		{`"StringEquals":{"aws:k":"a"}`, []string{"a", "b"}, false},
		{`"StringNotEquals":{"aws:k":"c"}`, []string{"a", "b"}, false},
	})
}

func TestNumberDateAddressConditions(t *testing.T) {
	checkConditions(t, []conditionCase{
		{`"NumericEquals":{"aws:k":"10"}`, []string{"10.0"}, true},
		{`"NumericEquals":{"aws:k":"0.1"}`, []string{"00.10"}, true},
		{`"NumericEquals":{"aws:k":"-0"}`, []string{"0"}, true},
		{`"NumericEquals":{"aws:k":"9007199254740993"}`, []string{"9007199254740992"}, false},
		{`"NumericLessThan":{"aws:k":10}`, []string{"9.999999999999999999999"}, true},
		{`"NumericLessThan":{"aws:k":"-5"}`, []string{"-5.1"}, true},
		{`"NumericLessThan":{"aws:k":"10"}`, []string{"10"}, false},
		{`"NumericLessThanEquals":{"aws:k":"10"}`, []string{"10"}, true},
		{`"NumericGreaterThan":{"aws:k":"9"}`, []string{"10"}, true},
		{`"NumericGreaterThanEquals":{"aws:k":"9"}`, []string{"8"}, false},
		{`"NumericNotEquals":{"aws:k":"9"}`, []string{"8"}, true},
		{`"NumericNotEquals":{"aws:k":"9"}`, nil, true},
		{`"NumericNotEquals":{"aws:k":"9"}`, []string{"nine"}, false},
		{`"NumericLessThan":{"aws:k":"10"}`, []string{"1e1"}, false},
		{`"NumericLessThan":{"aws:k":"10"}`, nil, false},
		{`"NumericLessThanIfExists":{"aws:k":"10"}`, nil, true},
		{`"DateLessThan":{"aws:k":"2026-01-01T00:00:00Z"}`, []string{"2025-12-31T23:59:59.9Z"}, true},
		{`"DateLessThan":{"aws:k":"1767225600"}`, []string{"2025-12-31T23:59:59Z"}, true},
		{`"DateGreaterThan":{"aws:k":"2025"}`, []string{"1767225600"}, true},
		{`"DateEquals":{"aws:k":"2026-01-01T01:00:00+01:00"}`, []string{"1767225600"}, true},
		{`"DateEquals":{"aws:k":"2026-01"}`, []string{"2026-01-01"}, true},
		{`"DateEquals":{"aws:k":"2026-01-01T00:00-00:30"}`, []string{"2026-01-01T00:30:00Z"}, true},
		{`"DateNotEquals":{"aws:k":"2026-01-01"}`, []string{"2026-01-02"}, true},
		{`"DateNotEquals":{"aws:k":"2026-01-01"}`, []string{"soon"}, false},
		{`"DateGreaterThanEquals":{"aws:k":"2026-01-01"}`, []string{"2026-01-01T00:00:00Z"}, true},
		{`"DateLessThanEquals":{"aws:k":"2026-01-01"}`, []string{"2026-01-01T00:00:01Z"}, false},
		{`"IpAddress":{"aws:k":"10.0.0.0/8"}`, []string{"10.1.2.3"}, true},
		{`"IpAddress":{"aws:k":"10.0.0.0/8"}`, []string{"11.1.2.3"}, false},
		{`"IpAddress":{"aws:k":"10.0.0.0/8"}`, []string{"::ffff:10.1.2.3"}, true},
		{`"IpAddress":{"aws:k":"::ffff:10.0.0.0/104"}`, []string{"10.1.2.3"}, true},
		{`"IpAddress":{"aws:k":"10.1.2.3"}`, []string{"10.1.2.3"}, true},
		{`"IpAddress":{"aws:k":"2001:db8::/32"}`, []string{"2001:db8::1"}, true},
		{`"IpAddress":{"aws:k":"2001:db8::1"}`, []string{"2001:db8::2"}, false},
		{`"IpAddress":{"aws:k":"0.0.0.0/0"}`, []string{"2001:db8::2"}, false},
		{`"NotIpAddress":{"aws:k":["10.0.0.0/8","192.168.0.0/16"]}`, []string{"192.168.1.1"}, false},
		{`"NotIpAddress":{"aws:k":["10.0.0.0/8","192.168.0.0/16"]}`, []string{"172.16.1.1"}, true},
		{`"NotIpAddress":{"aws:k":"10.0.0.0/8"}`, nil, true},
		{`"NotIpAddress":{"aws:k":"10.0.0.0/8"}`, []string{"unknown"}, false},
	})
}

func TestARNConditions(t *testing.T) {
	const queue = "arn:aws:sqs:us-east-1:123456789012:q"
	checkConditions(t, []conditionCase{
		{`"ArnLike":{"aws:k":"arn:aws:sqs:*:123456789012:*"}`, []string{queue}, true},
		{`"ArnEquals":{"aws:k":"arn:aws:sqs:*:123456789012:*"}`, []string{queue}, true},
		{`"ArnLike":{"aws:k":"arn:aws:sqs:*:q"}`, []string{queue}, false},
		{`"StringLike":{"aws:k":"arn:aws:sqs:*:q"}`, []string{queue}, true},
		{`"ArnLike":{"aws:k":"*"}`, []string{queue}, true},
		{`"ArnLike":{"aws:k":"*"}`, []string{"queue"}, false},
		{`"ArnLike":{"aws:k":"arn:aws:sqs:*:*:q"}`, []string{"q"}, false},
		{`"ArnNotLike":{"aws:k":"arn:aws:sqs:*:*:q"}`, []string{queue}, false},
		{`"ArnNotEquals":{"aws:k":"arn:aws:sqs:*:*:r"}`, []string{queue}, true},
		{`"ArnNotEquals":{"aws:k":"arn:aws:sqs:*:*:r"}`, nil, true},
		{`"ArnLike":{"aws:k":"arn:aws:iam::*:user/${aws:name}"}`, []string{"arn:aws:iam::1:user/ann"}, true},
		{`"ArnLike":{"aws:k":"${aws:missing}"}`, []string{queue}, false},
		{`"ArnLikeIfExists":{"aws:k":"arn:aws:sqs:*:*:r"}`, nil, true},
	})
}

// TestAttack17QuantifiedNegation: GHSA-v9cp-qfw9-9pfp had the two set
// operators exchanged for negated operators.
func TestAttack17QuantifiedNegation(t *testing.T) {
	checkConditions(t, []conditionCase{
		{`"ForAnyValue:StringEquals":{"aws:k":["a","b"]}`, []string{"x", "b"}, true},
		{`"ForAnyValue:StringEquals":{"aws:k":["a","b"]}`, []string{"x"}, false},
		{`"ForAnyValue:StringEquals":{"aws:k":["a","b"]}`, nil, false},
		{`"ForAnyValue:StringEquals":{"aws:k":["a","b"]}`, []string{}, false},
		{`"ForAnyValue:StringEqualsIfExists":{"aws:k":"a"}`, nil, true},
		{`"ForAllValues:StringEquals":{"aws:k":["a","b"]}`, []string{"a", "b"}, true},
		{`"ForAllValues:StringEquals":{"aws:k":["a","b"]}`, []string{"a", "c"}, false},
		{`"ForAllValues:StringEquals":{"aws:k":["a","b"]}`, nil, true},
		{`"ForAllValues:StringEquals":{"aws:k":["a","b"]}`, []string{}, true},
		// Some value is none of the listed ones.
		{`"ForAnyValue:StringNotEquals":{"aws:k":["a","b"]}`, []string{"a", "c"}, true},
		{`"ForAnyValue:StringNotEquals":{"aws:k":["a","b"]}`, []string{"a", "b"}, false},
		{`"ForAnyValue:StringNotEquals":{"aws:k":["a","b"]}`, nil, false},
		// Every value is none of the listed ones.
		{`"ForAllValues:StringNotEquals":{"aws:k":["a","b"]}`, []string{"c", "d"}, true},
		{`"ForAllValues:StringNotEquals":{"aws:k":["a","b"]}`, []string{"a", "c"}, false},
		{`"ForAllValues:StringNotEquals":{"aws:k":["a","b"]}`, nil, true},
		{`"ForAllValues:StringNotLike":{"aws:k":"a*"}`, []string{"b", "ab"}, false},
		{`"ForAnyValue:NumericGreaterThan":{"aws:k":5}`, []string{"1", "6"}, true},
		{`"ForAllValues:NotIpAddress":{"aws:k":"10.0.0.0/8"}`, []string{"11.0.0.1", "10.0.0.1"}, false},
	})
}

// TestUnreadableDenies: what cannot be judged meets the condition of a Deny.
func TestUnreadableDenies(t *testing.T) {
	for condition, values := range map[string][]string{
		`"IpAddress":{"aws:k":"10.0.0.0/8"}`:  {"somewhere"},
		`"NumericLessThan":{"aws:k":"5"}`:     {"five"},
		`"DateGreaterThan":{"aws:k":"2020"}`:  {"later"},
		`"StringEquals":{"aws:k":"a"}`:        {"b", "c"},
		`"BinaryEquals":{"aws:k":"aGk="}`:     {"%"},
		`"StringNotEquals":{"aws:other":"a"}`: {"x"},
	} {
		p := mustParse(t, Identity, statements(allowPut, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{`+condition+`}}`))
		ctx := new(Context)
		ctx.Set("aws:k", values...)
		req := &Request{Principal: user("u"), Action: "s3:PutObject", Resource: "*", Context: ctx}
		if d := Evaluate(req, &Set{Identity: []Named{{"p", p}}}); d.Effect != ExplicitDeny {
			t.Errorf("%s with %q: %v", condition, values, d.Effect)
		}
	}
}

// TestGlobIsLinear: no pattern makes matching explode.
func TestGlobIsLinear(t *testing.T) {
	p, problem := compilePattern(strings.Repeat("*a", 400)+"b", patternMode{wildcards: true})
	if problem != "" {
		t.Fatal(problem)
	}
	if p.match(strings.Repeat("a", 20000), nil) {
		t.Error("matched")
	}
}
