package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
)

// apply makes the stack's resources what the template says: new ones are
// created, changed ones updated or replaced. Nothing is deleted yet.
func (r *run) apply(ctx context.Context) error {
	var ids []string
	active := map[string]bool{}
	for _, res := range r.graph.Active {
		ids = append(ids, res.ID)
		active[res.ID] = true
		if rec := r.records[res.ID]; rec != nil && rec.Type != res.Type {
			return fmt.Errorf("Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]", res.ID) //nolint:staticcheck // AWS's wording
		}
	}
	for id, rec := range r.records {
		rec.Gone = !active[id]
	}
	return walk(ctx, r.s.parallel, ids, r.graph.Needs, func(ctx context.Context, id string) error {
		return r.applyOne(ctx, r.template.Resource(id))
	})
}

func (r *run) applyOne(ctx context.Context, res *template.Resource) error {
	t := r.s.types[res.Type]
	if t == nil {
		return fmt.Errorf("resource type %s is not built in Bawn", res.Type)
	}
	p, err := r.evaluate(res)
	if err != nil {
		r.failed(&resourceRecord{LogicalID: res.ID, Type: res.Type}, reasonOf(err))
		return err
	}
	r.mu.Lock()
	rec := r.records[res.ID]
	r.mu.Unlock()
	if rec == nil {
		return r.create(ctx, t, res, p)
	}
	switch t.Change(rec.props, p) {
	case 0, resource.Ignored:
		return r.refresh(ctx, rec, res)
	case resource.Replaces:
		return r.replace(ctx, t, rec, res, p)
	default:
		return r.update(ctx, t, rec, res, p)
	}
}

// describe copies what a resource of the template says beside its properties.
func describe(rec *resourceRecord, res *template.Resource, needs []string) {
	rec.Needs, rec.DeletionPolicy, rec.UpdateReplacePolicy = needs, res.DeletionPolicy, res.UpdateReplacePolicy
	rec.Metadata = ""
	if res.Metadata != nil {
		rec.Metadata = string(res.Metadata.AppendJSON(nil))
	}
}

// refresh stores what changed beside the properties.
func (r *run) refresh(ctx context.Context, rec *resourceRecord, res *template.Resource) error {
	r.mu.Lock()
	before := *rec
	describe(rec, res, r.graph.Needs[res.ID])
	rec.Gone = false
	same := slices.Equal(before.Needs, rec.Needs) && before.DeletionPolicy == rec.DeletionPolicy &&
		before.UpdateReplacePolicy == rec.UpdateReplacePolicy && before.Metadata == rec.Metadata
	if same {
		r.mu.Unlock()
		return nil
	}
	before.Before = nil
	rec.Change, rec.Before, rec.Op = updated, &before, r.stack.Op
	r.mu.Unlock()
	return r.save(ctx, rec)
}

// name is what a creation goes for: the template's name, or a generated one.
func (r *run) name(t *resource.Type, logicalID string, p resource.Props) string {
	if t.NameProperty == "" {
		return ""
	}
	if v, ok := p[t.NameProperty].(string); ok && v != "" {
		return v
	}
	return t.GenerateName(r.stack.Name, logicalID, r.s.random(12))
}

func (r *run) create(ctx context.Context, t *resource.Type, res *template.Resource, p resource.Props) error {
	rec := &resourceRecord{LogicalID: res.ID, Type: res.Type, Change: created, Op: r.stack.Op, props: p, Name: r.name(t, res.ID, p)}
	describe(rec, res, r.graph.Needs[res.ID])
	if err := r.free(ctx, t, rec); err != nil {
		r.failed(rec, reasonOf(err))
		r.mu.Lock()
		r.event(rec.LogicalID, "", rec.Type, "CREATE_FAILED", reasonOf(err))
		r.mu.Unlock()
		return err
	}
	r.mu.Lock()
	r.records[res.ID] = rec
	r.mu.Unlock()
	return r.make(ctx, t, rec, "CREATE")
}

// free makes sure that nobody has the name yet, before the intent is written:
// a rollback deletes what an intent names, and must never hit a stranger.
func (r *run) free(ctx context.Context, t *resource.Type, rec *resourceRecord) error {
	if t.Exists == nil || rec.Name == "" {
		return nil
	}
	there, err := t.Exists(ctx, r.request(rec.LogicalID, rec.Name), rec.Name)
	if err != nil {
		return err
	}
	if there {
		return fmt.Errorf("Resource of type '%s' with identifier '%s' already exists.", rec.Type, rec.Name) //nolint:staticcheck // AWS's wording
	}
	return nil
}

// make creates the resource of a record whose intent is CREATE or UPDATE (for
// a replacement).
func (r *run) make(ctx context.Context, t *resource.Type, rec *resourceRecord, verb string) error {
	if err := r.mark(ctx, rec, verb+"_IN_PROGRESS", ""); err != nil {
		return err
	}
	state, err := t.Create(ctx, r.request(rec.LogicalID, rec.Name), rec.props)
	r.mu.Lock()
	if state != nil {
		rec.State = *state
	}
	r.mu.Unlock()
	return r.finish(ctx, rec, verb, err)
}

// finish marks the result of a resource's change.
func (r *run) finish(ctx context.Context, rec *resourceRecord, verb string, err error) error {
	if err == nil {
		return r.mark(ctx, rec, verb+"_COMPLETE", "")
	}
	if r.s.ctx.Err() != nil {
		return err // the service is closing: the intent stands
	}
	reason := reasonOf(err)
	r.failed(rec, reason)
	return errors.Join(err, r.mark(ctx, rec, verb+"_FAILED", reason))
}

func (r *run) update(ctx context.Context, t *resource.Type, rec *resourceRecord, res *template.Resource, p resource.Props) error {
	r.mu.Lock()
	before := *rec
	before.Before, before.Change = nil, ""
	describe(rec, res, r.graph.Needs[res.ID])
	rec.Change, rec.Before, rec.Op, rec.props, rec.Sealed = updated, &before, r.stack.Op, p, nil
	r.mu.Unlock()
	if err := r.mark(ctx, rec, "UPDATE_IN_PROGRESS", ""); err != nil {
		return err
	}
	old := rec.State
	state, err := t.Update(ctx, r.request(rec.LogicalID, rec.Name), &old, before.props, p)
	r.mu.Lock()
	if state != nil {
		rec.State = *state
	}
	r.mu.Unlock()
	return r.finish(ctx, rec, "UPDATE", err)
}

func (r *run) replace(ctx context.Context, t *resource.Type, rec *resourceRecord, res *template.Resource, p resource.Props) error {
	if name, ok := p[t.NameProperty].(string); ok && t.NameProperty != "" && name == rec.Name {
		err := fmt.Errorf("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename %s and update the stack again.", name) //nolint:staticcheck // AWS's wording
		r.failed(rec, err.Error())
		r.mu.Lock()
		r.event(rec.LogicalID, rec.State.PhysicalID, rec.Type, "UPDATE_FAILED", err.Error())
		r.mu.Unlock()
		return err
	}
	r.mu.Lock()
	before := *rec
	before.Before, before.Change = nil, ""
	fresh := &resourceRecord{LogicalID: rec.LogicalID, Type: rec.Type, Change: replaced, Op: r.stack.Op, Before: &before, props: p, Name: r.name(t, res.ID, p)}
	describe(fresh, res, r.graph.Needs[res.ID])
	r.mu.Unlock()
	if err := r.free(ctx, t, fresh); err != nil {
		r.failed(rec, reasonOf(err))
		return err
	}
	r.mu.Lock()
	r.records[res.ID] = fresh
	r.mu.Unlock()
	return r.make(ctx, t, fresh, "UPDATE")
}
