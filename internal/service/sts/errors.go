package sts

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

func fail(code string, status int, format string, args ...any) *awsapi.Error {
	return awsapi.Errorf(code, format, args...).WithStatus(status)
}

func validation(format string, args ...any) *awsapi.Error {
	return fail("ValidationError", 400, format, args...)
}

// webIdentityDenied is the uniform refusal of unsigned calls: a role that does
// not exist, one that does not trust the token, and one that trusts any
// identity pool all answer this.
func webIdentityDenied() *awsapi.Error {
	return fail("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

// Deny words STS's refusal: AccessDenied, 403. It does not say why, so that
// roles cannot be told from ones that do not exist; `bawn why` does.
func Deny(caller *awsapi.Caller, d awsapi.Demand, _ policy.Decision) *awsapi.Error {
	return fail("AccessDenied", 403, "%s", awsapi.DeniedMessage(caller, d, policy.Decision{}))
}
