package logs

import "github.com/bawn-dev/bawn/internal/awsapi"

func noGroup() *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
}

func noStream() *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "The specified log stream does not exist.")
}

func exists(what string) *awsapi.Error {
	return awsapi.Errorf("ResourceAlreadyExistsException", "The specified log %s already exists", what)
}

func invalid(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("InvalidParameterException", format, args...)
}

func notBuilt(operation, parameter string) *awsapi.Error {
	return awsapi.NotBuilt("logs:" + operation + " parameter " + parameter)
}
