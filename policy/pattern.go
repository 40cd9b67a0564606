package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is a compiled policy value: literal text, the wildcards * and ?, and
// variables. A variable's value is always literal text.
type pattern struct {
	source string
	tokens []token
	// arn: a wildcard does not cross one of the first five colons.
	arn bool
	// fold: letters compare without case.
	fold bool
}

type tokenKind uint8

const (
	tokenText tokenKind = iota
	tokenStar
	tokenOne
	tokenVariable
)

type token struct {
	kind tokenKind
	// text is the literal, or the variable's key.
	text string
	// fallback is the variable's default, if hasFallback.
	fallback    string
	hasFallback bool
}

// patternMode says how a policy value is read.
type patternMode struct {
	wildcards bool
	variables bool
	arn       bool
	fold      bool
}

// compilePattern reads a policy value. It fails on a variable that is not
// written as the guide says.
func compilePattern(s string, mode patternMode) (pattern, string) {
	p := pattern{source: s, arn: mode.arn, fold: mode.fold}
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			p.tokens = append(p.tokens, token{kind: tokenText, text: text.String()})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		switch {
		case mode.wildcards && s[i] == '*':
			flush()
			if n := len(p.tokens); n == 0 || p.tokens[n-1].kind != tokenStar {
				p.tokens = append(p.tokens, token{kind: tokenStar})
			}
			i++
		case mode.wildcards && s[i] == '?':
			flush()
			p.tokens = append(p.tokens, token{kind: tokenOne})
			i++
		case mode.variables && strings.HasPrefix(s[i:], "${"):
			v, size, problem := readVariable(s[i:])
			if problem != "" {
				return p, problem
			}
			if v.kind == tokenText {
				text.WriteString(v.text)
			} else {
				flush()
				p.tokens = append(p.tokens, v)
			}
			i += size
		default:
			text.WriteByte(s[i])
			i++
		}
	}
	flush()
	return p, ""
}

// readVariable reads ${key}, ${key, 'default'}, ${*}, ${?} or ${$} at the
// start of s and returns the token with its length in s.
func readVariable(s string) (token, int, string) {
	end := strings.IndexByte(s, '}')
	if quote := strings.IndexByte(s, '\''); quote >= 0 && quote < end {
		// The default's text may hold a brace.
		close := strings.Index(s[quote+1:], "'}")
		if close < 0 {
			return token{}, 0, "Invalid policy variable: " + s
		}
		end = quote + 1 + close + 1
	}
	if end < 0 {
		return token{}, 0, "Invalid policy variable: " + s
	}
	body := s[2:end]
	switch body {
	case "*", "?", "$":
		return token{kind: tokenText, text: body}, end + 1, ""
	}
	t := token{kind: tokenVariable, text: body}
	if key, rest, ok := strings.Cut(body, ","); ok {
		rest = strings.TrimPrefix(rest, " ")
		if len(rest) < 2 || rest[0] != '\'' || rest[len(rest)-1] != '\'' {
			return token{}, 0, "Invalid policy variable: " + s[:end+1]
		}
		t.text, t.fallback, t.hasFallback = strings.TrimRight(key, " "), rest[1:len(rest)-1], true
	}
	if !validKey(t.text) {
		return token{}, 0, "Invalid policy variable: " + s[:end+1]
	}
	return t, end + 1, ""
}

// validKey says whether key can be a condition key: "service:name", or a tag
// key behind a slash.
func validKey(key string) bool {
	colon := strings.IndexByte(key, ':')
	if colon <= 0 || colon == len(key)-1 || len(key) > 512 {
		return false
	}
	return !strings.ContainsAny(key, "${}*?'\"\\")
}

// hasVariables says whether the pattern's meaning depends on the request.
func (p *pattern) hasVariables() bool {
	for i := range p.tokens {
		if p.tokens[i].kind == tokenVariable {
			return true
		}
	}
	return false
}

// matchAll says whether the pattern is a lone star.
func (p *pattern) matchAll() bool {
	return len(p.tokens) == 1 && p.tokens[0].kind == tokenStar
}

// resolve returns the value of a variable token. Only a key with exactly one
// value can stand in for a variable; the default stands in for a missing key
// alone.
func (t *token) resolve(ctx *Context) (string, bool) {
	values, ok := ctx.Get(t.text)
	switch {
	case !ok && t.hasFallback:
		return t.fallback, true
	case len(values) == 1:
		return values[0], true
	}
	return "", false
}

// match compares s with the pattern. A variable that cannot be resolved makes
// the pattern match nothing.
//
// One position of retry is enough (the classic greedy algorithm): when text
// after a star fails, only the latest star needs to take more, because every
// earlier piece already stands as far left as it can.
func (p *pattern) match(s string, ctx *Context) bool {
	barrier := -1
	if p.arn {
		barrier = fifthColon(s)
	}
	ti, si := 0, 0
	starT, starS := -1, 0
	for {
		if ti == len(p.tokens) {
			if si == len(s) {
				return true
			}
		} else if t := &p.tokens[ti]; t.kind == tokenStar {
			starT, starS = ti, si
			ti++
			continue
		} else if n, ok, dead := p.step(t, s[si:], si, barrier, ctx); dead {
			return false
		} else if ok {
			si += n
			ti++
			continue
		}
		// The token failed, or text is left: let the last star take one more
		// character.
		if starT < 0 || starS >= len(s) || starS <= barrier && s[starS] == ':' {
			return false
		}
		starS++
		ti, si = starT+1, starS
	}
}

// step matches one token that is not a star at the start of s, which begins at
// offset at of the whole. dead: the pattern can match nothing.
func (p *pattern) step(t *token, s string, at, barrier int, ctx *Context) (n int, ok, dead bool) {
	switch t.kind {
	case tokenOne:
		if s == "" || at <= barrier && s[0] == ':' {
			return 0, false, false
		}
		_, size := utf8.DecodeRuneInString(s)
		return size, true, false
	case tokenVariable:
		value, resolved := t.resolve(ctx)
		if !resolved {
			return 0, false, true
		}
		n, ok = p.prefix(s, value)
		return n, ok, false
	}
	n, ok = p.prefix(s, t.text)
	return n, ok, false
}

func (p *pattern) prefix(s, text string) (int, bool) {
	if !p.fold {
		return len(text), strings.HasPrefix(s, text)
	}
	return foldPrefix(s, text)
}

// foldPrefix says whether s begins with text when letters compare without
// case, and how many bytes of s that takes.
func foldPrefix(s, text string) (int, bool) {
	n := 0
	for len(text) > 0 {
		if n >= len(s) {
			return 0, false
		}
		if a, b := s[n], text[0]; a < utf8.RuneSelf && b < utf8.RuneSelf {
			if lower(a) != lower(b) {
				return 0, false
			}
			n++
			text = text[1:]
			continue
		}
		a, sizeA := utf8.DecodeRuneInString(s[n:])
		b, sizeB := utf8.DecodeRuneInString(text)
		if !sameLetter(a, b) {
			return 0, false
		}
		n += sizeA
		text = text[sizeB:]
	}
	return n, true
}

func sameLetter(a, b rune) bool {
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return a == b
}

// fifthColon returns the offset of the fifth colon of s, or the length of s
// when it has fewer: up to there no wildcard of an ARN pattern takes a colon.
func fifthColon(s string) int {
	colons := 0
	for i := 0; i < len(s); i++ {
		if s[i] == ':' {
			if colons++; colons == 5 {
				return i
			}
		}
	}
	return len(s)
}

// expand writes the pattern with its variables replaced, for trails. missing
// lists the variables that could not be resolved.
func (p *pattern) expand(ctx *Context) (text string, missing []string) {
	var b strings.Builder
	for i := range p.tokens {
		t := &p.tokens[i]
		switch t.kind {
		case tokenText:
			b.WriteString(t.text)
		case tokenStar:
			b.WriteByte('*')
		case tokenOne:
			b.WriteByte('?')
		case tokenVariable:
			value, ok := t.resolve(ctx)
			if !ok {
				missing = append(missing, t.text)
				value = "${" + t.text + "}"
			}
			b.WriteString(value)
		}
	}
	return b.String(), missing
}
