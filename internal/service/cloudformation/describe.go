package cloudformation

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/store"
)

// pageSize is how many entries one answer holds, as on AWS.
const pageSize = 100

// page cuts one page out of a list; a token is the place of its first entry.
func page[T any](list []T, token *string) ([]T, *string, error) {
	from := 0
	if token != nil {
		raw, err := base64.RawURLEncoding.DecodeString(*token)
		if err == nil {
			from, err = strconv.Atoi(string(raw))
		}
		if err != nil || from < 0 || from > len(list) {
			return nil, nil, validation("Invalid NextToken")
		}
	}
	list = list[from:]
	if len(list) <= pageSize {
		return list, nil, nil
	}
	return list[:pageSize], ptr(base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(from + pageSize)))), nil
}

func (s *Service) describe(stack *stackRecord) shape.Stack {
	out := shape.Stack{
		StackId: &stack.ID, StackName: &stack.Name, Description: some(stack.Current.Description), CreationTime: &stack.Created,
		LastUpdatedTime: stack.Updated, DeletionTime: stack.Deleted, StackStatus: &stack.Status, StackStatusReason: some(stack.Reason),
		DisableRollback: &stack.NoRollback, Capabilities: stack.Current.Capabilities, EnableTerminationProtection: &stack.Protected,
		RollbackConfiguration: &shape.RollbackConfiguration{}, NotificationARNs: []string{}, Tags: tagsOf(stack.Current.Tags),
		DriftInformation: &shape.StackDriftInformation{StackDriftStatus: ptr("NOT_CHECKED")},
		Parameters:       parametersOf(&stack.Current),
	}
	if stack.Timeout > 0 {
		out.TimeoutInMinutes = ptr(int32(stack.Timeout)) //nolint:gosec // read from an int32
	}
	if stack.KeepCreated {
		out.RetainExceptOnCreate = &stack.KeepCreated
	}
	for _, o := range stack.Outputs {
		out.Outputs = append(out.Outputs, shape.Output{OutputKey: ptr(o.Name), OutputValue: ptr(o.Value), Description: some(o.Description), ExportName: some(o.Export)})
	}
	return out
}

// parametersOf lists a source's parameters; NoEcho values are stars.
func parametersOf(src *source) []shape.Parameter {
	var out []shape.Parameter
	for _, name := range slices.Sorted(maps.Keys(src.Parameters)) {
		out = append(out, shape.Parameter{ParameterKey: ptr(name), ParameterValue: ptr(src.Parameters[name])})
	}
	for _, name := range src.NoEcho {
		out = append(out, shape.Parameter{ParameterKey: ptr(name), ParameterValue: ptr("****")})
	}
	return out
}

func tagsOf(tags map[string]string) []shape.Tag {
	out := []shape.Tag{}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, shape.Tag{Key: ptr(k), Value: ptr(tags[k])})
	}
	return out
}

// DescribeStacks describes one stack (a deleted one by its id), or all that
// live.
func (s *Service) DescribeStacks(ctx context.Context, call *awsapi.Call, in *shape.DescribeStacksInput) (*shape.DescribeStacksOutput, error) {
	out := &shape.DescribeStacksOutput{Stacks: []shape.Stack{}}
	if name := text(in.StackName); name != "" {
		stack, err := s.stack(ctx, call, name)
		if err != nil {
			return nil, err
		}
		if stack == nil {
			return nil, unknownStack(name)
		}
		out.Stacks = append(out.Stacks, s.describe(stack))
		return out, nil
	}
	stacks, err := s.allStacks(ctx, call)
	if err != nil {
		return nil, err
	}
	stacks = slices.DeleteFunc(stacks, func(st *stackRecord) bool { return st.Status == "DELETE_COMPLETE" })
	part, next, err := page(stacks, in.NextToken)
	for _, stack := range part {
		out.Stacks = append(out.Stacks, s.describe(stack))
	}
	out.NextToken = next
	return out, err
}

// allStacks reads all stacks of the region, newest first.
func (s *Service) allStacks(ctx context.Context, call *awsapi.Call) ([]*stackRecord, error) {
	var out []*stackRecord
	err := s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		for stack, err := range scanJSON[stackRecord](tx, s.keys(call).stacks(), false) {
			if err != nil {
				return err
			}
			out = append(out, stack)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b *stackRecord) int { return b.Created.Compare(a.Created) })
	return out, err
}

// ListStacks lists all stacks, also deleted ones, newest first.
func (s *Service) ListStacks(ctx context.Context, call *awsapi.Call, in *shape.ListStacksInput) (*shape.ListStacksOutput, error) {
	stacks, err := s.allStacks(ctx, call)
	if err != nil {
		return nil, err
	}
	if len(in.StackStatusFilter) > 0 {
		stacks = slices.DeleteFunc(stacks, func(st *stackRecord) bool { return !slices.Contains(in.StackStatusFilter, st.Status) })
	}
	part, next, err := page(stacks, in.NextToken)
	out := &shape.ListStacksOutput{StackSummaries: []shape.StackSummary{}, NextToken: next}
	for _, st := range part {
		out.StackSummaries = append(out.StackSummaries, shape.StackSummary{
			StackId: &st.ID, StackName: &st.Name, TemplateDescription: some(st.Current.Description), CreationTime: &st.Created,
			LastUpdatedTime: st.Updated, DeletionTime: st.Deleted, StackStatus: &st.Status, StackStatusReason: some(st.Reason),
			DriftInformation: &shape.StackDriftInformationSummary{StackDriftStatus: ptr("NOT_CHECKED")},
		})
	}
	return out, err
}

// must reads a stack that has to exist.
func (s *Service) must(ctx context.Context, call *awsapi.Call, name string) (*stackRecord, error) {
	stack, err := s.stack(ctx, call, name)
	if err == nil && stack == nil {
		return nil, unknownStackName(name)
	}
	return stack, err
}

// DescribeStackEvents lists a stack's events, newest first.
func (s *Service) DescribeStackEvents(ctx context.Context, call *awsapi.Call, in *shape.DescribeStackEventsInput) (*shape.DescribeStackEventsOutput, error) {
	stack, err := s.must(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	var events []*eventRecord
	err = s.db.View(ctx, func(tx *store.Tx) error {
		events = nil
		for e, err := range scanJSON[eventRecord](tx, s.keys(call).events(stack.ID), true) {
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	part, next, err := page(events, in.NextToken)
	out := &shape.DescribeStackEventsOutput{StackEvents: []shape.StackEvent{}, NextToken: next}
	for _, e := range part {
		out.StackEvents = append(out.StackEvents, shape.StackEvent{
			StackId: &stack.ID, EventId: &e.ID, StackName: &stack.Name, LogicalResourceId: &e.LogicalID, PhysicalResourceId: ptr(e.PhysicalID),
			ResourceType: &e.Type, Timestamp: &e.Time, ResourceStatus: &e.Status, ResourceStatusReason: some(e.Reason), ClientRequestToken: some(e.Token),
		})
	}
	return out, err
}

// resourcesOf reads a stack's resources by logical id.
func (s *Service) resourcesOf(ctx context.Context, call *awsapi.Call, id string) ([]*resourceRecord, error) {
	var out []*resourceRecord
	err := s.db.View(ctx, func(tx *store.Tx) error {
		out = nil
		for r, err := range scanJSON[resourceRecord](tx, s.keys(call).resources(id), false) {
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// DescribeStackResource describes one resource of a stack.
func (s *Service) DescribeStackResource(ctx context.Context, call *awsapi.Call, in *shape.DescribeStackResourceInput) (*shape.DescribeStackResourceOutput, error) {
	stack, err := s.stack(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	if stack == nil {
		return nil, validation("Stack '%s' does not exist", text(in.StackName))
	}
	list, err := s.resourcesOf(ctx, call, stack.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.LogicalID == text(in.LogicalResourceId) {
			return &shape.DescribeStackResourceOutput{StackResourceDetail: &shape.StackResourceDetail{
				StackName: &stack.Name, StackId: &stack.ID, LogicalResourceId: &r.LogicalID, PhysicalResourceId: some(r.State.PhysicalID),
				ResourceType: &r.Type, LastUpdatedTimestamp: &r.Updated, ResourceStatus: &r.Status, ResourceStatusReason: some(r.Reason),
				Metadata:         ptr(metadataOf(r)),
				DriftInformation: &shape.StackResourceDriftInformation{StackResourceDriftStatus: ptr("NOT_CHECKED")},
			}}, nil
		}
	}
	return nil, validation("Resource %s does not exist for stack %s", text(in.LogicalResourceId), stack.Name)
}

func metadataOf(r *resourceRecord) string {
	if r.Metadata == "" {
		return "{}"
	}
	return r.Metadata
}

// DescribeStackResources describes the resources of a stack, or of the stack
// that has a physical id.
func (s *Service) DescribeStackResources(ctx context.Context, call *awsapi.Call, in *shape.DescribeStackResourcesInput) (*shape.DescribeStackResourcesOutput, error) {
	var stack *stackRecord
	var err error
	switch physical := text(in.PhysicalResourceId); {
	case in.StackName != nil:
		stack, err = s.must(ctx, call, *in.StackName)
	case physical != "":
		stack, err = s.owner(ctx, call, physical)
	default:
		return nil, validation("Either StackName or PhysicalResourceId must be specified")
	}
	if err != nil {
		return nil, err
	}
	list, err := s.resourcesOf(ctx, call, stack.ID)
	if err != nil {
		return nil, err
	}
	out := &shape.DescribeStackResourcesOutput{StackResources: []shape.StackResource{}}
	for _, r := range list {
		if in.LogicalResourceId != nil && *in.LogicalResourceId != r.LogicalID {
			continue
		}
		out.StackResources = append(out.StackResources, shape.StackResource{
			StackName: &stack.Name, StackId: &stack.ID, LogicalResourceId: &r.LogicalID, PhysicalResourceId: some(r.State.PhysicalID),
			ResourceType: &r.Type, Timestamp: &r.Updated, ResourceStatus: &r.Status, ResourceStatusReason: some(r.Reason),
			DriftInformation: &shape.StackResourceDriftInformation{StackResourceDriftStatus: ptr("NOT_CHECKED")},
		})
	}
	return out, nil
}

// owner finds the stack that has a physical id.
func (s *Service) owner(ctx context.Context, call *awsapi.Call, physical string) (*stackRecord, error) {
	stacks, err := s.allStacks(ctx, call)
	if err != nil {
		return nil, err
	}
	for _, stack := range stacks {
		list, err := s.resourcesOf(ctx, call, stack.ID)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(list, func(r *resourceRecord) bool { return r.State.PhysicalID == physical }) {
			return stack, nil
		}
	}
	return nil, validation("Stack for %s does not exist", physical)
}

// ListStackResources lists the resources of a stack.
func (s *Service) ListStackResources(ctx context.Context, call *awsapi.Call, in *shape.ListStackResourcesInput) (*shape.ListStackResourcesOutput, error) {
	stack, err := s.stack(ctx, call, text(in.StackName))
	if err != nil {
		return nil, err
	}
	if stack == nil {
		return nil, unknownStack(text(in.StackName))
	}
	list, err := s.resourcesOf(ctx, call, stack.ID)
	if err != nil {
		return nil, err
	}
	part, next, err := page(list, in.NextToken)
	out := &shape.ListStackResourcesOutput{StackResourceSummaries: []shape.StackResourceSummary{}, NextToken: next}
	for _, r := range part {
		out.StackResourceSummaries = append(out.StackResourceSummaries, shape.StackResourceSummary{
			LogicalResourceId: &r.LogicalID, PhysicalResourceId: some(r.State.PhysicalID), ResourceType: &r.Type,
			LastUpdatedTimestamp: &r.Updated, ResourceStatus: &r.Status, ResourceStatusReason: some(r.Reason),
			DriftInformation: &shape.StackResourceDriftInformationSummary{StackResourceDriftStatus: ptr("NOT_CHECKED")},
		})
	}
	return out, err
}

// ListExports lists the exports of the region by name.
func (s *Service) ListExports(ctx context.Context, call *awsapi.Call, in *shape.ListExportsInput) (*shape.ListExportsOutput, error) {
	exports, err := s.exportsOf(ctx, s.keys(call))
	if err != nil {
		return nil, err
	}
	part, next, err := page(slices.Sorted(maps.Keys(exports)), in.NextToken)
	out := &shape.ListExportsOutput{Exports: []shape.Export{}, NextToken: next}
	for _, name := range part {
		e := exports[name]
		out.Exports = append(out.Exports, shape.Export{ExportingStackId: &e.stack, Name: &e.name, Value: &e.value})
	}
	return out, err
}

// ListImports names the stacks that import an export.
func (s *Service) ListImports(ctx context.Context, call *awsapi.Call, in *shape.ListImportsInput) (*shape.ListImportsOutput, error) {
	var users []string
	err := s.db.View(ctx, func(tx *store.Tx) error {
		stacks, err := liveStacks(tx, s.keys(call))
		users = importers(stacks, text(in.ExportName))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(users) == 0 {
		return nil, validation("Export '%s' is not imported by any stack.", text(in.ExportName))
	}
	part, next, err := page(users, in.NextToken)
	return &shape.ListImportsOutput{Imports: part, NextToken: next}, err
}

// isARN says whether a stack is named by its id.
func isARN(name string) bool { return strings.HasPrefix(name, "arn:") }
