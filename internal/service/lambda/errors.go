package lambda

import (
	"fmt"

	"github.com/bawn-dev/bawn/internal/awsapi"
)

func notFound(arn string) *awsapi.Error {
	return &awsapi.Error{Code: "ResourceNotFoundException", Status: 404, Message: "Function not found: " + arn}
}

func noPolicy() *awsapi.Error {
	return &awsapi.Error{Code: "ResourceNotFoundException", Status: 404, Message: "The resource you requested does not exist."}
}

func noStatement(id string) *awsapi.Error {
	return &awsapi.Error{Code: "ResourceNotFoundException", Status: 404, Message: "Statement " + id + " is not found in resource policy."}
}

func conflict(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("ResourceConflictException", format, args...).WithStatus(409)
}

func invalid(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("InvalidParameterValueException", format, args...)
}

// constraint words a violation as AWS's model validation does.
func constraint(value any, member, rule string) *awsapi.Error {
	return awsapi.Errorf("ValidationException",
		"1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, rule)
}

func preconditionFailed() *awsapi.Error {
	return awsapi.Errorf("PreconditionFailedException",
		"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id").WithStatus(412)
}

func tooLarge(size, limit int) *awsapi.Error {
	return awsapi.Errorf("RequestTooLargeException",
		"%d byte payload is too large for the RequestResponse invocation type (limit %d bytes)", size, limit).WithStatus(413)
}

func eventTooLarge(size, limit int) *awsapi.Error {
	return awsapi.Errorf("RequestTooLargeException",
		"%d byte payload is too large for the Event invocation type (limit %d bytes)", size, limit).WithStatus(413)
}

func throttled(reason string) *awsapi.Error {
	e := awsapi.Errorf("TooManyRequestsException", "Rate Exceeded.").WithStatus(429)
	return e.With("Reason", reason)
}

func notJSON(detail string) *awsapi.Error {
	return awsapi.Errorf("InvalidRequestContentException", "Could not parse request body into json: %s", detail)
}

func badZip() *awsapi.Error {
	return invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

func unzippedTooLarge() *awsapi.Error {
	return invalid("Unzipped size must be smaller than %d bytes", maxUnzipped)
}

func zipTooLarge(operation string) *awsapi.Error {
	return awsapi.Errorf("RequestEntityTooLargeException",
		"Request must be smaller than 70167211 bytes for the %s operation", operation).WithStatus(413)
}

func cannotAssume() *awsapi.Error {
	return invalid("The role defined for the function cannot be assumed by Lambda.")
}

// notBuilt refuses a parameter of an operation.
func notBuilt(operation, parameter string) *awsapi.Error {
	return awsapi.NotBuilt(fmt.Sprintf("lambda:%s parameter %s", operation, parameter))
}
