package cloudformation

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
)

// Operations returns the service's table: what exists, who may call it and on
// what.
func (s *Service) Operations() awsapi.Table {
	return awsapi.NewTable(
		awsapi.Op("CreateStack", s.CreateStack, on("CreateStack", func(in *shape.CreateStackInput) *string { return in.StackName })),
		awsapi.Op("UpdateStack", s.UpdateStack, on("UpdateStack", func(in *shape.UpdateStackInput) *string { return in.StackName })),
		awsapi.Op("DeleteStack", s.DeleteStack, on("DeleteStack", func(in *shape.DeleteStackInput) *string { return in.StackName })),
		awsapi.Op("DescribeStacks", s.DescribeStacks, on("DescribeStacks", func(in *shape.DescribeStacksInput) *string { return in.StackName })),
		awsapi.Op("DescribeStackEvents", s.DescribeStackEvents, on("DescribeStackEvents", func(in *shape.DescribeStackEventsInput) *string { return in.StackName })),
		awsapi.Op("DescribeStackResource", s.DescribeStackResource, on("DescribeStackResource", func(in *shape.DescribeStackResourceInput) *string { return in.StackName })),
		awsapi.Op("DescribeStackResources", s.DescribeStackResources, on("DescribeStackResources", func(in *shape.DescribeStackResourcesInput) *string { return in.StackName })),
		awsapi.Op("ListStackResources", s.ListStackResources, on("ListStackResources", func(in *shape.ListStackResourcesInput) *string { return in.StackName })),
		awsapi.Op("ListStacks", s.ListStacks, awsapi.Any[shape.ListStacksInput]("cloudformation:ListStacks")),
		awsapi.Op("GetTemplate", s.GetTemplate, on("GetTemplate", func(in *shape.GetTemplateInput) *string { return in.StackName })),
		awsapi.Op("GetTemplateSummary", s.GetTemplateSummary, on("GetTemplateSummary", func(in *shape.GetTemplateSummaryInput) *string { return in.StackName })),
		awsapi.Op("ValidateTemplate", s.ValidateTemplate, awsapi.Any[shape.ValidateTemplateInput]("cloudformation:ValidateTemplate")),
		awsapi.Op("ListExports", s.ListExports, awsapi.Any[shape.ListExportsInput]("cloudformation:ListExports")),
		awsapi.Op("ListImports", s.ListImports, awsapi.Any[shape.ListImportsInput]("cloudformation:ListImports")),
		awsapi.Op("CreateChangeSet", s.CreateChangeSet, on("CreateChangeSet", func(in *shape.CreateChangeSetInput) *string { return in.StackName })),
		awsapi.Op("DescribeChangeSet", s.DescribeChangeSet, on("DescribeChangeSet", func(in *shape.DescribeChangeSetInput) *string { return in.StackName })),
		awsapi.Op("ExecuteChangeSet", s.ExecuteChangeSet, on("ExecuteChangeSet", func(in *shape.ExecuteChangeSetInput) *string { return in.StackName })),
		awsapi.Op("DeleteChangeSet", s.DeleteChangeSet, on("DeleteChangeSet", func(in *shape.DeleteChangeSetInput) *string { return in.StackName })),
		awsapi.Op("ListChangeSets", s.ListChangeSets, on("ListChangeSets", func(in *shape.ListChangeSetsInput) *string { return in.StackName })),
		awsapi.Op("ContinueUpdateRollback", s.ContinueUpdateRollback, on("ContinueUpdateRollback", func(in *shape.ContinueUpdateRollbackInput) *string { return in.StackName })),
		awsapi.Op("UpdateTerminationProtection", s.UpdateTerminationProtection, on("UpdateTerminationProtection", func(in *shape.UpdateTerminationProtectionInput) *string { return in.StackName })),
	)
}

// on needs the action on the stack that the request names: by its id, or as
// stack/NAME/*; without a name on all.
func on[In any](action string, name func(*In) *string) awsapi.Rule[In] {
	return awsapi.On("cloudformation:"+action, func(call *awsapi.Call, in *In) string {
		n := name(in)
		switch {
		case n == nil || *n == "":
			return "*"
		case isARN(*n):
			return *n
		}
		return "arn:aws:cloudformation:" + call.Region() + ":" + call.Account() + ":stack/" + *n + "/*"
	})
}
