package document

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "a: 1\nb: [x, 'y', true, ~]\n", `{"a":1,"b":["x","y",true,null]}`},
		{"json", `{"a": {"b": [1.5, "x"]}}`, `{"a":{"b":[1.5,"x"]}}`},
		{"flow yaml", "{a: 1, b: c}", `{"a":1,"b":"c"}`},
		{"dates and account ids stay text", "v: 2012-10-17\nacct: 012345678901\nhex: 0x10\n", `{"v":"2012-10-17","acct":"012345678901","hex":16}`},
		{"short forms", "a: !Ref X\nb: !GetAtt Y.Arn.Z\nc: !Sub 'x-${A}'\nd: !Join ['', [a, !Ref B]]\n",
			`{"a":{"Ref":"X"},"b":{"Fn::GetAtt":["Y","Arn.Z"]},"c":{"Fn::Sub":"x-${A}"},"d":{"Fn::Join":["",["a",{"Ref":"B"}]]}}`},
		{"nested short forms in blocks", "a:\n  - !Equals\n    - !Ref A\n    - b\n", `{"a":[{"Fn::Equals":[{"Ref":"A"},"b"]}]}`},
		{"anchors and merges", "x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n", `{"x":{"a":1,"b":2},"y":{"b":3,"a":1}}`},
		{"block text", "a: |\n  one\n  two\nb: >-\n  one\n  two\n", `{"a":"one\ntwo\n","b":"one two"}`},
		{"empty value", "a:\nb: 1\n", `{"a":null,"b":1}`},
		{"number keys", "200: x\n", `{"200":"x"}`},
		{"functions as keys in flow maps", "a: {Fn::GetAtt: [X, Arn]}\nb: [{ Fn::If: [A, {Fn::Sub: x}, c] }]\nc: 'Fn::Join: x'\nd: [!Ref AWS::Region, {e: !Ref AWS::NoValue}]\nf: a::b::c\n",
			`{"a":{"Fn::GetAtt":["X","Arn"]},"b":[{"Fn::If":["A",{"Fn::Sub":"x"},"c"]}],"c":"Fn::Join: x","d":[{"Ref":"AWS::Region"},{"e":{"Ref":"AWS::NoValue"}}],"f":"a::b::c"}`},
		{"empty", "", `null`},
		{"yes stays text, as YAML 1.2 has it", "a: yes\nb: No\n", `{"a":"yes","b":"No"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := Parse("f.yml", []byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(n.AppendJSON(nil)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	for _, in := range []string{"a:\n  b:\n    - x\n    - c: 7\n", "{\"a\":\n  {\"b\": [\n    \"x\",\n    {  \"c\": 7}]}}"} {
		n, err := Parse("f.yml", []byte(in))
		if err != nil {
			t.Fatal(err)
		}
		item := n.Get("a").Get("b").Items[1]
		if got := item.KeyPos("c").Line; got != 4 {
			t.Errorf("%q: key c at line %d, want 4", in, got)
		}
		if got := item.Get("c").Pos.String(); got != "f.yml:4:10" && got != "f.yml:4:13" {
			t.Errorf("%q: value of c at %s", in, got)
		}
	}
}

func TestFaults(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"bad indent", "a:\n  b: 1\n c: 2\n", "f.yml:3:"},
		{"twice", "a: 1\na: 2\n", "f.yml:2:1"},
		{"twice in json", "{\"a\": 1,\n \"a\": 2}", "f.yml:"},
		{"unknown tag", "a: !Nope x\n", "f.yml:1:4: the tag !Nope"},
		{"json cut", "{\"a\": [1,\n", "f.yml:2:1"},
		{"unclosed", "a: [1, 2\n", "f.yml:1:"},
		{"alias without anchor", "a: *x\n", "f.yml:1:"},
		{"two documents", "a: 1\n---\nb: 2\n", "second document"},
		{"deep", strings.Repeat("[", 5000), "nested deeper"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.yml", []byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// TestAliasBomb grows a tree by aliases of aliases; the bound stops it.
func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		prev, this := string(rune('a'+i-1)), string(rune('a'+i))
		ref := "*" + prev + "0"
		b.WriteString(this + "0: &" + this + "0 [" + strings.Repeat(ref+",", 9) + ref + "]\n")
	}
	_, err := Parse("f.yml", []byte(b.String()))
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a: !Sub 'x-${A}'\nb: &x [1, {c: *x}]\n")
	f.Add(`{"a": [1, {"b": null}]}`)
	f.Add("<<: {a: 1}\n? b\n: c\n")
	f.Fuzz(func(t *testing.T, in string) {
		n, err := Parse("f.yml", []byte(in))
		if (n == nil) == (err == nil) {
			t.Fatalf("node %v and error %v", n, err)
		}
		if n == nil {
			return
		}
		again, err := Parse("f.json", n.JSON())
		if err != nil && n.Kind == Map {
			t.Fatalf("own JSON is refused: %v\n%s", err, n.JSON())
		}
		if err == nil && n.Kind == Map && string(again.AppendJSON(nil)) != string(n.AppendJSON(nil)) {
			t.Fatalf("changed by a round trip:\n%s\n%s", n.JSON(), again.JSON())
		}
	})
}
