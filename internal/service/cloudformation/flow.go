package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
)

// launch runs a flow in the background as the one operation of a stack.
func (s *Service) launch(r *run, op *operation, flow func(ctx context.Context) error) {
	r.op = op
	s.wait.Add(1)
	go func() {
		defer s.wait.Done()
		ctx := s.ctx
		err := flow(ctx)
		if settled := r.settle(); err == nil {
			err = settled
		}
		if err != nil && s.ctx.Err() == nil {
			var failure *Failure
			if !errors.As(err, &failure) {
				s.log.Error("cloudformation: operation broke off", "stack", r.stack.Name, "status", r.stack.Status, "error", err)
			}
		}
		s.mu.Lock()
		delete(s.busy, r.stack.ID)
		s.mu.Unlock()
		op.failure = err
		close(op.done)
	}()
}

// reserve makes an operation the only one of a stack; nil when one runs.
func (s *Service) reserve(id string) *operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] != nil {
		return nil
	}
	op := &operation{done: make(chan struct{})}
	s.busy[id] = op
	return op
}

func (s *Service) release(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

// failure says how the operation failed.
func (r *run) failure(reason string) *Failure {
	return &Failure{StackName: r.stack.Name, Status: r.stack.Status, Resources: r.failures, Reason: reason}
}

// reason lists the resources that failed, as the stack's status reason.
func (r *run) reason(err error) string {
	if len(r.failures) == 0 {
		return reasonOf(err)
	}
	var ids []string
	for _, f := range r.failures {
		ids = append(ids, f.LogicalID)
	}
	slices.Sort(ids)
	return "The following resource(s) failed to create: [" + strings.Join(slices.Compact(ids), ", ") + "]. "
}

// timed bounds the making of a stack by its TimeoutInMinutes.
func (r *run) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.stack.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(r.stack.Timeout)*time.Minute)
}

// creation makes a new stack whose record stands as CREATE_IN_PROGRESS.
func (r *run) creation(ctx context.Context) error {
	err := r.making(ctx, "CREATE_COMPLETE")
	if err == nil || ctx.Err() != nil {
		return err
	}
	reason := r.reason(err)
	if r.stack.NoRollback || r.stack.OnFailure == "DO_NOTHING" {
		if err := r.status(ctx, "CREATE_FAILED", reason); err != nil {
			return err
		}
		return r.failure(reasonOf(err))
	}
	if r.stack.OnFailure == "DELETE" {
		if err := r.status(ctx, "DELETE_IN_PROGRESS", reason); err != nil {
			return err
		}
		return errors.Join(r.failure(reasonOf(err)), r.deletion(ctx, nil))
	}
	if err := r.status(ctx, "ROLLBACK_IN_PROGRESS", reason+"Rollback requested by user."); err != nil {
		return err
	}
	if err := r.creationRollback(ctx); err != nil {
		return err
	}
	return r.failure(reasonOf(err))
}

// making applies the template and ends in a complete status with its outputs.
func (r *run) making(ctx context.Context, status string) error {
	limited, cancel := r.timed(ctx)
	defer cancel()
	if err := r.apply(limited); err != nil {
		if settled := r.settle(); settled != nil {
			return errors.Join(err, settled)
		}
		return err
	}
	r.s.exports.Lock()
	defer r.s.exports.Unlock()
	outputs, err := r.outputs(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.stack.Outputs = outputs
	r.stack.Imports = slices.Sorted(maps.Keys(r.imports))
	if r.stack.Target != nil {
		r.stack.Current, r.stack.Target = *r.stack.Target, nil
	}
	r.mu.Unlock()
	return r.status(ctx, status, "")
}

func (r *run) creationRollback(ctx context.Context) error {
	if err := r.rollback(ctx, "CREATE"); err != nil {
		if r.s.ctx.Err() != nil {
			return err
		}
		return errors.Join(r.status(ctx, "ROLLBACK_FAILED", reasonOf(err)), r.failure(reasonOf(err)))
	}
	return r.status(ctx, "ROLLBACK_COMPLETE", "")
}

// updating brings a stack whose record stands as UPDATE_IN_PROGRESS to its
// target.
func (r *run) updating(ctx context.Context) error {
	err := r.making(ctx, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
	if ctx.Err() != nil {
		return err
	}
	if err == nil {
		return r.cleaning(ctx)
	}
	reason := strings.Replace(r.reason(err), "failed to create", "failed to update", 1)
	if err := r.status(ctx, "UPDATE_ROLLBACK_IN_PROGRESS", reason); err != nil {
		return err
	}
	if err := r.updateRollback(ctx); err != nil {
		return err
	}
	return r.failure(reasonOf(err))
}

// cleaning ends a successful update.
func (r *run) cleaning(ctx context.Context) error {
	if err := r.cleanup(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	now := r.s.clock.Now()
	r.stack.Updated = &now
	r.mu.Unlock()
	return r.status(ctx, "UPDATE_COMPLETE", "")
}

func (r *run) updateRollback(ctx context.Context, skip ...string) error {
	if err := r.rollback(ctx, "UPDATE", skip...); err != nil {
		if r.s.ctx.Err() != nil {
			return err
		}
		return errors.Join(r.status(ctx, "UPDATE_ROLLBACK_FAILED", reasonOf(err)), r.failure(reasonOf(err)))
	}
	r.mu.Lock()
	r.stack.Target = nil
	r.mu.Unlock()
	return r.status(ctx, "UPDATE_ROLLBACK_COMPLETE", "")
}

// deletion deletes a stack whose record stands as DELETE_IN_PROGRESS.
func (r *run) deletion(ctx context.Context, keep []string) error {
	if err := r.removeAll(ctx, keep); err != nil {
		if r.s.ctx.Err() != nil {
			return err
		}
		var ids []string
		for _, f := range r.failures {
			ids = append(ids, f.LogicalID)
		}
		slices.Sort(ids)
		reason := fmt.Sprintf("The following resource(s) failed to delete: [%s]. ", strings.Join(ids, ", "))
		return errors.Join(r.status(ctx, "DELETE_FAILED", reason), r.failure(reasonOf(err)))
	}
	return r.buried(ctx)
}

// resume takes up an operation that was cut off.
func (r *run) resume(ctx context.Context) error {
	switch r.stack.Status {
	case "CREATE_IN_PROGRESS":
		if err := r.status(ctx, "ROLLBACK_IN_PROGRESS", "The server stopped while the stack was being created."); err != nil {
			return err
		}
		return r.creationRollback(ctx)
	case "ROLLBACK_IN_PROGRESS":
		return r.creationRollback(ctx)
	case "UPDATE_IN_PROGRESS":
		if err := r.status(ctx, "UPDATE_ROLLBACK_IN_PROGRESS", "The server stopped while the stack was being updated."); err != nil {
			return err
		}
		return r.updateRollback(ctx)
	case "UPDATE_ROLLBACK_IN_PROGRESS":
		return r.updateRollback(ctx)
	case "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
		if err := r.prepare(ctx, &r.stack.Current); err != nil {
			return err
		}
		for id, rec := range r.records {
			rec.Gone = !slices.ContainsFunc(r.graph.Active, func(a *template.Resource) bool { return a.ID == id })
		}
		return r.cleaning(ctx)
	case "DELETE_IN_PROGRESS":
		return r.deletion(ctx, nil)
	}
	return nil
}
