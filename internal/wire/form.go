package wire

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// Bounds of a form beside its length.
const (
	maxFormPairs = 20_000
	maxFormDepth = 32 // parts of a key between dots
)

// form is one level of a query-protocol form: the keys Tags.member.1.Key of
// a request are a tree.
type form struct {
	value string
	set   bool
	kids  map[string]*form
}

func malformedForm(message string) *awsapi.Error {
	return &awsapi.Error{Code: "MalformedQueryString", Message: message, Status: 400}
}

// parseForm reads the pairs of a body and of a URL's query into one tree.
func parseForm(texts ...string) (*form, *awsapi.Error) {
	root := &form{}
	pairs := 0
	for _, text := range texts {
		for text != "" {
			var pair string
			pair, text, _ = strings.Cut(text, "&")
			if pair == "" {
				continue
			}
			if pairs++; pairs > maxFormPairs {
				return nil, malformedForm("The request has too many parameters")
			}
			key, value, _ := strings.Cut(pair, "=")
			key, err1 := url.QueryUnescape(key)
			value, err2 := url.QueryUnescape(value)
			if err1 != nil || err2 != nil {
				return nil, malformedForm("The query string contains a malformed escape sequence")
			}
			if err := root.put(key, value); err != nil {
				return nil, err
			}
		}
	}
	return root, nil
}

// put adds one pair. A key that stands twice is refused: what was checked
// must be what is used.
func (f *form) put(key, value string) *awsapi.Error {
	depth := 0
	for key != "" {
		if depth++; depth > maxFormDepth {
			return malformedForm("A parameter name is nested too deeply")
		}
		var part string
		part, key, _ = strings.Cut(key, ".")
		kid := f.kids[part]
		if kid == nil {
			if f.kids == nil {
				f.kids = map[string]*form{}
			}
			kid = &form{}
			f.kids[part] = kid
		}
		f = kid
	}
	if f.set {
		return malformedForm("A parameter is given twice")
	}
	f.value, f.set = value, true
	return nil
}

// text returns the value under a key of this level.
func (f *form) text(key string) string {
	if kid := f.kids[key]; kid != nil {
		return kid.value
	}
	return ""
}

// numbered is an element of a list: its number in the key and what it holds.
type numbered struct {
	n int
	*form
}

// elements returns the numbered keys of this level in order. ok is false where
// a key is not a number from 1 up.
func (f *form) elements() (list []numbered, ok bool) {
	list = make([]numbered, 0, len(f.kids))
	for key, kid := range f.kids {
		n, err := strconv.Atoi(key)
		if err != nil || n < 1 || key[0] == '+' {
			return nil, false
		}
		list = append(list, numbered{n, kid})
	}
	slices.SortFunc(list, func(a, b numbered) int { return a.n - b.n })
	return list, true
}
