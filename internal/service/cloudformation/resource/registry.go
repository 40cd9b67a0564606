package resource

import "slices"

// Registry holds the resource types by name. It is read-only.
type Registry map[string]*Type

// Types returns a registry of all built types.
func Types() Registry {
	r := Registry{}
	for _, list := range [][]*Type{
		apiGatewayTypes(), lambdaTypes(), logsTypes(), iamTypes(), dynamodbTypes(), cognitoTypes(), identityTypes(), s3Types(),
	} {
		for _, t := range list {
			r[t.Name] = t
		}
	}
	return r
}

// Names lists the types in order.
func (r Registry) Names() []string {
	out := make([]string, 0, len(r))
	for name := range r {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// table builds a property table of name lists.
func table(inPlace, replaces, unbuilt, ignored []string) map[string]Effect {
	out := map[string]Effect{}
	for _, l := range []struct {
		names  []string
		effect Effect
	}{{inPlace, InPlace}, {replaces, Replaces}, {unbuilt, Unbuilt}, {ignored, Ignored}} {
		for _, name := range l.names {
			out[name] = l.effect
		}
	}
	return out
}
