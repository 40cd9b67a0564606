package resource

import (
	"context"

	"github.com/bawn-dev/bawn/internal/shape/iam"
)

func userType() *Type {
	return &Type{
		Name: "AWS::IAM::User",
		Properties: table([]string{"ManagedPolicyArns", "PermissionsBoundary", "Policies", "Tags"}, []string{"UserName", "Path"},
			[]string{"Groups", "LoginProfile"}, nil),
		NameProperty: "UserName", NameLimit: 64, IAM: true,
		Attributes: []string{"Arn"},
		Exists: func(ctx context.Context, r *Request, name string) (bool, error) {
			err := r.do(ctx, "iam", "GetUser", &iam.GetUserInput{UserName: &name})
			return err == nil, ignoreGone(err)
		},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			in := &iam.CreateUserInput{UserName: &r.Name, Path: p.pointer("Path"), PermissionsBoundary: p.pointer("PermissionsBoundary"), Tags: iamTags(p.tags("Tags", r.Tags))}
			out, err := call[iam.CreateUserOutput](ctx, r, "iam", "CreateUser", in)
			if err != nil {
				return nil, err
			}
			s := &State{PhysicalID: r.Name, Attributes: map[string]any{}}
			if out.User != nil {
				s.Attributes["Arn"] = deref(out.User.Arn)
			}
			return s, userPolicies(ctx, r, r.Name, Props{}, p)
		},
		Update: updateUser,
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			if err := userPolicies(ctx, r, s.PhysicalID, p, Props{}); err != nil && !IsGone(err) {
				return err
			}
			return ignoreGone(r.do(ctx, "iam", "DeleteUser", &iam.DeleteUserInput{UserName: &s.PhysicalID}))
		},
	}
}

func updateUser(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	name := s.PhysicalID
	if changed(old, p, "PermissionsBoundary") {
		if !p.has("PermissionsBoundary") {
			if err := r.do(ctx, "iam", "DeleteUserPermissionsBoundary", &iam.DeleteUserPermissionsBoundaryInput{UserName: &name}); err != nil {
				return nil, err
			}
		} else if err := r.do(ctx, "iam", "PutUserPermissionsBoundary",
			&iam.PutUserPermissionsBoundaryInput{UserName: &name, PermissionsBoundary: p.pointer("PermissionsBoundary")}); err != nil {
			return nil, err
		}
	}
	if err := userPolicies(ctx, r, name, old, p); err != nil {
		return nil, err
	}
	set, removed := tagChange(old.tags("Tags", nil), p.tags("Tags", nil))
	if len(removed) > 0 {
		if err := r.do(ctx, "iam", "UntagUser", &iam.UntagUserInput{UserName: &name, TagKeys: removed}); err != nil {
			return nil, err
		}
	}
	if len(set) == 0 {
		return s, nil
	}
	return s, r.do(ctx, "iam", "TagUser", &iam.TagUserInput{UserName: &name, Tags: iamTags(set)})
}

// userPolicies brings a user's inline and attached policies from old to p.
func userPolicies(ctx context.Context, r *Request, user string, old, p Props) error {
	before, after := inlinePolicies(old), inlinePolicies(p)
	for _, name := range sortedKeys(after) {
		if same(before[name], after[name]) {
			continue
		}
		text, err := Props{"d": after[name]}.document("d")
		if err != nil {
			return err
		}
		if err := r.do(ctx, "iam", "PutUserPolicy", &iam.PutUserPolicyInput{UserName: &user, PolicyName: ptr(name), PolicyDocument: &text}); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(before) {
		if _, ok := after[name]; !ok {
			if err := ignoreGone(r.do(ctx, "iam", "DeleteUserPolicy", &iam.DeleteUserPolicyInput{UserName: &user, PolicyName: ptr(name)})); err != nil {
				return err
			}
		}
	}
	attached, wanted := old.list("ManagedPolicyArns"), p.list("ManagedPolicyArns")
	for _, arn := range wanted {
		if !contains(attached, arn) {
			if err := r.do(ctx, "iam", "AttachUserPolicy", &iam.AttachUserPolicyInput{UserName: &user, PolicyArn: ptr(arn)}); err != nil {
				return err
			}
		}
	}
	for _, arn := range attached {
		if !contains(wanted, arn) {
			if err := ignoreGone(r.do(ctx, "iam", "DetachUserPolicy", &iam.DetachUserPolicyInput{UserName: &user, PolicyArn: ptr(arn)})); err != nil {
				return err
			}
		}
	}
	return nil
}
