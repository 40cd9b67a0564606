// Package blob keeps the bytes of objects: immutable pieces of any size under
// random ids. Services keep what the pieces mean in the store, and write the
// record after the piece, so that a record never points to nothing; pieces
// without a record (a crash in between) are found by List and deleted.
//
// Engines: fileblob (a folder), memblob (memory); both pass blobtest.
//
// May import: the standard library.
package blob
