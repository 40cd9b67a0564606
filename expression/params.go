package expression

import (
	"slices"
	"strings"
)

// Params are the ExpressionAttributeNames and ExpressionAttributeValues of one
// request. They remember what the request's expressions used. A Params belongs
// to one request and is not safe for concurrent use.
type Params struct {
	names      map[string]string
	values     Item
	usedNames  map[string]struct{}
	usedValues map[string]struct{}
}

// NewParams checks the maps' keys and values. Nil maps are absent; an empty map
// that is present is an error. The error is an *Error with AWS's whole text.
func NewParams(names map[string]string, values Item) (*Params, error) {
	p := &Params{names: names, values: values}
	if names != nil {
		if len(names) == 0 {
			return nil, errorf("ExpressionAttributeNames must not be empty")
		}
		if key, bad := firstBadKey(names, '#'); bad {
			return nil, errorf(`ExpressionAttributeNames contains invalid key: Syntax error; key: "`, clip(key), `"`)
		}
	}
	if values != nil {
		if len(values) == 0 {
			return nil, errorf("ExpressionAttributeValues must not be empty")
		}
		if key, bad := firstBadKey(values, ':'); bad {
			return nil, errorf(`ExpressionAttributeValues contains invalid key: Syntax error; key: "`, clip(key), `"`)
		}
		if values.Check() != nil {
			for _, key := range values.Names() {
				if err := values[key].Check(); err != nil {
					return nil, errorf("ExpressionAttributeValues contains invalid value: ", err.Error(), " for key ", key)
				}
			}
		}
	}
	return p, nil
}

// firstBadKey returns the first key, in byte order, that is not mark followed
// by letters, digits or underscores.
func firstBadKey[V any](m map[string]V, mark byte) (string, bool) {
	var bad []string
	for k := range m {
		if len(k) < 2 || k[0] != mark || strings.IndexFunc(k[1:], func(r rune) bool {
			return r > 127 || !isIdentPart(byte(r))
		}) >= 0 {
			bad = append(bad, k)
		}
	}
	if len(bad) == 0 {
		return "", false
	}
	return slices.Min(bad), true
}

// Unused returns an error naming what no expression used, or nil. Call it after
// all expressions of the request were bound.
func (p *Params) Unused() error {
	if keys := missing(p.names, p.usedNames); keys != "" {
		return errorf("Value provided in ExpressionAttributeNames unused in expressions: keys: {", keys, "}")
	}
	if keys := missing(p.values, p.usedValues); keys != "" {
		return errorf("Value provided in ExpressionAttributeValues unused in expressions: keys: {", keys, "}")
	}
	return nil
}

func missing[V any](given map[string]V, used map[string]struct{}) string {
	if len(given) == len(used) {
		return ""
	}
	var keys []string
	for k := range given {
		if _, ok := used[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

func (p *Params) name(alias string) (string, *Error) {
	name, ok := p.names[alias]
	if !ok {
		return "", errorf("An expression attribute name used in the document path is not defined; attribute name: ", alias)
	}
	if p.usedNames == nil {
		p.usedNames = make(map[string]struct{}, len(p.names))
	}
	p.usedNames[alias] = struct{}{}
	return name, nil
}

func (p *Params) value(key string) (Value, *Error) {
	v, ok := p.values[key]
	if !ok {
		return Value{}, errorf("An expression attribute value used in expression is not defined; attribute value: ", key)
	}
	if p.usedValues == nil {
		p.usedValues = make(map[string]struct{}, len(p.values))
	}
	p.usedValues[key] = struct{}{}
	return v, nil
}

// resolve replaces the #names of a path.
func (p *Params) resolve(pt path) (path, *Error) {
	out := pt
	for i, e := range pt {
		if e.kind != elemAlias {
			continue
		}
		name, err := p.name(e.name)
		if err != nil {
			return nil, err
		}
		if &out[0] == &pt[0] {
			out = slices.Clone(pt)
		}
		out[i] = element{name: name}
	}
	return out, nil
}
