package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// tables collects the patterns and enums of all services: tags refer to them
// by number, so that a pattern that fifty members share is written once.
type tables struct {
	patterns   []pattern
	patternNum map[string]int
	enums      [][]string
	enumNum    map[string]int
	problems   []string
}

// pattern is one regular expression: as AWS writes it, which is what its error
// messages show, and as Go understands it (empty where that is the same).
type pattern struct{ text, expr string }

func newTables() *tables {
	return &tables{patternNum: map[string]int{}, enumNum: map[string]int{}}
}

// matchesAll are patterns that refuse nothing.
var matchesAll = map[string]bool{`[\s\S]*`: true, `(?s).*`: true}

// pattern returns the number of a pattern, or -1 for one that refuses nothing.
func (t *tables) pattern(text string) int {
	if matchesAll[text] {
		return -1
	}
	if n, ok := t.patternNum[text]; ok {
		return n
	}
	expr := translate(text)
	if _, err := regexp.Compile(`^(?:` + expr + `)$`); err != nil {
		t.problems = append(t.problems, fmt.Sprintf("pattern %q needs a hand-written line: %v", text, err))
	}
	if expr == text {
		expr = ""
	}
	n := len(t.patterns)
	t.patterns = append(t.patterns, pattern{text, expr})
	t.patternNum[text] = n
	return n
}

func (t *tables) enum(values []string) int {
	key := strings.Join(values, "\x00")
	n, ok := t.enumNum[key]
	if !ok {
		n = len(t.enums)
		t.enums = append(t.enums, values)
		t.enumNum[key] = n
	}
	return n
}

const (
	lambdaRegion = `(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}`
	notAllDigits = `[0-9]*[a-zA-Z_-][0-9a-zA-Z_-]*`
	// xmlCharacters is what the models spell with surrogates.
	xmlCharacters = `\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}\r\n\t`
)

// byHand are the patterns that Go's regexp cannot express as they stand, for
// they look ahead or behind or name surrogates. Bounds of length that such a
// rewrite loses stand in the shape's min and max.
var byHand = map[string]string{
	`((?!^\d+$)^[0-9a-zA-Z-_]+$)`:  notAllDigits,
	`(?!^[0-9]+$)([a-zA-Z0-9-_]+)`: notAllDigits,
	`(arn:(aws[a-zA-Z-]*)?:lambda:)?(` + lambdaRegion + `:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]{1,64})(:((?!\d+$)[0-9a-zA-Z-_]+))?`: `(arn:(aws[a-zA-Z-]*)?:lambda:)?(` + lambdaRegion + `:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]{1,64})(:(` + notAllDigits + `))?`,
	`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`:                    `[a-z0-9](-?[a-z0-9])+`,
	`[0-9A-Za-z\.\-_]*(?<!\.)`:                                     `([0-9A-Za-z._-]*[0-9A-Za-z_-])?`,
	`^[0-9A-Za-z\.\-_]*(?<!\.)$`:                                   `([0-9A-Za-z._-]*[0-9A-Za-z_-])?`,
	`^(?!\s*$).+`:                                                  `.*\S.*`,
	`[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*`: `[` + xmlCharacters + `]*`,
	`[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`: `[\t\n\r\x{20}-\x{7E}\x{85}\x{A0}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]+`,
	`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`:                                          `[_a-rt-zA-Z0-9][^$]*|s([^y$][^$]*)?|sy([^s$][^$]*)?|sys([^t$][^$]*)?|syst([^e$][^$]*)?|syste([^m$][^$]*)?|system([^.$][^$]*)?`,
	`\p{Print}+`: `[\x20-\x7E]+`,
}

var escapes = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// translate turns a Java pattern into a Go one.
func translate(text string) string {
	if expr, ok := byHand[text]; ok {
		return expr
	}
	return escapes.ReplaceAllString(text, `\x{$1}`)
}

// raw writes a Go string literal, raw where that is possible.
func raw(s string) string {
	if strings.Contains(s, "`") || !printable(s) {
		return strconv.Quote(s)
	}
	return "`" + s + "`"
}

func printable(s string) bool {
	for _, r := range s {
		if r < 0x20 || r > 0x7e {
			return false
		}
	}
	return true
}
