package policy

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Small vocabularies, so that random policies and requests meet often.
var (
	genActions   = []string{"s3:GetObject", "s3:PutObject", "s3:Get*", "S3:*", "*", "sqs:Send?essage", "sqs:SendMessage"}
	genRequests  = []string{"s3:GetObject", "s3:PutObject", "sqs:SendMessage", "s3:getobject"}
	genResources = []string{"*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3", "arn:aws:*:::b/?", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/${aws:none, 'k'}", "arn:aws:sqs:*:123456789012:q", "arn:aws:s3:::${*}"}
	genTargets   = []string{"*", "arn:aws:s3:::b/k", "arn:aws:s3:::b/ann/x:y", "arn:aws:s3:::b", "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:s3:::*"}
	genKeys      = []string{"aws:username", "aws:TagKeys", "aws:SourceIp", "aws:CurrentTime", "s3:max-keys", "aws:SourceArn", "aws:none"}
	genWords     = []string{"ann", "Ann", "a*", "b", "*", "", "${aws:username}", "${aws:none}", "${aws:none, 'b'}", "?nn"}
)

var genOperators = map[string][]string{
	"StringEquals": genWords, "StringNotEquals": genWords, "StringLike": genWords, "stringnotlike": genWords,
	"StringEqualsIgnoreCase": genWords, "StringNotEqualsIgnoreCase": genWords,
	"NumericEquals": {"1", "1.0", "10", "-3"}, "NumericNotEquals": {"1", "10"}, "NumericLessThan": {"5", "1"}, "NumericGreaterThanEquals": {"5", "1.5"},
	"DateLessThan": {"2026-01-01", "1767225600"}, "DateNotEquals": {"2026", "2026-01-01T00:00:00Z"}, "DateGreaterThan": {"2025-06-01T12:00:00+02:00"},
	"Bool": {"true", "false"}, "BinaryEquals": {"aGk=", "YW5u"},
	"IpAddress": {"10.0.0.0/8", "10.1.2.3", "2001:db8::/32"}, "NotIpAddress": {"10.0.0.0/8", "0.0.0.0/0"},
	"ArnLike": {"arn:aws:s3:::b*", "*", "arn:aws:*:*:*:*"}, "ArnNotEquals": {"arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::?"},
	"Null": {"true", "false"},
}

var genValues = map[string][]string{
	"aws:username": {"ann", "b", "Ann", ""}, "aws:TagKeys": {"ann", "b", "c"}, "aws:SourceIp": {"10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "bad"},
	"aws:CurrentTime": {"2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "1767225600"}, "s3:max-keys": {"1", "10", "1.5", "x"},
	"aws:SourceArn": {"arn:aws:s3:::b", "arn:aws:s3:::b/ann", "nothing"},
}

// pick draws some of a list, at least one.
func pick(t *rapid.T, from []string, label string) []string {
	return rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(t, label)
}

func drawCondition(t *rapid.T) map[string]any {
	out := map[string]any{}
	names := make([]string, 0, len(genOperators))
	for name := range genOperators {
		names = append(names, name)
	}
	sortStrings(names)
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		name := rapid.SampledFrom(names).Draw(t, "operator")
		values := pick(t, genOperators[name], "values")
		if name != "Null" {
			name = rapid.SampledFrom([]string{"", "", "ForAllValues:", "ForAnyValue:"}).Draw(t, "set") + name + rapid.SampledFrom([]string{"", "", "IfExists"}).Draw(t, "exists")
		}
		out[name] = map[string]any{rapid.SampledFrom(genKeys).Draw(t, "key"): values}
	}
	return out
}

func sortStrings(s []string) {
	for i := range s {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

func drawStatement(t *rapid.T, effect string) map[string]any {
	not := func(name string) string {
		if rapid.IntRange(0, 5).Draw(t, "not") == 0 {
			return "Not" + name
		}
		return name
	}
	return map[string]any{
		"Effect": effect, not("Action"): pick(t, genActions, "actions"), not("Resource"): pick(t, genResources, "resources"),
		"Condition": drawCondition(t),
	}
}

func document(statements []map[string]any) string {
	b, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func drawStatements(t *rapid.T) []map[string]any {
	var out []map[string]any
	for range rapid.IntRange(1, 3).Draw(t, "statements") {
		out = append(out, drawStatement(t, rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")))
	}
	return out
}

func drawRequest(t *rapid.T) *Request {
	ctx := new(Context)
	for _, key := range genKeys[:6] {
		if rapid.IntRange(0, 3).Draw(t, "missing") > 0 {
			values := rapid.SliceOfN(rapid.SampledFrom(genValues[key]), 0, 2).Draw(t, key)
			ctx.Set(strings.ToUpper(key[:1])+key[1:], values...)
		}
	}
	return &Request{
		Principal: session("r"), Action: rapid.SampledFrom(genRequests).Draw(t, "action"),
		Resource: rapid.SampledFrom(genTargets).Draw(t, "target"), ResourceAccount: account, Context: ctx,
	}
}

func drawSet(t *rapid.T) setDoc {
	d := setDoc{identity: []string{document(drawStatements(t)), document(drawStatements(t))}}
	if rapid.IntRange(0, 2).Draw(t, "boundary") == 0 {
		d.boundary, d.hasBoundary = document(drawStatements(t)), true
	}
	if rapid.IntRange(0, 2).Draw(t, "session") == 0 {
		d.session, d.hasSession = []string{document(drawStatements(t))}, true
	}
	return d
}

func parseSet(t *rapid.T, d setDoc) *Set {
	parse := func(kind Kind, doc string) *Policy {
		p, err := Parse(kind, []byte(doc))
		if err != nil {
			t.Fatalf("Parse(%s): %v", doc, err)
		}
		return p
	}
	set := &Set{HasBoundary: d.hasBoundary, HasSession: d.hasSession}
	for _, doc := range d.identity {
		set.Identity = append(set.Identity, Named{"identity", parse(Identity, doc)})
	}
	for _, doc := range d.session {
		set.Session = append(set.Session, Named{"session", parse(SessionPolicy, doc)})
	}
	if d.boundary != "" {
		set.Boundary = &Named{"boundary", parse(Boundary, d.boundary)}
	}
	return set
}

// TestDifferential compares the evaluator with the naive one.
func TestDifferential(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, req := drawSet(t), drawRequest(t)
		set := parseSet(t, d)
		got, want := Evaluate(req, set), naiveEvaluate(req, d)
		if got.Effect != want {
			t.Fatalf("got %v, the naive evaluator says %v\n%+v\n%+v", got, want, d, req)
		}
		trail := Explain(req, set)
		for _, p := range trail.Policies {
			for _, s := range p.Statements {
				if s.Matched != (len(s.Failed) == 0) {
					t.Fatalf("statement %+v: matched, and failed elements", s)
				}
			}
		}
	})
}

// TestDenyWins: a matching Deny decides wherever it stands.
func TestDenyWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req, all := drawRequest(t), drawStatements(t)
		at := rapid.IntRange(0, len(all)).Draw(t, "at")
		all = append(all[:at:at], append([]map[string]any{{"Effect": "Deny", "Action": "*", "Resource": "*"}}, all[at:]...)...)
		if d := Evaluate(req, parseSet(t, setDoc{identity: []string{document(all)}})); d.Effect != ExplicitDeny {
			t.Fatalf("got %v", d)
		}
	})
}

// TestWideningKeeps: one more Allow, or a wider one, never takes access away;
// one more Deny never gives any.
func TestWideningKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req, d := drawRequest(t), drawSet(t)
		before := Evaluate(req, parseSet(t, d)).Allowed()
		wider := d
		wider.identity = append(append([]string{}, d.identity...), document([]map[string]any{drawStatement(t, "Allow")}))
		if before && !Evaluate(req, parseSet(t, wider)).Allowed() {
			t.Fatal("an added Allow took access away")
		}
		narrower := d
		narrower.identity = append(append([]string{}, d.identity...), document([]map[string]any{drawStatement(t, "Deny")}))
		if !before && Evaluate(req, parseSet(t, narrower)).Allowed() {
			t.Fatal("an added Deny gave access")
		}
	})
}

// TestPermutation: the order of statements changes nothing.
func TestPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req, all := drawRequest(t), append(drawStatements(t), drawStatements(t)...)
		before := Evaluate(req, parseSet(t, setDoc{identity: []string{document(all)}}))
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if after := Evaluate(req, parseSet(t, setDoc{identity: []string{document(all)}})); after.Effect != before.Effect {
			t.Fatalf("%v became %v", before, after)
		}
	})
}

// TestAttack18SessionNeverAdds: a session policy or boundary limits and never
// grants.
func TestAttack18SessionNeverAdds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req, d := drawRequest(t), drawSet(t)
		d.hasSession, d.session = false, nil
		before := Evaluate(req, parseSet(t, d)).Allowed()
		limited := d
		limited.session, limited.hasSession = []string{document(drawStatements(t)), document(drawStatements(t))}, true
		if !before && Evaluate(req, parseSet(t, limited)).Allowed() {
			t.Fatal("a session policy gave access")
		}
		limited.session = nil
		if Evaluate(req, parseSet(t, limited)).Allowed() {
			t.Fatal("an empty session allows")
		}
		// A policy of denies alone allows nothing (CVE-2026-22043).
		denies := setDoc{identity: []string{document([]map[string]any{drawStatement(t, "Deny")})}}
		if Evaluate(req, parseSet(t, denies)).Allowed() {
			t.Fatal("denies alone allow")
		}
		if Evaluate(req, &Set{}).Allowed() {
			t.Fatal("the empty set allows")
		}
	})
}
