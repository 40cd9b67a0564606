package expression

// KeyConditions turns a bound key-condition expression into one comparison a
// key attribute, the form the legacy parameter KeyConditions has. The error is
// an *Error with AWS's whole text.
func (p *Predicate) KeyConditions() (map[string]Comparison, error) {
	out := map[string]Comparison{}
	if err := keyConditions(p.root, out); err != nil {
		return nil, err
	}
	return out, nil
}

func keyConditions(n *node, out map[string]Comparison) error {
	switch n.op {
	case opAnd:
		for _, a := range n.args {
			if err := keyConditions(a, out); err != nil {
				return err
			}
		}
		return nil
	case opOr:
		return errorf("Invalid operator used in KeyConditionExpression: OR")
	case opNot:
		return errorf("Invalid operator used in KeyConditionExpression: NOT")
	case opIn, opNe, opExists, opNotExists, opType, opContains:
		return errorf("Invalid operator used in KeyConditionExpression: ", n.ref)
	case opSize:
		return errorf("KeyConditionExpressions cannot contain nested operations")
	case opBetween, opBeginsWith:
		if n.args[0].op != opPath {
			return errorf("Invalid condition in KeyConditionExpression: ", n.ref, " operator must have the key attribute as its first operand")
		}
	}
	return keyCondition(n, out)
}

// keyCondition adds one comparison with exactly one attribute.
func keyCondition(n *node, out map[string]Comparison) error {
	at := -1
	var values []Value
	for i, a := range n.args {
		switch {
		case a.op == opValue:
			values = append(values, a.val)
		case a.op != opPath:
			return errorf("KeyConditionExpressions cannot contain nested operations")
		case at >= 0:
			return errorf("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case len(a.path) > 1:
			return errorf("KeyConditionExpressions cannot have conditions on nested attributes")
		default:
			at = i
		}
	}
	if at < 0 {
		return errorf("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	name := n.args[at].path[0].name
	if _, twice := out[name]; twice {
		return errorf("KeyConditionExpressions must only contain one condition per key")
	}
	out[name] = Comparison{Operator: keyOperator(n.op, at != 0), Values: values}
	return nil
}

// keyOperator names an operator as the legacy parameters do; turned says that
// the attribute stands on the right.
func keyOperator(o op, turned bool) string {
	names := map[op][2]string{
		opEq: {"EQ", "EQ"}, opLt: {"LT", "GT"}, opLe: {"LE", "GE"}, opGt: {"GT", "LT"}, opGe: {"GE", "LE"},
		opBetween: {"BETWEEN", ""}, opBeginsWith: {"BEGINS_WITH", ""},
	}
	if turned {
		return names[o][1]
	}
	return names[o][0]
}

// Matches says whether a value fulfils the comparison.
func (c Comparison) Matches(v Value) bool {
	const name = "v"
	return c.node(name).match(Item{name: v})
}
