// Package arn parses and writes Amazon Resource Names:
// arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, where RESOURCE is everything
// after the fifth colon and may hold colons and slashes itself.
//
// Parsing is strict about the shape only; whether the parts name something is
// for the services to say. Nothing is decoded, trimmed or changed in case.
package arn
