package crash

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/bawn-dev/bawn/test/run"
)

const tableName = "crash"

// setup is what the first start made and every later one must still have.
type setup struct {
	AccessKeyID, SecretAccessKey string
	Pool, PoolARN, Client        string
	TableID                      string
	// Signing is the key set by which tokens are verified.
	Signing any
	// Refresh is a refresh token of the first user, whose sub is Sub.
	Refresh, Sub string
}

const firstUser = "first-user"

// prepare makes the pool, its client, the table and the first user.
func prepare(t *testing.T, b *run.Bawn) *setup {
	t.Helper()
	ctx, c := context.Background(), b.Client()
	call := func(s run.Service, operation string, in, out any) {
		t.Helper()
		if err := c.Call(ctx, s, operation, in, out); err != nil {
			t.Fatal(err)
		}
	}
	var pool struct{ UserPool struct{ ID, Arn string } }
	call(run.CognitoIDP, "CreateUserPool", run.M{"PoolName": "crash", "AutoVerifiedAttributes": []string{"email"}}, &pool)
	var client struct{ UserPoolClient struct{ ClientID string } }
	call(run.CognitoIDP, "CreateUserPoolClient", run.M{
		"UserPoolId": pool.UserPool.ID, "ClientName": "crash",
		"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	}, &client)
	call(run.DynamoDB, "CreateTable", run.M{
		"TableName": tableName, "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": []run.M{{"AttributeName": "id", "AttributeType": "S"}},
		"KeySchema":            []run.M{{"AttributeName": "id", "KeyType": "HASH"}},
	}, nil)
	s := &setup{Pool: pool.UserPool.ID, PoolARN: pool.UserPool.Arn, Client: client.UserPoolClient.ClientID}
	var user struct{ UserSub string }
	call(run.CognitoIDP, "SignUp", run.M{
		"ClientId": s.Client, "Username": firstUser, "Password": password,
		"UserAttributes": []run.M{{"Name": "email", "Value": "first@example.com"}},
	}, &user)
	call(run.CognitoIDP, "AdminConfirmSignUp", run.M{"UserPoolId": s.Pool, "Username": firstUser}, nil)
	s.Sub = user.UserSub
	s.Refresh = signIn(t, c, s, firstUser, s.Sub)
	observe(t, b, s)
	return s
}

// observe fills in what is read from a running Bawn.
func observe(t *testing.T, b *run.Bawn, s *setup) {
	t.Helper()
	s.AccessKeyID, s.SecretAccessKey = b.Env["AWS_ACCESS_KEY_ID"], b.Env["AWS_SECRET_ACCESS_KEY"]
	var table struct{ Table struct{ TableID string } }
	if err := b.Client().Call(context.Background(), run.DynamoDB, "DescribeTable", run.M{"TableName": tableName}, &table); err != nil {
		t.Fatal(err)
	}
	s.TableID = table.Table.TableID
	var pool struct{ UserPool struct{ Arn string } }
	if err := b.Client().Call(context.Background(), run.CognitoIDP, "DescribeUserPool", run.M{"UserPoolId": s.Pool}, &pool); err != nil {
		t.Fatal(err)
	}
	s.PoolARN = pool.UserPool.Arn
	resp, err := http.Get(b.Endpoint + "/" + s.Pool + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	s.Signing = nil
	if err := json.NewDecoder(resp.Body).Decode(&s.Signing); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("jwks.json: %s %v", resp.Status, err)
	}
}

// checkSetup wants everything of the first start unchanged.
func checkSetup(t *testing.T, b *run.Bawn, want *setup) {
	t.Helper()
	got := *want
	observe(t, b, &got)
	if !reflect.DeepEqual(got, *want) {
		t.Errorf("after a restart:\n got %+v\nwant %+v", got, *want)
	}
	var out struct{ AuthenticationResult struct{ AccessToken string } }
	err := b.Client().Call(context.Background(), run.CognitoIDP, "InitiateAuth", run.M{
		"ClientId": want.Client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": run.M{"REFRESH_TOKEN": want.Refresh},
	}, &out)
	if err != nil {
		t.Errorf("the first user's refresh token: %v", err)
	} else if sub := claim(t, out.AuthenticationResult.AccessToken, "sub"); sub != want.Sub {
		t.Errorf("the first user is now %s, was %s", sub, want.Sub)
	}
}

// signIn signs a user in by password and returns the refresh token.
func signIn(t *testing.T, c *run.Client, s *setup, name, sub string) string {
	t.Helper()
	var out struct {
		AuthenticationResult struct{ AccessToken, RefreshToken string }
	}
	err := c.Call(context.Background(), run.CognitoIDP, "InitiateAuth", run.M{
		"ClientId": s.Client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": run.M{"USERNAME": name, "PASSWORD": password},
	}, &out)
	if err != nil {
		t.Errorf("sign in as %s: %v", name, err)
		return ""
	}
	if got := claim(t, out.AuthenticationResult.AccessToken, "sub"); got != sub {
		t.Errorf("%s signed in as sub %s, was told %s", name, got, sub)
	}
	return out.AuthenticationResult.RefreshToken
}

// claim reads one claim of a token.
func claim(t *testing.T, token, name string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Errorf("not a token: %q", token)
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		t.Error("token:", err)
	}
	return fmt.Sprint(claims[name])
}
