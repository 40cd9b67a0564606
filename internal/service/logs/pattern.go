package logs

import "strings"

// pattern is a parsed filter pattern of terms: an event matches if it has every
// required term, none of the excluded ones and, if there are any, one of the
// optional ones (CloudWatch Logs user guide, "Filter pattern syntax").
type pattern struct {
	required, excluded, optional []string
}

// parsePattern parses a pattern. JSON, space-delimited and regular-expression
// patterns are refused by name.
func parsePattern(text string) (*pattern, error) {
	p := &pattern{}
	rest := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(rest, "{"):
		return nil, notBuilt("FilterLogEvents", "filterPattern with a JSON pattern")
	case strings.HasPrefix(rest, "["):
		return nil, notBuilt("FilterLogEvents", "filterPattern with a space-delimited pattern")
	}
	for rest != "" {
		kind := byte(0)
		if rest[0] == '-' || rest[0] == '?' {
			kind, rest = rest[0], rest[1:]
		}
		var term string
		var ok bool
		if term, rest, ok = nextTerm(rest); !ok {
			return nil, invalid("Invalid filter pattern")
		}
		if strings.HasPrefix(term, "%") && strings.HasSuffix(term, "%") && len(term) > 1 {
			return nil, notBuilt("FilterLogEvents", "filterPattern with a regular expression")
		}
		switch kind {
		case '-':
			p.excluded = append(p.excluded, term)
		case '?':
			p.optional = append(p.optional, term)
		default:
			p.required = append(p.required, term)
		}
		rest = strings.TrimLeft(rest, " \t")
	}
	return p, nil
}

// nextTerm takes one word or quoted phrase. In a phrase \" stands for a quote.
func nextTerm(s string) (term, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		i := strings.IndexAny(s, " \t")
		if i < 0 {
			i = len(s)
		}
		return s[:i], s[i:], i > 0
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// match says whether an event's text matches.
func (p *pattern) match(text string) bool {
	for _, t := range p.excluded {
		if strings.Contains(text, t) {
			return false
		}
	}
	for _, t := range p.required {
		if !strings.Contains(text, t) {
			return false
		}
	}
	for _, t := range p.optional {
		if strings.Contains(text, t) {
			return true
		}
	}
	return len(p.optional) == 0
}
