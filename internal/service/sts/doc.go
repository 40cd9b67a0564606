// Package sts is AWS's Security Token Service: temporary credentials of roles,
// and the question who one is. It stores nothing: roles are iam's, and the
// credentials it gives out are iam's sealed session tokens.
//
// A role's trust policy decides who gets its credentials, with the semantics of
// a resource policy that must allow. AssumeRole is authorized by the door like
// any operation; AssumeRoleWithWebIdentity is unsigned, so it asks the trust
// policy itself, about the principal that a verified token names.
//
// Not built: GetSessionToken, GetFederationToken, AssumeRoleWithSAML,
// AssumeRoot, DecodeAuthorizationMessage, GetWebIdentityToken.
//
// May import: awsapi, shape, clock, arn, policy.
package sts
