package apigateway

import (
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/apigateway"
)

// patchRule applies one patch operation whose path matched; rest is what
// followed a trailing slash in the rule's path, unescaped.
type patchRule func(op, rest string, value *string) error

// patches are the patchable paths of a thing. A path that ends in "/" takes
// one more segment.
type patches map[string]patchRule

// apply runs the operations in order; operation names the caller in refusals.
func (p patches) apply(operation string, ops []apigateway.PatchOperation) error {
	for _, op := range ops {
		verb, path := value(op.Op), value(op.Path)
		if verb == "" || path == "" {
			return errBadRequest("Invalid patch operation specified. Must be one of: [add, remove, replace, test, move, copy]")
		}
		rule, rest := p.find(path)
		if rule == nil || verb != "add" && verb != "remove" && verb != "replace" {
			return awsapi.NotBuilt(operation + " patch " + verb + " " + path)
		}
		if err := rule(verb, rest, op.Value); err != nil {
			return err
		}
	}
	return nil
}

func (p patches) find(path string) (patchRule, string) {
	if rule := p[path]; rule != nil {
		return rule, ""
	}
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return p[path[:i+1]], strings.NewReplacer("~1", "/", "~0", "~").Replace(path[i+1:])
	}
	return nil, ""
}

// text patches an optional string.
func text(target **string) patchRule {
	return func(op, _ string, v *string) error {
		if op == "remove" {
			v = nil
		}
		*target = v
		return nil
	}
}

// truth patches an optional boolean.
func truth(target **bool) patchRule {
	return func(_, _ string, v *string) error {
		b, err := strconv.ParseBool(value(v))
		if err != nil {
			return errBadRequest("Invalid boolean value: %s", value(v))
		}
		*target = &b
		return nil
	}
}

// entry patches one entry of a map.
func entry(target *map[string]string) patchRule {
	return func(op, name string, v *string) error {
		if op == "remove" {
			delete(*target, name)
			return nil
		}
		if *target == nil {
			*target = map[string]string{}
		}
		(*target)[name] = value(v)
		return nil
	}
}

// member patches membership in a list of strings: the name is in the path, or
// in the value where the path has none.
func member(target *[]string) patchRule {
	return func(op, name string, v *string) error {
		if name == "" {
			name = value(v)
		}
		kept := (*target)[:0:0]
		for _, m := range *target {
			if m != name {
				kept = append(kept, m)
			}
		}
		if op != "remove" {
			kept = append(kept, name)
		}
		*target = kept
		return nil
	}
}
