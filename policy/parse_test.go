package policy

import (
	"errors"
	"strings"
	"testing"
)

func mustParse(t testing.TB, kind Kind, doc string) *Policy {
	t.Helper()
	p, err := Parse(kind, []byte(doc))
	if err != nil {
		t.Fatalf("Parse(%s): %v", doc, err)
	}
	return p
}

func TestParseAccepts(t *testing.T) {
	stmt := func(s string) string { return `{"Version":"2012-10-17","Statement":` + s + `}` }
	for name, c := range map[string]struct {
		kind Kind
		doc  string
	}{
		"single statement":       {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)},
		"array":                  {Identity, stmt(`[{"Effect":"Allow","Action":["s3:*","*"],"Resource":["*","arn:aws:s3:::b/*"]}]`)},
		"id and sid":             {Identity, `{"Id":"x","Statement":[{"Sid":"A1","Effect":"Deny","NotAction":"*:*","NotResource":"arn:aws:sqs"}]}`},
		"no version":             {Identity, `{"Statement":{"Effect":"Allow","Action":"dynamodb:Get?tem","Resource":"arn:aws:dynamodb:*"}}`},
		"principals":             {Resource, stmt(`{"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:root","arn:aws:iam::123456789012:user/a/b","arn:aws:sts::123456789012:assumed-role/r/s","AIDAABCDEFGHIJKLMNOPQ"],"Service":"lambda.amazonaws.com","CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},"Action":"s3:GetObject","Resource":"*"}`)},
		"everyone":               {Resource, stmt(`{"Sid":"with spaces","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}`)},
		"trust":                  {Trust, stmt(`{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:x"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}`)},
		"scalars as text":        {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"s3:max-keys":[10,1.5,"-2"]}}}`)},
		"operators without case": {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"forallvalues:stringlikeIFEXISTS":{"aws:TagKeys":"a*"},"null":{"aws:x":"true"}}}`)},
		"variables":              {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/${aws:username}/${*}","arn:aws:s3:::b/${aws:username, 'no }body'}/*"]}`)},
		"2008 text":              {Identity, `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${broken"}}`},
		"empty condition":        {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{}}`)},
		"escapes":                {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b\/\u00e9\u0041\n"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			p := mustParse(t, c.kind, c.doc)
			if string(p.JSON()) != c.doc || p.Kind() != c.kind || p.Statements() != 1 {
				t.Errorf("JSON %s, kind %v, %d statements", p.JSON(), p.Kind(), p.Statements())
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	stmt := func(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }
	allow := `"Effect":"Allow","Action":"s3:*","Resource":"*"`
	cond := func(c string) string { return stmt(`{` + allow + `,"Condition":` + c + `}`) }
	for name, c := range map[string]struct {
		kind Kind
		doc  string
		want string // part of the message
	}{
		"empty":                 {Identity, ``, "Syntax errors"},
		"not an object":         {Identity, `[]`, "Syntax errors"},
		"trailing":              {Identity, stmt(`{`+allow+`}`) + `x`, "Syntax errors"},
		"trailing comma":        {Identity, stmt(`{` + allow + `,}`), "Syntax errors"},
		"duplicate member":      {Identity, stmt(`{` + allow + `,"Effect":"Deny"}`), "twice"},
		"duplicate escaped":     {Identity, stmt(`{` + allow + `,"\u0045ffect":"Deny"}`), "twice"},
		"lower-case element":    {Identity, stmt(`{"effect":"Allow","Action":"s3:*","Resource":"*"}`), "Unknown field effect"},
		"unknown top":           {Identity, `{"Foo":1,"Statement":[]}`, "Unknown field Foo"},
		"version":               {Identity, `{"Version":"2012-10-18","Statement":[{` + allow + `}]}`, "version"},
		"version number":        {Identity, `{"Version":2012,"Statement":[{` + allow + `}]}`, "version"},
		"no statement":          {Identity, `{"Version":"2012-10-17"}`, "Statement"},
		"no statements":         {Identity, stmt(``), "Syntax errors"},
		"effect case":           {Identity, stmt(`{"Effect":"allow","Action":"s3:*","Resource":"*"}`), "Invalid effect"},
		"no effect":             {Identity, stmt(`{"Action":"s3:*","Resource":"*"}`), "Effect"},
		"no action":             {Identity, stmt(`{"Effect":"Allow","Resource":"*"}`), "must contain actions"},
		"empty action":          {Identity, stmt(`{"Effect":"Allow","Action":[],"Resource":"*"}`), "must contain actions"},
		"both actions":          {Identity, stmt(`{"NotAction":"s3:*",` + allow + `}`), "both Action and NotAction"},
		"both resources":        {Identity, stmt(`{"NotResource":"*",` + allow + `}`), "both Resource and NotResource"},
		"both principals":       {Resource, stmt(`{"Principal":"*","NotPrincipal":"*",` + allow + `}`), "both Principal and NotPrincipal"},
		"no resource":           {Identity, stmt(`{"Effect":"Allow","Action":"s3:*"}`), "must contain resources"},
		"vendor":                {Identity, stmt(`{"Effect":"Allow","Action":"GetObject","Resource":"*"}`), "vendor"},
		"vendor wildcard":       {Identity, stmt(`{"Effect":"Allow","Action":"*:GetObject","Resource":"*"}`), "vendor"},
		"action number":         {Identity, stmt(`{"Effect":"Allow","Action":1,"Resource":"*"}`), "Syntax errors"},
		"resource form":         {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"bucket/*"}`), "must be in ARN format"},
		"variable in account":   {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:iam::${aws:PrincipalAccount}:user/x"}`), "fifth colon"},
		"variable open":         {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username"}`), "variable"},
		"variable form":         {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${name}"}`), "variable"},
		"variable default":      {Identity, stmt(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username, x}"}`), "variable"},
		"principal in identity": {Identity, stmt(`{"Principal":"*",` + allow + `}`), "should not specify a principal"},
		"principal in boundary": {Boundary, stmt(`{"Principal":"*",` + allow + `}`), "should not specify a principal"},
		"principal missing":     {Resource, stmt(`{` + allow + `}`), "Principal"},
		"principal wildcard":    {Resource, stmt(`{"Principal":{"AWS":"arn:aws:iam::123456789012:user/*"},` + allow + `}`), "Invalid principal"},
		"principal type":        {Resource, stmt(`{"Principal":{"Foo":"x"},` + allow + `}`), "Invalid principal"},
		"principal text":        {Resource, stmt(`{"Principal":"123456789012",` + allow + `}`), "Invalid principal"},
		"principal bare name":   {Resource, stmt(`{"Principal":{"AWS":"bob"},` + allow + `}`), "Invalid principal"},
		"principal empty":       {Resource, stmt(`{"Principal":{"AWS":[]},` + allow + `}`), "Invalid principal"},
		"trust with resource":   {Trust, stmt(`{"Principal":"*","Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`), "prohibited field Resource"},
		"trust other action":    {Trust, stmt(`{"Principal":"*","Effect":"Allow","Action":"s3:GetObject"}`), "AssumeRole"},
		"trust not principal":   {Trust, stmt(`{"NotPrincipal":{"AWS":"123456789012"},"Effect":"Allow","Action":"sts:AssumeRole"}`), "NotPrincipal"},
		"sid form":              {Identity, stmt(`{"Sid":"a b",` + allow + `}`), "SID"},
		"sid twice":             {Identity, stmt(`{"Sid":"a",` + allow + `},{"Sid":"a",` + allow + `}`), "unique"},
		"operator":              {Identity, cond(`{"StringEqual":{"aws:x":"1"}}`), "Invalid Condition type : StringEqual"},
		"null if exists":        {Identity, cond(`{"NullIfExists":{"aws:x":"true"}}`), "Invalid Condition type"},
		"null quantified":       {Identity, cond(`{"ForAnyValue:Null":{"aws:x":"true"}}`), "Invalid Condition type"},
		"null value":            {Identity, cond(`{"Null":{"aws:x":"yes"}}`), "boolean"},
		"key without vendor":    {Identity, cond(`{"StringEquals":{"x":"1"}}`), "vendor"},
		"key twice by case":     {Identity, cond(`{"StringEquals":{"aws:x":"1","AWS:X":"2"}}`), "Duplicate condition key"},
		"operator twice":        {Identity, cond(`{"StringEquals":{"aws:x":"1"},"stringequals":{"aws:x":"2"}}`), "Duplicate condition key"},
		"condition text":        {Identity, cond(`"x"`), "Syntax errors"},
		"condition key text":    {Identity, cond(`{"StringEquals":"x"}`), "Syntax errors"},
		"condition object":      {Identity, cond(`{"StringEquals":{"aws:x":{"a":1}}}`), "Syntax errors"},
		"condition null":        {Identity, cond(`{"StringEquals":{"aws:x":null}}`), "Syntax errors"},
		"number":                {Identity, cond(`{"NumericEquals":{"s3:x":"1e3"}}`), "numeric"},
		"number exponent":       {Identity, cond(`{"NumericEquals":{"s3:x":1e3}}`), "Syntax errors"},
		"date":                  {Identity, cond(`{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}`), "date"},
		"date no zone":          {Identity, cond(`{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00"}}`), "date"},
		"date impossible":       {Identity, cond(`{"DateLessThan":{"aws:CurrentTime":"2021-02-30"}}`), "date"},
		"address":               {Identity, cond(`{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`), "IP"},
		"binary":                {Identity, cond(`{"BinaryEquals":{"aws:x":"!"}}`), "base64"},
		"bool":                  {Identity, cond(`{"Bool":{"aws:SecureTransport":"yes"}}`), "boolean"},
		"arn":                   {Identity, cond(`{"ArnLike":{"aws:SourceArn":"bucket"}}`), "ARN"},
		"character":             {Identity, stmt(`{"Sid":"` + "\u0100" + `",` + allow + `}`), "character"},
		"control character":     {Identity, stmt(`{"Sid":"` + "\x00" + `",` + allow + `}`), "character"},
		"not UTF-8":             {Identity, stmt(`{"Sid":"` + "\xff" + `",` + allow + `}`), "character"},
		"lone surrogate":        {Identity, stmt(`{"Sid":"\ud800",` + allow + `}`), "Syntax errors"},
		"too deep":              {Identity, strings.Repeat("[", 5000), "Syntax errors"},
		"too long":              {Identity, strings.Repeat(" ", MaxDocument+1), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(c.kind, []byte(c.doc))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !strings.Contains(syntax.Message, c.want) {
				t.Errorf("got %v, want a SyntaxError with %q", err, c.want)
			}
		})
	}
}

func TestSyntaxErrorPlace(t *testing.T) {
	_, err := Parse(Identity, []byte("{\n  \"Statement\": [\n    {\"Effect\": \"Alow\"}]}"))
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 3 || syntax.Column != 16 {
		t.Errorf("got %v", err)
	}
}

func TestSize(t *testing.T) {
	p := mustParse(t, Identity, `{ "Statement" : {"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::é"} }`)
	if p.Size() != len(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::e"}}`) {
		t.Errorf("size %d", p.Size())
	}
}

func FuzzParse(f *testing.F) {
	f.Add(0, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username, 'x'}/*","Condition":{"ForAllValues:StringNotLikeIfExists":{"aws:TagKeys":["a*",true,1.5]},"IpAddress":{"aws:SourceIp":"::ffff:10.0.0.0/104"}}}]}`)
	f.Add(1, `{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["123456789012"]},"NotAction":"*","NotResource":"arn:aws:s3"}}`)
	f.Add(2, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"a"},"Action":"sts:AssumeRole*","Condition":{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00.5+01:00"},"ArnLike":{"aws:SourceArn":"${aws:PrincipalArn}"},"BinaryEquals":{"aws:b":"aGk="}}}}`)
	f.Fuzz(func(t *testing.T, kind int, doc string) {
		k := Kind(uint(kind) % 5)
		p, err := Parse(k, []byte(doc))
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Message == "" {
				t.Fatalf("error %T %v", err, err)
			}
			return
		}
		again, err := Parse(k, p.JSON())
		if err != nil || again.Statements() != p.Statements() {
			t.Fatalf("parsed once, not twice: %v", err)
		}
		ctx := new(Context)
		ctx.Set("aws:TagKeys", "a", "b")
		ctx.Set("aws:SourceIp", "10.1.2.3")
		req := &Request{Principal: Principal{Kind: PrincipalUser, ARN: "arn:aws:iam::123456789012:user/u", Account: "123456789012"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x", Context: ctx}
		set := &Set{Identity: []Named{{"p", p}}, Resource: nil}
		if k == Resource || k == Trust {
			set = &Set{Resource: []Named{{"p", p}}}
		}
		d := Evaluate(req, set)
		if trail := Explain(req, set); trail.Decision != d {
			t.Fatalf("Explain says %+v, Evaluate %+v", trail.Decision, d)
		}
		Lint(p)
	})
}
