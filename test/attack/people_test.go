package attack

import (
	"fmt"
	"testing"

	"github.com/bawn-dev/bawn/bawntest"
)

// notes starts a server with the notes project.
func notes(t *testing.T) *rig {
	t.Helper()
	return &rig{bawntest.Start(t, bawntest.Project("../../examples/notes"))}
}

// empty starts a server with nothing in it.
func empty(t *testing.T) *rig {
	t.Helper()
	return &rig{bawntest.Start(t)}
}

const password = "Correct-horse7"

// person is a user of the notes project who has signed in.
type person struct {
	address, id, access, refresh, identity string
	creds                                  creds
}

// login names the user pool of the notes project as a provider.
func (r *rig) login(token string) m {
	return m{"cognito-idp." + r.Region + ".amazonaws.com/" + r.Outputs["UserPoolId"]: token}
}

// person signs up, confirms, signs in and gets credentials.
func (r *rig) person(t testing.TB, name string) *person {
	t.Helper()
	p := &person{address: name + "@example.com"}
	client := r.Outputs["UserPoolClientId"]
	r.ok(t, r.json(t, creds{}, "cognito-idp", "SignUp", m{"ClientId": client, "Username": p.address, "Password": password,
		"UserAttributes": []m{{"Name": "email", "Value": p.address}}}), nil)
	code := r.code(t, p.address)
	r.ok(t, r.json(t, creds{}, "cognito-idp", "ConfirmSignUp", m{"ClientId": client, "Username": p.address, "ConfirmationCode": code}), nil)
	r.signIn(t, p)
	var id struct{ IdentityId string }
	r.ok(t, r.json(t, creds{}, "cognito-identity", "GetId", m{"IdentityPoolId": r.Outputs["IdentityPoolId"], "Logins": r.login(p.id)}), &id)
	p.identity = id.IdentityId
	p.creds = r.credentials(t, p)
	return p
}

// code is the newest code that was mailed to an address.
func (r *rig) code(t testing.TB, address string) string {
	t.Helper()
	var inbox struct{ Messages []struct{ To, Code string } }
	r.ok(t, r.json(t, r.admin(), "bawn", "ListMessages", m{}), &inbox)
	code := ""
	for _, message := range inbox.Messages {
		if message.To == address && message.Code != "" {
			code = message.Code
		}
	}
	return code
}

// signIn signs in with the password.
func (r *rig) signIn(t testing.TB, p *person) {
	t.Helper()
	var in struct {
		AuthenticationResult struct{ IdToken, AccessToken, RefreshToken string }
	}
	r.ok(t, r.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": r.Outputs["UserPoolClientId"],
		"AuthParameters": m{"USERNAME": p.address, "PASSWORD": password}}), &in)
	p.id, p.access, p.refresh = in.AuthenticationResult.IdToken, in.AuthenticationResult.AccessToken, in.AuthenticationResult.RefreshToken
}

// credentials gets new temporary credentials.
func (r *rig) credentials(t testing.TB, p *person) creds {
	t.Helper()
	var got struct {
		Credentials struct{ AccessKeyId, SecretKey, SessionToken string }
	}
	r.ok(t, r.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": p.identity, "Logins": r.login(p.id)}), &got)
	return creds{AccessKeyID: got.Credentials.AccessKeyId, SecretAccessKey: got.Credentials.SecretKey, SessionToken: got.Credentials.SessionToken}
}

// user makes an IAM user with an inline policy, if document is not empty.
func (r *rig) user(t testing.TB, name, document string) creds {
	t.Helper()
	r.ok(t, r.query(t, r.admin(), "iam", "CreateUser", "UserName", name), nil)
	if document != "" {
		r.ok(t, r.query(t, r.admin(), "iam", "PutUserPolicy", "UserName", name, "PolicyName", "p", "PolicyDocument", document), nil)
	}
	var key struct {
		Result struct {
			AccessKey struct{ AccessKeyId, SecretAccessKey string }
		} `xml:"CreateAccessKeyResult"`
	}
	r.ok(t, r.query(t, r.admin(), "iam", "CreateAccessKey", "UserName", name), &key)
	return creds{AccessKeyID: key.Result.AccessKey.AccessKeyId, SecretAccessKey: key.Result.AccessKey.SecretAccessKey}
}

// allow is a policy that allows actions on resources; both may be lists in
// JSON.
func allow(action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%s,"Resource":%s}]}`, quote(action), quote(resource))
}

func quote(s string) string {
	if s[0] == '[' {
		return s
	}
	return `"` + s + `"`
}

// role makes a role and returns its ARN.
func (r *rig) role(t testing.TB, name, trust, document string) string {
	t.Helper()
	var made struct {
		Result struct{ Role struct{ Arn string } } `xml:"CreateRoleResult"`
	}
	r.ok(t, r.query(t, r.admin(), "iam", "CreateRole", "RoleName", name, "AssumeRolePolicyDocument", trust), &made)
	if document != "" {
		r.ok(t, r.query(t, r.admin(), "iam", "PutRolePolicy", "RoleName", name, "PolicyName", "p", "PolicyDocument", document), nil)
	}
	return made.Result.Role.Arn
}

// trustAWS trusts an AWS principal.
func trustAWS(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}]}`
}

// assume assumes a role; the answer is for the caller to judge.
func (r *rig) assume(t testing.TB, as creds, role string, more ...string) (creds, *reply) {
	t.Helper()
	a := r.query(t, as, "sts", "AssumeRole", append([]string{"RoleArn", role, "RoleSessionName", "session"}, more...)...)
	if a.status != 200 {
		return creds{}, a
	}
	var got struct {
		Result struct {
			Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
		} `xml:"AssumeRoleResult"`
	}
	r.ok(t, a, &got)
	c := got.Result.Credentials
	return creds{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}, a
}
