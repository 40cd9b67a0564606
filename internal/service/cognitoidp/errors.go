package cognitoidp

import (
	"github.com/bawn-dev/bawn/internal/awsapi"
)

// The texts are part of the interface: Amplify 5 compares several of them, and
// apps show all of them to users.

func notAuthorized(message string) *awsapi.Error {
	return awsapi.Errorf("NotAuthorizedException", "%s", message)
}

func invalidParameter(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("InvalidParameterException", format, args...)
}

func invalidPassword(why string) *awsapi.Error {
	return awsapi.Errorf("InvalidPasswordException", "Password did not conform with policy: %s", why)
}

func wrongPassword() *awsapi.Error    { return notAuthorized("Incorrect username or password.") }
func attemptsExceeded() *awsapi.Error { return notAuthorized("Password attempts exceeded") }
func userDisabled() *awsapi.Error     { return notAuthorized("User is disabled.") }
func sessionExpired() *awsapi.Error {
	return notAuthorized("Invalid session for the user, session is expired.")
}
func invalidSession() *awsapi.Error { return notAuthorized("Invalid session for the user.") }
func accessTokenInvalid() *awsapi.Error {
	return notAuthorized("Invalid Access Token")
}
func accessTokenExpired() *awsapi.Error { return notAuthorized("Access Token has expired") }
func accessTokenRevoked() *awsapi.Error { return notAuthorized("Access Token has been revoked") }
func refreshInvalid() *awsapi.Error     { return notAuthorized("Invalid Refresh Token.") }
func refreshExpired() *awsapi.Error     { return notAuthorized("Refresh Token has expired") }
func refreshRevoked() *awsapi.Error     { return notAuthorized("Refresh Token has been revoked") }

func refreshReused() *awsapi.Error {
	return awsapi.Errorf("RefreshTokenReuseException", "Refresh token has been used already")
}

func unauthorizedAttribute() *awsapi.Error {
	return notAuthorized("A client attempted to write unauthorized attribute")
}

func userNotFound() *awsapi.Error {
	return awsapi.Errorf("UserNotFoundException", "User does not exist.")
}

func userNotConfirmed() *awsapi.Error {
	return awsapi.Errorf("UserNotConfirmedException", "User is not confirmed.")
}

func resetRequired() *awsapi.Error {
	return awsapi.Errorf("PasswordResetRequiredException", "Password reset required for the user")
}

func poolNotFound(id string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "User pool %s does not exist.", id)
}

func clientNotFound(id string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "User pool client %s does not exist.", id)
}

func usernameExists(message string) *awsapi.Error {
	return awsapi.Errorf("UsernameExistsException", "%s", message)
}

// aliasTaken words a second account with the same e-mail address or number.
func aliasTaken(code, attribute string) *awsapi.Error {
	return awsapi.Errorf(code, "An account with the given %s already exists.", attribute)
}

func codeMismatch() *awsapi.Error {
	return awsapi.Errorf("CodeMismatchException", "Invalid verification code provided, please try again.")
}

func codeExpired() *awsapi.Error {
	return awsapi.Errorf("ExpiredCodeException", "Invalid code provided, please request a code again.")
}

func limitExceeded() *awsapi.Error {
	return awsapi.Errorf("LimitExceededException", "Attempt limit exceeded, please try after some time.")
}

func tooManyRequests() *awsapi.Error {
	return awsapi.Errorf("TooManyRequestsException", "Rate exceeded")
}

func groupNotFound() *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Group not found.")
}
