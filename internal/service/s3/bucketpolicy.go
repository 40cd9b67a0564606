package s3

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/s3"
	"github.com/bawn-dev/bawn/policy"
)

// maxPolicy is how long a bucket policy is at most, in bytes (user guide).
const maxPolicy = 20 << 10

// PutBucketPolicy sets the bucket's policy.
func (s *Service) PutBucketPolicy(ctx context.Context, _ *awsapi.Call, in *shape.PutBucketPolicyInput) (*shape.PutBucketPolicyOutput, error) {
	doc := value(in.Policy)
	p, ids, err := s.checkPolicy(ctx, value(in.Bucket), doc)
	if err != nil {
		return nil, err
	}
	id := s.ids.String(20, lowerAlphabet)
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		if b.Block != nil && b.Block.BlockPolicy && isPublic(p) {
			return accessDenied("User is not authorized to perform: s3:PutBucketPolicy on resource: \"" + bucketARN(b.Name) +
				"\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.")
		}
		b.Policy, b.PolicyID, b.PrincipalIDs = doc, id, ids
		return nil
	})
}

func malformedPolicy(message string) *awsapi.Error {
	return awsapi.Errorf("MalformedPolicy", "%s", message)
}

// checkPolicy parses a policy for a bucket and binds its principals.
func (s *Service) checkPolicy(ctx context.Context, bucket, doc string) (*policy.Policy, map[string]string, error) {
	if doc == "" {
		return nil, nil, malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	if len(doc) > maxPolicy {
		return nil, nil, awsapi.Errorf("PolicyTooLarge", "The policy is larger than 20 KB.")
	}
	p, err := policy.Parse(policy.Resource, []byte(doc))
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		return nil, nil, malformedPolicy(syntax.Message)
	}
	if err != nil {
		return nil, nil, wrap("parse bucket policy", err)
	}
	if err := checkResources(bucket, p); err != nil {
		return nil, nil, err
	}
	if s.principals == nil {
		return p, nil, nil
	}
	ids, missing, err := s.principals.BindPrincipals(ctx, p)
	if err != nil {
		return nil, nil, wrap("bind the policy's principals", err)
	}
	if missing != "" {
		return nil, nil, malformedPolicy("Invalid principal in policy")
	}
	return p, ids, nil
}

// openStatement is what this package must see of a policy's statements beside
// their evaluation, which is package policy's alone.
type openStatement struct {
	Effect       string
	Principal    any
	NotPrincipal any
	Resource     oneOrMore
	NotResource  oneOrMore
	Condition    map[string]map[string]oneOrMore
}

// oneOrMore is a JSON string or list of strings; other scalars as their text.
type oneOrMore []string

// UnmarshalJSON reads either form.
func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	var many []any
	if json.Unmarshal(data, &many) != nil {
		many = []any{nil}
		if err := json.Unmarshal(data, &many[0]); err != nil {
			return err
		}
	}
	for _, v := range many {
		if t, ok := v.(string); ok {
			*o = append(*o, t)
			continue
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		*o = append(*o, string(raw))
	}
	return nil
}

func statementsOf(p *policy.Policy) ([]openStatement, error) {
	var doc struct{ Statement json.RawMessage }
	if err := json.Unmarshal(p.JSON(), &doc); err != nil {
		return nil, err
	}
	var list []openStatement
	if json.Unmarshal(doc.Statement, &list) == nil {
		return list, nil
	}
	var one openStatement
	err := json.Unmarshal(doc.Statement, &one)
	return []openStatement{one}, err
}

// checkResources refuses a policy that speaks of another bucket.
func checkResources(bucket string, p *policy.Policy) error {
	list, err := statementsOf(p)
	if err != nil {
		return malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	for _, st := range list {
		for _, r := range slices.Concat(st.Resource, st.NotResource) {
			rest, ok := strings.CutPrefix(r, bucketARN(""))
			name, _, _ := strings.Cut(rest, "/")
			if !ok || !likePattern(name, bucket) {
				return malformedPolicy("Policy has invalid resource")
			}
		}
	}
	return nil
}

// likePattern matches with * and ?, as resources do, in time bounded by the
// product of the lengths.
func likePattern(pattern, s string) bool {
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, retry = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i++
			j++
		case star >= 0:
			retry++
			i, j = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// narrowing are condition keys by which a statement for everybody is not
// public, when their values are fixed (user guide, "The meaning of public").
var narrowing = []string{
	"aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
	"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "s3:x-amz-server-side-encryption-aws-kms-key-id",
	"s3:dataaccesspointarn", "s3:dataaccesspointaccount",
}

// isPublic says whether a policy grants something to everybody. In doubt it
// does.
func isPublic(p *policy.Policy) bool {
	list, err := statementsOf(p)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(list, func(st openStatement) bool {
		return st.Effect == "Allow" && (st.NotPrincipal != nil || everybody(st.Principal)) && !narrowed(st.Condition)
	})
}

func everybody(principal any) bool {
	switch t := principal.(type) {
	case string:
		return t == "*"
	case []any:
		return slices.ContainsFunc(t, everybody)
	case map[string]any:
		return everybody(t["AWS"])
	}
	return false
}

// narrowed says whether a condition holds a narrowing key with fixed values.
func narrowed(condition map[string]map[string]oneOrMore) bool {
	for operator, keys := range condition {
		lower := strings.ToLower(operator)
		if strings.Contains(lower, "not") || strings.HasSuffix(lower, "ifexists") || strings.HasPrefix(lower, "null") || strings.HasPrefix(lower, "forallvalues:") {
			continue
		}
		for key, values := range keys {
			if slices.Contains(narrowing, strings.ToLower(key)) && len(values) > 0 && !slices.ContainsFunc(values, wide) {
				return true
			}
		}
	}
	return false
}

// wide says whether a value of a condition is no fixed one.
func wide(v string) bool {
	return strings.ContainsAny(v, "*?") || strings.Contains(v, "${") || strings.HasSuffix(v, "/0")
}

// GetBucketPolicy answers the policy as it was put.
func (s *Service) GetBucketPolicy(ctx context.Context, _ *awsapi.Call, in *shape.GetBucketPolicyInput) (*shape.GetBucketPolicyOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	if b.Policy == "" {
		return nil, noPolicy(b.Name)
	}
	return &shape.GetBucketPolicyOutput{Policy: &b.Policy}, nil
}

func noPolicy(bucket string) *awsapi.Error {
	return notThere("NoSuchBucketPolicy", "The bucket policy does not exist", bucket)
}

// GetBucketPolicyStatus says whether the policy is public.
func (s *Service) GetBucketPolicyStatus(ctx context.Context, _ *awsapi.Call, in *shape.GetBucketPolicyStatusInput) (*shape.GetBucketPolicyStatusOutput, error) {
	b, err := s.find(ctx, in.Bucket, nil)
	if err != nil {
		return nil, err
	}
	p, err := s.policyOf(b)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, noPolicy(b.Name)
	}
	public := isPublic(p)
	return &shape.GetBucketPolicyStatusOutput{PolicyStatus: &shape.PolicyStatus{IsPublic: &public}}, nil
}

// DeleteBucketPolicy removes the policy.
func (s *Service) DeleteBucketPolicy(ctx context.Context, _ *awsapi.Call, in *shape.DeleteBucketPolicyInput) (*shape.DeleteBucketPolicyOutput, error) {
	return nil, s.change(ctx, value(in.Bucket), func(b *bucketRecord) error {
		b.Policy, b.PolicyID, b.PrincipalIDs = "", "", nil
		return nil
	})
}

// policyCache keeps compiled policies by PolicyID. An id names one document
// for ever, so nothing in it can be stale.
type policyCache struct {
	mu   sync.Mutex
	byID map[string]*policy.Policy
}

// maxCached bounds the cache; a full one is emptied.
const maxCached = 1000

func newPolicyCache() *policyCache { return &policyCache{byID: map[string]*policy.Policy{}} }

// policyOf returns the compiled policy of a bucket, nil where it has none.
func (s *Service) policyOf(b *bucketRecord) (*policy.Policy, error) {
	if b.Policy == "" {
		return nil, nil
	}
	c := s.policies
	c.mu.Lock()
	p := c.byID[b.PolicyID]
	c.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := policy.Parse(policy.Resource, []byte(b.Policy))
	if err != nil {
		return nil, wrap("parse the stored policy of bucket "+b.Name, err)
	}
	p = p.WithPrincipalIDs(b.PrincipalIDs)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byID) >= maxCached {
		clear(c.byID)
	}
	c.byID[b.PolicyID] = p
	return p, nil
}
