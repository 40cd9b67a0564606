// Package shape holds what the generated request and response structs share:
// the description of a service (Model) and the tables of patterns and enums
// that their tags name by number.
//
// The packages below it are written by tools/shapegen, one per service. Every
// operation has a struct XInput and one XOutput; other shapes keep the model's
// name. Optional scalars and structures are pointers, lists are slices, maps
// are maps with string keys, blobs are byte slices, streams are io.Reader. In
// DynamoDB an attribute value is expression.Value and a map of them is
// expression.Item.
//
// A field's tag `aws:"NAME,..."` begins with the member's name in the model;
// then come, in any order:
//
//	req                 required
//	in=header|prefix|uri|query|status
//	                    where a REST protocol carries it; prefix is a map of
//	                    headers whose names begin with name=
//	name=N              its name on the wire where that is not NAME
//	payload             it is the whole body
//	idem                an idempotency token: clients fill it in
//	attr, ns=URI, nsprefix=P
//	                    XML attribute, namespace and prefix
//	flat                a list without an element of its own (XML, query)
//	ts=iso8601|rfc822|unixTimestamp
//	                    how a time is written where not as the protocol does
//	min=N, max=N        bounds of a number, or of a length in characters, bytes
//	                    or elements
//	pat=N, enum=N       numbers for PatternAt and EnumAt
//	sens                never shown in an error or a log
//
// A prefix e. says the same of a list's elements or a map's values, k. of a
// map's keys; prefixes add up (e.e.max=10).
//
// May import: internal/awsapi.
package shape
