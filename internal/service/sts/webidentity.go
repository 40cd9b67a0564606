package sts

import (
	"context"
	"errors"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/sts"
	"github.com/bawn-dev/bawn/policy"
)

// AssumeRoleWithWebIdentity gives out credentials of a role to the bearer of a
// web identity token. The call is unsigned: what counts is the verified token
// and the role's trust policy. Every refusal after the token was verified is
// the same, so that strangers learn nothing about roles (attack 20).
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, call *awsapi.Call, in *shape.AssumeRoleWithWebIdentityInput) (*shape.AssumeRoleWithWebIdentityOutput, error) {
	if in.ProviderId != nil {
		// Only the OAuth 2.0 access tokens of Facebook and Amazon have one.
		return nil, awsapi.NotBuilt("AssumeRoleWithWebIdentity parameter ProviderId")
	}
	if err := checkARN(text(in.RoleArn)); err != nil {
		return nil, err
	}
	id, err := s.webIdentities.VerifyWebIdentity(ctx, text(in.WebIdentityToken))
	switch {
	case errors.Is(err, awsapi.ErrWebIdentityExpired):
		return nil, fail("ExpiredTokenException", 400, "Token expired")
	case errors.Is(err, awsapi.ErrWebIdentityInvalid):
		return nil, fail("InvalidIdentityToken", 400, "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	case err != nil:
		return nil, err
	}
	role, err := s.roles.Role(ctx, text(in.RoleArn))
	if err != nil {
		return nil, err
	}
	if role == nil {
		call.Record(awsapi.RefuseTrust("identity "+id.Subject, "sts:AssumeRoleWithWebIdentity", text(in.RoleArn), "The role "+text(in.RoleArn)+" does not exist."))
		return nil, webIdentityDenied()
	}
	if !trusted(call, role, id, text(in.RoleSessionName)) {
		return nil, webIdentityDenied()
	}
	d, err := duration(in.DurationSeconds, role, nil)
	if err != nil {
		return nil, err
	}
	session := &awsapi.Session{
		RoleID: role.ID, RoleARN: role.ARN, RoleName: role.Name, Name: text(in.RoleSessionName), Expires: s.clock.Now().Add(d),
		Tags: id.Tags, FederatedProvider: id.Provider, Cognito: id.Cognito,
	}
	packed, err := s.sessionPolicies(ctx, session, in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	creds, err := s.roles.MintSession(ctx, session)
	if err != nil {
		return nil, err
	}
	out := &shape.AssumeRoleWithWebIdentityOutput{
		Credentials: credentialsShape(creds), AssumedRoleUser: s.assumed(role, session),
		SubjectFromWebIdentityToken: &id.Subject, Provider: &id.Provider, Audience: &id.Audience,
	}
	if packed > 0 {
		out.PackedPolicySize = ptr(int32(packed))
	}
	return out, nil
}

// trusted asks the role's trust policy about the bearer of a verified token.
// A role that any identity pool could assume is refused whatever its policy
// says (attack 25, CVE-2024-28056).
func trusted(call *awsapi.Call, role *awsapi.Role, id *awsapi.WebIdentity, sessionName string) bool {
	who := policy.Principal{Kind: policy.PrincipalFederated, Federated: id.Provider}
	keys := new(policy.Context)
	keys.Set("sts:RoleSessionName", sessionName)
	keys.Set("aws:FederatedProvider", id.Provider)
	keys.Merge(id.Keys)
	actions := []string{"sts:AssumeRoleWithWebIdentity"}
	var tagKeys []string
	for k, v := range id.Tags {
		keys.Set("aws:RequestTag/"+k, v)
		tagKeys = append(tagKeys, k)
	}
	if len(tagKeys) > 0 {
		keys.Set("aws:TagKeys", tagKeys...)
		actions = append(actions, "sts:TagSession")
	}
	for _, action := range actions {
		decided := role.DecideTrust(who, action, keys, call.Env())
		call.Record(decided)
		if !decided.Decision.Allowed() {
			return false
		}
	}
	if id.Cognito != nil && policy.TrustsAnyIdentityPool(role.Trust) {
		call.Record(awsapi.RefuseTrust("identity "+id.Subject, actions[0], role.ARN, awsapi.AnyIdentityPool))
		return false
	}
	return true
}
