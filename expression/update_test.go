package expression

import (
	"testing"
)

func change(text, values string, names map[string]string, t testing.TB) (*Change, error) {
	u, err := ParseUpdate(text)
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
	return u.Bind(params)
}

const updateValues = `{":s":{"S":"s"},":n":{"N":"2"},":l":{"L":[{"S":"x"}]},":ss":{"SS":["a","b"]},":ns":{"NS":["1"]},":m":{"M":{"k":{"S":"v"}}},":t":{"BOOL":true},":big":{"N":"9e125"}}`

func TestUpdateErrors(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", "The expression can not be empty;"},
		{"PUT a :s", `Syntax error; token: "PUT", near: "PUT a"`},
		{"SET a", `Syntax error; token: "<EOF>", near: "a"`},
		{"SET a = :s,", `Syntax error; token: "<EOF>", near: ","`},
		{"SET a = :s + :n + :n", `Syntax error; token: "+", near: ":n + :n"`},
		{"SET a = b = c", `Syntax error; token: "=", near: "b = c"`},
		{"ADD a b", `Syntax error; token: "b", near: "a b"`},
		{"REMOVE a SET", `Syntax error; token: "<EOF>", near: "SET"`},
		{"SET abort = foo(a)", "Attribute name is a reserved keyword; reserved keyword: abort"},
		{"SET a = foo(b)", "Invalid function name; function: foo"},
		{"SET a = size(b)", "The function is not allowed in an update expression; function: size"},
		{"SET a = :s REMOVE b SET c = :s", `The "SET" section can only be used once in an update expression;`},
		{"SET #z = :q", "An expression attribute name used in the document path is not defined; attribute name: #z"},
		{"SET a = :q", "An expression attribute value used in expression is not defined; attribute value: :q"},
		{"SET a = :s REMOVE a", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"SET a.b = :s, a.b[1].c = :s", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, b, [1], c]"},
		{"SET a.b = :s, a[1] = :s", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]"},
		{"ADD a :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
		{"ADD a :l", "Incorrect operand type for operator or function; operator: ADD, operand type: LIST"},
		{"DELETE a :n", "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"},
		{"SET a = if_not_exists(b)", "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"},
		{"SET a = if_not_exists(:s, :s)", "Operator or function requires a document path; operator or function: if_not_exists"},
		{"SET a = list_append(b, :s)", "Incorrect operand type for operator or function; operator or function: list_append, operand type: S"},
		{"SET a = b + :s", "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
		{"SET a = :t - b", "Incorrect operand type for operator or function; operator or function: -, operand type: BOOL"},
		{"SET a = ((:s))", "The expression has redundant parentheses;"},
	} {
		if _, err := change(tc.text, updateValues, nil, t); err == nil || err.Error() != tc.want {
			t.Errorf("%s\n got %v\nwant %s", tc.text, err, tc.want)
		}
	}
}

func TestApply(t *testing.T) {
	for _, tc := range []struct{ text, old, want, err string }{
		{"SET a = :s, b.c = :n", `{"b":{"M":{}}}`, `{"a":{"S":"s"},"b":{"M":{"c":{"N":"2"}}}}`, ""},
		{"SET a = b, b = a", `{"a":{"S":"1"},"b":{"S":"2"}}`, `{"a":{"S":"2"},"b":{"S":"1"}}`, ""},
		{"SET a = c REMOVE c", `{"c":{"S":"1"}}`, `{"a":{"S":"1"}}`, ""},
		{"SET a = (a + :n), b = :n - a", `{"a":{"N":"5"}}`, `{"a":{"N":"7"},"b":{"N":"-3"}}`, ""},
		{"SET a = if_not_exists(a, :n) + :n", `{}`, `{"a":{"N":"4"}}`, ""},
		{"SET a = if_not_exists(a, :n)", `{"a":{"S":"q"}}`, `{"a":{"S":"q"}}`, ""},
		{"SET a = list_append(if_not_exists(a, :l), :l)", `{}`, `{"a":{"L":[{"S":"x"},{"S":"x"}]}}`, ""},
		{"SET a = list_append(:l, a)", `{"a":{"L":[{"N":"1"}]}}`, `{"a":{"L":[{"S":"x"},{"N":"1"}]}}`, ""},
		{"SET a[1] = :n, a[9] = :s, a[7] = :t REMOVE a[0]", `{"a":{"L":[{"S":"0"},{"S":"1"},{"S":"2"}]}}`, `{"a":{"L":[{"N":"2"},{"S":"2"},{"BOOL":true},{"S":"s"}]}}`, ""},
		{"REMOVE a[0], a[1], a[5]", `{"a":{"L":[{"S":"0"},{"S":"1"},{"S":"2"}]}}`, `{"a":{"L":[{"S":"2"}]}}`, ""},
		{"SET a[0].k = :n", `{"a":{"L":[{"M":{"j":{"S":"1"}}}]}}`, `{"a":{"L":[{"M":{"j":{"S":"1"},"k":{"N":"2"}}}]}}`, ""},
		{"ADD a :n, b :ss, c :ns", `{"b":{"SS":["b","c"]}}`, `{"a":{"N":"2"},"b":{"SS":["b","c","a"]},"c":{"NS":["1"]}}`, ""},
		{"ADD a.b :n", `{"a":{"M":{"b":{"N":"-2"}}}}`, `{"a":{"M":{"b":{"N":"0"}}}}`, ""},
		{"DELETE a :ss, b :ss, c :ss", `{"a":{"SS":["a","z"]},"b":{"SS":["a"]}}`, `{"a":{"SS":["z"]}}`, ""},
		{"REMOVE q", `{"a":{"S":"1"}}`, `{"a":{"S":"1"}}`, ""},
		{"SET a.b = :s", `{}`, "", msgBadPath},
		{"SET a.b = :s", `{"a":{"S":"1"}}`, "", msgBadPath},
		{"SET a[0] = :s", `{"a":{"M":{}}}`, "", msgBadPath},
		{"REMOVE a.b", `{}`, "", msgBadPath},
		{"SET a = b", `{}`, "", msgNoOperand},
		{"SET a = a + :n", `{}`, "", msgNoOperand},
		{"SET a = a + :n", `{"a":{"S":"1"}}`, "", msgBadOperand},
		{"SET a = list_append(a, :l)", `{"a":{"S":"1"}}`, "", msgBadOperand},
		{"ADD a :n", `{"a":{"S":"1"}}`, "", msgBadOperand},
		{"ADD a :ss", `{"a":{"NS":["1"]}}`, "", msgBadOperand},
		{"DELETE a :ss", `{"a":{"NS":["1"]}}`, "", msgBadOperand},
		{"ADD a :big", `{"a":{"N":"9e125"}}`, "", msgOverflow},
		{"ADD a :n", `{"a":{"N":"0.00000000000000000000000000000000000001"}}`, "", msgTooPrecise},
	} {
		c, err := change(tc.text, updateValues, nil, t)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		old := item(t, tc.old)
		got, err := c.Apply(old)
		switch {
		case tc.err != "":
			if err == nil || err.Error() != tc.err {
				t.Errorf("%s on %s: %v, want %s", tc.text, tc.old, err, tc.err)
			}
		case err != nil:
			t.Errorf("%s on %s: %v", tc.text, tc.old, err)
		case string(got.AppendJSON(nil)) != tc.want:
			t.Errorf("%s on %s:\n got %s\nwant %s", tc.text, tc.old, got.AppendJSON(nil), tc.want)
		}
		if !old.Equal(item(t, tc.old)) {
			t.Errorf("%s changed the old item", tc.text)
		}
	}
}

func TestProjection(t *testing.T) {
	doc := item(t, `{"a":{"S":"1"},"l":{"L":[{"S":"0"},{"M":{"x":{"S":"1"},"y":{"S":"2"}}},{"S":"2"}]},"m":{"M":{"k":{"M":{"z":{"N":"1"}}}}}}`)
	for _, tc := range []struct{ text, want, err string }{
		{"a, q", `{"a":{"S":"1"}}`, ""},
		{"l[2], l[0]", `{"l":{"L":[{"S":"0"},{"S":"2"}]}}`, ""},
		{"l[1].x, m.k.z, m.q", `{"l":{"L":[{"M":{"x":{"S":"1"}}}]},"m":{"M":{"k":{"M":{"z":{"N":"1"}}}}}}`, ""},
		{"l[9], a.b, m[1]", `{}`, ""},
		{"a,", "", `Syntax error; token: "<EOF>", near: ","`},
		{"a b", "", `Syntax error; token: "b", near: "a b"`},
		{"abort", "", "Attribute name is a reserved keyword; reserved keyword: abort"},
		{"#q", "", "An expression attribute name used in the document path is not defined; attribute name: #q"},
		{"a, a", "", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"a.b, a[0]", "", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [0]]"},
	} {
		got, err := project(tc.text, doc)
		if tc.err != "" {
			if err == nil || err.Error() != tc.err {
				t.Errorf("%s: %v, want %s", tc.text, err, tc.err)
			}
			continue
		}
		if err != nil || string(got.AppendJSON(nil)) != tc.want {
			t.Errorf("%s: %s, %v; want %s", tc.text, got.AppendJSON(nil), err, tc.want)
		}
	}
}

func project(text string, doc Item) (Item, error) {
	pr, err := ParseProjection(text)
	if err != nil {
		return nil, err
	}
	params, err := NewParams(nil, nil)
	if err != nil {
		return nil, err
	}
	sel, err := pr.Bind(params)
	if err != nil {
		return nil, err
	}
	return sel.Of(doc), nil
}
