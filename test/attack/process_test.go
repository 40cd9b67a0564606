package attack

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bawn-dev/bawn/bawntest"
	"github.com/bawn-dev/bawn/sigv4"
	"github.com/bawn-dev/bawn/test/run"
)

// process is a Bawn in a process of its own, with all it writes kept.
type process struct {
	*rig
	data, log, output string
}

// launch starts `bawn dev` with a log file.
func launch(t *testing.T, binary, project string) *process {
	t.Helper()
	p := &process{data: filepath.Join(t.TempDir(), "data"), log: filepath.Join(t.TempDir(), "log"), output: filepath.Join(t.TempDir(), "output")}
	out, err := os.Create(p.output)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.CommandContext(t.Context(), binary, "dev", project, "--data", p.data, "--port", "0", "--json", "--log", p.log)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 500 {
		text, err := os.ReadFile(p.output)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var event struct {
				Event, Endpoint string
				Outputs         map[string]string
			}
			if json.Unmarshal(line, &event) == nil && event.Event == "ready" {
				p.rig = &rig{&bawntest.Bawn{Endpoint: event.Endpoint, Outputs: event.Outputs, Region: "us-east-1", Data: p.data}}
				p.AccessKeyID, p.SecretAccessKey = p.env(t, "AWS_ACCESS_KEY_ID"), p.env(t, "AWS_SECRET_ACCESS_KEY")
				return p
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	text, _ := os.ReadFile(p.output)
	t.Fatalf("bawn did not get ready:\n%s", text)
	return nil
}

// env reads a value of the env file.
func (p *process) env(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.data, "env"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return v
		}
	}
	return ""
}

// TestAttack28Attack29Process are the cases of a process: what two first
// starts have in common, who may read its files, and what it writes down.
func TestAttack28Attack29Process(t *testing.T) {
	binary, err := run.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	project := filepath.Join(t.TempDir(), "notes")
	if err := os.CopyFS(project, os.DirFS("../../examples/notes")); err != nil {
		t.Fatal(err)
	}
	one, two := launch(t, binary, project), launch(t, binary, t.TempDir())
	t.Run("TestAttack28FirstStart", func(t *testing.T) { firstStart(t, one, two) })
	t.Run("TestAttack29NothingWritten", func(t *testing.T) { nothingWritten(t, one) })
}

func firstStart(t *testing.T, one, two *process) {
	for _, p := range []*process{one, two} {
		err := filepath.WalkDir(p.data, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			open := info.Mode().Perm() & 0o077
			// The engine makes its files as the umask says; its folder is shut.
			name, _ := filepath.Rel(p.data, path)
			first, _, below := strings.Cut(name, "/")
			shut := name == "." || d.IsDir() && first == "store" || !d.IsDir() && first != "code" && !(first == "store" && below)
			if shut && open != 0 {
				t.Errorf("%s is %v", name, info.Mode())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(p.log); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the log is %v, %v", info, err)
		}
	}
	if one.AccessKeyID == two.AccessKeyID || one.SecretAccessKey == two.SecretAccessKey || one.AccessKeyID == "" || len(one.SecretAccessKey) < 40 {
		t.Error("two first starts share a key, or have none")
	}
	a, err := os.ReadFile(filepath.Join(one.data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(two.data, "master.key"))
	if err != nil || bytes.Equal(a, b) {
		t.Errorf("two first starts share a master key (%v)", err)
	}
	want(t, "one's key at the other", two.json(t, one.admin(), "dynamodb", "ListTables", m{}), 400, "UnrecognizedClientException")
	for _, guess := range []creds{{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, {AccessKeyID: "test", SecretAccessKey: "test"}, {AccessKeyID: "minioadmin", SecretAccessKey: "minioadmin"},
		{AccessKeyID: "admin", SecretAccessKey: "admin"}, {AccessKeyID: one.AccessKeyID, SecretAccessKey: "test"}, {AccessKeyID: "ASIAAAAAAAAAAAAAAAAA", SecretAccessKey: "x", SessionToken: "x"}} {
		if got := one.json(t, guess, "dynamodb", "ListTables", m{}); got.status != 400 || got.code() != "UnrecognizedClientException" && got.code() != "InvalidSignatureException" {
			t.Errorf("key %s: %v", guess.AccessKeyID, got)
		}
	}
}

// nothingWritten runs a whole flow, with failures, and looks for every secret
// of it in the log, the output and the journal.
func nothingWritten(t *testing.T, p *process) {
	ana := p.person(t, "ana")
	secrets := map[string]string{"password": password, "id token": ana.id, "access token": ana.access, "refresh token": ana.refresh, "temporary secret": ana.creds.SecretAccessKey,
		"session token": ana.creds.SessionToken, "administrator's secret": p.SecretAccessKey, "code": p.code(t, ana.address)}
	stage := strings.TrimPrefix(p.Outputs["ServiceEndpoint"], p.Endpoint)
	bucket := "/" + p.Outputs["AttachmentsBucketName"]
	var made struct {
		UserPoolClient struct{ ClientId, ClientSecret string }
	}
	p.ok(t, p.json(t, p.admin(), "cognito-idp", "CreateUserPoolClient", m{"UserPoolId": p.Outputs["UserPoolId"], "ClientName": "c", "GenerateSecret": true}), &made)
	secrets["client secret"] = made.UserPoolClient.ClientSecret
	// Requests that succeed, are refused for their signature, and are denied.
	sent := 0
	for _, q := range []*request{
		{method: "POST", target: stage + "/notes", body: `{"content":"a secret note 4711"}`, service: "execute-api"}, {method: "GET", target: stage + "/notes?token=" + ana.id[:40], service: "execute-api"},
		{method: "PUT", target: bucket + "/private/" + escapePath(ana.identity) + "/x", body: "x", service: "s3"}, {method: "GET", target: bucket + "/private/other", service: "s3"},
		{method: "POST", target: "/", body: "{}", service: "dynamodb", header: []header{{Name: "X-Amz-Target", Value: "DynamoDB_20120810.ListTables"}}},
	} {
		for _, tamper := range []func(*sigv4.Request){nil, forge, set("Host", "x"), drop("X-Amz-Security-Token"), set("X-Amz-Date", "20200101T000000Z")} {
			q.as, q.tamper = ana.creds, func(r *sigv4.Request) {
				if tamper != nil {
					tamper(r)
				}
				for _, h := range r.Header {
					if _, s, ok := strings.Cut(h.Value, "Signature="); ok && h.Name == "Authorization" {
						sent++
						secrets["signature "+s[:8]] = s
					}
				}
			}
			p.send(t, q)
		}
		pre := &request{method: q.method, target: q.target, body: q.body, header: q.header, tamper: func(r *sigv4.Request) {
			sigv4.Presign(r, &sigv4.Signing{Credentials: ana.creds, Region: p.Region, Service: q.service, Time: time.Now(), S3: q.service == "s3"}, time.Minute)
			_, s, _ := strings.Cut(r.RawQuery, "X-Amz-Signature=")
			secrets["presigned "+s[:8]] = s
		}}
		p.send(t, pre)
	}
	if sent < 20 {
		t.Fatalf("%d signatures were sent", sent)
	}
	for _, in := range []m{{"USERNAME": ana.address, "PASSWORD": "Wrong-horse-9911"}, {"USERNAME": "x", "PASSWORD": "Wrong-horse-9911", "SECRET_HASH": "c2VjcmV0aGFzaDk5MTE="}} {
		p.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": made.UserPoolClient.ClientId, "AuthParameters": in})
		p.json(t, creds{}, "cognito-idp", "InitiateAuth", m{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": p.Outputs["UserPoolClientId"], "AuthParameters": in})
	}
	secrets["wrong password"], secrets["secret hash"], secrets["note"] = "Wrong-horse-9911", "c2VjcmV0aGFzaDk5MTE=", "a secret note 4711"
	p.json(t, creds{}, "cognito-idp", "GetUser", m{"AccessToken": ana.access + "x"})
	p.json(t, creds{}, "cognito-identity", "GetCredentialsForIdentity", m{"IdentityId": ana.identity, "Logins": p.login(ana.id + "x")})
	p.send(t, &request{method: "GET", target: stage + "/notes", header: []header{{Name: "Authorization", Value: "Bearer " + ana.access}}})

	written := map[string]string{"journal": p.journal(t)}
	for name, path := range map[string]string{"log": p.log, "output": p.output} {
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 {
			t.Fatalf("%s: %v, %d bytes", name, err, len(text))
		}
		written[name] = string(text)
	}
	for where, text := range written {
		for what, secret := range secrets {
			if len(secret) < 6 {
				t.Fatalf("%s is %q", what, secret)
			}
			if what == "code" {
				continue // six digits occur by chance; see below
			}
			if strings.Contains(text, secret) || len(secret) > 80 && strings.Contains(text, secret[len(secret)-60:]) {
				t.Errorf("the %s holds the %s", where, what)
			}
		}
		// The terminal may show a code to the developer, the log may not.
		if where == "log" && strings.Contains(text, `"`+secrets["code"]+`"`) {
			t.Error("the log holds a code")
		}
	}
}

// journal is everything the journal tells of its requests.
func (p *process) journal(t *testing.T) string {
	t.Helper()
	list := p.json(t, p.admin(), "bawn", "ListRequests", m{})
	var all struct{ Requests []struct{ Id string } }
	p.ok(t, list, &all)
	text := list.body
	for _, r := range all.Requests {
		text += p.json(t, p.admin(), "bawn", "GetRequest", m{"Id": r.Id}).body
	}
	if len(all.Requests) < 30 {
		t.Errorf("%d requests in the journal", len(all.Requests))
	}
	return text
}
