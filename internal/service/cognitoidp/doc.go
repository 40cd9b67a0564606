// Package cognitoidp is Amazon Cognito user pools: pools and their clients,
// users with their attributes and passwords, sign-up, sign-in, tokens.
//
// # How a password is kept
//
// Never as text. A password becomes an SRP salt and verifier (package srp);
// the verifier is sealed under a key of the pool that is not in the store, so
// that a stolen store cannot be guessed at. Every sign-in, by SRP or with the
// password itself, ends in a comparison with that verifier.
//
// # How a sign-in by SRP runs
//
// InitiateAuth (auth.go, srpauth.go) keeps nothing: all it must remember is
// sealed into the SECRET_BLOCK. RespondToAuthChallenge opens the block, checks
// the proof in a slot of the processor pool (cpu.go), and commits, in one
// transaction, that the block is used (single use, also over a restart) and
// what the lockout schedule makes of the outcome (lockout.go); tokens are
// signed meanwhile and given out only if that commit succeeded. A name without
// a user goes the same way with a salt and verifier derived from the name.
//
// # Names
//
// The internal user name is the one given at sign-up, or the sub in a pool
// with UsernameAttributes. Sign-in names are found through alias rows
// (names.go). E-mail addresses are always compared without regard to case,
// user names only where UsernameConfiguration says so.
//
// # What parameters without effect mean here
//
// ClientMetadata and ValidationData are input for Lambda triggers,
// AnalyticsMetadata for a Pinpoint project and UserContextData for threat
// protection. A pool or client that asks for any of these is refused by name
// (refuse.go), and without them AWS, too, ignores what is sent.
//
// # Keys in the store
//
// All begin with "cognito-idp", account, region, then:
//
//	pool   POOL                        poolRecord
//	client CLIENT                      clientRecord (clients are found by id alone)
//	domain NAME                        domainRecord
//	in POOL client CLIENT              empty; lists a pool's clients
//	in POOL keys                       sealed token.KeySet
//	in POOL user NAME                  userRecord; NAME folded
//	in POOL name KIND VALUE            user key; KIND sub, email, phone_number, preferred_username
//	in POOL code NAME PURPOSE          codeRecord
//	in POOL family ID                  familyRecord of refresh tokens
//	in POOL group GROUP                groupRecord
//	in POOL member GROUP NAME          memberRecord
//	in POOL groupof NAME GROUP         memberRecord
//	used   BUCKET NONCE                a used challenge
//	lock   BUCKET POOL USER            lockRecord
//	limit  BUCKET POOL USER OPERATION  countRecord
//	old    BUCKET POOL FAMILY          familyRecord that may go after BUCKET
//
// BUCKET is a span of time as a sortable number; whole buckets are deleted
// when they are over.
//
// May import: awsapi, shape, store, seal, mail, clock, ids, arn, token, srp.
package cognitoidp
