package cognitoidentity

import (
	"context"
	"time"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
	"github.com/bawn-dev/bawn/policy"
)

// assume is the action that trust policies speak of.
const assume = "sts:AssumeRoleWithWebIdentity"

// lifetime is how long credentials of the enhanced flow live.
const lifetime = time.Hour

// GetCredentialsForIdentity is the enhanced flow: it turns an identity and its
// verified logins into credentials of the role the pool gives it, if the
// role's trust policy says so.
func (s *Service) GetCredentialsForIdentity(ctx context.Context, call *awsapi.Call, in *shape.GetCredentialsForIdentityInput) (*shape.GetCredentialsForIdentityOutput, error) {
	i, p, logins, err := s.entitled(ctx, text(in.IdentityId), in.Logins)
	if err != nil {
		return nil, err
	}
	cognito := &awsapi.CognitoSession{IdentityPoolID: p.ID, IdentityID: i.ID, AMR: amr(logins)}
	roleARN, err := s.chooseRole(p, logins, in.CustomRoleArn)
	if err != nil {
		call.Record(refusal(i, text(in.CustomRoleArn), "The identity pool "+p.ID+" has no role for this identity ("+cognito.AMR[0]+"): "+err.Error()))
		return nil, err
	}
	role, err := s.roles.Role(ctx, roleARN)
	if err != nil {
		return nil, err
	}
	if role == nil {
		call.Record(refusal(i, roleARN, "The identity pool "+p.ID+" names the role "+roleARN+", which does not exist."))
		return nil, badConfiguration()
	}
	if !trusted(call, i, role, cognito) {
		return nil, badConfiguration()
	}
	session := &awsapi.Session{
		RoleID: role.ID, RoleARN: role.ARN, RoleName: role.Name, Name: sessionName, Expires: s.clock.Now().Add(lifetime),
		FederatedProvider: provider, Cognito: cognito,
	}
	if !cognito.Authenticated() {
		session.Policies, session.PolicyARNs = guestPolicies()
	}
	c, err := s.roles.MintSession(ctx, session)
	if err != nil {
		return nil, err
	}
	return &shape.GetCredentialsForIdentityOutput{IdentityId: &i.ID, Credentials: &shape.Credentials{
		AccessKeyId: &c.AccessKeyID, SecretKey: &c.SecretAccessKey, SessionToken: &c.SessionToken, Expiration: &c.Expires,
	}}, nil
}

// amr says how an identity signed in: authenticated or not, then for each
// login its provider and PROVIDER:CognitoSignIn:SUB (recorded from AWS).
func amr(logins []login) []string {
	if len(logins) == 0 {
		return []string{roleUnauthenticated}
	}
	out := []string{roleAuthenticated}
	for _, l := range logins {
		out = append(out, l.Provider, l.Provider+":CognitoSignIn:"+l.Subject)
	}
	return out
}

// webIdentityKeys are the condition keys of an identity's token.
func webIdentityKeys(c *awsapi.CognitoSession) *policy.Context {
	keys := new(policy.Context)
	keys.Set(provider+":aud", c.IdentityPoolID)
	keys.Set(provider+":sub", c.IdentityID)
	keys.Set(provider+":amr", c.AMR...)
	return keys
}

// trusted asks the role's trust policy about the identity. A role that any
// identity pool could assume is refused whatever its policy says (attack 25,
// CVE-2024-28056).
func trusted(call *awsapi.Call, i *identityRecord, role *awsapi.Role, c *awsapi.CognitoSession) bool {
	keys := webIdentityKeys(c)
	keys.Set("sts:RoleSessionName", sessionName)
	keys.Set("aws:FederatedProvider", provider)
	who := policy.Principal{Kind: policy.PrincipalFederated, Federated: provider}
	decided := role.DecideTrust(who, assume, keys, call.Env())
	call.Record(decided)
	if !decided.Decision.Allowed() {
		return false
	}
	if policy.TrustsAnyIdentityPool(role.Trust) {
		call.Record(refusal(i, role.ARN, awsapi.AnyIdentityPool))
		return false
	}
	return true
}

// refusal tells `bawn why` what the answer does not say.
func refusal(i *identityRecord, roleARN, why string) awsapi.Decided {
	return awsapi.RefuseTrust("identity "+i.ID, assume, roleARN, why)
}
