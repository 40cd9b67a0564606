package sdk

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/bawn-dev/bawn/bawntest"
	"github.com/bawn-dev/bawn/internal/function"
	"github.com/bawn-dev/bawn/srp"
)

func TestMain(m *testing.M) {
	function.LauncherMain()
	os.Exit(m.Run())
}

const password = "Correct-horse7"

// person is a signed-in user with temporary credentials.
type person struct {
	address, idToken, accessToken, identity string
	credentials                             aws.Credentials
}

func adminConfig(b *bawntest.Bawn) aws.Config {
	return configFor(b, aws.Credentials{AccessKeyID: b.AccessKeyID, SecretAccessKey: b.SecretAccessKey})
}

func configFor(b *bawntest.Bawn, c aws.Credentials) aws.Config {
	return aws.Config{
		Region: b.Region, BaseEndpoint: &b.Endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	}
}

// signInBySRP walks USER_SRP_AUTH with the SDK's plain operations.
func signInBySRP(ctx context.Context, b *bawntest.Bawn, client *idp.Client, address, secret string) (*idptypes.AuthenticationResultType, error) {
	_, poolName, _ := strings.Cut(b.Outputs["UserPoolId"], "_")
	c, err := srp.NewClient(randomBytes())
	if err != nil {
		return nil, err
	}
	begun, err := client.InitiateAuth(ctx, &idp.InitiateAuthInput{
		AuthFlow: idptypes.AuthFlowTypeUserSrpAuth, ClientId: aws.String(b.Outputs["UserPoolClientId"]),
		AuthParameters: map[string]string{"USERNAME": address, "SRP_A": c.Public()},
	})
	if err != nil {
		return nil, err
	}
	p := begun.ChallengeParameters
	stamp := srp.FormatTimestamp(time.Now())
	key, err := c.Key(poolName, p["USER_ID_FOR_SRP"], secret, p["SALT"], p["SRP_B"])
	if err != nil {
		return nil, err
	}
	block, err := base64.StdEncoding.DecodeString(p["SECRET_BLOCK"])
	if err != nil {
		return nil, err
	}
	claim := base64.StdEncoding.EncodeToString(srp.Proof(key, poolName, p["USER_ID_FOR_SRP"], block, stamp))
	done, err := client.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{
		ChallengeName: idptypes.ChallengeNameTypePasswordVerifier, ClientId: aws.String(b.Outputs["UserPoolClientId"]),
		ChallengeResponses: map[string]string{
			"USERNAME": p["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": p["SECRET_BLOCK"],
			"TIMESTAMP": stamp, "PASSWORD_CLAIM_SIGNATURE": claim,
		},
	})
	if err != nil {
		return nil, err
	}
	return done.AuthenticationResult, nil
}

func randomBytes() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return b
}

// newPerson signs up, confirms, signs in and gets credentials.
func newPerson(t *testing.T, b *bawntest.Bawn, name string) *person {
	t.Helper()
	ctx := t.Context()
	client := idp.New(idp.Options{Region: b.Region, BaseEndpoint: &b.Endpoint})
	p := &person{address: name + "@example.com"}
	clientID := aws.String(b.Outputs["UserPoolClientId"])
	_, err := client.SignUp(ctx, &idp.SignUpInput{ClientId: clientID, Username: &p.address, Password: aws.String(password),
		UserAttributes: []idptypes.AttributeType{{Name: aws.String("email"), Value: &p.address}}})
	must(t, "SignUp", err)
	code, err := b.Code(ctx, p.address)
	must(t, "inbox", err)
	_, err = client.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{ClientId: clientID, Username: &p.address, ConfirmationCode: &code})
	must(t, "ConfirmSignUp", err)
	tokens, err := signInBySRP(ctx, b, client, p.address, password)
	must(t, "SRP", err)
	p.idToken, p.accessToken = *tokens.IdToken, *tokens.AccessToken
	pool := cognitoidentity.New(cognitoidentity.Options{Region: b.Region, BaseEndpoint: &b.Endpoint})
	logins := map[string]string{"cognito-idp." + b.Region + ".amazonaws.com/" + b.Outputs["UserPoolId"]: p.idToken}
	id, err := pool.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(b.Outputs["IdentityPoolId"]), Logins: logins})
	must(t, "GetId", err)
	p.identity = *id.IdentityId
	got, err := pool.GetCredentialsForIdentity(ctx, &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id.IdentityId, Logins: logins})
	must(t, "GetCredentialsForIdentity", err)
	p.credentials = aws.Credentials{AccessKeyID: *got.Credentials.AccessKeyId, SecretAccessKey: *got.Credentials.SecretKey, SessionToken: *got.Credentials.SessionToken}
	return p
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// wantCode fails unless err is AWS's error of that code.
func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	} else if api.ErrorCode() != code {
		t.Errorf("%s: got %s (%s), want %s", what, api.ErrorCode(), api.ErrorMessage(), code)
	}
}

// call sends a request to the API signed by the SDK's signer; tamper changes
// it after signing.
func call(t *testing.T, b *bawntest.Bawn, c aws.Credentials, method, path, body string, tamper func(*http.Request)) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.Outputs["ServiceEndpoint"]+path, strings.NewReader(body))
	must(t, "request", err)
	sum := sha256.Sum256([]byte(body))
	must(t, "sign", v4.NewSigner().SignHTTP(t.Context(), c, req, hex.EncodeToString(sum[:]), "execute-api", b.Region, time.Now()))
	if tamper != nil {
		tamper(req)
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, "send", err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, "read", err)
	return resp.StatusCode, string(text)
}

func TestGoSDK(t *testing.T) {
	b := bawntest.Start(t, bawntest.Project("../../examples/notes"))
	ana := newPerson(t, b, "ana")
	ben := newPerson(t, b, "ben")

	t.Run("API", func(t *testing.T) { testAPI(t, b, ana, ben) })
	t.Run("Tables", func(t *testing.T) { testTables(t, b, ana) })
	t.Run("Bucket", func(t *testing.T) { testBucket(t, b, ana, ben) })
	t.Run("STS", func(t *testing.T) { testSTS(t, b, ana) })
	t.Run("WrongPassword", func(t *testing.T) {
		client := idp.New(idp.Options{Region: b.Region, BaseEndpoint: &b.Endpoint})
		_, err := signInBySRP(t.Context(), b, client, ana.address, "Wrong-horse7")
		wantCode(t, "SRP with a wrong password", err, "NotAuthorizedException")
	})
}

func testAPI(t *testing.T, b *bawntest.Bawn, ana, ben *person) {
	status, body := call(t, b, ana.credentials, http.MethodPost, "/notes", `{"content":"hello"}`, nil)
	if status != http.StatusOK {
		t.Fatalf("POST /notes: %d %s", status, body)
	}
	var note struct{ UserID, NoteID, Content string }
	must(t, "note", json.Unmarshal([]byte(body), &note))
	if note.UserID != ana.identity || note.Content != "hello" {
		t.Errorf("note %+v, want identity %s", note, ana.identity)
	}
	if status, body = call(t, b, ben.credentials, http.MethodGet, "/notes/"+note.NoteID, "", nil); status != http.StatusNotFound {
		t.Errorf("another's note: %d %s, want 404", status, body)
	}
	forged := map[string]func(*http.Request){
		"altered path":      func(r *http.Request) { r.URL.Path += "x" },
		"altered query":     func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"altered signature": func(r *http.Request) { alterSignature(r) },
		"no session token":  func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") },
		"other date":        func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") },
	}
	for what, tamper := range forged {
		if status, body := call(t, b, ana.credentials, http.MethodGet, "/notes", "", tamper); status != http.StatusForbidden {
			t.Errorf("%s: %d %s, want 403", what, status, body)
		}
	}
	mixed := ana.credentials
	mixed.SessionToken = ben.credentials.SessionToken
	if status, _ := call(t, b, mixed, http.MethodGet, "/notes", "", nil); status != http.StatusForbidden {
		t.Errorf("another's session token: %d, want 403", status)
	}
}

func alterSignature(r *http.Request) {
	a := r.Header.Get("Authorization")
	last := "0"
	if strings.HasSuffix(a, "0") {
		last = "1"
	}
	r.Header.Set("Authorization", a[:len(a)-1]+last)
}

func testTables(t *testing.T, b *bawntest.Bawn, ana *person) {
	ctx, table := t.Context(), b.Outputs["TableName"]
	admin := dynamodb.NewFromConfig(adminConfig(b))
	item := map[string]dynamodbtypes.AttributeValue{
		"userId": &dynamodbtypes.AttributeValueMemberS{Value: "u"}, "noteId": &dynamodbtypes.AttributeValueMemberS{Value: "n"},
		"count": &dynamodbtypes.AttributeValueMemberN{Value: "1"},
	}
	_, err := admin.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item})
	must(t, "PutItem", err)
	_, err = admin.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item, ConditionExpression: aws.String("attribute_not_exists(userId)")})
	wantCode(t, "PutItem on condition", err, "ConditionalCheckFailedException")
	key := map[string]dynamodbtypes.AttributeValue{"userId": item["userId"], "noteId": item["noteId"]}
	up, err := admin.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &table, Key: key, UpdateExpression: aws.String("ADD #c :one"),
		ExpressionAttributeNames: map[string]string{"#c": "count"}, ReturnValues: dynamodbtypes.ReturnValueUpdatedNew,
		ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{":one": &dynamodbtypes.AttributeValueMemberN{Value: "1"}}})
	must(t, "UpdateItem", err)
	if n, ok := up.Attributes["count"].(*dynamodbtypes.AttributeValueMemberN); !ok || n.Value != "2" {
		t.Errorf("count is %v, want 2", up.Attributes["count"])
	}
	wrong := adminConfig(b)
	wrong.Credentials = credentials.NewStaticCredentialsProvider(b.AccessKeyID, "wrong", "")
	_, err = dynamodb.NewFromConfig(wrong).GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key})
	wantCode(t, "wrong secret", err, "InvalidSignatureException")
	_, err = dynamodb.NewFromConfig(configFor(b, ana.credentials)).GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key})
	wantCode(t, "a user's credentials on the table", err, "AccessDeniedException")
}

func testBucket(t *testing.T, b *bawntest.Bawn, ana, ben *person) {
	ctx, bucket := t.Context(), b.Outputs["AttachmentsBucketName"]
	of := func(p *person) *s3.Client {
		return s3.NewFromConfig(configFor(b, p.credentials), func(o *s3.Options) { o.UsePathStyle = true })
	}
	key := fmt.Sprintf("private/%s/a b.txt", ana.identity)
	data := bytes.Repeat([]byte("0123456789"), 20_000)
	_, err := of(ana).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data)})
	must(t, "PutObject", err)
	got, err := of(ana).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	must(t, "GetObject", err)
	defer got.Body.Close()
	if read, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(read, data) {
		t.Errorf("read %d bytes (%v), want %d", len(read), err, len(data))
	}
	_, err = of(ben).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	wantCode(t, "another's object", err, "AccessDenied")
	_, err = of(ben).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")})
	wantCode(t, "another's prefix", err, "AccessDenied")
}

func testSTS(t *testing.T, b *bawntest.Bawn, ana *person) {
	who, err := sts.NewFromConfig(configFor(b, ana.credentials)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	must(t, "GetCallerIdentity", err)
	if !strings.Contains(*who.Arn, ":assumed-role/") || !strings.HasSuffix(*who.Arn, "/CognitoIdentityCredentials") {
		t.Errorf("caller is %s", *who.Arn)
	}
	stolen := ana.credentials
	stolen.SessionToken = ""
	_, err = sts.NewFromConfig(configFor(b, stolen)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, "without its token", err, "InvalidClientTokenId")
}
