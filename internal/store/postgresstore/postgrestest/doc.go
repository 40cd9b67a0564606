// Package postgrestest runs a PostgreSQL server for tests: its own data
// folder, its own port on loopback, under an unprivileged user, gone with the
// test's process.
//
// The binaries are those in PATH or below /usr/lib/postgresql. Without them a
// test is skipped, unless BAWN_NOSKIP=1, which makes it fail.
package postgrestest
