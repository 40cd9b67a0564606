// Package awsapi is the vocabulary every service and edge shares: the
// operation table, the caller, the call, the door through which every
// operation is authorized and invoked, and the one error type.
//
// It knows no protocol and no transport. The gateway turns a request on the
// wire into a Caller, an Environment and an input struct and hands them to a
// Door; CloudFormation, triggers and the command line use the same Door with a
// caller of their own. A handler's *Call can be made only here, so an
// operation that was not authorized cannot run.
//
// May import: policy, arn.
package awsapi
