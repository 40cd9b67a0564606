// Package resource knows the resource types of CloudFormation: their
// properties, what a change of each means, and how they are created, updated
// and deleted by operations of the services. One file holds one service.
//
// A handler never reaches into a service: it calls operations by name through
// Request.Call, which goes through the door with the deployer's rights.
// Properties arrive evaluated (no functions left). Every property of AWS's
// schema is in a type's table: built, or refused by name.
//
// May import: internal/awsapi, internal/wire, internal/shape/...
package resource
