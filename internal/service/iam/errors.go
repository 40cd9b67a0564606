package iam

import (
	"errors"

	"github.com/bawn-dev/bawn/internal/awsapi"
	"github.com/bawn-dev/bawn/policy"
)

// Codes, statuses and texts as IAM answers them. Texts from memory of AWS's
// answers where no recording exists.

func fail(code string, status int, format string, args ...any) *awsapi.Error {
	return awsapi.Errorf(code, format, args...).WithStatus(status)
}

func noSuchEntity(kind, name string) *awsapi.Error {
	return fail("NoSuchEntity", 404, "The %s with name %s cannot be found.", kind, name)
}

func noSuchPolicy(arn string) *awsapi.Error {
	return fail("NoSuchEntity", 404, "Policy %s was not found.", arn)
}

func notAttachable(arn string) *awsapi.Error {
	return fail("NoSuchEntity", 404, "Policy %s does not exist or is not attachable.", arn)
}

func notAttached(arn string) *awsapi.Error {
	return fail("NoSuchEntity", 404, "Policy %s was not found.", arn)
}

func noSuchInline(kind, name string) *awsapi.Error {
	return fail("NoSuchEntity", 404, "The %s policy with name %s cannot be found.", kind, name)
}

func noSuchVersion(arn, version string) *awsapi.Error {
	return fail("NoSuchEntity", 404, "Policy %s version %s does not exist or is not attachable.", arn, version)
}

func noSuchKey(id string) *awsapi.Error {
	return fail("NoSuchEntity", 404, "The Access Key with id %s cannot be found.", id)
}

func alreadyExists(what, name string) *awsapi.Error {
	return fail("EntityAlreadyExists", 409, "%s with name %s already exists.", what, name)
}

func deleteConflict(text string) *awsapi.Error {
	return fail("DeleteConflict", 409, "%s", text)
}

func limitExceeded(format string, args ...any) *awsapi.Error {
	return fail("LimitExceeded", 409, format, args...)
}

func validation(format string, args ...any) *awsapi.Error {
	return fail("ValidationError", 400, format, args...)
}

func invalidInput(format string, args ...any) *awsapi.Error {
	return fail("InvalidInput", 400, format, args...)
}

// malformed turns a policy's syntax error into MalformedPolicyDocument, and
// leaves any other error as it is.
func malformed(err error) error {
	var syntax *policy.SyntaxError
	if errors.As(err, &syntax) {
		return &awsapi.Error{Code: "MalformedPolicyDocument", Status: 400, Message: syntax.Error()}
	}
	return err
}

// Deny words IAM's refusal: AccessDenied, 403.
func Deny(caller *awsapi.Caller, d awsapi.Demand, decision policy.Decision) *awsapi.Error {
	return &awsapi.Error{Code: "AccessDenied", Status: 403, Message: awsapi.DeniedMessage(caller, d, decision)}
}
