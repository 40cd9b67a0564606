package cloudformation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/store"
)

// changeSetRecord is a change set: what a stack would become.
type changeSetRecord struct {
	ID, Name    string
	Description string `json:",omitempty"`
	Kind        string // CREATE or UPDATE
	Status      string
	Reason      string `json:",omitempty"`
	Execution   string
	OnFailure   string `json:",omitempty"`
	Created     time.Time
	Source      source
	Changes     []changeRecord
}

type changeRecord struct {
	Action, LogicalID, PhysicalID, Type, Replacement string
	Scope                                            []string `json:",omitempty"`
	Names                                            []string `json:",omitempty"`
}

func unbuiltChangeSet(in *shape.CreateChangeSetInput) error {
	kind := text(in.ChangeSetType)
	switch {
	case kind != "" && kind != "CREATE" && kind != "UPDATE":
		return awsapi.NotBuilt("CreateChangeSet parameter ChangeSetType " + kind)
	case len(in.ResourcesToImport) > 0 || yes(in.ImportExistingResources):
		return awsapi.NotBuilt("CreateChangeSet parameter ResourcesToImport")
	case yes(in.IncludeNestedStacks):
		return awsapi.NotBuilt("CreateChangeSet parameter IncludeNestedStacks")
	case len(in.NotificationARNs) > 0:
		return awsapi.NotBuilt("CreateChangeSet parameter NotificationARNs")
	case len(in.ResourceTypes) > 0:
		return awsapi.NotBuilt("CreateChangeSet parameter ResourceTypes")
	case in.RoleARN != nil:
		return awsapi.NotBuilt("CreateChangeSet parameter RoleARN")
	case in.RollbackConfiguration != nil && len(in.RollbackConfiguration.RollbackTriggers) > 0:
		return awsapi.NotBuilt("CreateChangeSet parameter RollbackConfiguration")
	case in.DeploymentMode != nil || in.DeploymentConfig != nil || yes(in.DisableValidation):
		return awsapi.NotBuilt("CreateChangeSet parameter DeploymentMode")
	}
	return nil
}

// CreateChangeSet computes what a template would change. For a stack that does
// not exist (CREATE) it makes the stack in REVIEW_IN_PROGRESS.
func (s *Service) CreateChangeSet(ctx context.Context, call *awsapi.Call, in *shape.CreateChangeSetInput) (*shape.CreateChangeSetOutput, error) {
	if err := unbuiltChangeSet(in); err != nil {
		return nil, err
	}
	kind := text(in.ChangeSetType)
	if kind == "" {
		kind = "UPDATE"
	}
	stack, err := s.changeTarget(ctx, call, text(in.StackName), kind)
	if err != nil {
		return nil, err
	}
	q := &request{name: stack.Name, capabilities: in.Capabilities, body: stack.Current.Template}
	if !yes(in.UsePreviousTemplate) {
		if q.body, err = s.body(ctx, call, in.TemplateBody, in.TemplateURL); err != nil {
			return nil, err
		}
	}
	if err := q.setParameters(in.Parameters); err != nil {
		return nil, err
	}
	q.setTags(in.Tags)
	src, err := s.compile(stack.ID, q, &stack.Current)
	if err != nil {
		return nil, err
	}
	set := &changeSetRecord{
		ID:   "arn:aws:cloudformation:" + call.Region() + ":" + call.Account() + ":changeSet/" + text(in.ChangeSetName) + "/" + s.ids.UUID(),
		Name: text(in.ChangeSetName), Description: text(in.Description), Kind: kind, Created: s.clock.Now(), Source: *src,
		Status: "CREATE_COMPLETE", Execution: "AVAILABLE", OnFailure: text(in.OnStackFailure),
	}
	if set.Changes, err = s.difference(ctx, call, stack, src); err != nil {
		return nil, err
	}
	if kind == "UPDATE" && src.Hash == stack.Current.Hash {
		set.Status, set.Execution = "FAILED", "UNAVAILABLE"
		set.Reason = "The submitted information didn't contain changes. Submit different information to create a change set."
	}
	if err := s.putChangeSet(ctx, call, stack, set); err != nil {
		return nil, err
	}
	return &shape.CreateChangeSetOutput{Id: &set.ID, StackId: &stack.ID}, nil
}

// changeTarget finds the stack of a change set, or makes the record of a new
// one.
func (s *Service) changeTarget(ctx context.Context, call *awsapi.Call, name, kind string) (*stackRecord, error) {
	stack, err := s.stack(ctx, call, name)
	if err != nil {
		return nil, err
	}
	if kind == "UPDATE" {
		if stack == nil || stack.Status == "DELETE_COMPLETE" {
			return nil, unknownStackName(name)
		}
		if !updatable(stack.Status) {
			return nil, wrongState(stack.ID, stack.Status, "updated")
		}
		return stack, nil
	}
	if stack != nil && stack.Status == "REVIEW_IN_PROGRESS" {
		return stack, nil
	}
	if stack != nil {
		return nil, validation("Stack [%s] already exists and cannot be created again with the changeSet [%s].", name, name)
	}
	if stack, err = s.newStack(call, name); err != nil {
		return nil, err
	}
	stack.Status = "REVIEW_IN_PROGRESS"
	return stack, nil
}

func (s *Service) putChangeSet(ctx context.Context, call *awsapi.Call, stack *stackRecord, set *changeSetRecord) error {
	k := s.keys(call)
	return s.db.Update(ctx, func(tx *store.Tx) error {
		_, taken, err := tx.Get(k.changeSet(stack.ID, set.Name))
		if err != nil {
			return err
		}
		if taken {
			return awsapi.Errorf("AlreadyExistsException", "ChangeSet %s already exists", set.Name)
		}
		if stack.Status == "REVIEW_IN_PROGRESS" {
			have, err := k.findStack(tx, stack.Name)
			if err != nil {
				return err
			}
			if have != nil && have.ID != stack.ID {
				return alreadyExists(stack.Name)
			}
			tx.Put(k.name(stack.Name), []byte(stack.ID))
			if err := store.PutJSON(tx, k.stack(stack.ID), stack); err != nil {
				return err
			}
		}
		return store.PutJSON(tx, k.changeSet(stack.ID, set.Name), set)
	})
}

// difference foretells the changes. Properties are evaluated with what is
// known now: what depends on a resource that is still to come counts as changed.
func (s *Service) difference(ctx context.Context, call *awsapi.Call, stack *stackRecord, src *source) ([]changeRecord, error) {
	r, err := s.newRun(ctx, s.keys(call), call.Account(), call.Region(), stack, call.Caller(), call.Env())
	if err != nil {
		return nil, err
	}
	if err := r.prepare(ctx, src); err != nil {
		return nil, refusal(err)
	}
	var out []changeRecord
	active := map[string]bool{}
	for _, res := range r.graph.Active {
		active[res.ID] = true
		rec := r.records[res.ID]
		if rec == nil {
			out = append(out, changeRecord{Action: "Add", LogicalID: res.ID, Type: res.Type})
			continue
		}
		if c := s.foretell(r, rec, res); c != nil {
			out = append(out, *c)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.records)) {
		if !active[id] {
			rec := r.records[id]
			out = append(out, changeRecord{Action: "Remove", LogicalID: id, PhysicalID: rec.State.PhysicalID, Type: rec.Type})
		}
	}
	return out, nil
}

func (s *Service) foretell(r *run, rec *resourceRecord, res *template.Resource) *changeRecord {
	t := s.types[res.Type]
	if t == nil {
		return nil
	}
	c := &changeRecord{Action: "Modify", LogicalID: res.ID, PhysicalID: rec.State.PhysicalID, Type: res.Type, Replacement: "False", Scope: []string{"Properties"}}
	p, err := r.evaluate(res)
	if err != nil {
		c.Replacement = "Conditional"
		return c
	}
	switch t.Change(rec.props, p) {
	case 0, resource.Ignored:
		return nil
	case resource.Replaces:
		c.Replacement = "True"
	}
	for name := range t.Properties {
		if !template.Same(rec.props[name], p[name]) {
			c.Names = append(c.Names, name)
		}
	}
	slices.Sort(c.Names)
	return c
}

// changeSet reads a change set by name (with its stack) or id.
func (s *Service) changeSet(ctx context.Context, call *awsapi.Call, nameOrID, stackName string) (*changeSetRecord, *stackRecord, error) {
	var found *changeSetRecord
	var owner *stackRecord
	k := s.keys(call)
	err := s.db.View(ctx, func(tx *store.Tx) error {
		stacks, err := liveStacks(tx, k)
		if err != nil {
			return err
		}
		for _, stack := range stacks {
			if stackName != "" && stack.Name != stackName && stack.ID != stackName {
				continue
			}
			for set, err := range scanJSON[changeSetRecord](tx, k.changeSets(stack.ID), false) {
				if err != nil {
					return err
				}
				if set.ID == nameOrID || set.Name == nameOrID && stackName != "" {
					found, owner = set, stack
					return nil
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if found == nil {
		if stackName == "" && !strings.HasPrefix(nameOrID, "arn:") {
			return nil, nil, validation("StackName must be specified if ChangeSetName is not specified as an ARN.")
		}
		return nil, nil, awsapi.Errorf("ChangeSetNotFound", "ChangeSet [%s] does not exist", nameOrID).WithStatus(404)
	}
	return found, owner, nil
}

// DescribeChangeSet shows a change set and its changes.
func (s *Service) DescribeChangeSet(ctx context.Context, call *awsapi.Call, in *shape.DescribeChangeSetInput) (*shape.DescribeChangeSetOutput, error) {
	if yes(in.IncludePropertyValues) {
		return nil, awsapi.NotBuilt("DescribeChangeSet parameter IncludePropertyValues")
	}
	set, stack, err := s.changeSet(ctx, call, text(in.ChangeSetName), text(in.StackName))
	if err != nil {
		return nil, err
	}
	part, next, err := page(set.Changes, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &shape.DescribeChangeSetOutput{
		ChangeSetName: &set.Name, ChangeSetId: &set.ID, StackId: &stack.ID, StackName: &stack.Name, Description: some(set.Description),
		Parameters: parametersOf(&set.Source), CreationTime: &set.Created, ExecutionStatus: &set.Execution, Status: &set.Status,
		StatusReason: some(set.Reason), Capabilities: set.Source.Capabilities, Tags: tagsOf(set.Source.Tags), NextToken: next,
		NotificationARNs: []string{}, RollbackConfiguration: &shape.RollbackConfiguration{}, Changes: []shape.Change{},
		IncludeNestedStacks: ptr(false), OnStackFailure: some(set.OnFailure),
	}
	for _, c := range part {
		change := &shape.ResourceChange{
			Action: ptr(c.Action), LogicalResourceId: ptr(c.LogicalID), PhysicalResourceId: some(c.PhysicalID), ResourceType: ptr(c.Type),
			Replacement: some(c.Replacement), Scope: c.Scope, Details: []shape.ResourceChangeDetail{},
		}
		for _, name := range c.Names {
			recreation := "Never"
			if s.types[c.Type] != nil && s.types[c.Type].Properties[name] == resource.Replaces {
				recreation = "Always"
			}
			change.Details = append(change.Details, shape.ResourceChangeDetail{
				Target:     &shape.ResourceTargetDefinition{Attribute: ptr("Properties"), Name: ptr(name), RequiresRecreation: &recreation},
				Evaluation: ptr("Static"), ChangeSource: ptr("DirectModification"),
			})
		}
		out.Changes = append(out.Changes, shape.Change{Type: ptr("Resource"), ResourceChange: change})
	}
	return out, nil
}

// ExecuteChangeSet begins what a change set says and drops all change sets of
// the stack.
func (s *Service) ExecuteChangeSet(ctx context.Context, call *awsapi.Call, in *shape.ExecuteChangeSetInput) (*shape.ExecuteChangeSetOutput, error) {
	set, stack, err := s.changeSet(ctx, call, text(in.ChangeSetName), text(in.StackName))
	if err != nil {
		return nil, err
	}
	if set.Execution != "AVAILABLE" {
		return nil, awsapi.Errorf("InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current status of [%s]", set.ID, set.Status)
	}
	stack.KeepCreated, stack.Token = yes(in.RetainExceptOnCreate), text(in.ClientRequestToken)
	src := set.Source
	if set.Kind == "CREATE" {
		stack.NoRollback, stack.OnFailure, stack.Caller = yes(in.DisableRollback), set.OnFailure, call.Caller()
		stack.Current, stack.Status, stack.Op = src, "CREATE_IN_PROGRESS", 1
		err = s.begin(ctx, call, stack, true)
	} else {
		if yes(in.DisableRollback) {
			return nil, awsapi.NotBuilt("ExecuteChangeSet parameter DisableRollback")
		}
		err = s.startUpdate(ctx, call, stack, &src)
	}
	if err != nil {
		return nil, err
	}
	k := s.keys(call)
	return &shape.ExecuteChangeSetOutput{}, s.db.Update(ctx, func(tx *store.Tx) error {
		lo, hi := k.changeSets(stack.ID).Prefix()
		tx.DeleteRange(lo, hi)
		return nil
	})
}

// DeleteChangeSet drops a change set. One that is not there is no error.
func (s *Service) DeleteChangeSet(ctx context.Context, call *awsapi.Call, in *shape.DeleteChangeSetInput) (*shape.DeleteChangeSetOutput, error) {
	set, stack, err := s.changeSet(ctx, call, text(in.ChangeSetName), text(in.StackName))
	if awsapi.Code(err) == "ChangeSetNotFound" {
		return &shape.DeleteChangeSetOutput{}, nil
	}
	if err != nil {
		return nil, err
	}
	k := s.keys(call)
	return &shape.DeleteChangeSetOutput{}, s.db.Update(ctx, func(tx *store.Tx) error {
		tx.Delete(k.changeSet(stack.ID, set.Name))
		return nil
	})
}

// ListChangeSets lists the change sets of a stack.
func (s *Service) ListChangeSets(ctx context.Context, call *awsapi.Call, in *shape.ListChangeSetsInput) (*shape.ListChangeSetsOutput, error) {
	stack, err := s.must(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	var sets []*changeSetRecord
	err = s.db.View(ctx, func(tx *store.Tx) error {
		sets = nil
		for set, err := range scanJSON[changeSetRecord](tx, s.keys(call).changeSets(stack.ID), false) {
			if err != nil {
				return err
			}
			sets = append(sets, set)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	part, next, err := page(sets, in.NextToken)
	out := &shape.ListChangeSetsOutput{Summaries: []shape.ChangeSetSummary{}, NextToken: next}
	for _, set := range part {
		out.Summaries = append(out.Summaries, shape.ChangeSetSummary{
			StackId: &stack.ID, StackName: &stack.Name, ChangeSetId: &set.ID, ChangeSetName: &set.Name, ExecutionStatus: &set.Execution,
			Status: &set.Status, StatusReason: some(set.Reason), CreationTime: &set.Created, Description: some(set.Description),
		})
	}
	return out, err
}
