package cloudformation

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/store"
)

// save writes a record without an event, behind.
func (r *run) save(ctx context.Context, rec *resourceRecord) error {
	r.mu.Lock()
	stored, err := r.stored(rec)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	id := r.stack.ID
	r.behind(func() error {
		return r.s.db.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
			return store.PutJSON(tx, r.keys.resource(id, rec.LogicalID), stored)
		})
	})
	return nil
}

// needs collects what every record needs, of both its old and new form.
func (r *run) needs() map[string][]string {
	out := map[string][]string{}
	for id, rec := range r.records {
		out[id] = append(out[id], rec.Needs...)
		if rec.Before != nil {
			out[id] = append(out[id], rec.Before.Needs...)
		}
	}
	return out
}

// order is needs; it drops the needs of old forms where old and new together turn in a
// circle: then the new forms alone give the order.
func (r *run) order() map[string][]string {
	needs := r.needs()
	if !circular(needs) {
		return needs
	}
	out := map[string][]string{}
	for id, rec := range r.records {
		out[id] = rec.Needs
	}
	return out
}

func circular(needs map[string][]string) bool {
	state := map[string]int{}
	var visit func(id string) bool
	visit = func(id string) bool {
		switch state[id] {
		case 1:
			return true
		case 2:
			return false
		}
		state[id] = 1
		for _, n := range needs[id] {
			if n != id && visit(n) {
				return true
			}
		}
		state[id] = 2
		return false
	}
	for id := range needs {
		if visit(id) {
			return true
		}
	}
	return false
}

// rollback undoes every change of the operation, in the opposite order. The
// resources in skip are put back in the records alone.
func (r *run) rollback(ctx context.Context, verb string, skip ...string) error {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(r.records)) {
		if r.records[id].Change != "" {
			ids = append(ids, id)
		} else {
			r.records[id].Gone = false
		}
	}
	return walk(ctx, r.s.parallel, ids, reversed(r.order()), func(ctx context.Context, id string) error {
		r.mu.Lock()
		rec := r.records[id]
		r.mu.Unlock()
		switch {
		case slices.Contains(skip, id) && rec.Change == created:
			r.forget(rec, "DELETE_SKIPPED")
			return nil
		case slices.Contains(skip, id):
			return r.restore(ctx, rec, verb, nil)
		}
		switch rec.Change {
		case created:
			return r.undoCreate(ctx, rec)
		case replaced:
			return r.undoReplace(ctx, rec, verb)
		default:
			return r.undoUpdate(ctx, rec, verb)
		}
	})
}

func (r *run) undoCreate(ctx context.Context, rec *resourceRecord) error {
	if rec.DeletionPolicy == "Retain" && !r.stack.KeepCreated && rec.State.PhysicalID != "" {
		r.forget(rec, "DELETE_SKIPPED")
		return nil
	}
	if err := r.mark(ctx, rec, "DELETE_IN_PROGRESS", ""); err != nil {
		return err
	}
	if err := r.destroy(ctx, rec); err != nil {
		return r.finish(ctx, rec, "DELETE", err)
	}
	r.forget(rec, "DELETE_COMPLETE")
	return nil
}

// destroy deletes what a record stands for; a creation that was cut off may
// have made something whose id was never seen.
func (r *run) destroy(ctx context.Context, rec *resourceRecord) error {
	t := r.s.types[rec.Type]
	if t == nil {
		return nil
	}
	req := r.request(rec.LogicalID, rec.Name)
	state := rec.State
	if state.PhysicalID == "" {
		found, err := r.lost(ctx, t, req, rec)
		if err != nil || found == nil {
			return err
		}
		state = *found
	}
	return t.Delete(ctx, req, &state, rec.props)
}

// lost looks for what a creation without a result has made.
func (r *run) lost(ctx context.Context, t *resource.Type, req *resource.Request, rec *resourceRecord) (*resource.State, error) {
	if t.Exists != nil && rec.Name != "" {
		there, err := t.Exists(ctx, req, rec.Name)
		if err != nil || !there {
			return nil, err
		}
		return &resource.State{PhysicalID: rec.Name}, nil
	}
	if t.Find != nil {
		return t.Find(ctx, req, rec.props)
	}
	return nil, nil
}

func (r *run) undoReplace(ctx context.Context, rec *resourceRecord, verb string) error {
	if err := r.destroy(ctx, rec); err != nil {
		return r.finish(ctx, rec, "UPDATE", err)
	}
	return r.restore(ctx, rec, verb, nil)
}

func (r *run) undoUpdate(ctx context.Context, rec *resourceRecord, verb string) error {
	t := r.s.types[rec.Type]
	if t == nil || t.Update == nil || t.Change(rec.props, rec.Before.props) == 0 {
		return r.restore(ctx, rec, verb, nil)
	}
	state, req := rec.State, r.request(rec.LogicalID, rec.Name)
	req.Undo = true
	back, err := t.Update(ctx, req, &state, rec.props, rec.Before.props)
	if err != nil && !resource.IsGone(err) {
		return r.finish(ctx, rec, "UPDATE", err)
	}
	return r.restore(ctx, rec, verb, back)
}

// restore puts the record of before back.
func (r *run) restore(ctx context.Context, rec *resourceRecord, verb string, state *resource.State) error {
	r.mu.Lock()
	before := rec.Before
	before.Change, before.Before, before.Gone = "", nil, false
	if state != nil {
		before.State = *state
	}
	r.records[rec.LogicalID] = before
	r.mu.Unlock()
	return r.mark(ctx, before, verb+"_COMPLETE", "")
}

// cleanup deletes what a successful update left over: resources that the
// template no longer has, and the old forms of replaced ones. A failure is an
// event; the update stays complete, as on AWS.
func (r *run) cleanup(ctx context.Context) error {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(r.records)) {
		rec := r.records[id]
		if rec.Gone || rec.Change != "" {
			ids = append(ids, id)
		}
	}
	err := walk(ctx, r.s.parallel, ids, reversed(r.order()), func(ctx context.Context, id string) error {
		r.mu.Lock()
		rec := r.records[id]
		r.mu.Unlock()
		if rec.Gone {
			return r.remove(ctx, rec, true)
		}
		return r.dropBefore(ctx, rec)
	})
	return errors.Join(err, ctx.Err())
}

// dropBefore ends a change: the old form of a replacement is deleted.
func (r *run) dropBefore(ctx context.Context, rec *resourceRecord) error {
	if old := rec.Before; rec.Change == replaced && old != nil && rec.UpdateReplacePolicy != "Retain" {
		if err := r.destroy(ctx, old); err != nil {
			if r.s.ctx.Err() != nil {
				return err
			}
			r.mu.Lock()
			r.event(old.LogicalID, old.State.PhysicalID, old.Type, "DELETE_FAILED", reasonOf(err))
			r.mu.Unlock()
		}
	}
	if rec.Change != replaced {
		return nil // the operation's number ends the change
	}
	r.mu.Lock()
	rec.Change, rec.Before = "", nil
	r.mu.Unlock()
	return r.save(ctx, rec)
}

// remove deletes one resource of the stack. tolerant: a failure does not stop
// the operation.
func (r *run) remove(ctx context.Context, rec *resourceRecord, tolerant bool) error {
	if rec.DeletionPolicy == "Retain" || rec.DeletionPolicy == "RetainExceptOnCreate" {
		r.forget(rec, "DELETE_SKIPPED")
		return nil
	}
	if err := r.mark(ctx, rec, "DELETE_IN_PROGRESS", ""); err != nil {
		return err
	}
	err := r.destroy(ctx, rec)
	if err == nil && rec.Change == replaced && rec.Before != nil {
		err = r.destroy(ctx, rec.Before)
	}
	switch {
	case err == nil:
		r.forget(rec, "DELETE_COMPLETE")
		return nil
	case tolerant && r.s.ctx.Err() == nil:
		r.forget(rec, "DELETE_FAILED")
		r.s.log.Warn("cloudformation: a resource was left over", "stack", r.stack.Name, "resource", rec.LogicalID, "reason", reasonOf(err))
		return nil
	}
	return r.finish(ctx, rec, "DELETE", err)
}

// removeAll deletes all resources of the stack but those in keep.
func (r *run) removeAll(ctx context.Context, keep []string) error {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(r.records)) {
		if slices.Contains(keep, id) {
			r.forget(r.records[id], "DELETE_SKIPPED")
			continue
		}
		ids = append(ids, id)
	}
	return walk(ctx, r.s.parallel, ids, reversed(r.order()), func(ctx context.Context, id string) error {
		r.mu.Lock()
		rec := r.records[id]
		r.mu.Unlock()
		return r.remove(ctx, rec, false)
	})
}
