package sts

import (
	"context"
	"errors"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/sts"
	"github.com/bawn-dev/bawn/policy"
)

// Limits of session policies and tags.
const (
	maxSessionPolicy = 2048 // characters, inline
	maxSessionARNs   = 10
	maxSessionTags   = 50
	// packedLimit is what the packed size is a percentage of; AWS packs in a
	// way it does not publish, Bawn counts characters of policy, ARNs and tags.
	packedLimit = 4096
)

// sessionPolicies puts the policies of a request into a session and returns
// the packed size in percent.
func (s *Service) sessionPolicies(ctx context.Context, session *awsapi.Session, inline *string, arns []shape.PolicyDescriptorType) (int, error) {
	size := 0
	if inline != nil {
		p, err := policy.Parse(policy.SessionPolicy, []byte(*inline))
		if err != nil {
			var syntax *policy.SyntaxError
			if errors.As(err, &syntax) {
				return 0, fail("MalformedPolicyDocument", 400, "%s", syntax.Error())
			}
			return 0, err
		}
		if len([]rune(*inline)) > maxSessionPolicy {
			return 0, validation("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", maxSessionPolicy)
		}
		session.Policies = []string{*inline}
		size += p.Size()
	}
	if len(arns) > maxSessionARNs {
		return 0, validation("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to %d", maxSessionARNs)
	}
	for _, a := range arns {
		exists, err := s.roles.PolicyExists(ctx, text(a.Arn))
		if err != nil {
			return 0, err
		}
		if !exists {
			return 0, validation("%s is invalid", text(a.Arn))
		}
		session.PolicyARNs = append(session.PolicyARNs, text(a.Arn))
		size += len(text(a.Arn))
	}
	return percent(size)
}

func percent(size int) (int, error) {
	if size == 0 {
		return 0, nil
	}
	p := (size*100 + packedLimit - 1) / packedLimit
	if p > 100 {
		return 0, fail("PackedPolicyTooLarge", 400, "Packed size of session tags consumes %d%% of allotted space.", p)
	}
	return p, nil
}

// sessionTags are the tags of the new session, with their packed size. Keys
// are unique without regard to case (recorded text, LocalStack's snapshots).
func sessionTags(tags []shape.Tag, transitive []string) (map[string]string, int, error) {
	if len(tags) > maxSessionTags {
		return nil, 0, validation("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxSessionTags)
	}
	out := map[string]string{}
	seen := map[string]bool{}
	size := 0
	for _, t := range tags {
		key, lower := text(t.Key), strings.ToLower(text(t.Key))
		if seen[lower] {
			return nil, 0, fail("InvalidParameterValue", 400, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		if strings.HasPrefix(lower, "aws:") {
			return nil, 0, fail("InvalidParameterValue", 400, "Tag keys beginning with 'aws:' are reserved for system use.")
		}
		seen[lower] = true
		out[key] = text(t.Value)
		size += len(key) + len(text(t.Value))
	}
	for _, key := range transitive {
		if !seen[strings.ToLower(key)] {
			return nil, 0, fail("InvalidParameterValue", 400, "The specified transitive tag key must be included in the requested tags.")
		}
	}
	packed, err := percent(size)
	return out, packed, err
}
