package iam

import (
	"sort"
	"strings"
	"time"

	shape "github.com/bawn-dev/bawn/internal/shape/iam"
)

// Records to wire shapes, and optional members to plain values.

func ptr[T any](v T) *T { return &v }

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func textPtr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func whenPtr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// escapeDocument percent-encodes a policy document by RFC 3986, as IAM does in
// its answers.
func escapeDocument(doc string) *string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(doc); i++ {
		c := doc[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return ptr(b.String())
}

func (s *Service) userShape(e *entity) *shape.User {
	return &shape.User{
		Path: &e.Path, UserName: &e.Name, UserId: &e.ID, Arn: ptr(e.arn(s.account)), CreateDate: whenPtr(e.Created),
		PermissionsBoundary: boundaryShape(e), Tags: tagShapes(e.Tags),
	}
}

func (s *Service) groupShape(e *entity) *shape.Group {
	return &shape.Group{Path: &e.Path, GroupName: &e.Name, GroupId: &e.ID, Arn: ptr(e.arn(s.account)), CreateDate: whenPtr(e.Created)}
}

// roleShape shows a role. trust is its trust policy as it is to be read now.
func (s *Service) roleShape(e *entity, trust string) *shape.Role {
	return &shape.Role{
		Path: &e.Path, RoleName: &e.Name, RoleId: &e.ID, Arn: ptr(e.arn(s.account)), CreateDate: whenPtr(e.Created),
		AssumeRolePolicyDocument: escapeDocument(trust), Description: textPtr(e.Description),
		MaxSessionDuration: ptr(e.MaxSession), PermissionsBoundary: boundaryShape(e), Tags: tagShapes(e.Tags),
	}
}

func boundaryShape(e *entity) *shape.AttachedPermissionsBoundary {
	if e.Boundary == "" {
		return nil
	}
	return &shape.AttachedPermissionsBoundary{PermissionsBoundaryType: ptr("Policy"), PermissionsBoundaryArn: &e.Boundary}
}

func tagShapes(tags []tag) []shape.Tag {
	var out []shape.Tag
	for i := range tags {
		out = append(out, shape.Tag{Key: &tags[i].Key, Value: &tags[i].Value})
	}
	return out
}

// sortedNames returns the keys of a map of documents in order.
func sortedNames(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}
