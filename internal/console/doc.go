// Package console is Bawn's own control service: what the command line asks a
// running Bawn (requests, decisions, inbox, status). It is an ordinary service
// behind the same gate: JSON 1.0, target Bawn_20261122, signed for service
// "bawn", authorized by actions named bawn:OPERATION. Nothing here answers
// without a signature.
//
// May import: awsapi, journal, mail, shape.
package console
