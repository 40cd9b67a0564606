package cloudformation

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
	"github.com/bawn-dev/bawn/internal/store"
)

// export is one exported value of a region.
type export struct{ name, value, stack string }

// liveStacks yields the stacks that are not deleted.
func liveStacks(tx *store.Tx, k keys) ([]*stackRecord, error) {
	var out []*stackRecord
	for stack, err := range scanJSON[stackRecord](tx, k.stacks(), false) {
		if err != nil {
			return nil, err
		}
		if stack.Status != "DELETE_COMPLETE" {
			out = append(out, stack)
		}
	}
	return out, nil
}

// exportsOf reads all exports of a region by name.
func (s *Service) exportsOf(ctx context.Context, k keys) (map[string]export, error) {
	out := map[string]export{}
	err := s.db.View(ctx, func(tx *store.Tx) error {
		stacks, err := liveStacks(tx, k)
		for _, stack := range stacks {
			for _, o := range stack.Outputs {
				if o.Export != "" {
					out[o.Export] = export{o.Export, o.Value, stack.ID}
				}
			}
		}
		return err
	})
	return out, err
}

// importers names the stacks that import an export.
func importers(stacks []*stackRecord, name string) []string {
	var out []string
	for _, stack := range stacks {
		for _, i := range stack.Imports {
			if i == name {
				out = append(out, stack.Name)
			}
		}
	}
	return out
}

// outputs evaluates the template's outputs and checks their exports against
// those of other stacks.
func (r *run) outputs(ctx context.Context) ([]outputRecord, error) {
	r.mu.Lock()
	var out []outputRecord
	var err error
	for _, o := range r.template.Outputs {
		var rec *outputRecord
		if rec, err = r.output(o); err != nil {
			break
		}
		if rec != nil {
			out = append(out, *rec)
		}
	}
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return out, r.checkExports(ctx, out)
}

// output evaluates one output; nil when its condition is false.
func (r *run) output(o *template.Output) (*outputRecord, error) {
	active, err := r.scope.Active(o.Condition)
	if err != nil || !active {
		return nil, err
	}
	v, err := r.scope.Eval(o.Value)
	if err != nil {
		return nil, err
	}
	rec := &outputRecord{Name: o.Name, Description: o.Description}
	var ok bool
	if rec.Value, ok = outputText(v); !ok {
		return nil, &template.Error{Pos: o.Pos, Message: "Template format error: Output " + o.Name + " is malformed. The Value field of every Outputs member must evaluate to a String."}
	}
	if o.ExportName != nil {
		if rec.Export, err = r.scope.Text(o.ExportName); err != nil {
			return nil, err
		}
	}
	return rec, nil
}

func outputText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	case interface{ String() string }:
		return v.String(), true
	}
	return "", false
}

// checkExports refuses names that another stack exports, and changes of values
// that others import.
func (r *run) checkExports(ctx context.Context, outputs []outputRecord) error {
	values := map[string]string{}
	for _, o := range outputs {
		if o.Export != "" {
			if _, twice := values[o.Export]; twice {
				return validation("Duplicate Export names [%s]", o.Export)
			}
			values[o.Export] = o.Value
		}
	}
	return r.s.db.View(ctx, func(tx *store.Tx) error {
		stacks, err := liveStacks(tx, r.keys)
		if err != nil {
			return err
		}
		for _, stack := range stacks {
			for _, o := range stack.Outputs {
				v, ours := values[o.Export]
				switch {
				case o.Export == "":
				case stack.ID != r.stack.ID:
					if ours {
						return validation("Export with name %s is already exported by stack %s", o.Export, stack.Name)
					}
				case !ours || v != o.Value:
					if users := importers(stacks, o.Export); len(users) > 0 {
						if !ours {
							return exportInUse(o.Export, strings.Join(users, ", "))
						}
						return validation("Export %s cannot be updated as it is in use by %s", o.Export, strings.Join(users, ", "))
					}
				}
			}
		}
		return nil
	})
}
