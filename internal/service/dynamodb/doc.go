// Package dynamodb is the DynamoDB service: tables with local and global
// secondary indexes, items, queries, scans, batches and transactions, with
// AWS's checks in AWS's order and AWS's words.
//
// Keys in the store, all under ("dynamodb", account, region):
//
//	"table", NAME               tableRecord (JSON)
//	"data", TABLE-ID + row      one item (expression's binary form)
//	"index", TABLE-ID, INDEX-ID + row   one index entry: the projected item
//	"ttl", TABLE-ID, TTL-ID + time + row   the row of an item that expires
//	"token", SLOT, CLIENT-TOKEN a finished transaction, kept ten minutes
//
// A row of the table is hash16 of the partition key, the partition key, the
// sort key; of an index it is the same of the index's key, then the table's
// key. Parts are order-preserving and self-delimiting (see package expression),
// so a row is the start of no other, a query is one range, and parallel
// segments are equal parts of the hash space. A partition key whose bytes are
// long is replaced by a digest; the item itself holds it.
//
// Index entries are written in the commit of the item they derive from, so
// global indexes are consistent here (stronger than AWS); a ConsistentRead of
// one is still refused. Every write checks the table's record, so a table or
// index that changes or goes away makes concurrent writes start again.
//
// For authorization the effective values of Select and ReturnValues are shown
// to policies, also where a request leaves them out, so that a policy on
// attributes cannot be passed by asking for everything.
package dynamodb
