// Package policy is AWS's IAM policy language: parsing with the checks IAM
// makes when a policy is written, compilation into an immutable program, and
// evaluation of a request against every kind of policy that applies to it.
//
// A document is parsed once, by Parse, when it is stored. Evaluate decides a
// request without reading JSON again and without allocating memory when the
// request is allowed. Explain evaluates the same request and tells the whole
// story: which statement of which policy matched, what stopped the others,
// what each variable became and which condition key was missing.
//
// The package is pure: it has no clock, no network and no store. The facts of
// a request (time, address, caller) come in through a Context that the caller
// fills from typed values; nothing of a request reaches it otherwise.
//
// Sources: the IAM user guide's pages on policy elements, condition operators,
// policy variables and evaluation logic. Where the guide is silent and a choice
// had to be made, the comment at that place says so; the choice is always the
// one that gives less access.
//
// May import: the standard library.
package policy
