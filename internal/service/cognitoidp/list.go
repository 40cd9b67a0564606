package cognitoidp

import (
	"context"
	"slices"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	shape "github.com/bawn-dev/bawn/internal/shape/cognitoidp"
	"github.com/bawn-dev/bawn/internal/store"
)

// ListUsers lists users by name, or those that a filter takes.
func (s *Service) ListUsers(ctx context.Context, _ *awsapi.Call, in *shape.ListUsersInput) (*shape.ListUsersOutput, error) {
	poolID := text(in.UserPoolId)
	var pool *poolRecord
	err := s.db.View(ctx, func(tx *store.Tx) (err error) {
		pool, err = s.pool(tx, poolID)
		return err
	})
	if err != nil {
		return nil, err
	}
	f, err := parseFilter(text(in.Filter))
	if err != nil {
		return nil, err
	}
	for _, name := range in.AttributesToGet {
		if pool.attribute(name) == nil {
			return nil, invalidParameter("One or more requested attributes do not exist.")
		}
	}
	var shown func(string) bool
	if in.AttributesToGet != nil {
		shown = func(name string) bool { return slices.Contains(in.AttributesToGet, name) }
	}
	out := &shape.ListUsersOutput{Users: []shape.UserType{}}
	next, err := page(ctx, s, s.within(poolID, "user"), "users\x00"+text(in.Filter), text(in.PaginationToken), int(value(in.Limit)), func(_ *store.Tx, _ string, u *userRecord) (bool, error) {
		if !f.takes(u) {
			return false, nil
		}
		out.Users = append(out.Users, u.describe(shown))
		return true, nil
	})
	out.PaginationToken = textOrNil(next)
	return out, err
}

// filter is a parsed ListUsers filter: one comparison.
type filter struct {
	attribute, value string
	prefix           bool
}

// filterable are the attributes a filter may name
// (cognito-user-identity-pools API reference, ListUsers).
var filterable = []string{
	"username", "email", "phone_number", "name", "given_name", "family_name",
	"preferred_username", "cognito:user_status", "status", "sub",
}

// parseFilter reads NAME OP "VALUE", OP being = or ^=; quotation marks and
// backslashes in VALUE are escaped by a backslash. An empty text is no filter.
func parseFilter(text string) (*filter, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	i := strings.IndexAny(text, "=^")
	if i < 0 {
		return nil, invalidParameter("Error while parsing filter.")
	}
	name := strings.TrimSpace(text[:i])
	// The name may be quoted as well: "family_name" = "Reddy".
	if len(name) > 1 && name[0] == '"' && name[len(name)-1] == '"' {
		name = name[1 : len(name)-1]
	}
	f := &filter{attribute: name}
	rest := text[i:]
	if rest, f.prefix = strings.CutPrefix(rest, "^"); !strings.HasPrefix(rest, "=") {
		return nil, invalidParameter("Error while parsing filter.")
	}
	value, ok := unquote(strings.TrimSpace(rest[1:]))
	if !ok {
		return nil, invalidParameter("Error while parsing filter.")
	}
	f.value = value
	if !slices.Contains(filterable, f.attribute) {
		return nil, invalidParameter("Invalid search attribute: %s", f.attribute)
	}
	return f, nil
}

func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i == len(s)-1
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", false
}

// takes says whether the filter takes a user; a nil filter takes all.
func (f *filter) takes(u *userRecord) bool {
	if f == nil {
		return true
	}
	var v string
	fold := false
	switch f.attribute {
	case "username":
		v = u.Username
	case "cognito:user_status":
		v = u.Status
	case "status":
		v, fold = "Enabled", true
		if u.Disabled {
			v = "Disabled"
		}
	case "email":
		v, fold = u.Attributes["email"], true
	default:
		v = u.Attributes[f.attribute]
	}
	want := f.value
	if fold {
		v, want = strings.ToLower(v), strings.ToLower(want)
	}
	if f.prefix {
		return v != "" && strings.HasPrefix(v, want)
	}
	return v == want
}
