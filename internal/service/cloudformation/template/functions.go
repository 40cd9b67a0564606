package template

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/document"
)

// maxText bounds the text that functions may build: nested Fn::Join and
// Fn::Sub could grow it without end.
const maxText = 1 << 20

// call evaluates one intrinsic function.
func (s *Scope) call(n *document.Node, name string, arg *document.Node) (any, error) {
	switch name {
	case "Ref":
		return s.ref(arg)
	case "Fn::GetAtt":
		return s.getAtt(arg)
	case "Fn::Sub":
		return s.sub(arg)
	case "Fn::Join":
		return s.join(arg)
	case "Fn::Select":
		return s.selectItem(arg)
	case "Fn::Split":
		return s.split(arg)
	case "Fn::If":
		return s.ifElse(arg)
	case "Fn::FindInMap":
		return s.findInMap(arg)
	case "Fn::ImportValue":
		return s.importValue(arg)
	case "Fn::Base64":
		text, err := s.Text(arg)
		return base64.StdEncoding.EncodeToString([]byte(text)), err
	case "Fn::Cidr":
		return s.cidr(arg)
	case "Fn::GetAZs":
		return s.zones(arg)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		return s.boolean(n)
	}
	return nil, fail(n.Pos, "Template error: the function %s is not built in Bawn", name)
}

func (s *Scope) ref(arg *document.Node) (any, error) {
	if arg == nil || arg.Kind != document.String {
		return nil, fail(pos(arg), "Template error: every Ref object must have a single String value.")
	}
	v, ok := s.lookup(arg.Text)
	if !ok {
		return nil, fail(arg.Pos, "Template format error: Unresolved resource dependencies [%s] in the Resources block of the template", arg.Text)
	}
	return v, nil
}

// lookup finds a pseudo parameter, parameter or resource.
func (s *Scope) lookup(name string) (any, bool) {
	if name == "AWS::NoValue" {
		return noValue{}, true
	}
	if name == "AWS::NotificationARNs" {
		return texts(splitList(s.Pseudo[name])), true
	}
	if v, ok := s.Pseudo[name]; ok {
		return v, true
	}
	if v, ok := s.Parameters[name]; ok {
		for _, p := range s.Template.Parameters {
			if p.Name == name && p.IsList() {
				return texts(splitList(v)), true
			}
		}
		return v, true
	}
	if s.Ref == nil {
		return nil, false
	}
	return s.Ref(name)
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

func pos(n *document.Node) document.Position {
	if n == nil {
		return document.Position{}
	}
	return n.Pos
}

// attribute reads the argument of Fn::GetAtt: [id, attribute] or "id.attribute".
func attribute(arg *document.Node) (id string, attr *document.Node, err error) {
	switch {
	case arg != nil && arg.Kind == document.String:
		id, rest, ok := strings.Cut(arg.Text, ".")
		if ok && id != "" && rest != "" {
			return id, document.Of(arg.Pos, rest), nil
		}
	case arg != nil && arg.Kind == document.List && len(arg.Items) == 2 && arg.Items[0].Kind == document.String:
		return arg.Items[0].Text, arg.Items[1], nil
	}
	return "", nil, fail(pos(arg), "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute")
}

func (s *Scope) getAtt(arg *document.Node) (any, error) {
	id, attr, err := attribute(arg)
	if err != nil {
		return nil, err
	}
	name, err := s.Text(attr)
	if err != nil {
		return nil, err
	}
	if s.Template.Resource(id) == nil {
		return nil, fail(arg.Pos, "Template error: instance of Fn::GetAtt references undefined resource %s", id)
	}
	if s.GetAtt != nil {
		if v, ok := s.GetAtt(id, name); ok {
			return v, nil
		}
	}
	return nil, fail(arg.Pos, "Template error: resource %s does not support attribute type %s in Fn::GetAtt", id, name)
}

// subParts cuts the text of Fn::Sub into literal pieces and names: pieces has
// one more entry than names. ${!Literal} stays ${Literal}.
func subParts(text string) (pieces, names []string, err error) {
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			b.WriteString(text)
			return append(pieces, b.String()), names, nil
		}
		b.WriteString(text[:i])
		text = text[i+2:]
		end := strings.IndexByte(text, '}')
		if end < 0 {
			b.WriteString("${" + text)
			return append(pieces, b.String()), names, nil
		}
		name := strings.TrimSpace(text[:end])
		text = text[end+1:]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-") != "" {
			return nil, nil, fail(document.Position{}, "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons")
		}
		pieces, names = append(pieces, b.String()), append(names, name)
		b.Reset()
	}
}

// subArgs reads the argument of Fn::Sub: a text, or [text, {name: value}].
func subArgs(arg *document.Node) (text *document.Node, vars *document.Node, err error) {
	switch {
	case arg != nil && arg.Kind == document.String:
		return arg, nil, nil
	case arg != nil && arg.Kind == document.List && len(arg.Items) == 2 && arg.Items[0].Kind == document.String && arg.Items[1].Kind == document.Map:
		return arg.Items[0], arg.Items[1], nil
	}
	return nil, nil, fail(pos(arg), "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string")
}

func (s *Scope) sub(arg *document.Node) (any, error) {
	text, vars, err := subArgs(arg)
	if err != nil {
		return nil, err
	}
	pieces, names, err := subParts(text.Text)
	if err != nil {
		return nil, at(err, text.Pos)
	}
	var b strings.Builder
	for i, name := range names {
		b.WriteString(pieces[i])
		v, err := s.subValue(name, vars, text.Pos)
		if err != nil {
			return nil, err
		}
		b.WriteString(v)
		if b.Len() > maxText {
			return nil, fail(text.Pos, "Template error: the text of Fn::Sub is too long")
		}
	}
	b.WriteString(pieces[len(names)])
	return b.String(), nil
}

func (s *Scope) subValue(name string, vars *document.Node, where document.Position) (string, error) {
	var v any
	var err error
	switch given := vars.Get(name); {
	case given != nil:
		v, err = s.Eval(given)
	case strings.Contains(name, ".") && !strings.HasPrefix(name, "AWS::"):
		v, err = s.getAtt(document.Of(where, name))
	default:
		v, err = s.ref(document.Of(where, name))
	}
	if err != nil {
		return "", err
	}
	text, ok := scalar(v)
	if !ok {
		return "", fail(where, "Template error: the value of ${%s} in Fn::Sub is %s, it must be a string", name, kindOf(v))
	}
	return text, nil
}

func at(err error, where document.Position) error {
	if e, ok := err.(*Error); ok && !e.Pos.Known() { //nolint:errorlint // made in this package, never wrapped
		e.Pos = where
	}
	return err
}

// args evaluates a list argument of n items.
func (s *Scope) args(name string, arg *document.Node, least, most int) ([]any, error) {
	if arg == nil || arg.Kind != document.List || len(arg.Items) < least || len(arg.Items) > most {
		return nil, fail(pos(arg), "Template error: every %s object requires a list of %s parameters", name, count(least, most))
	}
	out := make([]any, len(arg.Items))
	for i, item := range arg.Items {
		v, err := s.Eval(item)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func count(least, most int) string {
	if least == most {
		return strconv.Itoa(least)
	}
	return strconv.Itoa(least) + " to " + strconv.Itoa(most)
}

func (s *Scope) join(arg *document.Node) (any, error) {
	args, err := s.args("Fn::Join", arg, 2, 2)
	if err != nil {
		return nil, err
	}
	separator, ok := args[0].(string)
	list, isList := args[1].([]any)
	if !ok || !isList {
		return nil, fail(arg.Pos, "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.")
	}
	items := make([]string, 0, len(list))
	size := 0
	for _, v := range list {
		text, ok := scalar(v)
		if !ok {
			return nil, fail(arg.Pos, "Template error: every Fn::Join object requires strings to be joined, one is %s", kindOf(v))
		}
		if size += len(text) + len(separator); size > maxText {
			return nil, fail(arg.Pos, "Template error: the text of Fn::Join is too long")
		}
		items = append(items, text)
	}
	return strings.Join(items, separator), nil
}

func (s *Scope) selectItem(arg *document.Node) (any, error) {
	args, err := s.args("Fn::Select", arg, 2, 2)
	if err != nil {
		return nil, err
	}
	text, _ := scalar(args[0])
	i, err := strconv.Atoi(text)
	list, ok := args[1].([]any)
	if err != nil || !ok {
		return nil, fail(arg.Pos, "Template error: Fn::Select requires a list argument with two elements: an integer index and a list")
	}
	if i < 0 || i >= len(list) {
		return nil, fail(arg.Pos, "Template error: Fn::Select cannot select nonexistent value at index %d", i)
	}
	if list[i] == nil {
		return nil, fail(arg.Pos, "Template error: Fn::Select cannot select null value at index %d", i)
	}
	return list[i], nil
}

func (s *Scope) split(arg *document.Node) (any, error) {
	args, err := s.args("Fn::Split", arg, 2, 2)
	if err != nil {
		return nil, err
	}
	separator, ok := args[0].(string)
	text, isText := scalar(args[1])
	if !ok || separator == "" || !isText {
		return nil, fail(arg.Pos, "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.")
	}
	return texts(strings.Split(text, separator)), nil
}

func (s *Scope) ifElse(arg *document.Node) (any, error) {
	branch, err := s.branch(arg)
	if err != nil {
		return nil, err
	}
	return s.eval(branch)
}

// branch returns the argument of Fn::If that its condition chooses.
func (s *Scope) branch(arg *document.Node) (*document.Node, error) {
	if arg == nil || arg.Kind != document.List || len(arg.Items) != 3 || arg.Items[0].Kind != document.String {
		return nil, fail(pos(arg), "Template error: Fn::If requires a list argument with the first element being a condition")
	}
	yes, err := s.Condition(arg.Items[0].Text)
	if err != nil {
		return nil, at(err, arg.Pos)
	}
	if yes {
		return arg.Items[1], nil
	}
	return arg.Items[2], nil
}

func (s *Scope) findInMap(arg *document.Node) (any, error) {
	if arg != nil && arg.Kind == document.List && len(arg.Items) == 4 {
		return nil, fail(arg.Pos, "Template error: the DefaultValue of Fn::FindInMap is not built in Bawn")
	}
	args, err := s.args("Fn::FindInMap", arg, 3, 3)
	if err != nil {
		return nil, err
	}
	n := s.Template.Mappings
	var path []string
	for _, a := range args {
		key, ok := scalar(a)
		if !ok {
			return nil, fail(arg.Pos, "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value")
		}
		path = append(path, key)
		n = n.Get(key)
	}
	if n == nil {
		return nil, fail(arg.Pos, "Template error: Unable to get mapping for %s", strings.Join(path, "::"))
	}
	return (&Scope{Template: s.Template}).eval(n)
}

func (s *Scope) importValue(arg *document.Node) (any, error) {
	name, err := s.Text(arg)
	if err != nil {
		return nil, err
	}
	if s.Import != nil {
		if v, ok := s.Import(name); ok {
			return v, nil
		}
	}
	return nil, fail(pos(arg), "No export named %s found.", name)
}

func (s *Scope) zones(arg *document.Node) (any, error) {
	region, err := s.Text(arg)
	if err != nil {
		return nil, err
	}
	if region == "" {
		region = s.Pseudo["AWS::Region"]
	}
	return []any{region + "a", region + "b", region + "c"}, nil
}

// cidr is Fn::Cidr: count blocks of cidrBits host bits within a block.
func (s *Scope) cidr(arg *document.Node) (any, error) {
	args, err := s.args("Fn::Cidr", arg, 2, 3)
	if err != nil {
		return nil, err
	}
	wrong := fail(arg.Pos, "Template error: Fn::Cidr requires an IP block, a count of 1 to 256 and cidrBits")
	block, _ := scalar(args[0])
	prefix, err := netip.ParsePrefix(block)
	if err != nil {
		return nil, wrong
	}
	size := prefix.Addr().BitLen()
	bits := 8
	if size == 128 {
		bits = 64
	}
	n, err := integer(args[1])
	if err != nil || n < 1 || n > 256 {
		return nil, wrong
	}
	if len(args) == 3 {
		if bits, err = integer(args[2]); err != nil || bits < 1 || bits > size {
			return nil, wrong
		}
	}
	length := size - bits
	if length < prefix.Bits() || length-prefix.Bits() < 31 && n > 1<<(length-prefix.Bits()) {
		return nil, wrong
	}
	base := new(big.Int).SetBytes(prefix.Masked().Addr().AsSlice())
	out := make([]any, n)
	for i := range out {
		offset := new(big.Int).Lsh(big.NewInt(int64(i)), uint(bits)) //nolint:gosec // bits is within 1..128
		b := new(big.Int).Add(base, offset).FillBytes(make([]byte, size/8))
		addr, _ := netip.AddrFromSlice(b)
		out[i] = netip.PrefixFrom(addr, length).String()
	}
	return out, nil
}

func integer(v any) (int, error) {
	text, _ := scalar(v)
	return strconv.Atoi(text)
}

// boolean evaluates a condition function.
func (s *Scope) boolean(n *document.Node) (bool, error) {
	if n != nil && n.Kind == document.Map && len(n.Members) == 1 {
		arg := n.Members[0].Value
		switch n.Members[0].Key {
		case "Condition":
			v, err := s.Condition(arg.Text)
			return v, at(err, pos(arg))
		case "Fn::Equals":
			args, err := s.args("Fn::Equals", arg, 2, 2)
			if err != nil {
				return false, err
			}
			return equal(args[0], args[1]), nil
		case "Fn::Not":
			if arg.Kind == document.List && len(arg.Items) == 1 {
				v, err := s.boolean(arg.Items[0])
				return !v, err
			}
		case "Fn::And", "Fn::Or":
			if arg.Kind == document.List && len(arg.Items) >= 2 && len(arg.Items) <= 10 {
				return s.all(arg.Items, n.Members[0].Key == "Fn::And")
			}
		}
	}
	if n != nil && n.Kind == document.Bool {
		return n.Text == "true", nil
	}
	return false, fail(pos(n), "Template format error: Conditions can only be boolean operations on parameters and other conditions")
}

// all evaluates Fn::And (want true) or Fn::Or (want false).
func (s *Scope) all(items []*document.Node, want bool) (bool, error) {
	for _, item := range items {
		v, err := s.boolean(item)
		if err != nil {
			return false, err
		}
		if v != want {
			return v, nil
		}
	}
	return want, nil
}

// equal compares as CloudFormation does: scalars by their text, else by their
// JSON.
func equal(a, b any) bool {
	x, okX := scalar(a)
	y, okY := scalar(b)
	if okX || okY {
		return okX && okY && x == y
	}
	return Same(a, b)
}

// Same says whether two evaluated values are the same JSON.
func Same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
