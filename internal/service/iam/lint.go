package iam

import (
	"log/slog"

	"github.com/bawn-dev/bawn/policy"
)

// lint warns of a policy that opens a known hole. It is accepted all the same,
// as AWS does; where giving out credentials would be unsafe, that is refused.
func (s *Service) lint(kind policy.Kind, name, document string) {
	p, err := policy.Parse(kind, []byte(document))
	if err != nil {
		return // it was parsed before; the caller has answered
	}
	for _, f := range policy.Lint(p) {
		if f.Severity == policy.Danger {
			s.log.Warn("dangerous policy", slog.String("policy", name), slog.Int("statement", f.Statement), slog.String("rule", f.Rule), slog.String("why", f.Message))
		}
	}
}
