package attack

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/sigv4"
)

// TestAttackPolicies are cases 15 to 27 on one server without a project.
func TestAttackPolicies(t *testing.T) {
	r := empty(t)
	t.Run("TestAttack15ContextKeys", r.contextKeys)
	t.Run("TestAttack16SourceAddress", r.sourceAddress)
	t.Run("TestAttack17Negation", r.negation)
	t.Run("TestAttack18RestrictedSession", r.restricted)
	t.Run("TestAttack18PassRole", r.passRole)
	t.Run("TestAttack19Deputies", r.deputies)
	t.Run("TestAttack26SignedIdentity", r.signedIdentity)
	t.Run("TestAttack27MadeAgain", r.madeAgain)
	t.Run("TestAttack27Revoked", r.revokedKeys)
}

const condition = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:ListTables","Resource":"*","Condition":%s}]}`

// Headers cannot set the keys that conditions look at.
func (r *rig) contextKeys(t *testing.T) {
	for i, c := range []string{
		`{"StringEquals":{"aws:userid":"root"}}`, `{"StringEquals":{"aws:username":"admin"}}`, `{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`,
		`{"StringEquals":{"aws:SourceArn":"arn:aws:s3:::x"}}`, `{"StringEquals":{"aws:CalledVia":"cloudformation.amazonaws.com"}}`, `{"Bool":{"aws:ViaAWSService":"true"}}`,
		`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`, `{"StringEquals":{"aws:PrincipalType":"Account"}}`,
	} {
		as := r.user(t, fmt.Sprintf("keys%d", i), fmt.Sprintf(condition, c))
		q := &request{method: "POST", target: "/", as: as, service: "dynamodb", body: "{}", header: []header{{Name: "X-Amz-Target", Value: "DynamoDB_20120810.ListTables"}}}
		for _, name := range []string{"Userid", "aws-userid", "aws:userid", "Aws-Username", "Groups", "X-Amz-Userid", "X-Amz-Source-Arn", "Aws-Principaltag-Team", "Aws-Calledvia", "X-Amz-Mfa"} {
			for _, v := range []string{"root", "admin", "blue", "true"} {
				if !strings.Contains(name, ":") {
					q.header = append(q.header, header{Name: name + "-" + v, Value: v}, header{Name: name, Value: v})
				}
			}
		}
		want(t, c, r.send(t, q), 400, "AccessDeniedException")
	}
}

// The address in conditions is the connection's own.
func (r *rig) sourceAddress(t *testing.T) {
	as := r.user(t, "far", fmt.Sprintf(condition, `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`))
	near := r.user(t, "near", fmt.Sprintf(condition, `{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`))
	h := []header{{Name: "X-Amz-Target", Value: "DynamoDB_20120810.ListTables"}}
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip", "Cf-Connecting-Ip", "X-Amz-Source-Ip", "X-Client-Ip"} {
		value := "203.0.113.7"
		if name == "Forwarded" {
			value = "for=" + value
		}
		h = append(h, header{Name: name, Value: value})
	}
	want(t, "from afar", r.send(t, &request{method: "POST", target: "/", as: as, service: "dynamodb", body: "{}", header: h}), 400, "AccessDeniedException")
	want(t, "from here", r.send(t, &request{method: "POST", target: "/", as: near, service: "dynamodb", body: "{}", header: h}), 200, "")
}

// Negated and quantified conditions on keys that are absent.
func (r *rig) negation(t *testing.T) {
	for c, status := range map[string]int{
		`{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["x"]}}`: 400, `{"ForAnyValue:StringEquals":{"aws:TagKeys":["x"]}}`: 400,
		`{"ForAllValues:StringEquals":{"aws:TagKeys":["x"]}}`: 200, `{"StringNotEquals":{"aws:PrincipalTag/a":"x"}}`: 200,
		`{"Null":{"aws:TokenIssueTime":"false"}}`: 400, `{"StringEqualsIfExists":{"aws:PrincipalTag/a":"x"}}`: 200,
	} {
		as := r.user(t, fmt.Sprintf("negation%x", len(c)*1000+int(c[2])*7+int(c[20])), fmt.Sprintf(condition, c))
		want(t, c, r.json(t, as, "dynamodb", "ListTables", m{}), status, "")
	}
}

// A session with a policy of its own never gets more by way of another one.
func (r *rig) restricted(t *testing.T) {
	worker := r.role(t, "worker", trustAWS("000000000000"), allow("*", "*"))
	narrow := allow("dynamodb:ListTables", "*")
	s, got := r.assume(t, r.admin(), worker, "Policy", narrow)
	want(t, "AssumeRole", got, 200, "")
	want(t, "what the policy allows", r.json(t, s, "dynamodb", "ListTables", m{}), 200, "")
	for _, op := range [][]string{
		{"iam", "CreateAccessKey", "UserName", "admin"}, {"iam", "CreateUser", "UserName", "mine"}, {"iam", "PutRolePolicy", "RoleName", "worker", "PolicyName", "x", "PolicyDocument", allow("*", "*")},
		{"sts", "AssumeRole", "RoleArn", worker, "RoleSessionName", "ss"}, {"cloudformation", "CreateStack", "StackName", "s", "TemplateBody", "{}"}, {"iam", "UpdateAssumeRolePolicy", "RoleName", "worker", "PolicyDocument", trustAWS("*")},
	} {
		got := r.query(t, s, op[0], op[1], op[2:]...)
		if got.status != 403 && got.code() != "AccessDenied" && got.code() != "AccessDeniedException" {
			t.Errorf("%s by a restricted session: %v", op[1], got)
		}
	}
	for _, op := range []string{"GetSessionToken", "GetFederationToken"} {
		if got := r.query(t, s, "sts", op, "Name", "nn"); got.status != 501 && got.status != 403 {
			t.Errorf("%s: %v", op, got)
		}
	}
	// "Deny only" allows nothing.
	deny, _ := r.assume(t, r.admin(), worker, "Policy", strings.Replace(narrow, "Allow", "Deny", 1))
	want(t, "a session that only denies", r.json(t, deny, "dynamodb", "DescribeLimits", m{}), 400, "AccessDeniedException")
	// A role that trusts the role's sessions is not had under the policy.
	second := r.role(t, "second", trustAWS(worker), allow("*", "*"))
	_, got = r.assume(t, s, second)
	want(t, "a second role by the restricted session", got, 403, "AccessDenied")
}

// passRole: whoever hands a role to a service needs iam:PassRole for it,
// wherever roles are handed over.
func (r *rig) passRole(t *testing.T) {
	service := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com","Federated":"cognito-identity.amazonaws.com"},"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]}]}`
	powerful := r.role(t, "powerful", service, allow("*", "*"))
	all := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:PassRole","Resource":"` + powerful + `"}]}`
	as := r.user(t, "passer", all)
	var pool struct{ UserPool struct{ Id string } }
	r.ok(t, r.json(t, as, "cognito-idp", "CreateUserPool", m{"PoolName": "p"}), &pool)
	var identities struct{ IdentityPoolId string }
	r.ok(t, r.json(t, as, "cognito-identity", "CreateIdentityPool", m{"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": true}), &identities)
	user := pool.UserPool.Id
	for _, spelling := range []string{powerful, strings.ToUpper(powerful[:5]) + powerful[5:], strings.Replace(powerful, "role/", "role//", 1), strings.Replace(powerful, "role/powerful", "role/POWERFUL", 1), strings.Replace(powerful, "arn:aws:", "arn:aws-cn:", 1), powerful + "/", strings.Replace(powerful, "role/", "role/x/", 1)} {
		for what, got := range map[string]*reply{
			"CreateGroup":          r.json(t, as, "cognito-idp", "CreateGroup", m{"UserPoolId": user, "GroupName": "g" + fmt.Sprint(len(spelling)) + spelling[25:27], "RoleArn": spelling}),
			"SetIdentityPoolRoles": r.json(t, as, "cognito-identity", "SetIdentityPoolRoles", m{"IdentityPoolId": identities.IdentityPoolId, "Roles": m{"unauthenticated": spelling}}),
			"rules": r.json(t, as, "cognito-identity", "SetIdentityPoolRoles", m{"IdentityPoolId": identities.IdentityPoolId, "Roles": m{}, "RoleMappings": m{"cognito-idp.us-east-1.amazonaws.com/" + user + ":c": m{
				"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": m{"Rules": []m{{"Claim": "sub", "MatchType": "NotEqual", "Value": "x", "RoleARN": spelling}}}}}}),
			"CreateFunction": r.send(t, &request{method: "POST", target: "/2015-03-31/functions", as: as, service: "lambda",
				body: `{"FunctionName":"f","Runtime":"nodejs20.x","Handler":"a.b","Role":"` + spelling + `","Code":{"ZipFile":"` + base64.StdEncoding.EncodeToString([]byte("x")) + `"}}`}),
		} {
			if spelling == powerful && !strings.HasPrefix(got.code(), "AccessDenied") {
				t.Errorf("%s with a role that may not be passed: %v", what, got)
			}
		}
	}
	// What another spelling was taken for gives nothing.
	var id struct{ IdentityId string }
	r.ok(t, r.json(t, creds{}, "cognito-identity", "GetId", m{"IdentityPoolId": identities.IdentityPoolId}), &id)
	if got := r.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": id.IdentityId}); got.status == 200 {
		t.Errorf("credentials of a role that may not be passed: %v", got)
	}
}

// template makes one resource.
func template(kind string, properties m) string {
	text, _ := json.Marshal(m{"Resources": m{"It": m{"Type": kind, "Properties": properties}}})
	return string(text)
}

// deputies: CloudFormation has no rights but its caller's.
func (r *rig) deputies(t *testing.T) {
	as := r.user(t, "stacker", allow(`["cloudformation:*","dynamodb:*"]`, "*"))
	documents := map[string]string{
		"user":     template("AWS::IAM::User", m{"UserName": "evil"}),
		"role":     template("AWS::IAM::Role", m{"RoleName": "evil", "AssumeRolePolicyDocument": json.RawMessage(trustAWS("000000000000"))}),
		"policy":   template("AWS::IAM::Policy", m{"PolicyName": "evil", "Users": []string{"stacker"}, "PolicyDocument": json.RawMessage(allow("*", "*"))}),
		"bucket":   template("AWS::S3::Bucket", m{"BucketName": "evil-bucket"}),
		"pool":     template("AWS::Cognito::UserPool", m{"UserPoolName": "evil"}),
		"loggroup": template("AWS::Logs::LogGroup", m{"LogGroupName": "evil"}),
	}
	for name, body := range documents {
		a := r.query(t, as, "cloudformation", "CreateStack", "StackName", name, "TemplateBody", body, "Capabilities.member.1", "CAPABILITY_NAMED_IAM", "OnFailure", "DELETE")
		if a.status != 200 {
			continue // refused at once
		}
		if status := r.settled(t, name); status == "CREATE_COMPLETE" {
			t.Errorf("a stack made a %s its caller may not make", name)
		}
	}
	want(t, "GetUser", r.query(t, r.admin(), "iam", "GetUser", "UserName", "evil"), 404, "NoSuchEntity")
	want(t, "GetRole", r.query(t, r.admin(), "iam", "GetRole", "RoleName", "evil"), 404, "NoSuchEntity")
	want(t, "HeadBucket", r.send(t, &request{method: "HEAD", target: "/evil-bucket", as: r.admin(), service: "s3"}), 404, "")
	want(t, "ListUserPools", r.json(t, as, "cognito-idp", "ListUserPools", m{"MaxResults": 1}), 400, "AccessDeniedException")
	// A stack of the administrator's is not deleted with the rights of another.
	r.ok(t, r.query(t, r.admin(), "cloudformation", "CreateStack", "StackName", "admins", "TemplateBody", documents["bucket"]), nil)
	if status := r.settled(t, "admins"); status != "CREATE_COMPLETE" {
		t.Fatalf("the administrator's stack: %s", status)
	}
	r.query(t, as, "cloudformation", "DeleteStack", "StackName", "admins")
	if status := r.settled(t, "admins"); status == "" {
		t.Error("a stack was deleted with rights its caller does not have")
	}
	want(t, "the bucket", r.send(t, &request{method: "HEAD", target: "/evil-bucket", as: r.admin(), service: "s3"}), 200, "")
}

// settled waits for a stack operation to end; "" when the stack is gone.
func (r *rig) settled(t *testing.T, name string) string {
	t.Helper()
	for range 200 {
		var d struct {
			Result struct {
				Stacks struct {
					Member []struct{ StackStatus string } `xml:"member"`
				}
			} `xml:"DescribeStacksResult"`
		}
		a := r.query(t, r.admin(), "cloudformation", "DescribeStacks", "StackName", name)
		if a.status != 200 {
			return ""
		}
		r.ok(t, a, &d)
		if s := d.Result.Stacks.Member[0].StackStatus; !strings.HasSuffix(s, "_IN_PROGRESS") {
			return s
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("stack %s does not end its operation", name)
	return ""
}

// A signed GetCallerIdentity request is no login, and its signature fits no
// other service.
func (r *rig) signedIdentity(t *testing.T) {
	var pool struct{ IdentityPoolId string }
	r.ok(t, r.json(t, r.admin(), "cognito-identity", "CreateIdentityPool", m{"IdentityPoolName": "q", "AllowUnauthenticatedIdentities": false}), &pool)
	q := &request{method: "POST", target: "/", body: "Action=GetCallerIdentity&Version=2011-06-15", as: r.admin(), service: "sts", header: []header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}}
	raw := string(r.wire(q))
	for _, provider := range []string{"sts.amazonaws.com", "sts.us-east-1.amazonaws.com", "arn:aws:iam::000000000000:user/admin"} {
		got := r.json(t, creds{}, "cognito-identity", "GetId", m{"IdentityPoolId": pool.IdentityPoolId, "Logins": m{provider: base64.StdEncoding.EncodeToString([]byte(raw))}})
		want(t, provider, got, 400, "")
	}
	q.tamper = set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	if got := r.send(t, q); got.status/100 != 4 {
		t.Errorf("a signature for sts used for dynamodb: %v", got)
	}
	q.tamper = func(s *sigv4.Request) { s.RawPath = "/evil-bucket" }
	if got := r.send(t, q); got.status/100 != 4 {
		t.Errorf("a signature for sts used elsewhere: %v", got)
	}
}

// A role or user made again under its name is another one: for sessions, keys,
// trust and bucket policies.
func (r *rig) madeAgain(t *testing.T) {
	role := r.role(t, "again", trustAWS("000000000000"), allow("*", "*"))
	vault := r.role(t, "vault", trustAWS(role), allow("*", "*"))
	session, _ := r.assume(t, r.admin(), role)
	if _, got := r.assume(t, session, vault); got.status != 200 {
		t.Fatalf("the trusted role: %v", got)
	}
	bucket := "/vault-bucket"
	reader := r.user(t, "againuser", "")
	r.ok(t, r.send(t, &request{method: "PUT", target: bucket, as: r.admin(), service: "s3"}), nil)
	doc := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/againuser"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::vault-bucket"}]}`
	r.ok(t, r.send(t, &request{method: "PUT", target: bucket + "?policy", as: r.admin(), service: "s3", body: doc}), nil)
	want(t, "the named user", r.send(t, &request{method: "GET", target: bucket, as: reader, service: "s3"}), 200, "")

	r.ok(t, r.query(t, r.admin(), "iam", "DeleteRolePolicy", "RoleName", "again", "PolicyName", "p"), nil)
	r.ok(t, r.query(t, r.admin(), "iam", "DeleteRole", "RoleName", "again"), nil)
	want(t, "a session of a deleted role", r.json(t, session, "dynamodb", "ListTables", m{}), 400, "UnrecognizedClientException")
	r.role(t, "again", trustAWS("000000000000"), allow("*", "*"))
	want(t, "a session of a role made again", r.json(t, session, "dynamodb", "ListTables", m{}), 400, "UnrecognizedClientException")
	fresh, _ := r.assume(t, r.admin(), role)
	want(t, "the new role", r.json(t, fresh, "dynamodb", "ListTables", m{}), 200, "")
	_, got := r.assume(t, fresh, vault)
	want(t, "a trust in the old role", got, 403, "AccessDenied")

	r.ok(t, r.query(t, r.admin(), "iam", "DeleteAccessKey", "UserName", "againuser", "AccessKeyId", reader.AccessKeyID), nil)
	r.ok(t, r.query(t, r.admin(), "iam", "DeleteUser", "UserName", "againuser"), nil)
	next := r.user(t, "againuser", "")
	want(t, "the old user's key", r.send(t, &request{method: "GET", target: bucket, as: reader, service: "s3"}), 403, "InvalidAccessKeyId")
	want(t, "a user made again", r.send(t, &request{method: "GET", target: bucket, as: next, service: "s3"}), 403, "AccessDenied")
}

// Keys and policies that were taken away stop at once.
func (r *rig) revokedKeys(t *testing.T) {
	as := r.user(t, "shortlived", allow("dynamodb:ListTables", "*"))
	list := func() *reply { return r.json(t, as, "dynamodb", "ListTables", m{}) }
	want(t, "at first", list(), 200, "")
	r.ok(t, r.query(t, r.admin(), "iam", "UpdateAccessKey", "UserName", "shortlived", "AccessKeyId", as.AccessKeyID, "Status", "Inactive"), nil)
	want(t, "inactive", list(), 400, "UnrecognizedClientException")
	r.ok(t, r.query(t, r.admin(), "iam", "UpdateAccessKey", "UserName", "shortlived", "AccessKeyId", as.AccessKeyID, "Status", "Active"), nil)
	want(t, "active again", list(), 200, "")
	r.ok(t, r.query(t, r.admin(), "iam", "DeleteUserPolicy", "UserName", "shortlived", "PolicyName", "p"), nil)
	want(t, "without the policy", list(), 400, "AccessDeniedException")
}
