// Package sigv4 verifies and makes AWS Signature Version 4.
//
// A verifier reads a request's signature with Parse, finds the secret of
// Authorization.AccessKeyID, derives a key with DeriveKey and calls
// Authorization.Verify. Everything is done on the bytes as they came over the
// wire: the package never decodes and re-parses a path or query with another
// parser, so what was signed is what the caller routes, authorizes and stores.
//
// Four ways of signing are verified: the Authorization header, the query
// (presigned URLs), aws-chunked bodies (ChunkReader) and S3's POST form
// (ParsePost). Signature Version 2 and 4A are refused by name. Every refusal
// is an *Error with a Kind; Error.Wording gives AWS's words for each family of
// services.
//
// The package is pure: no clock, no network, no files, no global state. Source
// of the rules: the IAM user guide's chapter "Signing AWS API requests", the
// S3 API reference's chapter "Authenticating Requests (AWS Signature Version
// 4)", and the signing test suite that AWS publishes.
package sigv4
