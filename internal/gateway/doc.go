// Package gateway is the one gate: it turns a request on the wire into an
// authorized call of an operation, and the answer back into bytes. The way of
// a request is the list in pipeline.go; nothing reaches a service around it.
//
//	identify      service, API stage or bucket from target, scope, host, path
//	read          bounded head and body
//	authenticate  SigV4 (header, query, chunked) -> Caller
//	decode        one codec a protocol -> the operation's input
//	validate      required, length, range, pattern, enum
//	invoke        the door authorizes from the operation table and calls
//	encode        the same codec; errors through one bridge
//	journal       one record of it all
//
// Nothing is trusted because it comes from loopback. The bytes that were
// signed are the bytes that are authorized and stored: paths are never
// cleaned, queries never parsed twice.
//
// May import: everything below; net/http.
package gateway
