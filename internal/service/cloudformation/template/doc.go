// Package template reads CloudFormation templates and evaluates them: the
// sections, parameters, conditions, intrinsic functions and the graph of
// dependencies. It is pure: no store, no service, no clock. What a deployed
// resource answers to Ref and Fn::GetAtt is given by the caller through Scope.
//
// Messages are CloudFormation's own where they are known (recorded from public
// reports); every Error also knows its place in the template.
//
// May import: internal/document.
package template
