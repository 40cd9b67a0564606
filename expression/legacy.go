package expression

import (
	"slices"
)

// Comparison is one legacy condition (types Condition and ExpectedAttributeValue
// of the API), and also one condition of a key-condition expression.
type Comparison struct {
	// Operator is EQ, NE, LE, LT, GE, GT, NOT_NULL, NULL, CONTAINS,
	// NOT_CONTAINS, BEGINS_WITH, IN or BETWEEN.
	Operator string
	Values   []Value
}

// operands returns how many values an operator takes; most < 0 is no limit.
func operands(operator string) (least, most int) {
	switch operator {
	case "NULL", "NOT_NULL":
		return 0, 0
	case "IN":
		return 1, -1
	case "BETWEEN":
		return 2, 2
	}
	return 1, 1
}

// allowsType says whether an operator takes values of a type.
func allowsType(operator string, k Kind) bool {
	switch operator {
	case "EQ", "NE":
		return true
	case "BEGINS_WITH":
		return k == KindS || k == KindB
	case "NULL", "NOT_NULL":
		return true
	}
	return k == KindS || k == KindN || k == KindB
}

// CheckComparisons makes the checks of KeyConditions, QueryFilter and
// ScanFilter. The error is an *Error with AWS's whole text.
func CheckComparisons(conditions map[string]Comparison) error {
	for _, name := range sortedKeys(conditions) {
		c := conditions[name]
		for _, v := range c.Values {
			if err := v.Check(); err != nil {
				return &Error{err.Error()}
			}
		}
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Comparison) check() error {
	if err := c.checkCount(); err != nil {
		return err
	}
	for _, v := range c.Values {
		if v.kind != c.Values[0].kind {
			return errorf(msgInvalid, "AttributeValues inside AttributeValueList must be of same type")
		}
	}
	for _, v := range c.Values {
		if !allowsType(c.Operator, v.kind) {
			return errorf(msgInvalid, "ComparisonOperator ", c.Operator, " is not valid for ", v.kind.String(), " AttributeValue type")
		}
	}
	return c.checkBounds()
}

func (c Comparison) checkCount() error {
	least, most := operands(c.Operator)
	if len(c.Values) < least || most >= 0 && len(c.Values) > most {
		return errorf(msgInvalid, "Invalid number of argument(s) for the ", c.Operator, " ComparisonOperator")
	}
	return nil
}

func (c Comparison) checkBounds() error {
	if c.Operator == "BETWEEN" {
		if order, ok := compare(c.Values[0], c.Values[1]); ok && order > 0 {
			return errorf("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
		}
	}
	return nil
}

// node makes the tree of the comparison on a top-level attribute.
func (c Comparison) node(name string) *node {
	n := &node{args: []*node{{op: opPath, path: path{{name: name}}}}}
	for _, v := range c.Values {
		n.args = append(n.args, &node{op: opValue, val: v, typ: v.kind, immediate: true})
	}
	switch c.Operator {
	case "EQ":
		n.op = opEq
	case "NE":
		n.op = opNe
	case "LE":
		n.op = opLe
	case "LT":
		n.op = opLt
	case "GE":
		n.op = opGe
	case "GT":
		n.op = opGt
	case "NOT_NULL":
		n.op = opExists
	case "NULL":
		n.op = opNotExists
	case "CONTAINS":
		n.op = opContains
	case "NOT_CONTAINS":
		n.op = opNotContains
	case "BEGINS_WITH":
		n.op = opBeginsWith
	case "IN":
		n.op = opIn
	case "BETWEEN":
		n.op = opBetween
	default:
		n.op = opConst // never true
	}
	return n
}

// Comparisons translates a legacy filter to a predicate. operator is AND, OR
// or "" for AND. No conditions give a nil Predicate, which always holds.
func Comparisons(conditions map[string]Comparison, operator string) *Predicate {
	if len(conditions) == 0 {
		return nil
	}
	p := &Predicate{root: &node{op: opAnd}}
	if operator == "OR" {
		p.root.op = opOr
	}
	for _, name := range sortedKeys(conditions) {
		p.root.args = append(p.root.args, conditions[name].node(name))
		p.heads = append(p.heads, name)
	}
	return p
}

// Expectation is one entry of the legacy parameter Expected.
type Expectation struct {
	Value    *Value
	Exists   *bool
	Operator *string
	// List is AttributeValueList; nil if it is absent.
	List []Value
}

// Expected checks the legacy parameter Expected and translates it to a
// predicate; operator is ConditionalOperator. The error is an *Error with AWS's
// whole text. No expectations give a nil Predicate.
func Expected(expected map[string]Expectation, operator string) (*Predicate, error) {
	conditions := make(map[string]Comparison, len(expected))
	for _, name := range sortedKeys(expected) {
		c, err := expected[name].comparison(name)
		if err != nil {
			return nil, err
		}
		conditions[name] = c
	}
	return Comparisons(conditions, operator), nil
}

func (e Expectation) comparison(name string) (Comparison, error) {
	if e.List != nil && e.Value != nil {
		return Comparison{}, errorf(msgInvalid, "Value and AttributeValueList cannot be used together for Attribute: ", name)
	}
	if e.Operator != nil {
		return e.withOperator(name)
	}
	if e.List != nil {
		return Comparison{}, errorf(msgInvalid, "AttributeValueList can only be used with a ComparisonOperator for Attribute: ", name)
	}
	exists, given := true, "null"
	if e.Exists != nil {
		exists, given = *e.Exists, "true"
	}
	switch {
	case exists && e.Value == nil:
		return Comparison{}, errorf(msgInvalid, "Value must be provided when Exists is ", given, " for Attribute: ", name)
	case !exists && e.Value != nil:
		return Comparison{}, errorf(msgInvalid, "Value cannot be used when Exists is false for Attribute: ", name)
	case !exists:
		return Comparison{Operator: "NULL"}, nil
	}
	if err := e.Value.Check(); err != nil {
		return Comparison{}, &Error{err.Error()}
	}
	return Comparison{Operator: "EQ", Values: []Value{*e.Value}}, nil
}

func (e Expectation) withOperator(name string) (Comparison, error) {
	c := Comparison{Operator: *e.Operator, Values: e.List}
	if e.Exists != nil {
		return c, errorf(msgInvalid, "Exists and ComparisonOperator cannot be used together for Attribute: ", name)
	}
	if e.Value != nil {
		c.Values = []Value{*e.Value}
	}
	if e.List == nil && e.Value == nil && c.Operator != "NULL" && c.Operator != "NOT_NULL" {
		return c, errorf(msgInvalid, "Value or AttributeValueList must be used with ComparisonOperator: ", c.Operator, " for Attribute: ", name)
	}
	if err := c.checkCount(); err != nil {
		return c, err
	}
	for _, v := range c.Values {
		if err := v.Check(); err != nil {
			return c, &Error{err.Error()}
		}
	}
	return c, c.check()
}

// AttributeUpdate is one entry of the legacy parameter AttributeUpdates.
type AttributeUpdate struct {
	// Action is PUT, ADD, DELETE or "" for PUT.
	Action string
	Value  *Value
}

// AttributeUpdates checks the legacy parameter AttributeUpdates and translates
// it. The error is an *Error with AWS's whole text. A nil map gives a nil
// Change.
func AttributeUpdates(updates map[string]AttributeUpdate) (*Change, error) {
	if updates == nil {
		return nil, nil
	}
	c := &Change{}
	for _, name := range sortedKeys(updates) {
		a, err := updates[name].action(name)
		if err != nil {
			return nil, err
		}
		c.actions = append(c.actions, a)
	}
	return c, nil
}

func (u AttributeUpdate) action(name string) (boundAction, error) {
	a := boundAction{path: path{{name: name}}, legacy: true}
	if u.Value == nil {
		if u.Action != "DELETE" {
			return a, errorf(msgInvalid, "Only DELETE action is allowed when no attribute value is specified")
		}
		a.kind = actRemove
		return a, nil
	}
	if err := u.Value.Check(); err != nil {
		return a, &Error{err.Error()}
	}
	k := u.Value.kind
	a.value = &node{op: opValue, val: *u.Value, typ: k, immediate: true}
	switch u.Action {
	case "ADD":
		a.kind = actAdd
		if !k.IsSet() && k != KindN && k != KindL {
			return a, errorf(msgInvalid, "ADD action is not supported for the type ", k.String())
		}
	case "DELETE":
		a.kind = actDelete
		if !k.IsSet() {
			return a, errorf(msgInvalid, "DELETE action with value is not supported for the type ", k.String())
		}
	}
	return a, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
