package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/store"
)

// Stack is what Deploy answers.
type Stack struct {
	ID, Name, Status string
	// Outputs by name.
	Outputs map[string]string
	// Resources are the physical ids by logical id.
	Resources map[string]string
	// Changed is false when the stack stood as the template says already.
	Changed bool
}

// DeployOption changes how Deploy works.
type DeployOption func(*deployOptions)

type deployOptions struct{ tags map[string]string }

// WithTags gives the stack its tags.
func WithTags(tags map[string]string) DeployOption {
	return func(o *deployOptions) { o.tags = tags }
}

// Deploy creates or updates a stack and waits until it stands, for `bawn dev`
// and `bawn deploy`. It works with the caller's rights through the same
// operations that clients use; IAM capabilities count as given, since the
// project is the caller's own. A stack whose creation failed before is deleted
// and made anew. progress, if not nil, gets every event; it must not block.
//
// An error is a *Failure (the stack was rolled back, or the template was refused
// and nothing was begun), an *awsapi.Error, or the context's.
func (s *Service) Deploy(ctx context.Context, caller *awsapi.Caller, env *awsapi.Environment, name string, template []byte,
	params map[string]string, progress func(Event), options ...DeployOption,
) (*Stack, error) {
	var o deployOptions
	for _, option := range options {
		option(&o)
	}
	d := &deploying{s: s, caller: caller, env: env, name: name, body: string(template), params: params, tags: o.tags, progress: progress}
	d.keys = keysOf(s.account, s.region)
	if caller.Account != "" {
		d.keys = keysOf(caller.Account, env.Region)
	}
	stack, err := d.current(ctx)
	if err != nil {
		return nil, err
	}
	if stack != nil {
		if stack, err = d.ready(ctx, stack); err != nil {
			return nil, err
		}
	}
	changed := true
	if stack == nil {
		err = d.create(ctx)
	} else {
		changed, err = d.update(ctx, stack)
	}
	if err != nil {
		return nil, err
	}
	return d.result(ctx, changed)
}

// deploying is one call of Deploy.
type deploying struct {
	s        *Service
	caller   *awsapi.Caller
	env      *awsapi.Environment
	keys     keys
	name     string
	body     string
	params   map[string]string
	tags     map[string]string
	progress func(Event)
}

func (d *deploying) current(ctx context.Context) (*stackRecord, error) {
	var stack *stackRecord
	err := d.s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		stack, err = d.keys.findStack(tx, d.name)
		return err
	})
	return stack, err
}

func (d *deploying) do(ctx context.Context, operation string, in any) error {
	_, _, err := d.s.door.Do(ctx, d.caller, d.env, "cloudformation", operation, in)
	return err
}

// ready waits for a running operation and clears away a stack that cannot be
// updated because it never stood. It returns nil when a new one is to be made.
func (d *deploying) ready(ctx context.Context, stack *stackRecord) (*stackRecord, error) {
	if err := d.wait(ctx, stack.ID); err != nil && ctx.Err() != nil {
		return nil, err
	}
	stack, err := d.current(ctx)
	if err != nil || stack == nil || updatable(stack.Status) {
		return stack, err
	}
	if stack.Status == "UPDATE_ROLLBACK_FAILED" {
		return d.unblock(ctx, stack)
	}
	switch stack.Status {
	case "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS":
	default:
		return nil, wrongState(stack.ID, stack.Status, "updated")
	}
	if err := d.do(ctx, "DeleteStack", &shape.DeleteStackInput{StackName: &d.name}); err != nil {
		return nil, err
	}
	d.watch(stack.ID)
	if err := d.wait(ctx, stack.ID); err != nil {
		return nil, err
	}
	return d.current(ctx)
}

// unblock ends a rollback that had failed: once more, then without the
// resources that still cannot go back.
func (d *deploying) unblock(ctx context.Context, stack *stackRecord) (*stackRecord, error) {
	var skip []string
	for range 2 {
		if err := d.do(ctx, "ContinueUpdateRollback", &shape.ContinueUpdateRollbackInput{StackName: &d.name, ResourcesToSkip: skip}); err != nil {
			return nil, err
		}
		err := d.wait(ctx, stack.ID)
		now, cerr := d.current(ctx)
		if cerr != nil || now == nil || updatable(now.Status) {
			return now, cerr
		}
		var failure *Failure
		if !errors.As(err, &failure) || len(failure.Resources) == 0 {
			return nil, err
		}
		for _, r := range failure.Resources {
			skip = append(skip, r.LogicalID)
		}
	}
	return nil, wrongState(stack.ID, "UPDATE_ROLLBACK_FAILED", "updated")
}

func (d *deploying) parameters() []shape.Parameter {
	return parametersOf(&source{Parameters: d.params})
}

var allCapabilities = []string{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}

func (d *deploying) create(ctx context.Context) error {
	err := d.do(ctx, "CreateStack", &shape.CreateStackInput{
		StackName: &d.name, TemplateBody: &d.body, Parameters: d.parameters(), Tags: tagsOf(d.tags), Capabilities: allCapabilities,
	})
	if err != nil {
		return blame(d.name, err)
	}
	return d.waitNew(ctx)
}

func (d *deploying) update(ctx context.Context, stack *stackRecord) (changed bool, err error) {
	err = d.do(ctx, "UpdateStack", &shape.UpdateStackInput{
		StackName: &d.name, TemplateBody: &d.body, Parameters: d.parameters(), Tags: tagsOf(d.tags), Capabilities: allCapabilities,
	})
	if err != nil {
		if awsapi.Code(err) == "ValidationError" && strings.Contains(err.Error(), noUpdates().Message) {
			return false, nil
		}
		return false, blame(d.name, err)
	}
	d.watch(stack.ID)
	return true, d.wait(ctx, stack.ID)
}

func (d *deploying) waitNew(ctx context.Context) error {
	stack, err := d.current(ctx)
	if err != nil || stack == nil {
		return err
	}
	d.watch(stack.ID)
	return d.wait(ctx, stack.ID)
}

// watch lets the running operation of a stack report its events.
func (d *deploying) watch(id string) {
	if d.progress == nil {
		return
	}
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	if op := d.s.busy[id]; op != nil {
		op.watch.Store(&d.progress)
	}
}

// wait waits for the running operation of a stack, if there is one.
func (d *deploying) wait(ctx context.Context, id string) error {
	d.s.mu.Lock()
	op := d.s.busy[id]
	d.s.mu.Unlock()
	if op == nil {
		return d.outcome(ctx, id)
	}
	select {
	case <-op.done:
		return op.failure
	case <-ctx.Done():
		return fmt.Errorf("wait for stack %s: %w", d.name, ctx.Err())
	}
}

// outcome is for an operation that ended before it could be waited for: its
// failure is read from the stack.
func (d *deploying) outcome(ctx context.Context, id string) error {
	var out error
	err := d.s.db.View(ctx, func(tx *store.Tx) error {
		stack, err := d.keys.findStack(tx, id)
		if err != nil || stack == nil || updatable(stack.Status) && stack.Status != "UPDATE_ROLLBACK_COMPLETE" || stack.Status == "DELETE_COMPLETE" {
			return err
		}
		f := &Failure{StackName: stack.Name, Status: stack.Status, Reason: stack.Reason}
		for e, err := range scanJSON[eventRecord](tx, d.keys.events(id), true) {
			if err != nil {
				return err
			}
			if e.LogicalID == stack.Name && strings.HasSuffix(e.Status, "_IN_PROGRESS") && (e.Status == "CREATE_IN_PROGRESS" || e.Status == "UPDATE_IN_PROGRESS") {
				break
			}
			if strings.HasSuffix(e.Status, "_FAILED") && e.LogicalID != stack.Name {
				f.Resources = append([]ResourceFailure{{LogicalID: e.LogicalID, Type: e.Type, Reason: e.Reason}}, f.Resources...)
			}
		}
		out = f
		return nil
	})
	if err != nil {
		return err
	}
	return out
}

func (d *deploying) result(ctx context.Context, changed bool) (*Stack, error) {
	out := &Stack{Name: d.name, Outputs: map[string]string{}, Resources: map[string]string{}, Changed: changed}
	err := d.s.db.View(ctx, func(tx *store.Tx) error {
		stack, err := d.keys.findStack(tx, d.name)
		if err != nil || stack == nil {
			return err
		}
		out.ID, out.Status = stack.ID, stack.Status
		for _, o := range stack.Outputs {
			out.Outputs[o.Name] = o.Value
		}
		for r, err := range scanJSON[resourceRecord](tx, d.keys.resources(stack.ID), false) {
			if err != nil {
				return err
			}
			out.Resources[r.LogicalID] = r.State.PhysicalID
		}
		return nil
	})
	return out, err
}
