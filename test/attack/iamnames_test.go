package attack

import (
	"fmt"
	"strings"
	"testing"
)

// TestBypassIAMNames: users, roles, groups and policies in another case or
// under another path are the same to a policy, or nothing at all.
func TestBypassIAMNames(t *testing.T) {
	r := empty(t)
	r.user(t, "victim", "")
	role := r.role(t, "victimrole", trustAWS("000000000000"), allow("*", "*"))
	r.ok(t, r.query(t, r.admin(), "iam", "CreateGroup", "GroupName", "admins"), nil)
	const account = "arn:aws:iam::000000000000:"
	as := r.user(t, "limited", denyOne(`["iam:*","sts:AssumeRole"]`, `["`+account+`user/victim","`+role+`","`+account+`group/admins"]`))
	for _, name := range []string{"victim", "VICTIM", "Victim", "vıctim", " victim", "victim\x00", "x/victim"} {
		for _, op := range []string{"CreateAccessKey", "ListAccessKeys", "DeleteUser", "UpdateUser", "ListUserPolicies"} {
			if got := r.query(t, as, "iam", op, "UserName", name, "NewPath", "/x/"); got.status/100 != 4 {
				t.Errorf("%s %q: %v", op, name, got)
			}
		}
		if got := r.query(t, as, "iam", "UpdateAssumeRolePolicy", "RoleName", name+"role", "PolicyDocument", trustAWS("*")); got.status/100 != 4 {
			t.Errorf("UpdateAssumeRolePolicy %q: %v", name, got)
		}
	}
	for _, name := range []string{"admins", "ADMINS", "Admins"} {
		if got := r.query(t, as, "iam", "AddUserToGroup", "GroupName", name, "UserName", "limited"); got.status/100 != 4 {
			t.Errorf("AddUserToGroup %q: %v", name, got)
		}
	}
	for _, arn := range []string{role, strings.ToUpper(role), strings.Replace(role, "role/victimrole", "role/VICTIMROLE", 1), strings.Replace(role, "role/", "role/x/", 1), strings.Replace(role, "role/", "role//", 1), strings.Replace(role, "arn:aws:", "arn:aws-cn:", 1), strings.Replace(role, "iam::", "iam:us-east-1:", 1), role + "/"} {
		if _, got := r.assume(t, as, arn); got.status/100 != 4 {
			t.Errorf("AssumeRole %s: %v", arn, got)
		}
	}
	// Who may attach every policy but one may not attach that one by another name.
	doc := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"iam:Attach*","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":%q}}}]}`, "arn:aws:iam::aws:policy/AdministratorAccess")
	attacher := r.user(t, "attacher", doc)
	for _, arn := range []string{"arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/administratoraccess", "arn:aws:iam::AWS:policy/AdministratorAccess", "ARN:aws:iam::aws:policy/AdministratorAccess",
		"arn:aws:iam::000000000000:policy/AdministratorAccess", "arn:aws:iam::aws:policy/x/AdministratorAccess", "arn:aws:iam::aws:policy//AdministratorAccess", "arn:aws-cn:iam::aws:policy/AdministratorAccess", " arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess "} {
		if got := r.query(t, attacher, "iam", "AttachUserPolicy", "UserName", "attacher", "PolicyArn", arn); got.status/100 != 4 {
			t.Errorf("AttachUserPolicy %q: %v", arn, got)
		}
	}
	if got := r.json(t, attacher, "dynamodb", "ListTables", m{}); got.status == 200 {
		t.Errorf("the attacher has what it may not attach: %v", got)
	}
}
