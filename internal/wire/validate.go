package wire

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

// maxViolations is how many violations one answer lists; the rest would only
// repeat them.
const maxViolations = 25

// maxShown is how many bytes of a value an answer shows.
const maxShown = 1024

// Validate checks every constraint of the model (required, length, range,
// pattern, enum) on a decoded input struct and returns all violations in one
// error, in AWS's words and with the service's code, or nil. Values of
// sensitive members are not shown. in is a pointer to a struct of a package
// below internal/shape.
func Validate(in any) *awsapi.Error {
	p, v, err := planFor(in)
	if err != nil {
		return &awsapi.Error{Code: "InternalFailure", Status: 500, Cause: err}
	}
	c := violations{dialect: dialectOf(p.typ.PkgPath())}
	c.structure(p, v, "")
	if len(c.list) == 0 {
		return nil
	}
	return c.dialect.refuse(&c)
}

// violations collects what is wrong with an input.
type violations struct {
	dialect dialect
	list    []string
	// body says that a violation was met inside the body; arg and value name
	// the first one outside it.
	body       bool
	arg, value string
	inBody     bool
}

// message is the text that lists all violations.
func (c *violations) message() string {
	n := len(c.list)
	list := c.list
	if n > maxViolations {
		list = list[:maxViolations]
	}
	noun := " validation errors detected: "
	if n == 1 {
		noun = " validation error detected: "
	}
	return strconv.Itoa(n) + noun + strings.Join(list, "; ")
}

// add notes a violation. shown is " 'value'" or " null" or "".
func (c *violations) add(shown, path, constraint string) {
	c.list = append(c.list, "Value"+shown+" at '"+path+"' failed to satisfy constraint: "+constraint)
	c.body = c.body || c.inBody
	if c.arg == "" && !c.inBody {
		c.arg, c.value = path, strings.Trim(shown, " '")
	}
}

func (c *violations) structure(p *structPlan, v reflect.Value, prefix string) {
	for i := range p.fields {
		f := &p.fields[i]
		if prefix == "" {
			c.inBody = f.in == inBody
		}
		fv, ok := f.value(v)
		if !ok {
			if f.req {
				c.add(" null", prefix+f.path, "Member must not be null")
			}
			continue
		}
		c.inner(f.node, fv, prefix+f.path)
	}
}

// inner checks one present value and what it holds.
func (c *violations) inner(n *node, v reflect.Value, path string) {
	if n.check.any() {
		for _, text := range n.check.broken(n, v) {
			c.add(shown(n, v), path, text)
		}
	}
	switch n.kind {
	case kindStruct:
		c.structure(n.str, v, path+".")
	case kindList:
		c.elements(n, v, path)
	case kindMap:
		c.entries(n, v, path)
	}
}

// elements checks a list's elements. AWS reports a list of scalars once, with
// all constraints of its elements, and structures one by one.
func (c *violations) elements(n *node, v reflect.Value, path string) {
	if n.elem.scalar() {
		if !n.elem.check.any() {
			return
		}
		for i := range v.Len() {
			if len(n.elem.check.broken(n.elem, v.Index(i))) > 0 {
				c.add(shown(n, v), path, "Member must satisfy constraint: ["+n.elem.check.words(n.elem)+"]")
				return
			}
		}
		return
	}
	for i := range v.Len() {
		c.inner(n.elem, v.Index(i), path+"."+strconv.Itoa(i+1)+".member")
	}
}

func (c *violations) entries(n *node, v reflect.Value, path string) {
	key := &node{kind: kindString}
	keyBad, valueBad := false, false
	for _, k := range sortedKeys(v) {
		e := v.MapIndex(k)
		keyBad = keyBad || n.keyCheck.any() && len(n.keyCheck.broken(key, k)) > 0
		if !n.elem.scalar() {
			c.inner(n.elem, e, path+"."+k.String()+".member")
			continue
		}
		valueBad = valueBad || n.elem.check.any() && len(n.elem.check.broken(n.elem, e)) > 0
	}
	if keyBad {
		c.add(shown(n, v), path, "Map keys must satisfy constraint: ["+n.keyCheck.words(key)+"]")
	}
	if valueBad {
		c.add(shown(n, v), path, "Map value must satisfy constraint: ["+n.elem.check.words(n.elem)+"]")
	}
}

// scalar says whether a value is one thing, not a collection or structure.
func (n *node) scalar() bool {
	return n.kind != kindStruct && n.kind != kindList && n.kind != kindMap && n.kind != kindValue && n.kind != kindItem
}

// number says whether bounds are of the value and not of its length.
func (n *node) number() bool {
	return n.kind == kindInt32 || n.kind == kindInt64 || n.kind == kindFloat32 || n.kind == kindFloat64
}

// broken lists the constraints that a value breaks.
func (c *check) broken(n *node, v reflect.Value) (out []string) {
	if c.hasMin || c.hasMax {
		below, above := c.outside(n, v)
		if above {
			out = append(out, c.maxWords(n))
		}
		if below {
			out = append(out, c.minWords(n))
		}
	}
	if n.kind != kindString {
		return out
	}
	if c.pattern != nil && !c.pattern.re().MatchString(v.String()) {
		out = append(out, c.patternWords())
	}
	if c.enum != nil && !contains(c.enum, v.String()) {
		out = append(out, c.enumWords())
	}
	return out
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// outside compares a value, or its length, with the bounds. Texts count in
// characters (UTF-16 units in AWS's own code; they differ beyond U+FFFF only).
func (c *check) outside(n *node, v reflect.Value) (below, above bool) {
	var x int64
	switch n.kind {
	case kindInt32, kindInt64:
		x = v.Int()
	case kindFloat32, kindFloat64:
		f := v.Float()
		return c.hasMin && f < float64(c.min), c.hasMax && f > float64(c.max)
	case kindString:
		x = int64(utf8.RuneCountInString(v.String()))
	case kindBlob, kindList, kindMap, kindItem, kindDocument:
		x = int64(v.Len())
	default:
		return false, false
	}
	return c.hasMin && x < c.min, c.hasMax && x > c.max
}

// words lists all constraints of a value, as AWS does for elements.
func (c *check) words(n *node) string {
	var list []string
	if c.hasMax {
		list = append(list, c.maxWords(n))
	}
	if c.hasMin {
		list = append(list, c.minWords(n))
	}
	if c.pattern != nil {
		list = append(list, c.patternWords())
	}
	if c.enum != nil {
		list = append(list, c.enumWords())
	}
	return strings.Join(list, ", ")
}

func (c *check) minWords(n *node) string {
	if n.number() {
		return "Member must have value greater than or equal to " + strconv.FormatInt(c.min, 10)
	}
	return "Member must have length greater than or equal to " + strconv.FormatInt(c.min, 10)
}

func (c *check) maxWords(n *node) string {
	if n.number() {
		return "Member must have value less than or equal to " + strconv.FormatInt(c.max, 10)
	}
	return "Member must have length less than or equal to " + strconv.FormatInt(c.max, 10)
}

func (c *check) patternWords() string {
	return "Member must satisfy regular expression pattern: " + c.pattern.text
}

func (c *check) enumWords() string {
	return "Member must satisfy enum value set: [" + strings.Join(c.enum, ", ") + "]"
}

// shown writes a value for a message: " 'abc'", " '[a, b]'", " '{k=v}'", or ""
// for what is sensitive or too complex to show.
func shown(n *node, v reflect.Value) string {
	text, ok := showText(n, v)
	if !ok {
		return ""
	}
	if len(text) > maxShown {
		cut := maxShown
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "..."
	}
	return " '" + text + "'"
}

func showText(n *node, v reflect.Value) (string, bool) {
	if n.sens {
		return "", false
	}
	switch n.kind {
	case kindList:
		if !n.elem.scalar() || n.elem.sens {
			return "[]", v.Len() == 0
		}
		parts := make([]string, 0, v.Len())
		for i := range v.Len() {
			text, _ := showText(n.elem, v.Index(i))
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	case kindMap:
		if !n.elem.scalar() || n.elem.sens {
			return "{}", v.Len() == 0
		}
		parts := make([]string, 0, v.Len())
		for _, k := range sortedKeys(v) {
			text, _ := showText(n.elem, v.MapIndex(k))
			parts = append(parts, k.String()+"="+text)
		}
		return "{" + strings.Join(parts, ", ") + "}", true
	case kindBlob, kindStruct, kindValue, kindItem, kindDocument, kindStream:
		return "", false
	}
	return string(appendText(nil, n, v, timeISO8601, false)), true
}
