// Package cloudformation is the one engine that turns a template into running
// resources, for `bawn dev`, `aws cloudformation` and the Serverless Framework
// alike.
//
// A stack operation (create, update, delete) runs in the background over the
// graph of the template's resources, independent branches in parallel. Every
// resource is changed by operations of its service through the door, with the
// rights of the caller who started the operation and aws:CalledVia set. An
// update compares evaluated properties; what must be replaced is made new
// first and the old one deleted only when all else has succeeded, so that a
// rollback always leads to exactly what was.
//
// Before a resource is touched its intent is durable; the result follows. After
// a crash Recover reads the intents and rolls the operation back, or finishes
// the deletions of one that had succeeded.
//
// Layout in the store, below (cloudformation, account, region):
//
//	name  NAME              -> id of the stack that has the name now
//	stack ID                -> stackRecord
//	resource ID LOGICAL     -> resourceRecord (properties sealed)
//	event ID SEQUENCE       -> eventRecord
//	changeset ID NAME       -> changeSetRecord
//
// Packages: template is pure (parsing, functions, graph), resource holds the
// resource types, this one the stack machine and the operations.
package cloudformation
