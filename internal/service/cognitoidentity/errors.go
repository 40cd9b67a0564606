package cognitoidentity

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
)

// Texts seen in the wild (reference iam.md 3.3); clients show and compare
// them. All are status 400.

func notAuthorized(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("NotAuthorizedException", format, args...)
}

func invalidParameter(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("InvalidParameterException", format, args...)
}

func poolNotFound(id string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "IdentityPool '%s' not found.", id)
}

func identityNotFound(id string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Identity '%s' not found.", id)
}

func noGuests() *awsapi.Error {
	return notAuthorized("Unauthenticated access is not supported for this identity pool.")
}

func forbidden(id string) *awsapi.Error {
	return notAuthorized("Access to Identity '%s' is forbidden.", id)
}

func loginsDoNotMatch() *awsapi.Error {
	return notAuthorized("Logins don't match. Please include at least one valid login for this identity or identity pool.")
}

func unsupportedProvider() *awsapi.Error {
	return notAuthorized("Token is not from a supported provider of this identity pool.")
}

func badLogin(why string) *awsapi.Error { return notAuthorized("Invalid login token. %s", why) }

func alreadyLinked() *awsapi.Error {
	return awsapi.Errorf("ResourceConflictException", "Provided login is already linked to another account.")
}

func badConfiguration() *awsapi.Error {
	return awsapi.Errorf("InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
}

func basicFlowOff() *awsapi.Error {
	return invalidParameter("Basic (classic) flow is not enabled, please use enhanced flow.")
}
