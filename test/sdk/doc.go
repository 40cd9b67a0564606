// Package sdk holds the tests with real clients at pinned versions: the Go SDK
// here, the JavaScript ones in the *.test.mjs files.
package sdk
