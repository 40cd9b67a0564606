package template

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const sample = `
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  List: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Size: {Type: Number, Default: 5, MinValue: 1, MaxValue: 9}
Mappings:
  M: {dev: {k: v, list: [x, y]}, prod: {k: w}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  NotProd: !Not [!Condition IsProd]
  Both: !And [!Condition NotProd, !Or [!Equals [1, '1'], !Condition IsProd]]
Resources:
  A: {Type: T, Properties: VALUE}
  B: {Type: T, Condition: IsProd}
`

func scope(t *testing.T, value string) (*Scope, *Resource) {
	t.Helper()
	tpl, err := Parse([]byte(strings.Replace(sample, "VALUE", "{V: "+value+"}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	values, err := tpl.Values(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Scope{
		Template: tpl, Parameters: values, Pseudo: map[string]string{"AWS::Region": "eu-west-1", "AWS::AccountId": "1"},
		Ref:    func(id string) (any, bool) { return "ref-" + id, id == "B" },
		GetAtt: func(id, attr string) (any, bool) { return id + ":" + attr, attr != "Nope" },
		Import: func(name string) (string, bool) { return "imported " + name, name == "exp" },
	}
	return s, tpl.Resource("A")
}

func TestFunctions(t *testing.T) {
	tests := []struct{ value, want string }{
		{"!Ref Env", `"dev"`},
		{"!Ref List", `["a","b","c"]`},
		{"!Ref AWS::Region", `"eu-west-1"`},
		{"!Ref B", `"ref-B"`},
		{"{a: !Ref AWS::NoValue, b: [1, !Ref AWS::NoValue]}", `{"b":[1]}`},
		{"!GetAtt B.Arn.More", `"B:Arn.More"`},
		{"{Fn::GetAtt: [B, Arn]}", `"B:Arn"`},
		{"!Sub '${Env}-${B.Arn}-${!Keep}-${AWS::Region}-${Size}'", `"dev-B:Arn-${Keep}-eu-west-1-5"`},
		{"!Sub ['${x}/${Env}', {x: !Ref Size}]", `"5/dev"`},
		{"!Join ['-', [a, !Ref Env, 3, true]]", `"a-dev-3-true"`},
		{"!Join [',', !Ref List]", `"a,b,c"`},
		{"!Select [1, !Ref List]", `"b"`},
		{"!Select ['0', !Split ['/', 'x/y']]", `"x"`},
		{"!If [IsProd, p, !If [Both, both, d]]", `"both"`},
		{"!If [IsProd, p, !Ref AWS::NoValue]", `null`},
		{"!FindInMap [M, !Ref Env, k]", `"v"`},
		{"!FindInMap [M, dev, list]", `["x","y"]`},
		{"!ImportValue exp", `"imported exp"`},
		{"!ImportValue {Fn::Sub: 'e${X}', X: y}", `error`},
		{"!Base64 {Ref: Env}", `"ZGV2"`},
		{"!GetAZs ''", `["eu-west-1a","eu-west-1b","eu-west-1c"]`},
		{"!Select [1, !Cidr ['10.0.0.0/16', 4, 8]]", `"10.0.1.0/24"`},
		{"!Select [0, !Cidr ['fd00::/56', 1, 64]]", `"fd00::/64"`},
		{"{n: 007, f: 1.5, s: '1', b: true, z: null}", `{"b":true,"f":1.5,"n":"007","s":"1","z":null}`},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			if tt.want == "error" {
				tpl, err := Parse([]byte(strings.Replace(sample, "VALUE", "{V: "+tt.value+"}", 1)))
				if err == nil {
					_, err = (&Scope{Template: tpl}).Eval(tpl.Resource("A").Properties)
				}
				if err == nil {
					t.Error("no error")
				}
				return
			}
			s, r := scope(t, tt.value)
			got, err := s.Eval(r.Properties.Get("V"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(got)
			if err != nil || string(b) != tt.want {
				t.Errorf("got %s, want %s (%v)", b, tt.want, err)
			}
		})
	}
}

func TestFunctionFaults(t *testing.T) {
	tests := []struct{ value, want string }{
		{"!Select [3, !Ref List]", "Template error: Fn::Select cannot select nonexistent value at index 3"},
		{"!Join [a, b]", "every Fn::Join object requires two parameters"},
		{"!FindInMap [M, dev, nope]", "Template error: Unable to get mapping for M::dev::nope"},
		{"!GetAtt B.Nope", "Template error: resource B does not support attribute type Nope in Fn::GetAtt"},
		{"!ImportValue nope", "No export named nope found."},
		{"!Sub '${B.Arn'", ""},
		{"!Sub ['${List}', {}]", "it must be a string"},
		{"!Cidr ['10.0.0.0/24', 300, 8]", "Fn::Cidr requires"},
		{"!Split ['', x]", "every Fn::Split object requires"},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			s, r := scope(t, tt.value)
			_, err := s.Eval(r.Properties)
			if tt.want == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty", "", "Template format error: unsupported structure."},
		{"no resources", "Resources: {}", "Template format error: At least one Resources member must be defined."},
		{"top level", "Resource: {}", "Invalid template property or properties [Resource]"},
		{"version", "AWSTemplateFormatVersion: 2011-01-01\nResources: {A: {Type: T}}", "Unsupported value for AWSTemplateFormatVersion"},
		{"transform", "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: T}}", "Template section Transform is not built"},
		{"logical id", "Resources: {a-b: {Type: T}}", "Resource name a-b is non alphanumeric."},
		{"type", "Resources: {A: {Properties: {}}}", "[/Resources/A] Every Resources object must contain a Type member."},
		{"attribute", "Resources: {A: {Type: T, Propertys: {}}}", "Invalid template resource property 'Propertys'"},
		{"policy", "Resources: {A: {Type: T, DeletionPolicy: Keep}}", "Unrecognized DeletionPolicy Keep"},
		{"ref", "Resources: {A: {Type: T, Properties: {x: !Ref Nope, y: !Sub '${Also}'}}}", "Unresolved resource dependencies [Nope, Also] in the Resources block of the template"},
		{"getatt", "Resources: {A: {Type: T, Properties: {x: !GetAtt Nope.Arn}}}", "Template error: instance of Fn::GetAtt references undefined resource Nope"},
		{"depends", "Resources: {A: {Type: T, DependsOn: Nope}}", "Unresolved resource dependencies [Nope] in the Resources block"},
		{"output", "Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Ref Nope}}", "Unresolved resource dependencies [Nope] in the Outputs block of the template"},
		{"condition", "Resources: {A: {Type: T, Condition: Nope}}", "Unresolved condition dependency Nope in the Resources block"},
		{"resource in condition", "Conditions: {C: !Equals [!Ref A, x]}\nResources: {A: {Type: T}}", "Cannot reference resources in the Conditions block"},
		{"foreach", "Resources: {A: {Type: T, Properties: {x: {Fn::ForEach: []}}}}", "the function Fn::ForEach is not built"},
		{"not yaml", "{", "Template format error: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestValues(t *testing.T) {
	const decl = "Resources: {A: {Type: T}}\nParameters:\n  P: "
	tests := []struct{ name, decl, value, want string }{
		{"missing", "{Type: String}", "", "Parameters: [P] must have values"},
		{"allowed", "{Type: String, AllowedValues: [a]}", "b", "Parameter 'P' must be one of AllowedValues"},
		{"pattern", "{Type: String, AllowedPattern: '[a-z]+'}", "B1", "Parameter 'P' must match pattern [a-z]+"},
		{"description", "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: lower case}", "B", "Parameter P failed to satisfy constraint: lower case"},
		{"short", "{Type: String, MinLength: 3}", "ab", "Parameter 'P' must contain at least 3 characters"},
		{"number", "{Type: Number}", "x", "Parameter 'P' must be a number"},
		{"range", "{Type: Number, MaxValue: 3}", "4", "Parameter 'P' must be a number not greater than 3"},
		{"list", "{Type: List<Number>}", "1, x", "Parameter 'P' must be a number"},
		{"fine", "{Type: Number, MinValue: 1}", "4", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tpl, err := Parse([]byte(decl + tt.decl))
			if err != nil {
				t.Fatal(err)
			}
			given := map[string]string{}
			if tt.value != "" {
				given["P"] = tt.value
			}
			_, err = tpl.Values(given)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	tpl, err := Parse([]byte(decl + "{Type: String, Default: x}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = tpl.Values(map[string]string{"Q": "1"}); err == nil || err.Error() != "Parameters: [Q] do not exist in the template" {
		t.Errorf("got %v", err)
	}
}

func TestGraph(t *testing.T) {
	body := `
Conditions: {No: !Equals [a, b]}
Resources:
  A: {Type: T, Properties: {x: !If [No, !Ref C, !GetAtt B.Arn]}, DependsOn: [D, C]}
  B: {Type: T, Properties: {x: !Sub '${D}${AWS::Region}'}}
  C: {Type: T, Condition: No}
  D: {Type: T}
`
	tpl, err := Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	g, err := tpl.Graph(&Scope{Template: tpl})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(g.Needs["A"], " "); got != "B D" || len(g.Active) != 3 || strings.Join(g.Needs["B"], " ") != "D" {
		t.Errorf("graph %v", g.Needs)
	}
	for body, want := range map[string]string{
		"Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, DependsOn: C}, C: {Type: T, DependsOn: A}, D: {Type: T, DependsOn: A}}": "Circular dependency between resources: [A, B, C]",
		"Conditions: {N: !Equals [a, b]}\nResources: {A: {Type: T, Properties: {x: !Ref B}}, B: {Type: T, Condition: N}}":             "Unresolved resource dependencies [B]",
		"Resources: {A: {Type: T, DependsOn: A}}": "Circular dependency between resources: [A]",
	} {
		tpl, err := Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = tpl.Graph(&Scope{Template: tpl}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestAttackConditionLoop: conditions that name each other end in an error.
func TestAttackConditionLoop(t *testing.T) {
	tpl, err := Parse([]byte("Conditions: {A: !Not [!Condition B], B: !Not [!Condition A]}\nResources: {R: {Type: T, Condition: A}}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = tpl.Graph(&Scope{Template: tpl}); err == nil || !strings.Contains(err.Error(), "Circular") {
		t.Errorf("got %v", err)
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add(strings.Replace(sample, "VALUE", "{V: !Sub '${Env}'}", 1))
	f.Add(`{"Resources": {"A": {"Type": "T", "Properties": {"x": {"Fn::Join": ["", [{"Ref": "A"}]]}}}}}`)
	f.Add("Resources: {A: {Type: T, Properties: {x: !Select [0, !Cidr ['10.0.0.0/8', 2, 3]]}}}\nOutputs: {O: {Value: !GetAtt A.B}}")
	f.Fuzz(func(t *testing.T, body string) {
		tpl, err := Parse([]byte(body))
		if err != nil {
			return
		}
		values, err := tpl.Values(nil)
		if err != nil {
			return
		}
		s := &Scope{Template: tpl, Parameters: values, Pseudo: map[string]string{"AWS::Region": "r"},
			Ref: func(string) (any, bool) { return "x", true }, GetAtt: func(string, string) (any, bool) { return "y", true }}
		if _, err := tpl.Graph(s); err != nil {
			return
		}
		for _, r := range tpl.Resources {
			_, _ = s.Eval(r.Properties) // must only not break
		}
	})
}

// TestOwner: a name that does not exist is blamed on the resource that uses it.
func TestOwner(t *testing.T) {
	for body, want := range map[string]string{
		"Resources: {A: {Type: T}, B: {Type: T, Properties: {x: !Ref Nope}}}":        "B",
		"Resources: {A: {Type: T}, B: {Type: T, Properties: {x: !GetAtt Nope.Arn}}}": "B",
		"Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Ref Nope}}":                "",
	} {
		_, err := Parse([]byte(body))
		var e *Error
		if !errors.As(err, &e) || e.LogicalID != want {
			t.Errorf("%s: got %#v, want %q at fault", body, err, want)
		}
	}
}
