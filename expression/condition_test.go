package expression

import (
	"strings"
	"testing"
)

// predicate binds a condition with the given names and values (JSON, "" for
// none).
func predicate(text, values string, names map[string]string, t testing.TB) (*Predicate, error) {
	c, err := ParseCondition(text)
	if err != nil {
		return nil, err
	}
	var vals Item
	if values != "" {
		vals = item(t, values)
	}
	params, err := NewParams(names, vals)
	if err != nil {
		return nil, err
	}
	p, err := c.Bind(params)
	if err != nil {
		return nil, err
	}
	return p, params.Unused()
}

var testNames = map[string]string{"#a": "a", "#b": "b", "#s": "size"}

func TestConditionErrors(t *testing.T) {
	vals := `{":a":{"S":"a"},":b":{"S":"b"},":n":{"N":"1"},":m":{"N":"2"},":x":{"BOOL":true},":l":{"L":[]},":t":{"S":"XX"}}`
	for _, tc := range []struct{ text, want string }{
		{"", "The expression can not be empty;"},
		{"  ", "The expression can not be empty;"},
		{strings.Repeat("a", 4097), "Expression size has exceeded the maximum allowed size; expression size: 4097"},
		{"a", `Syntax error; token: "<EOF>", near: "a"`},
		{"a = ", `Syntax error; token: "<EOF>", near: "= "`},
		{"a = :a b", `Syntax error; token: "b", near: ":a b"`},
		{"a = 1", `Syntax error; token: "1", near: "= 1"`},
		{"a ? :a", `Syntax error; token: "?", near: "a ? :a"`},
		{"a = :a AND", `Syntax error; token: "<EOF>", near: "AND"`},
		{"(a) AND b = :b", `Syntax error; token: "AND", near: ") AND b"`},
		{"(a AND b = :b)", `Syntax error; token: "AND", near: "a AND b"`},
		{"NOT (a)", `Syntax error; token: "<EOF>", near: ")"`},
		{"a BETWEEN :a OR :b", `Syntax error; token: "OR", near: ":a OR :b"`},
		{"a[b] = :a", `Syntax error; token: "b", near: "[b]"`},
		{"f() = :a", `Syntax error; token: ")", near: "() ="`},
		{"a[99999999999] = :a", "List index is not within the allowable range; index: [99999999999]"},
		{"((a = :a))", "The expression has redundant parentheses;"},
		{"(((a)) = :a)", "The expression has redundant parentheses;"},
		{"a = ((:a))", "The expression has redundant parentheses;"},
		{"((a = :a)) AND foo(abort)", "The expression has redundant parentheses;"},
		{"foo(abort)", "Invalid function name; function: foo"},
		{"list_append(a, :l) = :a", "The function is not allowed in a condition expression; function: list_append"},
		{"Size(a) = :n", "Invalid function name; function: Size"},
		{"size(a)", "The function is not allowed to be used this way in an expression; function: size"},
		{"a = :a AND size(abort)", "The function is not allowed to be used this way in an expression; function: size"},
		{"attribute_exists(a) = :x", "The function is not allowed to be used this way in an expression; function: attribute_exists"},
		{"contains(a, begins_with(b, :b))", "The function is not allowed to be used this way in an expression; function: begins_with"},
		{"abort = :a", "Attribute name is a reserved keyword; reserved keyword: abort"},
		{"b.Connection[1] = :a", "Attribute name is a reserved keyword; reserved keyword: Connection"},
		{"#c = :a", "An expression attribute name used in the document path is not defined; attribute name: #c"},
		{"a = :c", "An expression attribute value used in expression is not defined; attribute value: :c"},
		{"a = :c AND size(a, b) = :n", "An expression attribute value used in expression is not defined; attribute value: :c"},
		{"size(a, b) = :n AND a = :c", "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2"},
		{"begins_with(a)", "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1"},
		{"a.b = #a.#b", "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a, b]"},
		{"contains(a[1].b, a[1].b)", "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a, [1], b]"},
		{"attribute_exists(:a)", "Operator or function requires a document path; operator or function: attribute_exists"},
		{"begins_with(a, :n)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"begins_with(a, size(b))", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"attribute_type(a, :n)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"},
		{"attribute_type(a, b)", "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
		{"attribute_type(a, :t)", "Invalid attribute type name found; type: XX, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
		{"size(:n) = :n", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
		{"a < :x", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
		{"a BETWEEN :b AND :a", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"},
		{"a BETWEEN :m AND :n", "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
		{"a BETWEEN :a AND :n", "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:a}, upper bound operand: AttributeValue: {N:1}"},
		{"a IN (" + strings.Repeat(":a,", 100) + ":a)", "The IN operator is provided with too many operands; number of operands: 101"},
		{"a = :a" + strings.Repeat(" OR a = :a", 150), "The expression contains too many operators; operator count: 301"},
		{"a" + strings.Repeat(".a", 32) + " = :a", "The document path has too many nesting elements; nesting elements: 33"},
		{"a = :a", "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b, #s}"},
		{"#a = :a OR #b = :b OR #s = :n", "Value provided in ExpressionAttributeValues unused in expressions: keys: {:l, :m, :t, :x}"},
	} {
		_, err := predicate(tc.text, vals, testNames, t)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%.60s\n got %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

func TestParamsErrors(t *testing.T) {
	for _, tc := range []struct {
		names  map[string]string
		values string
		want   string
	}{
		{map[string]string{}, "", "ExpressionAttributeNames must not be empty"},
		{map[string]string{"a": "b"}, "", `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`},
		{map[string]string{"#": "b"}, "", `ExpressionAttributeNames contains invalid key: Syntax error; key: "#"`},
		{nil, `{}`, "ExpressionAttributeValues must not be empty"},
		{nil, `{":é":{"S":"a"}}`, `ExpressionAttributeValues contains invalid key: Syntax error; key: ":é"`},
		{nil, `{":b":{"S":"a"},":a":{"N":"z"}}`, "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: z for key :a"},
	} {
		var vals Item
		if tc.values != "" {
			vals = item(t, tc.values)
		}
		if _, err := NewParams(tc.names, vals); err == nil || err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
}

func TestMatch(t *testing.T) {
	doc := item(t, `{"a":{"S":"abc"},"n":{"N":"5"},"b":{"B":"AAEC"},"t":{"BOOL":true},"z":{"NULL":true},"ss":{"SS":["x","y"]},"ns":{"NS":["1","2"]},
		"l":{"L":[{"S":"x"},{"N":"2"},{"M":{"k":{"S":"v"}}}]},"m":{"M":{"k":{"N":"1"},"size":{"S":"big"}}},"e":{"S":""},"u":{"S":"aé😀"}}`)
	vals := `{":a":{"S":"abc"},":ab":{"S":"ab"},":n":{"N":"5.0"},":n1":{"N":"1"},":n9":{"N":"9"},":four":{"N":"4"},":x":{"S":"x"},":ss":{"SS":["y","x"]},":B":{"B":"AAE="},":SS":{"S":"SS"},":t":{"BOOL":true},":m":{"M":{"k":{"S":"v"}}}}`
	for _, tc := range []struct {
		text string
		want bool
	}{
		{"a = :a", true}, {"a <> :a", false}, {"a = :n", false}, {"a <> :n", true}, {"q = :a", false}, {"q <> :a", true}, {"q = r", false}, {"q <> r", true},
		{"n = :n", true}, {"n < :n9", true}, {"n <= :n", true}, {"n > :n1", true}, {"n >= :n9", false}, {"q < :n", false}, {"a < :n", false},
		{"n BETWEEN :n1 AND :n9", true}, {"n BETWEEN :n9 AND m.k", false}, {"m.k BETWEEN :n1 AND n", true}, {"q BETWEEN :n1 AND :n9", false},
		{"a IN (:n, :ab, :a)", true}, {"a IN (:n, :ab)", false}, {"q IN (:a)", false}, {"ss IN (:ss)", true},
		{"ss = :ss", true}, {"t = :t", true}, {"l[2] = :m", true}, {"l[0] = :x", true}, {"l[7] = :x", false}, {"m.#s <> :a", true}, {"a.b = :a", false},
		{"attribute_exists(m.k)", true}, {"attribute_exists(m.q)", false}, {"attribute_not_exists(q)", true}, {"attribute_exists(e)", true}, {"attribute_exists(z)", true},
		{"attribute_type(ss, :SS)", true}, {"attribute_type(q, :SS)", false}, {"attribute_type(l, :SS)", false},
		{"begins_with(a, :ab)", true}, {"begins_with(a, :x)", false}, {"begins_with(b, :B)", true}, {"begins_with(n, :ab)", false},
		{"contains(a, :ab)", true}, {"contains(ss, :x)", true}, {"contains(ns, :n1)", true}, {"contains(ns, :x)", false}, {"contains(l, :x)", true}, {"contains(l, :m)", true}, {"contains(b, :B)", true}, {"contains(q, :x)", false},
		{"size(a) > :n1", true}, {"size(ss) = size(ns)", true}, {"size(l) < :n", true}, {"size(n) > :n1", false}, {"size(q) > :n1", false}, {"size(m) < :n", true}, {"size(b) <= size(a)", true}, {"size(u) = :four", true},
		{"NOT a = :a", false}, {"NOT q = :a", true}, {"NOT (NOT a = :a)", true}, {"NOT (a = :a AND n = :n1)", true},
		{"a = :a AND n = :n1 OR t = :t", true}, {"t = :t OR a = :a AND n = :n1", true}, {"(t = :t OR a = :a) AND n = :n1", false}, {"a = :a and not n = :n1", true},
		{"(a) = (:a)", true}, {"(m).k = :n1", true}, {"(a = :a)", true}, {"(attribute_exists(a)) AND (NOT (q = :a))", true}, {"((a = :a) OR n = :n1)", true},
		{"#a = :a AND\r\n\t#b > :B", true},
	} {
		c, err := ParseCondition(tc.text)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		params, err := NewParams(testNames, item(t, vals))
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Bind(params)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if got := p.Match(doc); got != tc.want {
			t.Errorf("%s is %v", tc.text, got)
		}
	}
}

func TestKeyConditions(t *testing.T) {
	vals := `{":a":{"S":"a"},":b":{"S":"b"}}`
	for _, tc := range []struct{ text, want string }{
		{"a = :a OR b = :b", "Invalid operator used in KeyConditionExpression: OR"},
		{"NOT a = :a AND b = :b", "Invalid operator used in KeyConditionExpression: NOT"},
		{"a IN (:a, :b)", "Invalid operator used in KeyConditionExpression: IN"},
		{"a <> :a AND b = :b", "Invalid operator used in KeyConditionExpression: <>"},
		{"attribute_exists(a) AND b = :b AND c = :a", "Invalid operator used in KeyConditionExpression: attribute_exists"},
		{"size(a) = :b AND c = :a", "KeyConditionExpressions cannot contain nested operations"},
		{":a BETWEEN b AND :b", "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand"},
		{"begins_with(:a, b) AND c = :b", "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand"},
		{"a = b AND c = :a AND d = :b", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
		{"a.b = :a AND c = :b", "KeyConditionExpressions cannot have conditions on nested attributes"},
		{":a = :b", "Invalid condition in KeyConditionExpression: No key attribute specified"},
		{"a = :a AND a > :b", "KeyConditionExpressions must only contain one condition per key"},
	} {
		p, err := predicate(tc.text, vals, nil, t)
		if err != nil {
			t.Fatalf("%s: %v", tc.text, err)
		}
		if _, err := p.KeyConditions(); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.text, err, tc.want)
		}
	}
	p, err := predicate("a = :a AND :b > b", vals, nil, t)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.KeyConditions()
	if err != nil || got["a"].Operator != "EQ" || got["b"].Operator != "LT" || got["b"].Values[0].Text() != "b" {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a = :a AND NOT (b.c[1] < size(#d)) OR e IN (:f)", "SET a = if_not_exists(b, :c) + :d REMOVE e[0] ADD f :g DELETE h :i", "a, b.c[2], #d", "((a", "a BETWEEN :b AND :c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		names := map[string]string{"#d": "d", "#x": "x"}
		doc := Item{"a": List(String("q"), Map(Item{"c": Bool(true)})), "b": Map(Item{"c": List()}), "x": StringSet("1", "2")}
		params, err := NewParams(names, Item{":a": String("a"), ":b": List(), ":c": StringSet("1"), ":d": Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := ParseCondition(s); err == nil {
			if p, err := c.Bind(params); err == nil {
				p.Match(doc)
				_, _ = p.KeyConditions()
			}
		}
		if pr, err := ParseProjection(s); err == nil {
			if sel, err := pr.Bind(params); err == nil {
				sel.Of(doc)
			}
		}
		u, err := ParseUpdate(s)
		if err != nil {
			return
		}
		ch, err := u.Bind(params)
		if err != nil {
			return
		}
		before := doc.AppendBinary(nil)
		if out, err := ch.Apply(doc); err == nil && out.Check() != nil {
			t.Fatalf("%q leaves %v", s, out.Check())
		}
		if string(before) != string(doc.AppendBinary(nil)) {
			t.Fatalf("%q changed the old item", s)
		}
	})
}
