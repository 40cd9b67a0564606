package sigv4

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// vector is one case of AWS's signing test suite.
type vector struct {
	Name    string `json:"name"`
	Context struct {
		Credentials struct {
			AccessKeyID string `json:"access_key_id"`
			Secret      string `json:"secret_access_key"`
			Token       string `json:"token"`
		} `json:"credentials"`
		Expiration int    `json:"expiration_in_seconds"`
		Normalize  bool   `json:"normalize"`
		Region     string `json:"region"`
		Service    string `json:"service"`
		Timestamp  string `json:"timestamp"`
		OmitToken  bool   `json:"omit_session_token"`
		SignBody   bool   `json:"sign_body"`
	} `json:"context"`
	Request         string `json:"request"`
	HeaderCanonical string `json:"header-canonical-request"`
	HeaderString    string `json:"header-string-to-sign"`
	HeaderSignature string `json:"header-signature"`
	HeaderSigned    string `json:"header-signed-request"`
	QueryCanonical  string `json:"query-canonical-request"`
	QueryString     string `json:"query-string-to-sign"`
	QuerySignature  string `json:"query-signature"`
	QuerySigned     string `json:"query-signed-request"`
}

// loadVectors reads the whole suite where it lies beside the repository (or at
// BAWN_VECTORS), and always the subset in testdata.
func loadVectors(t *testing.T) []vector {
	t.Helper()
	read := func(path string) (list []vector, err error) {
		data, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(data, &list)
		}
		return list, err
	}
	list, err := read(filepath.Join("testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := os.Getenv("BAWN_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "vectors")
	}
	whole, err := read(filepath.Join(dir, "sigv4.json"))
	if err != nil {
		t.Logf("only the subset in testdata: %v", err)
		return list
	}
	return append(list, whole...)
}

// parseRaw reads a request as the suite writes it: a value may go on in lines
// that begin with a space.
func parseRaw(t *testing.T, raw string) (*Request, string) {
	t.Helper()
	head, body, _ := strings.Cut(raw, "\n\n")
	lines := strings.Split(head, "\n")
	first := lines[0]
	method, rest, _ := strings.Cut(first, " ")
	target := strings.TrimSuffix(rest, " HTTP/1.1")
	r := &Request{Method: method}
	r.RawPath, r.RawQuery, _ = strings.Cut(target, "?")
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, " ") {
			r.Header[len(r.Header)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			r.Header = append(r.Header, Header{name, value})
		}
	}
	return r, body
}

func vectorOptions(t *testing.T, v *vector) (*Options, SigningKey) {
	t.Helper()
	now, err := time.Parse(time.RFC3339, v.Context.Timestamp)
	if err != nil {
		t.Fatal(err)
	}
	opts := &Options{Now: now, Regions: []string{v.Context.Region}, Services: []string{v.Context.Service}, NormalizePath: v.Context.Normalize}
	return opts, DeriveKey(v.Context.Credentials.Secret, now.Format("20060102"), v.Context.Region, v.Context.Service)
}

func TestVectorsVerify(t *testing.T) {
	for _, v := range loadVectors(t) {
		for form, signed := range map[string]string{"header": v.HeaderSigned, "query": v.QuerySigned} {
			t.Run(v.Name+"/"+form, func(t *testing.T) {
				req, body := parseRaw(t, signed)
				opts, key := vectorOptions(t, &v)
				a, err := Parse(req)
				if err != nil {
					t.Fatal(err)
				}
				err = a.Verify(req, opts, key, HashPayload([]byte(body)))
				if form == "query" && v.Context.OmitToken {
					// A token added to the query after signing is what one
					// service alone does; here it must be refused.
					if err == nil {
						t.Fatal("an unsigned token in the query was accepted")
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				key[0] ^= 1
				var e *Error
				if !errors.As(a.Verify(req, opts, key, HashPayload([]byte(body))), &e) || e.Kind != SignatureMismatch {
					t.Fatalf("another key: %v", e)
				}
			})
		}
	}
}

// TestVectorsCanonical compares canonical request and string to sign, as they
// stand in the refusal, and the signer's signature.
func TestVectorsCanonical(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			req, body := parseRaw(t, v.HeaderSigned)
			a, err := Parse(req)
			if err != nil {
				t.Fatal(err)
			}
			form := pathTwice
			if v.Context.Normalize {
				form = pathNormal
			}
			e := a.mismatch(req, form, HashPayload([]byte(body)))
			if e.CanonicalRequest != v.HeaderCanonical {
				t.Errorf("canonical request\n%s\nwant\n%s", e.CanonicalRequest, v.HeaderCanonical)
			}
			if e.StringToSign != v.HeaderString {
				t.Errorf("string to sign\n%s\nwant\n%s", e.StringToSign, v.HeaderString)
			}
		})
	}
}

func TestVectorsSign(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			opts, _ := vectorOptions(t, &v)
			c := v.Context.Credentials
			signing := func(body string) *Signing {
				return &Signing{Credentials: Credentials{c.AccessKeyID, c.Secret, c.Token}, Region: v.Context.Region, Service: v.Context.Service, Time: opts.Now,
					NormalizePath: v.Context.Normalize, PayloadHash: HashPayload([]byte(body)), UnsignedToken: v.Context.OmitToken}
			}
			req, body := parseRaw(t, v.Request)
			if v.Context.SignBody {
				req.Header = append(req.Header, Header{"X-Amz-Content-Sha256", HashPayload([]byte(body))})
			}
			if a := Sign(req, signing(body)); hexString(a.Signature) != v.HeaderSignature {
				t.Errorf("header signature %x, want %s", a.Signature, v.HeaderSignature)
			}
			req, body = parseRaw(t, v.Request)
			if a := Presign(req, signing(body), time.Duration(v.Context.Expiration)*time.Second); hexString(a.Signature) != v.QuerySignature {
				t.Errorf("query signature %x, want %s", a.Signature, v.QuerySignature)
			}
		})
	}
}
