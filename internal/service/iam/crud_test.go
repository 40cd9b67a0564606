package iam

import (
	"fmt"
	"strings"
	"testing"

	shape "github.com/bawn-dev/bawn/internal/shape/iam"
)

func TestUsers(t *testing.T) {
	f := newFixture(t)
	out := f.must("CreateUser", &shape.CreateUserInput{UserName: ptr("Ann"), Path: ptr("/team/"), Tags: []shape.Tag{{Key: ptr("a"), Value: ptr("1")}}}).(*shape.CreateUserOutput)
	if *out.User.Arn != "arn:aws:iam::"+account+":user/team/Ann" || !strings.HasPrefix(*out.User.UserId, "AIDA") || len(*out.User.UserId) != 21 {
		t.Errorf("user %+v", out.User)
	}
	f.refused("CreateUser", &shape.CreateUserInput{UserName: ptr("ANN")}, "EntityAlreadyExists", 409)
	f.refused("GetUser", &shape.GetUserInput{UserName: ptr("bob")}, "NoSuchEntity", 404)
	f.refused("CreateUser", &shape.CreateUserInput{UserName: ptr("x"), Path: ptr("no")}, "ValidationError", 400)
	f.refused("CreateUser", &shape.CreateUserInput{UserName: ptr("a/b")}, "ValidationError", 400)
	f.must("UpdateUser", &shape.UpdateUserInput{UserName: ptr("Ann"), NewUserName: ptr("Anna"), NewPath: ptr("/")})
	got := f.must("GetUser", &shape.GetUserInput{UserName: ptr("Anna")}).(*shape.GetUserOutput)
	if *got.User.Arn != "arn:aws:iam::"+account+":user/Anna" || *got.User.UserId != *out.User.UserId || len(got.User.Tags) != 1 {
		t.Errorf("user %+v", got.User)
	}
	f.must("TagUser", &shape.TagUserInput{UserName: ptr("Anna"), Tags: []shape.Tag{{Key: ptr("A"), Value: ptr("2")}, {Key: ptr("b"), Value: ptr("")}}})
	f.must("UntagUser", &shape.UntagUserInput{UserName: ptr("Anna"), TagKeys: []string{"B"}})
	tags := f.must("ListUserTags", &shape.ListUserTagsInput{UserName: ptr("Anna")}).(*shape.ListUserTagsOutput)
	if len(tags.Tags) != 1 || *tags.Tags[0].Value != "2" {
		t.Errorf("tags %+v", tags.Tags)
	}
	f.refused("TagUser", &shape.TagUserInput{UserName: ptr("Anna"), Tags: []shape.Tag{{Key: ptr("c"), Value: ptr("")}, {Key: ptr("C"), Value: ptr("")}}}, "InvalidInput", 400)
	key := f.must("CreateAccessKey", &shape.CreateAccessKeyInput{UserName: ptr("Anna")}).(*shape.CreateAccessKeyOutput)
	f.must("CreateAccessKey", &shape.CreateAccessKeyInput{UserName: ptr("Anna")})
	f.refused("CreateAccessKey", &shape.CreateAccessKeyInput{UserName: ptr("Anna")}, "LimitExceeded", 409)
	f.refused("DeleteUser", &shape.DeleteUserInput{UserName: ptr("Anna")}, "DeleteConflict", 409)
	list := f.must("ListAccessKeys", &shape.ListAccessKeysInput{UserName: ptr("Anna")}).(*shape.ListAccessKeysOutput)
	if len(list.AccessKeyMetadata) != 2 {
		t.Errorf("keys %+v", list.AccessKeyMetadata)
	}
	f.must("CreateUser", &shape.CreateUserInput{UserName: ptr("bob")})
	f.refused("DeleteAccessKey", &shape.DeleteAccessKeyInput{UserName: ptr("bob"), AccessKeyId: key.AccessKey.AccessKeyId}, "NoSuchEntity", 404)
	for _, k := range list.AccessKeyMetadata {
		f.must("DeleteAccessKey", &shape.DeleteAccessKeyInput{UserName: ptr("Anna"), AccessKeyId: k.AccessKeyId})
	}
	f.must("DeleteUser", &shape.DeleteUserInput{UserName: ptr("Anna")})
	f.refused("DeleteUser", &shape.DeleteUserInput{UserName: ptr("Anna")}, "NoSuchEntity", 404)
}

func TestPages(t *testing.T) {
	f := newFixture(t)
	for i := range 25 {
		f.must("CreateRole", &shape.CreateRoleInput{RoleName: ptr(fmt.Sprintf("Role%02d", i)), AssumeRolePolicyDocument: trustAccount()})
	}
	var names []string
	in := &shape.ListRolesInput{MaxItems: ptr(int32(10))}
	for pages := 1; ; pages++ {
		out := f.must("ListRoles", in).(*shape.ListRolesOutput)
		for _, r := range out.Roles {
			names = append(names, *r.RoleName)
		}
		if !*out.IsTruncated {
			if pages != 3 || out.Marker != nil {
				t.Errorf("%d pages, marker %v", pages, out.Marker)
			}
			break
		}
		in.Marker = out.Marker
	}
	if len(names) != 25 || names[0] != "Role00" || names[24] != "Role24" {
		t.Errorf("names %q", names)
	}
	f.refused("ListRoles", &shape.ListRolesInput{Marker: ptr("!")}, "ValidationError", 400)
}

func TestRoles(t *testing.T) {
	f := newFixture(t)
	in := &shape.CreateRoleInput{RoleName: ptr("r"), Path: ptr("/p/"), AssumeRolePolicyDocument: trustAccount(), MaxSessionDuration: ptr(int32(7200)), Description: ptr("d")}
	out := f.must("CreateRole", in).(*shape.CreateRoleOutput)
	if *out.Role.Arn != "arn:aws:iam::"+account+":role/p/r" || *out.Role.MaxSessionDuration != 7200 {
		t.Errorf("role %+v", out.Role)
	}
	if strings.Contains(*out.Role.AssumeRolePolicyDocument, `"`) || unescape(t, out.Role.AssumeRolePolicyDocument) != *trustAccount() {
		t.Errorf("document %s", *out.Role.AssumeRolePolicyDocument)
	}
	f.refused("CreateRole", in, "EntityAlreadyExists", 409)
	for name, doc := range map[string]string{
		"syntax":       `{`,
		"no principal": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`,
		"resource":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}`,
		"nobody":       `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:user/nobody"},"Action":"sts:AssumeRole"}]}`,
	} {
		e := f.refused("CreateRole", &shape.CreateRoleInput{RoleName: ptr("x"), AssumeRolePolicyDocument: &doc}, "MalformedPolicyDocument", 400)
		if e.Message == "" {
			t.Errorf("%s: no message", name)
		}
	}
	f.must("UpdateRole", &shape.UpdateRoleInput{RoleName: ptr("r"), Description: ptr("e")})
	got := f.must("GetRole", &shape.GetRoleInput{RoleName: ptr("r")}).(*shape.GetRoleOutput)
	if *got.Role.Description != "e" || *got.Role.MaxSessionDuration != 3600 {
		t.Errorf("role %+v", got.Role)
	}
	f.must("PutRolePolicy", &shape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p"), PolicyDocument: allowDoc("s3:*")})
	f.refused("PutRolePolicy", &shape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("q"), PolicyDocument: ptr(allow(`"s3:*"`, `"arn:aws:s3:::`+strings.Repeat("x", 10200)+`"`))}, "LimitExceeded", 409)
	f.refused("PutRolePolicy", &shape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("q"), PolicyDocument: ptr("{}")}, "MalformedPolicyDocument", 400)
	inline := f.must("GetRolePolicy", &shape.GetRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p")}).(*shape.GetRolePolicyOutput)
	if unescape(t, inline.PolicyDocument) != *allowDoc("s3:*") {
		t.Errorf("document %s", *inline.PolicyDocument)
	}
	f.refused("GetRolePolicy", &shape.GetRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("q")}, "NoSuchEntity", 404)
	f.refused("DeleteRole", &shape.DeleteRoleInput{RoleName: ptr("r")}, "DeleteConflict", 409)
	f.must("DeleteRolePolicy", &shape.DeleteRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p")})
	f.must("DeleteRole", &shape.DeleteRoleInput{RoleName: ptr("r")})
}

func TestManagedPolicies(t *testing.T) {
	f := newFixture(t)
	f.role("r")
	f.must("CreateGroup", &shape.CreateGroupInput{GroupName: ptr("g")})
	out := f.must("CreatePolicy", &shape.CreatePolicyInput{PolicyName: ptr("P"), PolicyDocument: allowDoc("s3:*")}).(*shape.CreatePolicyOutput)
	id := out.Policy.Arn
	f.refused("CreatePolicy", &shape.CreatePolicyInput{PolicyName: ptr("p"), Path: ptr("/x/"), PolicyDocument: allowDoc("s3:*")}, "EntityAlreadyExists", 409)
	f.refused("CreatePolicy", &shape.CreatePolicyInput{PolicyName: ptr("big"), PolicyDocument: ptr(allow(`"s3:*"`, `"arn:aws:s3:::`+strings.Repeat("x", 6144)+`"`))}, "LimitExceeded", 409)
	f.must("AttachRolePolicy", &shape.AttachRolePolicyInput{RoleName: ptr("r"), PolicyArn: id})
	f.must("AttachRolePolicy", &shape.AttachRolePolicyInput{RoleName: ptr("r"), PolicyArn: id})
	f.must("AttachGroupPolicy", &shape.AttachGroupPolicyInput{GroupName: ptr("g"), PolicyArn: id})
	f.must("PutRolePermissionsBoundary", &shape.PutRolePermissionsBoundaryInput{RoleName: ptr("r"), PermissionsBoundary: id})
	f.refused("AttachRolePolicy", &shape.AttachRolePolicyInput{RoleName: ptr("r"), PolicyArn: ptr("arn:aws:iam::aws:policy/ReadOnlyAccess")}, "NoSuchEntity", 404)
	got := f.must("GetPolicy", &shape.GetPolicyInput{PolicyArn: id}).(*shape.GetPolicyOutput)
	if *got.Policy.AttachmentCount != 2 || *got.Policy.PermissionsBoundaryUsageCount != 1 {
		t.Errorf("policy %+v", got.Policy)
	}
	users := f.must("ListEntitiesForPolicy", &shape.ListEntitiesForPolicyInput{PolicyArn: id}).(*shape.ListEntitiesForPolicyOutput)
	if len(users.PolicyRoles) != 1 || len(users.PolicyGroups) != 1 || len(users.PolicyUsers) != 0 {
		t.Errorf("entities %+v", users)
	}
	f.refused("DeletePolicy", &shape.DeletePolicyInput{PolicyArn: id}, "DeleteConflict", 409)
	for range 4 {
		f.must("CreatePolicyVersion", &shape.CreatePolicyVersionInput{PolicyArn: id, PolicyDocument: allowDoc("sqs:*")})
	}
	f.refused("CreatePolicyVersion", &shape.CreatePolicyVersionInput{PolicyArn: id, PolicyDocument: allowDoc("sqs:*")}, "LimitExceeded", 409)
	f.must("SetDefaultPolicyVersion", &shape.SetDefaultPolicyVersionInput{PolicyArn: id, VersionId: ptr("v5")})
	f.refused("DeletePolicyVersion", &shape.DeletePolicyVersionInput{PolicyArn: id, VersionId: ptr("v5")}, "DeleteConflict", 409)
	f.must("DeletePolicyVersion", &shape.DeletePolicyVersionInput{PolicyArn: id, VersionId: ptr("v1")})
	next := f.must("CreatePolicyVersion", &shape.CreatePolicyVersionInput{PolicyArn: id, PolicyDocument: allowDoc("sns:*"), SetAsDefault: ptr(true)}).(*shape.CreatePolicyVersionOutput)
	if *next.PolicyVersion.VersionId != "v6" {
		t.Errorf("version %s: numbers are not used again", *next.PolicyVersion.VersionId)
	}
	versions := f.must("ListPolicyVersions", &shape.ListPolicyVersionsInput{PolicyArn: id, MaxItems: ptr(int32(2))}).(*shape.ListPolicyVersionsOutput)
	if len(versions.Versions) != 2 || !*versions.IsTruncated || versions.Versions[0].Document != nil {
		t.Errorf("versions %+v", versions)
	}
	f.must("DetachRolePolicy", &shape.DetachRolePolicyInput{RoleName: ptr("r"), PolicyArn: id})
	f.refused("DetachRolePolicy", &shape.DetachRolePolicyInput{RoleName: ptr("r"), PolicyArn: id}, "NoSuchEntity", 404)
	f.must("DeleteRole", &shape.DeleteRoleInput{RoleName: ptr("r")})
	f.must("DetachGroupPolicy", &shape.DetachGroupPolicyInput{GroupName: ptr("g"), PolicyArn: id})
	for _, v := range []string{"v2", "v3", "v4", "v5"} {
		f.must("DeletePolicyVersion", &shape.DeletePolicyVersionInput{PolicyArn: id, VersionId: &v})
	}
	f.must("DeletePolicy", &shape.DeletePolicyInput{PolicyArn: id})
	f.refused("GetPolicy", &shape.GetPolicyInput{PolicyArn: id}, "NoSuchEntity", 404)
	f.refused("DeletePolicy", &shape.DeletePolicyInput{PolicyArn: ptr("arn:aws:iam::aws:policy/AdministratorAccess")}, "AccessDenied", 403)
	aws := f.must("ListPolicies", &shape.ListPoliciesInput{Scope: ptr("AWS")}).(*shape.ListPoliciesOutput)
	if len(aws.Policies) != len(awsManaged()) {
		t.Errorf("%d AWS managed policies", len(aws.Policies))
	}
	f.must("GetPolicyVersion", &shape.GetPolicyVersionInput{PolicyArn: ptr("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"), VersionId: ptr("v1")})
}

func TestGroups(t *testing.T) {
	f := newFixture(t)
	ann := f.user("ann")
	f.must("CreateGroup", &shape.CreateGroupInput{GroupName: ptr("g")})
	f.must("PutGroupPolicy", &shape.PutGroupPolicyInput{GroupName: ptr("g"), PolicyName: ptr("p"), PolicyDocument: allowDoc("s3:GetObject")})
	const object = "arn:aws:s3:::b/k"
	if f.may(ann, "s3:GetObject", object) {
		t.Error("allowed before the group")
	}
	f.must("AddUserToGroup", &shape.AddUserToGroupInput{GroupName: ptr("g"), UserName: ptr("ann")})
	if !f.may(ann, "s3:GetObject", object) {
		t.Error("not allowed through the group")
	}
	f.must("UpdateGroup", &shape.UpdateGroupInput{GroupName: ptr("g"), NewGroupName: ptr("h")})
	if !f.may(ann, "s3:GetObject", object) {
		t.Error("not allowed through the renamed group")
	}
	members := f.must("GetGroup", &shape.GetGroupInput{GroupName: ptr("h")}).(*shape.GetGroupOutput)
	groups := f.must("ListGroupsForUser", &shape.ListGroupsForUserInput{UserName: ptr("ann")}).(*shape.ListGroupsForUserOutput)
	if len(members.Users) != 1 || len(groups.Groups) != 1 || *groups.Groups[0].GroupName != "h" {
		t.Errorf("members %+v, groups %+v", members.Users, groups.Groups)
	}
	f.refused("DeleteGroup", &shape.DeleteGroupInput{GroupName: ptr("h")}, "DeleteConflict", 409)
	f.must("RemoveUserFromGroup", &shape.RemoveUserFromGroupInput{GroupName: ptr("h"), UserName: ptr("ann")})
	if f.may(ann, "s3:GetObject", object) {
		t.Error("allowed after leaving the group")
	}
	f.must("DeleteGroupPolicy", &shape.DeleteGroupPolicyInput{GroupName: ptr("h"), PolicyName: ptr("p")})
	f.must("DeleteGroup", &shape.DeleteGroupInput{GroupName: ptr("h")})
}
