// Package wire turns requests into the structs of internal/shape and structs
// into answers, in AWS's four protocols: awsjson.go (JSON 1.0 and 1.1),
// awsquery.go (form in, XML out), restjson.go and restxml.go. For makes the
// codec of a service from its model.
//
// How a struct looks on the wire is read once from its type and tags into a
// plan (plan.go) that is kept for the life of the program; scan.go, form.go and
// xmldecode.go are the three parsers. All of them refuse what is deeper or has
// more elements than the bounds in plan.go, ignore members they do not know,
// and take an explicit null as absent. The caller bounds the length of bodies.
//
// Validate checks the constraints of a decoded struct in AWS's words.
//
// May import: internal/awsapi, internal/shape, expression.
package wire
