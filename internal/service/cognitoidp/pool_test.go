package cognitoidp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/internal/store/driver"
)

func rangeOf(lo, hi []byte) driver.Range { return driver.Range{Lo: lo, Hi: hi} }

// What is not built is refused by name, on creation and on update; the same
// parameter at its default is not.
func TestPoolParametersRefused(t *testing.T) {
	r := newRig(t)
	pool := r.pool(nil)
	const lambda = "arn:aws:lambda:us-east-1:000000000000:function:f"
	for _, c := range []struct {
		in   object
		want string
	}{
		{object{"LambdaConfig": object{"PreSignUp": lambda}}, "LambdaConfig.PreSignUp"},
		{object{"LambdaConfig": object{"PreTokenGenerationConfig": object{"LambdaArn": lambda, "LambdaVersion": "V2_0"}}}, "LambdaConfig.PreTokenGenerationConfig"},
		{object{"MfaConfiguration": "OPTIONAL"}, "MfaConfiguration OPTIONAL"},
		{object{"MfaConfiguration": "ON"}, "MfaConfiguration ON"},
		{object{"DeviceConfiguration": object{"ChallengeRequiredOnNewDevice": false}}, "DeviceConfiguration.ChallengeRequiredOnNewDevice"},
		{object{"SmsConfiguration": object{"SnsCallerArn": "arn:aws:iam::000000000000:role/r"}}, "SmsConfiguration.SnsCallerArn"},
		{object{"EmailConfiguration": object{"EmailSendingAccount": "DEVELOPER"}}, "EmailConfiguration.EmailSendingAccount"},
		{object{"EmailConfiguration": object{"ReplyToEmailAddress": "a@example.com"}}, "EmailConfiguration.ReplyToEmailAddress"},
		{object{"AutoVerifiedAttributes": []string{"phone_number"}}, "AutoVerifiedAttributes phone_number"},
		{object{"UserPoolAddOns": object{"AdvancedSecurityMode": "AUDIT"}}, "UserPoolAddOns.AdvancedSecurityMode"},
		{object{"VerificationMessageTemplate": object{"DefaultEmailOption": "CONFIRM_WITH_LINK"}}, "VerificationMessageTemplate.DefaultEmailOption CONFIRM_WITH_LINK"},
		{object{"Policies": object{"SignInPolicy": object{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}}}, "Policies.SignInPolicy.AllowedFirstAuthFactors EMAIL_OTP"},
	} {
		create, update := object{"PoolName": "x"}, object{"UserPoolId": pool}
		for k, v := range c.in {
			create[k], update[k] = v, v
		}
		r.fails("CreateUserPool", create, "NotImplemented", "CreateUserPool parameter "+c.want+" is not built in Bawn.")
		r.fails("UpdateUserPool", update, "NotImplemented", "UpdateUserPool parameter "+c.want+" is not built in Bawn.")
	}
	r.must("CreateUserPool", object{
		"PoolName": "defaults", "LambdaConfig": object{}, "MfaConfiguration": "OFF", "EmailConfiguration": object{"EmailSendingAccount": "COGNITO_DEFAULT"},
		"UserPoolAddOns": object{"AdvancedSecurityMode": "OFF"}, "DeviceConfiguration": nil, "SmsConfiguration": nil,
		"Policies": object{"SignInPolicy": object{"AllowedFirstAuthFactors": []string{"PASSWORD"}}},
	})
	r.fails("SetUserPoolMfaConfig", object{"UserPoolId": pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": object{"Enabled": true}}, "NotImplemented", "")
	r.must("SetUserPoolMfaConfig", object{"UserPoolId": pool, "MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": object{"Enabled": false}})
	if out := r.must("GetUserPoolMfaConfig", object{"UserPoolId": pool}); out["MfaConfiguration"] != "OFF" {
		t.Errorf("%v", out)
	}
}

func TestPoolLifecycle(t *testing.T) {
	r := newRig(t)
	pool := r.pool(object{
		"Policies":              object{"PasswordPolicy": object{"MinimumLength": 6, "RequireNumbers": true, "PasswordHistorySize": 2}},
		"UsernameConfiguration": object{"CaseSensitive": false}, "UserPoolTags": object{"a": "b"}, "DeletionProtection": "ACTIVE",
		"AutoVerifiedAttributes":   []string{"email"},
		"EmailVerificationMessage": "Use {####}", "AccountRecoverySetting": object{"RecoveryMechanisms": []object{{"Name": "verified_email", "Priority": 1}}},
		"Schema": []object{{"Name": "tenant", "AttributeDataType": "String", "StringAttributeConstraints": object{"MaxLength": "9"}}},
	})
	got := r.must("DescribeUserPool", object{"UserPoolId": pool})["UserPool"].(map[string]any)
	for _, c := range []struct {
		path []string
		want any
	}{
		{[]string{"Arn"}, "arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + pool},
		{[]string{"Policies", "PasswordPolicy", "MinimumLength"}, 6.0}, {[]string{"Policies", "PasswordPolicy", "RequireUppercase"}, false},
		{[]string{"Policies", "PasswordPolicy", "TemporaryPasswordValidityDays"}, 7.0},
		{[]string{"UsernameConfiguration", "CaseSensitive"}, false}, {[]string{"DeletionProtection"}, "ACTIVE"}, {[]string{"MfaConfiguration"}, "OFF"},
		{[]string{"VerificationMessageTemplate", "EmailMessage"}, "Use {####}"}, {[]string{"UserPoolTags", "a"}, "b"},
		{[]string{"EstimatedNumberOfUsers"}, 0.0}, {[]string{"AdminCreateUserConfig", "AllowAdminCreateUserOnly"}, false},
	} {
		if v := get(got, c.path...); v != c.want {
			t.Errorf("%v = %v, want %v", c.path, v, c.want)
		}
	}
	if n := len(got["SchemaAttributes"].([]any)); n != 21 {
		t.Errorf("%d attributes", n)
	}
	client := r.client(pool, nil)
	r.user(pool, "Anna")
	// Names fold case; the name stays as it was given.
	if c := claims(t, str(r.tokens(pool, client, "ANNA", password), "IdToken")); c["cognito:username"] != "Anna" {
		t.Errorf("%v", c)
	}
	r.fails("SignUp", object{"ClientId": client, "Username": "aNNa", "Password": password}, "UsernameExistsException", "User already exists")
	r.must("SignUp", object{"ClientId": client, "Username": "mailed", "Password": password, "UserAttributes": []object{{"Name": "email", "Value": "m@example.com"}}})
	r.fails("SignUp", object{"ClientId": client, "Username": "bert", "Password": password, "UserAttributes": []object{{"Name": "custom:tenant", "Value": "0123456789"}}}, "InvalidParameterException", "")
	// Password history: the present one and one before.
	for _, c := range []struct{ password, code string }{
		{password, "PasswordHistoryPolicyViolationException"}, {"second2", ""}, {password, "PasswordHistoryPolicyViolationException"}, {"third3", ""}, {password, ""},
	} {
		in := object{"UserPoolId": pool, "Username": "Anna", "Password": c.password, "Permanent": true}
		if c.code != "" {
			r.fails("AdminSetUserPassword", in, c.code, "")
		} else {
			r.must("AdminSetUserPassword", in)
		}
	}
	r.fails("DeleteUserPool", object{"UserPoolId": pool}, "InvalidParameterException", "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
	r.must("UpdateUserPool", object{"UserPoolId": pool, "PoolName": "renamed"})
	got = r.must("DescribeUserPool", object{"UserPoolId": pool})["UserPool"].(map[string]any)
	if got["Name"] != "renamed" || got["DeletionProtection"] != "INACTIVE" || get(got, "UserPoolTags", "a") != "b" || got["EstimatedNumberOfUsers"] != 2.0 || got["EmailVerificationMessage"] != nil {
		t.Errorf("after the update: %v", got)
	}
	r.must("DeleteUserPool", object{"UserPoolId": pool})
	r.fails("DescribeUserPool", object{"UserPoolId": pool}, "ResourceNotFoundException", "User pool "+pool+" does not exist.")
	r.fails("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": "u", "SRP_A": "5"}}, "ResourceNotFoundException", "User pool client "+client+" does not exist.")
	lo, hi := r.s.within(pool).Prefix()
	snap, err := r.db.Engine().View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	for rec, err := range snap.Scan(rangeOf(lo, hi), false, 0) {
		t.Errorf("left behind: %q, %v", rec.Key, err)
	}
}

func TestListsPage(t *testing.T) {
	r := newRig(t)
	for range 5 {
		r.pool(nil)
	}
	seen := map[string]bool{}
	token, pages := any(nil), 0
	for {
		out := r.must("ListUserPools", object{"MaxResults": 2, "NextToken": token})
		for _, p := range out["UserPools"].([]any) {
			seen[str(p, "Id")] = true
		}
		pages++
		if token = out["NextToken"]; token == nil {
			break
		}
	}
	if len(seen) != 5 || pages != 3 {
		t.Errorf("%d pools in %d pages", len(seen), pages)
	}
	r.fails("ListUserPools", object{"MaxResults": 2, "NextToken": "forged"}, "InvalidParameterException", "")
}

func TestListUsersFilter(t *testing.T) {
	r := newRig(t)
	pool := r.pool(object{"Schema": []object{{"Name": "t", "AttributeDataType": "String"}}})
	for i, name := range []string{"anna", "bert", "carl", `q"uote`} {
		r.must("AdminCreateUser", object{"UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS", "UserAttributes": []object{
			{"Name": "email", "Value": fmt.Sprintf("User%d@example.com", i)}, {"Name": "family_name", "Value": "Reddy" + strings.Repeat("x", i)},
		}})
	}
	r.must("AdminDisableUser", object{"UserPoolId": pool, "Username": "carl"})
	for filter, want := range map[string]string{
		"": `anna,bert,carl,q"uote`, `username = "bert"`: "bert", `username ^= "c"`: "carl", `family_name = "Reddy"`: "anna", `"family_name"^="Reddyx"`: `bert,carl,q"uote`,
		`email = "USER1@EXAMPLE.COM"`: "bert", `status = "Disabled"`: "carl", `status="enabled"`: `anna,bert,q"uote`, `cognito:user_status = "FORCE_CHANGE_PASSWORD"`: `anna,bert,carl,q"uote`,
		`username = "q\"uote"`: `q"uote`, `name ^= ""`: "", `given_name = "x"`: "",
	} {
		out := r.must("ListUsers", object{"UserPoolId": pool, "Filter": filter, "AttributesToGet": []string{"email"}})
		var names []string
		for _, u := range out["Users"].([]any) {
			names = append(names, str(u, "Username"))
			if a := attributes(get(u, "Attributes")); len(a) != 1 || a["email"] == "" {
				t.Errorf("%v", a)
			}
		}
		if got := strings.Join(names, ","); got != want {
			t.Errorf("%s: %q, want %q", filter, got, want)
		}
	}
	for _, bad := range []string{`username`, `username "x"`, `username = x`, `username = "x`, `username = "x" and`, `custom:t = "x"`, `^= "x"`, `username ^ "x"`} {
		r.fails("ListUsers", object{"UserPoolId": pool, "Filter": bad}, "InvalidParameterException", "")
	}
	page := r.must("ListUsers", object{"UserPoolId": pool, "Limit": 3})
	rest := r.must("ListUsers", object{"UserPoolId": pool, "Limit": 3, "PaginationToken": page["PaginationToken"]})
	if len(page["Users"].([]any)) != 3 || len(rest["Users"].([]any)) != 1 || rest["PaginationToken"] != nil {
		t.Errorf("%v, then %v", page, rest)
	}
	r.fails("ListUsers", object{"UserPoolId": pool, "Filter": `username ^= "a"`, "PaginationToken": page["PaginationToken"]}, "InvalidParameterException", "")
}

func FuzzParseFilter(f *testing.F) {
	f.Add(`username ^= "a\"b"`)
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := parseFilter(s); err == nil && got != nil && got.attribute == "" {
			t.Errorf("%q has no attribute", s)
		}
	})
}
