package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/bawn-dev/bawn/sigv4"
)

// Credentials are an access key, and its session token if it is temporary.
type Credentials = sigv4.Credentials

// Client calls operations of the JSON protocols. It is safe for concurrent
// use.
type Client struct {
	Endpoint, Region string
	Credentials      Credentials
	HTTP             *http.Client
}

// NewClient returns a client with connections of its own.
func NewClient(endpoint, region string, c Credentials) *Client {
	return &Client{endpoint, region, c, &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		Timeout:   30 * time.Second,
	}}
}

// Fault is an error that the server answered.
type Fault struct {
	Status        int
	Code, Message string
}

// Error says status, code and message.
func (f *Fault) Error() string { return fmt.Sprintf("%d %s: %s", f.Status, f.Code, f.Message) }

// Service is what a call needs to know of a service.
type Service struct {
	// Name signs; Target prefixes the operation in X-Amz-Target.
	Name, Target, ContentType string
}

// The services that speak a JSON protocol.
var (
	CognitoIDP      = Service{"cognito-idp", "AWSCognitoIdentityProviderService.", "application/x-amz-json-1.1"}
	CognitoIdentity = Service{"cognito-identity", "AWSCognitoIdentityService.", "application/x-amz-json-1.1"}
	DynamoDB        = Service{"dynamodb", "DynamoDB_20120810.", "application/x-amz-json-1.0"}
	Control         = Service{"bawn", "Bawn_20261122.", "application/x-amz-json-1.0"}
)

// M is a JSON object.
type M = map[string]any

// Call sends a signed request and decodes the answer into out, if it is not
// nil. An error the server answered is a *Fault.
func (c *Client) Call(ctx context.Context, s Service, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	method, path := http.MethodPost, "/"
	header := []sigv4.Header{{Name: "Content-Type", Value: s.ContentType}, {Name: "X-Amz-Target", Value: s.Target + operation}}
	status, answer, err := c.Send(ctx, s.Name, method, path, header, body)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s: %w", operation, fault(status, answer))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

func fault(status int, answer []byte) *Fault {
	var f struct {
		Type     string `json:"__type"`
		Message  string `json:"message"`
		Message2 string `json:"Message"`
	}
	_ = json.Unmarshal(answer, &f)
	_, code, ok := strings.Cut(f.Type, "#")
	if !ok {
		code = f.Type
	}
	return &Fault{status, code, f.Message + f.Message2}
}

// Send signs and sends one request, and returns its answer.
func (c *Client) Send(ctx context.Context, service, method, path string, header []sigv4.Header, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.Endpoint+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	for _, h := range c.sign(service, method, path, header, body) {
		if h.Name != "Host" {
			req.Header.Set(h.Name, h.Value)
		}
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// sign returns all headers of a signed request, or of an unsigned one if the
// client has no key.
func (c *Client) sign(service, method, path string, header []sigv4.Header, body []byte) []sigv4.Header {
	host := strings.TrimPrefix(c.Endpoint, "http://")
	rawPath, query, _ := strings.Cut(path, "?")
	req := &sigv4.Request{Method: method, RawPath: rawPath, RawQuery: query, Header: append([]sigv4.Header{{Name: "Host", Value: host}}, header...)}
	if c.Credentials.AccessKeyID != "" {
		sigv4.Sign(req, &sigv4.Signing{
			Credentials: c.Credentials, Region: c.Region, Service: service, Time: time.Now(), PayloadHash: sigv4.HashPayload(body),
		})
	}
	return req.Header
}

// Wire returns the bytes of a signed request as they go over a connection, for
// load generators that send the same request many times.
func (c *Client) Wire(service, method, path string, header []sigv4.Header, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, path)
	for _, h := range c.sign(service, method, path, header, body) {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	if len(body) > 0 || method == http.MethodPost {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// WireCall is Wire for an operation of a JSON protocol.
func (c *Client) WireCall(s Service, operation string, in any) ([]byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	header := []sigv4.Header{{Name: "Content-Type", Value: s.ContentType}, {Name: "X-Amz-Target", Value: s.Target + operation}}
	return c.Wire(s.Name, http.MethodPost, "/", header, body), nil
}
