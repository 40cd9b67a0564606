package sigv4

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// condition is one line of a POST policy. op is "eq" or "starts-with"; field
// is in lower case without "$".
type condition struct {
	op, field, value string
	text             string // as messages show it
}

type postPolicy struct {
	expiration time.Time
	conditions []condition
	length     *LengthRange
}

// maxConditions bounds the work a policy may cause.
const maxConditions = 200

func malformedPolicy(text string) *Error { return &Error{Kind: MalformedPolicy, Message: text} }

// parsePolicy reads {"expiration": TIME, "conditions": [...]}.
func parsePolicy(doc []byte) (*postPolicy, *Error) {
	var raw struct {
		Expiration *string           `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	decoder := json.NewDecoder(bytes.NewReader(doc))
	if err := decoder.Decode(&raw); err != nil || decoder.More() {
		return nil, malformedPolicy("Invalid JSON.")
	}
	if raw.Expiration == nil {
		return nil, malformedPolicy("Policy missing expiration.")
	}
	expiration, err := time.Parse(time.RFC3339, *raw.Expiration)
	if err != nil {
		return nil, malformedPolicy("Invalid 'expiration' value: '" + *raw.Expiration + "'")
	}
	if raw.Conditions == nil {
		return nil, malformedPolicy("Policy missing conditions.")
	}
	if len(raw.Conditions) > maxConditions {
		return nil, malformedPolicy("too many conditions.")
	}
	p := &postPolicy{expiration: expiration}
	for _, c := range raw.Conditions {
		var e *Error
		if c = bytes.TrimSpace(c); bytes.HasPrefix(c, []byte("{")) {
			e = p.addObject(c)
		} else {
			e = p.addList(c)
		}
		if e != nil {
			return nil, e
		}
	}
	return p, nil
}

// addObject reads {"field": "value"}.
func (p *postPolicy) addObject(doc []byte) *Error {
	var object map[string]any
	if json.Unmarshal(doc, &object) != nil {
		return malformedPolicy("Invalid JSON.")
	}
	if len(object) != 1 {
		return malformedPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
	}
	for field, v := range object {
		value, ok := v.(string)
		if !ok {
			return malformedPolicy("Invalid Simple-Condition: value must be a string.")
		}
		p.add("eq", field, value)
	}
	return nil
}

func (p *postPolicy) add(op, field, value string) {
	field = lowerASCII(strings.TrimPrefix(field, "$"))
	p.conditions = append(p.conditions, condition{op, field, value, `["` + op + `", "$` + field + `", "` + value + `"]`})
}

// addList reads ["eq", "$field", "value"], ["starts-with", ...] and
// ["content-length-range", min, max].
func (p *postPolicy) addList(doc []byte) *Error {
	var list []any
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	if decoder.Decode(&list) != nil {
		return malformedPolicy("Invalid condition test: must be a List or Object.")
	}
	if len(list) == 0 {
		return malformedPolicy("Invalid Condition: missing operation identifier.")
	}
	name, _ := list[0].(string)
	op := lowerASCII(name)
	switch op {
	case "eq", "starts-with", "content-length-range":
	default:
		return malformedPolicy("Invalid Condition: unknown operation '" + name + "'.")
	}
	if len(list) != 3 {
		return malformedPolicy("Invalid " + op + ": wrong number of arguments.")
	}
	if op == "content-length-range" {
		return p.addRange(list[1], list[2])
	}
	field, ok1 := list[1].(string)
	value, ok2 := list[2].(string)
	if !ok1 || !ok2 || !strings.HasPrefix(field, "$") {
		return malformedPolicy("Invalid " + op + ": arguments must be a field and a string.")
	}
	p.add(op, field, value)
	return nil
}

// addRange narrows the allowed length; several ranges all hold.
func (p *postPolicy) addRange(lo, hi any) *Error {
	low, ok1 := wholeNumber(lo)
	high, ok2 := wholeNumber(hi)
	if !ok1 || !ok2 {
		return malformedPolicy("Invalid content-length-range: bounds must be whole numbers.")
	}
	if p.length == nil {
		p.length = &LengthRange{Min: low, Max: high}
		return nil
	}
	p.length.Min, p.length.Max = max(p.length.Min, low), min(p.length.Max, high)
	return nil
}

// wholeNumber accepts a JSON number or a string of digits.
func wholeNumber(v any) (int64, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = v.String()
	case string:
		s = v
	}
	if s == "" || len(s) > 15 {
		return 0, false
	}
	n, ok := digits(s)
	return int64(n), ok
}

// uncovered are the fields that need no condition.
func uncovered(field string) bool {
	return field == "x-amz-signature" || field == "policy" || field == "file" || strings.HasPrefix(field, "x-ignore-")
}

// check applies the policy: not expired, every condition met, every field
// covered by a condition, and the form's bucket the bucket that is written.
func (p *postPolicy) check(u *PostUpload, now time.Time) *Error {
	if !now.Before(p.expiration) {
		return &Error{Kind: PolicyExpired, Message: "the form's policy has expired"}
	}
	seen := make([]string, 0, len(u.Fields))
	for i := range u.Fields {
		name := lowerASCII(u.Fields[i].Name)
		if slices.Contains(seen, name) {
			return &Error{Kind: DuplicateComponent, Name: name, Message: "the form's field " + name + " comes twice"}
		}
		seen = append(seen, name)
	}
	for i := range p.conditions {
		c := &p.conditions[i]
		value, n := u.field(c.field)
		if c.field == "bucket" {
			if n > 0 && value != u.Bucket {
				return refusedBy(c)
			}
			value = u.Bucket
		}
		if !c.met(value) {
			return refusedBy(c)
		}
	}
	for _, name := range seen {
		if !uncovered(name) && !p.covers(name) {
			return &Error{Kind: ExtraField, Name: name, Message: "no condition covers the field " + name}
		}
	}
	if !p.covers("bucket") {
		return &Error{Kind: ExtraField, Name: "bucket", Message: "no condition covers the bucket"}
	}
	if !p.covers("key") {
		return &Error{Kind: ExtraField, Name: "key", Message: "no condition covers the key"}
	}
	return nil
}

func refusedBy(c *condition) *Error {
	return &Error{Kind: PolicyRefused, Name: c.field, Got: c.text, Message: "the form does not meet a condition on " + c.field}
}

func (p *postPolicy) covers(field string) bool {
	for i := range p.conditions {
		if p.conditions[i].field == field {
			return true
		}
	}
	return false
}

// met compares a field's value. For Content-Type, starts-with takes a list of
// types and each must match.
func (c *condition) met(value string) bool {
	if c.op == "eq" {
		return value == c.value
	}
	if c.field != "content-type" {
		return strings.HasPrefix(value, c.value)
	}
	for part := range strings.SplitSeq(value, ",") {
		if !strings.HasPrefix(strings.TrimSpace(part), c.value) {
			return false
		}
	}
	return true
}
