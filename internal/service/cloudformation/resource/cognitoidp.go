package resource

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/shape/cognitoidp"
)

func cognitoTypes() []*Type {
	return []*Type{userPoolType(), userPoolClientType(), userPoolDomainType(), userPoolGroupType()}
}

var userPoolNames = rename{
	"UserPoolName": "PoolName", "EmailConfiguration": "EmailConfiguration", "UserPoolTags": "", "EnabledMfas": "",
}

func userPoolType() *Type {
	return &Type{
		Name: "AWS::Cognito::UserPool",
		Properties: table(
			[]string{"UserPoolName", "Policies", "DeletionProtection", "LambdaConfig", "AutoVerifiedAttributes", "SmsVerificationMessage",
				"EmailVerificationMessage", "EmailVerificationSubject", "VerificationMessageTemplate", "SmsAuthenticationMessage",
				"UserAttributeUpdateSettings", "MfaConfiguration", "DeviceConfiguration", "EmailConfiguration", "SmsConfiguration",
				"UserPoolTags", "AdminCreateUserConfig", "UserPoolAddOns", "AccountRecoverySetting", "UserPoolTier", "Schema"},
			[]string{"AliasAttributes", "UsernameAttributes", "UsernameConfiguration"},
			[]string{"EnabledMfas", "EmailAuthenticationMessage", "EmailAuthenticationSubject", "WebAuthnRelyingPartyID",
				"WebAuthnUserVerification", "WebAuthnFactorConfiguration", "KeyConfiguration", "IssuerConfiguration"}, nil),
		Attributes: []string{"Arn", "ProviderName", "ProviderURL", "UserPoolId"},
		Find:       findUserPool,
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(cognitoidp.CreateUserPoolInput)
			if err := p.into(in, userPoolNames); err != nil {
				return nil, err
			}
			if in.PoolName == nil {
				in.PoolName = ptr((&Type{NameLimit: 128}).GenerateName(r.StackName, r.LogicalID, r.Random(12)))
			}
			in.UserPoolTags = r.ownTags(p, "UserPoolTags")
			out, err := call[cognitoidp.CreateUserPoolOutput](ctx, r, "cognito-idp", "CreateUserPool", in)
			if err != nil {
				return nil, err
			}
			return userPoolState(r, out.UserPool), nil
		},
		Update: updateUserPool,
		Delete: func(ctx context.Context, r *Request, s *State, _ Props) error {
			return ignoreGone(r.do(ctx, "cognito-idp", "DeleteUserPool", &cognitoidp.DeleteUserPoolInput{UserPoolId: &s.PhysicalID}))
		},
	}
}

func userPoolState(r *Request, pool *cognitoidp.UserPoolType) *State {
	if pool == nil {
		pool = new(cognitoidp.UserPoolType)
	}
	id := deref(pool.Id)
	provider := "cognito-idp." + r.Region + ".amazonaws.com/" + id
	arn := deref(pool.Arn)
	if arn == "" {
		arn = "arn:" + r.Partition + ":cognito-idp:" + r.Region + ":" + r.Account + ":userpool/" + id
	}
	return &State{PhysicalID: id, Attributes: map[string]any{
		"Arn": arn, "ProviderName": provider, "ProviderURL": "https://" + provider, "UserPoolId": id,
	}}
}

func findUserPool(ctx context.Context, r *Request, _ Props) (*State, error) {
	in := &cognitoidp.ListUserPoolsInput{MaxResults: ptr(int32(60))}
	for {
		out, err := call[cognitoidp.ListUserPoolsOutput](ctx, r, "cognito-idp", "ListUserPools", in)
		if err != nil {
			return nil, err
		}
		for _, item := range out.UserPools {
			pool, err := call[cognitoidp.DescribeUserPoolOutput](ctx, r, "cognito-idp", "DescribeUserPool", &cognitoidp.DescribeUserPoolInput{UserPoolId: item.Id})
			if IsGone(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if pool.UserPool != nil && r.mine(pool.UserPool.UserPoolTags) {
				return userPoolState(r, pool.UserPool), nil
			}
		}
		if deref(out.NextToken) == "" {
			return nil, nil
		}
		in.NextToken = out.NextToken
	}
}

// updateUserPool sets the whole configuration, since UpdateUserPool puts what
// is not named back to its default. New attributes of Schema are added; the
// existing ones cannot change.
func updateUserPool(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	in := new(cognitoidp.UpdateUserPoolInput)
	names := rename{"Schema": "", "AliasAttributes": "", "UsernameAttributes": "", "UsernameConfiguration": ""}
	for k, v := range userPoolNames {
		names[k] = v
	}
	if err := p.into(in, names); err != nil {
		return nil, err
	}
	in.UserPoolId, in.UserPoolTags = &s.PhysicalID, r.ownTags(p, "UserPoolTags")
	if err := r.do(ctx, "cognito-idp", "UpdateUserPool", in); err != nil {
		return nil, err
	}
	if !changed(old, p, "Schema") {
		return s, nil
	}
	return s, addAttributes(ctx, r, s, p)
}

// addAttributes adds what the schema has and the pool has not. Attributes cannot
// be taken away again, so that those of an update that was rolled back are there.
func addAttributes(ctx context.Context, r *Request, s *State, p Props) error {
	pool, err := call[cognitoidp.DescribeUserPoolOutput](ctx, r, "cognito-idp", "DescribeUserPool", &cognitoidp.DescribeUserPoolInput{UserPoolId: &s.PhysicalID})
	if err != nil {
		return err
	}
	have := map[string]bool{}
	if pool.UserPool != nil {
		for _, a := range pool.UserPool.SchemaAttributes {
			name := deref(a.Name)
			have[name], have[strings.TrimPrefix(name, "custom:")] = true, true
		}
	}
	add := &cognitoidp.AddCustomAttributesInput{UserPoolId: &s.PhysicalID}
	for _, a := range p.maps("Schema") {
		if have[a.text("Name")] {
			continue
		}
		var attribute cognitoidp.SchemaAttributeType
		if err := a.into(&attribute, nil); err != nil {
			return err
		}
		add.CustomAttributes = append(add.CustomAttributes, attribute)
	}
	if len(add.CustomAttributes) == 0 {
		return nil
	}
	return r.do(ctx, "cognito-idp", "AddCustomAttributes", add)
}

func userPoolClientType() *Type {
	return &Type{
		Name: "AWS::Cognito::UserPoolClient",
		Properties: table(
			[]string{"ClientName", "RefreshTokenValidity", "AccessTokenValidity", "IdTokenValidity", "TokenValidityUnits", "ReadAttributes",
				"WriteAttributes", "ExplicitAuthFlows", "SupportedIdentityProviders", "CallbackURLs", "LogoutURLs", "DefaultRedirectURI",
				"AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient", "AnalyticsConfiguration",
				"PreventUserExistenceErrors", "EnableTokenRevocation", "EnablePropagateAdditionalUserContextData", "AuthSessionValidity",
				"RefreshTokenRotation"},
			[]string{"UserPoolId", "GenerateSecret"}, nil, nil),
		Required:   []string{"UserPoolId"},
		Attributes: []string{"ClientId", "ClientSecret", "Name"},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(cognitoidp.CreateUserPoolClientInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			if in.ClientName == nil {
				in.ClientName = ptr((&Type{NameLimit: 128}).GenerateName(r.StackName, r.LogicalID, r.Random(12)))
			}
			out, err := call[cognitoidp.CreateUserPoolClientOutput](ctx, r, "cognito-idp", "CreateUserPoolClient", in)
			if err != nil {
				return nil, err
			}
			c := out.UserPoolClient
			if c == nil {
				c = new(cognitoidp.UserPoolClientType)
			}
			s := &State{PhysicalID: deref(c.ClientId), Attributes: map[string]any{"ClientId": deref(c.ClientId), "Name": deref(c.ClientName)}}
			if c.ClientSecret != nil {
				s.Attributes["ClientSecret"] = *c.ClientSecret
			}
			return s, nil
		},
		Update: func(ctx context.Context, r *Request, s *State, _, p Props) (*State, error) {
			in := new(cognitoidp.UpdateUserPoolClientInput)
			if err := p.into(in, rename{"GenerateSecret": ""}); err != nil {
				return nil, err
			}
			in.ClientId = &s.PhysicalID
			if in.ClientName == nil {
				if name, ok := s.Attributes["Name"].(string); ok {
					in.ClientName = &name
				}
			}
			return s, r.do(ctx, "cognito-idp", "UpdateUserPoolClient", in)
		},
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			return ignoreGone(r.do(ctx, "cognito-idp", "DeleteUserPoolClient",
				&cognitoidp.DeleteUserPoolClientInput{UserPoolId: p.pointer("UserPoolId"), ClientId: &s.PhysicalID}))
		},
	}
}

func userPoolDomainType() *Type {
	return &Type{
		Name:       "AWS::Cognito::UserPoolDomain",
		Properties: table([]string{"ManagedLoginVersion"}, []string{"UserPoolId", "Domain"}, []string{"CustomDomainConfig", "Routing"}, nil),
		Required:   []string{"UserPoolId", "Domain"},
		Attributes: []string{"CloudFrontDistribution"},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(cognitoidp.CreateUserPoolDomainInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			if err := r.do(ctx, "cognito-idp", "CreateUserPoolDomain", in); err != nil {
				return nil, err
			}
			return &State{PhysicalID: p.text("Domain"), Attributes: map[string]any{"CloudFrontDistribution": ""}}, nil
		},
		Update: func(ctx context.Context, r *Request, s *State, _, p Props) (*State, error) {
			in := new(cognitoidp.UpdateUserPoolDomainInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			return s, r.do(ctx, "cognito-idp", "UpdateUserPoolDomain", in)
		},
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			return ignoreGone(r.do(ctx, "cognito-idp", "DeleteUserPoolDomain",
				&cognitoidp.DeleteUserPoolDomainInput{UserPoolId: p.pointer("UserPoolId"), Domain: &s.PhysicalID}))
		},
	}
}

func userPoolGroupType() *Type {
	return &Type{
		Name:       "AWS::Cognito::UserPoolGroup",
		Properties: table([]string{"Description", "RoleArn", "Precedence"}, []string{"UserPoolId", "GroupName"}, nil, nil),
		Required:   []string{"UserPoolId", "GroupName"},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(cognitoidp.CreateGroupInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			if err := r.do(ctx, "cognito-idp", "CreateGroup", in); err != nil {
				return nil, err
			}
			return &State{PhysicalID: p.text("GroupName")}, nil
		},
		Update: func(ctx context.Context, r *Request, s *State, _, p Props) (*State, error) {
			in := new(cognitoidp.UpdateGroupInput)
			if err := p.into(in, nil); err != nil {
				return nil, err
			}
			return s, r.do(ctx, "cognito-idp", "UpdateGroup", in)
		},
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			return ignoreGone(r.do(ctx, "cognito-idp", "DeleteGroup",
				&cognitoidp.DeleteGroupInput{UserPoolId: p.pointer("UserPoolId"), GroupName: &s.PhysicalID}))
		},
	}
}
