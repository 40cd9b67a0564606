package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/sigv4"
	"github.com/bawn-dev/bawn/srp"
	"github.com/bawn-dev/bawn/test/run"
)

const (
	userName = "bench"
	password = "Correct-Horse-7"
)

// app is the benchmark's project, running, with a signed-in user.
type app struct {
	bawn   *run.Bawn
	admin  *run.Client
	public *run.Client // no key
	user   *run.Client // the identity pool's credentials
	owner  string      // the user's identity id: the partition it may use
}

// startApp starts the project and signs a user in.
func startApp(ctx context.Context, binary, project, data string) (*app, error) {
	b, err := run.Start(ctx, run.Options{Binary: binary, Project: project, Data: data, Args: []string{"--log", logFile(data)}})
	if err != nil {
		return nil, err
	}
	a := &app{bawn: b, admin: b.Client()}
	a.public = run.NewClient(b.Endpoint, a.admin.Region, run.Credentials{})
	if err := a.prepare(ctx); err != nil {
		return nil, errors.Join(err, b.Stop(), errors.New(b.Errors()))
	}
	return a, nil
}

// logFile is where the app's log goes.
func logFile(data string) string { return data + ".log" }

// complaints returns the last lines of the app's log that are no requests that
// went well.
func complaints(data string) error {
	text, err := os.ReadFile(logFile(data))
	if err != nil {
		return err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, `"status":200`) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return errors.New("the end of bawn's log:\n" + strings.Join(lines[max(0, len(lines)-10):], "\n"))
}

func (a *app) prepare(ctx context.Context) error {
	out := a.bawn.Outputs
	for _, call := range []struct {
		operation string
		in        run.M
	}{
		{"SignUp", run.M{"ClientId": out["UserPoolClientId"], "Username": userName, "Password": password,
			"UserAttributes": []run.M{{"Name": "email", "Value": "bench@example.com"}}}},
		{"AdminConfirmSignUp", run.M{"UserPoolId": out["UserPoolId"], "Username": userName}},
	} {
		if err := a.admin.Call(ctx, run.CognitoIDP, call.operation, call.in, nil); err != nil {
			return err
		}
	}
	token, err := a.signIn(ctx)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	login := "cognito-idp." + a.admin.Region + ".amazonaws.com/" + out["UserPoolId"]
	var id struct{ IdentityID string }
	in := run.M{"IdentityPoolId": out["IdentityPoolId"], "Logins": run.M{login: token}}
	if err := a.public.Call(ctx, run.CognitoIdentity, "GetId", in, &id); err != nil {
		return err
	}
	var got struct {
		Credentials struct{ AccessKeyID, SecretKey, SessionToken string }
	}
	in = run.M{"IdentityId": id.IdentityID, "Logins": run.M{login: token}}
	if err := a.public.Call(ctx, run.CognitoIdentity, "GetCredentialsForIdentity", in, &got); err != nil {
		return err
	}
	a.owner = id.IdentityID
	c := got.Credentials
	a.user = run.NewClient(a.bawn.Endpoint, a.admin.Region, run.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretKey, SessionToken: c.SessionToken})
	return nil
}

// signIn does the whole SRP flow and returns the ID token.
func (a *app) signIn(ctx context.Context) (string, error) {
	secret := make([]byte, srp.SecretSize)
	_, _ = rand.Read(secret)
	client, err := srp.NewClient(secret)
	if err != nil {
		return "", err
	}
	clientID := a.bawn.Outputs["UserPoolClientId"]
	var challenge struct {
		ChallengeName       string
		Session             string
		ChallengeParameters map[string]string
	}
	err = a.public.Call(ctx, run.CognitoIDP, "InitiateAuth", run.M{
		"AuthFlow": "USER_SRP_AUTH", "ClientId": clientID,
		"AuthParameters": run.M{"USERNAME": userName, "SRP_A": client.Public()},
	}, &challenge)
	if err != nil {
		return "", err
	}
	p := challenge.ChallengeParameters
	_, poolName, _ := strings.Cut(a.bawn.Outputs["UserPoolId"], "_")
	key, err := client.Key(poolName, p["USER_ID_FOR_SRP"], password, p["SALT"], p["SRP_B"])
	if err != nil {
		return "", err
	}
	block, err := base64.StdEncoding.DecodeString(p["SECRET_BLOCK"])
	if err != nil {
		return "", err
	}
	stamp := srp.FormatTimestamp(time.Now())
	proof := srp.Proof(key, poolName, p["USER_ID_FOR_SRP"], block, stamp)
	var done struct{ AuthenticationResult struct{ IDToken string } }
	answer := run.M{
		"ChallengeName": "PASSWORD_VERIFIER", "ClientId": clientID,
		"ChallengeResponses": run.M{
			"USERNAME": p["USER_ID_FOR_SRP"], "TIMESTAMP": stamp, "PASSWORD_CLAIM_SECRET_BLOCK": p["SECRET_BLOCK"],
			"PASSWORD_CLAIM_SIGNATURE": base64.StdEncoding.EncodeToString(proof),
		},
	}
	if challenge.Session != "" {
		answer["Session"] = challenge.Session
	}
	err = a.public.Call(ctx, run.CognitoIDP, "RespondToAuthChallenge", answer, &done)
	return done.AuthenticationResult.IDToken, err
}

// address is where the load generator connects to.
func (a *app) address() string { return strings.TrimPrefix(a.bawn.Endpoint, "http://") }

// getAPI returns a signed GET of a path below the API's stage.
func (a *app) getAPI(stage, path string) ([]byte, error) {
	u, err := url.Parse(a.bawn.Outputs["ServiceEndpoint"])
	if err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(u.Path, "/dev") + "/" + stage
	return a.user.Wire("execute-api", "GET", base+path, []sigv4.Header{{Name: "Accept", Value: "application/json"}}, nil), nil
}

// itemCount is how many items the table requests go over.
const itemCount = 512

// item returns an item of about 1 KiB.
func (a *app) item(i int) run.M {
	return run.M{"owner": run.M{"S": a.owner}, "id": run.M{"S": fmt.Sprintf("item-%04d", i)}, "text": run.M{"S": strings.Repeat("abcdefgh", 118)}}
}

// putItems returns signed PutItem requests, each of another item.
func (a *app) putItems() ([][]byte, error) {
	var all [][]byte
	for i := range itemCount {
		b, err := a.user.WireCall(run.DynamoDB, "PutItem", run.M{"TableName": "bench-items", "Item": a.item(i)})
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// getItems returns signed GetItem requests, each of another item.
func (a *app) getItems() ([][]byte, error) {
	var all [][]byte
	for i := range itemCount {
		item := a.item(i)
		delete(item, "text")
		b, err := a.user.WireCall(run.DynamoDB, "GetItem", run.M{"TableName": "bench-items", "Key": item, "ConsistentRead": true})
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

// copyProject copies the project into a fresh folder, so that a run leaves
// nothing in the source tree.
func copyProject(from, to string) (string, error) {
	dir := filepath.Join(to, "project")
	return dir, os.CopyFS(dir, os.DirFS(from))
}
