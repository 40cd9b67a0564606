package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// condition is one key under one operator of a Condition element.
type condition struct {
	operator operator
	name     string // the operator as written
	key      string
	// exactly one of these holds the values, by operator
	patterns []pattern
	numbers  []decimal
	times    []time.Time
	networks []netip.Prefix
	blobs    []string
	absent   []bool // Null: the key must be absent
	sources  []string
}

// operator is a condition operator taken apart.
type operator struct {
	family   family
	order    order
	negated  bool
	ifExists bool
	set      setOperator
	// wildcards and fold are for strings.
	wildcards, fold bool
}

type family uint8

const (
	familyString family = iota
	familyNumeric
	familyDate
	familyBool
	familyBinary
	familyIP
	familyARN
	familyNull
)

// order is how numbers and dates compare.
type order uint8

const (
	orderEqual order = iota
	orderLess
	orderLessEqual
	orderGreater
	orderGreaterEqual
)

func (o order) holds(cmp int) bool {
	switch o {
	case orderLess:
		return cmp < 0
	case orderLessEqual:
		return cmp <= 0
	case orderGreater:
		return cmp > 0
	case orderGreaterEqual:
		return cmp >= 0
	}
	return cmp == 0
}

type setOperator uint8

const (
	setNone setOperator = iota
	setForAll
	setForAny
)

// operators holds every operator by its name in lower case, without set
// operator and IfExists.
var operators = map[string]operator{
	"stringequals":              {family: familyString},
	"stringnotequals":           {family: familyString, negated: true},
	"stringequalsignorecase":    {family: familyString, fold: true},
	"stringnotequalsignorecase": {family: familyString, fold: true, negated: true},
	"stringlike":                {family: familyString, wildcards: true},
	"stringnotlike":             {family: familyString, wildcards: true, negated: true},
	"numericequals":             {family: familyNumeric},
	"numericnotequals":          {family: familyNumeric, negated: true},
	"numericlessthan":           {family: familyNumeric, order: orderLess},
	"numericlessthanequals":     {family: familyNumeric, order: orderLessEqual},
	"numericgreaterthan":        {family: familyNumeric, order: orderGreater},
	"numericgreaterthanequals":  {family: familyNumeric, order: orderGreaterEqual},
	"dateequals":                {family: familyDate},
	"datenotequals":             {family: familyDate, negated: true},
	"datelessthan":              {family: familyDate, order: orderLess},
	"datelessthanequals":        {family: familyDate, order: orderLessEqual},
	"dategreaterthan":           {family: familyDate, order: orderGreater},
	"dategreaterthanequals":     {family: familyDate, order: orderGreaterEqual},
	"bool":                      {family: familyBool},
	"binaryequals":              {family: familyBinary},
	"ipaddress":                 {family: familyIP},
	"notipaddress":              {family: familyIP, negated: true},
	"arnequals":                 {family: familyARN},
	"arnlike":                   {family: familyARN},
	"arnnotequals":              {family: familyARN, negated: true},
	"arnnotlike":                {family: familyARN, negated: true},
	"null":                      {family: familyNull},
}

// parseOperator reads an operator's name, which has no case.
func parseOperator(name string) (operator, bool) {
	text := strings.ToLower(name)
	set := setNone
	switch {
	case strings.HasPrefix(text, "forallvalues:"):
		set, text = setForAll, text[len("forallvalues:"):]
	case strings.HasPrefix(text, "foranyvalue:"):
		set, text = setForAny, text[len("foranyvalue:"):]
	}
	base, ifExists := strings.CutSuffix(text, "ifexists")
	op, ok := operators[base]
	if !ok || op.family == familyNull && (ifExists || set != setNone) {
		return operator{}, false
	}
	op.ifExists, op.set = ifExists, set
	return op, true
}

func (c *compiler) conditions(v jsonValue) ([]condition, error) {
	if v.kind != jsonObject {
		return nil, c.fail(v, msgSyntax)
	}
	var out []condition
	seen := map[string]bool{}
	for _, m := range v.members {
		op, ok := parseOperator(m.name)
		if !ok {
			return nil, newSyntaxError(c.doc, m.at, "Invalid Condition type : "+m.name)
		}
		if m.value.kind != jsonObject {
			return nil, c.fail(m.value, msgSyntax)
		}
		for _, k := range m.value.members {
			if !validKey(k.name) {
				return nil, newSyntaxError(c.doc, k.at, msgVendor)
			}
			// Two spellings of one operator or key would be two conditions
			// where a reader sees one.
			both := strings.ToLower(m.name + "\x00" + k.name)
			if seen[both] {
				return nil, newSyntaxError(c.doc, k.at, "Duplicate condition key "+k.name)
			}
			seen[both] = true
			cond, err := c.condition(op, k)
			if err != nil {
				return nil, err
			}
			cond.name = m.name
			out = append(out, cond)
		}
	}
	return out, nil
}

func (c *compiler) condition(op operator, m jsonMember) (condition, error) {
	cond := condition{operator: op, key: m.name}
	items, err := c.texts(m.value, true)
	if err != nil {
		return cond, err
	}
	for _, item := range items {
		cond.sources = append(cond.sources, item.text)
		if problem := c.operand(&cond, item.text); problem != "" {
			return cond, c.fail(item, problem)
		}
	}
	return cond, nil
}

// operand compiles one value of a condition for the operator's family.
func (c *compiler) operand(cond *condition, text string) string {
	op := cond.operator
	switch op.family {
	case familyString:
		return cond.addPattern(text, patternMode{wildcards: op.wildcards, variables: c.variables, fold: op.fold})
	case familyBool:
		if !foldEqual(text, "true") && !foldEqual(text, "false") && (!c.variables || !strings.Contains(text, "${")) {
			return "Invalid boolean value in condition: " + text
		}
		return cond.addPattern(text, patternMode{variables: c.variables, fold: true})
	case familyARN:
		if text != "*" && !c.variables || text != "*" && !strings.HasPrefix(text, "${") {
			if !strings.HasPrefix(text, "arn:") && !strings.HasPrefix(text, "*") {
				return "Invalid ARN in condition: " + text
			}
		}
		return cond.addPattern(text, patternMode{wildcards: true, variables: c.variables, arn: text != "*"})
	case familyNumeric:
		n, ok := parseDecimal(text)
		if !ok {
			return "Invalid numeric value in condition: " + text
		}
		cond.numbers = append(cond.numbers, n)
	case familyDate:
		t, ok := parseDate(text)
		if !ok {
			return "Invalid date value in condition: " + text
		}
		cond.times = append(cond.times, t)
	case familyIP:
		n, ok := parseNetwork(text)
		if !ok {
			return "Invalid IP address or range in condition: " + text
		}
		cond.networks = append(cond.networks, n)
	case familyBinary:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "Invalid base64 value in condition: " + text
		}
		cond.blobs = append(cond.blobs, string(b))
	case familyNull:
		if !foldEqual(text, "true") && !foldEqual(text, "false") {
			return "Invalid boolean value in condition: " + text
		}
		cond.absent = append(cond.absent, foldEqual(text, "true"))
	}
	return ""
}

func (cond *condition) addPattern(text string, mode patternMode) string {
	p, problem := compilePattern(text, mode)
	cond.patterns = append(cond.patterns, p)
	return problem
}
