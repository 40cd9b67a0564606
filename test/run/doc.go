// Package run starts the real bawn binary and talks to it over HTTP with
// signatures of its own: for tests that kill it and for benchmarks.
package run
