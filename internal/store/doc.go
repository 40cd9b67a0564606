// Package store is the portable database every service keeps its records in:
// ordered keys, snapshot reads, and atomic commits with preconditions.
//
// Services use the concrete DB: View for a read-only snapshot, Update for a
// transaction. Engines implement the small driver.Store interface (packages
// memstore, pebblestore) and pass the storetest suite. Keys are tuples (see
// Key) that begin with the service, account and region.
//
// # What a transaction guarantees
//
// All reads of one View or Update see one snapshot, plus the transaction's own
// writes. An Update commits only if every key it read with Get or GetMany is
// still as it was read (also: still absent); otherwise it runs again. Scans are
// not checked: another commit may add a record to a range that was scanned. A
// flow that must not allow this (a name unique under a prefix, a count that
// must fit) keeps a version key for the range: every writer of the range writes
// that key, and every flow that depends on the range reads it with Get.
//
// Nothing is reported that a crash could take back: Update returns after its
// writes are durable, View and a failed Update return after everything they
// read is durable. So an answer must not leave the function before View or
// Update returned.
//
// May import: driver.
package store
