package policy

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"regexp"
	"strings"
	"time"
)

// This file is a second evaluator, written as directly as possible from the
// user guide and sharing nothing with the real one: it reads the JSON again,
// builds regular expressions, big rationals and net.IPs, and does not care
// about speed. TestDifferential compares the two.

type naiveDoc struct {
	Version   string
	Statement []map[string]any
}

type naive struct {
	req     *Request
	context map[string][]string
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return v.String()
	}
	return ""
}

// regex turns a policy value into a regular expression. ok is false when a
// variable cannot be resolved. star is what a wildcard's character may be.
func (n *naive) regex(s string, variables, wildcards bool, star string) (string, bool) {
	ok := true
	if variables {
		s = regexp.MustCompile(`\$\{([^}]*)\}`).ReplaceAllStringFunc(s, func(v string) string {
			body := v[2 : len(v)-1]
			if body == "*" || body == "?" || body == "$" {
				return "\x01" + body + "\x02"
			}
			key, fallback, hasDefault := strings.Cut(body, ", ")
			values := n.context[strings.ToLower(key)]
			if len(values) == 1 {
				return "\x01" + values[0] + "\x02"
			}
			if len(values) == 0 && hasDefault {
				return "\x01" + strings.Trim(fallback, "'") + "\x02"
			}
			ok = false
			return ""
		})
	}
	out, literal := "", false
	for _, c := range s {
		switch {
		case c == 1:
			literal = true
		case c == 2:
			literal = false
		case c == '*' && wildcards && !literal:
			out += star + "*"
		case c == '?' && wildcards && !literal:
			out += star
		default:
			out += regexp.QuoteMeta(string(c))
		}
	}
	return `(?s)\A(?:` + out + `)\z`, ok
}

func (n *naive) action(pattern string) bool {
	if pattern == "*" || pattern == "*:*" {
		return true
	}
	re, _ := n.regex(strings.ToLower(pattern), false, true, ".")
	return regexp.MustCompile(re).MatchString(strings.ToLower(n.req.Action))
}

// arn matches segment by segment; variables only stand in the last one here.
func (n *naive) arn(pattern, value string, variables bool) bool {
	if pattern == "*" {
		return true
	}
	pat := strings.SplitN(pattern, ":", 6)
	for len(pat) < 6 {
		pat = append(pat, "*")
	}
	val := strings.SplitN(value, ":", 6)
	if len(val) != 6 {
		return false
	}
	for i := range pat {
		re, ok := n.regex(pat[i], variables, true, ".")
		if !ok || !regexp.MustCompile(re).MatchString(val[i]) {
			return false
		}
	}
	return true
}

func (n *naive) any(values any, f func(string) bool) bool {
	for _, v := range list(values) {
		if f(text(v)) {
			return true
		}
	}
	return false
}

func (n *naive) statement(s map[string]any, version string) bool {
	variables := version == "2012-10-17"
	if a, ok := s["Action"]; ok && !n.any(a, n.action) {
		return false
	}
	if a, ok := s["NotAction"]; ok && n.any(a, n.action) {
		return false
	}
	resource := func(p string) bool { return n.arn(p, n.req.Resource, variables) }
	if r, ok := s["Resource"]; ok && !n.any(r, resource) {
		return false
	}
	if r, ok := s["NotResource"]; ok && n.any(r, resource) {
		return false
	}
	conditions, _ := s["Condition"].(map[string]any)
	for op, keys := range conditions {
		for key, values := range keys.(map[string]any) {
			if !n.condition(op, key, list(values), variables, s["Effect"] == "Deny") {
				return false
			}
		}
	}
	return true
}

func (n *naive) condition(op, key string, policy []any, variables, deny bool) bool {
	op = strings.ToLower(op)
	all := strings.HasPrefix(op, "forallvalues:")
	some := strings.HasPrefix(op, "foranyvalue:")
	op = strings.TrimPrefix(strings.TrimPrefix(op, "forallvalues:"), "foranyvalue:")
	ifExists := strings.HasSuffix(op, "ifexists")
	op = strings.TrimSuffix(op, "ifexists")
	request := n.context[strings.ToLower(key)]
	if op == "null" {
		for _, v := range policy {
			if (text(v) == "true") == (len(request) == 0) {
				return true
			}
		}
		return false
	}
	negated := strings.Contains(op, "not")
	if len(request) == 0 {
		return ifExists || all || !some && negated
	}
	if !all && !some && len(request) > 1 {
		return deny
	}
	met := 0
	for _, r := range request {
		found := false
		for _, p := range policy {
			yes, readable := n.compare(strings.Replace(op, "not", "", 1), text(p), r, variables)
			if !readable {
				return deny
			}
			found = found || yes
		}
		if found != negated {
			met++
		}
	}
	if some {
		return met > 0
	}
	return met == len(request)
}

// compare applies a positive operator to one pair of values.
func (n *naive) compare(op, policy, request string, variables bool) (yes, readable bool) {
	switch op {
	case "stringequals", "stringlike", "stringequalsignorecase", "bool":
		if op == "stringequalsignorecase" || op == "bool" {
			request = strings.ToLower(request)
		}
		re, ok := n.regex(policy, variables, op == "stringlike", ".")
		if op == "stringequalsignorecase" || op == "bool" {
			re = "(?i)" + re
		}
		return ok && regexp.MustCompile(re).MatchString(request), true
	case "arnequals", "arnlike":
		if !strings.HasPrefix(request, "arn:") || strings.Count(request, ":") < 5 {
			return false, true
		}
		if policy != "*" && strings.Count(policy, ":") < 5 {
			return false, true
		}
		return n.arn(policy, request, variables), true
	case "ipaddress":
		ip := net.ParseIP(request)
		if ip == nil {
			return false, false
		}
		if !strings.Contains(policy, "/") {
			return net.ParseIP(policy).Equal(ip), true
		}
		_, network, _ := net.ParseCIDR(policy)
		return network.Contains(ip), true
	case "binaryequals":
		b, err := base64.StdEncoding.DecodeString(request)
		a, _ := base64.StdEncoding.DecodeString(policy)
		return string(a) == string(b), err == nil
	}
	var cmp int
	if order, ok := strings.CutPrefix(op, "numeric"); ok {
		a, okA := new(big.Rat).SetString(policy)
		b, okB := new(big.Rat).SetString(request)
		if !okA || !okB || strings.ContainsAny(request, "e/_") {
			return false, false
		}
		cmp, op = b.Cmp(a), order
	} else {
		a, _ := naiveDate(policy)
		b, ok := naiveDate(request)
		if !ok {
			return false, false
		}
		cmp, op = b.Compare(a), strings.TrimPrefix(op, "date")
	}
	switch op {
	case "lessthan":
		return cmp < 0, true
	case "lessthanequals":
		return cmp <= 0, true
	case "greaterthan":
		return cmp > 0, true
	case "greaterthanequals":
		return cmp >= 0, true
	}
	return cmp == 0, true
}

func naiveDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if n, ok := new(big.Int).SetString(s, 10); ok {
		return time.Unix(n.Int64(), 0), true
	}
	return time.Time{}, false
}

// effect is what a list of identity documents says about the request.
func (n *naive) effect(docs []string) Effect {
	out := ImplicitDeny
	for _, doc := range docs {
		var d naiveDoc
		decoder := json.NewDecoder(strings.NewReader(doc))
		decoder.UseNumber()
		if err := decoder.Decode(&d); err != nil {
			panic(err)
		}
		for _, s := range d.Statement {
			if !n.statement(s, d.Version) {
				continue
			}
			if s["Effect"] == "Deny" {
				return ExplicitDeny
			}
			out = Allow
		}
	}
	return out
}

// naiveEvaluate is the evaluation order without resource policies.
func naiveEvaluate(req *Request, d setDoc) Effect {
	n := &naive{req: req, context: map[string][]string{}}
	req.Context.All(func(key string, values []string) bool {
		n.context[strings.ToLower(key)] = values
		return true
	})
	identity, session := n.effect(d.identity), n.effect(d.session)
	boundary := Allow
	if d.hasBoundary {
		boundary = n.effect([]string{d.boundary})
	}
	if !d.hasSession {
		session = Allow
	}
	for _, e := range []Effect{identity, boundary, session} {
		if e == ExplicitDeny {
			return ExplicitDeny
		}
	}
	if identity == Allow && boundary == Allow && session == Allow {
		return Allow
	}
	return ImplicitDeny
}
