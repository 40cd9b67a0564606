package expression

import "testing"

func ptr[T any](v T) *T { return &v }

func TestExpected(t *testing.T) {
	doc := item(t, `{"a":{"S":"abc"},"n":{"N":"5"}}`)
	abc, five := String("abc"), mustNumber("5")
	for _, tc := range []struct {
		in       map[string]Expectation
		operator string
		want     bool
		err      string
	}{
		{map[string]Expectation{"a": {Value: &abc}}, "", true, ""},
		{map[string]Expectation{"a": {Value: &five}}, "", false, ""},
		{map[string]Expectation{"q": {Exists: ptr(false)}}, "", true, ""},
		{map[string]Expectation{"a": {Exists: ptr(false)}, "n": {Value: &five}}, "OR", true, ""},
		{map[string]Expectation{"a": {Exists: ptr(false)}, "n": {Value: &five}}, "AND", false, ""},
		{map[string]Expectation{"n": {Operator: ptr("GT"), Value: &five}}, "", false, ""},
		{map[string]Expectation{"n": {Operator: ptr("IN"), List: []Value{five, mustNumber("6")}}}, "", true, ""},
		{map[string]Expectation{"a": {Operator: ptr("NOT_CONTAINS"), List: []Value{String("z")}}}, "", true, ""},
		{map[string]Expectation{"q": {Operator: ptr("NOT_CONTAINS"), List: []Value{String("z")}}}, "", false, ""},
		{map[string]Expectation{"q": {Operator: ptr("NULL")}}, "", true, ""},
		{map[string]Expectation{"a": {}}, "", false, "One or more parameter values were invalid: Value must be provided when Exists is null for Attribute: a"},
		{map[string]Expectation{"a": {Exists: ptr(true)}}, "", false, "One or more parameter values were invalid: Value must be provided when Exists is true for Attribute: a"},
		{map[string]Expectation{"a": {Exists: ptr(false), Value: &abc}}, "", false, "One or more parameter values were invalid: Value cannot be used when Exists is false for Attribute: a"},
		{map[string]Expectation{"a": {Value: &abc, List: []Value{}}}, "", false, "One or more parameter values were invalid: Value and AttributeValueList cannot be used together for Attribute: a"},
		{map[string]Expectation{"a": {List: []Value{}}}, "", false, "One or more parameter values were invalid: AttributeValueList can only be used with a ComparisonOperator for Attribute: a"},
		{map[string]Expectation{"a": {Operator: ptr("EQ"), Exists: ptr(true)}}, "", false, "One or more parameter values were invalid: Exists and ComparisonOperator cannot be used together for Attribute: a"},
		{map[string]Expectation{"a": {Operator: ptr("EQ")}}, "", false, "One or more parameter values were invalid: Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"},
		{map[string]Expectation{"a": {Operator: ptr("NULL"), Value: &abc}}, "", false, "One or more parameter values were invalid: Invalid number of argument(s) for the NULL ComparisonOperator"},
		{map[string]Expectation{"a": {Operator: ptr("BETWEEN"), List: []Value{five, mustNumber("4")}}}, "", false, "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"},
		{map[string]Expectation{"a": {Operator: ptr("IN"), List: []Value{five, abc}}}, "", false, "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type"},
	} {
		p, err := Expected(tc.in, tc.operator)
		if tc.err != "" {
			if err == nil || err.Error() != tc.err {
				t.Errorf("%v: %v, want %s", tc.in, err, tc.err)
			}
			continue
		}
		if err != nil || p.Match(doc) != tc.want {
			t.Errorf("%v: %v, want %v", tc.in, err, tc.want)
		}
	}
}

func TestComparisons(t *testing.T) {
	for _, tc := range []struct {
		in  Comparison
		err string
	}{
		{Comparison{"EQ", nil}, "One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator"},
		{Comparison{"LT", []Value{Bool(true)}}, "One or more parameter values were invalid: ComparisonOperator LT is not valid for BOOL AttributeValue type"},
		{Comparison{"BEGINS_WITH", []Value{mustNumber("1")}}, "One or more parameter values were invalid: ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"},
		{Comparison{"NE", []Value{{}}}, msgEmptyValue},
		{Comparison{"NE", []Value{StringSet("a")}}, ""},
	} {
		err := CheckComparisons(map[string]Comparison{"a": tc.in})
		if (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
			t.Errorf("%v: %v, want %s", tc.in, err, tc.err)
		}
	}
}

func TestAttributeUpdates(t *testing.T) {
	s, n, l, ss := String("s"), mustNumber("1"), List(String("x")), StringSet("a")
	for _, tc := range []struct {
		in             map[string]AttributeUpdate
		old, want, err string
	}{
		{map[string]AttributeUpdate{"a": {Value: &s}, "b": {Action: "DELETE"}}, `{"b":{"S":"1"}}`, `{"a":{"S":"s"}}`, ""},
		{map[string]AttributeUpdate{"a": {"ADD", &n}, "l": {"ADD", &l}, "s": {"ADD", &ss}}, `{"a":{"N":"1"},"l":{"L":[]}}`, `{"a":{"N":"2"},"l":{"L":[{"S":"x"}]},"s":{"SS":["a"]}}`, ""},
		{map[string]AttributeUpdate{"s": {"DELETE", &ss}}, `{"s":{"SS":["a","b"]}}`, `{"s":{"SS":["b"]}}`, ""},
		{map[string]AttributeUpdate{"s": {"ADD", &n}}, `{"s":{"S":"b"}}`, "", msgBadLegacy},
		{map[string]AttributeUpdate{"s": {Action: "PUT"}}, `{}`, "", "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"},
		{map[string]AttributeUpdate{"s": {"ADD", &s}}, `{}`, "", "One or more parameter values were invalid: ADD action is not supported for the type S"},
		{map[string]AttributeUpdate{"s": {"DELETE", &n}}, `{}`, "", "One or more parameter values were invalid: DELETE action with value is not supported for the type N"},
	} {
		c, err := AttributeUpdates(tc.in)
		var got Item
		if err == nil {
			got, err = c.Apply(item(t, tc.old))
		}
		if tc.err != "" {
			if err == nil || err.Error() != tc.err {
				t.Errorf("%v: %v, want %s", tc.in, err, tc.err)
			}
			continue
		}
		if err != nil || string(got.AppendJSON(nil)) != tc.want {
			t.Errorf("%v: %s, %v; want %s", tc.in, got.AppendJSON(nil), err, tc.want)
		}
	}
}
