// Package logs is CloudWatch Logs: groups, streams and events, and the sink the
// functions' output goes to.
//
// Keys, all under ("logs", account, region):
//
//	"group", GROUP                 groupRecord
//	"stream", GROUP, STREAM        streamRecord, with the number of its next chunk
//	"chunk", GROUP, STREAM, N      events of a stream in the order they came in (see chunk.go)
//
// Events of functions are gathered in memory and written every 200 ms, many in
// one commit; Close writes the rest. A kill -9 loses at most that much of the
// functions' output, never an event that PutLogEvents has acknowledged.
//
// May import: floor 0, awsapi, clock, ids, shape, store.
package logs
