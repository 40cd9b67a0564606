package expression

import (
	_ "embed"
	"strings"
	"sync"
)

// The reserved words of the developer guide ("Reserved words in DynamoDB").
//
//go:embed reserved_words.txt
var reservedText string

var reservedWords = sync.OnceValue(func() map[string]struct{} {
	words := strings.Fields(reservedText)
	set := make(map[string]struct{}, len(words))
	for _, w := range words {
		set[w] = struct{}{}
	}
	return set
})

const longestReserved = 14

// isReserved says whether an attribute name may not stand in an expression as
// it is, in whatever case.
func isReserved(name string) bool {
	if len(name) > longestReserved {
		return false
	}
	_, ok := reservedWords()[strings.ToUpper(name)]
	return ok
}
