package execute

import "strings"

// parameter is one query parameter, decoded.
type parameter struct{ name, value string }

// parseQuery decodes a raw query, '+' as a space. What is not well-formed
// stays as it is.
func parseQuery(raw string) (list []parameter) {
	for rest := raw; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		list = append(list, parameter{decode(name, true), decode(value, true)})
	}
	return list
}

// decode resolves %XX, and '+' where plus says so.
func decode(s string, plus bool) string {
	if strings.IndexByte(s, '%') < 0 && (!plus || strings.IndexByte(s, '+') < 0) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+' && plus:
			out = append(out, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// effective is the path a function's own router may see: decoded, without
// empty and dot segments, and without a slash at its end, which does not count
// in routing. It is raw itself where that makes no difference.
func effective(raw string) string {
	if strings.IndexByte(raw, '%') < 0 && !strings.Contains(raw, "//") && !strings.Contains(raw, "/.") && (raw == "/" || !strings.HasSuffix(raw, "/")) {
		return raw
	}
	var kept []string
	for s := range strings.SplitSeq(strings.TrimPrefix(decode(raw, false), "/"), "/") {
		switch s {
		case "", ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, s)
		}
	}
	return "/" + strings.Join(kept, "/")
}
