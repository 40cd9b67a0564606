package iam

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/iam"
)

// TestAttack19EveryOperationChecksItsAction: a caller with every right but one
// is refused exactly that operation; one with no rights is refused all.
func TestAttack19EveryOperationChecksItsAction(t *testing.T) {
	f := newFixture(t)
	ann := f.user("ann")
	f.caller = ann
	for name, op := range f.s.Operations() {
		_, err := f.do(name, op.New())
		var e *awsapi.Error
		if !errors.As(err, &e) || e.Code != "AccessDenied" || e.Status != 403 || !strings.Contains(e.Message, "iam:"+name) {
			t.Errorf("%s without rights: %v", name, err)
		}
	}
	f.caller = &awsapi.Caller{}
	for name, op := range f.s.Operations() {
		if _, err := f.do(name, op.New()); awsapi.Code(err) != awsapi.MissingAuthentication().Code {
			t.Errorf("%s unsigned: %v", name, err)
		}
	}
}

// TestAttack19Renaming: who may change users below one path may not move them
// to another one.
func TestAttack19Renaming(t *testing.T) {
	f := newFixture(t)
	ann := f.user("ann")
	f.must("CreateUser", &shape.CreateUserInput{UserName: ptr("bob"), Path: ptr("/dev/")})
	f.must("CreateGroup", &shape.CreateGroupInput{GroupName: ptr("g"), Path: ptr("/dev/")})
	doc := ptr(allow(`"iam:UpdateUser","iam:UpdateGroup"`, `["arn:aws:iam::`+account+`:user/dev/*","arn:aws:iam::`+account+`:group/dev/*"]`))
	f.must("PutUserPolicy", &shape.PutUserPolicyInput{UserName: ptr("ann"), PolicyName: ptr("p"), PolicyDocument: doc})
	f.caller = ann
	f.refused("UpdateUser", &shape.UpdateUserInput{UserName: ptr("bob"), NewPath: ptr("/ops/")}, "AccessDenied", 403)
	f.refused("UpdateGroup", &shape.UpdateGroupInput{GroupName: ptr("g"), NewPath: ptr("/ops/")}, "AccessDenied", 403)
	f.must("UpdateUser", &shape.UpdateUserInput{UserName: ptr("bob"), NewUserName: ptr("bobby"), NewPath: ptr("/dev/a/")})
	f.must("UpdateGroup", &shape.UpdateGroupInput{GroupName: ptr("g"), NewGroupName: ptr("h")})
}

// TestAttack27RoleMadeAgain: a role that is deleted and made again under the
// same name neither keeps its sessions nor is trusted by others.
func TestAttack27RoleMadeAgain(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	r := f.role("worker")
	trust := ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + r.ARN + `"},"Action":"sts:AssumeRole"}]}`)
	f.must("CreateRole", &shape.CreateRoleInput{RoleName: ptr("vault"), AssumeRolePolicyDocument: trust})
	assume := func(c *awsapi.Caller) bool {
		t.Helper()
		vault, err := f.s.Role(ctx, "arn:aws:iam::"+account+":role/vault")
		if err != nil {
			t.Fatal(err)
		}
		d, err := f.s.Authorize(ctx, c, f.env(), awsapi.Demand{Action: "sts:AssumeRole", Resource: vault.ARN, ResourcePolicy: vault.Trust, MustAllow: true})
		if err != nil {
			t.Fatal(err)
		}
		return d.Decision.Allowed()
	}
	creds, session := f.session(r, awsapi.Session{})
	if !assume(session) {
		t.Fatal("the trusted role is refused")
	}
	ids, missing, err := f.s.BindPrincipals(ctx, resourcePolicy(t, `{"AWS":"`+r.ARN+`"}`))
	if err != nil || missing != "" || ids[r.ARN] != r.ID {
		t.Errorf("bound to %v, %q, %v", ids, missing, err)
	}
	f.must("DeleteRole", &shape.DeleteRoleInput{RoleName: ptr("worker")})
	if _, err := f.s.Credential(ctx, creds.AccessKeyID, creds.SessionToken); !errors.Is(err, awsapi.ErrInvalidSessionToken) {
		t.Errorf("a session of a deleted role: %v", err)
	}
	shown := f.must("GetRole", &shape.GetRoleInput{RoleName: ptr("vault")}).(*shape.GetRoleOutput)
	if doc := unescape(t, shown.Role.AssumeRolePolicyDocument); !strings.Contains(doc, r.ID) || strings.Contains(doc, r.ARN) {
		t.Errorf("the trust policy shows %s", doc)
	}
	again := f.role("worker")
	if again.ID == r.ID {
		t.Fatal("the same unique id")
	}
	if _, err := f.s.Credential(ctx, creds.AccessKeyID, creds.SessionToken); !errors.Is(err, awsapi.ErrInvalidSessionToken) {
		t.Errorf("an old session of the new role: %v", err)
	}
	if f.may(session, "s3:GetObject", object) || assume(session) {
		t.Error("the old session has rights")
	}
	if _, fresh := f.session(again, awsapi.Session{}); assume(fresh) {
		t.Error("the new role of the old name is trusted")
	}
	_, missing, err = f.s.BindPrincipals(ctx, resourcePolicy(t, `{"AWS":"arn:aws:iam::`+account+`:user/nobody"}`))
	if err != nil || missing == "" {
		t.Errorf("a policy for nobody: %q, %v", missing, err)
	}
}

// TestAttack28FirstStart: the first key is made for this installation, shown
// once, and differs from the next installation's.
func TestAttack28FirstStart(t *testing.T) {
	f, g := newFixture(t), newFixture(t)
	ctx := context.Background()
	first, err := f.s.FirstStart(ctx, "admin")
	if err != nil || first == nil {
		t.Fatal(first, err)
	}
	c, err := f.s.Credential(ctx, first.ID, "")
	if err != nil || c.Secret != first.Secret || !f.may(c.Caller, "dynamodb:PutItem", "*") {
		t.Errorf("%+v, %v", c, err)
	}
	if again, err := f.s.FirstStart(ctx, "admin"); err != nil || again != nil {
		t.Errorf("a second first start: %+v, %v", again, err)
	}
	other, err := g.s.FirstStart(ctx, "admin")
	if err != nil || other.ID == first.ID || other.Secret == first.Secret {
		t.Errorf("two installations have one key: %v", err)
	}
	if _, err := g.s.Credential(ctx, first.ID, ""); !errors.Is(err, awsapi.ErrUnknownAccessKey) {
		t.Errorf("another installation's key: %v", err)
	}
	f.restart()
	if _, err := f.s.Credential(ctx, first.ID, ""); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}
