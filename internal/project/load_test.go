package project

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bawn-dev/bawn/internal/document"
)

var update = flag.Bool("update", false, "rewrite the golden templates")

// TestGolden compares the templates of whole projects. The templates of forms
// and apis were checked against osls 3.77 when they were recorded.
func TestGolden(t *testing.T) {
	for _, name := range []string{"guide", "forms", "apis", "plain"} {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.Abs(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			p, err := Load(Options{Dir: dir, Account: "000000000000", Region: "us-east-1", Options: map[string]string{"stage": "dev"}})
			if err != nil {
				t.Fatal(err)
			}
			n, err := document.Parse("", p.Template())
			if err != nil {
				t.Fatal(err)
			}
			got := string(n.JSON()) + "\n"
			for _, w := range p.Warnings {
				got += w.Error() + "\n"
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func loadText(t *testing.T, yml string, more map[string]string) (*Project, error) {
	t.Helper()
	files := map[string]string{filepath.FromSlash("/p/serverless.yml"): yml}
	for name, text := range more {
		files[filepath.Join("/p", name)] = text
	}
	return Load(Options{
		Dir: "/p", Account: "111122223333", Region: "us-east-1", InstanceID: "abc", Environ: map[string]string{"HOME": "/root", "BOOL": "true"},
		Params: map[string]string{"given": "g"},
		ReadFile: func(path string) ([]byte, error) {
			if text, ok := files[path]; ok {
				return []byte(text), nil
			}
			return nil, os.ErrNotExist
		},
	})
}

const head = "service: s\nprovider: {name: aws, runtime: nodejs20.x}\n"

// TestFaults: a broken project names file, line, column, what and what to do.
func TestFaults(t *testing.T) {
	fn := head + "functions:\n  f:\n    handler: a.b\n"
	tests := []struct{ name, yml, want string }{
		{"no provider", "service: s\n", "the project has no provider"},
		{"no service name", "service:\nprovider: {name: aws}\n", "the project has no service name"},
		{"other cloud", "service: s\nprovider: {name: google}\n", "serverless.yml:2:12: the provider must be aws"},
		{"misspelt key", head + "functions:\n  f:\n    handler: a.b\n    memorysize: 128\n", `serverless.yml:6:5: function f has an unknown key "memorysize"; did you mean "memorySize"?`},
		{"not a number", head + "functions:\n  f: {handler: a.b, timeout: soon}\n", `serverless.yml:4:30: function f: timeout must be a whole number, this is "soon"`},
		{"out of range", head + "functions:\n  f: {handler: a.b, timeout: 901}\n", "timeout must be between 1 and 900"},
		{"no handler", head + "functions:\n  f: {timeout: 3}\n", "serverless.yml:4:3: the function f has no handler"},
		{"empty function", head + "functions:\n  f:\n", "serverless.yml:4:3: the function f is empty"},
		{"unbuilt event", fn + "    events:\n      - sns: topic\n", "serverless.yml:7:9: function f event 1 of kind sns is not built in Bawn"},
		{"unbuilt event text", fn + "    events:\n      - httpApi\n", "of kind httpApi is not built"},
		{"unknown event", fn + "    events:\n      - htp: GET x\n", `unknown kind "htp"; did you mean "http"?`},
		{"indent of http", fn + "    events:\n      - http:\n        path: x\n        method: get\n", "indent path, method ... below http"},
		{"bad short form", fn + "    events:\n      - http: notes\n", `"notes" is not METHOD PATH`},
		{"private", fn + "    events:\n      - http: {path: x, method: get, private: true}\n", "private: true (API keys) is not built"},
		{"lambda authorizer", fn + "    events:\n      - http: {path: x, method: get, authorizer: other}\n", "authorizer other (a Lambda authorizer) is not built"},
		{"claims", fn + "    events:\n      - http: {path: x, method: get, authorizer: {name: p, arn: 'arn:aws:cognito-idp:r:1:userpool/r_x', claims: [email]}}\n", "claims can only be chosen"},
		{"integration", fn + "    events:\n      - http: {path: x, method: get, integration: http}\n", `integration "http" is not built`},
		{"greedy middle", fn + "    events:\n      - http: GET a/{p+}/b\n", "only the last part may be greedy"},
		{"twice", fn + "    events: [http: GET a, http: GET /a/]\n", "GET /a is already an event"},
		{"same ids", fn + "    events: [http: GET a_b, http: GET ab]\n", "make the same logical id"},
		{"vpc", head + "functions:\n  f: {handler: a.b, vpc: {subnetIds: [a]}}\n", "serverless.yml:4:21: function f key vpc is not built"},
		{"environment name", head + "functions:\n  f: {handler: a.b, environment: {A: 1}}\n", "serverless.yml:4:35: function f environment: \"A\" cannot be the name"},
		{"statement", "service: s\nprovider:\n  name: aws\n  iamRoleStatements:\n    - Efect: Allow\n      Action: x\n      Resource: y\n", `unknown key "Efect"; did you mean "Effect"?`},
		{"statement list", "service: s\nprovider:\n  name: aws\n  iamRoleStatements: {Effect: Allow}\n", "statements must be a list"},
		{"resource without type", fn + "resources:\n  Resources:\n    T:\n      Typ: x\n", "serverless.yml:8:5: the resource T has no Type"},
		{"misplaced resource", fn + "resources:\n  T: {Type: AWS::S3::Bucket}\n", `a resource stands below "Resources:"`},
		{"extension of nothing", fn + "resources: {extensions: {Nope: {Properties: {}}}}\n", "extensions names Nope"},
		{"top level", head + "function: {}\n", `did you mean "functions"?`},
		{"broken yaml", "service: s\n  x: 1\n", "serverless.yml:"},
		{"variable without value", head + "functions:\n  f: {handler: '${self:custom.nope}'}\n", "serverless.yml:4:16: the variable ${self:custom.nope} has no value; set it, or give a default"},
		{"missing file", head + "resources:\n  - ${file(res/nope.yml)}\n", "serverless.yml:4:5: the variable ${file(res/nope.yml)} has no value; there is no file res/nope.yml: create it"},
		{"misspelt authorizer", fn + "    events:\n      - http: {path: x, method: get, authorizer: aws_imm}\n", `there is no authorizer "aws_imm"; did you mean "aws_iam"?`},
		{"ssm", head + "functions:\n  f: {handler: '${ssm:/a/b}'}\n", `the variable source "ssm" (${ssm:/a/b}) is not built`},
		{"cf", head + "functions:\n  f: {handler: '${cf:stack.Out}'}\n", `"cf"`},
		{"unknown source", head + "functions:\n  f: {handler: '${foo:bar}'}\n", `the variable source "foo"`},
		{"js file", head + "functions: ${file(f.js):x}\n", "runs a program"},
		{"circle", head + "custom: {a: '${self:custom.b}', b: '${self:custom.a}'}\nfunctions:\n  f: {handler: '${self:custom.a}'}\n", "refers to"},
		{"map within text", head + "custom: {m: {a: 1}}\nfunctions:\n  f: {handler: 'x${self:custom.m}'}\n", "its value is a map"},
		{"unclosed", head + "functions:\n  f: {handler: '${self:custom.a'}\n", "no closing brace"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := loadText(t, tt.yml, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			var problems Problems
			if !errors.As(err, &problems) {
				t.Errorf("error is %T", err)
			}
		})
	}
}

func TestNone(t *testing.T) {
	p, err := Load(Options{Dir: "/p", ReadFile: func(string) ([]byte, error) { return nil, os.ErrNotExist }})
	if !errors.Is(err, ErrNone) || p == nil || len(p.Inputs) == 0 {
		t.Errorf("got %v %v", p, err)
	}
	_, err = loadText(t, "Transform: AWS::Serverless-2016-10-31\nResources: {}\n", nil)
	if err == nil || !strings.Contains(err.Error(), "Transform") {
		t.Errorf("got %v", err)
	}
}

func TestVariables(t *testing.T) {
	const custom = `
custom:
  a: A
  n: 7
  map: {k: v, list: [x, y]}
  ref: ${self:custom.map.k}
  deep: ${self:custom.${self:custom.which}.k}
  which: map
  included: ${file(inc.yml)}
params:
  default: {p: dp}
  dev: {q: dq}
`
	tests := []struct{ in, want string }{
		{"${self:custom.a}", "A"},
		{"x-${self:custom.a}-${self:custom.n}", "x-A-7"},
		{"${self:custom.nope, 'def'}", "def"},
		{`${self:custom.nope, "a, b"}`, "a, b"},
		{"${self:custom.nope, self:custom.a}", "A"},
		{"${opt:stage, self:provider.stage}", "dev"},
		{"${opt:nope, ${self:custom.a}}", "A"},
		{"${opt:nope, self:custom.nope2, 3}", "3"},
		{"${self:custom.deep}", "v"},
		{"${self:custom.map.list.1}", "y"},
		{"${env:HOME}", "/root"},
		{"${env:NOPE, ''}", ""},
		{"${file(inc.yml):x.y}", "A!"},
		{"${file(./inc.yml):nope, 'd'}", "d"},
		{"${file(missing.yml):a, 'd'}", "d"},
		{"${file(${self:custom.a}.json):k}", "json"},
		{"${file(note.txt)}", "hello"},
		{"${self:custom.included.x.y}", "A!"},
		{"${sls:stage}-${sls:instanceId}", "dev-abc"},
		{"${aws:accountId}/${aws:region}", "111122223333/us-east-1"},
		{"${param:p}${param:q}${param:given}", "dpdqg"},
		{"${strToBool(${env:BOOL})}", "true"},
		{"${AWS::Region} ${Table.Arn} ${Foo}", "${AWS::Region} ${Table.Arn} ${Foo}"},
		{"${cognito-identity.amazonaws.com:sub}/${aws:username}", "${cognito-identity.amazonaws.com:sub}/${aws:username}"},
		{`\${self:custom.a} $${self:custom.a}`, "${self:custom.a} ${self:custom.a}"},
		{"plain $ {x} $x }", "plain $ {x} $x }"},
		{"${self:service}", "s"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			quoted := "'" + strings.ReplaceAll(tt.in, "'", "''") + "'"
			p, err := loadText(t, head+custom+"functions:\n  f: {handler: a.b, description: "+quoted+"}\n", map[string]string{
				"inc.yml": "x: {y: '${self:custom.a}!'}\n", "A.json": `{"k": "json"}`, "note.txt": "hello\n",
			})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if d := p.Functions[0].code.Get("Description"); d != nil {
				got = d.Text
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	p, err := loadText(t, head+"functions:\n  f:\n    handler: a.b\nresources:\n  Resources:\n    T:\n      Type: AWS::DynamoDB::Table\n      Properties:\n        KeySchema:\n          - KeyType: HASH\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		id   string
		path []string
		want string
	}{
		{"T", nil, "serverless.yml:8:5"},
		{"T", []string{"KeySchema"}, "serverless.yml:11:9"},
		{"T", []string{"KeySchema", "0", "KeyType"}, "serverless.yml:12:13"},
		{"T", []string{"KeySchema", "9"}, "serverless.yml:11:9"},
		{"FLambdaFunction", nil, "serverless.yml:4:3"},
		{"Nope", nil, ""},
	}
	for _, tt := range tests {
		if got := p.Locate(tt.id, tt.path...).String(); got != tt.want {
			t.Errorf("%s %v: got %q, want %q", tt.id, tt.path, got, tt.want)
		}
	}
}

// TestDeploymentID: the deployment has a new id when the API changes, and only
// then.
func TestDeploymentID(t *testing.T) {
	id := func(yml string) string {
		p, err := loadText(t, yml, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range p.template.Get("Resources").Members {
			if strings.HasPrefix(m.Key, deploymentPrefix) {
				return m.Key
			}
		}
		return ""
	}
	base := head + "functions:\n  f: {handler: a.b, events: [http: GET x]}\n"
	same := id(strings.Replace(base, "a.b,", "a.b, timeout: 9,", 1))
	other := id(strings.Replace(base, "GET x", "POST x", 1))
	if id(base) != same || id(base) == other || !strings.HasPrefix(other, deploymentPrefix) {
		t.Errorf("ids %s %s %s", id(base), same, other)
	}
}

func FuzzVariables(f *testing.F) {
	for _, s := range []string{"${self:a.${opt:b, 'c'}}", "${file(x.yml):a}", `\${x} $${y}`, "${AWS::Region}", "${a:b", "${'x'}", "${env:X, null}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts, err := parseParts(s)
		if err != nil {
			return
		}
		for _, p := range parts {
			if p.variable != nil && (len(p.variable.sources) == 0 || !strings.Contains(s, p.variable.raw)) {
				t.Fatalf("%q: variable %+v", s, p.variable)
			}
		}
		yml := head + "custom: {a: '${self:custom.b}', b: x}\nfunctions:\n  f: {handler: a.b, description: X}\n"
		root, err := document.Parse("serverless.yml", []byte(yml))
		if err != nil {
			t.Fatal(err)
		}
		root.Get("functions").Get("f").Set("description", document.Of(document.Position{}, s))
		_, _ = loadText(t, string(root.JSON()), nil) // must only not break
	})
}
