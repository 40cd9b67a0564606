package lambda

import (
	"strconv"
	"strings"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

const latest = "$LATEST"

// target is a function as a caller named it.
type target struct {
	name      string
	qualifier string // "" if none was given
}

// parseName reads NAME, ACCOUNT:function:NAME or a whole ARN, each with an
// optional qualifier, which must agree with the one given apart.
func (s *Service) parseName(given, qualifier *string) (target, error) {
	if given == nil {
		return target{}, constraint("null", "functionName", "Member must not be null")
	}
	rest := *given
	account := s.cfg.Account
	if after, ok := strings.CutPrefix(rest, "arn:"); ok {
		parts := strings.SplitN(after, ":", 6)
		if len(parts) < 6 || parts[1] != "lambda" || parts[4] != "function" {
			return target{}, invalid("Invalid function ARN: %s", *given)
		}
		if parts[2] != s.cfg.Region {
			return target{}, notFound(*given)
		}
		account, rest = parts[3], parts[5]
	} else if acct, after, ok := strings.Cut(rest, ":function:"); ok {
		account, rest = acct, after
	}
	if account != s.cfg.Account {
		return target{}, notFound(*given)
	}
	t := target{name: rest}
	if name, q, ok := strings.Cut(rest, ":"); ok {
		t = target{name: name, qualifier: q}
	}
	if qualifier != nil && *qualifier != "" {
		if t.qualifier != "" && t.qualifier != *qualifier {
			return target{}, invalid("The derived qualifier from the function name does not match the specified qualifier.")
		}
		t.qualifier = *qualifier
	}
	if !validName(t.name) {
		return target{}, constraint(*given, "functionName", "Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+")
	}
	return t, nil
}

func validName(name string) bool {
	if len(name) == 0 || len(name) > 64 {
		return false
	}
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

func (s *Service) arn(name string) string {
	return "arn:aws:lambda:" + s.cfg.Region + ":" + s.cfg.Account + ":function:" + name
}

// qualified returns the target's ARN as it was named.
func (s *Service) qualified(t target) string {
	if t.qualifier == "" {
		return s.arn(t.name)
	}
	return s.arn(t.name) + ":" + t.qualifier
}

// versionNumber returns the number of a published version's qualifier. Only
// the plain form counts: "+1" or "01" would be version 1 under an ARN that no
// policy about version 1 names.
func versionNumber(qualifier string) (int64, bool) {
	n, err := strconv.ParseInt(qualifier, 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == qualifier
}

// padded is a number as a key part that sorts by value.
func padded(n int64) string {
	s := strconv.FormatInt(n, 10)
	return "00000000000000000000"[len(s):] + s
}

// deny words refusals: Lambda answers 403.
func deny(caller *awsapi.Caller, d awsapi.Demand, decision policy.Decision) *awsapi.Error {
	return awsapi.AccessDenied(caller, d, decision).WithStatus(403)
}
