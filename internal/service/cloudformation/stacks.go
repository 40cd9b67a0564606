package cloudformation

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/store"
)

var stackName = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)

// CreateStack checks everything that can be checked, writes the stack and
// begins to make it; it answers before the resources are there.
func (s *Service) CreateStack(ctx context.Context, call *awsapi.Call, in *shape.CreateStackInput) (*shape.CreateStackOutput, error) {
	if err := unbuiltCreate(in); err != nil {
		return nil, err
	}
	body, err := s.body(ctx, call, in.TemplateBody, in.TemplateURL)
	if err != nil {
		return nil, err
	}
	q := &request{name: text(in.StackName), body: body, capabilities: in.Capabilities}
	if err := q.setParameters(in.Parameters); err != nil {
		return nil, err
	}
	q.setTags(in.Tags)
	stack, err := s.newStack(call, q.name)
	if err != nil {
		return nil, err
	}
	stack.OnFailure, stack.NoRollback = text(in.OnFailure), yes(in.DisableRollback)
	if in.OnFailure != nil && in.DisableRollback != nil {
		return nil, validation("You can specify either OnFailure or DisableRollback but not both.")
	}
	stack.Protected, stack.KeepCreated, stack.Token = yes(in.EnableTerminationProtection), yes(in.RetainExceptOnCreate), text(in.ClientRequestToken)
	if in.TimeoutInMinutes != nil {
		stack.Timeout = int(*in.TimeoutInMinutes)
	}
	src, err := s.compile(stack.ID, q, nil)
	if err != nil {
		return nil, err
	}
	stack.Current, stack.Status, stack.Op = *src, "CREATE_IN_PROGRESS", 1
	if err := s.begin(ctx, call, stack, true); err != nil {
		return nil, err
	}
	return &shape.CreateStackOutput{StackId: &stack.ID}, nil
}

func unbuiltCreate(in *shape.CreateStackInput) error {
	switch {
	case in.RollbackConfiguration != nil && len(in.RollbackConfiguration.RollbackTriggers) > 0:
		return awsapi.NotBuilt("CreateStack parameter RollbackConfiguration")
	case len(in.NotificationARNs) > 0:
		return awsapi.NotBuilt("CreateStack parameter NotificationARNs")
	case len(in.ResourceTypes) > 0:
		return awsapi.NotBuilt("CreateStack parameter ResourceTypes")
	case in.RoleARN != nil:
		return awsapi.NotBuilt("CreateStack parameter RoleARN")
	case in.StackPolicyBody != nil || in.StackPolicyURL != nil:
		return awsapi.NotBuilt("CreateStack parameter StackPolicyBody")
	case in.DeploymentConfig != nil:
		return awsapi.NotBuilt("CreateStack parameter DeploymentConfig")
	case yes(in.DisableValidation):
		return awsapi.NotBuilt("CreateStack parameter DisableValidation")
	}
	return nil
}

func unbuiltUpdate(in *shape.UpdateStackInput) error {
	switch {
	case in.RollbackConfiguration != nil && len(in.RollbackConfiguration.RollbackTriggers) > 0:
		return awsapi.NotBuilt("UpdateStack parameter RollbackConfiguration")
	case len(in.NotificationARNs) > 0:
		return awsapi.NotBuilt("UpdateStack parameter NotificationARNs")
	case len(in.ResourceTypes) > 0:
		return awsapi.NotBuilt("UpdateStack parameter ResourceTypes")
	case in.RoleARN != nil:
		return awsapi.NotBuilt("UpdateStack parameter RoleARN")
	case in.StackPolicyBody != nil || in.StackPolicyURL != nil || in.StackPolicyDuringUpdateBody != nil || in.StackPolicyDuringUpdateURL != nil:
		return awsapi.NotBuilt("UpdateStack parameter StackPolicyBody")
	case yes(in.DisableRollback):
		return awsapi.NotBuilt("UpdateStack parameter DisableRollback")
	case in.DeploymentConfig != nil:
		return awsapi.NotBuilt("UpdateStack parameter DeploymentConfig")
	case yes(in.DisableValidation):
		return awsapi.NotBuilt("UpdateStack parameter DisableValidation")
	}
	return nil
}

// newStack makes the record of a stack that does not exist yet.
func (s *Service) newStack(call *awsapi.Call, name string) (*stackRecord, error) {
	if !stackName.MatchString(name) {
		return nil, validation("1 validation error detected: Value '%s' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	}
	return &stackRecord{
		ID:   "arn:aws:cloudformation:" + call.Region() + ":" + call.Account() + ":stack/" + name + "/" + s.ids.UUID(),
		Name: name, Created: s.clock.Now(), Caller: call.Caller(),
	}, nil
}

// begin stores a stack whose operation starts and launches it. fresh: the name
// must be free. The transaction is where two requests for one name meet.
func (s *Service) begin(ctx context.Context, call *awsapi.Call, stack *stackRecord, fresh bool) error {
	k := s.keys(call)
	op := s.reserve(stack.ID)
	if op == nil {
		return wrongState(stack.ID, stack.Status, "updated")
	}
	r, err := s.newRun(ctx, k, call.Account(), call.Region(), stack, call.Caller(), call.Env())
	if err == nil {
		err = r.prepare(ctx, r.source())
	}
	if err == nil {
		r.op = op
		err = s.announce(ctx, r, fresh)
	}
	if err != nil {
		s.release(stack.ID)
		return refusal(err)
	}
	flow := r.updating
	if fresh {
		flow = r.creation
	}
	s.launch(r, op, flow)
	return nil
}

// maxEvents is how much of a stack's history is kept: a developer's stack is
// updated with every save.
const maxEvents = 2000

// announce writes the first state of an operation.
func (s *Service) announce(ctx context.Context, r *run, fresh bool) error {
	r.mu.Lock()
	event := r.event(r.stack.Name, r.stack.ID, "AWS::CloudFormation::Stack", r.stack.Status, "User Initiated")
	n, stack := r.stack.Events-1, *r.stack
	r.mu.Unlock()
	return s.db.Update(ctx, func(tx *store.Tx) error {
		have, err := r.keys.findStack(tx, stack.Name)
		if err != nil {
			return err
		}
		switch {
		case fresh && have != nil && have.Status == "REVIEW_IN_PROGRESS" && have.ID == stack.ID:
		case fresh && have != nil:
			return alreadyExists(stack.Name)
		case !fresh && (have == nil || have.ID != stack.ID || !updatable(have.Status)):
			return wrongState(stack.ID, stack.Status, "updated")
		}
		if n > maxEvents {
			tx.DeleteRange(r.keys.event(stack.ID, 0), r.keys.event(stack.ID, n-maxEvents))
		}
		tx.Put(r.keys.name(stack.Name), []byte(stack.ID))
		if err := store.PutJSON(tx, r.keys.event(stack.ID, n), event); err != nil {
			return err
		}
		return store.PutJSON(tx, r.keys.stack(stack.ID), &stack)
	})
}

func updatable(status string) bool {
	return slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}, status)
}

// UpdateStack begins an update; a request that changes nothing is refused with
// AWS's "No updates are to be performed."
func (s *Service) UpdateStack(ctx context.Context, call *awsapi.Call, in *shape.UpdateStackInput) (*shape.UpdateStackOutput, error) {
	if err := unbuiltUpdate(in); err != nil {
		return nil, err
	}
	stack, err := s.stack(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	if stack == nil {
		return nil, unknownStackName(text(in.StackName))
	}
	if !updatable(stack.Status) {
		return nil, wrongState(stack.ID, stack.Status, "updated")
	}
	q := &request{name: stack.Name, capabilities: in.Capabilities, body: stack.Current.Template}
	if !yes(in.UsePreviousTemplate) {
		if q.body, err = s.body(ctx, call, in.TemplateBody, in.TemplateURL); err != nil {
			return nil, err
		}
	} else if in.TemplateBody != nil || in.TemplateURL != nil {
		return nil, validation("TemplateBody or TemplateURL cannot be specified with UsePreviousTemplate.")
	}
	if err := q.setParameters(in.Parameters); err != nil {
		return nil, err
	}
	q.setTags(in.Tags)
	src, err := s.compile(stack.ID, q, &stack.Current)
	if err != nil {
		return nil, err
	}
	if src.Hash == stack.Current.Hash {
		return nil, noUpdates()
	}
	stack.KeepCreated, stack.Token = yes(in.RetainExceptOnCreate), text(in.ClientRequestToken)
	if err := s.startUpdate(ctx, call, stack, src); err != nil {
		return nil, err
	}
	return &shape.UpdateStackOutput{StackId: &stack.ID}, nil
}

func (s *Service) startUpdate(ctx context.Context, call *awsapi.Call, stack *stackRecord, src *source) error {
	stack.Target, stack.Status, stack.Reason, stack.Caller = src, "UPDATE_IN_PROGRESS", "", call.Caller()
	stack.Op++
	return s.begin(ctx, call, stack, false)
}

// stack reads a stack by name or id; nil when there is none.
func (s *Service) stack(ctx context.Context, call *awsapi.Call, nameOrID string) (*stackRecord, error) {
	var out *stackRecord
	err := s.db.View(ctx, func(tx *store.Tx) error {
		var err error
		out, err = s.keys(call).findStack(tx, nameOrID)
		return err
	})
	return out, err
}

// DeleteStack begins the deletion of a stack. One that does not exist is
// deleted already.
func (s *Service) DeleteStack(ctx context.Context, call *awsapi.Call, in *shape.DeleteStackInput) (*shape.DeleteStackOutput, error) {
	switch {
	case in.RoleARN != nil:
		return nil, awsapi.NotBuilt("DeleteStack parameter RoleARN")
	case text(in.DeletionMode) != "" && text(in.DeletionMode) != "STANDARD":
		return nil, awsapi.NotBuilt("DeleteStack parameter DeletionMode")
	}
	stack, err := s.stack(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	if stack == nil || stack.Status == "DELETE_COMPLETE" {
		return &shape.DeleteStackOutput{}, nil
	}
	if len(in.RetainResources) > 0 && stack.Status != "DELETE_FAILED" {
		return nil, validation("Invalid operation on stack [%s]. RetainResources can only be specified for stacks in the DELETE_FAILED state.", stack.ID)
	}
	stack.Token = text(in.ClientRequestToken)
	return &shape.DeleteStackOutput{}, s.startDelete(ctx, call, stack, in.RetainResources)
}

func (s *Service) startDelete(ctx context.Context, call *awsapi.Call, stack *stackRecord, keep []string) error {
	k := s.keys(call)
	if stack.Protected {
		return validation("Stack [%s] cannot be deleted while TerminationProtection is enabled", stack.Name)
	}
	op := s.reserve(stack.ID)
	if op == nil {
		if stack.Status == "DELETE_IN_PROGRESS" {
			return nil
		}
		return wrongState(stack.ID, stack.Status, "deleted")
	}
	r, err := s.newRun(ctx, k, call.Account(), call.Region(), stack, call.Caller(), call.Env())
	if err == nil {
		r.op, r.stack.Caller = op, call.Caller()
		err = r.checkExports(ctx, nil)
	}
	if err == nil {
		r.stack.Op++
		err = r.status(ctx, "DELETE_IN_PROGRESS", "User Initiated")
	}
	if err != nil {
		s.release(stack.ID)
		return err
	}
	s.launch(r, op, func(ctx context.Context) error { return r.deletion(ctx, keep) })
	return nil
}

// ContinueUpdateRollback takes up a rollback that failed; the resources to skip
// are taken as they are.
func (s *Service) ContinueUpdateRollback(ctx context.Context, call *awsapi.Call, in *shape.ContinueUpdateRollbackInput) (*shape.ContinueUpdateRollbackOutput, error) {
	if in.RoleARN != nil {
		return nil, awsapi.NotBuilt("ContinueUpdateRollback parameter RoleARN")
	}
	stack, err := s.must(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	if stack.Status != "UPDATE_ROLLBACK_FAILED" {
		return nil, wrongState(stack.ID, stack.Status, "rolled back")
	}
	op := s.reserve(stack.ID)
	if op == nil {
		return nil, wrongState(stack.ID, stack.Status, "rolled back")
	}
	r, err := s.newRun(ctx, s.keys(call), call.Account(), call.Region(), stack, call.Caller(), call.Env())
	if err == nil {
		r.op, r.stack.Caller, r.stack.Token = op, call.Caller(), text(in.ClientRequestToken)
		for _, id := range in.ResourcesToSkip {
			if r.records[id] == nil || r.records[id].Change == "" {
				err = validation("ResourcesToSkip [%s] is invalid: it is not a resource whose rollback failed", id)
			}
		}
	}
	if err == nil {
		err = r.status(ctx, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
	}
	if err != nil {
		s.release(stack.ID)
		return nil, err
	}
	s.launch(r, op, func(ctx context.Context) error { return r.updateRollback(ctx, in.ResourcesToSkip...) })
	return &shape.ContinueUpdateRollbackOutput{}, nil
}

// buried ends a deletion: the name is free, the history stays.
func (r *run) buried(ctx context.Context) error {
	if err := r.settle(); err != nil {
		return err
	}
	r.mu.Lock()
	now := r.s.clock.Now()
	r.stack.Deleted, r.stack.Outputs, r.stack.Imports, r.stack.Target = &now, nil, nil, nil
	r.stack.Status, r.stack.Reason = "DELETE_COMPLETE", ""
	event := r.event(r.stack.Name, r.stack.ID, "AWS::CloudFormation::Stack", "DELETE_COMPLETE", "")
	n, stack := r.stack.Events-1, *r.stack
	r.mu.Unlock()
	return r.s.db.Update(ctx, func(tx *store.Tx) error {
		have, err := r.keys.findStack(tx, stack.Name)
		if err != nil {
			return err
		}
		if have != nil && have.ID == stack.ID {
			tx.Delete(r.keys.name(stack.Name))
		}
		lo, hi := r.keys.changeSets(stack.ID).Prefix()
		tx.DeleteRange(lo, hi)
		if err := store.PutJSON(tx, r.keys.event(stack.ID, n), event); err != nil {
			return err
		}
		return store.PutJSON(tx, r.keys.stack(stack.ID), &stack)
	})
}

// UpdateTerminationProtection switches the protection of a stack.
func (s *Service) UpdateTerminationProtection(ctx context.Context, call *awsapi.Call, in *shape.UpdateTerminationProtectionInput) (*shape.UpdateTerminationProtectionOutput, error) {
	k := s.keys(call)
	var id string
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		stack, err := k.findStack(tx, text(in.StackName))
		if err != nil {
			return err
		}
		if stack == nil || stack.Status == "DELETE_COMPLETE" {
			return unknownStack(text(in.StackName))
		}
		if strings.HasSuffix(stack.Status, "_IN_PROGRESS") {
			return wrongState(stack.ID, stack.Status, "updated")
		}
		id, stack.Protected = stack.ID, yes(in.EnableTerminationProtection)
		return store.PutJSON(tx, k.stack(id), stack)
	})
	if err != nil {
		return nil, err
	}
	return &shape.UpdateTerminationProtectionOutput{StackId: &id}, nil
}

// Recover takes up operations that a crash or stop of the server cut off: what
// was being made is rolled back, what was being deleted is deleted. It returns
// when all are done; the caller's rights of the operation's starter are used.
func (s *Service) Recover(ctx context.Context) error {
	regions, err := s.regions(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, region := range regions {
		errs = append(errs, s.recoverRegion(ctx, region))
	}
	return errors.Join(errs...)
}

// regions lists the regions that have stacks: it jumps from one to the next.
func (s *Service) regions(ctx context.Context) ([]string, error) {
	var out []string
	err := s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		lo, hi := store.K("cloudformation", s.account).Prefix()
		for {
			region := ""
			for record, err := range tx.Scan(lo, hi, false, 1) {
				if err != nil {
					return err
				}
				parts, err := store.Key(record.Key).Parts()
				if err != nil {
					return err
				}
				region = parts[2]
			}
			if region == "" {
				return nil
			}
			out = append(out, region)
			_, lo = store.K("cloudformation", s.account, region).Prefix()
		}
	})
	return out, err
}

func (s *Service) recoverRegion(ctx context.Context, region string) error {
	k := keysOf(s.account, region)
	var cut []*stackRecord
	err := s.db.View(ctx, func(tx *store.Tx) error {
		cut = nil
		stacks, err := liveStacks(tx, k)
		for _, stack := range stacks {
			if strings.HasSuffix(stack.Status, "_IN_PROGRESS") && stack.Status != "REVIEW_IN_PROGRESS" {
				cut = append(cut, stack)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, stack := range cut {
		errs = append(errs, s.takeUp(ctx, k, region, stack))
	}
	return errors.Join(errs...)
}

// takeUp finishes one operation that was cut off.
func (s *Service) takeUp(ctx context.Context, k keys, region string, stack *stackRecord) error {
	op := s.reserve(stack.ID)
	if op == nil {
		return nil
	}
	env := &awsapi.Environment{RequestID: s.ids.UUID(), Now: s.clock.Now(), SourceIP: "127.0.0.1", SecureTransport: true, UserAgent: via}
	r, err := s.newRun(ctx, k, s.account, region, stack, stack.Caller, env)
	if err != nil {
		s.release(stack.ID)
		return err
	}
	s.log.Info("cloudformation: taking up a stack operation", "stack", stack.Name, "status", stack.Status)
	s.launch(r, op, r.resume)
	select {
	case <-op.done:
		return op.failure
	case <-ctx.Done():
		return ctx.Err()
	}
}
