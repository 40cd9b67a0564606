package policy

import (
	"encoding/base64"
	"strings"
)

// verdict is what one value of the request says about one condition.
type verdict uint8

const (
	verdictNo verdict = iota
	verdictYes
	// verdictBad: the request's value cannot be read as what the operator
	// compares (no number, no address).
	verdictBad
)

// holds says whether the condition is met. Where the request cannot be judged
// (an unreadable value, several values under an operator that compares one)
// the answer is the one that gives less access: met for a Deny statement, not
// met for an Allow.
func (c *condition) holds(ctx *Context, deny bool) bool {
	values, present := ctx.Get(c.key)
	op := &c.operator
	if op.family == familyNull {
		for _, absent := range c.absent {
			if absent != present {
				return true
			}
		}
		return false
	}
	if !present {
		switch {
		case op.ifExists, op.set == setForAll:
			return true
		case op.set == setForAny:
			return false
		}
		return op.negated
	}
	if op.set == setNone && len(values) > 1 {
		return deny
	}
	all, some := true, false
	for _, v := range values {
		switch c.judge(v, ctx) {
		case verdictBad:
			return deny
		case verdictYes:
			some = true
		case verdictNo:
			all = false
		}
	}
	if op.set == setForAny {
		return some
	}
	return all
}

// judge applies the operator, negation included, to one value of the request:
// any value of the policy for the plain ones, none of them for negated ones.
func (c *condition) judge(value string, ctx *Context) verdict {
	found, ok := c.matchAny(value, ctx)
	switch {
	case !ok:
		return verdictBad
	case found != c.operator.negated:
		return verdictYes
	}
	return verdictNo
}

// matchAny says whether some value of the policy matches; ok is false when the
// request's value cannot be read.
func (c *condition) matchAny(value string, ctx *Context) (found, ok bool) {
	switch c.operator.family {
	case familyNumeric:
		return c.matchNumber(value)
	case familyDate:
		return c.matchDate(value)
	case familyIP:
		return c.matchAddress(value)
	case familyBinary:
		return c.matchBytes(value)
	case familyARN:
		// A value that is no ARN is like no ARN.
		if strings.Count(value, ":") < 5 || !strings.HasPrefix(value, "arn:") {
			return false, true
		}
	case familyString, familyBool, familyNull:
	}
	for i := range c.patterns {
		if c.patterns[i].match(value, ctx) {
			return true, true
		}
	}
	return false, true
}

func (c *condition) matchNumber(value string) (found, ok bool) {
	n, ok := parseDecimal(value)
	if !ok {
		return false, false
	}
	for _, want := range c.numbers {
		if c.operator.order.holds(n.compare(want)) {
			return true, true
		}
	}
	return false, true
}

func (c *condition) matchDate(value string) (found, ok bool) {
	t, ok := parseDate(value)
	if !ok {
		return false, false
	}
	for _, want := range c.times {
		if c.operator.order.holds(t.Compare(want)) {
			return true, true
		}
	}
	return false, true
}

func (c *condition) matchAddress(value string) (found, ok bool) {
	a, ok := parseAddress(value)
	if !ok {
		return false, false
	}
	for _, n := range c.networks {
		if n.Contains(a) {
			return true, true
		}
	}
	return false, true
}

func (c *condition) matchBytes(value string) (found, ok bool) {
	b, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return false, false
	}
	for _, want := range c.blobs {
		if string(b) == want {
			return true, true
		}
	}
	return false, true
}

// matchAction says whether the statement speaks about the action.
func (s *statement) matchAction(action string) bool {
	for i := range s.actions {
		if s.actions[i].matchAll() || s.actions[i].match(action, nil) {
			return !s.notAction
		}
	}
	return s.notAction
}

// matchResource says whether the statement speaks about the resource. A
// statement without a Resource element (a trust policy) speaks about any.
func (s *statement) matchResource(resource string, ctx *Context) bool {
	if !s.hasResource {
		return true
	}
	for i := range s.resources {
		if s.resources[i].matchAll() || s.resources[i].match(resource, ctx) {
			return !s.notResource
		}
	}
	return s.notResource
}

// matchConditions says whether all conditions hold.
func (s *statement) matchConditions(ctx *Context) bool {
	for i := range s.conditions {
		if !s.conditions[i].holds(ctx, s.deny) {
			return false
		}
	}
	return true
}
