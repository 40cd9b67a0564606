package expression

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestDecodeErrors(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{`{"S":1}`, "NUMBER_VALUE cannot be converted to String"},
		{`{"S":1.5}`, "DECIMAL_VALUE cannot be converted to String"},
		{`{"N":true}`, "TRUE_VALUE cannot be converted to String"},
		{`{"S":[]}`, "Unrecognized collection type class java.lang.String"},
		{`{"S":{}}`, "Start of structure or map found where not expected"},
		{`{"B":"abc"}`, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
		{`{"B":"YW=x"}`, "Invalid last non-pad Base64 character dectected"},
		{`{"B":false}`, "only base-64-encoded strings are convertible to bytes"},
		{`{"BOOL":3}`, "NUMBER_VALUE cannot be converted to Boolean"},
		{`{"SS":"a"}`, "Unexpected field type"},
		{`{"M":[]}`, "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"},
		{`{"L":[1]}`, "Unexpected value type in payload"},
		{`[]`, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
		{`{"S":"a"`, "Unexpected token received from parser"},
		{`{"S":"a"}x`, "Unexpected token received from parser"},
		{``, "Unexpected token received from parser"},
		{"{\"S\":\"a\x01\"}", "Unexpected token received from parser"},
		{"{\"S\":\"\xff\"}", "Invalid UTF-8 in string"},
		{strings.Repeat(`{"L":[`, 100), "Nesting Levels have exceeded supported limits"},
		{`{"Z":` + strings.Repeat(`[`, 10000), "Nesting Levels have exceeded supported limits"},
	} {
		var v Value
		if err := v.UnmarshalJSON([]byte(tc.in)); err == nil || err.Error() != tc.want {
			t.Errorf("%.40s: %v, want %q", tc.in, err, tc.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{`{}`, msgEmptyValue}, {`{"S":null}`, msgEmptyValue}, {`{"S":"a","N":"1"}`, msgManyTypes},
		{`{"S":"a","N":"b"}`, msgNotNumeric + ": b"}, {`{"NULL":false}`, msgFalseNull},
		{`{"SS":[]}`, msgEmptySS}, {`{"NS":[]}`, msgEmptyNS}, {`{"BS":[]}`, msgEmptyBS},
		{`{"SS":["a","b","a"]}`, "One or more parameter values were invalid: Input collection [a, b, a] contains duplicates."},
		{`{"NS":["1","1.0"]}`, msgDuplicate}, {`{"NS":["1",""]}`, msgNotNumeric},
		{`{"BS":["Yg==","Yg=="]}`, "One or more parameter values were invalid: Input collection [Yg==, Yg==]of type BS contains duplicates."},
		{`{"M":{"a":{"L":[{"N":"x"}]}}}`, msgNotNumeric + ": x"},
		{strings.Repeat(`{"L":[`, 32) + `{"S":"a"}` + strings.Repeat(`]}`, 32), ""},
		{strings.Repeat(`{"L":[`, 33) + `{"S":"a"}` + strings.Repeat(`]}`, 33), msgTooDeep},
		{`{"SS":["","a"]}`, ""}, {`{"S":""}`, ""}, {`{"B":""}`, ""}, {`{"BOOL":"no"}`, ""}, {`{"x":{"y":[1,null,true,"s"]},"S":"a"}`, ""},
	} {
		var v Value
		if err := v.UnmarshalJSON([]byte(tc.in)); err != nil {
			t.Errorf("%.60s: %v", tc.in, err)
			continue
		}
		got := ""
		if err := v.Check(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%.60s: %q, want %q", tc.in, got, tc.want)
		}
	}
}

// What can be stored can be read, up to the last level.
func TestDepth(t *testing.T) {
	nested := func(levels int) string {
		return `{"a":` + strings.Repeat(`{"L":[`, levels) + `{"S":"x"}` + strings.Repeat(`]}`, levels) + `}`
	}
	it := item(t, nested(MaxDepth))
	if err := it.Check(); err != nil {
		t.Fatal(err)
	}
	if back, _, err := DecodeItem(it.AppendBinary(nil)); err != nil || !back.Equal(it) {
		t.Errorf("%d levels do not come back: %v", MaxDepth, err)
	}
	if err := item(t, nested(MaxDepth+1)).Check(); err == nil {
		t.Error("one level too many is taken")
	}
	c, err := change("SET b.c = a", "", nil, t)
	if err != nil {
		t.Fatal(err)
	}
	it["b"] = Map(nil)
	out, err := c.Apply(it)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Check(); err == nil || err.Error() != msgTooDeep {
		t.Errorf("an update that nests too deep: %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, tc := range []struct {
		json string
		size int
	}{
		{`{}`, 0},
		{`{"a":{"S":"x\n\"\\é\u0001"}}`, 1 + 7},
		{`{"a":{"N":"-12.5"},"b":{"B":"AAE="},"c":{"BOOL":true},"d":{"NULL":true}}`, 1 + 4 + 1 + 2 + 1 + 1 + 1 + 1},
		{`{"a":{"L":[{"S":"a"},{"N":"0"}]},"m":{"M":{"k":{"BOOL":false}}}}`, 1 + 3 + 2 + 2 + 1 + 3 + 1 + 2},
		{`{"b":{"BS":["YQ==","Yg=="]},"n":{"NS":["1","2.5"]},"s":{"SS":["b","a"]}}`, 3 + 2 + 4 + 3},
	} {
		var it Item
		if err := it.UnmarshalJSON([]byte(tc.json)); err != nil {
			t.Fatal(err)
		}
		if got := string(it.AppendJSON(nil)); got != tc.json {
			t.Errorf("got %s\nwant %s", got, tc.json)
		}
		if it.Size() != tc.size {
			t.Errorf("%s: size %d, want %d", tc.json, it.Size(), tc.size)
		}
		back, size, err := DecodeItem(it.AppendBinary(nil))
		if err != nil || !back.Equal(it) || size != tc.size {
			t.Errorf("%s: binary form gives %v %d %v", tc.json, back, size, err)
		}
	}
}

func TestEscapes(t *testing.T) {
	var v Value
	in := `{"S":"\ud83d\ude00 \ud83d x\/\b\f\r\t\u00e9"}`
	if err := v.UnmarshalJSON([]byte(in)); err != nil {
		t.Fatal(err)
	}
	var want struct{ S string }
	if err := json.Unmarshal([]byte(in), &want); err != nil {
		t.Fatal(err)
	}
	if v.Text() != want.S {
		t.Errorf("got %q, want %q", v.Text(), want.S)
	}
}

func TestEqual(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{`{"N":"1.0"}`, `{"N":"1"}`, true}, {`{"S":"1"}`, `{"N":"1"}`, false}, {`{"SS":["a","b"]}`, `{"SS":["b","a"]}`, true},
		{`{"SS":["a","b"]}`, `{"SS":["b","c"]}`, false}, {`{"L":[{"S":"a"},{"S":"b"}]}`, `{"L":[{"S":"b"},{"S":"a"}]}`, false},
		{`{"M":{"a":{"N":"1"}}}`, `{"M":{"a":{"N":"1e0"}}}`, true}, {`{"M":{"a":{"N":"1"}}}`, `{"M":{}}`, false},
		{`{"NULL":true}`, `{"NULL":true}`, true}, {`{"BOOL":true}`, `{"BOOL":false}`, false},
		{`{"NS":["1","2","3","4","5","6","7","8","9"]}`, `{"NS":["9","8","7","6","5","4","3","2","1"]}`, true},
		{`{"NS":["1","2","3","4","5","6","7","8","9"]}`, `{"NS":["9","8","7","6","5","4","3","2","0"]}`, false},
	} {
		if got := val(t, tc.a).Equal(val(t, tc.b)); got != tc.want {
			t.Errorf("%s = %s: %v", tc.a, tc.b, got)
		}
	}
}

func val(t testing.TB, text string) Value {
	t.Helper()
	var v Value
	if err := v.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func item(t testing.TB, text string) Item {
	t.Helper()
	var it Item
	if err := it.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return it
}

// Key order is value order for strings and binaries, also in composites.
func TestSortKeyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	alphabet := []string{"\x00", "\x01", "\xff", "a", "é", "\x00\x01", "\x00\xff"}
	text := func() string {
		var b strings.Builder
		for range r.IntN(5) {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 20000 {
		a1, a2, b1, b2 := text(), text(), text(), text()
		want := strings.Compare(a1, b1)
		if want == 0 {
			want = strings.Compare(a2, b2)
		}
		key := func(x, y string) []byte {
			k, _ := String(x).AppendSortKey(nil)
			k, _ = Binary([]byte(y)).AppendSortKey(k)
			return k
		}
		if got := bytes.Compare(key(a1, a2), key(b1, b2)); got != want {
			t.Fatalf("%q %q, %q %q: %d, want %d", a1, a2, b1, b2, got, want)
		}
		k, _ := String(a1).AppendSortKey(nil)
		if got := bytes.HasPrefix(k, String(b1).AppendSortPrefix(nil)); got != strings.HasPrefix(a1, b1) && !strings.HasSuffix(b1, "\x00") {
			t.Fatalf("%q begins with %q: %v", a1, b1, got)
		}
	}
}

// The orders in which DynamoDB scans these partition keys (recorded).
func TestHashOrder(t *testing.T) {
	words := []string{"2", "8", "9", "1", "6", "hello", "0", "5", "4", "äáöü", "aardman", "7", "3", "zapf"}
	numbers := []string{"7", "999.9", "8", "3", "2", "-999.9", "9", "4", "-0.09", "6", "1", "0", "0.012345", "5"}
	for i := range words[1:] {
		if Hash16(String(words[i])) >= Hash16(String(words[i+1])) {
			t.Errorf("%s comes after %s", words[i], words[i+1])
		}
		if Hash16(mustNumber(numbers[i])) >= Hash16(mustNumber(numbers[i+1])) {
			t.Errorf("%s comes after %s", numbers[i], numbers[i+1])
		}
	}
}

func FuzzValueJSON(f *testing.F) {
	for _, s := range []string{`{"a":{"S":"x"}}`, `{"a":{"M":{"b":{"L":[{"N":"1"},{"NULL":true}]}}}}`, `{"a":{"SS":["a"]},"b":{"BS":["YQ=="]}}`, `{"a":{"BOOL":true,"N":"1"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var it Item
		if it.UnmarshalJSON(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("taken, but not JSON: %q", data)
		}
		if it.Check() != nil {
			return
		}
		out := it.AppendJSON(nil)
		var again Item
		if err := again.UnmarshalJSON(out); err != nil || !again.Equal(it) {
			t.Fatalf("%s does not come back: %v", out, err)
		}
		back, size, err := DecodeItem(it.AppendBinary(nil))
		if err != nil || !back.Equal(it) || size != it.Size() {
			t.Fatalf("%s: binary form gives %v %v", out, back, err)
		}
	})
}

func FuzzDecodeItem(f *testing.F) {
	f.Add(Item{"a": String("b"), "n": List(Bool(true), Null(), Map(Item{"x": StringSet("q")}))}.AppendBinary(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		it, _, err := DecodeItem(data)
		if err == nil {
			it.AppendJSON(nil)
		}
	})
}

func BenchmarkDecodeItem(b *testing.B) {
	data := Item{"pk": String("user#1"), "sk": String("note#1"), "body": String(strings.Repeat("x", 900)), "n": mustNumber("12345"), "t": Bool(true)}.AppendBinary(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := DecodeItem(data); err != nil {
			b.Fatal(err)
		}
	}
}

func mustNumber(s string) Value {
	v, err := ParseNumber(s)
	if err != nil {
		panic(err)
	}
	return v
}
