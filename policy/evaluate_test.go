package policy

import (
	"encoding/json"
	"strings"
	"testing"
)

const (
	account = "123456789012"
	other   = "999999999999"
)

func user(name string) Principal {
	return Principal{Kind: PrincipalUser, Account: account, ARN: "arn:aws:iam::" + account + ":user/" + name, UniqueID: "AIDA" + strings.ToUpper(name) + "AAAAAAAAAAAAAA"}
}

func session(role string) Principal {
	return Principal{
		Kind: PrincipalRoleSession, Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/" + role + "/s",
		RoleARN: "arn:aws:iam::" + account + ":role/path/" + role, UniqueID: "AROA" + strings.ToUpper(role) + "AAAAAAAAAAAAAA",
	}
}

// statements wraps statement bodies in a document of Version 2012-10-17.
func statements(bodies ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(bodies, ",") + `]}`
}

const (
	allowGet = `{"Sid":"get","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	denyGet  = `{"Sid":"no","Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	allowPut = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`
)

// setDoc describes a Set by documents.
type setDoc struct {
	identity, session, resource []string
	boundary                    string
	hasSession, hasBoundary     bool
}

func (d setDoc) compile(t testing.TB, resourceKind Kind) *Set {
	t.Helper()
	set := &Set{HasSession: d.hasSession, HasBoundary: d.hasBoundary}
	for _, doc := range d.identity {
		set.Identity = append(set.Identity, Named{"identity", mustParse(t, Identity, doc)})
	}
	for _, doc := range d.session {
		set.Session = append(set.Session, Named{"session", mustParse(t, SessionPolicy, doc)})
	}
	for _, doc := range d.resource {
		set.Resource = append(set.Resource, Named{"resource", mustParse(t, resourceKind, doc)})
	}
	if d.boundary != "" {
		set.Boundary = &Named{"boundary", mustParse(t, Boundary, d.boundary)}
	}
	return set
}

func resourceStatement(effect, principal string) string {
	return statements(`{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`)
}

// TestOrder is the evaluation order of the user guide, row by row.
func TestOrder(t *testing.T) {
	get, put, deny := statements(allowGet), statements(allowPut), statements(denyGet)
	arn := func(p Principal) string { return `{"AWS":"` + p.ARN + `"}` }
	rolePrincipal := `{"AWS":"` + session("r").RoleARN + `"}`
	accountPrincipal := `{"AWS":"` + account + `"}`
	root := Principal{Kind: PrincipalRoot, Account: account, ARN: "arn:aws:iam::" + account + ":root"}
	service := Principal{Kind: PrincipalService, Service: "apigateway.amazonaws.com"}
	for name, c := range map[string]struct {
		who      Principal
		set      setDoc
		owner    string
		must     bool
		effect   Effect
		reason   Reason
		resource Kind
	}{
		"nothing":                              {user("u"), setDoc{}, "", false, ImplicitDeny, NoIdentityAllow, Resource},
		"identity allows":                      {user("u"), setDoc{identity: []string{get}}, "", false, Allow, ByIdentity, Resource},
		"other action":                         {user("u"), setDoc{identity: []string{put}}, "", false, ImplicitDeny, NoIdentityAllow, Resource},
		"deny after allow":                     {user("u"), setDoc{identity: []string{get, deny}}, "", false, ExplicitDeny, DenyInIdentity, Resource},
		"deny in one document":                 {user("u"), setDoc{identity: []string{statements(allowGet, denyGet)}}, "", false, ExplicitDeny, DenyInIdentity, Resource},
		"deny in resource":                     {user("u"), setDoc{identity: []string{get}, resource: []string{resourceStatement("Deny", `"*"`)}}, "", false, ExplicitDeny, DenyInResource, Resource},
		"deny for another":                     {user("u"), setDoc{identity: []string{get}, resource: []string{resourceStatement("Deny", arn(user("v")))}}, "", false, Allow, ByIdentity, Resource},
		"boundary allows":                      {user("u"), setDoc{identity: []string{get}, boundary: get, hasBoundary: true}, "", false, Allow, ByIdentity, Resource},
		"boundary limits":                      {user("u"), setDoc{identity: []string{get}, boundary: put, hasBoundary: true}, "", false, ImplicitDeny, NoBoundaryAllow, Resource},
		"boundary denies":                      {user("u"), setDoc{identity: []string{get}, boundary: deny, hasBoundary: true}, "", false, ExplicitDeny, DenyInBoundary, Resource},
		"boundary gone":                        {user("u"), setDoc{identity: []string{get}, hasBoundary: true}, "", false, ImplicitDeny, NoBoundaryAllow, Resource},
		"boundary alone grants nothing":        {user("u"), setDoc{boundary: get, hasBoundary: true}, "", false, ImplicitDeny, NoIdentityAllow, Resource},
		"session limits":                       {session("r"), setDoc{identity: []string{get}, session: []string{put}, hasSession: true}, "", false, ImplicitDeny, NoSessionAllow, Resource},
		"session allows":                       {session("r"), setDoc{identity: []string{get}, session: []string{put, get}, hasSession: true}, "", false, Allow, ByIdentity, Resource},
		"session denies":                       {session("r"), setDoc{identity: []string{get}, session: []string{get, deny}, hasSession: true}, "", false, ExplicitDeny, DenyInSession, Resource},
		"session alone grants nothing":         {session("r"), setDoc{session: []string{get}, hasSession: true}, "", false, ImplicitDeny, NoIdentityAllow, Resource},
		"empty session":                        {session("r"), setDoc{identity: []string{get}, hasSession: true}, "", false, ImplicitDeny, NoSessionAllow, Resource},
		"user ARN bypasses":                    {user("u"), setDoc{boundary: put, hasBoundary: true, resource: []string{resourceStatement("Allow", arn(user("u")))}}, "", false, Allow, ByResource, Resource},
		"user ARN does not bypass a deny":      {user("u"), setDoc{boundary: deny, hasBoundary: true, resource: []string{resourceStatement("Allow", arn(user("u")))}}, "", false, ExplicitDeny, DenyInBoundary, Resource},
		"session ARN bypasses":                 {session("r"), setDoc{session: []string{put}, hasSession: true, resource: []string{resourceStatement("Allow", arn(session("r")))}}, "", false, Allow, ByResource, Resource},
		"role ARN counts as identity":          {session("r"), setDoc{resource: []string{resourceStatement("Allow", rolePrincipal)}}, "", false, Allow, ByResource, Resource},
		"role ARN, session limits":             {session("r"), setDoc{session: []string{put}, hasSession: true, resource: []string{resourceStatement("Allow", rolePrincipal)}}, "", false, ImplicitDeny, NoSessionAllow, Resource},
		"role ARN, boundary limits":            {session("r"), setDoc{boundary: put, hasBoundary: true, resource: []string{resourceStatement("Allow", rolePrincipal)}}, "", false, ImplicitDeny, NoBoundaryAllow, Resource},
		"account delegates only":               {user("u"), setDoc{resource: []string{resourceStatement("Allow", accountPrincipal)}}, "", false, ImplicitDeny, NoIdentityAllow, Resource},
		"account and identity":                 {user("u"), setDoc{identity: []string{get}, resource: []string{resourceStatement("Allow", accountPrincipal)}}, "", false, Allow, ByIdentity, Resource},
		"everyone":                             {user("u"), setDoc{boundary: put, hasBoundary: true, resource: []string{resourceStatement("Allow", `"*"`)}}, "", false, Allow, ByResource, Resource},
		"anonymous by everyone":                {Principal{}, setDoc{resource: []string{resourceStatement("Allow", `{"AWS":"*"}`)}}, "", false, Allow, ByResource, Resource},
		"anonymous otherwise":                  {Principal{}, setDoc{identity: []string{get}, resource: []string{resourceStatement("Allow", accountPrincipal)}}, "", false, ImplicitDeny, NoResourceAllow, Resource},
		"anonymous denied":                     {Principal{}, setDoc{resource: []string{resourceStatement("Allow", `"*"`), resourceStatement("Deny", `"*"`)}}, "", false, ExplicitDeny, DenyInResource, Resource},
		"root":                                 {root, setDoc{}, "", false, Allow, ByRoot, Resource},
		"root denied by resource":              {root, setDoc{resource: []string{resourceStatement("Deny", `"*"`)}}, "", false, ExplicitDeny, DenyInResource, Resource},
		"root of another account":              {root, setDoc{}, other, false, ImplicitDeny, NoResourceAllow, Resource},
		"root of another account, granted":     {root, setDoc{resource: []string{resourceStatement("Allow", accountPrincipal)}}, other, false, Allow, ByResource, Resource},
		"service named":                        {service, setDoc{resource: []string{resourceStatement("Allow", `{"Service":"apigateway.amazonaws.com"}`)}}, "", false, Allow, ByResource, Resource},
		"service not named":                    {service, setDoc{resource: []string{resourceStatement("Allow", `{"Service":"events.amazonaws.com"}`)}}, "", false, ImplicitDeny, NoResourceAllow, Resource},
		"service and AWS star":                 {service, setDoc{resource: []string{resourceStatement("Allow", `{"AWS":"*"}`)}}, "", false, ImplicitDeny, NoResourceAllow, Resource},
		"cross account, identity alone":        {user("u"), setDoc{identity: []string{get}}, other, false, ImplicitDeny, NoResourceAllow, Resource},
		"cross account, resource alone":        {user("u"), setDoc{resource: []string{resourceStatement("Allow", arn(user("u")))}}, other, false, ImplicitDeny, NoIdentityAllow, Resource},
		"cross account, both":                  {user("u"), setDoc{identity: []string{get}, resource: []string{resourceStatement("Allow", accountPrincipal)}}, other, false, Allow, ByIdentity, Resource},
		"cross account, everyone alone":        {user("u"), setDoc{resource: []string{resourceStatement("Allow", `"*"`)}}, other, false, ImplicitDeny, NoIdentityAllow, Resource},
		"cross account, boundary limits":       {user("u"), setDoc{identity: []string{get}, boundary: put, hasBoundary: true, resource: []string{resourceStatement("Allow", arn(user("u")))}}, other, false, ImplicitDeny, NoBoundaryAllow, Resource},
		"must allow, identity alone":           {user("u"), setDoc{identity: []string{get}}, "", true, ImplicitDeny, NoResourceAllow, Resource},
		"must allow, account and identity":     {user("u"), setDoc{identity: []string{get}, resource: []string{resourceStatement("Allow", accountPrincipal)}}, "", true, Allow, ByIdentity, Resource},
		"must allow, account without identity": {user("u"), setDoc{resource: []string{resourceStatement("Allow", accountPrincipal)}}, "", true, ImplicitDeny, NoIdentityAllow, Resource},
		"must allow, user named":               {user("u"), setDoc{resource: []string{resourceStatement("Allow", arn(user("u")))}}, "", true, Allow, ByResource, Resource},
		"must allow, root":                     {root, setDoc{}, "", true, ImplicitDeny, NoResourceAllow, Resource},
		"not principal deny":                   {user("u"), setDoc{identity: []string{get}, resource: []string{strings.Replace(resourceStatement("Deny", arn(user("u"))), `"Principal"`, `"NotPrincipal"`, 1)}}, "", false, Allow, ByIdentity, Resource},
		"not principal deny, another":          {user("v"), setDoc{identity: []string{get}, resource: []string{strings.Replace(resourceStatement("Deny", arn(user("u"))), `"Principal"`, `"NotPrincipal"`, 1)}}, "", false, ExplicitDeny, DenyInResource, Resource},
		"not principal deny with a boundary":   {user("u"), setDoc{identity: []string{get}, boundary: get, hasBoundary: true, resource: []string{strings.Replace(resourceStatement("Deny", arn(user("u"))), `"Principal"`, `"NotPrincipal"`, 1)}}, "", false, ExplicitDeny, DenyInResource, Resource},
		"not principal, account is root only":  {user("v"), setDoc{identity: []string{get}, resource: []string{strings.Replace(resourceStatement("Deny", accountPrincipal), `"Principal"`, `"NotPrincipal"`, 1)}}, "", false, ExplicitDeny, DenyInResource, Resource},
		"federated user without session":       {Principal{Kind: PrincipalFederatedUser, Account: account, ARN: "arn:aws:sts::" + account + ":federated-user/f"}, setDoc{identity: []string{get}}, "", false, ImplicitDeny, NoSessionAllow, Resource},
	} {
		t.Run(name, func(t *testing.T) {
			req := &Request{Principal: c.who, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: c.owner, MustAllow: c.must}
			d := Evaluate(req, c.set.compile(t, c.resource))
			if d.Effect != c.effect || d.Reason != c.reason {
				t.Errorf("got %v, %v; want %v, %v", d.Effect, d.Reason, c.effect, c.reason)
			}
			if d.Allowed() != (c.effect == Allow) {
				t.Error("Allowed and Effect disagree")
			}
		})
	}
}

// TestBrokenSets: what cannot be evaluated denies.
func TestBrokenSets(t *testing.T) {
	get := mustParse(t, Identity, statements(allowGet))
	req := &Request{Principal: user("u"), Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	for name, set := range map[string]*Set{
		"nil":                     nil,
		"nil identity":            {Identity: []Named{{"a", get}, {"b", nil}}},
		"nil boundary policy":     {Identity: []Named{{"a", get}}, Boundary: &Named{"b", nil}},
		"nil session policy":      {Identity: []Named{{"a", get}}, Session: []Named{{"b", nil}}},
		"nil resource policy":     {Identity: []Named{{"a", get}}, Resource: []Named{{"b", nil}}},
		"identity policy as one":  {Resource: []Named{{"a", get}}},
		"identity next to a good": {Identity: []Named{{"a", get}}, Resource: []Named{{"a", get}}},
	} {
		if d := Evaluate(req, set); d.Allowed() {
			t.Errorf("%s: allowed", name)
		}
	}
	if Evaluate(nil, &Set{}).Allowed() {
		t.Error("nil request: allowed")
	}
}

func TestDecisionWords(t *testing.T) {
	set := &Set{Identity: []Named{{"inline policy p of user u", mustParse(t, Identity, statements(allowPut, denyGet))}}}
	req := &Request{Principal: user("u"), Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	d := Evaluate(req, set)
	if d.Policy != "inline policy p of user u" || d.Statement != 1 || d.Sid != "no" {
		t.Errorf("decision %+v", d)
	}
	for _, c := range []struct {
		d    Decision
		want string
	}{
		{d, " with an explicit deny in an identity-based policy"},
		{Decision{Effect: ExplicitDeny, Reason: DenyInResource}, " with an explicit deny in a resource-based policy"},
		{Decision{Effect: ExplicitDeny, Reason: DenyInSession}, " with an explicit deny in a session policy"},
		{Decision{Reason: NoIdentityAllow}, " because no identity-based policy allows the a:B action"},
		{Decision{Reason: NoSessionAllow}, " because no session policy allows the a:B action"},
		{Decision{Reason: NoBoundaryAllow}, " because no permissions boundary allows the a:B action"},
		{Decision{Reason: NoResourceAllow}, " because no resource-based policy allows the a:B action"},
		{Decision{Effect: Allow}, ""},
		{Decision{}, ""},
	} {
		if got := c.d.Because("a:B"); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	doc := statements(
		`{"Sid":"own","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*","Condition":{"StringLike":{"s3:prefix":"a*"}}}`, allowPut)
	set := &Set{Identity: []Named{{"inline policy p of role r", mustParse(t, Identity, doc)}}}
	ctx := new(Context)
	ctx.Set("cognito-identity.amazonaws.com:sub", "us-east-1:1")
	req := &Request{Principal: session("r"), Action: "s3:GetObject", Resource: "arn:aws:s3:::b/us-east-1:1/k", Context: ctx}
	trail := Explain(req, set)
	first := trail.Policies[0].Statements[0]
	if first.Matched || len(first.Failed) != 1 || first.Failed[0] != "Condition" {
		t.Errorf("statement %+v", first)
	}
	if got := first.Checks[1].Policy[0]; got != "arn:aws:s3:::b/us-east-1:1/*" {
		t.Errorf("the variable became %q", got)
	}
	if !strings.Contains(first.Checks[2].Note, "no key s3:prefix") {
		t.Errorf("note %q", first.Checks[2].Note)
	}
	if !strings.Contains(trail.Summary, "statement own") {
		t.Errorf("summary %q", trail.Summary)
	}
	text, err := json.Marshal(trail)
	if err != nil || !strings.Contains(string(text), `"effect":"implicit deny"`) {
		t.Errorf("JSON %s, %v", text, err)
	}
	req.Context = nil
	if note := Explain(req, set).Policies[0].Statements[0].Checks[1].Note; !strings.Contains(note, "cognito-identity.amazonaws.com:sub") {
		t.Errorf("note %q", note)
	}
}

// guidePolicy is the shape of policy that identity-pool roles have: four
// statements with variables.
const guidePolicy = `{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Action":["mobileanalytics:PutEvents","cognito-sync:*","cognito-identity:*"],"Resource":["*"]},
 {"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::uploads/private/${cognito-identity.amazonaws.com:sub}/*"]},
 {"Effect":"Allow","Action":["execute-api:Invoke"],"Resource":["arn:aws:execute-api:us-east-1:*:ly55wbovq4/*"]},
 {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"},"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","::1"]},"NumericGreaterThan":{"s3:max-keys":10},"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}]}`

func guideRequest() *Request {
	ctx := new(Context)
	ctx.Set("aws:SourceIp", "192.0.2.1")
	ctx.Set("aws:CurrentTime", "2026-01-01T00:00:00Z")
	ctx.Set("aws:SecureTransport", "false")
	ctx.Set("s3:max-keys", "100")
	ctx.Set("cognito-identity.amazonaws.com:sub", "us-east-1:6f0bb4a2-5f25-4b9e-9f39-0123456789ab")
	return &Request{Principal: session("r"), Action: "s3:DeleteObject", Resource: "arn:aws:s3:::uploads/private/us-east-1:6f0bb4a2-5f25-4b9e-9f39-0123456789ab/note.jpg", Context: ctx}
}

func TestAllowDoesNotAllocate(t *testing.T) {
	p := mustParse(t, Identity, guidePolicy)
	bucket := mustParse(t, Resource, resourceStatement("Allow", `{"AWS":"`+account+`"}`))
	set := &Set{
		Identity: []Named{{"p", p}}, Boundary: &Named{"b", p}, HasBoundary: true,
		Session: []Named{{"s", p}}, HasSession: true, Resource: []Named{{"r", bucket}},
	}
	req := guideRequest()
	if n := testing.AllocsPerRun(100, func() {
		if !Evaluate(req, set).Allowed() {
			t.Error("denied")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	p, err := Parse(Identity, []byte(guidePolicy))
	if err != nil {
		b.Fatal(err)
	}
	set := &Set{Identity: []Named{{"p", p}}}
	req := guideRequest()
	b.ReportAllocs()
	for b.Loop() {
		Evaluate(req, set)
	}
}
