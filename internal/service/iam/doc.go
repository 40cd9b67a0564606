// Package iam is AWS Identity and Access Management: users with their access
// keys, groups, roles, policies. It also is what the rest of Bawn asks who a
// caller is and what it may do: it implements awsapi.Credentials (access key to
// caller) and awsapi.Authorizer (caller's live policies to a decision), and it
// makes the sealed session tokens of temporary credentials.
//
// # How a decision is kept right
//
// What a principal may do is read from the store when it is first asked, and
// kept compiled in memory (cache.go). Every write of this service ends by
// moving a generation on, before the write is answered, and nothing kept under
// an older generation is used again: a revoked grant is not served after the
// revoking call returned. Watch does the same for writes of other processes.
//
// # Session tokens
//
// Temporary credentials are stateless (session.go): the token is a sealed box
// bound to its access key id; the secret is derived and not in it; the role's
// policies are looked up live by the role's unique id, so deleting a role ends
// its sessions.
//
// # Keys in the store
//
// All begin with "iam", account, "aws-global", then:
//
//	user NAME | group NAME | role NAME   entity; NAME in lower case
//	policy ARN                           policyRecord (customer managed)
//	policyname NAME                      empty; names are unique over all paths
//	attached ARN KIND NAME               empty: the policy is attached to the entity
//	bounded ARN KIND NAME                empty: the policy is the entity's boundary
//	member GROUP USER                    empty; names in lower case
//	key ACCESSKEYID                      accessKeyRecord
//	keyof USERID ACCESSKEYID             empty
//	revoked IDENTITYID                   revocation of an identity's sessions
//	first                                when the first administrator was made
//
// May import: awsapi, shape, store, seal, clock, ids, arn, policy.
package iam
