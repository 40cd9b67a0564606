package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const small = `{
 "metadata": {"apiVersion": "2020-01-01", "protocol": "PROTOCOL", "serviceId": "Small", "endpointPrefix": "small", "jsonVersion": "1.1", "targetPrefix": "Small_1"},
 "operations": {
  "PutThing": {"name": "PutThing", "http": {"method": "PUT", "requestUri": "/things/{name}?mode=x", "responseCode": 201}, "input": {"shape": "PutThingRequest"}, "output": {"shape": "Thing"}, "errors": [{"shape": "GoneException"}], "authtype": "none"},
  "GetThing": {"name": "GetThing", "http": {"method": "GET", "requestUri": "/things/{name}"}, "input": {"shape": "GetThingRequest"}, "output": {"shape": "Thing"}},
  "DeleteThing": {"name": "DeleteThing", "http": {"method": "DELETE", "requestUri": "/things/{name}"}, "deprecated": true}
 },
 "shapes": {
  "PutThingRequest": {"type": "structure", "required": ["name"], "payload": "body", "members": {
    "name": {"shape": "Name", "location": "uri", "locationName": "name"},
    "tags": {"shape": "Tags", "location": "querystring", "locationName": "tag"},
    "body": {"shape": "Model"}}},
  "GetThingRequest": {"type": "structure", "members": {"name": {"shape": "Name", "location": "uri", "locationName": "name"}}},
  "Thing": {"type": "structure", "members": {"when": {"shape": "Time"}, "kids": {"shape": "Kids"}, "secret": {"shape": "Secret"}}},
  "Model": {"type": "structure", "members": {"count": {"shape": "Count"}}},
  "Unused": {"type": "structure", "members": {}},
  "GoneException": {"type": "structure", "exception": true, "error": {"code": "Gone", "httpStatusCode": 410}, "members": {"reasons": {"shape": "Reasons"}}},
  "Reasons": {"type": "list", "member": {"shape": "Reason"}},
  "Reason": {"type": "structure", "members": {"text": {"shape": "Secret"}}},
  "Name": {"type": "string", "min": 1, "max": 9, "pattern": "[a-z]+"},
  "Tags": {"type": "list", "member": {"shape": "Name", "locationName": "Tag"}, "max": 3, "flattened": false},
  "Kids": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Thing"}},
  "Time": {"type": "timestamp", "timestampFormat": "iso8601"},
  "Count": {"type": "integer", "min": 0, "enum": []},
  "Secret": {"type": "string", "sensitive": true, "enum": ["A", "B"]}
 }}`

func generateSmall(t *testing.T, protocol string) files {
	t.Helper()
	d := new(description)
	if err := json.Unmarshal([]byte(strings.Replace(small, "PROTOCOL", protocol, 1)), d); err != nil {
		t.Fatal(err)
	}
	made, tab := files{}, newTables()
	p, err := newPlan(service{file: "small", pkg: "small"}, d, tab)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.emit(made); err != nil {
		t.Fatal(err)
	}
	if err := tab.emit(made); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestGenerate(t *testing.T) {
	made := generateSmall(t, "rest-json")
	wanted := map[string][]string{
		"small/types_01_gen.go": {
			"// Code generated", "type PutThingInput struct {", "type Thing struct {", "PutThingOutput = Thing", "GetThingOutput = Thing", "type ModelShape struct {", "type DeleteThingOutput struct{}",
			"Name *string     `aws:\"name,req,in=uri,min=1,max=9,pat=0\"`",
			"Tags []string    `aws:\"tags,in=query,name=tag,max=3,e.name=Tag,e.min=1,e.max=9,e.pat=0\"`",
			"Body *ModelShape `aws:\"body,payload\"`",
			"When   *time.Time       `aws:\"when,ts=iso8601\"`",
			"Kids   map[string]Thing `aws:\"kids,k.min=1,k.max=9,k.pat=0\"`",
			"Secret *string          `aws:\"secret,enum=0,sens\"`",
			"Count *int32 `aws:\"count,min=0\"`",
			"type Reason struct {",
		},
		"small/model_gen.go": {
			`{Name: "PutThing", Method: "PUT", URI: "/things/{name}?mode=x", Status: 201, Unsigned: true},`,
			`{Name: "DeleteThing", Method: "DELETE", URI: "/things/{name}", NoOutput: true, Deprecated: true},`,
			`"Gone": 410,`, `Protocol:     shape.RESTJSON,`,
		},
		"small/new_gen.go": {"return new(PutThingInput), new(PutThingOutput)"},
		"patterns_gen.go":  {"{Text: `[a-z]+`},"},
		"enums_gen.go":     {`{"A", "B"},`},
	}
	for path, texts := range wanted {
		for _, text := range texts {
			if !bytes.Contains(made[path], []byte(text)) {
				t.Errorf("%s lacks %s:\n%s", path, text, made[path])
			}
		}
	}
	for _, text := range []string{"Unused", "GoneException struct"} {
		if bytes.Contains(made["small/types_01_gen.go"], []byte(text)) {
			t.Errorf("%s is generated", text)
		}
	}
	for range 5 {
		for path, src := range generateSmall(t, "rest-json") {
			if !bytes.Equal(src, made[path]) {
				t.Fatalf("%s differs from run to run", path)
			}
		}
	}
}

func TestUnknownProtocol(t *testing.T) {
	d := new(description)
	if err := json.Unmarshal([]byte(small), d); err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(service{file: "small", pkg: "small"}, d, newTables())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.emit(files{}); err == nil {
		t.Error("an unknown protocol is generated")
	}
}

// TestCheck holds that -check finds what differs, is missing or is too much.
func TestCheck(t *testing.T) {
	made := generateSmall(t, "json")
	dir := t.TempDir()
	for path, src := range made {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, src, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func() error {
		stale, err := staleFiles(dir, made)
		if err != nil {
			t.Fatal(err)
		}
		return compare(dir, made, stale)
	}
	if err := check(); err != nil {
		t.Errorf("what was just written is refused: %v", err)
	}
	extra := filepath.Join(dir, "small", "old_gen.go")
	if err := os.WriteFile(extra, []byte("package small\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := check(); err == nil || !strings.Contains(err.Error(), "old_gen.go") {
		t.Errorf("a file too much: %v", err)
	}
	if err := os.Remove(extra); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "enums_gen.go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := check(); err == nil || !strings.Contains(err.Error(), "enums_gen.go") {
		t.Errorf("a changed file: %v", err)
	}
}

func TestPatterns(t *testing.T) {
	tab := newTables()
	if n := tab.pattern(`[\s\S]*`); n != -1 {
		t.Errorf("a pattern that refuses nothing has number %d", n)
	}
	if a, b := tab.pattern(`a+`), tab.pattern(`a+`); a != b {
		t.Error("one pattern has two numbers")
	}
	tab.pattern(`(?!x)y`)
	if len(tab.problems) != 1 {
		t.Errorf("a look-ahead without a hand-written line: %v", tab.problems)
	}
	if got := translate(`[\u0020-\u00FF]+`); got != `[\x{0020}-\x{00FF}]+` || !regexp.MustCompile("^"+got+"$").MatchString("é") {
		t.Error(got)
	}
	for text, expr := range byHand {
		if _, err := regexp.Compile(`^(?:` + expr + `)$`); err != nil {
			t.Errorf("the line for %s: %v", text, err)
		}
	}
}
