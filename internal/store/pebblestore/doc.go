// Package pebblestore is the embedded engine: Pebble, a log-structured store
// in one folder, owned by one process.
//
// # Commit
//
// A commit takes the striped locks of its checked and written keys in order,
// compares versions, hands one batch to Pebble, lets the locks go and only then
// waits for the log to reach the disk. Commits that wait together share one
// sync, and a hot key is locked for microseconds, not for a sync. A commit that
// deletes a range excludes all others while it is ordered.
//
// # What readers see
//
// Between apply and sync a commit is visible but could still be lost. The log
// keeps the order, so whatever is built on such a commit is lost with it; but an
// answer must not report it. A snapshot therefore remembers the highest version
// it returned (and, where it found something absent, the last deletion before
// it), and Snapshot.Durable waits until the durable watermark has passed that:
// all commits up to it are on disk. A reader of old records does not wait.
//
// If a sync fails, nobody can know what the disk holds: every later call
// fails, until the process is started again and the log is replayed.
//
// # Layout
//
//	0x01 key    version (8 bytes, big-endian), value
//	0x00 "next" the first version no run has reserved yet (8 bytes, big-endian)
//
// Versions are handed out from blocks reserved in the log before their first
// use, so none is given twice, whatever was deleted or lost in a crash.
//
// May import: driver, watch, Pebble.
package pebblestore
