// Command bench measures Bawn against reference programs that it starts itself
// in the same run: a bare Node HTTP server, a bare Go net/http server, a loop of
// append and fdatasync, and the arithmetic of a sign-in. Every figure is the
// median of several interleaved rounds, and what counts are the ratios: they
// hold on another machine, the figures do not.
//
//	bench -bawn bin/bawn [-json] [-rounds 5] [-seconds 1]
//
// One load generator drives both sides of a ratio: keep-alive connections that
// send ready-made bytes and read the answer. Requests to Bawn are signed once
// and sent many times; Bawn verifies each. Sign-ins are measured in processor
// time of the server, because the client computes as much as the server does.
package main
