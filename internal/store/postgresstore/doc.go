// Package postgresstore is the engine for several nodes: PostgreSQL 15 or
// later, over pgx. Nodes keep nothing; any number of them share one schema.
//
// # Layout
//
//	record  key, digest (primary key), tail, version, value
//	node    one row for each open Store; slot: one row for each of its writers
//	meta    the version of the layout
//
// A B-tree entry of PostgreSQL holds at most 2,704 bytes. So the first 2,560
// bytes of a key are the column key; of a longer key the rest is the column
// tail, and digest its SHA-256 (empty for all other keys). Reads order by key,
// then tail, so the order of bytes is kept whatever the length; only keys that
// share their first 2,560 bytes are sorted at query time.
//
// # Commit
//
// A commit is one call of a function in the database, one round trip. It takes
// advisory locks of the hashes of its keys, in order of the hash, shared for
// keys that are only checked and exclusive for those written; present or
// absent makes no difference, so a check for absence holds against inserts. A
// commit that deletes a range, or has very many keys, takes one lock that all
// others share. Then it compares versions and writes. Everything that writes
// records must go through the function. Versions come from a sequence, drawn
// under the locks, so those of one key rise.
//
// # Lost answers
//
// Each commit runs in a slot of its node and has a number there. The function
// writes the number into the slot's row in the same transaction. If the answer
// is lost, the commit is sent again with its number: what was done is not done
// twice, and what is refused the second time can never happen any more. Only
// when the server stays away for longer than Options.Patience is the outcome
// open: ErrOutcomeUnknown. A commit that was sent is not broken off when its
// context ends.
//
// # Views
//
// A view costs nothing until its first read. Views that make their first read
// at the same time share one repeatable-read transaction, and their point
// reads go out as one statement. Before the process itself commits anything,
// the views that did not read yet get their transaction, so that they do not
// see it. Of what other processes commit between the call of View and the first
// read, a view sees all or nothing.
//
// # Watch
//
// Commits of this process signal at once. Those of others arrive by NOTIFY,
// which each node sends for some milliseconds' commits together, not inside of
// commits: notifying commits queue for one lock in PostgreSQL. A look at the
// sequence each Options.Poll finds commits that nobody told of (a node that
// died, a connection lost) and then signals every watch.
//
// May import: driver, watch, pgx.
package postgresstore
