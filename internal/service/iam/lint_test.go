package iam

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	shape "github.com/bawn-dev/bawn/internal/shape/iam"
)

func TestDangerousPoliciesAreWarnedOf(t *testing.T) {
	f := newFixture(t)
	var log bytes.Buffer
	f.s.log = slog.New(slog.NewTextHandler(&log, nil))
	open := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`
	scan := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"x"}}}]}`
	f.must("CreateRole", &shape.CreateRoleInput{RoleName: ptr("r"), AssumeRolePolicyDocument: &open})
	f.must("PutRolePolicy", &shape.PutRolePolicyInput{RoleName: ptr("r"), PolicyName: ptr("p"), PolicyDocument: &scan})
	for _, want := range []string{"cognito-trust-without-aud", "trust policy of role r", "leading-keys-with-scan", "inline policy p of role r"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in %s", want, log.String())
		}
	}
	log.Reset()
	f.role("plain")
	if log.Len() > 0 {
		t.Errorf("a warning for nothing: %s", log.String())
	}
}
