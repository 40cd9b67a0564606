package wire

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bawn-dev/bawn/internal/shape"
)

// timeFormat is how a time is written.
type timeFormat uint8

const (
	timeDefault timeFormat = iota // as the protocol does
	timeISO8601
	timeRFC822
	timeUnix
)

// traits are what a tag says of a value beside its type.
type traits struct {
	name     string // element name of list elements and map values; key name in keys
	keyName  string
	flat     bool
	ns, nsp  string // XML namespace and its prefix
	time     timeFormat
	sens     bool
	check    check
	keyCheck check
}

// check is the constraints of a value. Bounds of doubles in the models are all
// whole numbers.
type check struct {
	min, max       int64
	hasMin, hasMax bool
	pattern        *pattern
	enum           []string
}

func (c *check) any() bool { return c.hasMin || c.hasMax || c.pattern != nil || c.enum != nil }

// pattern is a regular expression that is compiled when it is first needed.
type pattern struct {
	text string
	re   func() *regexp.Regexp
}

func newPattern(n int) (*pattern, error) {
	p, ok := shape.PatternAt(n)
	if !ok {
		return nil, fmt.Errorf("no pattern %d", n)
	}
	// The tables are tested to compile, so MustCompile cannot fail here.
	return &pattern{text: p.Text, re: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(p.Go()) })}, nil
}

// fieldTag is a parsed tag: the field but for its node, and the traits of the
// value, of its elements and so on.
type fieldTag struct {
	field  field
	levels []traits
}

func (ft *fieldTag) level(n int) *traits {
	for len(ft.levels) <= n {
		ft.levels = append(ft.levels, traits{})
	}
	return &ft.levels[n]
}

// parseTag reads a tag by the grammar in package shape's comment.
func parseTag(tag string) (fieldTag, error) {
	var ft fieldTag
	parts := strings.Split(tag, ",")
	f := &ft.field
	f.name, f.wire = parts[0], parts[0]
	f.path = strings.ToLower(f.name[:1]) + f.name[1:]
	ft.level(0)
	for _, part := range parts[1:] {
		depth := 0
		for strings.HasPrefix(part, "e.") {
			part, depth = part[2:], depth+1
		}
		key, arg, _ := strings.Cut(part, "=")
		known := false
		if depth == 0 {
			known = f.option(key, arg)
		}
		if known {
			continue
		}
		if err := ft.level(depth).option(key, arg); err != nil {
			return ft, err
		}
	}
	return ft, nil
}

// option takes a part of a tag that concerns the member itself.
func (f *field) option(key, arg string) bool {
	switch key {
	case "req":
		f.req = true
	case "payload":
		f.load = true
	case "idem":
	case "attr":
		f.attr = true
	case "name":
		f.wire = arg
	case "in":
		f.in = map[string]location{"header": inHeader, "prefix": inPrefix, "uri": inURI, "query": inQuery, "status": inStatus}[arg]
	default:
		return false
	}
	return true
}

// option takes a part of a tag that concerns a value.
func (t *traits) option(key, arg string) error {
	c := &t.check
	if rest, ok := strings.CutPrefix(key, "k."); ok {
		if rest == "name" {
			t.keyName = arg
			return nil
		}
		c, key = &t.keyCheck, rest
	}
	switch key {
	case "name":
		t.name = arg
	case "flat":
		t.flat = true
	case "ns":
		t.ns = arg
	case "nsprefix":
		t.nsp = arg
	case "ts":
		t.time = map[string]timeFormat{"iso8601": timeISO8601, "rfc822": timeRFC822, "unixTimestamp": timeUnix}[arg]
	case "sens":
		t.sens = true
	default:
		return c.option(key, arg)
	}
	return nil
}

func (c *check) option(key, arg string) error {
	n, err := strconv.ParseFloat(arg, 64)
	if err != nil {
		return fmt.Errorf("tag %s=%s: not a number", key, arg)
	}
	switch key {
	case "min":
		c.min, c.hasMin = int64(n), true
	case "max":
		c.max, c.hasMax = int64(n), true
	case "pat":
		c.pattern, err = newPattern(int(n))
	case "enum":
		if c.enum = shape.EnumAt(int(n)); c.enum == nil {
			err = fmt.Errorf("no enum %s", arg)
		}
	default:
		err = fmt.Errorf("tag has unknown part %q", key)
	}
	return err
}
