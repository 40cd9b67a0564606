package cloudformation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/resource"
	"github.com/bawn-dev/bawn/internal/service/cloudformation/template"
	shape "github.com/bawn-dev/bawn/internal/shape/cloudformation"
	"github.com/bawn-dev/bawn/internal/shape/s3"
)

// maxTemplate bounds a template: 1 MiB from a bucket, as AWS; a body on the
// wire may be as long here (AWS: 51,200 bytes).
const maxTemplate = 1 << 20

// request is what an operation asks a stack to become.
type request struct {
	name         string
	body         string
	parameters   map[string]string
	previous     []string // parameters that keep their value
	tags         map[string]string
	keepTags     bool
	capabilities []string
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func yes(b *bool) bool { return b != nil && *b }

func ptr[T any](v T) *T { return &v }

// some is a pointer to s, or nil for "".
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (q *request) setParameters(list []shape.Parameter) error {
	q.parameters = map[string]string{}
	for _, p := range list {
		key := text(p.ParameterKey)
		switch {
		case yes(p.UsePreviousValue):
			q.previous = append(q.previous, key)
		case p.ParameterValue == nil:
			return validation("Invalid input for parameter key %s. Cannot specify usePreviousValue as false and parameter value as null.", key)
		default:
			q.parameters[key] = *p.ParameterValue
		}
	}
	return nil
}

func (q *request) setTags(list []shape.Tag) {
	q.keepTags = list == nil
	q.tags = map[string]string{}
	for _, t := range list {
		q.tags[text(t.Key)] = text(t.Value)
	}
}

// body reads a template given as text or as the URL of an object in one of
// Bawn's own buckets; no other host is ever asked.
func (s *Service) body(ctx context.Context, call *awsapi.Call, body, location *string) (string, error) {
	switch {
	case body != nil && location != nil:
		return "", validation("TemplateBody and TemplateURL can not be both specified.")
	case body != nil:
		if len(*body) > maxTemplate {
			return "", validation("Template may not exceed %d bytes in size.", maxTemplate)
		}
		return *body, nil
	case location == nil:
		return "", validation("Either Template URL or Template Body must be specified.")
	}
	bucket, key, ok := bucketOf(*location)
	if !ok {
		return "", validation("TemplateURL must be a supported URL.")
	}
	v, err := call.Invoke(ctx, "s3", "GetObject", &s3.GetObjectInput{Bucket: &bucket, Key: &key}, via)
	if err != nil {
		return "", validation("S3 error: %s", reasonOf(err))
	}
	out, ok := v.(*s3.GetObjectOutput)
	if !ok || out.Body == nil {
		return "", fmt.Errorf("s3:GetObject answered %T", v)
	}
	if c, ok := out.Body.(io.Closer); ok {
		defer func() { _ = c.Close() }()
	}
	data, err := io.ReadAll(io.LimitReader(out.Body, maxTemplate+1))
	if err != nil {
		return "", fmt.Errorf("read the template's object: %w", err)
	}
	if len(data) > maxTemplate {
		return "", validation("Template may not exceed %d bytes in size.", maxTemplate)
	}
	return string(data), nil
}

// bucketOf finds bucket and key in an S3 URL of either style.
func bucketOf(location string) (bucket, key string, ok bool) {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return "", "", false
	}
	path := strings.TrimPrefix(u.Path, "/")
	host := u.Hostname()
	if before, rest, found := strings.Cut(host, ".s3"); found && before != "" && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "-")) {
		return before, path, path != ""
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key, bucket != "" && key != ""
}

// compile checks a request and makes the source of it. old is what the stack
// is made from now, nil for a new one.
func (s *Service) compile(stackID string, q *request, old *source) (*source, error) {
	t, err := template.Parse([]byte(q.body))
	if err != nil {
		return nil, refusal(err)
	}
	if err := s.check(t); err != nil {
		return nil, refusal(err)
	}
	given := map[string]string{}
	for k, v := range q.parameters {
		given[k] = v
	}
	if len(q.previous) > 0 {
		before := map[string]string{}
		if old != nil {
			if before, err = s.parameters(stackID, old); err != nil {
				return nil, err
			}
		}
		for _, name := range q.previous {
			v, ok := before[name]
			if !ok {
				return nil, validation("Parameters: [%s] must have values", name)
			}
			given[name] = v
		}
	}
	values, err := t.Values(given)
	if err != nil {
		return nil, refusal(err)
	}
	src := &source{Template: q.body, Description: t.Description, Parameters: map[string]string{}, Tags: q.tags, Capabilities: q.capabilities}
	if q.keepTags && old != nil {
		src.Tags = old.Tags
	}
	if err := s.keepParameters(stackID, src, t, values); err != nil {
		return nil, err
	}
	src.Hash = hashOf(t, values, src.Tags)
	return src, s.capable(t, q.capabilities)
}

// keepParameters stores values, NoEcho ones sealed.
func (s *Service) keepParameters(stackID string, src *source, t *template.Template, values map[string]string) error {
	secret := map[string]string{}
	for _, p := range t.Parameters {
		if p.NoEcho {
			src.NoEcho = append(src.NoEcho, p.Name)
			secret[p.Name] = values[p.Name]
			continue
		}
		src.Parameters[p.Name] = values[p.Name]
	}
	if len(secret) == 0 {
		return nil
	}
	plain, err := json.Marshal(secret)
	if err != nil {
		return fmt.Errorf("encode parameters: %w", err)
	}
	src.Secret = s.seal(plain, stackID+"|parameters")
	return nil
}

// parameters returns all values of a source.
func (s *Service) parameters(stackID string, src *source) (map[string]string, error) {
	out := map[string]string{}
	for k, v := range src.Parameters {
		out[k] = v
	}
	if src.Secret == nil {
		return out, nil
	}
	plain, err := s.open(src.Secret, stackID+"|parameters")
	if err != nil {
		return nil, fmt.Errorf("open parameters: %w", err)
	}
	secret := map[string]string{}
	if err := json.Unmarshal(plain, &secret); err != nil {
		return nil, fmt.Errorf("decode parameters: %w", err)
	}
	for k, v := range secret {
		out[k] = v
	}
	return out, nil
}

// hashOf identifies what a stack is made from: the template's content without
// its spelling, the values and the tags.
func hashOf(t *template.Template, values, tags map[string]string) string {
	h := sha256.New()
	h.Write(t.Root.AppendJSON(nil))
	for _, m := range []map[string]string{values, tags} {
		if m == nil {
			m = map[string]string{}
		}
		b, err := json.Marshal(m)
		if err == nil {
			h.Write(b)
		}
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// check verifies types, property names and attributes before anything is done.
func (s *Service) check(t *template.Template) error {
	var unknown []string
	for _, r := range t.Resources {
		if s.types[r.Type] == nil && !slices.Contains(unknown, r.Type) {
			unknown = append(unknown, r.Type)
		}
	}
	if len(unknown) > 0 {
		var at *template.Resource
		for _, r := range t.Resources {
			if r.Type == unknown[0] {
				at = r
				break
			}
		}
		return &template.Error{Pos: at.Pos, LogicalID: at.ID,
			Message: fmt.Sprintf("Template format error: Unrecognized resource types: [%s]. Bawn builds %s.", strings.Join(unknown, ", "), strings.Join(s.types.Names(), ", "))}
	}
	for _, r := range t.Resources {
		var names []string
		if r.Properties != nil {
			for _, m := range r.Properties.Members {
				names = append(names, m.Key)
			}
		}
		if len(names) == 1 && strings.HasPrefix(names[0], "Fn::") {
			continue // the whole map is a function's answer
		}
		if err := s.types[r.Type].Check(r.ID, names); err != nil {
			return err
		}
	}
	for _, use := range t.AttributeUses() {
		r := t.Resource(use.LogicalID)
		if !slices.Contains(s.types[r.Type].Attributes, use.Attribute) {
			return &template.Error{Pos: use.Pos, LogicalID: use.LogicalID,
				Message: fmt.Sprintf("Template error: resource %s does not support attribute type %s in Fn::GetAtt", use.LogicalID, use.Attribute)}
		}
	}
	return nil
}

// capable refuses a template with IAM resources that the caller has not
// acknowledged.
func (s *Service) capable(t *template.Template, given []string) error {
	need := needed(s.types, t)
	switch {
	case need == "", slices.Contains(given, need), slices.Contains(given, "CAPABILITY_NAMED_IAM"):
		return nil
	}
	return insufficientCapabilities(need)
}

// needed is the capability a template needs, "" for none.
func needed(types resource.Registry, t *template.Template) string {
	need := ""
	for _, r := range t.Resources {
		kind := types[r.Type]
		if kind == nil || !kind.IAM {
			continue
		}
		if r.Properties.Get(kind.NameProperty) != nil {
			return "CAPABILITY_NAMED_IAM"
		}
		need = "CAPABILITY_IAM"
	}
	return need
}
