package resource

import (
	"context"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/shape/iam"
)

func iamTypes() []*Type {
	return []*Type{roleType(), policyType(), managedPolicyType(), userType()}
}

func roleType() *Type {
	return &Type{
		Name: "AWS::IAM::Role",
		Properties: table(
			[]string{"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "PermissionsBoundary", "Policies", "Tags"},
			[]string{"RoleName", "Path"}, nil, nil),
		Required:     []string{"AssumeRolePolicyDocument"},
		NameProperty: "RoleName", NameLimit: 64, IAM: true,
		Attributes: []string{"Arn", "RoleId"},
		Exists: func(ctx context.Context, r *Request, name string) (bool, error) {
			err := r.do(ctx, "iam", "GetRole", &iam.GetRoleInput{RoleName: &name})
			return err == nil, ignoreGone(err)
		},
		Create: createRole, Update: updateRole, Delete: deleteRole,
	}
}

func iamTags(tags map[string]string) []iam.Tag {
	var out []iam.Tag
	for _, k := range sorted(tags) {
		out = append(out, iam.Tag{Key: ptr(k), Value: ptr(tags[k])})
	}
	return out
}

func createRole(ctx context.Context, r *Request, p Props) (*State, error) {
	in := new(iam.CreateRoleInput)
	if err := p.into(in, rename{"AssumeRolePolicyDocument": "", "ManagedPolicyArns": "", "Policies": "", "Tags": "", "RoleName": ""}); err != nil {
		return nil, err
	}
	trust, err := p.document("AssumeRolePolicyDocument")
	if err != nil {
		return nil, err
	}
	in.RoleName, in.AssumeRolePolicyDocument, in.Tags = &r.Name, &trust, iamTags(p.tags("Tags", r.Tags))
	out, err := call[iam.CreateRoleOutput](ctx, r, "iam", "CreateRole", in)
	if err != nil {
		return nil, err
	}
	s := &State{PhysicalID: r.Name, Attributes: map[string]any{}}
	if out.Role != nil {
		s.Attributes["Arn"], s.Attributes["RoleId"] = deref(out.Role.Arn), deref(out.Role.RoleId)
	}
	return s, rolePolicies(ctx, r, s.PhysicalID, Props{}, p)
}

// rolePolicies brings a role's inline and attached policies from old to p.
func rolePolicies(ctx context.Context, r *Request, role string, old, p Props) error {
	before, after := inlinePolicies(old), inlinePolicies(p)
	for _, name := range sortedKeys(after) {
		if same(before[name], after[name]) {
			continue
		}
		text, err := Props{"d": after[name]}.document("d")
		if err != nil {
			return err
		}
		if err := r.do(ctx, "iam", "PutRolePolicy", &iam.PutRolePolicyInput{RoleName: &role, PolicyName: ptr(name), PolicyDocument: &text}); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(before) {
		if _, ok := after[name]; !ok {
			if err := ignoreGone(r.do(ctx, "iam", "DeleteRolePolicy", &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: ptr(name)})); err != nil {
				return err
			}
		}
	}
	attached, wanted := old.list("ManagedPolicyArns"), p.list("ManagedPolicyArns")
	for _, arn := range wanted {
		if !contains(attached, arn) {
			if err := r.do(ctx, "iam", "AttachRolePolicy", &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: ptr(arn)}); err != nil {
				return err
			}
		}
	}
	for _, arn := range attached {
		if !contains(wanted, arn) {
			if err := ignoreGone(r.do(ctx, "iam", "DetachRolePolicy", &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: ptr(arn)})); err != nil {
				return err
			}
		}
	}
	return nil
}

// inlinePolicies are the documents of Policies by name.
func inlinePolicies(p Props) map[string]any {
	out := map[string]any{}
	for _, policy := range p.maps("Policies") {
		out[policy.text("PolicyName")] = policy["PolicyDocument"]
	}
	return out
}

func sortedKeys(m map[string]any) []string {
	keys := map[string]string{}
	for k := range m {
		keys[k] = ""
	}
	return sorted(keys)
}

func updateRole(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	name := s.PhysicalID
	if changed(old, p, "AssumeRolePolicyDocument") {
		trust, err := p.document("AssumeRolePolicyDocument")
		if err != nil {
			return nil, err
		}
		if err := r.do(ctx, "iam", "UpdateAssumeRolePolicy", &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &trust}); err != nil {
			return nil, err
		}
	}
	if changed(old, p, "Description", "MaxSessionDuration") {
		in := &iam.UpdateRoleInput{RoleName: &name, Description: ptr(""), MaxSessionDuration: ptr(int32(3600))}
		if err := (Props{"Description": p["Description"], "MaxSessionDuration": p["MaxSessionDuration"]}).into(in, nil); err != nil {
			return nil, err
		}
		if err := r.do(ctx, "iam", "UpdateRole", in); err != nil {
			return nil, err
		}
	}
	if changed(old, p, "PermissionsBoundary") {
		if err := roleBoundary(ctx, r, name, p); err != nil {
			return nil, err
		}
	}
	if err := rolePolicies(ctx, r, name, old, p); err != nil {
		return nil, err
	}
	set, removed := tagChange(old.tags("Tags", nil), p.tags("Tags", nil))
	if len(removed) > 0 {
		if err := r.do(ctx, "iam", "UntagRole", &iam.UntagRoleInput{RoleName: &name, TagKeys: removed}); err != nil {
			return nil, err
		}
	}
	if len(set) == 0 {
		return s, nil
	}
	return s, r.do(ctx, "iam", "TagRole", &iam.TagRoleInput{RoleName: &name, Tags: iamTags(set)})
}

func roleBoundary(ctx context.Context, r *Request, name string, p Props) error {
	if !p.has("PermissionsBoundary") {
		return r.do(ctx, "iam", "DeleteRolePermissionsBoundary", &iam.DeleteRolePermissionsBoundaryInput{RoleName: &name})
	}
	return r.do(ctx, "iam", "PutRolePermissionsBoundary",
		&iam.PutRolePermissionsBoundaryInput{RoleName: &name, PermissionsBoundary: p.pointer("PermissionsBoundary")})
}

// deleteRole takes away the policies the stack gave and then the role; policies
// that somebody else attached make the deletion fail, as on AWS.
func deleteRole(ctx context.Context, r *Request, s *State, p Props) error {
	if err := rolePolicies(ctx, r, s.PhysicalID, p, Props{}); err != nil && !IsGone(err) {
		return err
	}
	return ignoreGone(r.do(ctx, "iam", "DeleteRole", &iam.DeleteRoleInput{RoleName: &s.PhysicalID}))
}

func policyType() *Type {
	return &Type{
		Name:       "AWS::IAM::Policy",
		Properties: table([]string{"PolicyDocument", "Roles", "Users"}, []string{"PolicyName"}, []string{"Groups"}, nil),
		Required:   []string{"PolicyName", "PolicyDocument"},
		IAM:        true,
		Attributes: []string{"Id"},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			name := p.text("PolicyName")
			if len(p.list("Roles")) == 0 && len(p.list("Users")) == 0 {
				return nil, awsapi.Errorf("InvalidRequest", "At least one of [Groups,Roles,Users] must be non-empty.")
			}
			s := &State{PhysicalID: name, Attributes: map[string]any{"Id": name}}
			return s, inlinePolicy(ctx, r, Props{}, p)
		},
		Update: func(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
			return s, inlinePolicy(ctx, r, old, p)
		},
		Delete: func(ctx context.Context, r *Request, _ *State, p Props) error {
			return inlinePolicy(ctx, r, p, Props{"PolicyName": p["PolicyName"]})
		},
	}
}

// inlinePolicy puts a policy into its roles and users and takes it from those
// that are no longer named.
func inlinePolicy(ctx context.Context, r *Request, old, p Props) error {
	name := p.text("PolicyName")
	text, err := p.document("PolicyDocument")
	if err != nil {
		return err
	}
	renewed := changed(old, p, "PolicyDocument")
	for _, role := range p.list("Roles") {
		if renewed || !contains(old.list("Roles"), role) {
			if err := r.do(ctx, "iam", "PutRolePolicy", &iam.PutRolePolicyInput{RoleName: ptr(role), PolicyName: &name, PolicyDocument: &text}); err != nil {
				return err
			}
		}
	}
	for _, user := range p.list("Users") {
		if renewed || !contains(old.list("Users"), user) {
			if err := r.do(ctx, "iam", "PutUserPolicy", &iam.PutUserPolicyInput{UserName: ptr(user), PolicyName: &name, PolicyDocument: &text}); err != nil {
				return err
			}
		}
	}
	for _, role := range old.list("Roles") {
		if !contains(p.list("Roles"), role) {
			if err := ignoreGone(r.do(ctx, "iam", "DeleteRolePolicy", &iam.DeleteRolePolicyInput{RoleName: ptr(role), PolicyName: &name})); err != nil {
				return err
			}
		}
	}
	for _, user := range old.list("Users") {
		if !contains(p.list("Users"), user) {
			if err := ignoreGone(r.do(ctx, "iam", "DeleteUserPolicy", &iam.DeleteUserPolicyInput{UserName: ptr(user), PolicyName: &name})); err != nil {
				return err
			}
		}
	}
	return nil
}

func managedPolicyType() *Type {
	return &Type{
		Name: "AWS::IAM::ManagedPolicy",
		Properties: table([]string{"PolicyDocument", "Roles", "Users"}, []string{"ManagedPolicyName", "Path", "Description"},
			[]string{"Groups", "Tags"}, nil),
		Required:     []string{"PolicyDocument"},
		NameProperty: "ManagedPolicyName", NameLimit: 128, IAM: true,
		Attributes: []string{"PolicyArn"},
		Exists: func(ctx context.Context, r *Request, name string) (bool, error) {
			out, err := call[iam.ListPoliciesOutput](ctx, r, "iam", "ListPolicies", &iam.ListPoliciesInput{Scope: ptr("Local"), MaxItems: ptr(int32(1000))})
			if err != nil {
				return false, err
			}
			for _, policy := range out.Policies {
				if deref(policy.PolicyName) == name {
					return true, nil
				}
			}
			return false, nil
		},
		Create: func(ctx context.Context, r *Request, p Props) (*State, error) {
			text, err := p.document("PolicyDocument")
			if err != nil {
				return nil, err
			}
			out, err := call[iam.CreatePolicyOutput](ctx, r, "iam", "CreatePolicy",
				&iam.CreatePolicyInput{PolicyName: &r.Name, Path: p.pointer("Path"), Description: p.pointer("Description"), PolicyDocument: &text})
			if err != nil {
				return nil, err
			}
			arn := ""
			if out.Policy != nil {
				arn = deref(out.Policy.Arn)
			}
			s := &State{PhysicalID: arn, Attributes: map[string]any{"PolicyArn": arn}}
			return s, attachments(ctx, r, arn, Props{}, p)
		},
		Update: updateManagedPolicy,
		Delete: func(ctx context.Context, r *Request, s *State, p Props) error {
			arn := s.PhysicalID
			if len(arn) < 4 || arn[:4] != "arn:" { // a creation that was cut off: only the name is known
				arn = "arn:" + r.Partition + ":iam::" + r.Account + ":policy" + pathOf(p) + arn
			}
			if err := attachments(ctx, r, arn, p, Props{}); err != nil {
				return err
			}
			return ignoreGone(r.do(ctx, "iam", "DeletePolicy", &iam.DeletePolicyInput{PolicyArn: &arn}))
		},
	}
}

func pathOf(p Props) string {
	if v := p.text("Path"); v != "" {
		return v
	}
	return "/"
}

func updateManagedPolicy(ctx context.Context, r *Request, s *State, old, p Props) (*State, error) {
	if changed(old, p, "PolicyDocument") {
		text, err := p.document("PolicyDocument")
		if err != nil {
			return nil, err
		}
		if err := r.dropOldVersion(ctx, s.PhysicalID); err != nil {
			return nil, err
		}
		if err := r.do(ctx, "iam", "CreatePolicyVersion",
			&iam.CreatePolicyVersionInput{PolicyArn: &s.PhysicalID, PolicyDocument: &text, SetAsDefault: ptr(true)}); err != nil {
			return nil, err
		}
	}
	return s, attachments(ctx, r, s.PhysicalID, old, p)
}

// dropOldVersion keeps a managed policy below its five versions.
func (r *Request) dropOldVersion(ctx context.Context, arn string) error {
	out, err := call[iam.ListPolicyVersionsOutput](ctx, r, "iam", "ListPolicyVersions", &iam.ListPolicyVersionsInput{PolicyArn: &arn})
	if err != nil || len(out.Versions) < 5 {
		return err
	}
	oldest := -1
	for i, v := range out.Versions {
		if v.IsDefaultVersion != nil && *v.IsDefaultVersion || v.CreateDate == nil {
			continue
		}
		if oldest < 0 || v.CreateDate.Before(*out.Versions[oldest].CreateDate) {
			oldest = i
		}
	}
	if oldest < 0 {
		return nil
	}
	return r.do(ctx, "iam", "DeletePolicyVersion", &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: out.Versions[oldest].VersionId})
}

func attachments(ctx context.Context, r *Request, arn string, old, p Props) error {
	for _, role := range p.list("Roles") {
		if !contains(old.list("Roles"), role) {
			if err := r.do(ctx, "iam", "AttachRolePolicy", &iam.AttachRolePolicyInput{RoleName: ptr(role), PolicyArn: &arn}); err != nil {
				return err
			}
		}
	}
	for _, role := range old.list("Roles") {
		if !contains(p.list("Roles"), role) {
			if err := ignoreGone(r.do(ctx, "iam", "DetachRolePolicy", &iam.DetachRolePolicyInput{RoleName: ptr(role), PolicyArn: &arn})); err != nil {
				return err
			}
		}
	}
	for _, user := range p.list("Users") {
		if !contains(old.list("Users"), user) {
			if err := r.do(ctx, "iam", "AttachUserPolicy", &iam.AttachUserPolicyInput{UserName: ptr(user), PolicyArn: &arn}); err != nil {
				return err
			}
		}
	}
	for _, user := range old.list("Users") {
		if !contains(p.list("Users"), user) {
			if err := ignoreGone(r.do(ctx, "iam", "DetachUserPolicy", &iam.DetachUserPolicyInput{UserName: ptr(user), PolicyArn: &arn})); err != nil {
				return err
			}
		}
	}
	return nil
}
