package resource

import (
	"context"

	"github.com/bawn-dev/bawn/internal/shape/cognitoidentity"
)

func identityTypes() []*Type { return []*Type{identityPoolType(), roleAttachmentType()} }

var identityPoolNames = rename{"OpenIdConnectProviderARNs": "OpenIdConnectProviderARNs", "IdentityPoolTags": ""}

func identityPoolType() *Type {
	return &Type{
		Name: "AWS::Cognito::IdentityPool",
		Properties: table(
			[]string{"IdentityPoolName", "AllowUnauthenticatedIdentities", "AllowClassicFlow", "SupportedLoginProviders",
				"DeveloperProviderName", "OpenIdConnectProviderARNs", "CognitoIdentityProviders", "SamlProviderARNs", "IdentityPoolTags"},
			nil, []string{"CognitoEvents", "CognitoStreams", "PushSync"}, nil),
		Required:   []string{"AllowUnauthenticatedIdentities"},
		Attributes: []string{"Name", "Id"},
		Find:       findIdentityPool,
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := new(cognitoidentity.CreateIdentityPoolInput)
			if err := p.into(in, identityPoolNames); err != nil {
				return nil, err
			}
			if in.IdentityPoolName == nil {
				in.IdentityPoolName = ptr((&Type{NameLimit: 128}).GenerateName(r.StackName, r.LogicalID, r.Random(12)))
			}
			in.IdentityPoolTags = r.ownTags(p, "IdentityPoolTags")
			out, err := call[cognitoidentity.CreateIdentityPoolOutput](ctx, r, "cognito-identity", "CreateIdentityPool", in)
			if err != nil {
				return nil, err
			}
			return identityPoolState(out), nil
		},
		Update: func(ctx context.Context, r *Request, s *State, _, p Props) (*State, error) {
			in := new(cognitoidentity.UpdateIdentityPoolInput)
			if err := p.into(in, identityPoolNames); err != nil {
				return nil, err
			}
			in.IdentityPoolId, in.IdentityPoolTags = &s.PhysicalID, r.ownTags(p, "IdentityPoolTags")
			if in.IdentityPoolName == nil {
				if name, ok := s.Attributes["Name"].(string); ok {
					in.IdentityPoolName = &name
				}
			}
			out, err := call[cognitoidentity.UpdateIdentityPoolOutput](ctx, r, "cognito-identity", "UpdateIdentityPool", in)
			if err != nil {
				return nil, err
			}
			return identityPoolState(out), nil
		},
		Delete: func(ctx context.Context, r *Request, s *State, _ Props) error {
			return ignoreGone(r.do(ctx, "cognito-identity", "DeleteIdentityPool",
				&cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: &s.PhysicalID}))
		},
	}
}

func identityPoolState(pool *cognitoidentity.IdentityPool) *State {
	return &State{PhysicalID: deref(pool.IdentityPoolId), Attributes: map[string]any{
		"Name": deref(pool.IdentityPoolName), "Id": deref(pool.IdentityPoolId),
	}}
}

func findIdentityPool(ctx context.Context, r *Request, _ Props) (*State, error) {
	in := &cognitoidentity.ListIdentityPoolsInput{MaxResults: ptr(int32(60))}
	for {
		out, err := call[cognitoidentity.ListIdentityPoolsOutput](ctx, r, "cognito-identity", "ListIdentityPools", in)
		if err != nil {
			return nil, err
		}
		for _, item := range out.IdentityPools {
			pool, err := call[cognitoidentity.DescribeIdentityPoolOutput](ctx, r, "cognito-identity", "DescribeIdentityPool",
				&cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: item.IdentityPoolId})
			if IsGone(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if r.mine(pool.IdentityPoolTags) {
				return identityPoolState(pool), nil
			}
		}
		if deref(out.NextToken) == "" {
			return nil, nil
		}
		in.NextToken = out.NextToken
	}
}

func roleAttachmentType() *Type {
	set := func(ctx context.Context, r *Request, p Props) (*State, error) {
		in := &cognitoidentity.SetIdentityPoolRolesInput{IdentityPoolId: p.pointer("IdentityPoolId"), Roles: map[string]string{}}
		if err := (Props{"Roles": p["Roles"]}).into(in, nil); err != nil {
			return nil, err
		}
		if mappings := p.sub("RoleMappings"); mappings != nil {
			in.RoleMappings = map[string]cognitoidentity.RoleMapping{}
			for key := range mappings {
				var m cognitoidentity.RoleMapping
				if err := mappings.sub(key).into(&m, rename{"IdentityProvider": ""}); err != nil {
					return nil, err
				}
				provider := key
				if v := mappings.sub(key).text("IdentityProvider"); v != "" {
					provider = v
				}
				in.RoleMappings[provider] = m
			}
		}
		if err := r.do(ctx, "cognito-identity", "SetIdentityPoolRoles", in); err != nil {
			return nil, err
		}
		id := p.text("IdentityPoolId")
		return &State{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
	}
	return &Type{
		Name:       "AWS::Cognito::IdentityPoolRoleAttachment",
		Properties: table([]string{"Roles", "RoleMappings"}, []string{"IdentityPoolId"}, nil, nil),
		Required:   []string{"IdentityPoolId"},
		Attributes: []string{"Id"},
		Create:     set,
		Update: func(ctx context.Context, r *Request, _ *State, _, p Props) (*State, error) {
			return set(ctx, r, p)
		},
		Delete: func(ctx context.Context, r *Request, _ *State, p Props) error {
			return ignoreGone(r.do(ctx, "cognito-identity", "SetIdentityPoolRoles",
				&cognitoidentity.SetIdentityPoolRolesInput{IdentityPoolId: p.pointer("IdentityPoolId"), Roles: map[string]string{}}))
		},
	}
}
