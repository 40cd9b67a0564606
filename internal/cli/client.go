package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/sigv4"
)

// client speaks to a running Bawn as any AWS client would: signed, with the
// keys in the data folder's env file.
type client struct {
	endpoint, region  string
	accessKey, secret string
	http              *http.Client
}

// envFile is where dev and serve leave the endpoint and the keys.
const envFile = "env"

// readEnv parses DATA/env: KEY=value lines.
func readEnv(data string) (map[string]string, error) {
	path := filepath.Join(data, envFile)
	text, err := os.ReadFile(path)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, &failure{
				what: "no Bawn was ever started with the data folder " + data,
				todo: []string{"start one here:    bawn dev", "or name its folder: --data DIR"},
			}
		}
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	env := map[string]string{}
	for line := range strings.SplitSeq(string(text), "\n") {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(k, "#") {
			env[k] = v
		}
	}
	return env, nil
}

func newClient(data string) (*client, error) {
	env, err := readEnv(data)
	if err != nil {
		return nil, err
	}
	c := &client{
		endpoint: env["AWS_ENDPOINT_URL"], region: env["AWS_REGION"],
		accessKey: env["AWS_ACCESS_KEY_ID"], secret: env["AWS_SECRET_ACCESS_KEY"],
		http: &http.Client{Timeout: 15 * time.Minute},
	}
	if c.endpoint == "" || c.accessKey == "" {
		return nil, &failure{what: filepath.Join(data, envFile) + " names no endpoint or no key", todo: []string{"start Bawn again: it writes the file anew"}}
	}
	return c, nil
}

// answer is a response that has been read whole (64 MiB at most).
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send signs and sends one request.
func (c *client) send(ctx context.Context, service, method, path string, header map[string]string, body []byte) (*answer, error) {
	u, err := url.Parse(c.endpoint)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", c.endpoint, err)
	}
	rawPath, rawQuery, _ := strings.Cut(path, "?")
	signed := &sigv4.Request{Method: method, RawPath: rawPath, RawQuery: rawQuery, Header: []sigv4.Header{{Name: "Host", Value: u.Host}}}
	for k, v := range header {
		signed.Header = append(signed.Header, sigv4.Header{Name: k, Value: v})
	}
	sigv4.Sign(signed, &sigv4.Signing{
		Credentials: sigv4.Credentials{AccessKeyID: c.accessKey, SecretAccessKey: c.secret},
		Region:      c.region, Service: service,
		Time: time.Now(), PayloadHash: sigv4.HashPayload(body),
	})
	req, err := http.NewRequestWithContext(ctx, method, c.endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, h := range signed.Header {
		if !strings.EqualFold(h.Name, "host") {
			req.Header.Set(h.Name, h.Value)
		}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &failure{
			what: "no Bawn answers at " + c.endpoint, why: err.Error(),
			todo: []string{"start it: bawn dev"},
		}
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", c.endpoint, err)
	}
	return &answer{resp.StatusCode, resp.Header, out}, nil
}

// call invokes an operation of a JSON service and decodes its answer into out.
func (c *client) call(ctx context.Context, service, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	version := "1.0"
	if service == "logs" {
		version = "1.1"
	}
	a, err := c.send(ctx, service, http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-amz-json-" + version, "X-Amz-Target": target,
	}, body)
	if err != nil {
		return err
	}
	if a.status >= 300 {
		return a.failure(target)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return fmt.Errorf("%s: unreadable answer: %w", target, err)
	}
	return nil
}

// controlTarget begins the names of Bawn's own operations.
const controlTarget = "Bawn_20261122."

// failure turns an error answer into an error for people.
func (a *answer) failure(what string) error {
	var doc struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Upper   string `json:"Message"`
	}
	if err := json.Unmarshal(a.body, &doc); err != nil {
		return &failure{what: fmt.Sprintf("%s answered %d", what, a.status), why: string(a.body)}
	}
	code := doc.Type
	if i := strings.LastIndexByte(code, '#'); i >= 0 {
		code = code[i+1:]
	}
	if code == "" {
		code = a.header.Get("X-Amzn-Errortype")
	}
	message := doc.Message + doc.Upper
	if strings.HasPrefix(what, controlTarget) && message != "" {
		return &failure{what: message} // Bawn's own operations are written for people
	}
	return &failure{what: fmt.Sprintf("%s: %s (%d)", what, code, a.status), why: message}
}
