// Package cognitoidentity is Amazon Cognito identity pools: it turns verified
// logins, or none, into identities, and identities into credentials of a role.
//
// # What is trusted
//
// A login is a user pool's ID token, verified by the user pool (ports.go).
// Every token of a call is verified before anything is looked up or written;
// one bad token fails the call. Which role an identity gets is decided by the
// pool's configuration and then by the role's trust policy, which is really
// evaluated with the pool (aud), the identity (sub) and how it signed in (amr).
// A role that trusts identity pools without naming one is refused whatever else
// its policy says (CVE-2024-28056).
//
// Guests are off unless the pool allows them, and their credentials carry the
// scope-down session policies of the enhanced flow (scope.go). The basic flow
// (GetOpenIdToken, then sts) is off unless the pool allows it.
//
// # Keys in the store
//
// All begin with "cognito-identity", account, region, then:
//
//	pool POOL                        poolRecord
//	identity ID                      identityRecord
//	in POOL identity ID              empty; lists a pool's identities
//	in POOL login PROVIDER SUBJECT   the identity id the login is linked to
//	keys                             sealed token.KeySet of OpenID tokens
//
// Not built: logins by Facebook, Google, Amazon, Apple, OpenID Connect
// providers, SAML and developer identities (a pool may name them, a login by
// one answers so), and principal tag maps.
//
// May import: awsapi, shape, store, seal, clock, ids, arn, policy, token.
package cognitoidentity
