package dynamodb

import (
	"strings"

	"github.com/bawn-dev/bawn/expression"
	"github.com/bawn-dev/bawn/internal/shape/dynamodb"
)

// parameters are the expressions of a request with their names and values,
// whatever operation it is of. Nil is absent.
type parameters struct {
	names        map[string]string
	values       expression.Item
	update       *string
	condition    *string
	keyCondition *string
	filter       *string
	projection   *string
}

// compiled are the parameters bound to each other.
type compiled struct {
	change    *expression.Change
	condition *expression.Predicate
	keys      map[string]expression.Comparison // nil without key condition
	filter    *expression.Predicate
	selection *expression.Selection
	params    *expression.Params
}

// named is a parameter's name and whether it is given.
type named struct {
	name  string
	given bool
}

func givenNames(list []named) []string {
	var out []string
	for _, p := range list {
		if p.given {
			out = append(out, p.name)
		}
	}
	return out
}

// checkMixture refuses legacy parameters beside expressions, and names or
// values without an expression to use them.
func (p *parameters) checkMixture(expressions, legacy []named) error {
	used := givenNames(expressions)
	if len(used) > 0 {
		if old := givenNames(legacy); len(old) > 0 {
			return validation("Can not use both expression and non-expression parameters in the same request: " +
				"Non-expression parameters: {" + strings.Join(old, ", ") + "} Expression parameters: {" + strings.Join(used, ", ") + "}")
		}
	} else if p.names != nil {
		return validation("ExpressionAttributeNames can only be specified when using expressions")
	}
	if p.values == nil {
		return nil
	}
	var taking []string
	for _, e := range expressions {
		if e.name == "ProjectionExpression" {
			continue
		}
		if e.given {
			return nil
		}
		taking = append(taking, e.name)
	}
	verb := " is null"
	if len(taking) > 1 {
		verb = " are null"
	}
	return validation("ExpressionAttributeValues can only be specified when using expressions: " + strings.Join(taking, " and ") + verb)
}

// compile parses and binds all expressions in AWS's order.
func (s *Service) compile(p *parameters) (*compiled, error) {
	c := &compiled{}
	if p.names == nil && p.values == nil && p.update == nil && p.condition == nil && p.keyCondition == nil && p.filter == nil && p.projection == nil {
		return c, nil
	}
	var err error
	if c.params, err = expression.NewParams(p.names, p.values); err != nil {
		return nil, fromExpression("", err)
	}
	if p.update != nil {
		u, err := s.texts.update(*p.update)
		if err == nil {
			c.change, err = u.Bind(c.params)
		}
		if err != nil {
			return nil, fromExpression("Invalid UpdateExpression: ", err)
		}
	}
	if c.condition, err = s.predicate("ConditionExpression", p.condition, c.params); err != nil {
		return nil, err
	}
	key, err := s.predicate("KeyConditionExpression", p.keyCondition, c.params)
	if err != nil {
		return nil, err
	}
	if c.filter, err = s.predicate("FilterExpression", p.filter, c.params); err != nil {
		return nil, err
	}
	if p.projection != nil {
		pr, err := s.texts.projection(*p.projection)
		if err == nil {
			c.selection, err = pr.Bind(c.params)
		}
		if err != nil {
			return nil, fromExpression("Invalid ProjectionExpression: ", err)
		}
	}
	if err := c.params.Unused(); err != nil {
		return nil, fromExpression("", err)
	}
	if key != nil {
		if c.keys, err = key.KeyConditions(); err != nil {
			return nil, fromExpression("", err)
		}
	}
	return c, nil
}

func (s *Service) predicate(parameter string, text *string, params *expression.Params) (*expression.Predicate, error) {
	if text == nil {
		return nil, nil
	}
	var p *expression.Predicate
	c, err := s.texts.condition(*text)
	if err == nil {
		p, err = c.Bind(params)
	}
	if err != nil {
		return nil, fromExpression("Invalid "+parameter+": ", err)
	}
	return p, nil
}

// expectedPredicate translates the legacy parameter Expected.
func expectedPredicate(expected map[string]dynamodb.ExpectedAttributeValue, operator *string) (*expression.Predicate, error) {
	if len(expected) == 0 {
		if operator != nil {
			return nil, validation("ConditionalOperator cannot be used without Filter or Expected")
		}
		return nil, nil
	}
	m := make(map[string]expression.Expectation, len(expected))
	for name, e := range expected {
		m[name] = expression.Expectation{Value: e.Value, Exists: e.Exists, Operator: e.ComparisonOperator, List: e.AttributeValueList}
	}
	p, err := expression.Expected(m, text(operator))
	return p, fromExpression("", err)
}

// comparisons translates a legacy map of conditions and checks it.
func comparisons(conditions map[string]dynamodb.Condition) (map[string]expression.Comparison, error) {
	if conditions == nil {
		return nil, nil
	}
	m := make(map[string]expression.Comparison, len(conditions))
	for name, c := range conditions {
		m[name] = expression.Comparison{Operator: text(c.ComparisonOperator), Values: c.AttributeValueList}
	}
	return m, fromExpression("", expression.CheckComparisons(m))
}

// attributesToGet translates the legacy parameter AttributesToGet.
func attributesToGet(names []string) (*expression.Selection, error) {
	if names == nil {
		return nil, nil
	}
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if seen[n] {
			return nil, invalidParameter("Duplicate value in attribute name: " + n)
		}
		seen[n] = true
	}
	return expression.SelectAttributes(names...), nil
}

// text returns what p points to, "" for nil.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func truth(p *bool) bool { return p != nil && *p }
