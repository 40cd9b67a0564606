// Package journal remembers the latest requests in memory: who asked for what,
// what was decided and what was answered. It feeds `bawn requests`, `bawn why`,
// the console and the live lines of the terminal, and writes one log line a
// request.
//
// An entry never holds a body, a header or a query string: no secret can get
// into it.
//
// May import: awsapi.
package journal
