package policy

import (
	"strings"
	"testing"
)

// TestAttack15ContextKeys: what a service derives from a request cannot stand
// in for a fact the server knows, whatever the case of the key.
func TestAttack15ContextKeys(t *testing.T) {
	ctx := new(Context)
	ctx.Set("aws:userid", "AROAX:real")
	ctx.Set("s3:prefix", "a")
	derived := new(Context)
	derived.Set("AWS:UserId", "AROAX:forged")
	derived.Set("S3:Prefix", "b")
	derived.Set("aws:RequestTag/team", "red")
	ctx.Merge(derived)
	ctx.Merge(nil)
	for key, want := range map[string]string{"aws:userid": "AROAX:real", "s3:prefix": "b", "aws:requesttag/TEAM": "red"} {
		if v, ok := ctx.Get(key); !ok || len(v) != 1 || v[0] != want {
			t.Errorf("%s is %q, want %q", key, v, want)
		}
	}
	if ctx.Len() != 3 {
		t.Errorf("%d keys", ctx.Len())
	}
	p := mustParse(t, Identity, statements(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:userid}/*"}`))
	req := &Request{Principal: session("r"), Action: "s3:GetObject", Resource: "arn:aws:s3:::b/AROAX:forged/k", Context: ctx}
	if Evaluate(req, &Set{Identity: []Named{{"p", p}}}).Allowed() {
		t.Error("the forged key was used")
	}
}

const cognitoTrust = `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{
 "StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}`

func webIdentity(pool string, amr ...string) *Request {
	ctx := new(Context)
	ctx.Set("cognito-identity.amazonaws.com:aud", pool)
	ctx.Set("cognito-identity.amazonaws.com:amr", amr...)
	return &Request{
		Principal: Principal{Kind: PrincipalFederated, Federated: "cognito-identity.amazonaws.com"},
		Action:    "sts:AssumeRoleWithWebIdentity", Resource: "arn:aws:iam::" + account + ":role/r", Context: ctx, MustAllow: true,
	}
}

// TestAttack25TrustWithoutAudience: a role that any identity pool could assume
// is found by the linter, in every way of not fixing the audience.
func TestAttack25TrustWithoutAudience(t *testing.T) {
	good := mustParse(t, Trust, statements(cognitoTrust))
	if TrustsAnyIdentityPool(good) || len(Lint(good)) != 0 {
		t.Errorf("the guide's own trust policy is refused: %+v", Lint(good))
	}
	set := &Set{Resource: []Named{{"trust policy of role r", good}}}
	for _, c := range []struct {
		req  *Request
		want bool
	}{
		{webIdentity("us-east-1:pool", "authenticated", "cognito-idp.us-east-1.amazonaws.com/p"), true},
		{webIdentity("us-east-1:stranger", "authenticated"), false},
		{webIdentity("us-east-1:pool", "unauthenticated"), false},
	} {
		if d := Evaluate(c.req, set); d.Allowed() != c.want {
			t.Errorf("%+v: %+v", c.req.Context, d)
		}
	}
	for _, aud := range []string{
		``,
		`"StringLike":{"cognito-identity.amazonaws.com:aud":"us-east-1:*"}`,
		`"StringEqualsIfExists":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}`,
		`"ForAllValues:StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}`,
		`"StringNotEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:other"}`,
		`"StringEquals":{"cognito-identity.amazonaws.com:aud":"${cognito-identity.amazonaws.com:aud}"}`,
	} {
		doc := strings.Replace(statements(cognitoTrust), `"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}`, aud, 1)
		doc = strings.Replace(doc, "{\n ,", "{", 1)
		p := mustParse(t, Trust, doc)
		found := false
		for _, f := range Lint(p) {
			found = found || f.Rule == "cognito-trust-without-aud" && f.Severity == Danger
		}
		if !TrustsAnyIdentityPool(p) || !found {
			t.Errorf("%s: %+v", aud, Lint(p))
		}
	}
	// Everyone does not include the bearers of web identities.
	everyone := mustParse(t, Trust, statements(`{"Effect":"Allow","Principal":"*","Action":"sts:*"}`))
	if Evaluate(webIdentity("us-east-1:pool", "authenticated"), &Set{Resource: []Named{{"trust", everyone}}}).Allowed() {
		t.Error("Principal * let a web identity in")
	}
	deny := mustParse(t, Trust, statements(cognitoTrust, `{"Effect":"Deny","Principal":"*","Action":"sts:*"}`))
	if d := Evaluate(webIdentity("us-east-1:pool", "authenticated"), &Set{Resource: []Named{{"trust", deny}}}); d.Reason != DenyInTrust {
		t.Errorf("a Deny for everyone: %+v", d)
	}
}

// TestAttack27UniqueIDs: trust follows the unique id, not the name.
func TestAttack27UniqueIDs(t *testing.T) {
	role, ann := session("r"), user("ann")
	doc := statements(`{"Effect":"Allow","Principal":{"AWS":["` + role.RoleARN + `","` + ann.ARN + `"]},"Action":"sts:AssumeRole"}`)
	named := mustParse(t, Trust, doc)
	if got := named.Principals(); len(got) != 2 || got[0] != role.RoleARN || got[1] != ann.ARN {
		t.Fatalf("principals %q", got)
	}
	bound := named.WithPrincipalIDs(map[string]string{role.RoleARN: role.UniqueID, ann.ARN: ann.UniqueID})
	may := func(p *Policy, who Principal) bool {
		req := &Request{Principal: who, Action: "sts:AssumeRole", Resource: "arn:aws:iam::" + account + ":role/target", MustAllow: true}
		return Evaluate(req, &Set{Resource: []Named{{"trust", p}}}).Allowed()
	}
	for _, who := range []Principal{role, ann} {
		again := who
		again.UniqueID = who.UniqueID[:4] + "NEWNEWNEWNEWNEWNE"
		if !may(named, who) || !may(named, again) {
			t.Errorf("by name: %s refused", who.ARN)
		}
		if !may(bound, who) {
			t.Errorf("bound: %s refused", who.ARN)
		}
		if may(bound, again) {
			t.Errorf("bound: %s allowed after it was made again", who.ARN)
		}
	}
	again := role
	again.UniqueID = "AROANEWNEWNEWNEWNEWNE"
	trail := Explain(&Request{Principal: again, Action: "sts:AssumeRole", Resource: "*", MustAllow: true}, &Set{Resource: []Named{{"trust", bound}}})
	if !strings.Contains(trail.Summary, "made again") {
		t.Errorf("summary %q", trail.Summary)
	}
	shown := string(bound.ReplacePrincipals(map[string]string{role.RoleARN: role.UniqueID}))
	if strings.Contains(shown, role.RoleARN) || !strings.Contains(shown, role.UniqueID) || !strings.Contains(shown, ann.ARN) {
		t.Errorf("shown %s", shown)
	}
	// An id as such, as it stands in a document read back.
	byID := mustParse(t, Trust, shown)
	if !may(byID, role) || may(byID, again) {
		t.Error("an id in the document does not follow the id")
	}
}

func TestLint(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		body string
		want string
	}{
		"for all values":         {Identity, `{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"x"}}}`, "for-all-values-with-allow"},
		"guarded by Null":        {Identity, `{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"x"},"Null":{"dynamodb:LeadingKeys":"false"}}}`, ""},
		"in a Deny":              {Identity, `{"Effect":"Deny","Action":"dynamodb:GetItem","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"x"}}}`, ""},
		"leading keys and Scan":  {Identity, `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"x"}}}`, "for-all-values-with-allow leading-keys-with-scan"},
		"negated variable":       {Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:x":"${aws:y}"}}}`, "negated-with-variable"},
		"negated variable, Deny": {Identity, `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:x":"${aws:y}"}}}`, ""},
		"any value negated":      {Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringNotEquals":{"aws:TagKeys":"x"}}}`, "for-any-value-negated"},
		"set operator missing":   {Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:TagKeys":"x"}}}`, "set-operator-missing"},
		"NotAction":              {Identity, `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "allow-with-not-action"},
		"NotResource":            {Identity, `{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b"}`, "allow-with-not-resource"},
		"NotPrincipal":           {Resource, `{"Effect":"Allow","NotPrincipal":{"AWS":"123456789012"},"Action":"s3:*","Resource":"*"}`, "allow-with-not-principal"},
		"trust everyone":         {Trust, `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`, "trust-everyone"},
		"guests not decided":     {Trust, `{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"p"}}}`, "cognito-trust-without-amr"},
		"plain":                  {Identity, allowGet, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var rules []string
			for _, f := range Lint(mustParse(t, c.kind, statements(c.body))) {
				rules = append(rules, f.Rule)
				if f.Message == "" || f.Statement != 0 {
					t.Errorf("finding %+v", f)
				}
			}
			if got := strings.Join(rules, " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
