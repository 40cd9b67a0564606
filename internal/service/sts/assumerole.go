package sts

import (
	"context"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/sts"
	"github.com/bawn-dev/bawn/policy"
)

// assumeRoleDemands are the rights AssumeRole needs, all of them from the
// role's trust policy: sts:AssumeRole, and sts:TagSession and
// sts:SetSourceIdentity where the request uses them. A role that does not exist
// is refused like one that does not trust the caller.
func (s *Service) assumeRoleDemands(ctx context.Context, _ *awsapi.Call, in *shape.AssumeRoleInput) ([]awsapi.Demand, error) {
	if err := checkARN(text(in.RoleArn)); err != nil {
		return nil, err
	}
	role, err := s.roles.Role(ctx, text(in.RoleArn))
	if err != nil {
		return nil, err
	}
	d := awsapi.Demand{Action: "sts:AssumeRole", Resource: text(in.RoleArn), ResourceAccount: s.account, MustAllow: true, Context: new(policy.Context)}
	if role != nil {
		d.ResourcePolicy, d.ResourcePolicyName = role.Trust, "trust policy of role "+role.Name
		for k, v := range role.Tags {
			d.Context.Set("aws:ResourceTag/"+k, v)
			d.Context.Set("iam:ResourceTag/"+k, v)
		}
	}
	tags, _, err := sessionTags(in.Tags, in.TransitiveTagKeys)
	if err != nil {
		return nil, err
	}
	assumeRoleKeys(d.Context, in)
	actions := []string{d.Action}
	if len(tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if in.SourceIdentity != nil {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	var out []awsapi.Demand
	for _, action := range actions {
		d.Action = action
		out = append(out, d)
	}
	return out, nil
}

// assumeRoleKeys sets the condition keys of the request.
func assumeRoleKeys(ctx *policy.Context, in *shape.AssumeRoleInput) {
	set := func(key string, value *string) {
		if value != nil {
			ctx.Set(key, *value)
		}
	}
	set("sts:ExternalId", in.ExternalId)
	set("sts:RoleSessionName", in.RoleSessionName)
	set("sts:SourceIdentity", in.SourceIdentity)
	var keys []string
	for _, t := range in.Tags {
		ctx.Set("aws:RequestTag/"+text(t.Key), text(t.Value))
		keys = append(keys, text(t.Key))
	}
	if len(keys) > 0 {
		ctx.Set("aws:TagKeys", keys...)
	}
	if len(in.TransitiveTagKeys) > 0 {
		ctx.Set("sts:TransitiveTagKeys", in.TransitiveTagKeys...)
	}
}

// AssumeRole gives out credentials of a role whose trust policy allowed the
// caller (the door has asked it).
func (s *Service) AssumeRole(ctx context.Context, call *awsapi.Call, in *shape.AssumeRoleInput) (*shape.AssumeRoleOutput, error) {
	switch {
	case in.SerialNumber != nil || in.TokenCode != nil:
		return nil, awsapi.NotBuilt("AssumeRole parameter SerialNumber")
	case len(in.ProvidedContexts) > 0:
		return nil, awsapi.NotBuilt("AssumeRole parameter ProvidedContexts")
	case len(in.TransitiveTagKeys) > 0:
		return nil, awsapi.NotBuilt("AssumeRole parameter TransitiveTagKeys")
	case call.Caller().Kind == awsapi.Root:
		return nil, fail("AccessDenied", 403, "Roles may not be assumed by root accounts.")
	}
	role, err := s.roles.Role(ctx, text(in.RoleArn))
	if err != nil {
		return nil, err
	}
	if role == nil {
		return nil, Deny(call.Caller(), awsapi.Demand{Action: "sts:AssumeRole", Resource: text(in.RoleArn)}, policy.Decision{})
	}
	d, err := duration(in.DurationSeconds, role, call.Caller())
	if err != nil {
		return nil, err
	}
	source, err := sourceIdentity(call.Caller(), in.SourceIdentity)
	if err != nil {
		return nil, err
	}
	tags, packedTags, err := sessionTags(in.Tags, in.TransitiveTagKeys)
	if err != nil {
		return nil, err
	}
	session := &awsapi.Session{
		RoleID: role.ID, RoleARN: role.ARN, RoleName: role.Name, Name: text(in.RoleSessionName),
		Expires: s.clock.Now().Add(d), Tags: tags, SourceIdentity: source,
	}
	packed, err := s.sessionPolicies(ctx, session, in.Policy, in.PolicyArns)
	if err != nil {
		return nil, err
	}
	creds, err := s.roles.MintSession(ctx, session)
	if err != nil {
		return nil, err
	}
	out := &shape.AssumeRoleOutput{Credentials: credentialsShape(creds), AssumedRoleUser: s.assumed(role, session), SourceIdentity: textPtr(source)}
	if packed+packedTags > 0 {
		out.PackedPolicySize = ptr(int32(max(packed, packedTags)))
	}
	return out, nil
}

func textPtr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (s *Service) assumed(role *awsapi.Role, session *awsapi.Session) *shape.AssumedRoleUser {
	return &shape.AssumedRoleUser{
		Arn:           ptr("arn:aws:sts::" + s.account + ":assumed-role/" + role.Name + "/" + session.Name),
		AssumedRoleId: ptr(role.ID + ":" + session.Name),
	}
}

// sourceIdentity keeps the source identity of a session over role chaining: it
// can be set once and not be changed.
func sourceIdentity(caller *awsapi.Caller, asked *string) (string, error) {
	had := ""
	if caller.Session != nil {
		had = caller.Session.SourceIdentity
	}
	switch {
	case asked == nil:
		return had, nil
	case had != "" && had != *asked:
		return "", fail("AccessDenied", 403, "The source identity of a session cannot be changed.")
	}
	return *asked, nil
}

// checkARN wants a role's ARN.
func checkARN(value string) error {
	if parts := strings.SplitN(value, ":", 6); len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return validation("%s is invalid", value)
	}
	return nil
}
