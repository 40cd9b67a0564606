// Package lambda is the Lambda service: functions, their code and versions,
// who may call them, and calls, at once or through a durable queue.
//
// Keys, all under ("lambda", account, region):
//
//	"function", NAME              functionRecord: the function and its $LATEST
//	"version", NAME, NUMBER       versionRecord: a published version, NUMBER padded
//	"policy", NAME, QUALIFIER     policyRecord: the resource policy
//	"event", DUE, ID              eventRecord: an asynchronous call, DUE in order of time
//
// Code comes as a zip file and is kept under its SHA-256 in Config.CodeDir, once
// for all functions that use it; it is unpacked when it is first needed. In dev
// it may be a folder below Config.LocalCodeRoot instead: bucket
// "bawn-local-code", key the absolute path.
//
// May import: floor 0, awsapi, clock, ids, shape, store.
package lambda
