// Package store is the portable database every service keeps its records in:
// ordered keys, snapshot reads, and one atomic Commit with preconditions.
//
// Services use the concrete DB and its transactions; engines implement the
// small driver.Store interface (packages memstore, pebblestore) and pass the
// storetest suite. Keys are tuples (see Key) that begin with the service,
// account and region. An acknowledged Commit is durable.
//
// May import: driver, clock.
package store
